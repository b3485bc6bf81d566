# SPDX-License-Identifier: BSD-2-Clause
"""patctl sessions and revoke --kill-sessions, on sessions of a real sshd, su and sudo."""
import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from clients import Answers, options
from conftest import INCLUDE, SSHD_CONFIG, USUAL
from host import Host, tool, wait_for
from pat import SOURCE

WITH_PUTENV = USUAL.replace("pam_pat.so", "pam_pat.so putenv")


@pytest.fixture(scope="module")
def place():
    """A host of their own: its stacks have putenv."""
    host = Host()
    try:
        host.patd.start()
        host.patd.tenant("acme")
        host.patd.tenant("lab", makeDefault=False)
        for service in ("sshd", "su", "sudo"):
            host.pam(service, INCLUDE, WITH_PUTENV)
        host.write("/etc/sudoers", "Defaults !lecture\nALL ALL=(ALL:ALL) ALL\n", 0o440)
        host.start_sshd(SSHD_CONFIG)
        host.bound("alice", password="open sesame", grants=["ssh:login", "su:login", "sudo:run"])
        host.bound("bob", password="open sesame", grants=["ssh:login", "su:login"])
        host.alice_key = host.key("alice")
        yield host
    finally:
        host.close()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Session:
    """A login that has said its process id from inside, and waits."""

    def __init__(self, process):
        self.process = process
        self.pid = int(process.stdout.readline())

    @property
    def lives(self):
        return alive(self.pid)


@contextmanager
def opened(host, command, account, *answers, uid=None, stdin=""):
    """A command of guest's whose last program prints its pid and stays."""
    session = None
    with Answers(host, answers) as place:
        process = subprocess.Popen(
            host.enter(command, uid or host.uid_of("guest")), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=place.environment)
        try:
            if stdin:
                process.stdin.write(stdin)
                process.stdin.flush()
            session = Session(process)
            yield session
        finally:
            process.kill()
            process.wait()
            if session is not None and session.lives:
                os.kill(session.pid, signal.SIGKILL)  # sshd ends no program without a terminal
                wait_for(lambda: not session.lives, f"end of the session of {account}")


STAY = "echo $$; exec sleep 1000"


def ssh(host, account, token, command=STAY, stdin="", **how):
    answers = [token] if token else []
    return opened(host, [tool("ssh"), *options(**how), f"{account}@127.0.0.1", command], account,
                  *answers, stdin=stdin)


def token_of(host, name, scopes=("ssh:login",), **parameters):
    token, record = host.patd.token(name, list(scopes), **parameters)
    return token, record["id"]


def as_schema_says(name, document):
    jsonschema.Draft202012Validator(
        json.loads((SOURCE / f"doc/schema/{name}.json").read_text())).validate(document)
    return document


def sessions(host, *arguments):
    done = host.patd.ctl("sessions", *arguments, "--json", check=0)
    return as_schema_says("sessions", json.loads(done.stdout))


def kill(host, id_, status=0):
    """What revoke --kill-sessions tells, as JSON, and how long it took."""
    before = time.monotonic()
    done = host.patd.ctl("revoke", id_, "--yes", "--kill-sessions", "--json", check=status)
    document = as_schema_says("revoke", json.loads(done.stdout))
    return document["sessions"], time.monotonic() - before


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
def test_a_revoked_token_loses_its_ssh_session_and_no_other_token_does(place, method):
    """E26."""
    one, first = token_of(place, "alice")
    two, second = token_of(place, "alice")
    bobs, third = token_of(place, "bob")
    with ssh(place, "alice", one, method=method) as dying, \
            ssh(place, "alice", two, method=method) as other, \
            ssh(place, "bob", bobs, method=method) as foreign, \
            ssh(place, "alice", None, key=place.alice_key) as keyed:
        listed = sessions(place)
        assert {(row["id"], row["service"], row["user"], row["pid"]) for row in listed["sessions"]} \
            == {(first, "sshd", "alice", dying.pid), (second, "sshd", "alice", other.pid),
                (third, "sshd", "bob", foreign.pid)}
        assert listed["untold"] == 1, "the one that a key opened"
        assert [row["id"] for row in sessions(place, first)["sessions"]] == [first]
        told, seconds = kill(place, first)
        assert not dying.lives and seconds < 5
        assert (told["ended"], told["alive"], told["own"], told["untold"]) == (1, 0, 0, 1)
        assert dying.process.wait(5) == 255, "the connection itself has ended"
        assert other.lives and foreign.lives and keyed.lives
        assert other.process.poll() is None and foreign.process.poll() is None
    assert place.patd.call("Show", token=first)["token"]["state"] == "revoked"


