# SPDX-License-Identifier: BSD-2-Clause
"""Roles, contacts and the end of users; and who undoes what somebody above them did.

Peers of several uids can be made by root only; PAT_REQUIRE_ROOT=1 says that root was promised.
"""
import os
import pwd
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, refusal

OPERATOR, ADMIN, ADMIN_TOO, ALICE = range(60001, 60005)


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_an_administrator_undoes_no_operators_disabling" in globals()


@pytest.fixture(scope="module")
def host():
    """acme with two administrators and alice, who have accounts, and virtual users."""
    with Daemon(operators=[OPERATOR]) as daemon:
        daemon.tenant("acme", policy={"maxTokens": None})
        for user, uid, role in (("adam", ADMIN, "admin"), ("anna", ADMIN_TOO, "admin"),
                                ("alice", ALICE, "user")):
            daemon.user(user, grants=["mail:*", "ssh:login"], account=user, uid=uid, role=role)
        daemon.user("carol", grants=["mail:*"])
        yield daemon


def children(pid):
    return [int(word) for task in Path(f"/proc/{pid}/task").iterdir()
            for word in (task / "children").read_text().split()]


def last_change(host, user):
    return host.call("Log", tenant="acme", user=user, lines=1, more=True)[0]["change"]


# --- role and contact ---

def test_a_role_is_given_and_taken(host):
    """M15: what stands in the log and in the journal is the role itself."""
    for before, role in (("user", "auditor"), ("auditor", "admin"), ("admin", "user")):
        told = host.call("UserSetRole", user="alice", role=role, reason="a new desk")["user"]
        assert (told["role"], told["user"]) == (role, "alice")
        change = last_change(host, "alice")
        assert (change["event"], change["before"], change["after"], change["reason"]) == \
            ("user.role", {"role": before}, {"role": role}, "a new desk")
        heads = host.heads()
        assert host.call("UserSetRole", user="alice", role=role)["user"]["role"] == role
        assert host.heads() == heads, "the same role again is no change"


@pytest.mark.parametrize("parameters, error, id_", [
    ({"user": "alice", "role": "king"}, "InvalidParameter", ""),
    ({"user": "alice"}, "InvalidParameter", ""),
    ({"user": "nobody", "role": "admin"}, "NotFound", "user.unknown"),
    ({"user": "alice", "role": "admin", "tenant": "none"}, "NotFound", "tenant.unknown"),
    ({"user": "alice", "role": "admin", "reason": "a\nb"}, "Invalid", "text.unreadable"),
], ids=str)
def test_a_role_that_cannot_be_is_refused(host, parameters, error, id_):
    heads = host.heads()
    told = refusal(host.call, "UserSetRole", **parameters)
    assert (told.error, told.id) == (error, id_) and host.heads() == heads


def test_a_role_counts_at_the_next_call(host):
    if IS_ROOT:
        with Caller(host, ALICE) as alice:
            assert refusal(alice.call, "UserShow", user="carol").id == "user.unknown"
            host.call("UserSetRole", user="alice", role="auditor")
            assert alice.call("UserShow", user="carol")["user"]["user"] == "carol"
            host.call("UserSetRole", user="alice", role="user")
            assert refusal(alice.call, "UserShow", user="carol").id == "user.unknown"
    assert host.call("UserShow", user="alice")["user"]["role"] == "user"


def test_a_contact_is_set_later(host):
    told = host.call("UserSet", user="carol", contact="carol@example.org", reason="asked for")
    assert told["user"]["contact"] == "carol@example.org"
    change = last_change(host, "carol")
    assert (change["event"], change["before"], change["after"]) == \
        ("user.set", {"contact": ""}, {"contact": "carol@example.org"})
    heads = host.heads()
    host.call("UserSet", user="carol", contact="carol@example.org")
    assert host.heads() == heads
    assert host.call("UserSet", user="carol", contact="")["user"]["contact"] == ""
    for wrong, id_ in ((255 * "x", "text.long"), ("a\x1b[2J", "text.unreadable")):
        assert refusal(host.call, "UserSet", user="carol", contact=wrong).id == id_
    assert refusal(host.call, "UserSet", user="carol").error == "InvalidParameter"
    longest = 254 * '"'
    host.call("UserSet", user="carol", contact=longest)
    assert last_change(host, "carol")["after"] == {"contact": longest}


