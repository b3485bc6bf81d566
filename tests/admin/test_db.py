# SPDX-License-Identifier: BSD-2-Clause
"""db: backup, restore, check, keys and clock, as an operator meets them."""
import json
import os
import shutil

import jsonschema
import pytest

from ctlkit import ALICE, IS_ROOT, ME, Host, Screen, id_of
from pat import SOURCE

SCHEMAS = {path.stem: json.loads(path.read_text())
           for path in (SOURCE / "doc/schema").glob("db-*.json")}


def holds(name, text):
    document = json.loads(text) if isinstance(text, str) else text
    jsonschema.Draft202012Validator(
        {**SCHEMAS[name], "additionalProperties": False}).validate(document)
    return document


@pytest.fixture
def own(host):
    """A host with a token of alice's, and a directory to keep backups in."""
    host.token_text = host.make("keeps working")
    host.gone = host.make("will be revoked")
    host.place = host.directory / "elsewhere"
    host.place.mkdir()
    if IS_ROOT:
        os.chown(host.place, host.uid, host.uid)
    return host


def back_up(host):
    """A backup that whoever patd runs as can read, too."""
    path = host.place / "pat.db"
    host.say("db", "backup", path)
    if IS_ROOT:
        os.chown(path, host.uid, host.uid)
    return path


def offline(host, *arguments, **named):
    """patctl as whoever patd runs as: what root becomes."""
    return host.ctl("--config", host.config, *arguments, uid=host.uid if IS_ROOT else None, **named)


def accepts(host, token):
    return host.verify(token, service="imap", login="alice")["class"]


def restore(host, path):
    host.stop()
    done = offline(host, "db", "restore", path, "--yes", check=0)
    host.start()
    return done.stdout


# --- backup ---

def test_a_backup_is_taken_away(own):
    path = own.place / "pat.db"
    said = own.say("db", "backup", path)
    assert str(path) in said and str(own.keys) in said and "keys are not in it" in said
    assert path.stat().st_mode & 0o777 == 0o600
    assert list((own.state / "backup").iterdir()) == []
    assert own.token_text.encode() not in path.read_bytes()
    assert "backup   " in own.say("db", "status")


def test_it_never_writes_over_a_file(own):
    path = own.place / "pat.db"
    path.write_text("mine")
    assert "File exists" in own.fails(6, "db", "backup", path)
    assert path.read_text() == "mine" and not (own.state / "backup").exists()


def test_it_is_not_put_beside_the_keys(own):
    for path in (own.keys / "pat.db", own.keys / ".." / own.keys.name / "pat.db"):
        assert "key directory" in own.fails(2, "db", "backup", path)
        assert not path.exists()
    (own.place / "link").symlink_to(own.keys)
    assert "key directory" in own.fails(2, "db", "backup", own.place / "link" / "pat.db")


def test_without_a_file_it_says_where_it_is(own):
    document = holds("db-backup", own.say("db", "backup", "--json"))
    path = own.state / "backup" / os.path.basename(document["path"])
    assert path.exists() and document["bytes"] == path.stat().st_size
    status = holds("db-status", own.say("db", "status", "--json"))
    assert status["backups"] == [document["path"]] and status["last_backup"]
    assert "waits to be taken away" in own.say("db", "status")


if IS_ROOT:
    def test_only_root_takes_it_away(own):
        """An operator who is neither root nor patd gets it made, and not taken."""
        own.stop()
        own.write_config("".join(f"[service {name}]\nuids = {ME}\n\n" for name in ("imap",)),
                         operators=[ALICE])
        own.start()
        place = own.place / "of-alice"
        place.mkdir()
        os.chown(place, ALICE, ALICE)
        told = own.ctl("db", "backup", place / "pat.db", uid=ALICE, check=4).stderr
        assert "only root" in told and "patctl db backup" in told
        assert not (place / "pat.db").exists() and not (own.state / "backup").exists()
        assert str(own.state) in own.ctl("db", "backup", uid=ALICE, check=0).stdout

    def test_links_of_a_patd_that_was_taken_over(own):
        """Nothing in patd's directory is followed, and nothing elsewhere is removed.

        The victim is where patd's sandbox lets it write: it is patctl that must not follow.
        """
        victim = own.state / "victim"
        victim.mkdir()
        (victim / "kept").write_text("kept")
        os.chown(victim, own.uid, own.uid)
        own.say("db", "backup")
        shutil.rmtree(own.state / "backup")
        (own.state / "backup").symlink_to(victim)
        own.ctl("db", "backup", own.place / "pat.db", check=8)
        assert not (own.place / "pat.db").exists()
        assert (victim / "kept").read_text() == "kept"


