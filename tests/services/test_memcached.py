# SPDX-License-Identifier: BSD-2-Clause
"""A real memcached with four threads, wired as doc/memcached says, and a client of its protocol."""
import itertools
import struct
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import tokens
from host import tool, wait_for
from page import blocks
from saslkit import (Owner, answers, assert_no_secret, assert_said, certificate, install_plugin,
                     oauthbearer, plain, run_page, set_password, start, untrusting)
from servers import Verifier, connect

PAGE = blocks("memcached")
PORT, WITHOUT_PORT, TLS_PORT = 11311, 11312, 11313
PROBE = "/run/site-memcached-saslauthd"
OK, AUTH_ERROR, AUTH_CONTINUE = 0x00, 0x20, 0x21
SASL_LIST, SASL_AUTH, SASL_STEP, GET, SET, VERSION = 0x20, 0x21, 0x22, 0x00, 0x01, 0x0B


class Client:
    """The binary protocol, as far as logins and two commands need it."""

    def __init__(self, host, port=PORT):
        self.socket = connect(host, port)
        if port == TLS_PORT:
            self.socket = untrusting().wrap_socket(self.socket)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def ask(self, opcode, key=b"", value=b"", extras=b""):
        """One request; the status and the value of its answer."""
        body = extras + key + value
        self.socket.sendall(struct.pack(">BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0,
                                        len(body), 0, 0) + body)
        head = self.stream.read(24)
        if len(head) < 24:
            raise ConnectionError("memcached closed the connection")
        magic, _, key_size, extras_size, _, status, size, _, _ = struct.unpack(">BBHBBHIIQ", head)
        assert magic == 0x81
        return status, self.stream.read(size)[extras_size + key_size:]

    def says(self, mech, name, token):
        """A login; whether it worked, and all that the server said."""
        first, *rest = answers(mech, name, token)
        said = [self.ask(SASL_AUTH, mech.encode(), first)]
        while said[-1][0] == AUTH_CONTINUE:
            said.append(self.ask(SASL_STEP, mech.encode(), rest.pop(0)))
        return said[-1][0] == OK, said

    def works(self):
        """Whether commands are obeyed on this connection."""
        return self.ask(SET, b"key", b"value", bytes(8))[0] == OK and \
            self.ask(GET, b"key") == (OK, b"value")


def login(host, mech, name, token, port=PORT):
    with Client(host, port) as client:
        accepted, said = client.says(mech, name, token)
        assert client.works() == accepted
        return accepted, said


def start_memcached(host, port, conf, *more):
    """It reads its SASL configuration when it starts."""
    host.path("/etc/sasl2").mkdir(exist_ok=True)
    host.write("/etc/sasl2/memcached.conf", conf)
    return start(host, [tool("memcached"), "-S", "-t", "4", "-c", "2048", "-u", "memcache",
                        "-l", "127.0.0.1", "-p", str(port), *more], port)


@pytest.fixture(scope="module")
def server(host):
    install_plugin(host)
    since = len(host.syslog.lines)
    host.patd.configure(PAGE["/etc/pat/pat.conf"])
    host.patd.reload()
    owner = Owner(host, "mel", "memcached:login")
    name = host.run(["hostname"]).stdout.strip()
    set_password(host, "/etc/sasldb2-memcached", owner.name, owner.password, name, "memcache")
    verifier = Verifier(host, PROBE, {})
    certificate(host, "/etc/memcached.pem", "memcache")
    page = PAGE["/etc/sasl2/memcached.conf"].replace(
        "pwcheck_method: auxprop", "pwcheck_method: auxprop saslauthd")
    page += f"saslauthd_path: {PROBE}\n"
    started = [
        start_memcached(host, WITHOUT_PORT, "mech_list: PLAIN LOGIN\npwcheck_method: auxprop\n"
                        "sasldb_path: /etc/sasldb2-memcached\n"),
        start_memcached(host, TLS_PORT, page, "-Z", "-o", "ssl_chain_cert=/etc/memcached.pem,"
                        "ssl_key=/etc/memcached.pem"),
        start_memcached(host, PORT, page)]
    yield SimpleNamespace(host=host, owner=owner, verifier=verifier, since=since,
                          logs=[log for _, log in started])
    for process, _ in started:
        process.terminate()
        process.wait(20)
    verifier.close()
    host.patd.configure()
    host.patd.reload()


MECHS = ("PLAIN", "OAUTHBEARER")
all_mechs = pytest.mark.parametrize("mech", MECHS)


@all_mechs
def test_a_token_gets_in(server, mech):
    since = len(server.host.syslog.lines)
    assert login(server.host, mech, "mel", server.owner.token)[0]
    server.host.syslog.wait(f"event=verify verdict=accepted token={server.owner.id} .* "
                            "service=memcached", since=since)


def test_a_token_gets_in_by_tls(server):
    assert login(server.host, "PLAIN", "mel", server.owner.token, TLS_PORT)[0]
    assert not login(server.host, "PLAIN", "mel", tokens.malformed(server.owner.token),
                     TLS_PORT)[0]