# --- forgetting ---

def gone(host, user):
    told = refusal(host.call, "UserShow", user=user)
    return told is not None and told.id == "user.unknown"


def test_a_user_is_forgotten(host):
    """The row and the dead tokens go; a living token keeps them all."""
    host.user("dora", grants=["mail:*"], contact="dora@example.org")
    ids = [host.token("dora", scopes=["mail:read"])[1]["id"] for _ in range(3)]
    host.call("Revoke", tokens=ids[:2])
    heads = host.heads()
    for dry_run in (True, False):
        told = refusal(host.call, "UserForget", user="dora", dryRun=dry_run)
        assert (told.error, told.id) == ("Conflict", "user.has-tokens")
        assert told.hint == "end them first: patctl user revoke-all dora --tenant acme"
    assert host.heads() == heads and not gone(host, "dora")
    host.call("Revoke", tokens=[ids[2]])
    heads = host.heads()
    assert host.call("UserForget", user="dora", dryRun=True)["tokens"] == 3
    assert host.heads() == heads and not gone(host, "dora")
    assert host.call("UserForget", user="dora", reason="she has left")["tokens"] == 3
    assert gone(host, "dora")
    for id_ in ids:
        assert refusal(host.call, "Show", token=id_).id == "token.unknown"
    change = last_change(host, "dora")
    assert (change["event"], change["after"], change["reason"]) == \
        ("user.forget", {"count": "3"}, "she has left")
    assert refusal(host.call, "UserForget", user="dora").id == "user.unknown"
    assert [entry for entry in host.call("LogVerify", tenant="acme", more=True)
            if entry.get("bad")] == []


def test_their_texts_are_gone_and_the_log_holds():
    """What people wrote of a user is in no file any more; names and ids are, and the chain holds."""
    words = ["a-private-name", "a-private-reason", "private@example.org", "a-private-description",
             "192.0.2.77"]
    with Daemon() as daemon:
        daemon.tenant("acme")
        daemon.user("dora", grants=["mail:*"], contact=words[2])
        daemon.call("UserSet", user="dora", contact=words[2] + ".net")
        daemon.user("else", grants=["mail:*"])
        kept = daemon.token("else", scopes=["mail:read"], name="a-name-of-else")[1]["id"]
        token, record = daemon.token("dora", scopes=["mail:read"], name=words[0],
                                     description=words[3])
        id_ = record["id"]
        assert daemon.asks(token, service="imap", login="dora", address="192.0.2.77") == "accepted"
        assert daemon.call("Uses", token=id_)["uses"]
        daemon.call("Revoke", tokens=[id_], reason=words[1])
        told = daemon.call("UserForget", user="dora", reason="asked for by them")
        assert told == {"tokens": 1, "changes": 4}
        changes = [entry["change"] for entry in
                   daemon.call("Log", tenant="acme", user="dora", more=True) if "change" in entry]
        assert [change["event"] for change in changes] == \
            ["user.create", "user.set", "token.create", "token.revoke", "log.erase", "user.forget"]
        for change in changes[:-2]:
            assert change["erased"] and change["user"] == "dora"
            assert (change["before"], change["after"], change["reason"]) == ({}, {}, "")
        assert changes[2]["subject"] == id_ and changes[-1]["reason"] == "asked for by them"
        after = daemon.call("Log", tenant="acme", token=kept, more=True)[0]["change"]["after"]
        assert after["name"] == "a-name-of-else"
        assert not any(entry.get("bad") for entry in
                       daemon.call("LogVerify", tenant="acme", more=True))
        daemon.stop()
        stored = b"".join(path.read_bytes() for path in daemon.state.iterdir())
        assert [word for word in words if word.encode() in stored] == []
        assert b"a-name-of-else" in stored
        daemon.start()
        assert daemon.health() == "accepted"


