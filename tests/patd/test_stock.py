# SPDX-License-Identifier: BSD-2-Clause
"""The protocols of libsasl2: who is accepted, what is never answered, and all of it in time."""
import contextlib
import ctypes
import grp
import json
import os
import secrets
import signal
import subprocess
import sys

import pytest

from pat import IS_ROOT, encode_request
from patdkit import (ME, Asker, Daemon, process_status, section, system_account, unknown_token,
                     wait_until, with_other_secret)
from stock import BOTH, NO, NOTHING, OK, Authdaemon, Mux, Stock, ask, told

IN_TIME = 2.5  # seconds: 1.9, and what a busy machine adds
both = pytest.mark.parametrize("protocol", BOTH, ids=[each.NAME for each in BOTH])


@pytest.fixture(scope="module")
def host():
    """Two tenants, a user of each, and their tokens; nothing of it is changed."""
    with Daemon() as patd:
        patd.tenant(realms=["acme.example"])
        patd.tenant("lab", realms=["lab.example"], makeDefault=False)
        patd.user("alice", grants=["mail:*"])
        patd.user("alice", grants=["mail:*"], tenant="lab")
        patd.write_config(patd.sections.replace("[service imap]\n",
                                                "[service imap]\ntenants = acme lab@\n"))
        patd.restart()
        patd.good, _ = patd.token(scopes=["mail:read"])
        patd.lab, _ = patd.token(scopes=["mail:read"], tenant="lab")
        patd.bound, patd.bound_record = patd.token(scopes=["mail:read"],
                                                   addresses=["192.0.2.0/24"])
        yield patd


# --- classes ---

@both
def test_classes(host, protocol):
    assert ask(host, protocol, host.good) == OK
    assert ask(host, protocol, "an ordinary password") == NO
    assert ask(host, protocol, "") == NO
    assert ask(host, protocol, unknown_token()) == NO
    assert ask(host, protocol, with_other_secret(host.good)) == NO
    assert ask(host, protocol, host.good[:-1]) == NO
    assert ask(host, protocol, host.good, login="bob") == NO
    assert ask(host, protocol, host.good, login="") == NO
    assert ask(host, protocol, host.good, service="smtp") == NO
    assert ask(host, protocol, host.good, service="no service") == NO
    assert ask(host, protocol, host.good, service="") == NO


@both
def test_realms(host, protocol):
    assert ask(host, protocol, host.good, login="alice@acme.example") == OK
    assert ask(host, protocol, host.good, login="alice@ACME.example") == OK
    assert ask(host, protocol, host.lab, login="alice@lab.example") == OK
    assert ask(host, protocol, host.lab) == NO
    assert ask(host, protocol, host.lab, login="alice@acme.example") == NO
    assert ask(host, protocol, host.good, login="alice@lab.example") == NO
    assert ask(host, protocol, host.good, login="alice@other.example") == NO
    assert ask(host, protocol, host.good, login="alice@lab.example@acme.example") == NO


def test_addresses_of_the_fifth_field(host):
    assert ask(host, Mux, host.bound, address="192.0.2.7;4000") == OK
    assert ask(host, Mux, host.bound, address="198.51.100.7;4000") == NO
    assert "error" not in host.events("verify")[-1]
    assert ask(host, Mux, host.good, address="2001:db8::1;1") == OK
    assert host.events("verify")[-1]["rhost"] == "2001:db8::1"
    assert ask(host, Mux, host.good, address="") == OK
    assert ask(host, Mux, host.good, address="192.0.2.7") is NOTHING


@both
def test_a_bound_token_without_an_address(host, protocol):
    """The log says why; without the protocol's help an operator would search for long."""
    assert ask(host, protocol, host.bound) == NO
    line = host.events("verify", token=host.bound_record["id"])[-1]
    assert (line["verdict"], line["error"]) == ("address-denied", "no address was told")


@both
def test_services_of_local_accounts(protocol):
    """Only a client that is told the uid may accept: here it is not, and the log says so."""
    account = system_account()
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["ssh:login"], account=account.pw_name, uid=account.pw_uid,
                  system=True)
        token, record = patd.token(scopes=["ssh:login"])
        request = {"service": "sshd", "login": account.pw_name}
        assert patd.verify(token, **request)["class"] == "accepted"
        assert ask(patd, protocol, token, **request) == NO
        line = patd.events("refused")[-1]
        assert line["service"] == "sshd" and "local accounts" in line["error"]
        assert patd.events("verify")[-1]["verdict"] == "not-permitted"
        assert ask(patd, protocol, with_other_secret(token), **request) == NO
        uses = patd.call("Uses", token=record["id"])["uses"]
        assert sorted(use["verdict"] for use in uses) == ["accepted", "not-permitted"]


