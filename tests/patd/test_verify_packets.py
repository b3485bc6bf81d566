# SPDX-License-Identifier: BSD-2-Clause
"""The verify socket against hostile packets: an answer, or the connection's end.

What a packet deserves is told by a reading of core/wire/wire.h's comment of the tests' own. All
carry an ordinary password, so that whatever is legal is answered "other" at once.
"""
import array
import itertools
import os
import secrets
import select
import socket
import struct
import time

import pytest

from pat import IS_ROOT, encode_request
from patdkit import ME, Asker, Daemon, connect, wait_until

SERVICE, LOGIN, REALM, TENANT, ADDRESS, TOKEN, WANTS = range(1, 8)
LONGEST = {SERVICE: 31, LOGIN: 256, REALM: 253, TENANT: 16, ADDRESS: 45, TOKEN: 512, WANTS: 1}
NOT_EMPTY = (SERVICE, TENANT, TOKEN, WANTS)
EDGES = (0, 1, 2, 0x7f, 0x80, 0xff)
PASSWORD = b"an ordinary password"
FIELDS = {SERVICE: b"imap", LOGIN: b"alice", REALM: b"example.org", TENANT: b"acme",
          ADDRESS: b"192.0.2.1", TOKEN: PASSWORD, WANTS: b"\1"}


def field(tag, value, length=None):
    return struct.pack(">BH", tag, len(value) if length is None else length) + value


def packet(body, version=1, kind=1, length=None, nonce=None):
    nonce = nonce or secrets.token_bytes(16)
    length = 20 + len(body) if length is None else length
    return struct.pack(">BBH", version, kind, length & 0xffff) + nonce + body


def fields(*tags):
    return b"".join(field(tag, FIELDS[tag]) for tag in tags)


def is_legal(data):
    """Whether wire.h allows the packet."""
    if not 20 <= len(data) <= 2048 or struct.unpack(">BBH", data[:4]) != (1, 1, len(data)):
        return False
    rest, seen, last = data[20:], {}, 0
    while rest:
        if len(rest) < 3:
            return False
        tag, size = struct.unpack(">BH", rest[:3])
        value, rest = rest[3:3 + size], rest[3 + size:]
        if tag <= last or tag not in FIELDS or len(value) != size or size > LONGEST[tag]:
            return False
        if (tag in NOT_EMPTY and not size) or (tag == WANTS and value not in (b"\1", b"\2", b"\3")) or \
                (tag not in (TOKEN, WANTS) and b"\0" in value):
            return False
        seen[tag], last = value, tag
    return SERVICE in seen and TOKEN in seen


def check(patd, data, name=None):
    """patd answers what is legal, with its nonce, and closes on everything else."""
    with Asker(patd) as asker:
        asker.send(data)
        answer = asker.answer()
        if is_legal(data):
            assert answer == {"nonce": data[4:20], "class": "other"}, (name, data, answer)
        else:
            assert answer is None, (name, data, answer)


def test_headers(shared):
    body = fields(SERVICE, LOGIN, TOKEN)
    right = 20 + len(body)
    for version, kind in itertools.product({*EDGES, 3, 4}, repeat=2):
        check(shared, packet(body, version=version, kind=kind))
    for length in {0, 1, 19, 20, 21, right - 1, right, right + 1, 2047, 2048, 2049, 0x7fff, 0x8000,
                   0xfffe, 0xffff}:
        check(shared, packet(body, length=length))
    check(shared, struct.pack("<BBH", 1, 1, right) + bytes(16) + body)


def test_every_tag_at_every_length():
    """Each field with every length at its edges, whether the bytes are there or not."""
    with Daemon() as patd:
        for tag in {*FIELDS, 0, 8, 9, 0x7f, 0x80, 0xff}:
            longest = LONGEST.get(tag, 16)
            before = fields(*(t for t in (SERVICE, TOKEN) if t < tag))
            after = fields(*(t for t in (SERVICE, TOKEN) if t > tag))
            for size in {0, 1, 2, 3, longest - 1, longest, longest + 1, 255, 256, 257, 511, 513}:
                check(patd, packet(before + field(tag, b"x" * max(size, 0)) + after))
                check(patd, packet(before + field(tag, FIELDS.get(tag, b"x"), size) + after))
            for claimed in (0x7fff, 0x8000, 0xfffe, 0xffff):
                check(patd, packet(before + field(tag, b"xyz", claimed) + after))


