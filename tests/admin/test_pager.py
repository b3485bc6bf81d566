# SPDX-License-Identifier: BSD-2-Clause
"""The pager: when there is one, which one, what it is given, and how it ends."""
import os
import re
import shlex
import shutil
import subprocess

import pytest

from pat import PATCTL, SOURCE
from ctlkit import COLOR, TOKEN, Host
from shellkit import Terminal

ROWS = 12
INTERRUPT, TOKENS = "\x03", 30


@pytest.fixture(scope="module")
def host():
    with Host() as patd:
        patd.user("dave", grants=["mail:*"])
        for user in ("alice", "carol"):
            for number in range(15):
                patd.token(user, scopes=["mail:read"], name=f"{user} number {number:02} " + 40 * "x")
        yield patd


class Paged:
    """A pager that copies what it is given to a file, and notes how it was called."""

    def __init__(self, folder):
        self.copy, self.notes = folder / "copy", folder / "notes"
        self.script = folder / "less"
        self.script.write_text(f'#!/bin/sh\necho "$@ [$LESSSECURE]" > "{self.notes}"\n'
                               f'cat > "{self.copy}"\n')
        self.script.chmod(0o755)

    @property
    def ran(self):
        return self.copy.exists()

    @property
    def given(self):
        return self.copy.read_text()


@pytest.fixture
def pager(tmp_path):
    return Paged(tmp_path)


def start(host, *arguments, rows=ROWS, columns=80, **environment):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/",
           "TERM": "xterm-256color", **environment}
    return Terminal([host.bin / "patctl", "--socket", host.manage_socket, *arguments],
                    {name: value for name, value in env.items() if value is not None}, rows, columns)


def run(host, *arguments, status=0, **named):
    """What is on the screen at the end."""
    with start(host, *arguments, **named) as terminal:
        assert terminal.end() == status, terminal.plain
        return terminal.text.replace("\r\n", "\n")


# --- when ---

@pytest.mark.parametrize("arguments", [
    ["list"], ["list", "-u", "alice"], ["list", "--plain"], ["log"], ["help"], ["help", "create"],
    ["help", "tokens"], ["status"], [], ["grant", "list"], ["tenant", "list"], ["user", "show", "alice"],
    ["user", "list"], ["show", "alice number 01 " + 40 * "x"]],
    ids=" ".join)
def test_the_pager_gets_what_the_terminal_would(host, pager, arguments):
    """To the byte, colours and widths too: a pipe would have neither."""
    steady = [*arguments, "--time=iso"]  # "1 s ago" may be 2 s ago the next time
    plain = run(host, *steady, "--no-pager", rows=4)
    paged = run(host, *steady, rows=4, PATCTL_PAGER=str(pager.script))
    if plain.count("\n") < 4:
        assert (paged, pager.ran) == (plain, False)
    else:
        assert (paged, pager.given) == ("", plain)
    assert arguments not in (["list"], []) or COLOR.search(plain) or arguments == []


def test_a_wide_terminal_stays_wide(host, pager):
    run(host, "list", columns=150, PATCTL_PAGER=str(pager.script))
    heading = pager.given.splitlines()[0]
    assert "USER" in heading and "CREATED" in heading
    run(host, "list", columns=79, PATCTL_PAGER=str(pager.script))
    assert "USER" not in pager.given.splitlines()[0]


@pytest.mark.parametrize("rows, paged", [(5, False), (4, False), (3, True), (2, True)])
def test_only_what_is_longer_than_the_screen_is_paged(host, pager, rows, paged):
    """The prompt needs a line too."""
    screen = run(host, "list", "-u", "dave", rows=rows, PATCTL_PAGER=str(pager.script))
    assert pager.ran == (len(screen.splitlines()) >= rows if screen else True)
    text = pager.given if pager.ran else screen
    assert pager.ran == (text.count("\n") >= rows)
    assert paged or not pager.ran or text.count("\n") > 3