@both
def test_who_may_not_ask_gets_no_answer(host, protocol):
    if IS_ROOT:
        assert ask(host, protocol, host.good, uid=12345) is NOTHING
    else:
        assert ask(host, protocol, host.good, service="http-x") is NOTHING
    assert host.events("verify")[-1]["verdict"] == "not-permitted"


@both
def test_no_store_no_answer(protocol):
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        token, _ = patd.token(scopes=["mail:read"])
        assert ask(patd, protocol, token) == OK
        patd.stop()
        (patd.keys / "anchor").unlink()
        patd.start()
        for password in (token, unknown_token(), "an ordinary password"):
            assert ask(patd, protocol, password) is NOTHING


@both
def test_a_revoked_token_is_refused_at_once(acme, protocol):
    token, record = acme.token(scopes=["mail:read"])
    assert ask(acme, protocol, token) == OK
    acme.call("Revoke", tokens=[record["id"]])
    assert ask(acme, protocol, token) == NO


def test_a_store_that_comes_back_is_opened_however_often_it_is_asked_for(acme):
    """The reader's handle is made at the first question; every further one must not put it off."""
    acme.restart()
    (acme.state / "pat.db").rename(acme.state / "away")
    assert ask(acme, Mux, "an ordinary password") is NOTHING
    (acme.state / "away").rename(acme.state / "pat.db")
    assert wait_until(lambda: ask(acme, Mux, "an ordinary password") == NO, 5)


# --- bytes ---

@both
def test_byte_by_byte_and_in_two_parts(host, protocol):
    whole = protocol.request(host.good)
    with Stock(host, protocol) as stock:
        # authdaemon's last newline is nothing to wait for: it could come after the answer
        stock.dribble(whole.removesuffix(b"\n") if protocol is Authdaemon else whole)
        assert stock.answer() == OK
    for at in range(1, len(whole)):
        with Stock(host, protocol) as stock:
            stock.send(whole[:at])
            assert stock.is_ready(0.002) == (protocol is Authdaemon and at == len(whole) - 1)
            stock.send(whole[at:]) if not stock.is_ready() else None
            assert stock.answer() == OK


@both
@pytest.mark.parametrize("size", [257, 300, 1000, 2000, 8000])
def test_what_is_too_long_is_refused(host, protocol, size):
    """As a wrong password is: people paste anything. The rest is drained, or libsasl2 fails."""
    assert ask(host, protocol, "x" * size) == NO
    assert ask(host, protocol, host.good, login="x" * size) == NO
    assert host.events("refused", peer_uid=str(ME))


def test_names_and_passwords_of_two_lines(host):
    """A newline would begin another field, and another's name with it."""
    for login, password in (("alice\n" + host.good, ""), ("bob\nalice", host.good),
                            ("alice", host.good + "\n"), ("\nalice", host.good)):
        assert ask(host, Authdaemon, password, login=login) == NO
    assert ask(host, Mux, host.good, login="alice\nbob") == NO
    assert "\nbob" not in host.log_text()


GARBAGE = {
    Authdaemon: [b"\n", b"AUTH x\n", b"AUTH 0016\n", b"PRE . imap alice\n", b"auth 1\n", b"\0" * 9,
                 b"GET / HTTP/1.0\r\n\r\n", Authdaemon.request("x").replace(b"login", b"LOGIN"),
                 Authdaemon.request("x") + b"x", Authdaemon.request("x") * 2,
                 Authdaemon.request("x") + b"\n" * 4000, b"\xff" * 8000],
    Mux: [Mux.request("x", address="") + b"x", Mux.request("x") * 2, b"\0" * 11,
          Mux.request("x", address="nonsense"), Mux.request("x", address="") + b"\0" * 4000,
          Mux.request("x", login="a\0b"), b"\0" * 8000],
}


@both
def test_garbage_is_not_answered(host, protocol):
    for data in GARBAGE[protocol]:
        assert told(host, protocol, data) is NOTHING, data
    assert host.events("refused")[-1]["error"] == "bytes that are no request"
    assert ask(host, protocol, host.good) == OK


@both
def test_random_bytes(host, protocol):
    """Any answer but an acceptance, or none."""
    whole = bytearray(protocol.request("an ordinary password"))
    for _ in range(150):
        changed = bytearray(whole)
        changed[secrets.randbelow(len(changed))] = secrets.randbelow(256)
        for data in (bytes(changed), secrets.token_bytes(1 + secrets.randbelow(300))):
            with Stock(host, protocol) as stock:
                stock.send(data)
                stock.socket.shutdown(1)
                assert stock.answer() in (NO, NOTHING), data


