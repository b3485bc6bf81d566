# SPDX-License-Identifier: BSD-2-Clause
"""A terminal of the private host, and a program that a person runs on it."""
import errno
import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

from host import SEARCH

TIOCSPTLCK, TIOCGPTPEER = 0x40045431, 0x5441
SECONDS = 60
SEQPACKET = "0005"  # in /proc/net/unix


class Terminal:
    """uid: who runs the program, None for root. .text is all that stood on the terminal."""

    def __init__(self, host, command, uid=None, env=None):
        self.host, self.uid = host, uid
        self.text, self.seen = "", 0
        self.master = os.open(host.path("/dev/pts/ptmx"), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        fcntl.ioctl(self.master, TIOCSPTLCK, struct.pack("i", 0))
        slave = fcntl.ioctl(self.master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        if uid is not None:
            os.fchown(slave, uid, -1)
        try:
            self.process = subprocess.Popen(
                host.enter(["setsid", "--ctty", *command], uid), stdin=slave, stdout=slave,
                stderr=slave, env={"PATH": SEARCH, "LC_ALL": "C.UTF-8", "TERM": "vt100",
                                   "HOME": "/", **(env or {})})
        finally:
            os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Hangs up: what still runs is told so, and killed when it does not care."""
        os.close(self.master)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def read(self, seconds):
        """More of the text; False at its end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.text += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, seconds=SECONDS):
        """What matches, behind what was seen before; None when the program has ended without."""
        deadline = time.monotonic() + seconds
        more = True
        while True:
            found = re.compile(pattern).search(self.text, self.seen)
            if found or not more:
                self.seen = found.end() if found else self.seen
                return found
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.text!r}"
            more = self.read(1)

    def hides(self):
        """Whether a line is read and not shown: programs ask first, and then see to that."""
        return termios.tcgetattr(self.master)[3] & (termios.ECHO | termios.ICANON) == termios.ICANON

    def send(self, text):
        os.write(self.master, text.encode())

    # --- the processes of its session ---

    def processes(self):
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.getsid(int(entry.name)) == self.process.pid:
                    yield entry
            except ProcessLookupError:
                pass  # it ended meanwhile

    def asks_patd(self):
        """Whether one of them has a connection of the kind that only patd's socket takes."""
        for process in self.processes():
            kinds = {line.split()[6]: line.split()[4]
                     for line in (process / "net" / "unix").read_text().splitlines()[1:]}
            for number in (process / "fd").iterdir():
                found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(number))
                if found and kinds.get(found.group(1)) == SEQPACKET:
                    return True
        return False

    def signal(self, name):
        """As its user, who may do so to programs that are root's meanwhile."""
        pids = [process.name for process in self.processes()]
        self.host.run(["kill", f"-{name}", *pids], uid=self.uid, check=True)
