# SPDX-License-Identifier: BSD-2-Clause
"""Runs the driver: libpam, a stack in a directory of its own, and what became of it."""
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pat import BUILD, IS_ROOT, PAM_MODULE, Patd

from pam_world import UIDS, World

DRIVER = BUILD / "tests" / "pam" / "driver"
PROBE = BUILD / "tests" / "pam" / ".libs" / "probe.so"

SANITIZED = re.search(r"-fsanitize=", (BUILD / "config.status").read_text()) is not None
HARDENED = re.search(r"-Wl,-z,now", (BUILD / "config.status").read_text()) is not None

# Who asks, in cases that are the same for everybody whom pat.conf lists.
ASKERS = ("self", "listed") if IS_ROOT else ("self",)

# The control that hands a module's code through; a PAM_IGNORE goes on to the line behind it.
EXACT = "[success=done ignore=ignore default=die]"
IGNORED = "PAM_CRED_EXPIRED"  # what that line says

# An IGNORE beside a module that says SUCCESS lets anybody in; the others mislead applications.
NEVER = {"PAM_IGNORE", IGNORED, "PAM_NEW_AUTHTOK_REQD", "PAM_ACCT_EXPIRED", "PAM_MAXTRIES"}

OPERATIONS = ("authenticate", "setcred", "acct_mgmt", "set", "putenv", "conv", "env", "fork",
              "stop")
addresses = itertools.count(1)


def fresh_address():
    """An address in a network of its own: refusals are delayed by network."""
    number = next(addresses)
    return f"10.{number >> 8 & 255}.{number & 255}.1"


@dataclass
class Result:
    lines: list       # everything that the driver printed
    codes: list       # (operation, code), in order
    talk: list        # prompts and messages
    delays: list      # "yes" or "no" for each authentication
    variables: list   # of the PAM environment
    syslog: list
    probe: list       # one line a call
    seconds: float

    @property
    def code(self):
        """The code of the only, or the last, authentication."""
        return [code for name, code in self.codes if name.startswith("authenticate")][-1]

    def values(self, word):
        """What stands behind a word in the driver's lines, as numbers."""
        return [int(text) for line in self.lines if line.split()[0] == word
                for text in line.split()[1:] if text.isdigit()]


class Rig:
    """A directory with the programs, where every uid reaches them, and a world to ask about."""

    def __init__(self, world=True):
        os.umask(0o022)
        self.world = World() if world else None
        self.directory = Path(tempfile.mkdtemp(prefix="pam-"))
        self.directory.chmod(0o755)
        for program in (DRIVER, PAM_MODULE, PROBE):
            shutil.copy2(program, self.directory / program.name)
        self.module = self.directory / "pam_pat.so"
        self.count = itertools.count(1)

    def close(self):
        shutil.rmtree(self.directory)
        if self.world is not None:
            self.world.close()

    @property
    def socket(self):
        return self.world.patd.verify_socket

    def pat(self, arguments="", socket=None):
        """The module of a stack's line, with its arguments."""
        return f"{self.module} socket={socket or self.socket} {arguments}".rstrip()

    def probe(self, arguments=""):
        """The probe of a stack's line; its file is made by run()."""
        return f"{self.directory / 'probe.so'} file=@PROBE@ {arguments}".rstrip()

    @property
    def stop(self):
        """What stands behind a line with EXACT."""
        return f"{self.directory / 'probe.so'} stop"

    @property
    def password(self):
        """A module that takes a password, as pam_unix.so does."""
        return f"{self.directory / 'probe.so'} accept=Hunter2pass"

    def prepare(self, stack, service):
        """A directory for one run, with files that any uid may append to."""
        place = self.directory / f"run{next(self.count)}"
        for path in (place, place / "pam.d"):
            path.mkdir(mode=0o755)
        for name in ("syslog", "probe"):
            (place / name).touch()
            (place / name).chmod(0o666)
        lines = "".join(f"{line}\n" for line in stack).replace("@PROBE@", str(place / "probe"))
        (place / "pam.d" / service.lower()).write_text(lines, "latin-1")
        deny = "".join(f"{kind} required pam_deny.so\n" for kind in
                       ("auth", "account", "session", "password"))
        (place / "pam.d" / "other").write_text(deny)
        return place

    def start(self, place, operations, service="sshd", user="root", answers=(), asker="self",
              options=()):
        """Starts the driver; its standard input holds the answers already."""
        command = [self.directory / "driver", "--syslog", place / "syslog", *options,
                   place / "pam.d", service, "-" if user is None else user, *operations]
        command = [word.encode("latin-1") for word in Patd.as_uid(None, UIDS[asker], command)]
        environment = {name: value for name, value in os.environ.items()
                       if name == "PATH" or name.endswith("SAN_OPTIONS")}
        process = subprocess.Popen(command, cwd="/",
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   env={**environment, "LC_ALL": "C"})
        with process.stdin:
            process.stdin.write(b"".join(answer.encode("latin-1") + b"\0" for answer in answers))
        process.stdin = None
        return process

    def finish(self, process, place, answers=(), timeout=60):
        """Waits for the driver and reads what it left."""
        begin = time.monotonic()
        try:
            out, errors = process.communicate(timeout=timeout)
        finally:
            process.kill()
        seconds = time.monotonic() - begin
        lines = out.decode("latin-1").splitlines()
        assert (process.returncode, errors) == (0, b""), (process.returncode, errors, lines)

        def behind(*words):
            return [line.split(" ", 1)[1] for line in lines if line.split(" ")[0] in words]

        result = Result(
            lines=lines,
            codes=[(line.rsplit(" ", 1)[0], line.rsplit(" ", 1)[1]) for line in lines
                   if re.match(rf"({'|'.join(OPERATIONS)})\b.* PAM_[A-Z_]+$", line)],
            talk=[line.rstrip() for line in lines
                  if line.split(" ")[0] in ("hidden", "shown", "info", "error")],
            delays=behind("delay"), variables=behind("variable"),
            syslog=(place / "syslog").read_text("latin-1").splitlines(),
            probe=(place / "probe").read_text("latin-1").splitlines(),
            seconds=seconds)
        shutil.rmtree(place)
        self.judge(result, answers)
        return result

    def judge(self, result, answers):
        """What holds for every run."""
        wrong = [line for line in result.lines if line.startswith(("changed ", "child "))]
        assert wrong in ([], ["child 0"])
        codes = {code for name, code in result.codes if name.startswith("authenticate")}
        assert codes & NEVER == set()
        text = "\n".join(result.syslog + result.lines)
        for answer in answers:
            secret = answer[-33:-7] if answer.startswith("pat_") else answer
            assert len(secret) < 6 or secret not in text

    def run(self, stack, operations, answers=(), timeout=60, **named):
        place = self.prepare(stack, named.get("service", "sshd"))
        process = self.start(place, operations, answers=answers, **named)
        return self.finish(process, place, answers, timeout)