def test_an_ordinary_password_still_gets_in(server):
    assert login(server.host, "PLAIN", "mel", server.owner.password)[0]
    asked = len(server.verifier.asked)
    assert not login(server.host, "PLAIN", "mel", "not " + server.owner.password)[0]
    assert [entry[1] for entry in server.verifier.asked[asked:]] == ["not " + server.owner.password]


def test_what_is_offered(server):
    for port, mechs in ((PORT, "PLAIN OAUTHBEARER"), (WITHOUT_PORT, "PLAIN LOGIN")):
        with Client(server.host, port) as client:
            status, text = client.ask(SASL_LIST)
            assert status == OK and sorted(text.decode().split()) == sorted(mechs.split())
            assert not client.works(), "nothing without a login"


@pytest.fixture(scope="module")
def refused(server):
    return server.owner.refused()


@all_mechs
def test_refused_alike_and_the_log_says_why(server, refused, mech):
    since, asked = len(server.host.syslog.lines), len(server.verifier.asked)
    told = set()
    for token, verdict in refused.items():
        if mech == "OAUTHBEARER" and verdict == "wrong-user":
            continue  # the token says who it is
        accepted, said = login(server.host, mech, "mel", token)
        assert not accepted, verdict
        told.add(tuple(said))
        if verdict != "malformed":  # memcached logs nothing without -v
            assert_said(server.host, token, verdict, "memcached", since)
    assert len(told) == 1, told
    assert server.verifier.asked[asked:] == [], "no token reaches the site's own verifier"


@all_mechs
def test_a_revoked_token_is_refused_by_the_very_next_login(server, mech):
    token, record = server.owner.another()
    with Client(server.host) as client:
        assert client.says(mech, "mel", token)[0]
        server.owner.revoke(record)
        assert not client.says(mech, "mel", token)[0]
    assert not login(server.host, mech, "mel", token)[0]


@pytest.mark.parametrize("first", MECHS)
@pytest.mark.parametrize("second", MECHS)
def test_a_refusal_and_then_a_login_in_one_connection(server, first, second):
    with Client(server.host) as client:
        assert not client.says(first, "mel", tokens.malformed(server.owner.token))[0]
        assert client.says(second, "mel", server.owner.token)[0]
        assert client.works()


def test_nobody_acts_as_somebody_else(server):
    for mech, message in (("PLAIN", plain(server.owner.token, "mel", "boss")),
                          ("OAUTHBEARER", oauthbearer(server.owner.token, "boss"))):
        with Client(server.host) as client:
            assert client.ask(SASL_AUTH, mech.encode(), message)[0] != OK
            assert not client.works()


def test_many_logins_at_the_same_time(server):
    """32 clients of four threads; each gets the answer to what it said itself."""
    revoked = server.owner.revoked()
    kinds = [("PLAIN", server.owner.token, True), ("OAUTHBEARER", server.owner.token, True),
             ("PLAIN", server.owner.password, True), ("PLAIN", "nonsense", False),
             ("PLAIN", tokens.malformed(server.owner.token), False),
             ("OAUTHBEARER", tokens.malformed(server.owner.token), False)]
    jobs = list(itertools.islice(itertools.cycle(kinds), 1200))
    jobs[100::200] = [("PLAIN", revoked, False)] * len(jobs[100::200])
    since = len(server.host.syslog.lines)
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda job: login(server.host, job[0], "mel", job[1])[0], jobs))
    assert found == [expected for _, _, expected in jobs]
    expected = sum(token == server.owner.token for _, token, _ in jobs)
    wait_for(lambda: len(server.host.syslog.matching(
        f"verdict=accepted token={server.owner.id} ", since=since)) == expected,
        f"{expected} logins in patd's log")


def test_without_patd_tokens_are_refused_and_passwords_work(server):
    server.host.patd.stop()
    try:
        for mech in MECHS:
            assert not login(server.host, mech, "mel", server.owner.token)[0]
        assert login(server.host, "PLAIN", "mel", server.owner.password)[0]
    finally:
        server.host.patd.start()
    assert login(server.host, "PLAIN", "mel", server.owner.token)[0]


def test_the_page_makes_a_user_whose_token_works(server):
    lines = PAGE["Accounts:   virtual. No account of the host is meant"]
    token = tokens.FORM.search(run_page(server.host, lines, "mona")[1]).group()
    command = next(text for name, text in PAGE.items() if text.startswith("memcstat"))
    command = command.replace("alice", "mona").replace("127.0.0.1", f"127.0.0.1:{PORT}")
    for secret, expected in ((token, True), (tokens.malformed(token), False)):
        done = server.host.run(command.replace("TOKEN", secret).split())
        assert ("curr_connections" in done.stdout) == expected, done
    check = PAGE["What patd says about a token without a login"].replace("alice", "mona").split()
    server.host.patd.ctl(*check[1:], stdin=token + "\n", check=0)


def test_no_secret_is_in_any_log(server):
    assert_no_secret(server.host, server.since, *server.logs)