@both
def test_half_closed_connections(host, protocol):
    whole = protocol.request(host.good)
    with Stock(host, protocol) as stock:
        stock.send(whole)
        stock.socket.shutdown(1)
        assert stock.answer() == OK
    for at in range(0, len(whole) - 2, 7):
        with Stock(host, protocol) as stock:
            stock.send(whole[:at])
            stock.socket.shutdown(1)
            assert stock.answer() is NOTHING


class FewDescriptors(Daemon):
    """With so few descriptors that a leak of some ends it."""

    def command(self, *arguments):
        return ["prlimit", "--nofile=64:64", *super().command(*arguments)]


def is_served(patd, protocol):
    """False also where it was turned away at once, for want of descriptors."""
    try:
        return ask(patd, protocol, "an ordinary password") == NO
    except (BrokenPipeError, ConnectionResetError):
        return False


def test_clients_that_do_not_wait():
    """Nothing leaks; and a store that could not be opened meanwhile is, while requests go on."""
    with FewDescriptors() as patd:
        for number in range(300):
            protocol = BOTH[number % 2]
            data = protocol.request("an ordinary password")
            with Stock(patd, protocol) as stock, contextlib.suppress(BrokenPipeError):
                stock.send(data[:secrets.randbelow(len(data) + 1)])
        for protocol in BOTH:
            assert wait_until(lambda: is_served(patd, protocol))


# --- time ---

@both
def test_slow_clients(host, protocol):
    """However they dribble: the connection ends within two seconds of its beginning."""
    whole = protocol.request(host.good)
    silent, slow = Stock(host, protocol), Stock(host, protocol)
    slow.dribble(whole[:-5] + b"x" * 1000, 0.1)
    assert slow.answer() in (NOTHING, NO)
    assert silent.answer() is NOTHING
    assert 1.5 < slow.took < IN_TIME and 1.5 < silent.took < 2 * IN_TIME


def stop_groups(patd):
    """The processes that ask for Unix groups, which from now on do not."""
    children = open(f"/proc/{patd.pid}/task/{patd.pid}/children", encoding="ascii").read()
    helpers = [int(pid) for pid in children.split()]
    for pid in helpers:
        assert process_status(pid)["Name"] == "patd-groups"
        os.kill(pid, signal.SIGSTOP)
    return helpers


@both
def test_waits_do_not_add_up(protocol):
    """Slow bytes, then groups that do not answer, then a penalty: in time all the same."""
    account = system_account()
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:read", "mail:send"], account=account.pw_name,
                  uid=account.pw_uid, system=True)
        patd.call("GrantAdd", holder="@" + grp.getgrgid(account.pw_gid).gr_name,
                  scopes=["mail:send"])
        token, _ = patd.token(scopes=["mail:read", "mail:send"])
        patd.call("GrantRemove", holder="alice", scopes=["mail:send"])
        whole = protocol.request(token, service="smtp")
        assert told(patd, protocol, whole) == OK
        patd.restart()  # the group's answer is forgotten
        guesses = [Stock(patd, protocol) for _ in range(40)]
        for guess in guesses:
            guess.send(protocol.request(unknown_token(), service="smtp"))
        helpers = stop_groups(patd)
        try:
            with Stock(patd, protocol) as late:
                late.send(whole[:20])
                assert not late.is_ready(1.2)
                late.send(whole[20:])
                assert ask(patd, protocol, token) == OK  # nobody else waits
                assert late.answer() == NO
        finally:
            for pid in helpers:
                os.kill(pid, signal.SIGCONT)
        assert 1.3 < late.took < IN_TIME
        assert patd.events("failure", doing="asking for groups: no answer in time")


@both
def test_penalties(acme, protocol):
    """A refusal waits behind many others, an acceptance never."""
    token, _ = acme.token(scopes=["mail:read"])
    guesses = [Stock(acme, protocol) for _ in range(31)]
    for guess in guesses:
        guess.send(protocol.request(unknown_token()))
    assert ask(acme, protocol, token) == OK
    assert not guesses[-1].is_ready()
    assert {guess.answer() for guess in guesses} == {NO}
    assert 0.9 < guesses[-1].took < IN_TIME


def connections(patd, protocol, count, uid=None):
    return [Stock(patd, protocol, uid) for _ in range(count)]


