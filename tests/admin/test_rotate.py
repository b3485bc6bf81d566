# SPDX-License-Identifier: BSD-2-Clause
"""rotate: a successor, a grace period, and an old token that stays until the new one is stored."""
import json
import stat

import pytest

from ctlkit import ADMIN, ALICE, BOB, Host, IS_ROOT, TOKEN, id_of, shell
from terminal import Terminal

STORED = '[ ] Type "stored" to confirm, or "discard" to throw the token away:'
SECRET = slice(-33, -7)
HOUR = 3600 * 1000000
DAY = 24 * HOUR


def works(host, token):
    return host.ctl("check", "--scope", "mail:read", stdin=token).returncode == 0


def record(host, token):
    return host.call("Show", token=id_of(token))["token"]


def shown_token(terminal):
    terminal.wait_for(lambda: terminal.cursor_line.startswith("[ ] Type") or
                      "Press Enter" in terminal.cursor_line)
    return TOKEN.findall(terminal.shown.replace("\n", ""))[0]


def test_a_successor_has_the_same_settings(host):
    """A41."""
    old = host.make("ci-deploy", "--description", "on build3", "--from", "192.0.2.0/24",
                    "--expires", "30d", "--scope", "mail:send")
    done = host.ctl("rotate", id_of(old), check=0)
    new = done.stdout.rstrip("\n")
    assert TOKEN.fullmatch(new) and new != old and new[SECRET] not in done.stderr
    before, after = record(host, old), record(host, new)
    for member in ("user", "name", "description", "scopes", "addresses"):
        assert before[member] == after[member], member
    assert (after["state"], before["state"]) == ("active", "expiring")
    assert before["successor"] == id_of(new)
    assert abs(before["expires"] - after["created"] - DAY) < HOUR
    assert abs(after["expires"] - after["created"] - 30 * DAY) < HOUR
    lines = done.stderr.splitlines()
    assert lines[0] == \
        f"{id_of(old)} ci-deploy will get a new secret; the old one keeps working until"
    assert lines[2].startswith(f"✓ New: {id_of(new)}   Old: {id_of(old)} until ")
    assert lines[-1] == f"  End the grace period early: patctl rotate --finish {id_of(new)}"
    for token in (old, new):
        host.say("check", "--scope", "mail:read", "--rhost", "192.0.2.1", stdin=token)


@pytest.mark.parametrize("grace, hours", [("2h", 2), ("3d", 72), ("7d", 168), ("90s", 0.025)])
def test_the_grace_period_is_asked_for(host, grace, hours):
    """C26."""
    old = host.make("to be rotated")
    host.say("rotate", "to be rotated", "--grace", grace)
    row = record(host, old)
    assert abs(row["expires"] / HOUR - (host.call("Status")["now"] / HOUR + hours)) < 0.02


def test_without_grace_the_old_one_ends_at_once(host):
    old = host.make("to be rotated")
    done = host.ctl("rotate", id_of(old), "--grace", "0", check=0)
    new = done.stdout.strip()
    assert works(host, new) and not works(host, old) and record(host, old)["state"] == "revoked"
    assert f"✓ New: {id_of(new)}   Old: {id_of(old)} is revoked." in done.stderr
    assert "ends at once" in done.stderr and "grace" not in done.stderr


@pytest.mark.parametrize("end", ["old", "new"])
def test_the_grace_period_is_ended(host, end):
    old = host.make("to be rotated")
    new = host.say("rotate", id_of(old), "-q").strip()
    assert works(host, old)
    told = host.say("rotate", "--finish", id_of(old if end == "old" else new))
    assert told == f"✓ {id_of(old)}, the old one, is revoked; its successor is {id_of(new)}.\n"
    assert works(host, new) and not works(host, old)
    assert host.ctl("rotate", "--finish", id_of(new)).returncode in (3, 6)


def test_expiry_of_the_successor(host):
    for given, days in ((["--expires", "10d"], 10), (["--expires", "same"], 30), ([], 30),
                        (["--expires", "never"], None)):
        old = host.make(f"rotated with {given}", "--expires", "30d")
        row = record(host, host.say("rotate", id_of(old), *given, "-q").strip())
        assert row["expires"] is None if days is None else \
            abs(row["expires"] - row["created"] - days * DAY) < HOUR


