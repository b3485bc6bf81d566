# SPDX-License-Identifier: BSD-2-Clause
"""check, log and status; and what is said when patd or its store is not there."""
import json
import re
import socket
import sqlite3
import subprocess
import threading

import pytest

from pat import PATCTL
from ctlkit import UNUSED, fits, id_of, own_name, width

REFUSALS = [
    ("another user", ["--service", "imap", "--user", "carol"], "wrong-user"),
    ("another service", ["--service", "smtp", "--user", "alice"], "scope-denied"),
    ("another scope", ["--scope", "ssh:login"], "scope-denied"),
    ("another address", ["--scope", "mail:read", "--rhost", "203.0.113.9"], "address-denied"),
]


@pytest.fixture(scope="module")
def bound(shared):
    """A token that works from one network."""
    return shared.make("bound to a network", "--from", "192.0.2.0/24")


# --- check ---

def test_check_accepts_and_says_why(shared, bound):
    """D5."""
    before = shared.json("show", id_of(bound))
    text = shared.say("check", "--scope", "mail:read", "--rhost", "192.0.2.7", stdin=bound + "\n")
    lines = text.splitlines()
    assert lines[0] == "✓ accepted" and lines[1] == f'  {id_of(bound)} "bound to a network" of alice'
    assert "✓ address allowed" in text and "✗" not in text and fits(text) == []
    assert shared.json("show", id_of(bound)) == before  # nothing is counted


@pytest.mark.parametrize("arguments, verdict", [row[1:] for row in REFUSALS],
                         ids=[row[0] for row in REFUSALS])
def test_check_refuses_with_the_reason_and_5(shared, bound, arguments, verdict):
    """A53."""
    if "--rhost" not in arguments:
        arguments = [*arguments, "--rhost", "192.0.2.7"]
    done = shared.ctl("check", *arguments, stdin=bound, check=5)
    assert done.stdout.startswith(f"✗ refused ({verdict}): ") and done.stderr == ""
    assert len(re.findall("✗", done.stdout)) >= 2 and fits(done.stdout) == []
    told = json.loads(shared.ctl("check", *arguments, "--json", stdin=bound, check=5).stdout)
    assert (told["v"], told["accepted"], told["verdict"]) == (1, False, verdict)
    assert told["token"]["id"] == id_of(bound)
    assert {row["verdict"] for row in told["conditions"] if not row["holds"]} == {verdict}


@pytest.mark.parametrize("text, status, said", [
    ("hello\n", 5, "not-a-token"), (UNUSED, 5, "unknown"), (UNUSED[:-1] + "x\n", 5, "malformed"),
    ("", 2, "no token in the input"), ("\n", 2, "no token in the input"),
    (600 * "x", 2, "no token in the input"),
], ids=repr)
def test_check_of_what_is_no_token(shared, text, status, said, tmp_path):
    arguments = ["check", "--service", "imap", "--user", "alice"]
    done = shared.ctl(*arguments, stdin=text)
    if len(text) > 500:
        assert done.returncode in (2, 5)
        return
    assert done.returncode == status and said in done.stdout + done.stderr
    file = tmp_path / "token"
    file.write_text(text)
    for more in (["--token-file", file], ["--token-file", "-"]):
        again = shared.ctl(*arguments, *more, stdin=text)
        assert (again.returncode, again.stdout, again.stderr) == \
            (done.returncode, done.stdout, done.stderr)


def test_check_counts_only_with_record(host):
    token = host.make("counted or not")
    ask = ["check", "--scope", "mail:read", "--user", "alice", "--rhost", "192.0.2.7"]
    host.say(*ask, stdin=token)
    assert host.json("show", id_of(token))["accepted"] == 0
    host.say(*ask, "--record", stdin=token)
    assert host.json("show", id_of(token))["accepted"] == 1


# --- log ---

@pytest.fixture(scope="module")
def changed(shared):
    token = id_of(shared.make("made to be logged"))
    shared.say("revoke", "--yes", token, "--reason", "it was only a test")
    return token


