# SPDX-License-Identifier: BSD-2-Clause
"""patctl log: what a batch was, what a found token did, how it goes on; log cut and log erase."""
import json
import os
import re
import signal
import subprocess

import pytest

from ctlkit import FAKETIME, UNUSED, Host, Screen, id_of, until
from test_schema import holds


@pytest.fixture(scope="module")
def old():
    """A host whose first changes are 60 days old; the library that pretends it goes to patd alone."""
    host = Host()
    command = host.command

    def as_it_was(*arguments):
        words = command(*arguments)
        at = words.index(str(host.bin / "patd"))
        return [*words[:at], "env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=-60d",
                "DONT_FAKE_MONOTONIC=1", *words[at:]]
    host.command = as_it_was
    try:
        with host:
            host.make("an old token")
            host.stop()
            host.command = command
            host.start()
            host.make("a new token")
            yield host
    finally:
        host.close()


class Following:
    """patctl log --follow, whose lines are waited for."""

    def __init__(self, host, *arguments, uid=None):
        self.process = subprocess.Popen(
            host.as_uid(uid, [host.bin / "patctl", "--socket", host.manage_socket, "log",
                              "--follow", *arguments]),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(20)


# --- following ---

def test_follow_prints_a_line_at_once(host):
    """A55: what was there, then each change when it is made, in the same columns."""
    host.make("there before")
    with Following(host, "-t", "acme", "--lines", "2", "--columns", "event,user,after") as log:
        assert log.line().split() == ["EVENT", "USER", "WHAT"]
        assert log.line().split()[:2] == ["user.create", "carol"]
        before = log.line()
        assert before.split()[:2] == ["token.create", "alice"]
        for name in ("made one", "made two"):
            host.make(name)
            line = log.line()
            assert name in line and line.index("alice") == before.index("alice")
        assert log.end(signal.SIGINT) == -signal.SIGINT  # which a shell tells as 130


def test_follow_as_json_lines(host):
    with Following(host, "--jsonl", "--event", "token", "--lines", "1") as log:
        token = host.make("made while followed")
        made = json.loads(log.line())
        assert (made["event"], made["subject"]) == ("token.create", id_of(token))
        assert holds("log", {"v": 1, "changes": [made]})
        host.say("revoke", "--yes", id_of(token))
        assert json.loads(log.line())["event"] == "token.revoke"
        host.stop()
        assert log.process.wait(20) == 7
        assert "closed the connection" in log.process.stderr.read()
    host.start()


def test_follow_begins_with_ten_lines(host):
    for number in range(12):
        host.make(f"token number {number}")
    with Following(host, "-t", "acme", "--no-legend") as log:
        assert [f"token number {number}" in log.line() for number in range(2, 12)] == [True] * 10
        with Following(host, "-t", "acme", "--no-legend", "--since", "1h") as whole:
            assert "tenant.create" in whole.line()


def test_a_reader_that_leaves_ends_it(host):
    with Following(host, "--jsonl") as log:
        log.line()
        log.process.stdout.close()
        until(lambda: host.make(f"for nobody {os.urandom(4).hex()}") and log.process.poll() is not None)


def test_more_followers_than_allowed(host):
    followers = [Following(host, "--jsonl") for _ in range(4)]
    try:
        assert all(follower.line() for follower in followers)
        done = host.error(6, "log", "--follow", "--jsonl")
        assert done["id"] == "limit.followers"
    finally:
        for follower in followers:
            follower.__exit__()


@pytest.mark.parametrize("arguments, said", [
    (["--follow", "--json"], "--jsonl"), (["--follow", "--until", "1h"], "either --follow or --until"),
    (["--follow", "--lines", "0"], "0"), (["--follow", "--columns", "frob"], "frob")])
def test_what_cannot_be_followed(shared, arguments, said):
    assert said in shared.fails(2, "log", *arguments)


# --- batches ---

def test_a_batch(shared, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("user,name,scopes\n" + "".join(f"carol,made in bulk {n},mail:read\n"
                                                  for n in range(3)))
    shared.make("made alone", user="carol")
    shared.say("create", "--from-file", str(rows), "--out-file", str(tmp_path / "tokens"))
    changes = shared.json("log", "-u", "carol", "--event", "token.create")["changes"]
    batch, = {change["batch"] for change in changes} - {""}
    found = shared.json("log", "--batch", batch)["changes"]
    assert [change["after"]["name"] for change in found] == [f"made in bulk {n}" for n in range(3)]
    assert shared.json("log", "--batch", "no_such")["changes"] == []


# --- a found token ---

@pytest.fixture(scope="module")
def found(shared):
    token = shared.make("was found", scope="mail:read")
    shared.verify(token, service="imap", login="alice", address="192.0.2.7")
    shared.verify(token, service="sshd", login="alice", address="198.51.100.1")
    shared.make("made by a thief")
    shared.say("edit", id_of(token), "--description", "seen in a repository")
    return token


def test_everything_a_found_token_did(shared, found):
    """One view: the token, its changes, its logins, what may have been made with it, what to do."""
    done = shared.ctl("log", "--token-stdin", stdin=found + "\n", check=0)
    id_ = id_of(found)
    assert done.stdout.startswith(f'{id_} "was found" of alice in tenant acme: active\n')
    changes, _, logins = done.stdout.partition("Logins")
    assert re.search(r"token\.create.*was found", changes) and "seen in a repository" in changes
    assert re.search(r"sshd +198\.51\.100\.1 +scope-denied.*\n.*imap +192\.0\.2\.7 +accepted", logins)
    assert "made by a thief" in logins
    assert f"patctl revoke --compromised {id_}" in done.stderr
    document = json.loads(shared.ctl("log", "--token-stdin", "--json", stdin=found, check=0).stdout)
    assert holds("log-token", document)
    assert [change["event"] for change in document["changes"]] == ["token.create", "token.edit"]
    assert [use["verdict"] for use in document["uses"]] == ["scope-denied", "accepted"]
    assert [token["name"] for token in document["made_since"]] == ["made by a thief"]


def test_the_secret_goes_nowhere(shared, found):
    """Not to patd, not to the screen, and it is not taken from the command line."""
    secret = found.split("_")[2][9:]
    program = [shared.bin / "patctl", "--socket", shared.manage_socket, "log", "--token-stdin"]
    trace = shared.directory / "trace"
    done = subprocess.run(["strace", "-f", "-s", "100000", "-e", "trace=network,write", "-o", trace,
                           *program], input=found, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and id_of(found) in done.stdout, done.stderr
    text = trace.read_text(errors="replace")
    assert "io.linuxpat.Manage.Log" in text
    for place in (text, done.stdout, done.stderr, shared.log_text()):
        assert secret not in place and secret[:12] not in place
    assert "that is a secret" in shared.fails(2, "log", "--token", found)


@pytest.mark.parametrize("text, status, said", [
    (UNUSED, 3, "no token"), (UNUSED[:-1] + "z", 2, "no whole token"), ("hunter2", 2, "not a token"),
    ("", 2, "no token in the input")])
def test_what_was_found_and_is_none(shared, text, status, said):
    done = shared.ctl("log", "--token-stdin", stdin=text, check=status)
    assert said in done.stderr and done.stdout == ""


def test_a_foreign_token_is_not_there(host):
    token = host.make("carol's own", user="carol")
    if os.getuid() == 0:
        done = host.ctl("log", "--token-stdin", uid=60001, stdin=token, check=3)  # alice
        assert done.stdout == "" and "no token" in done.stderr


def test_a_revoked_one_is_told_as_such(host):
    token = host.make("revoked in time")
    host.say("revoke", "--yes", id_of(token))
    done = host.ctl("log", "--token-stdin", stdin=token, check=0)
    assert ": revoked\n" in done.stdout and "--compromised" not in done.stderr


# --- cutting and erasing ---

def test_cut_shows_asks_and_cuts(old):
    """A8: a look first; then the log's name is typed; what is left verifies from its checkpoint."""
    said = old.say("log", "cut", "-t", "acme", "--before", "31d", "--dry-run")
    assert re.match(r"4 changes of the log of acme, older than .*, would be removed\. Nothing changed", said)
    assert holds("log-cut", old.json("log", "cut", "-t", "acme", "--before", "31d", "-n"))
    head = old.head()
    assert "--yes" in old.fails(2, "log", "cut", "-t", "acme", "--before", "31d", "--no-input")
    question = "Type the name of the log to go on: "
    screen = Screen(old, "log", "cut", "-t", "acme", "--before", "31d",
                    answers=[(question, "lab\n")])
    assert screen.status == 10 and old.head() == head
    screen = Screen(old, "log", "cut", "-t", "acme", "--before", "31d", "--reason", "retention",
                    answers=[(question, "acme\n")])
    assert screen.status == 0 and "4 changes removed" in screen.text
    assert old.say("log", "--verify", "-t", "acme") == "✓ acme: verified from change 5 up to change 6\n"
    cut = old.json("log", "-t", "acme")["changes"][-1]
    assert (cut["event"], cut["after"]["count"], cut["reason"]) == ("log.cut", "4", "retention")
    document = old.json("log", "cut", "-t", "acme", "--before", "31d", "--yes")
    assert holds("log-cut", document) and document["of"] == 0
    assert "Nothing changed" in old.say("log", "cut", "-t", "acme", "--before", "31d", "--yes")
    assert holds("log-verify", old.json("log", "--verify"))


@pytest.mark.parametrize("status, arguments, said", [
    (2, [], "which log"), (2, ["-t", "acme", "--host", "--before", "2y"], "which log"),
    (2, ["-t", "acme"], "missing --before"), (2, ["-t", "acme", "--before", "29d"], "30 days"),
    (2, ["-t", "acme", "--before", "never"], "not a time"),
    (3, ["-t", "nowhere", "--before", "2y"], 'no tenant "nowhere"')])
def test_what_is_not_cut(shared, status, arguments, said):
    head = shared.head()
    assert said in shared.fails(status, "log", "cut", "--yes", *arguments)
    assert shared.head() == head


def test_erase_shows_asks_and_erases(host):
    token = host.make("with a description", "--description", "call me at home", user="carol")
    host.say("revoke", "--yes", id_of(token), "--reason", "carol fell ill")
    assert "3 changes that concern carol would be erased" in \
        host.say("log", "erase", "carol", "--dry-run")
    assert holds("log-erase", host.json("log", "erase", "carol", "-n"))
    assert "carol fell ill" in host.say("log")
    screen = Screen(host, "log", "erase", "carol",
                    answers=[("Type the name of the user to go on: ", "alice\n")])
    assert screen.status == 10 and "carol fell ill" in host.say("log")
    screen = Screen(host, "log", "erase", "carol", "--reason", "asked for",
                    answers=[("Type the name of the user to go on: ", "carol\n")])
    assert screen.status == 0 and "The texts of 3 changes are erased" in screen.text
    log = host.say("log", "-u", "carol")
    assert log.count("(erased)") == 3 and "carol fell ill" not in log and "asked for" in log
    changes = host.json("log", "-u", "carol")["changes"]
    assert [change["erased"] for change in changes] == [True] * 3 + [False]
    assert all(change["reason"] == "" for change in changes[:3])
    assert host.say("log", "--verify", "-t", "acme").startswith("✓ acme: verified up to")
    document = host.json("log", "erase", "nobody", "--yes")
    assert holds("log-erase", document) and document["erased"] == 0


def test_only_operators_may(host):
    if os.getuid() != 0:
        return
    host.user("boss", grants=[], account="boss", uid=60005, role="admin")
    for arguments in (["cut", "-t", "acme", "--before", "2y"], ["erase", "carol"]):
        assert "may not" in host.fails(4, "log", *arguments, "--yes", uid=60005)


def test_options_of_log_are_completed(shared):
    """The first word of "log cut" is a command of its own."""
    def offered(*words):
        return {line.split("\t")[0] for line in shared.say("__complete", "--", *words).splitlines()}
    assert {"--follow", "--heads", "--batch"} <= offered("log", "--")
    assert offered("log", "--event", "log.") == {"log.cut", "log.erase"}
    assert offered("log", "") >= {"cut", "erase"}
    assert "--before" in offered("log", "cut", "--") and "--follow" not in offered("log", "cut", "--")