# --- restore ---

def test_the_whole_way(own):
    path = back_up(own)
    own.say("revoke", "--yes", id_of(own.gone))
    late = own.make("made behind the backup")
    own.stop()
    said = offline(own, "db", "restore", path, "--yes", check=0).stdout
    assert "before-restore-" in said and "patctl db restore --accept" in said
    assert list(own.state.glob("pat.db.before-restore-*"))
    assert (own.state / "pat.db").stat().st_mode & 0o777 == 0o600
    assert (own.state / "pat.db").stat().st_uid == own.uid
    assert not (own.state / "restoring").exists()
    own.start()
    for token in (own.token_text, own.gone, late):
        assert accepts(own, token) == "unavailable"
    assert "older than its anchor" in own.ctl("status", check=7).stdout
    assert "No token is accepted" in own.ctl("db", "status", check=7).stdout
    document = holds("db-accept", own.say("db", "restore", "--accept", "--yes", "--json"))
    assert document["applied"] == 1 and document["closed"] == 0
    assert accepts(own, own.token_text) == "accepted"
    assert accepts(own, own.gone) == accepts(own, late) == "refused"
    assert own.state_of(id_of(own.gone)) == "revoked"
    assert "made again after a restore" in own.say("log", "--event", "token.revoke")
    assert "db.restore" in own.say("log", "--host")
    own.say("log", "--verify")
    assert "nothing to accept" in own.fails(6, "db", "restore", "--accept", "--yes")


def test_a_backup_of_this_moment_needs_no_acceptance(own):
    path = back_up(own)
    own.stop()
    kept = (own.keys / "anchor").read_bytes()
    own.start()
    assert "--accept" in restore(own, path)  # the backup's own row in the log came behind it
    own.say("db", "restore", "--accept", "--yes")
    own.stop()
    assert (own.keys / "anchor").read_bytes() != kept
    copy = own.place / "stopped.db"
    shutil.copy(own.state / "pat.db", copy)
    if IS_ROOT:
        os.chown(copy, own.uid, own.uid)
    document = holds("db-restore",
                     offline(own, "db", "restore", copy, "--yes", "--json", check=0).stdout)
    assert document["next"] == "start" and document["generation"] == document["anchor"]
    own.start()
    assert accepts(own, own.token_text) == "accepted"


def test_not_while_patd_works(own):
    path = back_up(own)
    told = offline(own, "db", "restore", path, "--yes", check=6).stderr
    assert "patd works on the store" in told and "systemctl stop" in told
    assert accepts(own, own.token_text) == "accepted"


def spoil_header(path):
    path.write_bytes(b"not a database" * 100)


def spoil_row(path):
    content = path.read_bytes()
    place = content.index(b"keeps working")
    path.write_bytes(content[:place] + b"keepz working" + content[place + 13:])


def spoil_tail(path):
    path.write_bytes(path.read_bytes()[:-4096])


@pytest.mark.parametrize("spoil", [spoil_header, spoil_row, spoil_tail])
def test_a_backup_that_is_none_changes_nothing(own, spoil):
    path = back_up(own)
    spoil(path)
    own.stop()
    before = (own.state / "pat.db").read_bytes()
    told = offline(own, "db", "restore", path, "--yes", check=6).stderr
    assert "nothing was changed" in told
    assert (own.state / "pat.db").read_bytes() == before
    assert not list(own.state.glob("*before-restore*")) and not (own.state / "restoring").exists()
    own.start()
    assert accepts(own, own.token_text) == "accepted"