def test_a_suspended_and_a_pending_token_live(host):
    host.user("ines", grants=["mail:*"])
    id_ = host.token("ines", scopes=["mail:read"])[1]["id"]
    host.call("Suspend", tokens=[id_])
    assert refusal(host.call, "UserForget", user="ines").id == "user.has-tokens"
    host.call("Revoke", tokens=[id_])
    id_ = host.token("ines", scopes=["mail:read"], pending=True)[1]["id"]
    assert refusal(host.call, "UserForget", user="ines").id == "user.has-tokens"
    host.call("Revoke", tokens=[id_])
    host.call("UserForget", user="ines")
    assert gone(host, "ines")


def test_a_name_that_was_forgotten_inherits_nothing(host):
    host.user("eric", grants=["mail:*", "ssh:login"])
    token, record = host.token("eric", scopes=["mail:read"])
    host.call("Revoke", tokens=[record["id"]])
    host.call("UserForget", user="eric")
    user = host.user("eric", grants=[])["user"]
    assert (user["grants"], user["contact"], user["live"]) == ([], "", 0)
    assert host.asks(token, service="imap", login="eric") == "refused"
    host.call("UserForget", user="eric")


def test_forgetting_goes_on_where_it_stopped():
    """More dead tokens than a transaction takes: the user is disabled first, and gone at the end."""
    with Daemon() as daemon:
        daemon.tenant("acme", policy={"maxTokens": None})
        daemon.user("many", grants=["mail:*"])
        id_ = daemon.token("many", scopes=["mail:read"])[1]["id"]
        daemon.call("Revoke", tokens=[id_])
        with Caller(daemon) as caller:
            made = []
            names = iter(range(5020))
            for begin in range(0, 5020, 60):
                count = min(60, 5020 - begin)
                for _ in range(count):
                    caller.post("Create", user="many", name=f"token {next(names):05}",
                                scopes=["mail:read"])
                made += [caller.result()["created"]["id"] for _ in range(count)]
        for begin in range(0, len(made), 1000):
            daemon.call("Revoke", tokens=made[begin:begin + 1000])
        assert daemon.call("UserForget", user="many", dryRun=True)["tokens"] == 5021
        assert daemon.call("UserShow", user="many")["user"]["enabled"]
        assert daemon.call("UserForget", user="many")["tokens"] == 5021
        assert refusal(daemon.call, "UserShow", user="many").id == "user.unknown"
        events = [entry["change"] for entry in
                  daemon.call("Log", tenant="acme", user="many", lines=4, more=True)
                  if "change" in entry]
        assert [change["event"] for change in events] == \
            ["user.disable", "token.purge", "log.erase", "user.forget"]
        assert events[0]["erased"] and events[-1]["after"] == {"count": "21"}
        assert daemon.health() == "accepted"
        daemon.stop()
        with closing(sqlite3.connect(daemon.state / "pat.db")) as db:
            assert db.execute("SELECT count(*) FROM tokens").fetchone() == (0,)
        daemon.start()
        assert daemon.health() == "accepted", "the sums of the rows that are left hold"


# --- administrators ---

