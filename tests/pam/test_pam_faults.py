# SPDX-License-Identifier: BSD-2-Clause
"""A patd that is away, hangs, lies or breaks off: nobody gets in, and nobody waits for long."""
import concurrent.futures
import os
import random
import signal
import socket
import struct

import pytest

pytest.register_assert_rewrite("pam_rig")

from fakepatd import (ACCEPTED, ID, NAMES, NOT_PERMITTED, OTHER, REFUSED, TENANT,  # noqa: E402
                      UNAVAILABLE, USER, FakePatd, answer, answers, deaf, field, first, hangs_up,
                      hangs_up_later, resets, silent, slow, uid_field, with_class, with_fields)
from pam_rig import Rig  # noqa: E402
from pam_world import LISTED_UID, check_digits, junk  # noqa: E402
from pat import IS_ROOT, encode_request  # noqa: E402

TOKEN = "pat_acme_1" + "abcdefgh" + "23456789abcdefghjkmnpqrstv"
TOKEN += check_digits(TOKEN)
OTHER_UID = 54399  # of a server that nobody has reason to trust

SUCCESS, REFUSAL, UNAVAIL = "PAM_SUCCESS", "PAM_AUTH_ERR", "PAM_AUTHINFO_UNAVAIL"
MALFORMED, AWAY, LATE = "not well formed", "unavailable", "timed out"


@pytest.fixture(scope="module")
def rig():
    rig = Rig(world=False)
    yield rig
    rig.close()


def place(rig):
    return rig.directory / f"server{next(rig.count)}"


def ask(rig, server, user="root", arguments="", **named):
    """One authentication; a probe behind the module sees what it leaves."""
    path = server.path if isinstance(server, FakePatd) else server
    return rig.run([f"auth required {rig.pat(arguments, socket=path)}",
                    f"auth optional {rig.probe()}"],
                   ["authenticate"], answers=[TOKEN], user=user, **named)


def ask_often(rig, server, count):
    """The codes of so many authentications, some of them on one handle."""
    codes = []
    while len(codes) < count:
        some = min(24, count - len(codes))
        codes += [code for _, code in rig.run(
            [f"auth required {rig.pat(socket=server.path)}"], ["authenticate"] * some,
            answers=[TOKEN] * some).codes]
    return codes


def seen(result):
    """PAM_AUTHTOK as the probe behind found it."""
    words = dict(word.split("=", 1) for word in result.probe[0].split()[1:])
    return words["authtok"].encode().decode("unicode_escape")


def judge(result, server, code, complaint):
    path = server.path if isinstance(server, FakePatd) else server
    lines = [] if complaint is None else \
        [f"authpriv.err pam_pat(sshd:auth): cannot ask patd on {path}: {complaint}"]
    assert (result.code, result.syslog) == (code, lines)
    assert seen(result) == (TOKEN if code == SUCCESS else junk(len(TOKEN)))


# --- what is asked ---

