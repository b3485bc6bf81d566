# SPDX-License-Identifier: BSD-2-Clause
"""The two protocols of libsasl2, written from the pages of their headers alone."""
import select
import struct
import time

from patdkit import connect

OK, NO, NOTHING = "accepted", "refused", None


class Mux:
    """core/wire/saslauthd.h: fields with a length in front."""

    NAME, PER_UID = "mux", 256
    ANSWERS = {b"\0\2OK": OK, b"\0\2NO": NO, b"": NOTHING}

    @staticmethod
    def field(text):
        text = text if isinstance(text, bytes) else text.encode()
        return struct.pack(">H", len(text) & 0xffff) + text

    @classmethod
    def request(cls, password, login="alice", service="imap", address=None):
        """As libsasl2 does: what stands behind the last @ is the realm."""
        name, _, realm = login.rpartition("@") if "@" in login else (login, "", "")
        fields = [name, password, service, realm, *([] if address is None else [address])]
        return b"".join(map(cls.field, fields))


class Authdaemon:
    """core/wire/authdaemon.h: lines."""

    NAME, PER_UID = "authdaemon", 256
    ANSWERS = {b".\n": OK, b"FAIL\n": NO, b"": NOTHING}

    @staticmethod
    def request(password, login="alice", service="imap"):
        body = f"{service}\nlogin\n{login}\n{password}\n".encode()
        return b"AUTH %d\n" % len(body) + body + b"\n"


BOTH = (Mux, Authdaemon)


class Stock:
    """One connection in one of the protocols."""

    def __init__(self, patd, protocol, uid=None, path=None):
        self.protocol = protocol
        self.socket = connect(path or patd.run / "verify" / protocol.NAME, uid=uid)
        self.began = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def dribble(self, data, pause=0):
        """Byte by byte; stops when patd has answered or closed."""
        for at in range(len(data)):
            if self.is_ready(pause):
                return
            self.socket.sendall(data[at:at + 1])

    def is_ready(self, seconds=0):
        return bool(select.select([self.socket], [], [], seconds)[0])

    def answer(self):
        """What was answered until patd closed; a reset is never right."""
        data = b""
        while more := self.socket.recv(100):
            data += more
        self.took = time.monotonic() - self.began
        return self.protocol.ANSWERS[data]


def ask(patd, protocol, *arguments, uid=None, **request):
    """What one request is answered."""
    return told(patd, protocol, protocol.request(*arguments, **request), uid)


def told(patd, protocol, data, uid=None):
    """What these bytes are answered."""
    with Stock(patd, protocol, uid) as stock:
        stock.send(data)
        return stock.answer()
