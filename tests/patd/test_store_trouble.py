# SPDX-License-Identifier: BSD-2-Clause
"""A store, key or anchor that cannot be trusted: patd starts, accepts nothing, and says why."""
import contextlib
import shutil
import sqlite3

import pytest

from pat import IS_ROOT
from patdkit import Daemon, refusal, wait_until


def give(daemon, path):
    """What root writes in patd's directories is patd's."""
    if IS_ROOT:
        shutil.chown(path, daemon.uid, daemon.uid)
    path.chmod(0o600)


class Copy:
    """The files of a stopped store, to be put back."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.files = {path: path.read_bytes() for place in (daemon.state, daemon.keys)
                      for path in place.iterdir()}

    def put_back(self, *places):
        for place in places or (self.daemon.state, self.daemon.keys):
            if not place.exists():
                place.mkdir(0o700)
                give(self.daemon, place)
                place.chmod(0o700)
            for path in place.iterdir():
                if path not in self.files:
                    path.unlink()
            for path, content in self.files.items():
                if path.parent == place:
                    path.unlink(missing_ok=True)
                    path.write_bytes(content)
                    give(self.daemon, path)


def make_store(daemon):
    """Tenant acme with alice and two tokens, the second revoked; answers the secrets."""
    daemon.start()
    daemon.tenant()
    daemon.user("alice", grants=["mail:*"])
    daemon.user("bob", grants=["mail:*"])
    daemon.good, daemon.good_record = daemon.token(scopes=["mail:read"])
    daemon.other, daemon.other_record = daemon.token("bob", scopes=["mail:read"])
    daemon.stop()
    daemon.copy = Copy(daemon)
    return daemon


@pytest.fixture(scope="module")
def kept():
    daemon = Daemon(memory=True)
    try:
        yield make_store(daemon)
    finally:
        daemon.close()


@pytest.fixture
def store(kept):
    """A stopped patd with a store as it was made; whatever a test does to it is undone."""
    kept.copy.put_back()
    kept.log.write_bytes(b"")
    try:
        yield kept
    finally:
        kept.stop()


def good(daemon):
    return daemon.asks(daemon.good, service="imap", login="alice")


def check_unavailable(daemon, verdict, words):
    """It runs, accepts nothing, manages nothing, and Status tells the trouble to anybody."""
    assert good(daemon) == "unavailable"
    assert daemon.events("verify")[-1]["verdict"] == verdict
    status = daemon.call("Status")
    assert status["health"] == verdict and words in status["trouble"], status
    for method, parameters in (("WhoAmI", {}), ("List", {}), ("TenantCreate", {"tenant": "x"}),
                               ("Revoke", {"tokens": [daemon.good_record["id"]]})):
        error = refusal(daemon.call, method, parameters)
        assert (error.error, error.id) == ("Unavailable", verdict), method
    alarms = daemon.events("alarm", verdict=verdict)
    assert alarms and words in alarms[-1]["error"]


# --- what only the check in the background finds, seconds later; its beginning ---

@pytest.fixture(scope="module")
def tampered():
    """A store in which a row was removed, and one in which an older row was put back."""
    with contextlib.ExitStack() as stack:
        removed, older = Daemon(), Daemon()
        for daemon in (removed, older):
            stack.callback(daemon.close)
            make_store(daemon)
        removed.edit(("DELETE FROM tokens WHERE id = ?", (removed.other_record["id"],)))
        older.start()
        older.call("Revoke", tokens=[older.good_record["id"]])
        older.stop()
        with contextlib.closing(sqlite3.connect(older.directory / "old.db")) as old:
            (older.directory / "old.bytes").write_bytes(older.copy.files[older.state / "pat.db"])
            old.execute("ATTACH ? AS was", (str(older.directory / "old.bytes"),))
            row = old.execute("SELECT * FROM was.tokens WHERE id = ?",
                              (older.good_record["id"],)).fetchone()
        older.edit(("DELETE FROM tokens WHERE id = ?", (older.good_record["id"],)),
                   (f"INSERT INTO tokens VALUES ({','.join('?' * len(row))})", row))
        yield removed.start(), older.start()


# --- keys ---

def cut(path):
    path.write_bytes(path.read_bytes()[:-2])


def not_hexadecimal(path):
    path.write_bytes(b"g" + path.read_bytes()[1:])


def empty(path):
    path.write_bytes(b"")


KEY_TROUBLE = "a key is missing or damaged"


@pytest.mark.parametrize("name", ["seal.1", "verifier.1"])
@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), cut, not_hexadecimal, empty,
                                   lambda path: path.chmod(0o622)],
                         ids=["missing", "cut", "not-hex", "empty", "writable"])
def test_a_key_that_is_missing_or_damaged(store, name, spoil):
    spoil(store.keys / name)
    store.start()
    check_unavailable(store, "unavailable-key", KEY_TROUBLE)


def test_all_keys_missing(store):
    """Keys are made only together with an empty store."""
    for path in list(store.keys.iterdir()):
        path.unlink()
    database = (store.state / "pat.db").read_bytes()
    store.start()
    check_unavailable(store, "unavailable-key", KEY_TROUBLE)
    assert list(store.keys.iterdir()) == [] and (store.state / "pat.db").read_bytes() == database


def test_the_key_directory_missing(store):
    shutil.rmtree(store.keys)
    store.start()
    check_unavailable(store, "unavailable-key", KEY_TROUBLE)


def test_keys_of_another_store(store):
    """M13."""
    with Daemon() as another:
        another.stop()
        for name in ("seal.1", "verifier.1"):
            (store.keys / name).write_bytes((another.keys / name).read_bytes())
    store.start()
    check_unavailable(store, "unavailable-rolled-back", "the anchor is missing or damaged")


def test_an_old_verifier_key_of_another_store(store):
    """M13."""
    with Daemon() as another:
        another.stop()
        (store.keys / "verifier.1").write_bytes((another.keys / "verifier.1").read_bytes())
    store.start()
    assert good(store) == "refused"
    assert store.events("verify")[-1]["verdict"] == "bad-secret"


# --- the database ---

def test_the_database_missing(store):
    for path in store.state.glob("pat.db*"):
        path.unlink()
    store.start()
    check_unavailable(store, "unavailable-store", "the store cannot be opened")
    assert not (store.state / "pat.db").exists()


@pytest.mark.parametrize("content, verdict, words", [
    (b"not a database at all" * 100, "unavailable-store", "the store cannot be opened"),
    (b"SQLite format 3\0" + b"\xff" * 4000, "unavailable-store", "the store cannot be opened"),
    (b"", "unavailable-rolled-back", "changed behind patd's back"),
], ids=["text", "header-only", "empty"])
def test_a_file_that_is_no_store(store, content, verdict, words):
    (store.state / "pat.db").write_bytes(content)
    store.start()
    check_unavailable(store, verdict, words)


@pytest.mark.parametrize("statement, verdict, words", [
    ("PRAGMA user_version = 2", "unavailable-store", "written by a newer version"),
    ("PRAGMA user_version = 1000000", "unavailable-store", "written by a newer version"),
    ("PRAGMA application_id = 7", "unavailable-store", "not well formed"),
    ("DELETE FROM host", "unavailable-rolled-back", "changed behind patd's back"),
    ("DROP TABLE host", "unavailable-store", "the store cannot be opened"),
])
def test_a_database_of_another_kind(store, statement, verdict, words):
    """R30: what is newer than this patd is neither read nor written."""
    store.edit(statement)
    store.start()
    check_unavailable(store, verdict, words)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_database_that_others_may_read(store, mode):
    """M18."""
    (store.state / "pat.db").chmod(mode)
    store.start()
    check_unavailable(store, "unavailable-store", "not permitted")


@pytest.mark.parametrize("change", [
    lambda daemon: daemon.call("Revoke", tokens=[daemon.good_record["id"]]),
    lambda daemon: daemon.user("carol"),
    lambda daemon: daemon.token("bob", scopes=["mail:read"]),
], ids=["revoke", "user", "create"])
def test_an_older_database_put_back(store, change):
    """I1, R29, A45: a backup put back revives nothing; the anchor knows better."""
    store.start()
    change(store)
    store.stop()
    store.copy.put_back(store.state)
    store.start()
    check_unavailable(store, "unavailable-rolled-back", "older than its anchor")


def test_database_and_anchor_put_back_together(store):
    """The one rollback that is not noticed here: the pages say so."""
    store.start()
    store.token("bob", scopes=["mail:read"])
    store.stop()
    store.copy.put_back()
    store.start()
    assert good(store) == "accepted"


# --- the anchor ---

TROUBLE = "the anchor is missing or damaged"
SLOTS = (0, 4096)


def spoil_slots(*places):
    def spoil(path):
        content = bytearray(path.read_bytes())
        for at in places:
            content[at + 100] ^= 1
        path.write_bytes(content)
    return spoil


@pytest.mark.parametrize("spoil", [
    lambda path: path.unlink(), empty, lambda path: path.write_bytes(b"\0" * 100000),
    spoil_slots(*SLOTS)], ids=["missing", "empty", "zeros", "both-slots"])
def test_an_anchor_that_is_missing_or_damaged(store, spoil):
    spoil(store.keys / "anchor")
    store.start()
    check_unavailable(store, "unavailable-rolled-back", TROUBLE)


@pytest.mark.parametrize("slot", SLOTS)
def test_one_damaged_slot_of_the_anchor(store, slot):
    """A torn write loses nothing: the other slot, and the database that is newer, are enough."""
    spoil_slots(slot)(store.keys / "anchor")
    store.start()
    assert good(store) == "accepted" and store.health() == "accepted"


def test_an_anchor_behind_its_database_is_brought_forward(store):
    """A crash between COMMIT and anchor: logged, and narrowing changes reach the journal."""
    before = (store.keys / "anchor").read_bytes()
    store.start()
    store.call("Revoke", tokens=[store.good_record["id"]])
    store.stop()
    anchor = store.keys / "anchor"
    anchor.write_bytes(before)
    store.start()
    assert good(store) == "refused" and store.health() == "accepted"
    assert store.events("recovered")
    assert anchor.read_bytes() != before
    assert store.good_record["id"].encode() in anchor.read_bytes()


# --- rows ---

@pytest.mark.parametrize("statement", [
    "UPDATE tokens SET expires = NULL, scopes = 'mail:*,ssh:login' WHERE id = :id",
    "UPDATE tokens SET state = 1, ended = NULL, version = version + 1 WHERE id = :id",
    "UPDATE tokens SET user = 'bob' WHERE id = :id",
    "UPDATE tokens SET seal = (SELECT seal FROM tokens WHERE id <> :id) WHERE id = :id",
    "UPDATE users SET grants = 'mail:*,ssh:login' WHERE user = 'alice'",
    "UPDATE users SET role = 2 WHERE user = 'alice'",
    "UPDATE users SET uid = 0, account = 'root' WHERE user = 'alice'",
])
def test_an_edited_row_is_refused_and_others_are_not(store, statement):
    """Without the seal key no row can be forged, edited or swapped."""
    store.edit((statement, {"id": store.good_record["id"]} if ":id" in statement else ()))
    store.start()
    assert good(store) == "refused"
    assert store.events("verify")[-1]["verdict"] == "bad-seal"
    assert store.events("alarm", token=store.good_record["id"])
    assert store.asks(store.other, service="imap", login="bob") == "accepted"


def test_an_edited_verifier_is_an_alarm_too(store):
    store.edit(("UPDATE tokens SET verifier = zeroblob(32) WHERE id = ?",
                (store.good_record["id"],)))
    store.start()
    assert good(store) == "refused"
    assert store.events("alarm", token=store.good_record["id"])


def test_an_edited_tenant_stops_its_tokens(store):
    store.edit("UPDATE tenants SET any_scope = 1, self_service = 1, max_tokens = NULL")
    store.start()
    assert good(store) == "refused"
    assert store.events("verify")[-1]["verdict"] == "bad-seal"


def test_an_edited_head_or_host_row(store):
    for statement in ("UPDATE host SET default_tenant = 'lab'",
                      "UPDATE host SET generation = generation + 1"):
        store.copy.put_back()
        store.edit(statement)
        store.start()
        check_unavailable(store, "unavailable-rolled-back", "changed behind patd's back")
        store.stop()


def test_triggers_are_a_second_line(store):
    """M6, A45: a revoked token is not revived by SQL alone; nor is the change log rewritten."""
    store.start()
    store.call("Revoke", tokens=[store.good_record["id"]])
    store.stop()
    for statement in ("UPDATE tokens SET state = 1, ended = NULL", "DELETE FROM tokens",
                      "UPDATE tokens SET verifier = zeroblob(32)", "DELETE FROM changes",
                      "UPDATE changes SET reason = 'another'", "UPDATE changes SET seq = seq + 50",
                      "INSERT OR REPLACE INTO tokens SELECT * FROM tokens"):
        with pytest.raises(sqlite3.IntegrityError):
            store.edit(statement, drop_triggers=False)


# --- clock and usage ---

@pytest.mark.parametrize("spoil", [cut, empty, not_hexadecimal])
def test_a_damaged_clock_mark(store, spoil):
    spoil(store.keys / "clock")
    store.start()
    check_unavailable(store, "unavailable-clock", "the clock or its mark cannot be read")


def test_a_missing_clock_mark_is_begun_again(store):
    (store.keys / "clock").unlink()
    store.start()
    assert good(store) == "accepted" and (store.keys / "clock").exists()


def test_a_damaged_usage_database_stops_nothing(store):
    """M16: uses are lossy, and never a reason to refuse."""
    for path in store.state.glob("usage.db*"):
        path.unlink()
    (store.state / "usage.db").write_bytes(b"garbage" * 1000)
    give(store, store.state / "usage.db")
    store.start()
    assert good(store) == "accepted"
    assert (store.state / "usage.db.bad").read_bytes().startswith(b"garbage")
    assert store.call("Show", token=store.good_record["id"])["token"]["accepted"] == 1


# --- a first start that was interrupted ---

@pytest.mark.parametrize("left", [[], ["seal.1"], ["seal.1", "verifier.1"],
                                  ["seal.1", "verifier.1", "pat.db", "pat.db-wal"],
                                  ["seal.1", "verifier.1", "pat.db", "anchor"]])
def test_an_interrupted_creation_is_begun_again(store, left):
    """The marker says that nothing in there was ever acknowledged."""
    whole = {path.name: content for path, content in store.copy.files.items()}
    for place in (store.state, store.keys):
        for path in list(place.iterdir()):
            path.unlink()
    for name in ["creating", *left]:
        place = store.state if name.startswith("pat.db") else store.keys
        (place / name).write_bytes(whole.get(name, b"")[:3000 if name == "pat.db" else None])
        give(store, place / name)
    store.start()
    assert store.health() == "accepted" and not (store.keys / "creating").exists()
    for name in left:  # nobody's only copy is removed
        assert any(place.glob(name + ".half-made") for place in (store.state, store.keys))
    assert good(store) == "refused"
    store.tenant()
    store.user("alice", grants=["mail:*"])
    token, _ = store.token(scopes=["mail:read"])
    assert store.asks(token, service="imap", login="alice") == "accepted"


def test_without_the_marker_nothing_is_begun_again(store):
    (store.keys / "anchor").unlink()
    (store.keys / "verifier.1").unlink()
    store.start()
    check_unavailable(store, "unavailable-key", KEY_TROUBLE)
    assert not (store.keys / "verifier.1").exists()


# --- and what the check in the background found ---

def test_the_check_finds_removed_and_older_rows(tampered):
    for daemon in tampered:
        assert wait_until(lambda patd=daemon: patd.health() != "accepted", seconds=60)
        check_unavailable(daemon, "unavailable-rolled-back", "were removed or put back")
