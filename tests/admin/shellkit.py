# SPDX-License-Identifier: BSD-2-Clause
"""Shells that people type into: bash and zsh on a terminal, fish by what it would offer."""
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from pat import SOURCE

FILES = SOURCE / "admin/complete/shells"
SETSID = shutil.which("setsid")
# what a terminal is told beside text: colours, cursors, titles, keypad modes
CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07|[=>()][0-9B]?)|[\x07\r]")


class Terminal:
    """A program on a terminal of its own: what it prints is read, what is typed is sent."""

    def __init__(self, command, environment, rows=50, columns=200):
        self.text = ""
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen([SETSID, "--ctty", "--wait", *map(str, command)],
                                        stdin=theirs, stdout=theirs, stderr=theirs,
                                        env=environment)
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.ours)
        self.process.wait(30)

    def type(self, text):
        os.write(self.ours, text.encode())

    def read(self, seconds=1.0):
        """More of what is printed; False at the end."""
        if not select.select([self.ours], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # how a terminal ends
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    @property
    def plain(self):
        return CONTROL.sub("", self.text)

    def until(self, pattern, wait=30):
        """Reads until the pattern is on the screen: its match."""
        deadline = time.monotonic() + wait
        while not (match := re.search(pattern, self.plain, re.S)):
            assert time.monotonic() < deadline and self.read(), \
                f"never saw {pattern!r}: {self.plain!r}"
        return match

    def end(self, wait=30):
        """Reads to the end: the exit status."""
        deadline = time.monotonic() + wait
        while self.read():
            assert time.monotonic() < deadline, f"does not end: {self.plain!r}"
        return self.process.wait(wait)


class LineEditor:
    """bash or zsh: a line with TABs becomes the words that would be executed."""

    def __init__(self, command, setup, environment):
        self.count = 0
        self.terminal = Terminal(command, environment)
        self.terminal.type(setup + "\nPS1='ready''> '\n")
        self.terminal.until("ready> ")

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.terminal.type("\x15exit\n")
        self.terminal.__exit__(*details)

    def words(self, line):
        """Types the line, and then, at its beginning, what prints its words."""
        self.count += 1
        self.terminal.type(f"{line}\x01printf '<%s>' words{self.count}; printf '<%s>' \n")
        # The prompt tells that nothing more comes.
        found = self.terminal.until(rf"<words{self.count}>((?:<[^<>]*>)+)[^<]*ready> ")[1]
        return re.findall("<([^<>]*)>", found)

    def listing(self, line):
        """What is on the screen when the line was typed, and then given up."""
        begin = len(self.terminal.plain)
        self.count += 1
        self.terminal.type(f"{line}\x15echo list''ed{self.count}\n")
        self.terminal.until(f"listed{self.count}.*ready> ")
        return self.terminal.plain[begin:]


def environment_of(host, folder):
    return {"PATH": f"{host.bin}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8",
            "TZ": "UTC", "TERM": "xterm", "INPUTRC": "/dev/null", "HISTFILE": ""}


def bash(host, folder, setup=None):
    setup = setup or f"source '{FILES}/patctl.bash'"
    return LineEditor(
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; bind 'set page-completions off'; "
        "bind 'set completion-query-items 0'; bind 'set enable-bracketed-paste off'; "
        # ids are random: where all begin alike, two Tabs would only insert what they share
        "bind 'set show-all-if-ambiguous on'; " + setup,
        environment_of(host, folder))


def zsh(host, folder):
    return LineEditor(
        ["zsh", "-f", "-i"],
        f"bindkey -e; unsetopt beep auto_menu prompt_sp; fpath=('{FILES}' $fpath); LISTMAX=1000; "
        f"autoload -Uz compinit && compinit -u -d '{folder}/dump'",
        environment_of(host, folder))


def fish(host, folder, line):
    """What fish would offer: candidate to description."""
    done = subprocess.run(
        ["fish", "--no-config", "--private", "-c",
         "source $argv[1]; complete -C $argv[2]", str(FILES / "patctl.fish"), line],
        capture_output=True, text=True, check=True, timeout=30, stdin=subprocess.DEVNULL,
        env={**environment_of(host, folder), "XDG_DATA_DIRS": "/nonexistent"})
    assert done.stderr == ""
    return dict(row.partition("\t")[::2] for row in done.stdout.splitlines())
