# SPDX-License-Identifier: BSD-2-Clause
"""Backup, restore, keys and clock: what was taken away is not given back by an older database."""
import contextlib
import os
import shutil
import sqlite3
import time

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, refusal, wait_until

MAIL = {"service": "imap"}
AGAIN = "made again after a restore"


def give(daemon, path):
    if IS_ROOT:
        shutil.chown(path, daemon.uid, daemon.uid)
    path.chmod(0o600)


def backup(daemon):
    """A backup by patd itself: its path."""
    entries = daemon.call("DbBackup", more=True)
    assert all(entry["done"] <= entry["of"] for entry in entries)
    return daemon.state / "backup" / os.path.basename(entries[-1]["path"])


def put_back(daemon, path):
    """What patctl does when patd is stopped, with nothing but cp."""
    daemon.stop()
    for old in daemon.state.glob("pat.db*"):
        old.unlink()
    shutil.copy(path, daemon.state / "pat.db")
    give(daemon, daemon.state / "pat.db")
    daemon.start()


def accept(daemon):
    return daemon.call("DbRestoreAccept")


def proof(daemon):
    """What is wrong with the logs; nothing, it is to be hoped."""
    return [entry["what"] for entry in daemon.call("LogVerify", more=True) if entry.get("bad")]


def check(daemon):
    return daemon.call("DbCheck", more=True)[-1]


def asks(daemon, token, login="alice", **request):
    return daemon.asks(token, **{**MAIL, "login": login, **request})


class World:
    """acme with alice, bob and carol, and lab with dan; a token of each, and a backup of it all."""

    def __init__(self, daemon):
        self.daemon = daemon
        daemon.tenant()
        daemon.tenant("lab", makeDefault=False)
        for user in ("alice", "bob", "carol"):
            daemon.user(user, grants=["mail:read", "mail:send"])
        daemon.user("dan", grants=["mail:read"], tenant="lab")
        daemon.user("local", grants=["ssh:login"], account="alice", uid=60001)
        daemon.user("boss", grants=["mail:read"], account="boss", uid=60002, role="admin")
        daemon.call("GrantAdd", holder="@staff", scopes=["ssh:login", "mail:read"])
        self.token, self.record = daemon.token("alice", ["mail:read", "mail:send"])
        self.second, self.second_record = daemon.token("alice", ["mail:read"])
        self.bobs, self.bobs_record = daemon.token("bob", ["mail:read"])
        self.carols, self.carols_record = daemon.token("carol", ["mail:read"])
        self.dans, self.dans_record = daemon.token("dan", ["mail:read"], tenant="lab")
        self.ssh, self.ssh_record = daemon.token("local", ["ssh:login"])
        self.backup = backup(daemon)

    def state(self, record):
        return self.daemon.call("Show", token=record["id"], tenant=record["tenant"])["token"]


@pytest.fixture
def world():
    with Daemon() as daemon:
        yield World(daemon)


# --- what is done behind the backup, and how it is seen that it was done again ---

def revoke(world):
    world.daemon.call("Revoke", tokens=[world.record["id"]])


def is_revoked(world):
    assert asks(world.daemon, world.token) == "refused"
    assert world.state(world.record)["state"] == "revoked"
    assert asks(world.daemon, world.second) == "accepted"


def suspend(world):
    world.daemon.call("Suspend", tokens=[world.record["id"]])


def is_suspended(world):
    assert asks(world.daemon, world.token) == "refused"
    assert world.state(world.record)["state"] == "suspended"


def edit(world):
    world.daemon.call("Edit", token=world.record["id"], scopes=["mail:send"],
                      addresses=["10.0.0.0/8"], expires=int((time.time() + 3600) * 1e6))


def is_edited(world):
    assert asks(world.daemon, world.token) == "refused"
    token = world.state(world.record)
    assert token["scopes"] == ["mail:send"] and token["addresses"] == ["10.0.0.0/8"]
    assert 0 < token["expires"] <= (time.time() + 3600) * 1e6
    assert asks(world.daemon, world.token, service="smtp", address="10.1.1.1") == "accepted"


