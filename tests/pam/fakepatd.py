# SPDX-License-Identifier: BSD-2-Clause
"""A server on patd's socket that behaves as a test wants: badly, mostly.

A behaviour is a function of a connection and of its number, from 1 on. What clients send is kept.
"""
import contextlib
import os
import socket
import struct
import threading
import time

ACCEPTED, OTHER, REFUSED = 0x5AC3963C, 0xA40F8266, 0x96AA305B
UNAVAILABLE, NOT_PERMITTED = 0xAEDEDAAA, 0x0E2367C3

PATIENCE = 30  # seconds that a server waits for a client at most


def field(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


ID, USER, TENANT = field(1, b"abcdefgh"), field(2, b"alice"), field(3, b"acme")
NAMES = ID + USER + TENANT


def uid_field(uid):
    return field(5, struct.pack(">I", uid))


def answer(nonce, klass=ACCEPTED, fields=None, version=1, kind=2, length=None):
    """An answer packet of core/wire/wire.h; without fields those that belong to the class."""
    if fields is None:
        fields = NAMES if klass == ACCEPTED else b""
    size = 24 + len(fields) if length is None else length
    return struct.pack(">BBH", version, kind, size) + nonce + struct.pack(">I", klass) + fields


class FakePatd:
    """Listens on DIRECTORY/sock until it is closed; a context manager."""

    def __init__(self, directory, behaviour=None, uid=None, owner=None, mode=0o666, backlog=128,
                 kind=socket.SOCK_SEQPACKET):
        self.path = directory / "sock"
        directory.mkdir(mode=0o755)
        if owner is not None:
            os.chown(directory, owner, owner)
        self.behaviour, self.backlog, self.uid = behaviour, backlog, uid
        self.requests, self.connections, self.number = [], [], 0
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX, kind)
        self.listener.bind(str(self.path))
        self.path.chmod(mode)
        self.thread = None

    def __enter__(self):
        with self.identity():  # the kernel tells clients who called listen(2)
            self.listener.listen(self.backlog)
        if self.behaviour is not None:
            self.thread = threading.Thread(target=self.accept, daemon=True)
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        if self.thread is not None:
            self.thread.join()
        self.listener.close()
        for connection in self.connections:
            connection.close()

    @contextlib.contextmanager
    def identity(self):
        before = os.geteuid()
        if self.uid is not None:
            os.seteuid(self.uid)
        try:
            yield
        finally:
            if self.uid is not None:
                os.seteuid(before)

    def accept(self):
        while not self.ending.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            self.number += 1
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection, self.number),
                             daemon=True).start()

    def serve(self, connection, number):
        with contextlib.suppress(OSError):  # the client may be gone
            self.behaviour(self, connection, number)

    def receive(self, connection):
        """The next request, and its nonce."""
        packet = connection.recv(65536)
        with self.lock:
            self.requests.append(packet)
        return packet, packet[4:20]

    def wait(self, seconds):
        self.ending.wait(seconds)


# --- behaviours ---

def answers(make):
    """Reads a request and sends what make(nonce) gives: a packet, or several in a list."""
    def behave(server, connection, _):
        _, nonce = server.receive(connection)
        packets = make(nonce)
        for packet in packets if isinstance(packets, list) else [packets]:
            connection.send(packet)
    return behave


def with_fields(fields, klass=ACCEPTED):
    return answers(lambda nonce: answer(nonce, klass, fields))


def with_class(klass):
    return answers(lambda nonce: answer(nonce, klass))


def slow(seconds, make=answer):
    """Answers late."""
    def behave(server, connection, _):
        _, nonce = server.receive(connection)
        server.wait(seconds)
        connection.send(make(nonce))
    return behave


def silent(server, connection, _):
    """Reads the request, and nothing else happens."""
    server.receive(connection)
    server.wait(PATIENCE)


def deaf(server, connection, _):
    """Does not even read."""
    server.wait(PATIENCE)


def hangs_up(server, connection, _):
    """Closes at once."""
    connection.close()


def hangs_up_later(seconds):
    """Reads the request, and closes after a while."""
    def behave(server, connection, _):
        server.receive(connection)
        server.wait(seconds)
        connection.close()
    return behave


def resets(server, connection, _):
    """Closes with the request unread: the client gets ECONNRESET."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            break
        time.sleep(0.001)
    connection.close()


def first(begin, then):
    """One behaviour for the first connection, another for those behind it."""
    def behave(server, connection, number):
        (begin if number == 1 else then)(server, connection, number)
    return behave