def test_revoke_alone_ends_nothing_and_says_so(place):
    token, id_ = token_of(place, "alice")
    with ssh(place, "alice", token) as session:
        said = place.patd.ctl("revoke", id_, "--yes", check=0).stdout
        assert f"1 session is still open (end it: patctl revoke {id_} --kill-sessions)." in said
        assert session.lives
        said = place.patd.ctl("revoke", id_, "--yes", "--kill-sessions", check=0).stdout
        assert "1 session ended, " in said and "Revoked." not in said
        assert not session.lives
        told = place.patd.ctl("revoke", id_, "--yes", "--kill-sessions", check=0).stdout
        assert "No open session names" in told


@pytest.mark.parametrize("wanted", [
    "trap '' TERM HUP INT; echo $$; while :; do sleep 1; done",
    "unset PAT_ID PAT_TENANT; exec env -u PAT_ID sh -c 'echo $$; exec sleep 1000; :' & wait",
    "sh -c 'env -i setsid sh -c \"echo \\$\\$; exec sleep 1000\"' & wait",
    "sh -c 'echo $$; kill -STOP $$; :'",
], ids=["deaf", "unset", "setsid", "stopped"])
def test_nothing_that_the_session_started_escapes(place, wanted):
    token, id_ = token_of(place, "alice")
    with ssh(place, "alice", token, command=wanted) as session:
        told, _ = kill(place, id_)
        wait_for(lambda: not session.lives, "end of it")
        assert told["alive"] == 0


def test_what_was_left_behind_with_its_name_is_found_and_another_tokens_is_not(place):
    one, first = token_of(place, "alice")
    two, second = token_of(place, "alice")
    leave = "setsid sh -c 'echo $$; exec sleep 1000' < /dev/null 2> /dev/null &"
    with ssh(place, "alice", one, command=leave) as left, \
            ssh(place, "alice", two, command=leave) as kept:
        # sshd waits for whoever holds the pipe: its client goes, the programs stay
        for session in (left, kept):
            session.process.kill()
            session.process.wait()
        try:
            wait_for(lambda: [row for row in sessions(place, first)["sessions"]
                              if row["service"] in ("", None)], "an end of sshd")
            kill(place, first)
            assert not left.lives and kept.lives
        finally:
            kill(place, second)


def test_a_claim_spends_only_the_accounts_own_processes(place):
    """A variable that anybody may set: bob and root say that they are alice's token."""
    token, id_ = token_of(place, "alice")
    claim = {"PATH": "/usr/bin:/bin", "PAT_ID": id_, "PAT_TENANT": "acme"}
    others = []
    try:
        for uid in (place.uid_of("bob"), None):
            others.append(subprocess.Popen(place.enter(["sleep", "1000"], uid), env=claim))
        with ssh(place, "alice", token) as session:
            wait_for(lambda: len(sessions(place, id_)["sessions"]) == 1, "one session")
            told, _ = kill(place, id_)
            assert told["ended"] == 1 and not session.lives
        assert all(other.poll() is None for other in others)
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_su_ends_without_the_session_around_it(place):
    """alice comes with a key, and becomes herself again by a token."""
    token, id_ = token_of(place, "alice", ["su:login"])
    with ssh(place, "alice", None, key=place.alice_key,
             command="echo $$; read token; echo $token | su alice -c 'exec sleep 1001'; "
                     "exec sleep 1000") as outer:
        outer.process.stdin.write(token + "\n")
        outer.process.stdin.flush()
        rows = wait_for(lambda: sessions(place, id_)["sessions"], "the session of su")
        assert [row["service"] for row in rows] == ["su"]
        told, _ = kill(place, id_)
        assert told["ended"] == 1 and not alive(rows[0]["pid"])
        assert outer.lives