@pytest.mark.parametrize("arguments, test", [
    (["--token", "{}"], lambda row, id_: row["subject"] == id_),
    (["--event", "token.revoke"], lambda row, id_: row["event"] == "token.revoke"),
    (["--event", "token"], lambda row, id_: row["event"].startswith("token.")),
    (["--event", "user"], lambda row, id_: row["event"].startswith("user.")),
    (["-u", "carol"], lambda row, id_: row["user"] == "carol"),
    (["--host"], lambda row, id_: row["tenant"] == ""),
    (["-t", "acme"], lambda row, id_: row["tenant"] == "acme"),
    (["--since", "1h"], lambda row, id_: True),
    (["--until", "tomorrow"], lambda row, id_: True),
], ids=str)
def test_log_filters(shared, changed, arguments, test):
    """A55."""
    every = shared.json("log")["changes"]
    rows = shared.json("log", *[word.format(changed) for word in arguments])["changes"]
    assert rows and rows == [row for row in every if test(row, changed)]


@pytest.mark.parametrize("arguments", [["--since", "tomorrow"], ["--until", "yesterday"],
                                       ["--event", "token.nothing"], ["-u", "nobody"]], ids=str)
def test_log_without_a_change_says_so(shared, changed, arguments):
    done = shared.ctl("log", *arguments, check=0)
    assert (done.stdout, done.stderr) == ("", "no changes\n")


def test_log_tells_who_did_what(shared, changed):
    made, revoked = shared.json("log", "--token", changed)["changes"]
    assert (made["event"], made["user"], made["actor"]) == ("token.create", "alice",
                                                            own_name())
    assert made["after"]["name"] == "made to be logged" and revoked["reason"] == \
        "it was only a test"
    text = shared.say("log", "--token", changed, "--columns", "seq,event,subject,reason",
                      "--no-legend").splitlines()
    assert text[1].split(None, 3) == [str(revoked["seq"]), "token.revoke", changed,
                                      "it was only a test"]
    newest = shared.json("log", "--lines", "1")["changes"]
    assert [row["tenant"] for row in newest] == ["", "acme"]
    assert newest[1]["seq"] == shared.head()


def test_log_verify_finds_what_was_changed_behind_patd(host):
    """M14."""
    id_of(host.make("to be tampered with"))
    text = host.say("log", "--verify")
    assert re.fullmatch(r"✓ \(host\): verified up to change 1\n✓ acme: verified up to change 4\n",
                        text)
    whole = host.json("log", "--verify")
    assert whole["whole"] is True and [log["tenant"] for log in whole["logs"]] == ["", "acme"]
    assert host.say("log", "--verify", "--host").startswith("✓ (host)")
    tampered = tamper(host)
    done = host.ctl("log", "--verify", check=9)
    assert re.search(rf"^✗ acme: change {tampered}: \S", done.stdout, re.M) and done.stderr == ""
    assert fits(done.stdout) == []
    assert json.loads(host.ctl("log", "--verify", "--json", check=9).stdout)["whole"] is False


def tamper(host):
    """Takes the newest change but one of acme out of reach of the chain, while patd runs."""
    db = sqlite3.connect(host.state / "pat.db")
    try:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        table = next(name for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type='table'").fetchall()
            if {"seq", "event"} <= {row[1] for row in db.execute(f"PRAGMA table_info({name})")})
        db.execute(f"UPDATE {table} SET event='token.edit' WHERE tenant='acme' AND seq=3")
        db.commit()
    finally:
        db.close()
    return 3


# --- status ---

def test_status_counts_what_is_there(host):
    token = host.make("soon to expire", "--expires", "3d")
    host.make("for a long time", "--expires", "90d")
    host.make("for ever and ever")
    host.say("revoke", "--yes", id_of(host.make("gone already")))
    for address in ("192.0.2.1", "192.0.2.2"):
        host.verify(token, service="sshd", login="alice", address=address)
    text = host.say("status")
    assert text.startswith("patctl · host ") and re.match(
        r"patctl · host \S+ · tenant acme · 2 users {2,}store ok, \d+ kB\n", text)
    assert width(text.splitlines()[0]) == 80
    assert "● 3 active    ▲ 1 expires within 14 days    ✗ 0 expired    ⊘ 1 revoked" in text
    assert "1 without expiry" in text and fits(text) == []
    assert re.search(r"^    sshd       [▁-█]{30} +0 +2$", text, re.M)
    assert re.search(rf"^  next to expire   {id_of(token)} soon to expire   in 3 days   \(alice\)$",
                     text, re.M)
    told = host.json("status")
    assert (told["active"], told["expiring"], told["revoked"], told["no_expiry"]) == (3, 1, 1, 1)
    assert told["next_to_expire"]["id"] == id_of(token) and told["health"] == "accepted"
    assert "tenant lab" not in text and 'no tenant "lab"' in host.fails(3, "status", "-t", "lab")