if IS_ROOT:
    def test_an_administrator_undoes_no_operators_disabling(host):
        """C5: neither by enabling the user nor by forgetting and making them anew."""
        host.user("flora", grants=["mail:*"])
        with Caller(host, ADMIN) as adam, Caller(host, ADMIN_TOO) as anna, \
                Caller(host, OPERATOR) as operator:
            def set_enabled(caller, enabled):
                return refusal(caller.call, "UserSetEnabled", tenant="acme", user="flora",
                               enabled=enabled)
            for caller in (adam, anna):  # what an administrator did, any other one undoes
                assert set_enabled(caller, False) is None
                assert set_enabled(anna, True) is None
            assert set_enabled(operator, False) is None
            for caller in (adam, anna):
                told = set_enabled(caller, True)
                assert (told.error, told.id) == ("NotPermitted", "enable.foreign")
                assert told.message == "user flora was disabled by uid 60001"
                told = refusal(caller.call, "UserForget", tenant="acme", user="flora")
                assert (told.error, told.id) == ("NotPermitted", "enable.foreign")
                assert set_enabled(caller, False) is None, "the same again is no change"
                assert set_enabled(caller, True).id == "enable.foreign"
            assert set_enabled(operator, True) is None
            assert set_enabled(adam, False) is None and set_enabled(anna, True) is None

    def test_an_older_user_of_the_name_is_somebody_else(host):
        """Whoever disabled the one before did not disable this one."""
        with Caller(host, ADMIN) as adam:
            adam.call("UserCreate", tenant="acme", user="gesa")
            host.call("UserSetEnabled", user="gesa", enabled=False)
            host.call("UserForget", user="gesa")
            adam.call("UserCreate", tenant="acme", user="gesa")
            adam.call("UserSetEnabled", tenant="acme", user="gesa", enabled=False)
            adam.call("UserSetEnabled", tenant="acme", user="gesa", enabled=True)

    def test_a_virtual_user_is_no_account_of_the_host():
        """C5: where names go without a realm, an administrator's users are called like no account."""
        config = "[service wiki]\ntenants = plain lab@\naccounts = virtual\n\n" \
            "[service sshd]\ntenants = shell\n\n"
        names = ["root", "Root", "ROOT", pwd.getpwuid(1).pw_name]
        with Daemon(config=config, services=()) as daemon:
            for number, (tenant, plain) in enumerate((("acme", True), ("plain", True),
                                                      ("lab", False), ("shell", False))):
                daemon.tenant(tenant, makeDefault=tenant == "acme")
                daemon.user("adam", tenant=tenant, account="adam", uid=71000 + number, role="admin")
                with Caller(daemon, 71000 + number) as adam:
                    for name in names:
                        told = refusal(adam.call, "UserCreate", tenant=tenant, user=name)
                        assert (told and told.id) == ("user.is-account" if plain else None), name
                        if plain:
                            assert told.error == "NotPermitted" and name in told.message
                            daemon.user(name, tenant=tenant)  # an operator may
                    assert refusal(adam.call, "UserCreate", tenant=tenant, user="no-account") is None

    def test_without_a_name_service_nobody_is_taken_for_nobody(host):
        """The process that asks is ended: then nothing is known, and nothing is made."""
        with Daemon() as daemon:
            daemon.tenant("acme")
            daemon.user("adam", account="adam", uid=ADMIN, role="admin")
            for pid in children(daemon.pid):
                os.kill(pid, signal.SIGKILL)
            with Caller(daemon, ADMIN) as adam:
                told = refusal(adam.call, "UserCreate", tenant="acme", user="no-account")
                assert told.id == "user.is-account" and "cannot be told" in told.message
            daemon.user("no-account")

    def test_who_forgets_whom(host):
        """Administrators virtual users of their tenant, operators everybody."""
        with Caller(host, ADMIN) as adam, Caller(host, ALICE) as alice:
            adam.call("UserCreate", tenant="acme", user="hugo")
            assert refusal(alice.call, "UserForget", tenant="acme", user="hugo").id == \
                "user.unknown"
            assert refusal(alice.call, "UserForget", tenant="acme", user="alice").id == "denied"
            assert refusal(adam.call, "UserForget", tenant="acme", user="alice").id == "denied"
            adam.call("UserForget", tenant="acme", user="hugo", reason="hired by mistake")
        assert gone(host, "hugo")
