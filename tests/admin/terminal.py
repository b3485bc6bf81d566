# SPDX-License-Identifier: BSD-2-Clause
"""A terminal with a screen, a scroll-back and an alternate screen, and patctl in front of it.

It knows as much of what xterm knows as patctl may use; anything else fails the test.
"""
import base64
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|\x1b\](\d+);([^\x07\x1b]*)(?:\x07|\x1b\\)")


def columns_of(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Grid:
    """A screen of cells; lines that leave it at the top are kept."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [{} for _ in range(rows)]
        self.row = self.column = 0
        self.scrolled = []

    def line(self, row):
        cells = self.cells[row]
        return "".join(cells.get(column, " ") for column in range(max(cells, default=-1) + 1)) \
            .rstrip()

    @property
    def lines(self):
        return [self.line(row) for row in range(self.rows)]

    def feed_line(self):
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.scrolled.append(self.line(0))
        self.cells = self.cells[1:] + [{}]

    def put(self, character):
        width = columns_of(character)
        if width == 0:
            before = self.cells[self.row]
            before[self.column - 1] = before.get(self.column - 1, " ") + character
            return
        if self.column + width > self.columns:
            self.column = 0
            self.feed_line()
        self.cells[self.row][self.column] = character
        if width == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += width

    def erase_line(self, row, begin=0):
        self.cells[row] = {at: cell for at, cell in self.cells[row].items() if at < begin}

    def erase_below(self):
        self.erase_line(self.row, self.column)
        for row in range(self.row + 1, self.rows):
            self.erase_line(row)


class Terminal:
    """patctl, or another program, on a terminal of its own.

    hides: whether there is an alternate screen at all.
    """

    def __init__(self, host, *arguments, columns=80, rows=24, environment=None, uid=None,
                 stdout=None, hides=True, program=None, directory=None):
        self.columns, self.rows, self.hides = columns, rows, hides
        self.main, self.other = Grid(columns, rows), None
        self.printed = ""    # on the main screen, as it came
        self.everything = ""
        self.clipboard = None
        self.pending = b""
        self.ours, theirs = pty.openpty()
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/",
               "TERM": "xterm-256color", **(environment or {})}
        self.resize(columns, rows)
        command = program or host.as_uid(uid, [host.bin / "patctl", "--socket",
                                               host.manage_socket, *arguments])
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *map(str, command)], stdin=theirs,
            stdout=theirs if stdout is None else stdout, stderr=theirs, env=env, cwd=directory)
        os.close(theirs)
        self.status = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # --- what people do ---

    def type(self, text):
        os.write(self.ours, text if isinstance(text, bytes) else text.encode())

    def resize(self, columns, rows):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self):
        """The window is closed: the kernel sends SIGHUP."""
        if self.ours is not None:
            os.close(self.ours)
            self.ours = None

    def signal(self, number):
        self.process.send_signal(number)

    # --- what they see ---

    @property
    def screen(self):
        return self.other or self.main

    @property
    def shown(self):
        """All that stands on the screen."""
        return "\n".join(self.screen.lines)

    @property
    def kept(self):
        """What can be scrolled back to, and the screen as it was left."""
        return "\n".join(self.main.scrolled + self.main.lines)

    @property
    def is_alternate(self):
        return self.other is not None

    @property
    def cursor_line(self):
        return self.screen.line(self.screen.row)

    @property
    def settings(self):
        return termios.tcgetattr(self.ours)

    @property
    def takes_lines(self):
        return bool(self.settings[3] & termios.ICANON)

    def wait_for(self, wanted, timeout=30):
        """Until a text or a condition is there."""
        deadline = time.monotonic() + timeout
        condition = wanted if callable(wanted) else lambda: wanted in self.shown
        while not condition():
            assert time.monotonic() < deadline, f"never {wanted!r}:\n{self.shown}"
            if not self._read(0.2) and not condition():
                raise AssertionError(f"ended before {wanted!r}:\n{self.shown}\n{self.printed}")
        return self

    def look(self, timeout=0.01):
        """Reads what there is by then; False when there will be nothing more."""
        return self._read(timeout)

    def answer(self, question, text):
        """Waits until the cursor stands behind question, and types."""
        self.wait_for(lambda: self.cursor_line.endswith(question.rstrip()))
        lines = self.printed.count("\n")
        self.type(text)
        if text.endswith("\n") and self.takes_lines:  # the terminal echoes it
            self.wait_for(lambda: self.printed.count("\n") > lines)
        return self

    def wait(self, timeout=60):
        """The exit status, when everything was read."""
        deadline = time.monotonic() + timeout
        while self._read(0.2):
            assert time.monotonic() < deadline, self.shown
        self.status = self.process.wait(timeout)
        return self.status

    def _read(self, timeout):
        """False when there will be nothing more."""
        if self.ours is None:
            return False
        if not select.select([self.ours], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # how a terminal ends
            return False
        self._feed(data)
        return bool(data)

    # --- how it works ---

    def _feed(self, data):
        data = self.pending + data
        text, self.pending = self._decode(data)
        self.everything += text
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._character(text[at])
                at += 1
                continue
            match = SEQUENCE.match(text, at)
            if match is None:  # the rest of it is still to come
                self.everything = self.everything[:len(self.everything) - len(text) + at]
                self.pending = text[at:].encode() + self.pending
                assert len(self.pending) < 4096, self.pending
                return
            self._sequence(match)
            at = match.end()

    @staticmethod
    def _decode(data):
        for cut in range(min(4, len(data) + 1)):
            try:
                return data[:len(data) - cut].decode(), data[len(data) - cut:]
            except UnicodeDecodeError:
                continue
        raise AssertionError(f"no UTF-8: {data!r}")

    def _character(self, character):
        screen = self.screen
        if not self.is_alternate:
            self.printed += character
        if character == "\r":
            screen.column = 0
        elif character == "\n":
            screen.feed_line()
        elif character == "\b":
            screen.column = max(0, screen.column - 1)
        elif character != "\a":
            assert character >= " ", repr(character)
            screen.put(character)

    def _sequence(self, match):
        private, numbers, letter, command, text = match.groups()
        screen = self.screen
        if command is not None:
            assert command == "52" and text.startswith("c;"), text
            self.clipboard = base64.b64decode(text[2:], validate=True).decode()
        elif private:
            assert (numbers, letter) in (("1049", "h"), ("1049", "l")), match[0]
            if self.hides:
                self.other = Grid(self.columns, self.rows) if letter == "h" else None
        elif letter == "H":
            row, column = (int(number or 1) for number in (numbers + ";").split(";")[:2])
            screen.row, screen.column = min(row, screen.rows) - 1, min(column, screen.columns) - 1
        elif letter == "J":
            assert numbers in ("", "0"), match[0]
            if not self.hides:  # what some terminals do with that which is cleared as a whole
                screen.scrolled += [line for line in screen.lines[screen.row:] if line]
            screen.erase_below()
        elif letter == "K":
            assert numbers in ("", "0", "2"), match[0]
            screen.erase_line(screen.row, 0 if numbers == "2" else screen.column)
        else:
            assert letter == "m", match[0]


__all__ = ["Terminal"]