def test_status_of_a_store_that_is_not_trusted_ends_with_7(host):
    (host.keys / "verifier.1").unlink()
    host.stop()
    host.start()
    done = host.ctl("status", check=7)
    assert re.search(r"^✗ No token is accepted: \S", done.stdout, re.M) and done.stderr == ""
    assert json.loads(host.ctl("status", "--json", check=7).stdout)["trouble"]
    done = host.ctl("check", "--service", "imap", "--user", "alice", stdin=UNUSED, check=7)
    assert "refused" not in done.stdout
    assert host.ctl("create", "alice", "--name", "a good name", "--scope", "mail:read",
                    check=7).stdout == ""


# --- no patd ---

COMMANDS = [["status"], ["list"], ["whoami"], ["show", "x"], ["revoke", "x", "--yes"],
            ["create", "--name", "a good name", "--scope", "mail:read"], ["log"],
            ["log", "--verify"], ["uses", "x"], ["setup", "-t", "acme", "--yes"],
            ["tenant", "list"], ["tenant", "create", "lab"], ["user", "list"], ["user", "show"],
            ["user", "create", "x", "--virtual"], ["user", "bind", "x", "--virtual"],
            ["user", "enable", "x"], ["user", "disable", "x"], ["grant", "list"],
            ["grant", "add", "x", "mail:read"], ["grant", "remove", "x", "mail:read"],
            ["check", "--service", "imap"]]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_patd_every_command_says_what_to_do_and_ends_with_7(arguments, tmp_path):
    command = [PATCTL, "--socket", tmp_path / "none", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=UNUSED)
    assert (done.returncode, done.stdout) == (7, "")
    assert f"patd does not answer on {tmp_path}/none: No such file or directory\n" in done.stderr
    assert done.stderr.endswith("  start it: systemctl start patd, or run patd(8)\n")
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False,
                          input=UNUSED)
    assert json.loads(done.stderr)["error"]["code"] == 7 and done.stdout == ""


def test_an_out_file_does_not_stay_when_patd_is_not_there(tmp_path):
    done = subprocess.run([PATCTL, "--socket", tmp_path / "none", "create", "--name", "a name of it",
                           "--scope", "mail:read", "--out-file", tmp_path / "token"], check=False,
                          capture_output=True)
    assert done.returncode == 7 and not (tmp_path / "token").exists()


@pytest.mark.parametrize("content, said", [
    (None, "no such file"), ("[patd]\nnonsense = 1\n", "line 2: "),
    ("[patd]\nruntime_dir = relative\n", "line 2: ")], ids=["missing", "unknown", "wrong"])
def test_a_wrong_configuration_is_named_with_its_line(tmp_path, content, said):
    file = tmp_path / "pat.conf"
    if content is not None:
        file.write_text(content)
        file.chmod(0o644)
    done = subprocess.run([PATCTL, "--config", file, "list"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 7 and f"{file}: {said}" in done.stderr and "line 0" not in done.stderr
    assert "  --socket PATH asks a patd without its configuration\n" in done.stderr


def test_the_configuration_tells_where_patd_is(host, tmp_path):
    file = tmp_path / "pat.conf"  # of the caller, as it must be
    file.write_text(host.config.read_text())
    file.chmod(0o644)
    done = subprocess.run([host.bin / "patctl", "--config", file, "whoami"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, host.say("whoami"))


@pytest.mark.parametrize("reply, said", [
    (b"", "it closed the connection"), (b"nonsense\0", "its reply is not JSON"),
    (b'{"error":"io.linuxpat.Manage.Strange"}\0', "patd answers io.linuxpat.Manage.Strange"),
], ids=["nothing", "nonsense", "an unknown error"])
def test_a_strange_patd_is_no_success(tmp_path, reply, said):
    """A server of our own, or root's, that answers what patd never would."""
    path = tmp_path / "sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)
        thread = threading.Thread(target=answer)
        thread.start()
        done = subprocess.run([PATCTL, "--socket", path, "list"], capture_output=True, text=True,
                              check=False, timeout=30)
        thread.join()
    assert done.returncode in (1, 7) and said in done.stderr and done.stdout == ""