def test_a_backup_of_other_keys(own):
    with Host() as other:
        path = own.place / "pat.db"
        other.ctl("db", "backup", path, check=0)
    if IS_ROOT:
        os.chown(path, own.uid, own.uid)
    own.stop()
    assert "other keys" in offline(own, "db", "restore", path, "--yes", check=6).stderr


def test_the_keys_are_missing(own):
    path = back_up(own)
    own.stop()
    (own.keys / "seal.1").unlink()
    assert "key directory" in offline(own, "db", "restore", path, "--yes", check=7).stderr


def test_nobody_is_asked_without_a_terminal(own):
    path = back_up(own)
    own.stop()
    assert "--yes" in offline(own, "db", "restore", path, "--no-input", check=2).stderr
    assert not list(own.state.glob("*before-restore*"))


def test_what_restore_wants(own):
    for arguments in ([], ["x", "--accept"], ["--accept", "--new-anchor"]):
        assert "either FILE" in own.fails(2, "db", "restore", *arguments)


if IS_ROOT:
    def test_somebody_else_may_not(own):
        path = back_up(own)
        path.chmod(0o644)
        os.chown(own.config, 0, 0)
        own.stop()
        done = own.ctl("--config", own.config, "db", "restore", path, "--yes", uid=ALICE)
        assert done.returncode == 4, done.stderr


# --- a lost anchor ---

def test_a_lost_anchor(own):
    own.stop()
    (own.keys / "anchor").unlink()
    own.start()
    assert accepts(own, own.token_text) == "unavailable"
    own.stop()
    said = offline(own, "db", "restore", "--new-anchor", "--yes", check=0).stdout
    assert "The anchor begins at generation" in said
    own.start()
    assert accepts(own, own.token_text) == "accepted"
    assert "db.restore" in own.say("log", "--host")
    own.say("log", "--verify")
    own.stop()
    assert "whole" in offline(own, "db", "restore", "--new-anchor", "--yes", check=6).stderr


# --- check, keys, clock ---

def test_check(own):
    document = holds("db-check", own.say("db", "check", "--json"))
    assert document["trouble"] == "" and document["rows"] > 3
    assert document["keys"] == [{"number": 1, "tokens": 2, "until": None, "needed": True}]
    assert "are whole" in own.say("db", "check")


def test_check_of_a_damaged_store(own):
    own.stop()
    content = (own.state / "pat.db").read_bytes()
    place = content.index(b"keeps working")
    (own.state / "pat.db").write_bytes(content[:place] + b"keepz working" + content[place + 13:])
    own.start()
    told = own.ctl("db", "check", check=9).stdout
    assert "does not carry its seal" in told
    assert accepts(own, own.token_text) == "unavailable"


def test_rotate_key(own):
    said = own.say("db", "rotate-key", "--yes")
    assert "verifier.2" in said and str(own.keys) in said
    own.say("db", "check")
    told = own.say("db", "status")
    assert "verifier.1 is needed by 2 tokens" in told and "verifier.2 serves new tokens" in told
    assert accepts(own, own.token_text) == accepts(own, own.make("under the new")) == "accepted"
    assert holds("db-rotate-key", own.say("db", "rotate-key", "--yes", "--json"))["number"] == 3


def test_clock(own):
    document = holds("db-clock", own.say("db", "clock", "--json"))
    assert document["agrees"] and not document["accepted"]
    assert "They agree" in own.say("db", "clock")
    assert "use the clock" in own.say("db", "clock", "--accept", "--yes")
    assert holds("db-clock", own.say("db", "clock", "--accept", "--yes", "--json"))["accepted"]


def test_it_asks(own):
    screen = Screen(own, "db", "rotate-key", answers=[("[y/N] ", "n\n")])
    assert screen.status == 10
    assert not (own.keys / "verifier.2").exists()


def test_only_operators(own):
    if not IS_ROOT:
        return
    for arguments in (["status"], ["check"], ["backup"], ["rotate-key", "--yes"], ["clock"],
                      ["restore", "--accept", "--yes"]):
        assert own.ctl("db", *arguments, uid=ALICE, check=4).stdout == ""
