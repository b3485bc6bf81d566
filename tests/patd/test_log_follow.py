# SPDX-License-Identifier: BSD-2-Clause
"""Following the change log (A55): what is committed comes at once, and nobody waits for a follower."""
import time

import pytest

from pat import IS_ROOT, Refused
from patdkit import ME, Asker, Caller, Daemon, refusal, wait_until

FOLLOWERS = 4  # of a uid
ADMIN, ALICE, BOB = 60011, 60012, 60013


@pytest.fixture
def lab(acme):
    """acme, and a second tenant."""
    acme.tenant("lab", makeDefault=False)
    acme.user("eve", grants=["mail:*"], tenant="lab")
    return acme


class Follower(Caller):
    """A connection that follows the log."""

    def __init__(self, daemon, uid=None, **parameters):
        super().__init__(daemon, uid=uid, timeout=20)
        self.post("Log", more=True, follow=True, **parameters)

    def change(self):
        return self.result()["change"]

    def events(self, count):
        return [self.change()["event"] for _ in range(count)]

    def is_silent(self, seconds=0.3):
        self.socket.settimeout(seconds)
        try:
            return self.buffer == b"" and self.reply() is None and False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(20)


def test_what_is_committed_comes_at_once(lab):
    """First what there is, as without it; then each commit, whichever log it is in."""
    with Follower(lab) as follower:
        before = [follower.change() for _ in range(5)]
        assert [(change["tenant"], change["event"]) for change in before] == [
            ("", "host.default-tenant"), ("acme", "tenant.create"), ("acme", "user.create"),
            ("lab", "tenant.create"), ("lab", "user.create")]
        assert follower.is_silent()
        for tenant, user in (("lab", "eve"), ("acme", "alice"), ("lab", "eve"), ("acme", "alice")):
            began = time.monotonic()
            _, record = lab.token(user, scopes=["mail:read"], tenant=tenant)
            change = follower.change()
            assert (change["tenant"], change["event"], change["subject"]) == \
                (tenant, "token.create", record["id"])
            assert time.monotonic() - began < 10
        lab.tenant("fresh", makeDefault=False)  # a log that was not there when it began
        assert follower.change()["tenant"] == "fresh"
        assert follower.is_silent()


def test_filters_hold_for_what_is_new_too(lab):
    with Follower(lab, tenant="acme", event="token", lines=1) as follower, \
            Follower(lab, user="eve") as of_eve:
        of_eve.change()
        _, record = lab.token(scopes=["mail:read"])
        lab.token("eve", scopes=["mail:read"], tenant="lab")
        lab.call("GrantAdd", holder="alice", scopes=["http:access"])
        lab.call("Revoke", tokens=[record["id"]])
        assert follower.events(2) == ["token.create", "token.revoke"]
        assert of_eve.change()["event"] == "token.create"
        assert follower.is_silent() and of_eve.is_silent()
    with Follower(lab, tenant="acme", lines=2) as follower:  # the newest so many, then the rest
        assert follower.events(2) == ["grant.add", "token.revoke"]


def test_a_batch_is_a_filter(lab):
    for batch in ("b_one", "b_two"):
        for _ in range(2):
            lab.token(scopes=["mail:read"], batch=batch)
    found = [entry["change"] for entry in lab.call("Log", more=True, batch="b_two")
             if "change" in entry]
    assert [change["batch"] for change in found] == ["b_two"] * 2
    assert lab.call("Log", more=True, batch="b_three") == [{}]


def test_nobody_waits_for_a_follower(lab):
    """Changes, other calls and decisions go on; no transaction stays open behind one that waits."""
    token, _ = lab.token(scopes=["mail:read"])
    with Follower(lab) as waiting, Follower(lab) as reads_nothing, Caller(lab) as caller, \
            Asker(lab) as asker:
        waiting.events(6)
        assert waiting.is_silent()
        for number in range(300):
            caller.call("GrantRemove" if number % 2 else "GrantAdd", holder="alice",
                        scopes=["http:access"], reason="x" * 400)
            assert asker.ask(token, service="imap", login="alice")["class"] == "accepted"
        assert {event.split(".")[0] for event in waiting.events(20)} == {"grant"}
        assert reads_nothing.change()["event"] == "host.default-tenant"
        # A transaction that stayed open would keep the log of the database from ending.
        lab.stop()
        assert not (lab.state / "pat.db-wal").exists()