def test_a_root_shell_of_sudo_ends(place):
    token, id_ = token_of(place, "alice", ["sudo:run"])
    with opened(place, [tool("sudo"), "-k", "-S", "-p", "", "sh", "-c", STAY], "root",
                uid=place.uid_of("alice"), stdin=token + "\n") as session:
        rows = sessions(place, id_)["sessions"]
        assert [row["service"] for row in rows] == ["sudo"]
        kill(place, id_)
        assert not session.lives


def test_a_login_inside_with_another_token_stays(place):
    """It hangs on its terminal, but nobody signals it."""
    one, first = token_of(place, "alice")
    two, second = token_of(place, "bob", ["su:login"])
    with ssh(place, "alice", one, command="read token; echo $token | su bob -c 'echo $$; exec "
             "sleep 1001'; exec sleep 1000", stdin=two + "\n") as session:
        assert {row["id"] for row in sessions(place)["sessions"]} == {first, second}
        kill(place, first)
        assert sessions(place, first)["sessions"] == [] and session.lives
        kill(place, second)
        assert not session.lives


# --- who may, and what is told ---

def test_only_root_may_and_nothing_is_revoked_then(place):
    token, id_ = token_of(place, "alice")
    with ssh(place, "alice", token) as session:
        done = place.patd.ctl("revoke", id_, "--yes", "--kill-sessions", check=4,
                              uid=place.uid_of("alice"))
        assert "only root can end sessions; nothing was revoked" in done.stderr
        assert place.patd.call("Show", token=id_)["token"]["state"] == "active"
        seen = place.patd.ctl("sessions", id_, check=0, uid=place.uid_of("alice"))
        assert f"{session.pid}" in seen.stdout and "root sees all" in seen.stderr
        place.patd.ctl("sessions", id_, check=3, uid=place.uid_of("bob"))


def test_nobody_can_tell_without_putenv(place):
    """The answer is 8, and the connection stays: it may be anybody's."""
    place.pam("sshd", INCLUDE, USUAL)
    try:
        token, id_ = token_of(place, "alice")
        with ssh(place, "alice", token) as session:
            seen = place.patd.ctl("sessions", id_, check=0).stdout
            assert "No open session names the token." in seen and "putenv" in seen
            done = place.patd.ctl("revoke", id_, "--yes", "--kill-sessions", check=8)
            assert "1 SSH connection of the same account names no token" in done.stderr
            assert session.lives
    finally:
        place.pam("sshd", INCLUDE, WITH_PUTENV)


def test_the_session_that_the_command_runs_in_stays(place):
    token, id_ = token_of(place, "alice")
    one, _ = token_of(place, "alice", ["sudo:run"])
    words = (f"{place.patd.bin}/patctl --config {place.patd.config} revoke {id_} --yes "
             "--kill-sessions --json")
    with ssh(place, "alice", token, command=f"echo $$; read token; echo $token | sudo -k -S -p '' "
             f"{words}; echo $?; exec sleep 1000") as session:
        session.process.stdin.write(one + "\n")
        session.process.stdin.flush()
        told = json.loads(session.process.stdout.readline())["sessions"]
        assert told["own"] == 1 and told["ended"] == 0
        assert session.process.stdout.readline() == "8\n" and session.lives
        kill(place, id_)
        assert not session.lives


def test_services_without_shells_are_named(place):
    place.patd.user("carol", grants=["mail:*"])
    token, record = place.patd.token("carol", ["mail:read"])
    answer = place.patd.call("Check", token=token, service="imap", user="carol", record=True)
    assert answer["accepted"]
    done = place.patd.ctl("revoke", record["id"], "--yes", "--kill-sessions", check=0)
    assert "Connections of imap stay open until imap closes them." in done.stderr


def test_root_only_sees_what_is_a_tokens_and_of_the_user_asked_for(place):
    one, first = token_of(place, "alice")
    two, second = token_of(place, "bob")
    with ssh(place, "alice", one), ssh(place, "bob", two):
        assert [row["id"] for row in sessions(place, "-u", "bob")["sessions"]] == [second]
        assert len(sessions(place)["sessions"]) == 2
        table = place.patd.ctl("sessions", check=0).stdout
        assert first in table and second in table and "sshd" in table
        for id_ in (first, second):
            kill(place, id_)
    assert sessions(place)["sessions"] == []
    assert "No open session names a token." in place.patd.ctl("sessions", check=0).stdout