def rotate(world):
    world.daemon.call("Rotate", token=world.record["id"], grace=2_000_000)


def is_rotated(world):
    assert wait_until(lambda: asks(world.daemon, world.token) == "refused")
    assert world.state(world.record)["state"] == "expired"


def rotate_at_once(world):
    world.daemon.call("Rotate", token=world.record["id"], grace=0)


def disable_user(world):
    world.daemon.call("UserSetEnabled", user="alice", enabled=False, reason="gone")


def is_disabled(world):
    assert asks(world.daemon, world.token) == asks(world.daemon, world.second) == "refused"
    assert not world.daemon.call("UserShow", user="alice")["user"]["enabled"]
    assert asks(world.daemon, world.bobs, "bob") == "accepted"


def unbind(world):
    world.daemon.call("UserBind", user="local")


def is_unbound(world):
    assert asks(world.daemon, world.ssh, service="sshd") == "refused"
    user = world.daemon.call("UserShow", user="local")["user"]
    assert user["account"] is None and user["uid"] is None


def bind_elsewhere(world):
    world.daemon.call("Revoke", tokens=[world.ssh_record["id"]])
    world.daemon.call("UserBind", user="local", account="other", uid=60009)


def lower_role(world):
    world.daemon.call("UserSetRole", user="boss", role="user")


def is_lowered(world):
    assert world.daemon.call("UserShow", user="boss")["user"]["role"] == "user"


def forget(world):
    world.daemon.call("Revoke", tokens=[world.carols_record["id"]])
    world.daemon.call("UserForget", user="carol", more=True)


def is_forgotten(world):
    assert asks(world.daemon, world.carols, "carol") == "refused"
    assert refusal(world.daemon.call, "UserShow", user="carol").error == "NotFound"


def take_grant(world):
    world.daemon.call("GrantRemove", holder="alice", scopes=["mail:read"])


def has_no_grant(world):
    assert asks(world.daemon, world.token) == "refused"
    assert world.daemon.call("UserShow", user="alice")["user"]["grants"] == ["mail:send"]
    assert asks(world.daemon, world.token, service="smtp") == "accepted"


def take_from_group(world):
    world.daemon.call("GrantRemove", holder="@staff", scopes=["ssh:login"])


def group_has_less(world):
    grants = {entry["grant"]["holder"]: entry["grant"]["scopes"]
              for entry in world.daemon.call("GrantList", more=True) if "grant" in entry}
    assert grants["@staff"] == ["mail:read"]


def take_all_from_group(world):
    world.daemon.call("GrantRemove", holder="@staff", scopes=["ssh:login", "mail:read"])


def group_has_nothing(world):
    assert all(entry["grant"]["holder"] != "@staff"
               for entry in world.daemon.call("GrantList", more=True) if "grant" in entry)


def tighten(world):
    policy = world.daemon.call("TenantShow", tenant="acme")["tenant"]["policy"]
    world.daemon.call("TenantSet", tenant="acme", policy={
        **policy, "maxTokens": 3, "requireExpiry": True, "scopes": ["mail:send"]})


def is_tight(world):
    assert asks(world.daemon, world.token) == asks(world.daemon, world.second) == "refused"
    policy = world.daemon.call("TenantShow", tenant="acme")["tenant"]["policy"]
    assert policy["maxTokens"] == 3 and policy["requireExpiry"]
    assert policy["scopes"] == ["mail:send"]


def disable_tenant(world):
    world.daemon.call("TenantSetEnabled", tenant="acme", enabled=False)


def tenant_is_disabled(world):
    assert asks(world.daemon, world.token) == asks(world.daemon, world.bobs, "bob") == "refused"
    assert not world.daemon.call("TenantShow", tenant="acme")["tenant"]["enabled"]