def test_it_ends_with_the_connection(lab):
    """A uid follows so often and not more; each that goes makes room for another."""
    followers = [Follower(lab) for _ in range(FOLLOWERS)]
    try:
        for follower in followers:
            follower.events(5)
        with Follower(lab) as one_more:
            with pytest.raises(Refused) as refused:
                one_more.result()
            assert (refused.value.error, refused.value.id) == ("Limit", "limit.followers")
            assert one_more.call("WhoAmI")  # the connection is good for other things
        followers.pop().socket.close()

        def another():
            with Follower(lab) as follower:
                return refusal(follower.result) is None
        assert wait_until(another)
        lab.token(scopes=["mail:read"])
        assert all(follower.change()["event"] == "token.create" for follower in followers)
    finally:
        for follower in followers:
            follower.socket.close()
    assert lab.call("Status")["health"] == "accepted"


def test_a_connection_that_follows_answers_nothing_else(lab):
    """What is asked behind it stays unread, and does no harm."""
    with Follower(lab) as follower:
        follower.events(5)
        follower.post("WhoAmI")
        assert follower.is_silent()
        lab.token(scopes=["mail:read"])
        assert follower.change()["event"] == "token.create"
        follower.send(b"x" * 70000)  # more than a request may be
        assert wait_until(lambda: follower.reply() is None or None)
    assert lab.call("Log", more=True)


def test_it_ends_when_patd_does(lab):
    with Follower(lab) as follower:
        follower.events(5)
        lab.stop()
        assert follower.reply() is None
        lab.start()


@pytest.mark.parametrize("parameters, named", [
    ({"follow": "yes"}, "follow"), ({"follow": 1}, "follow"), ({"batch": 7}, "batch"),
    ({"follow": True, "lines": 0}, "lines")])
def test_wrong_parameters(lab, parameters, named):
    error = refusal(lab.call, "Log", more=True, **parameters)
    assert (error.error, error.parameters) == ("InvalidParameter", {"parameter": named})
    assert refusal(lab.call, "Log", follow=True).error == "ExpectedMore"


if IS_ROOT:
    def test_who_sees_what_while_it_happens():
        """Administrators and auditors their tenant, users themselves; who loses a role sees no more."""
        with Daemon() as daemon:
            daemon.tenant()
            daemon.tenant("lab", makeDefault=False)
            daemon.user("boss", account="boss", uid=ADMIN, role="auditor", grants=[])
            daemon.user("alice", account="alice", uid=ALICE, grants=["mail:*"])
            daemon.user("bob", account="bob", uid=BOB, grants=["mail:*"])
            daemon.user("eve", tenant="lab", grants=["mail:*"])
            with Follower(daemon, ADMIN, lines=1) as boss, Follower(daemon, ALICE, lines=1) as alice:
                assert boss.change()["user"] == "bob" and alice.change()["user"] == "alice"
                daemon.token("eve", scopes=["mail:read"], tenant="lab")
                daemon.token("bob", scopes=["mail:read"])
                daemon.token("alice", scopes=["mail:read"])
                assert [boss.change()["user"] for _ in range(2)] == ["bob", "alice"]
                assert alice.change()["user"] == "alice"
                assert alice.is_silent() and boss.is_silent()
                daemon.call("UserSetEnabled", user="boss", enabled=False)
                daemon.token("bob", scopes=["mail:read"])
                assert boss.is_silent()
                daemon.call("UserSetEnabled", user="boss", enabled=True)
                assert boss.events(3) == ["user.disable", "token.create", "user.enable"]
            # What one uid follows is not held against another.
            followers = [Follower(daemon, uid) for uid in (ADMIN, ALICE) for _ in range(FOLLOWERS)]
            assert all(follower.change() for follower in followers)
            assert ME == 0 and daemon.call("Status")
