# SPDX-License-Identifier: BSD-2-Clause
"""What the suites of patctl share: a host with a few people, and terminals to see screens on."""
import fcntl
import json
import os
import pty
import re
from pathlib import Path
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from pat import FAKETIME, IS_ROOT, Patd, account_name

ME = os.getuid()
ALICE, BOB, STRANGER, AUDITOR, ADMIN = range(60001, 60006)
SERVICES = ("sshd", "imap", "smtp")

TOKEN = re.compile(r"pat_[a-z0-9]+_1[0-9a-hjkmnp-tv-z]{41}")
UNUSED = "pat_acme_1tk7vff5174qge0bjb4gz5abhfz31r178082b6sv70"  # well-formed, of no store
COLOR = re.compile(r"\x1b\[[0-9;]*m")


class Host(Patd):
    """A patd with tenant acme; alice, who is bound to an account, and carol, who is virtual."""

    def __init__(self, config=""):
        services = "".join(f"[service {name}]\nuids = {ME}\n\n" for name in SERVICES)
        super().__init__(config=services + config)

    def __enter__(self):
        super().__enter__()
        self.tenant()
        self.user("alice", grants=["mail:*", "ssh:login"], account="alice", uid=ALICE)
        self.user("carol", grants=["mail:*"])
        return self

    def say(self, *arguments, check=0, **named):
        """Standard output of a patctl that must end so."""
        return self.ctl(*arguments, check=check, **named).stdout

    def json(self, *arguments, **named):
        """The JSON of a patctl that must succeed."""
        return json.loads(self.say(*arguments, "--json", **named))

    def fails(self, status, *arguments, **named):
        """Standard error of a patctl that must end so, without a word on standard output."""
        done = self.ctl(*arguments, check=status, **named)
        assert done.stdout == ""
        return done.stderr

    def error(self, status, *arguments, **named):
        """What --json tells of a failure; its code is the exit status."""
        told = json.loads(self.fails(status, *arguments, "--json", **named))["error"]
        assert told["code"] == status and set(told) == {"code", "id", "message", "hint"}
        return told

    def make(self, name, *arguments, user="alice", scope="mail:read"):
        """A token by patctl itself: its text."""
        return self.say("create", user, "--name", name, "--scope", scope, "-q",
                        *arguments).rstrip("\n")

    def state_of(self, id_):
        return self.call("Show", token=id_)["token"]["state"]

    def head(self):
        """The newest change of acme: what must not move when nothing changed."""
        return max(entry["head"] for entry in self.call("LogVerify", tenant="acme", more=True)
                   if "head" in entry)


def own_name():
    """What patd calls us."""
    try:
        return account_name()
    except KeyError:  # a uid without an account
        return f"uid {ME}"


def id_of(token):
    return token.split("_")[2][1:9]


def width(line):
    """Columns of a line on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in COLOR.sub("", line))


class Screen:
    """patctl on a terminal of its own; answers are typed when their question is on the screen."""

    def __init__(self, host, *arguments, columns=80, answers=(), environment=None, uid=None,
                 stdout=None):
        self.text = ""
        self.echo_while_asking = None
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/",
               "TERM": "xterm-256color", "PATCTL_PAGER": "", **(environment or {})}
        ours, theirs = pty.openpty()
        try:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            command = host.as_uid(uid, [host.bin / "patctl", "--socket", host.manage_socket,
                                        *arguments])
            process = subprocess.Popen(
                ["setsid", "--ctty", "--wait", *command], stdin=theirs,
                stdout=theirs if stdout is None else stdout, stderr=theirs, env=env)
            os.close(theirs)
            self._talk(ours, list(answers))
            self.status = process.wait(30)
            self.echo = bool(self._settings(ours) & termios.ECHO) if self.echo_while_asking \
                is not None else None
        finally:
            os.close(ours)
        self.text = self.text.replace("\r\n", "\n")

    @staticmethod
    def _settings(terminal):
        return termios.tcgetattr(terminal)[3]

    def _talk(self, terminal, answers):
        deadline = time.monotonic() + 30
        while True:
            if answers and self.text.endswith(answers[0][0]):
                question, answer = answers.pop(0)
                hidden = "not shown" in question
                while hidden and self._settings(terminal) & termios.ECHO:
                    assert time.monotonic() < deadline
                self.echo_while_asking = bool(self._settings(terminal) & termios.ECHO)
                os.write(terminal, answer.encode())
            assert time.monotonic() < deadline, f"nothing more on the screen: {self.text!r}"
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                data = os.read(terminal, 65536)
            except OSError:  # how a terminal ends
                break
            if not data:
                break
            self.text += data.decode()
        assert not answers, f"never asked {answers[0][0]!r}: {self.text!r}"

    @property
    def lines(self):
        return self.text.splitlines()


def until(condition, seconds=30):
    """What a condition answers as soon as it holds."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, "it never came to pass"
    return answer


def fits(text, columns=80):
    """The lines that do not fit."""
    return [line for line in text.splitlines() if width(line) > columns]


def shell(host, line, timeout=30):
    """A command line of bash in which $ctl is patctl, and $gone a descriptor of a pipe that nobody
    reads any more; status is that of patctl."""
    script = line.replace("$ctl", f"'{host.bin}/patctl' --socket '{host.manage_socket}'")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(["bash", "-o", "pipefail", "-c", script.replace("$gone", str(writer))],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=timeout, check=False, pass_fds=[writer],
                              preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
    finally:
        os.close(writer)


__all__ = ["ADMIN", "ALICE", "AUDITOR", "BOB", "COLOR", "FAKETIME", "Host", "IS_ROOT", "ME", "STRANGER",
           "Screen", "TOKEN", "UNUSED", "fits", "id_of", "own_name", "shell", "until", "width"]