REQUESTS = {
    "plain": ([], "", {}),
    "quiet": ([], "quiet", {"wants_end": False}),
    "silent": ([], "", {"wants_end": False}),
    "tenant": ([], "tenant=acme", {"tenant": "acme"}),
    "service": ([], "service=imap", {"service": "imap"}),
    "putenv": ([], "putenv", {"wants": True}),
    "rhost": (["set:rhost=192.0.2.1"], "", {"address": "192.0.2.1"}),
    "rhost is a name": (["set:rhost=localhost"], "", {}),
    "rhost is empty": (["set:rhost="], "", {}),
    "sshd": (["set:tty=ssh", "set:rhost=x", "putenv:SSH_CONNECTION=2001:db8::1 1 ::1 22"], "",
             {"address": "2001:db8::1"}),
    "everything": (["set:rhost=fe80::1%eth0"], "tenant=other putenv service=imap debug quiet",
                   {"tenant": "other", "wants": True, "wants_end": False, "service": "imap",
                    "address": "fe80::1%eth0"}),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_the_request_is_as_the_protocol_says(rig, case):
    operations, arguments, fields = REQUESTS[case]
    with FakePatd(place(rig), with_class(REFUSED)) as server:
        result = rig.run([f"auth required {rig.pat(arguments, socket=server.path)}"],
                         [*operations, f"authenticate{':silent' if case == 'silent' else ''}"],
                         answers=[TOKEN])
    assert result.code == REFUSAL
    packet, = server.requests
    fields = {"service": "sshd", "login": "root", "wants_end": True, **fields}
    assert packet == encode_request(TOKEN, nonce=packet[4:20], **fields)


def test_no_nonce_comes_twice(rig):
    with FakePatd(place(rig), with_class(REFUSED)) as server:
        rig.run([f"auth required {rig.pat(socket=server.path)}"], ["authenticate"],
                answers=[TOKEN], options=["--cycles", "200"])
    nonces = [packet[4:20] for packet in server.requests]
    assert len(nonces) == len(set(nonces)) == 225
    assert all(len(set(nonce)) > 4 for nonce in nonces)


# --- what is answered ---

ANSWERS = {
    "accepted": (with_class(ACCEPTED), SUCCESS, None),
    "refused": (with_class(REFUSED), REFUSAL, None),
    "not a token": (with_class(OTHER), "PAM_CRED_INSUFFICIENT", None),
    "unavailable": (with_class(UNAVAILABLE), UNAVAIL, None),
    "scopes that nobody asked for": (with_fields(NAMES + field(128, b"ssh:login")), SUCCESS, None),
    "unknown information": (with_fields(NAMES + field(131, b"x") + field(255, b"")), SUCCESS, None),
    "realm": (with_fields(NAMES + field(4, b"example.org")), SUCCESS, None),
    "the account's uid": (with_fields(NAMES + uid_field(0)), SUCCESS, None),
    "two answers, the first counts": (
        answers(lambda nonce: [answer(nonce, REFUSED), answer(nonce)]), REFUSAL, None),
    "wrong nonce": (answers(lambda nonce: answer(bytes(16))), UNAVAIL, MALFORMED),
    "wrong nonce, then a right one": (
        answers(lambda nonce: [answer(bytes(16)), answer(nonce)]), UNAVAIL, MALFORMED),
    "nonce backwards": (answers(lambda nonce: answer(nonce[::-1])), UNAVAIL, MALFORMED),
    "a request": (answers(lambda nonce: answer(nonce, kind=1)), UNAVAIL, MALFORMED),
    "type 0": (answers(lambda nonce: answer(nonce, kind=0)), UNAVAIL, MALFORMED),
    "version 0": (answers(lambda nonce: answer(nonce, version=0)), UNAVAIL, MALFORMED),
    "version 2": (answers(lambda nonce: answer(nonce, version=2)), UNAVAIL, MALFORMED),
    "version 255": (answers(lambda nonce: answer(nonce, version=255)), UNAVAIL, MALFORMED),
    "length 0": (answers(lambda nonce: answer(nonce, length=0)), UNAVAIL, MALFORMED),
    "length too small": (answers(lambda nonce: answer(nonce, length=24)), UNAVAIL, MALFORMED),
    "length too large": (answers(lambda nonce: answer(nonce, length=2048)), UNAVAIL, MALFORMED),
    "length 65535": (answers(lambda nonce: answer(nonce, length=65535)), UNAVAIL, MALFORMED),
    "trailing byte": (answers(lambda nonce: answer(nonce) + b"\0"), UNAVAIL, MALFORMED),
    "oversized by one": (answers(lambda nonce: answer(nonce).ljust(2049, b"\0")), UNAVAIL,
                         MALFORMED),
    "oversized, length fits": (
        with_fields(NAMES + field(200, b"x" * (2049 - 27 - len(NAMES)))), UNAVAIL, MALFORMED),
    "as large as allowed": (
        with_fields(NAMES + field(200, b"x" * (2048 - 27 - len(NAMES)))), SUCCESS, None),
    "64 KiB": (answers(lambda nonce: answer(nonce) * 1300), UNAVAIL, MALFORMED),
    "zeros": (answers(lambda nonce: bytes(2048)), UNAVAIL, MALFORMED),
    "ones": (answers(lambda nonce: b"\xff" * 2048), UNAVAIL, MALFORMED),
    "text": (answers(lambda nonce: b"OK 200 accepted\r\n"), UNAVAIL, MALFORMED),
    "what was asked": (lambda server, connection, _: connection.send(
        server.receive(connection)[0]), UNAVAIL, MALFORMED),
    "accepted, without names": (with_fields(b""), UNAVAIL, MALFORMED),
    "accepted, without id": (with_fields(USER + TENANT), UNAVAIL, MALFORMED),
    "accepted, without user": (with_fields(ID + TENANT), UNAVAIL, MALFORMED),
    "accepted, without tenant": (with_fields(ID + USER), UNAVAIL, MALFORMED),
    "refused, with names": (with_fields(NAMES, REFUSED), UNAVAIL, MALFORMED),
    "refused, with a uid": (with_fields(uid_field(0), REFUSED), UNAVAIL, MALFORMED),
    "short id": (with_fields(field(1, b"abcdefg") + USER + TENANT), UNAVAIL, MALFORMED),
    "long id": (with_fields(field(1, b"abcdefghj") + USER + TENANT), UNAVAIL, MALFORMED),
    "NUL in the id": (with_fields(field(1, b"abcd\0fgh") + USER + TENANT), UNAVAIL, MALFORMED),
    "empty user": (with_fields(ID + field(2, b"") + TENANT), UNAVAIL, MALFORMED),
    "long user": (with_fields(ID + field(2, b"x" * 257) + TENANT), UNAVAIL, MALFORMED),
    "empty tenant": (with_fields(ID + USER + field(3, b"")), UNAVAIL, MALFORMED),
    "long tenant": (with_fields(ID + USER + field(3, b"x" * 17)), UNAVAIL, MALFORMED),
    "empty realm": (with_fields(NAMES + field(4, b"")), UNAVAIL, MALFORMED),
    "long realm": (with_fields(NAMES + field(4, b"x" * 254)), UNAVAIL, MALFORMED),
    "long scopes": (with_fields(NAMES + field(128, b"x" * 1024)), UNAVAIL, MALFORMED),
    "short uid": (with_fields(NAMES + field(5, b"\0\0\0")), UNAVAIL, MALFORMED),
    "long uid": (with_fields(NAMES + field(5, bytes(5))), UNAVAIL, MALFORMED),
    "empty uid": (with_fields(NAMES + field(5, b"")), UNAVAIL, MALFORMED),
    "uid twice": (with_fields(NAMES + uid_field(0) * 2), UNAVAIL, MALFORMED),
    "id twice": (with_fields(ID + ID + USER + TENANT), UNAVAIL, MALFORMED),
    "names in disorder": (with_fields(USER + ID + TENANT), UNAVAIL, MALFORMED),
    "tag 0": (with_fields(field(0, b"") + NAMES), UNAVAIL, MALFORMED),
    "tag 6": (with_fields(NAMES + field(6, b"x")), UNAVAIL, MALFORMED),
    "tag 127": (with_fields(NAMES + field(127, b"x")), UNAVAIL, MALFORMED),
    "field beyond the end": (with_fields(NAMES + b"\x81\xff\xff"), UNAVAIL, MALFORMED),
    "half a field's head": (with_fields(NAMES + b"\x81\x00"), UNAVAIL, MALFORMED),
    "empty packet": (answers(lambda nonce: b""), UNAVAIL, AWAY),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answer(rig, case):
    behaviour, code, complaint = ANSWERS[case]
    with FakePatd(place(rig), behaviour) as server:
        judge(ask(rig, server), server, code, complaint)


def test_not_permitted_is_logged(rig):
    with FakePatd(place(rig), with_class(NOT_PERMITTED)) as server:
        result = ask(rig, server)
    assert result.code == UNAVAIL
    assert result.syslog == ["authpriv.err pam_pat(sshd:auth): this process may not ask about "
                             "this service or user"]
    assert seen(result) == junk(len(TOKEN))


def test_every_half_of_an_answer(rig):
    """All prefixes of an acceptance, one a connection."""
    whole = answer(bytes(16))
    with FakePatd(place(rig), lambda server, connection, number: connection.send(
            answer(server.receive(connection)[1])[:number])) as server:
        codes = ask_often(rig, server, len(whole) - 1)
    assert server.number == len(whole) - 1
    assert codes == [UNAVAIL] * (len(whole) - 1)


@pytest.mark.parametrize("base", ["accepted", "refused"])
def test_every_flipped_bit_of_the_head(rig, base):
    """Version, type, length, nonce, class and the heads of fields: no flipped bit lets one in."""
    klass = ACCEPTED if base == "accepted" else REFUSED
    places = [*range(24), *((24, 25, 26, 35, 36, 37, 43, 44, 45) if klass == ACCEPTED else ())]
    bits = [(at, bit) for at in places for bit in range(8)]

    def flip(server, connection, number):
        at, bit = bits[number - 1]
        packet = bytearray(answer(server.receive(connection)[1], klass))
        packet[at] ^= 1 << bit
        connection.send(bytes(packet))

    with FakePatd(place(rig), flip) as server:
        codes = ask_often(rig, server, len(bits))
    assert server.number == len(bits)
    assert codes == [UNAVAIL] * len(bits)


def test_no_other_number_is_a_class(rig):
    """Small numbers, PAM codes, verdicts and neighbours of classes accept nobody."""
    numbers = [0, 1, 2, 3, 7, 200, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xF9B439FC, 0x8142C8EA,
               0xA05F1119, 0x3C96C35A, ACCEPTED + 1, ACCEPTED - 1, REFUSED + 1, OTHER - 1]
    with FakePatd(place(rig), lambda server, connection, number: connection.send(
            answer(server.receive(connection)[1], numbers[number - 1], NAMES))) as server:
        codes = ask_often(rig, server, len(numbers))
    assert codes == [UNAVAIL] * len(numbers)


def test_garbage(rig):
    """Random packets of every length, with and without a right head."""
    source = random.Random(20240117)

    def babble(server, connection, number):
        noise = source.randbytes(source.randrange(1, 2100))
        nonce = server.receive(connection)[1]
        if number % 2:
            noise = answer(nonce, fields=noise[:1500])
        connection.send(noise)

    with FakePatd(place(rig), babble) as server:
        result = rig.run([f"auth required {rig.pat(socket=server.path)}"], ["authenticate"],
                         answers=[TOKEN], options=["--cycles", "400"])
    assert [line for line in result.lines if line.startswith("authenticate")] == \
        [f"authenticate {UNAVAIL} 450"]


# --- the account behind the answer ---

def test_an_account_with_another_uid_is_refused(rig):
    with FakePatd(place(rig), with_fields(NAMES + uid_field(4711))) as server:
        result = ask(rig, server)
    assert result.code == REFUSAL
    assert result.syslog == ["authpriv.notice pam_pat(sshd:auth): event=verify verdict=wrong-user "
                             "token=abcdefgh uid=4711: the account is not the one that was bound"]
    assert seen(result) == junk(len(TOKEN))


@pytest.mark.parametrize("user", ["no-such-account-here", "x" * 200, "ro\not"])
def test_an_account_that_does_not_exist_is_refused(rig, user):
    with FakePatd(place(rig), with_fields(NAMES + uid_field(0))) as server:
        result = ask(rig, server, user=user)
    assert result.code == REFUSAL
    assert [line.split(":")[0] for line in result.syslog] == ["authpriv.notice pam_pat(sshd"]
    assert seen(result) == junk(len(TOKEN))


def test_without_a_uid_no_account_is_needed(rig):
    with FakePatd(place(rig), with_class(ACCEPTED)) as server:
        assert ask(rig, server, user="no-such-account-here").code == SUCCESS


# --- how it is answered ---

MANNERS = {
    "closes each connection": (hangs_up, UNAVAIL, AWAY, 2),
    "closes with the request unread": (resets, UNAVAIL, AWAY, 2),
    "closes with the request read": (hangs_up_later(0), UNAVAIL, AWAY, 2),
    "closes once": (first(hangs_up, with_class(ACCEPTED)), SUCCESS, None, 2),
    "resets once": (first(resets, with_class(ACCEPTED)), SUCCESS, None, 2),
    "dies with the request, then refuses": (first(hangs_up_later(0), with_class(REFUSED)),
                                            REFUSAL, None, 2),
    "answers badly once": (first(answers(lambda nonce: b"no"), with_class(ACCEPTED)),
                           UNAVAIL, MALFORMED, 1),
}


@pytest.mark.parametrize("case", MANNERS)
def test_manner(rig, case):
    """One retry after a connection that broke, none after an answer."""
    behaviour, code, complaint, connections = MANNERS[case]
    with FakePatd(place(rig), behaviour) as server:
        judge(ask(rig, server), server, code, complaint)
        assert server.number == connections


# --- what is not patd's socket ---

def make_file(path):
    path.write_text("")


def make_stream(path, kind=socket.SOCK_STREAM):
    listener = socket.socket(socket.AF_UNIX, kind)
    listener.bind(str(path))
    if kind == socket.SOCK_STREAM:
        listener.listen()
    return listener


OBSTACLES = {
    "nothing": (lambda path: None, AWAY),
    "a socket that nobody listens on": (lambda path: make_stream(path).close(), AWAY),
    "a file": (make_file, AWAY),
    "a directory": (lambda path: path.mkdir(), AWAY),
    "a FIFO": (os.mkfifo, AWAY),
    "a dangling link": (lambda path: path.symlink_to("none"), AWAY),
    "a link to itself": (lambda path: path.symlink_to(path), "input or output failed"),
    "a stream socket": (make_stream, "input or output failed"),
    "a datagram socket": (lambda path: make_stream(path, socket.SOCK_DGRAM),
                          "input or output failed"),
}


@pytest.mark.parametrize("case", OBSTACLES)
def test_obstacle(rig, case):
    make, complaint = OBSTACLES[case]
    directory = place(rig)
    directory.mkdir(mode=0o755)
    kept = make(directory / "sock")
    judge(ask(rig, directory / "sock"), directory / "sock", UNAVAIL, complaint)
    del kept


@pytest.mark.parametrize("path", ["sock", "./sock", "/sock-that-is-not-there"])
def test_paths_without_a_directory(rig, path):
    result = ask(rig, path)
    assert (result.code, len(result.syslog), seen(result)) == (UNAVAIL, 1, junk(len(TOKEN)))


# --- who answers: (uid of the server, owner of its directory, who asks) -> trusted ---

SERVERS = {
    "root, from root": (0, 0, "self", True),
    "root, from another": (0, OTHER_UID, "listed", True),
    "owner of the directory, from root": (OTHER_UID, OTHER_UID, "self", True),
    "owner of the directory, from another": (OTHER_UID, OTHER_UID, "listed", True),
    "the asker's own": (LISTED_UID, 0, "listed", True),
    "a stranger, from root": (OTHER_UID, 0, "self", False),
    "a stranger, from another": (OTHER_UID, 0, "listed", False),
    "a stranger in the asker's directory": (OTHER_UID, LISTED_UID, "listed", False),
    "an unmapped uid": (65534, 65534, "self", False),
} if IS_ROOT else {"one's own": (None, None, "self", True)}


@pytest.mark.parametrize("case", SERVERS)
def test_only_a_trusted_server_hears_the_token(rig, case):
    uid, owner, asker, trusted = SERVERS[case]
    with FakePatd(place(rig), with_class(ACCEPTED), uid=uid, owner=owner) as server:
        judge(ask(rig, server, asker=asker), server, SUCCESS if trusted else UNAVAIL,
              None if trusted else "not permitted")
    assert len(server.requests) == trusted or server.requests == [b""]


if IS_ROOT:
    def test_a_socket_that_one_may_not_open(rig):
        with FakePatd(place(rig), with_class(ACCEPTED), mode=0o600) as server:
            judge(ask(rig, server, asker="stranger"), server, UNAVAIL, "not permitted")


# --- how long it takes: all of them wait beside each other ---

WAITS = {
    "hung": (silent, [], UNAVAIL, LATE, 2, 6),
    "does not read": (deaf, [], UNAVAIL, LATE, 2, 6),
    "does not accept": (None, [], UNAVAIL, LATE, 2, 6),
    "answers after 2 s": (slow(2), [], SUCCESS, None, 1.5, 6),
    "refuses after 2 s": (slow(2, lambda nonce: answer(nonce, REFUSED)), [], REFUSAL, None, 1.5, 6),
    "answers after 5 s": (slow(5), [], UNAVAIL, LATE, 2, 4.9),
    "closes after 2 s, then hangs": (first(hangs_up_later(2), silent), [], UNAVAIL, LATE, 2, 4.9),
    "closes after 1 s, then answers": (first(hangs_up_later(1), with_class(ACCEPTED)), [],
                                       SUCCESS, None, 0.5, 6),
    "hung, and signals come": (silent, ["--alarms"], UNAVAIL, LATE, 2, 6),
    "slow, and signals come": (slow(2), ["--alarms"], SUCCESS, None, 1.5, 6),
    "hung, descriptors closed": (silent, ["--closed"], UNAVAIL, LATE, 2, 6),
}


@pytest.fixture(scope="module")
def waits(rig):
    """The results of all cases; one that does not end in time is None."""
    def one(case):
        behaviour, options = WAITS[case][:2]
        with FakePatd(place(rig), behaviour) as server:
            return server, ask(rig, server, options=options, timeout=15)

    with concurrent.futures.ThreadPoolExecutor(len(WAITS)) as pool:
        futures = {case: pool.submit(one, case) for case in WAITS}
    return {case: None if future.exception() else future.result()
            for case, future in futures.items()}


@pytest.mark.parametrize("case", WAITS)
def test_wait(waits, case):
    _, _, code, complaint, least, most = WAITS[case]
    assert waits[case] is not None, "it did not come back within 15 s"
    server, result = waits[case]
    judge(result, server, code, complaint)
    assert least < result.seconds < most


def test_a_full_backlog_is_waited_for_no_longer(rig):
    """connect(2) itself waits when nobody accepts."""
    with FakePatd(place(rig), None, backlog=0) as server:
        kept = []
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.setblocking(False)
            kept.append(connection)
            try:
                connection.connect(str(server.path))
            except BlockingIOError:
                break
        result = ask(rig, server)
        judge(result, server, UNAVAIL, LATE)
    assert 2 < result.seconds < 6


def test_ordinary_passwords_do_not_wait_for_a_hung_patd(rig):
    """The token times out; the next try is a password of the module behind, and is in at once."""
    with FakePatd(place(rig), silent) as server:
        stack = [f"auth [success=1 default=ignore] {rig.pat(socket=server.path)}",
                 f"auth required {rig.password}", "auth required pam_permit.so"]
        slow_one = rig.run(stack, ["authenticate", "authenticate"],
                           answers=[TOKEN, "Hunter2pass"])
        quick = rig.run(stack, ["authenticate"], answers=["Hunter2pass"])
        assert server.number == 1
    assert [code for _, code in slow_one.codes] == [REFUSAL, SUCCESS]
    assert 2 < slow_one.seconds < 6
    assert quick.code == SUCCESS and quick.seconds < 2


def test_its_socket_is_closed_on_exec(rig):
    """While it waits, the driver's only socket bears O_CLOEXEC; SIGPIPE is as a program finds it."""
    with FakePatd(place(rig), silent) as server:
        stack = [f"auth required {rig.pat(socket=server.path)}"]
        run = rig.prepare(stack, "sshd")
        process = rig.start(run, ["authenticate"], answers=[TOKEN])
        try:
            for _ in range(1000):
                if server.requests:
                    break
                server.wait(0.01)
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                ignored = int(file.read().split("SigIgn:")[1].split()[0], 16)
            flags = {}
            for name in os.listdir(f"/proc/{process.pid}/fd"):
                if os.readlink(f"/proc/{process.pid}/fd/{name}").startswith("socket:"):
                    with open(f"/proc/{process.pid}/fdinfo/{name}", encoding="ascii") as file:
                        flags[name] = int(file.read().split("flags:")[1].split()[0], 8)
        finally:
            result = rig.finish(process, run, [TOKEN])
    assert result.code == UNAVAIL
    assert ignored >> signal.SIGPIPE - 1 & 1 == 0  # a write to a dead patd would have killed it
    assert len(flags) == 1 and all(flag & os.O_CLOEXEC for flag in flags.values())


def test_the_class_numbers_are_those_of_the_code(rig):
    """fakepatd.py says what core/policy/verdict.h says."""
    del rig
    from pat import CLASSES
    assert {ACCEPTED, OTHER, REFUSED, UNAVAILABLE, NOT_PERMITTED} == set(CLASSES)
    assert struct.pack(">I", ACCEPTED) == b"\x5a\xc3\x96\x3c"