def test_orders_and_repetitions(shared):
    for tags in itertools.permutations(FIELDS, 3):
        check(shared, packet(fields(*tags)))
    for tag in FIELDS:
        every = sorted(FIELDS)
        at = every.index(tag)
        check(shared, packet(fields(*every[:at], tag, tag, *every[at + 1:])))
        check(shared, packet(fields(*every[:at], *every[at + 1:])))
    for count in range(len(FIELDS) + 1):
        for tags in itertools.combinations(sorted(FIELDS), count):
            check(shared, packet(fields(*tags)))


def test_values(shared):
    """NUL, control and high bytes in each field, first, in the middle and last."""
    for tag in (SERVICE, LOGIN, REALM, TENANT, ADDRESS, TOKEN):
        for byte in (0, 1, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xff):
            for at in (0, 1, 2):
                value = bytearray(b"xyz")
                value[at] = byte
                before = fields(*(t for t in (SERVICE, TOKEN) if t < tag))
                after = fields(*(t for t in (SERVICE, TOKEN) if t > tag))
                check(shared, packet(before + field(tag, bytes(value)) + after))
    for value in (0, 1, 2, 3, 4, 5, 0x80, 0x81, 0xff):
        check(shared, packet(fields(SERVICE, TOKEN) + field(WANTS, bytes([value]))))


def test_every_length_of_a_packet(shared):
    """Cut short at every byte, with the length it had and with the length it has."""
    whole = packet(fields(*sorted(FIELDS)))
    for size in range(1, len(whole)):
        check(shared, whole[:size])
        if size >= 4:
            check(shared, whole[:2] + struct.pack(">H", size) + whole[4:size])
    for junk in (1, 2, 3, 16, 100):
        check(shared, whole + b"\0" * junk)
        check(shared, whole + b"\xff" * junk)
        check(shared, packet(fields(*sorted(FIELDS)) + b"\0" * junk))


def filled(size):
    """A packet of exactly so many bytes, legal but for its size."""
    body = fields(SERVICE) + field(LOGIN, b"a" * 256) + field(REALM, b"b" * 253)
    body += field(TOKEN, b"p" * (size - 20 - len(body) - 3))
    made = packet(body)
    assert len(made) == size
    return made


def test_sizes(shared):
    for size in (1066, 1067, 1068, 2047, 2048, 2049, 4096, 65536):
        check(shared, filled(size), size)
    for size in (0, 1, 2048, 2049, 4096, 100000):
        check(shared, b"\0" * size, size)
        check(shared, b"\xff" * size, size)


def test_random_packets(shared):
    for _ in range(300):
        check(shared, secrets.token_bytes(secrets.randbelow(100)))
        mutated = bytearray(packet(fields(*sorted(FIELDS))))
        mutated[secrets.randbelow(len(mutated))] = secrets.randbelow(256)
        check(shared, bytes(mutated))


# --- connections ---

def good(nonce=None, **request):
    return encode_request(PASSWORD.decode(), **{"service": "imap", "login": "alice", **request},
                          nonce=nonce)


def test_many_requests_on_one_connection(shared):
    with Asker(shared) as asker:
        for _ in range(200):
            assert asker.ask("a password", service="imap")["class"] == "other"


def test_pipelined_requests_are_answered_in_order(shared):
    with Asker(shared) as asker:
        packets = [good() for _ in range(50)]
        for each in packets:
            asker.send(each)
        assert [asker.answer()["nonce"] for _ in packets] == [each[4:20] for each in packets]


def test_a_wrong_packet_behind_a_right_one(shared):
    with Asker(shared) as asker:
        asker.send(good())
        asker.send(b"nonsense")
        assert asker.answer()["class"] == "other"
        assert asker.answer() is None


def test_half_closed_connections_are_answered(shared):
    with Asker(shared) as asker:
        asker.send(good())
        asker.socket.shutdown(socket.SHUT_WR)
        assert asker.answer()["class"] == "other"
        assert asker.answer() is None


