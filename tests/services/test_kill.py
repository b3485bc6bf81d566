# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 right after the answer (M17): a change is there, a revoked token stays revoked.

No sshd is needed for this: a patd in a directory of its own. It shows what a crash of the program
can lose, not what a power cut can.
"""
import random

ROUNDS = 200
chance = random.Random(2)


def verdict(patd, token):
    """From a network of its own each time: refusals from one network are slowed down."""
    address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.1"
    return patd.verify(token, service="imap", login="alice", address=address)["class"]


def test_200_kills_after_the_answer_lose_nothing_and_revive_nothing(patd):
    live, dead = {}, {}
    patd.tenant(policy={"maxTokens": None})
    patd.user("alice", grants=["mail:*"])
    for number in range(ROUNDS):
        if number % 3 != 2:
            token, record = patd.token("alice", ["mail:read"])
            live[token] = changed = record["id"]
        else:
            token = chance.choice(list(live))
            changed = live[token]
            patd.call("Revoke", tokens=[changed])
            dead[token] = live.pop(token)
        patd.kill()
        patd.start()
        expected = "accepted" if token in live else "refused"
        assert verdict(patd, token) == expected, (number, changed)
    assert len(live) + 2 * len(dead) == ROUNDS and live and dead
    assert {verdict(patd, token) for token in live} == {"accepted"}
    assert {verdict(patd, token) for token in dead} == {"refused"}
    checked = patd.ctl("log", "--verify")
    assert checked.returncode == 0, checked
    changes = patd.call("Log", more=True)
    events = [entry["change"]["event"] for entry in changes if "change" in entry]
    assert events.count("token.create") == len(live) + len(dead)
    assert events.count("token.revoke") == len(dead)
