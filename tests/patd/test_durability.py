# SPDX-License-Identifier: BSD-2-Clause
"""Two at once stay within the cap; management delays no answer. (Crashes: tests/faults.)"""
import itertools
import select
import threading

import pytest

from pat import encode_request
from patdkit import Asker, Caller, Daemon, fill, message

MAIL = {"service": "imap", "login": "alice"}
TOKENS = 20000


def test_the_last_place_is_taken_once(acme):
    """M5: two creates at once for the twenty-fifth place, two hundred times."""
    for number in range(24):
        acme.token(scopes=["mail:read"])
    with Caller(acme) as one, Caller(acme) as other:
        for turn in range(200):
            for number, caller in enumerate((one, other)):
                caller.post("Create", user="alice", scopes=["mail:read"],
                            name=f"turn {turn} caller {number}")
            replies = [caller.reply() for caller in (one, other)]
            made = [reply["parameters"]["created"] for reply in replies if "error" not in reply]
            refused = [reply["parameters"]["id"] for reply in replies if "error" in reply]
            assert len(made) == 1 and refused == ["limit.tokens"]
            assert one.call("UserShow", user="alice")["user"]["live"] == 25
            one.call("Revoke", tokens=[made[0]["id"]])


def test_one_name_is_given_once(acme):
    with Caller(acme) as one, Caller(acme) as other:
        for turn in range(20):
            for caller in (one, other):
                caller.post("Create", user="alice", scopes=["mail:read"], name=f"turn {turn:08}")
            replies = [caller.reply() for caller in (one, other)]
            assert sorted(reply.get("parameters", {}).get("id", "made") for reply in replies) == \
                ["made", "name.in-use"]


def test_a_token_is_revoked_once(acme):
    with Caller(acme) as one, Caller(acme) as other:
        for turn in range(20):
            _, record = acme.token(scopes=["mail:read"])
            for caller in (one, other):
                caller.post("Revoke", tokens=[record["id"]])
            replies = [caller.reply() for caller in (one, other)]
            assert sorted("error" in reply for reply in replies) == [False, True]


# --- management and verification do not wait for each other ---

@pytest.fixture(scope="module")
def large():
    """A store of 20,000 tokens, in twenty tenants."""
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        patd.secret, _ = patd.token(scopes=["mail:read"])
        for number in range(20):
            patd.tenant(f"t{number}", makeDefault=False, policy={"maxTokens": None})
            fill(patd, TOKENS // 20, users=10, tenant=f"t{number}")
        yield patd


def has_reply(caller):
    return b"\0" in caller.buffer or bool(select.select([caller.socket], [], [], 0)[0])


def test_a_long_call_delays_no_answer(large):
    """While 22 logs are verified, in one go, verifications are answered.

    Were they to wait for a log's end, there would be about one for each; hence more are asked for,
    in one call of a hundred, as on a busy machine a call may pass with few.
    """
    most = 0
    with Caller(large) as caller:
        for _ in range(100):
            logs, answers = [], 0
            caller.post("LogVerify", more=True)
            while len(logs) < 23:
                if has_reply(caller):
                    logs.append(caller.result())
                else:
                    assert large.asks(large.secret, **MAIL) == "accepted"
                    answers += 1
            assert {log["bad"] for log in logs[:-1]} == {None} and logs[-1] == {}
            most = max(most, answers)
            if most > 50:
                break
    assert most > 50


class Verifying(threading.Thread):
    """A client that goes on asking, and counts its answers."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.patd, self.ended, self.answers, self.wrong = daemon, threading.Event(), 0, None

    def run(self):
        packet = encode_request(self.patd.secret, **MAIL)
        with Asker(self.patd) as asker:
            while not self.ended.is_set() and self.wrong is None:
                asker.send(packet)
                answer = asker.answer()
                if answer is None or answer["class"] != "accepted":
                    self.wrong = answer or "closed"
                self.answers += 1


def test_answers_keep_coming(large):
    """20,000 tokens stream and 500 are made; the client in between goes on, step by step."""
    client = Verifying(large)
    client.start()
    listed, made, marks = 0, 0, []
    with Caller(large) as lists, Caller(large) as caller:
        lists.post("List", more=True)
        for number in itertools.count():
            if (reply := lists.reply()).get("continues"):
                listed += 1
            if number % 40 == 0 and made < 500:
                caller.call("Create", user=f"filler{made % 10}", name=f"meanwhile {made:04}",
                            tenant=f"t{made % 20}", scopes=["mail:read"])
                made += 1
                marks.append(client.answers)
            if not reply.get("continues"):
                break
    client.ended.set()
    client.join(20)
    assert client.wrong is None and made == 500 and listed >= TOKENS + 1
    # Progress, not speed: hardly ever did a whole create pass without an answer.
    still = sum(1 for before, after in zip(marks, marks[1:]) if before == after)
    assert still < len(marks) // 2, (still, client.answers)