def test_nothing_but_the_end(shared):
    with Asker(shared) as asker:
        asker.socket.shutdown(socket.SHUT_WR)
        assert asker.answer() is None


def test_clients_that_do_not_wait(shared):
    for _ in range(200):
        with Asker(shared) as asker:
            asker.send(good())
    for _ in range(100):
        with Asker(shared) as asker:
            for _ in range(3):
                asker.send(good())
            asker.socket.shutdown(socket.SHUT_RD)
    assert Asker(shared).ask("a password", service="imap")["class"] == "other"


def test_a_client_that_does_not_read(shared):
    """Answers that fit nowhere end the connection; nobody waits for it."""
    with Asker(shared) as asker:
        asker.socket.setblocking(False)
        sent = 0
        with pytest.raises(OSError):  # EAGAIN, or the end of the connection
            while sent < 100000:
                asker.send(good())
                sent += 1
        with Asker(shared) as another:
            assert another.ask("a password", service="imap")["class"] == "other"


def send_with_descriptors(connection, data, count):
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]
    try:
        connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                     array.array("i", opened))])
    finally:
        for each in opened:
            os.close(each)


class FewDescriptors(Daemon):
    """With so few descriptors that a leak of some ends it."""

    def command(self, *arguments):
        return ["prlimit", "--nofile=64:64", *super().command(*arguments)]


def test_descriptors_that_are_sent_along_are_dropped():
    """R35: no SCM_RIGHTS; what came in a message is closed, on both sockets."""
    with FewDescriptors() as patd:
        for turn in range(100):
            with Asker(patd) as asker:
                data = good() if turn % 2 else b"nonsense"
                send_with_descriptors(asker.socket, data, 8)
                assert (asker.answer() is not None) == bool(turn % 2)
            with connect(patd.manage_socket) as manage:
                send_with_descriptors(manage, b'{"method":"io.linuxpat.Manage.WhoAmI"}\0', 8)
                assert b'"uid"' in manage.recv(65536)
        assert patd.health() == "accepted"
        if IS_ROOT:
            count = len(os.listdir(f"/proc/{patd.pid}/fd"))
            with Asker(patd) as asker:
                send_with_descriptors(asker.socket, good(), 100)
                assert asker.answer()["class"] == "other"
            assert wait_until(lambda: len(os.listdir(f"/proc/{patd.pid}/fd")) <= count)


def test_when_descriptors_run_out():
    """The client that cannot be had is told at once, and the next ones are served again."""
    with FewDescriptors() as patd:
        held = []
        for _ in range(64):
            held.append(Asker(patd))
        over = [each for each in held if each.socket in
                select.select([each.socket for each in held], [], [], 0.2)[0]]
        assert over and all(each.answer() is None for each in over)
        assert wait_until(lambda: patd.events("refused", error="out of descriptors"))
        for each in held:
            each.socket.close()
        assert wait_until(lambda: Asker(patd).ask("a password", service="imap"))


# --- deadlines ---

def test_silent_clients_are_closed(shared):
    """R34: two seconds for a request, for every one on a connection; each begins anew."""
    silent, spoke, asking = Asker(shared), Asker(shared), Asker(shared)
    assert spoke.ask("a password", service="imap")["class"] == "other"
    began, ended = time.monotonic(), {}
    while len(ended) < 2 and time.monotonic() - began < 20:
        waiting = {each.socket: each for each in (silent, spoke) if each not in ended}
        for ready in select.select(list(waiting), [], [], 0.3)[0]:
            assert waiting[ready].answer() is None
            ended[waiting[ready]] = time.monotonic() - began
        assert asking.ask("a password", service="imap")["class"] == "other"
    assert set(ended) == {silent, spoke}
    assert all(1.5 < after < 6 for after in ended.values()), ended


def test_refused_packets_are_logged_without_their_bytes(shared):
    secret = "pat_acme_1" + "z" * 30
    with Asker(shared) as asker:
        asker.send(packet(field(SERVICE, secret.encode() * 2)))
        assert asker.answer() is None
    assert shared.events("refused", peer_uid=str(ME), error="a packet that is no request")
    assert "zzzz" not in shared.log_text()