def test_long_lines_count_as_what_they_take(host, pager):
    name = "alice number 01 " + 40 * "x"
    text = run(host, "show", name, "--no-pager", columns=40, rows=100, COLUMNS="40")
    lines = text.count("\n")
    taken = sum(1 + (max(len(COLOR.sub("", line)), 1) - 1) // 40 for line in text.splitlines())
    assert taken > lines
    run(host, "show", name, columns=40, rows=taken + 1, COLUMNS="40", PATCTL_PAGER=str(pager.script))
    assert not pager.ran
    run(host, "show", name, columns=40, rows=taken, COLUMNS="40", PATCTL_PAGER=str(pager.script))
    assert pager.ran


@pytest.mark.parametrize("arguments, environment", [
    (["--no-pager"], {}), (["--json"], {}), (["-j"], {}), (["--jsonl"], {}), (["-q"], {}),
    ([], {"TERM": "dumb"}), ([], {"TERM": None}), ([], {"TERM": ""}),
    ([], {"PATCTL_PAGER": ""}), ([], {"PATCTL_PAGER": "cat"}),
    ([], {"PATCTL_PAGER": None, "PAGER": "cat"}), ([], {"PATCTL_PAGER": None, "PAGER": ""}),
], ids=str)
def test_nothing_is_paged_when_it_is_not_wanted(host, pager, arguments, environment):
    named = {"PATCTL_PAGER": str(pager.script), "PAGER": str(pager.script), **environment}
    named["PATH"] = f"{pager.script.parent}:{os.environ['PATH']}"
    screen = run(host, "list", *arguments, **named)
    assert not pager.ran and screen.count("number") == TOKENS


def test_nothing_is_paged_where_nobody_looks(host, pager):
    done = host.ctl("list", environment={"PATCTL_PAGER": str(pager.script), "TERM": "xterm"}, check=0)
    assert not pager.ran and done.stdout.count("number") == TOKENS


def test_no_secret_and_no_question_is_paged(host, pager):
    """Not even on a screen of one line."""
    named = {"rows": 2, "PATCTL_PAGER": str(pager.script)}
    screen = run(host, "create", "dave", "--name", "a token of dave", "--scope", "mail:read",
                 "--no-input", **named)
    token = TOKEN.search(screen)[0]
    (pager.script.parent / "token").write_text(token)
    run(host, "check", "--service", "imap", "--user", "dave", "--token-file",
        pager.script.parent / "token", **named)
    with start(host, "revoke", "a token of dave", **named) as terminal:
        terminal.until(r"\[y/N\] ")
        terminal.type("n\n")
        assert terminal.end() == 10
    run(host, "revoke", "a token of dave", "--dry-run", **named)
    run(host, "completion", "bash", **named)
    assert not pager.ran


def test_commands_that_are_paged_only_show():
    """The list names commands that there are, and none that takes --yes or a secret for granted."""
    rows = re.search(r"paged\[\] = {(.*?)};", (SOURCE / "admin/terminal/pager.c").read_text(), re.S)
    names = re.findall(r'"([a-z ]+)"', rows[1])
    for name in names:
        text = subprocess.run([PATCTL, *name.split(), "--help"], capture_output=True, text=True,
                              check=True).stdout
        assert text.startswith(f"Usage: patctl {name}")
        assert not re.search("dry-run|out-file|token-file", text)
    assert not {"create", "rotate", "check", "edit", "revoke", "setup", "completion"} & set(names)


# --- which ---

def test_the_pager_is_the_callers_choice(host, pager, tmp_path):
    other = tmp_path / "other"
    mark = f"cat > /dev/null; echo from-pager > {shlex.quote(str(other))}"
    run(host, "list", PATCTL_PAGER=mark, PAGER=str(pager.script))
    assert other.exists() and not pager.ran
    run(host, "list", PAGER=str(pager.script) + " -a 'b c'")
    assert pager.notes.read_text() == "-a b c []\n"
    run(host, "list", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert pager.notes.read_text() == "-FRSX []\n"


@pytest.mark.parametrize("name", ["SUDO_USER", "SUDO_UID", "PKEXEC_UID", "DOAS_USER"])
def test_with_rights_of_somebody_else_it_is_less_and_tame(host, pager, tmp_path, name):
    path = f"{tmp_path}:{os.environ['PATH']}"
    evil = f"touch {tmp_path}/evil; cat"
    run(host, "list", PATH=path, PATCTL_PAGER=evil, PAGER=evil, **{name: "1000"})
    assert pager.notes.read_text() == "-FRSX [1]\n" and not (tmp_path / "evil").exists()
    pager.copy.unlink()
    run(host, "list", PATH=path, PATCTL_PAGER="", **{name: "1000"})
    assert not pager.ran


@pytest.mark.parametrize("environment", [
    {"PATCTL_PAGER": "/nonexistent/pager"}, {"PAGER": "/dev/null"}, {"PATCTL_PAGER": "exit 127"},
    {"PATH": "/nonexistent"}], ids=str)
def test_without_a_pager_that_starts_the_output_is_printed(host, environment):
    plain = run(host, "list", "--no-pager")
    assert run(host, "list", **environment).endswith(plain)


# --- how it ends ---

def test_less_ends_early_with_q(host):
    with start(host, "list", "-u", "alice") as terminal:
        terminal.until("number")
        terminal.type("q")
        assert terminal.end() == 0
    assert 0 < terminal.plain.count("number") < 15


def test_interrupts_are_the_pagers(host):
    """less stays at the first ^C; another pager ends at it, and patctl with its own status."""
    with start(host, "list") as terminal:
        terminal.until(r"\n:$")
        terminal.type(INTERRUPT)
        for _ in range(100):  # ^C takes with it what was typed too early
            terminal.type("G")
            terminal.read(0.2)
            if "tokens: " in terminal.plain:
                break
        terminal.until("tokens: ")  # a less that ended would show no end of the list
        terminal.type("q")
        assert terminal.end() == 0
    with start(host, "list", PATCTL_PAGER="echo started; exec sleep 600") as terminal:
        terminal.until("started")
        terminal.type(INTERRUPT)
        assert terminal.end() == 0


def test_a_pager_that_reads_nothing_is_no_failure(host):
    assert run(host, "list", PATCTL_PAGER="true") == ""
    assert run(host, "list", PATCTL_PAGER="exit 3") == ""


def test_a_failure_is_told_behind_what_was_shown(host, pager):
    names = [f"alice number {number:02} " + 40 * "x" for number in range(3)]
    arguments = ["show", *names, "no such token of them"]
    screen = run(host, *arguments, status=3, PATCTL_PAGER=f"cat; echo behind {pager.copy}")
    assert screen.index("number 02") < screen.index("behind") < screen.index("patctl: show: ")
    short = run(host, *arguments, status=3, rows=100, PATCTL_PAGER=f"cat; echo behind {pager.copy}")
    assert short.index("number 02") < short.index("patctl: show: ") and "behind" not in short


def test_the_terminal_is_left_as_it_was(host):
    """less, then a command line: what is typed is seen and taken."""
    shell = shutil.which("bash")
    with Terminal([shell, "--norc", "-i"], {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": "/",
                                            "LC_ALL": "C.UTF-8", "HISTFILE": ""}, ROWS) as terminal:
        terminal.type(f"{host.bin}/patctl --socket {host.manage_socket} list; echo sta''tus $?\n")
        terminal.until("number")
        terminal.type("q")
        terminal.until("status 0")
        terminal.type("echo all'' well\nexit\n")
        assert terminal.end() == 0
    assert "all well" in terminal.plain