def delete_tenant(world):
    world.daemon.call("TenantDelete", tenant="lab", withTokens=True, more=True)


def tenant_is_gone(world):
    assert refusal(world.daemon.call, "TenantShow", tenant="lab").error == "NotFound"
    assert refusal(world.daemon.call, "Show", token=world.dans_record["id"],
                   tenant="lab").error == "NotFound"


KINDS = {
    "token.revoke": (revoke, is_revoked),
    "token.suspend": (suspend, is_suspended),
    "token.edit": (edit, is_edited),
    "token.rotate": (rotate, is_rotated),
    "token.rotate at once": (rotate_at_once, is_revoked),
    "user.disable": (disable_user, is_disabled),
    "user.bind to none": (unbind, is_unbound),
    "user.bind to another": (bind_elsewhere, is_unbound),
    "user.role": (lower_role, is_lowered),
    "user.forget": (forget, is_forgotten),
    "grant.remove": (take_grant, has_no_grant),
    "grant.remove of a group": (take_from_group, group_has_less),
    "grant.remove of all of a group": (take_all_from_group, group_has_nothing),
    "tenant.set": (tighten, is_tight),
    "tenant.disable": (disable_tenant, tenant_is_disabled),
    "tenant.delete": (delete_tenant, tenant_is_gone),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_taken_away_is_taken_away_again(world, kind):
    daemon = world.daemon
    take, is_taken = KINDS[kind]
    take(world)
    put_back(daemon, world.backup)
    assert daemon.health() == "unavailable-rolled-back"
    assert asks(daemon, world.token) == asks(daemon, world.bobs, "bob") == "unavailable"
    before = daemon.call("DbStatus")
    assert before["generation"] < before["anchor"] and before["reach"] <= before["generation"]
    done = accept(daemon)
    assert done["applied"] >= 1 and done["closed"] == 0
    assert (done["from"], done["to"]) == (before["generation"], before["anchor"] + 1)
    assert daemon.health() == "accepted"
    is_taken(world)
    assert proof(daemon) == [] and check(daemon)["trouble"] == ""
    changes = [entry["change"] for entry in daemon.call("Log", more=True) if "change" in entry]
    assert sum(change["reason"] == AGAIN for change in changes) >= 1
    restore = [change for change in changes if change["event"] == "db.restore"]
    assert len(restore) == 1 and restore[0]["tenant"] == ""
    assert restore[0]["before"]["generation"] == str(done["from"])
    assert restore[0]["after"] == {"generation": str(done["to"]), "count": str(done["applied"]),
                                   "missing": str(done["missing"]), "closed": "0"}
    daemon.restart()
    assert daemon.health() == "accepted"
    is_taken(world)


def test_everything_at_once_and_twice(world):
    """The same backup a second time: also what was made again is made again."""
    daemon = world.daemon
    for take in (suspend, take_from_group, lower_role, unbind, forget, delete_tenant):
        take(world)
    daemon.call("UserSetEnabled", user="bob", enabled=False)
    for _ in range(2):
        put_back(daemon, world.backup)
        assert accept(daemon)["closed"] == 0
        for is_taken in (is_suspended, group_has_less, is_lowered, is_unbound, is_forgotten,
                         tenant_is_gone):
            is_taken(world)
        assert asks(daemon, world.bobs, "bob") == "refused"
        assert asks(daemon, world.second) == "accepted"
        assert proof(daemon) == [] and check(daemon)["trouble"] == ""


def test_a_backup_of_the_line_that_was_given_up(world):
    """Made before the restore, and newer than what was restored: it brings nothing back either."""
    daemon = world.daemon
    revoke(world)
    later = backup(daemon)
    disable_user(world)
    put_back(daemon, world.backup)
    accept(daemon)
    daemon.call("Revoke", tokens=[world.bobs_record["id"]])
    put_back(daemon, later)
    assert daemon.health() == "unavailable-rolled-back"
    accept(daemon)
    assert asks(daemon, world.token) == asks(daemon, world.second) == "refused"
    assert asks(daemon, world.bobs, "bob") == "refused"
    assert asks(daemon, world.carols, "carol") == "accepted"


def test_what_came_behind_the_backup_is_lost_and_counted(world):
    daemon = world.daemon
    new, record = daemon.token("alice", ["mail:read"])
    daemon.user("zoe", grants=["mail:read"])
    daemon.call("Revoke", tokens=[record["id"]])
    daemon.call("UserSetEnabled", user="zoe", enabled=False)
    put_back(daemon, world.backup)
    done = accept(daemon)
    assert done["missing"] == 2 and done["applied"] == 0
    assert asks(daemon, new) == "refused"
    assert asks(daemon, world.token) == "accepted", daemon.log_text()
    assert refusal(daemon.call, "UserShow", user="zoe").error == "NotFound"


def test_nothing_to_accept(world):
    daemon = world.daemon
    error = refusal(accept, daemon)
    assert (error.error, error.id) == ("Conflict", "restore.none")
    put_back(daemon, world.backup)
    accept(daemon)
    assert refusal(accept, daemon).id == "restore.none"


def test_generations_are_never_used_twice(world):
    daemon = world.daemon
    seen = set()
    for _ in range(3):
        revoke_one, record = daemon.token("alice", ["mail:read"])
        daemon.call("Revoke", tokens=[record["id"]])
        anchor = daemon.call("DbStatus")["anchor"]
        put_back(daemon, world.backup)
        done = accept(daemon)
        assert done["to"] == anchor + 1 and done["to"] not in seen
        assert asks(daemon, revoke_one) == "refused"
        seen.add(done["to"])


def test_a_backup_that_was_changed_is_not_accepted(world):
    daemon = world.daemon
    revoke(world)
    bad = daemon.directory / "bad.db"
    shutil.copy(world.backup, bad)
    with contextlib.closing(sqlite3.connect(bad)) as db:
        db.execute("DROP TRIGGER tokens_are_kept")
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DELETE FROM tokens WHERE id = ?", (world.second_record["id"],))
        db.commit()
    put_back(daemon, bad)
    error = refusal(accept, daemon)
    assert (error.error, error.id) == ("Unavailable", "restore.changed")
    assert "removed or put back" in error.message
    assert asks(daemon, world.bobs, "bob") == "unavailable"
    assert "removed or put back" in check(daemon)["trouble"]


def test_a_backup_that_is_older_than_the_journal(world):
    """The journal keeps a mebibyte at least: more than that of narrowing, and it is refused."""
    daemon = world.daemon
    daemon.call("TenantSet", tenant="acme", policy={"maxTokens": None})
    daemon.call("GrantAdd", holder="bob", scopes=["a%d:%s" % (number, "x" * 28)
                                                  for number in range(28)])
    scopes = daemon.call("UserShow", user="bob")["user"]["grants"]
    with Caller(daemon) as caller:
        for _ in range(2500):
            caller.call("GrantRemove", holder="bob", scopes=scopes)
            caller.call("GrantAdd", holder="bob", scopes=scopes)
            if caller.call("DbStatus")["reach"] > 1:
                break
    status = daemon.call("DbStatus")
    assert status["reach"] > 1
    put_back(daemon, world.backup)
    error = refusal(accept, daemon)
    assert (error.error, error.id) == ("Unavailable", "restore.too-old")
    assert str(status["reach"]) in error.message and "newer backup" in error.hint
    assert asks(daemon, world.bobs, "bob") == "unavailable"


def test_only_operators(world):
    daemon = world.daemon
    revoke(world)
    put_back(daemon, world.backup)
    if not IS_ROOT:
        return
    for method in ("DbRestoreAccept", "DbStatus", "DbBackup", "DbRotateKey", "ClockAccept"):
        with Caller(daemon, uid=60002) as caller:  # the administrator of acme
            error = refusal(caller.call, method)
            assert error.error in ("NotPermitted", "Unavailable"), method
    assert daemon.health() == "unavailable-rolled-back"
    assert daemon.events("denied", method="DbRestoreAccept")


# --- crashes ---

def generation_of(daemon):
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        return db.execute("SELECT generation FROM host").fetchone()[0]


@pytest.mark.parametrize("pause", [0, 0.001, 0.003, 0.01, 0.03])
def test_killed_while_it_accepts(world, pause):
    """It was accepted or it was not; and then it is."""
    daemon = world.daemon
    for _ in range(40):
        _, record = daemon.token("carol", ["mail:read"])
        daemon.call("Revoke", tokens=[record["id"]])
        if len(daemon.call("List", more=True, filter={"user": "carol"})) > 20:
            break
    revoke(world)
    put_back(daemon, world.backup)
    with Caller(daemon) as caller:
        caller.post("DbRestoreAccept")
        time.sleep(pause)
        daemon.kill()
    daemon.start()
    if daemon.health() != "accepted":
        accept(daemon)
    is_revoked(world)
    assert proof(daemon) == [] and check(daemon)["trouble"] == ""


def test_a_crash_between_the_commit_and_the_anchor(world):
    """The anchor of before, beside a database that was accepted: brought forward, and once only."""
    daemon = world.daemon
    revoke(world)
    put_back(daemon, world.backup)
    daemon.stop()
    anchor = (daemon.keys / "anchor").read_bytes()
    daemon.start()
    done = accept(daemon)
    daemon.stop()
    (daemon.keys / "anchor").write_bytes(anchor)
    daemon.start()
    assert daemon.health() == "accepted" and daemon.events("recovered")
    status = daemon.call("DbStatus")
    assert status["anchor"] == status["generation"] == done["to"]
    assert status["reach"] <= done["from"]
    is_revoked(world)
    put_back(daemon, world.backup)
    accept(daemon)
    is_revoked(world)


def test_killed_while_a_backup_is_made(world):
    daemon = world.daemon
    with Caller(daemon) as caller:
        caller.post("DbBackup", more=True)
        daemon.kill()
    daemon.start()
    path = backup(daemon)
    assert not (daemon.state / "backup" / "making").exists()
    revoke(world)
    put_back(daemon, path)
    accept(daemon)
    is_revoked(world)


# --- the anchor, older than the database ---

def test_keys_from_an_older_backup(world):
    """The key directory was put back: the database is newer, and brings its anchor forward."""
    daemon = world.daemon
    daemon.stop()
    anchor = (daemon.keys / "anchor").read_bytes()
    daemon.start()
    revoke(world)
    disable_user(world)
    daemon.stop()
    (daemon.keys / "anchor").write_bytes(anchor)
    daemon.start()
    assert daemon.health() == "accepted"
    put_back(daemon, world.backup)
    accept(daemon)
    assert asks(daemon, world.token) == asks(daemon, world.second) == "refused"


# --- backups ---

def test_a_backup_is_private_and_whole(world):
    daemon = world.daemon
    entries = daemon.call("DbBackup", more=True)
    last = entries[-1]
    path = daemon.state / "backup" / os.path.basename(last["path"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_size == last["bytes"] and last["keysPath"] == str(daemon.keys)
    assert sorted(path.parent.iterdir()) == sorted([path, world.backup])
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT generation FROM host").fetchone()[0] == last["generation"]
    content = path.read_bytes()
    for token in (world.token, world.bobs):
        assert token.encode() not in content and token[-33:].encode() not in content
    status = daemon.call("DbStatus")
    assert len(status["backups"]) == 2 and status["lastBackup"] > 0
    event = daemon.events("db.backup")[-1]
    assert event["subject"] == path.name


def test_logins_and_changes_go_on_beside_a_backup(world):
    """Whatever was acknowledged before it began is in it, and it is of one moment."""
    daemon = world.daemon
    with Caller(daemon) as caller, Caller(daemon) as other:
        caller.post("DbBackup", more=True)
        made = 0
        while True:
            reply = caller.reply()
            assert "error" not in reply
            assert asks(daemon, world.token) == "accepted"
            other.call("GrantRemove", holder="alice", scopes=["mail:send"])
            other.call("GrantAdd", holder="alice", scopes=["mail:send"])
            made += 2
            if not reply.get("continues"):
                break
    path = daemon.state / "backup" / os.path.basename(reply["parameters"]["path"])
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert daemon.call("DbStatus")["generation"] > reply["parameters"]["generation"]


def test_a_client_that_leaves_ends_its_backup(world):
    daemon = world.daemon
    with Caller(daemon) as caller:
        caller.post("DbBackup", more=True)
    assert wait_until(lambda: not (daemon.state / "backup" / "making").exists())
    assert backup(daemon).exists()


def test_it_streams(world):
    for method in ("DbBackup", "DbCheck"):
        assert refusal(world.daemon.call, method).error == "ExpectedMore"


# --- keys ---

def test_a_new_key_serves_new_tokens(world):
    daemon = world.daemon
    assert asks(daemon, world.token) == "accepted"  # with a reader that is open already
    before = (daemon.keys / "verifier.1").read_bytes()
    assert daemon.call("DbRotateKey")["number"] == 2
    made = daemon.keys / "verifier.2"
    assert made.stat().st_mode & 0o777 == 0o600 and made.read_bytes() != before
    new, _ = daemon.token("alice", ["mail:read"])
    assert asks(daemon, new) == asks(daemon, world.token) == "accepted"
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        numbers = [row[0] for row in
                   db.execute("SELECT key_number FROM tokens ORDER BY created, created_seq")]
    assert set(numbers) == {1, 2} and numbers.count(2) == 1
    daemon.restart()
    assert asks(daemon, new) == asks(daemon, world.token) == "accepted"
    made.unlink()
    daemon.restart()
    assert asks(daemon, new) == "unavailable" and asks(daemon, world.token) == "accepted"
    assert daemon.events("db.rotate-key", subject="verifier.2")


def test_a_key_that_no_token_needs_is_told(world):
    daemon = world.daemon
    daemon.call("DbRotateKey")
    assert check(daemon)["keys"][0]["needed"] is True
    ids = [entry["token"]["id"] for entry in daemon.call("List", more=True)
           if "token" in entry and entry["token"]["tenant"] == "acme"]
    daemon.call("Revoke", tokens=ids, tenant="acme")
    daemon.call("Revoke", tokens=[world.dans_record["id"]], tenant="lab")
    assert check(daemon)["keys"] == []
    keys = daemon.call("DbStatus")["keys"]
    assert [(key["number"], key["needed"]) for key in keys] == [(1, False), (2, True)]
    new, _ = daemon.token("alice", ["mail:read"])
    (daemon.keys / "verifier.1").unlink()  # as the manual says
    daemon.restart()
    assert asks(daemon, new) == "accepted" and daemon.health() == "accepted"


def test_readers_take_up_new_keys_while_they_work(world):
    daemon = world.daemon
    for number in range(2, 12):
        assert daemon.call("DbRotateKey")["number"] == number
        token, _ = daemon.token("bob", ["mail:read"])
        assert asks(daemon, token, "bob") == asks(daemon, world.bobs, "bob") == "accepted"


# --- check ---

def test_a_damaged_database_is_found(world):
    """What SQLite finds wrong beneath the seals."""
    daemon = world.daemon
    assert check(daemon)["trouble"] == ""
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_schema WHERE name = 'tokens_by_user'")
        db.commit()
    daemon.start()
    assert check(daemon)["trouble"] != ""


# --- the clock ---

def test_the_clock_is_accepted(world):
    daemon = world.daemon
    now = daemon.call("ClockAccept")["now"]
    assert abs(now / 1e6 - time.time()) < 60
    assert daemon.events("clock.accept")
    assert not daemon.call("DbStatus")["clockWaits"]
