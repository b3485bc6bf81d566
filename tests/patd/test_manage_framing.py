# SPDX-License-Identifier: BSD-2-Clause
"""Varlink on the manage socket: framing, garbage, what is promised and what is not."""
import fcntl
import json
import struct
import termios

import pytest

from pat import SOURCE
from patdkit import (ME, Caller, built_methods, connect, interface, message, refusal, wait_until)

MANAGE = "io.linuxpat.Manage."
SERVICE = "org.varlink.service."
LIMIT = 64 * 1024


def unread(connection):
    """Bytes that the other side has not read yet."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0]


def test_a_message_in_two_pieces(shared):
    """Cut at every byte; the second piece is sent when patd has read the first."""
    whole = message("UserShow", {"user": "alice"})
    with Caller(shared) as caller:
        for at in range(1, len(whole)):
            caller.send(whole[:at])
            assert wait_until(lambda: unread(caller.socket) == 0)
            caller.send(whole[at:])
            assert caller.result()["user"]["user"] == "alice"


def test_a_message_byte_by_byte(shared):
    with Caller(shared) as caller:
        for byte in message("WhoAmI"):
            caller.send(bytes([byte]))
            assert wait_until(lambda: unread(caller.socket) == 0)
        assert caller.result()["uid"] == ME


def test_several_messages_in_one_write(shared):
    """Answered in their order, errors among them."""
    with Caller(shared) as caller:
        caller.send(message("WhoAmI") + message("UserShow", {"user": "nobody-here"}) +
                    message("Nonsense") + message("UserShow", {"user": "alice"}) +
                    message("TenantList", more=True) + message("WhoAmI")[:-1])
        assert caller.reply()["parameters"]["uid"] == ME
        assert caller.reply()["error"] == MANAGE + "NotFound"
        assert caller.reply()["error"] == SERVICE + "MethodNotFound"
        assert caller.reply()["parameters"]["user"]["user"] == "alice"
        assert caller.reply()["continues"] is True
        assert caller.reply() == {"parameters": {}}
        caller.send(b"\0")
        assert caller.reply()["parameters"]["uid"] == ME


def padded(size):
    """A call of so many bytes with its NUL."""
    call = message("WhoAmI")
    return call[:-2] + b" " * (size - len(call)) + b"}\0"


def test_the_limit_of_a_message(shared):
    with Caller(shared) as caller:
        for size in (LIMIT - 1, LIMIT):
            caller.send(padded(size))
            assert caller.result()["uid"] == ME
        caller.send(padded(LIMIT) * 3)
        for _ in range(3):
            assert caller.result()["uid"] == ME
    for data in (padded(LIMIT + 1), b"x" * (LIMIT + 1), b" " * (10 * LIMIT)):
        with Caller(shared) as caller:
            try:
                caller.send(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert caller.reply() is None
    assert shared.health() == "accepted"


GARBAGE = [
    b"", b"\0", b" ", b"{", b"}", b"{}", b"[]", b"null", b"1", b'"text"', b"true", b"nonsense",
    b"\xff\xfe", b"\x1b[2J", b'{"method":"' + MANAGE.encode() + b'WhoAmI"', b'{"method":1}',
    b'{"method":null}', b'{"method":["x"]}', b'{"parameters":{}}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","parameters":[]}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","parameters":1}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","parameters":"x"}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","more":1}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","more":"true"}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","oneway":null}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","upgrade":true}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","upgrade":0}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","method":"io.linuxpat.Manage.List"}',
    b'{"method":"io.linuxpat.Manage.WhoAmI","parameters":{"a":1,"a":2}}',
    b'{"method":"io.linuxpat.Manage.WhoAmI"}{"method":"io.linuxpat.Manage.WhoAmI"}',
    b'{"method":"io.linuxpat.Manage.WhoAmI",}', b"{'method':'io.linuxpat.Manage.WhoAmI'}",
    b'{"method":"io.linuxpat.Manage.WhoAmI\\u0000"}', b'{"method":"\\ud800"}',
    b'{"method":"\xc3\x28"}', b'{"method":"io.linuxpat.Manage.WhoAmI","parameters":{"a":1e999}}',
    b'{"method":"x","parameters":{"a":99999999999999999999999999}}',
    b"[" * 30000, b'{"a":' * 10000, b'{"method":"x","parameters":' + b'{"a":' * 3000,
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
]


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_ends_its_connection_and_no_other(shared, data):
    with Caller(shared) as innocent, Caller(shared) as caller:
        caller.send(data + b"\0")
        assert caller.reply() is None
        assert innocent.call("WhoAmI")["uid"] == ME


def test_what_came_before_garbage_is_answered(shared):
    with Caller(shared) as caller:
        caller.send(message("WhoAmI") + b"nonsense\0" + message("WhoAmI"))
        assert caller.result()["uid"] == ME
        assert caller.reply() is None


def test_unknown_members_of_a_call_are_none_of_ours(shared):
    with Caller(shared) as caller:
        caller.send(json.dumps({"method": MANAGE + "WhoAmI", "extra": {"x": 1}}).encode() + b"\0")
        assert caller.result()["uid"] == ME


# --- names ---

@pytest.mark.parametrize("method, error, parameters", [
    (MANAGE + "Nonsense", "MethodNotFound", {"method": MANAGE + "Nonsense"}),
    (MANAGE + "whoami", "MethodNotFound", {"method": MANAGE + "whoami"}),
    (MANAGE + "WhoAmI2", "MethodNotFound", {"method": MANAGE + "WhoAmI2"}),
    (MANAGE, "MethodNotFound", {"method": MANAGE}),
    (MANAGE + "x" * 60000, "MethodNotFound", {"method": MANAGE + "x" * 60000}),
    ("io.linuxpat.Other.WhoAmI", "InterfaceNotFound", {"interface": "io.linuxpat.Other.WhoAmI"}),
    ("io.linuxpat.Manager", "InterfaceNotFound", {"interface": "io.linuxpat.Manager"}),
    (".", "InterfaceNotFound", {"interface": "."}),
    (SERVICE + "Nonsense", "MethodNotFound", {"method": "Nonsense"}),
    (SERVICE + "GetInterfaceDescription", "InvalidParameter", {"parameter": "interface"}),
], ids=range(10))
def test_unknown_names(shared, method, error, parameters):
    with Caller(shared) as caller:
        caller.post(method)
        assert caller.reply() == {"error": SERVICE + error, "parameters": parameters}
        assert caller.call("WhoAmI")["uid"] == ME


def test_unknown_parameters(shared):
    """A misspelt limit is told, never ignored."""
    for name in ("token", "Tenant", "tenant ", "", "x" * 1000, "\u202e"):
        error = refusal(shared.call, "Status", {name: "x"})
        assert error.error == "InvalidParameter" and error.parameters == {"parameter": name}
    error = refusal(shared.call, "List", filter={"colour": "red"})
    assert error.parameters == {"parameter": "filter"}


def test_every_promised_method_is_there_or_to_come(shared):
    """What the interface names is never "not found"; what it does not name always is."""
    built = built_methods()
    assert set(built) <= set(interface()) and len(built) >= 20
    with Caller(shared) as caller:
        for name in interface():
            caller.post(name, more=True, nonsense=True)
            reply = caller.reply()
            if name in built:
                assert reply == {"error": SERVICE + "InvalidParameter",
                                 "parameters": {"parameter": "nonsense"}}
            else:
                assert reply == {"error": SERVICE + "MethodNotImplemented",
                                 "parameters": {"method": MANAGE + name}}


def test_introspection(shared):
    info = shared.call(SERVICE + "GetInfo")
    assert info["interfaces"] == ["org.varlink.service", "io.linuxpat.Manage"]
    assert {"vendor", "product", "version", "url"} <= set(info)
    text = shared.call(SERVICE + "GetInterfaceDescription", interface="io.linuxpat.Manage")
    assert text["description"] == \
        (SOURCE / "core/wire/io.linuxpat.Manage.varlink").read_text()


# --- one way, several replies ---

def test_oneway_calls_are_done_and_not_answered(acme):
    with Caller(acme) as caller:
        caller.send(message("UserCreate", {"user": "bob"}, oneway=True) +
                    message("UserCreate", {"user": "bob"}, oneway=True) +
                    message("Nonsense", oneway=True) +
                    message("List", {}, more=True, oneway=True) + message("WhoAmI"))
        assert caller.result()["uid"] == ME
        assert caller.call("UserShow", user="bob")["user"]["user"] == "bob"


STREAMS = {"List", "UserList", "GrantList", "TenantList", "Log", "LogVerify"}


def test_streams_want_more(shared):
    for method in sorted(STREAMS - {"List"}):
        error = refusal(shared.call, method)
        assert error.error == "ExpectedMore", method
    with Caller(shared) as caller:
        for method in sorted(STREAMS):
            caller.post(method, more=True)
            replies = []
            while not replies or replies[-1].get("continues"):
                replies.append(caller.reply())
            assert all("error" not in reply for reply in replies), (method, replies)


def test_more_for_a_single_answer(shared):
    with Caller(shared) as caller:
        for method in ("WhoAmI", "Status"):
            caller.post(method, more=True)
            assert "continues" not in caller.reply()


def test_a_list_without_more(acme):
    records = [acme.token(scopes=["mail:read"])[1]["id"] for _ in range(5)]
    reply = acme.call("List")
    assert [token["id"] for token in reply["tokens"]] == records[::-1]
    assert reply["others"] is False
    reply = acme.call("List", limit=3)
    assert [token["id"] for token in reply["tokens"]] == records[:1:-1]
    assert reply["others"] is True
    for limit in (0, -1, 101, 2 ** 62):
        assert refusal(acme.call, "List", limit=limit).parameters == {"parameter": "limit"}


def test_a_connection_that_says_nothing_harms_nobody(shared):
    silent = [connect(shared.manage_socket) for _ in range(5)]
    half = connect(shared.manage_socket)
    half.send(message("WhoAmI")[:10])
    assert shared.call("WhoAmI")["uid"] == ME
    for each in [*silent, half]:
        each.close()