@pytest.mark.parametrize("arguments, status, told", [
    (["--grace", "soon"], 2, '--grace: "soon" is no lifetime'), (["--grace", "8d"], None, "seven"),
    (["--expires", "soon"], 2, "is not a time"), (["--reason", "x"], 2, "goes with --finish"),
    (["--finish", "--grace", "1h"], 2, "makes no token"), (["--qr"], 2, "needs a terminal"),
    (["--copy"], 2, "needs a terminal"), (["--finish"], None, ""),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_cannot_be_done_changes_nothing(host, arguments, status, told):
    old = host.make("to be rotated")
    head = host.head()
    done = host.ctl("rotate", id_of(old), *arguments)
    assert done.returncode == status if status else done.returncode in (2, 3, 6)
    assert told in done.stderr and done.stdout == ""
    assert host.head() == head and works(host, old)
    assert "no token, id prefix or name" in host.fails(3, "rotate", "zzzzzzzz")


def test_as_json_and_into_a_file(host, tmp_path):
    old = host.make("to be rotated")
    told = host.json("rotate", id_of(old))
    assert TOKEN.fullmatch(told["token"]) and told["status"] == "active" and told["v"] == 1
    assert told["pending_until"] is None and works(host, told["token"])
    file = tmp_path / "token"
    done = host.ctl("rotate", told["id"], "--out-file", file, check=0)
    token = file.read_text().strip()
    assert done.stdout == "" and works(host, token) and f"It is in {file}" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    head = host.head()
    host.fails(2, "rotate", id_of(token), "--out-file", file)
    assert host.head() == head
    row = json.loads(host.say("rotate", "--finish", id_of(token), "--json"))
    assert (row["id"], row["status"], row["successor"]) == (told["id"], "revoked", id_of(token))


@pytest.mark.parametrize("output", [">/dev/full", ">&$gone", ">&-"])
@pytest.mark.parametrize("grace", ["0", "1d"])
def test_what_could_not_be_handed_over_leaves_the_old_one(host, output, grace):
    """Not even with --grace 0: the old one ends when the new one has been written."""
    old = host.make("to be rotated")
    done = shell(host, f"$ctl rotate {id_of(old)} --grace {grace} {output}")
    assert done.returncode != 0 and "was revoked" in done.stderr
    assert works(host, old)
    row = record(host, old)
    assert row["state"] == "active" and row["expires"] is None and row["successor"] is None


# --- on a terminal ---

def test_on_a_terminal_the_old_one_waits_for_the_new_one(host):
    """S3."""
    old = host.make("to be rotated")
    with Terminal(host, "rotate", id_of(old), "--grace", "2h") as terminal:
        new = shown_token(terminal)
        assert terminal.is_alternate and terminal.shown.startswith("┌ Your new token ")
        assert record(host, new)["state"] == "pending" and not works(host, new)
        assert record(host, old)["expires"] is None
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0 and new[SECRET] not in terminal.kept + terminal.printed
        lines = terminal.kept.strip().splitlines()
    assert lines[0].endswith("will get a new secret; the old one keeps working until")
    assert lines[1].endswith("(2 h).") and lines[2].startswith(f"✓ New: {id_of(new)}   Old: ")
    assert works(host, new) and works(host, old)
    assert record(host, old)["expires"] - record(host, new)["created"] < 3 * HOUR


@pytest.mark.parametrize("grace", ["0", "1d"])
@pytest.mark.parametrize("leave, status", [("discard\n", 10), ("\x03", 130), (None, 130)])
def test_what_is_not_stored_changes_nothing(host, leave, status, grace):
    old = host.make("to be rotated")
    with Terminal(host, "rotate", id_of(old), "--grace", grace) as terminal:
        new = shown_token(terminal)
        if leave is None:
            terminal.hang_up()
            terminal.process.wait(30)
        else:
            terminal.type(leave)
            terminal.wait()
        assert terminal.process.returncode == status
    assert record(host, new)["state"] == "revoked" and works(host, old)
    row = record(host, old)
    assert (row["state"], row["expires"], row["successor"]) == ("active", None, None)


def test_without_confirmation(host):
    old = host.make("to be rotated")
    with Terminal(host, "rotate", id_of(old), "--no-confirm", "--grace", "0") as terminal:
        new = shown_token(terminal)
        assert works(host, new) and not works(host, old)
        terminal.type("\n")
        assert terminal.wait() == 0 and new[SECRET] not in terminal.kept


# --- who ---

if IS_ROOT:
    def test_users_rotate_their_own_and_administrators_those_of_their_tenant():
        """S3."""
        with Host() as patd:
            patd.user("adam", grants=["mail:*"], account="adam", uid=ADMIN, role="admin")
            patd.user("bob", grants=["mail:*"], account="bob", uid=BOB)
            old = patd.make("to be rotated")
            new = patd.say("rotate", id_of(old), "-q", uid=ALICE).strip()
            assert works(patd, new)
            patd.fails(3, "rotate", id_of(new), uid=BOB)
            patd.fails(3, "rotate", "--finish", id_of(new), uid=BOB)
            patd.say("rotate", "--finish", id_of(new), uid=ADMIN)
            assert not works(patd, old) and works(patd, new)