@both
def test_the_cap_of_a_uid(protocol):
    """A mail server is one uid: it gets more than others, in each protocol for itself."""
    with Daemon() as patd:
        uid = 12345 if IS_ROOT else None
        held = connections(patd, protocol, protocol.PER_UID, uid)
        with Stock(patd, protocol, uid) as over:
            assert over.answer() is NOTHING
        assert not any(stock.is_ready() for stock in held)
        assert patd.events("refused", error="too many connections of this uid")
        with Asker(patd, uid) as asker:
            asker.send(encode_request("a password", service="imap"))
            assert asker.answer()["class"] == "other"
        for stock in held:
            stock.socket.close()
        assert wait_until(lambda: ask(patd, protocol, "a password", uid=uid) == NO)


# --- libsasl2 itself ---

CHECKPASS = """
import ctypes, json, sys
sasl = ctypes.CDLL("libsasl2.so.2")
options = {key.encode(): value.encode() for key, value in json.loads(sys.argv[1]).items()}
GETOPT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
                          ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_uint))

@GETOPT
def getopt(context, plugin, name, result, length):
    if name not in options:
        return -1
    result[0] = options[name]
    return 0

class Callback(ctypes.Structure):
    _fields_ = [("id", ctypes.c_ulong), ("function", GETOPT), ("context", ctypes.c_void_p)]

callbacks = (Callback * 2)(Callback(1, getopt, None), Callback(0, GETOPT(), None))
assert sasl.sasl_server_init(callbacks, b"try") == 0
for line in sys.stdin:
    login, password = (text.encode() for text in json.loads(line))
    connection = ctypes.c_void_p()
    assert sasl.sasl_server_new(b"imap", b"host.example", None, None, None, None, 0,
                                ctypes.byref(connection)) == 0
    print(sasl.sasl_checkpass(connection, login, len(login), password, len(password)))
    sasl.sasl_dispose(ctypes.byref(connection))
"""

SASL_OK, SASL_FAIL, SASL_BADAUTH = 0, -1, -13


def checkpass(patd, protocol, *tries):
    """What sasl_checkpass() answers to logins and passwords."""
    options = {Mux: {"pwcheck_method": "saslauthd", "saslauthd_path": patd.run / "verify/mux"},
               Authdaemon: {"pwcheck_method": "authdaemond",
                            "authdaemond_path": patd.run / "verify/authdaemon"}}[protocol]
    done = subprocess.run(
        [sys.executable, "-c", CHECKPASS, json.dumps({k: str(v) for k, v in options.items()})],
        input="".join(json.dumps(each) + "\n" for each in tries), capture_output=True, text=True,
        timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [int(code) for code in done.stdout.split()]


@both
def test_libsasl2_understands(host, protocol):
    """It tells a wrong password from a server that cannot decide."""
    assert ctypes.CDLL("libsasl2.so.2")
    tries = [("alice", host.good), ("alice@acme.example", host.good), ("alice", "wrong"),
             ("bob", host.good), ("alice", with_other_secret(host.good)), ("alice", host.bound),
             ("alice@lab.example", host.lab), ("alice", "x" * 300)]
    assert checkpass(host, protocol, *tries) == [SASL_OK, SASL_OK] + [SASL_BADAUTH] * 4 + [
        SASL_OK, SASL_BADAUTH]


@both
def test_libsasl2_is_told_of_trouble(protocol):
    with Daemon() as patd:
        patd.tenant()
        patd.stop()
        assert checkpass(patd, protocol, ("alice", unknown_token())) == [SASL_FAIL]
        (patd.keys / "anchor").unlink()
        patd.start()
        assert checkpass(patd, protocol, ("alice", unknown_token())) == [SASL_FAIL]


# --- the log ---

@both
def test_no_secret_is_logged(host, protocol):
    told(host, protocol, protocol.request(host.good)[:-3])
    told(host, protocol, b"x" + protocol.request(host.good))
    ask(host, protocol, "p", login=host.good)
    begin = host.good.index("_1") + 10
    assert host.good[begin:begin + 26] not in host.log_text()


def test_sockets_of_pat_conf():
    """A listener for a chroot, in each protocol, beside the usual ones."""
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        token, _ = patd.token(scopes=["mail:read"])
        patd.stop()
        patd.write_config(section("imap") + "".join(
            f"[listener {each.NAME}]\nprotocol = {each.NAME}\n"
            f"path = {patd.directory / each.NAME}\n" for each in BOTH))
        patd.start()
        for protocol in BOTH:
            for path in (None, patd.directory / protocol.NAME):
                with Stock(patd, protocol, path=path) as stock:
                    stock.send(protocol.request(token))
                    assert stock.answer() == OK
