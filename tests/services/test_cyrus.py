# SPDX-License-Identifier: BSD-2-Clause
"""Real Cyrus imapd and pop3d, wired as doc/cyrus-imapd says, and clients that speak over TLS (M10).

Two pairs of services: on the first the plugin serves the mechanisms, and patd's authdaemon socket
the command LOGIN and USER and PASS; on the second everything is stock, with patd's mux socket. A
saslauthd that only writes down stands behind the first, where the site's own verifier would.
"""
import shlex
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import tokens
from clients import network
from host import tool
from mailclients import IMAP, POP, Imap, Pop, refusal
from page import blocks
from saslkit import (BEARER, MECHS, PASSWORD, Owner, answers, assert_no_secret, assert_said,
                     certificate, install_plugin, plain, run_page, set_password, start,
                     untrusting, with_lines)
from servers import Verifier, connect

PAGE = blocks("cyrus-imapd")
STOCK_IMAP, STOCK_POP, SIEVE = 1144, 1111, 4190
PROBE = "/run/site-saslauthd"
# What a site has, and the pauses after refusals, which are cyrus-imapd's own, left out.
SITE = f"""\
servername: localhost
admins: ida
tls_server_cert: /etc/cyrus.pem
tls_server_key: /etc/cyrus.pem
sasl_sasldb_path: /etc/sasldb2-cyrus
sasl_saslauthd_path: {PROBE}
failedloginpause: 0
popminpoll: 0
"""
CYRUS_CONF = f"""\
START {{
    recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}}
SERVICES {{
    imap cmd="imapd" listen="127.0.0.1:{IMAP}" prefork=1
    pop3 cmd="pop3d" listen="127.0.0.1:{POP}" prefork=1
    stockimap cmd="imapd -C /etc/imapd-stock.conf" listen="127.0.0.1:{STOCK_IMAP}" prefork=1
    stockpop3 cmd="pop3d -C /etc/imapd-stock.conf" listen="127.0.0.1:{STOCK_POP}" prefork=1
    sieve cmd="timsieved" listen="127.0.0.1:{SIEVE}"
}}
"""


@pytest.fixture(scope="module")
def cyrus(host):
    install_plugin(host)
    since = len(host.syslog.lines)
    host.patd.configure(PAGE["/etc/pat/pat.conf"])
    host.patd.reload()
    script = """
for place in /var/lib/cyrus /var/spool/cyrus; do
    cp -a "$place" "/run/copy"
    mount -t tmpfs -o mode=755 private "$place"
    cp -a /run/copy/. "$place"
    chown --reference=/run/copy "$place"
    rm -r /run/copy
done
mkdir -p /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
chown -R cyrus:mail /run/cyrus
"""
    host.run(["sh", "-ec", script], check=True)
    certificate(host, "/etc/cyrus.pem", "cyrus")
    debian = with_lines(host.path("/etc/imapd.conf").read_text(), SITE)
    plugin = with_lines(debian, PAGE["/etc/imapd.conf"]
                        + PAGE["/etc/imapd.conf, for LOGIN, USER and PASS"])
    host.write("/etc/imapd.conf", plugin.replace("authdaemond auxprop",
                                                 "authdaemond auxprop saslauthd"))
    host.write("/etc/imapd-stock.conf", with_lines(
        debian, PAGE["/etc/imapd.conf, tokens only, without the plugin"]))
    host.write("/etc/cyrus.conf", CYRUS_CONF)
    verifier = Verifier(host, PROBE, {})
    owner = Owner(host, "ingrid", "mail:read")
    set_password(host, "/etc/sasldb2-cyrus", owner.name, owner.password, "localhost", "cyrus")
    process, log = start(host, ["/usr/sbin/cyrmaster", "-M", "/etc/cyrus.conf", "-p",
                                "/run/cyrus/pid"], IMAP)
    yield SimpleNamespace(host=host, owner=owner, verifier=verifier, since=since, log=log)
    process.terminate()
    process.wait(20)
    verifier.close()
    host.patd.configure()
    host.patd.reload()


# --- the ways in ---

def imap_mech(mech, port=IMAP):
    def login(host, name, token, source=None):
        return Imap(host, port, source=source).says(mech, name, token)
    return login


def pop_mech(mech, port=POP):
    def login(host, name, token, source=None):
        return Pop(host, port, source=source).says(mech, name, token)
    return login


def imap_command(port):
    def login(host, name, token, source=None):
        connection = Imap(host, port, source=source)
        return refusal(lambda: connection.login(name, token))
    return login


def pop_command(port):
    def login(host, name, token, source=None):
        connection = Pop(host, port, source=source)
        connection.user(name)
        return refusal(lambda: connection.pass_(token))
    return login


BY_PLUGIN = {f"{name} {mech}": make(mech) for name, make in
             (("imap", imap_mech), ("pop", pop_mech)) for mech in MECHS}
BY_AUTHDAEMON = {"imap command": imap_command(IMAP), "pop command": pop_command(POP)}
BY_MUX = {"imap command, mux": imap_command(STOCK_IMAP), "pop command, mux": pop_command(STOCK_POP),
          **{f"imap {mech}, mux": imap_mech(mech, STOCK_IMAP) for mech in PASSWORD},
          **{f"pop {mech}, mux": pop_mech(mech, STOCK_POP) for mech in PASSWORD}}
WAYS = {**BY_PLUGIN, **BY_AUTHDAEMON, **BY_MUX}
all_routes = pytest.mark.parametrize("routes", [BY_PLUGIN, BY_AUTHDAEMON, BY_MUX],
                                     ids=["plugin", "authdaemon", "mux"])
all_ways = pytest.mark.parametrize("way", WAYS)


# --- what gets in ---

@all_ways
def test_a_token_gets_in(cyrus, way):
    """A1."""
    since = len(cyrus.host.syslog.lines)
    assert WAYS[way](cyrus.host, "ingrid", cyrus.owner.token) is None
    cyrus.host.syslog.wait(f"event=verify verdict=accepted token={cyrus.owner.id} .* "
                           f"service={way.split()[0]}", since=since)


@pytest.mark.parametrize("way", [way for way in {**BY_PLUGIN, **BY_AUTHDAEMON}
                                 if not way.endswith(BEARER)])
def test_an_ordinary_password_still_gets_in(cyrus, way):
    """A2."""
    assert WAYS[way](cyrus.host, "ingrid", cyrus.owner.password) is None
    assert WAYS[way](cyrus.host, "ingrid", "not " + cyrus.owner.password) is not None


def test_what_is_offered_and_when(cyrus):
    def offered(connection):
        connection.capability()
        return sorted(word[5:] for word in connection.capabilities if word.startswith("AUTH="))

    before = Imap(cyrus.host, tls=False)
    assert offered(before) == [] and "LOGINDISABLED" in before.capabilities
    assert offered(Imap(cyrus.host)) == sorted(MECHS), "each once"
    assert offered(Imap(cyrus.host, STOCK_IMAP)) == sorted(PASSWORD), "no option, no plugin"


# --- what does not ---

@pytest.fixture(scope="module")
def refused(cyrus):
    return cyrus.owner.refused()


@all_routes
def test_refused_alike_and_the_log_says_why(cyrus, refused, routes):
    jobs = [(way, token, verdict) for way in routes for token, verdict in refused.items()]
    since, asked = len(cyrus.host.syslog.lines), len(cyrus.verifier.asked)
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(
            lambda job: WAYS[job[0]](cyrus.host, "ingrid", job[1]), jobs))
    assert None not in texts, [job for job, text in zip(jobs, texts) if text is None]
    for way in routes:
        told = {text for job, text in zip(jobs, texts) if job[0] == way}
        assert len(told) == 1, told
    for way, token, verdict in jobs:
        if not (way.endswith(BEARER) and verdict == "wrong-user"):  # imapd refuses to act as one
            assert_said(cyrus.host, token, verdict, way.split()[0], since)
    reached = {entry[1] for entry in cyrus.verifier.asked[asked:]}
    assert reached == (set(refused) if routes is BY_AUTHDAEMON else set()), \
        "of the site's own verifier; the page says by which way a refused token gets there"


@all_routes
def test_a_revoked_token_is_refused_by_the_very_next_login(cyrus, routes):
    """A46."""
    def outcomes(way):
        token, record = cyrus.owner.another()
        source = network()
        before = WAYS[way](cyrus.host, "ingrid", token, source)
        cyrus.owner.revoke(record)
        return before is None, WAYS[way](cyrus.host, "ingrid", token, source) is None

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(outcomes, routes)) == {(True, False)}


def test_a_token_limited_to_addresses_works_from_them_by_the_plugin_alone(cyrus):
    source = network()
    token, _ = cyrus.owner.another(addresses=[f"{source}/32"])
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda way: WAYS[way](cyrus.host, "ingrid", token, source), WAYS)
        assert {way for way, text in zip(WAYS, told) if text is None} == set(BY_PLUGIN)
    assert imap_mech("PLAIN")(cyrus.host, "ingrid", token) is not None


# --- who one is ---

@pytest.fixture(scope="module")
def other(cyrus):
    return Owner(cyrus.host, "ivar", "mail:read")


@pytest.mark.parametrize("first", MECHS)
@pytest.mark.parametrize("second", MECHS)
def test_a_refusal_as_one_and_a_login_as_another_in_one_connection(cyrus, other, first, second):
    connection = Imap(cyrus.host)
    assert connection.says(first, "ivar", tokens.with_wrong_secret(other.token))
    assert connection.says(second, "ingrid", cyrus.owner.token) is None
    cyrus.host.syslog.wait(rf"login: \[{connection.source}\] ingrid {second}\+TLS")


@pytest.mark.parametrize("mech, messages", [
    ("PLAIN", lambda token: [plain(token, "ingrid", "ivar")]),
    ("OAUTHBEARER", lambda token: answers("OAUTHBEARER", "ivar", token)),
    ("XOAUTH2", lambda token: answers("XOAUTH2", "ivar", token)),
], ids=["PLAIN", "OAUTHBEARER", "XOAUTH2"])
def test_nobody_acts_as_somebody_else(cyrus, other, mech, messages):
    assert Imap(cyrus.host).sends(mech, messages(cyrus.owner.token)) is not None


def test_an_administrator_acts_as_others_by_imapds_own_rules(cyrus):
    chief = Owner(cyrus.host, "ida", "mail:read")
    connection = Imap(cyrus.host)
    assert connection.sends("PLAIN", [plain(chief.token, "ida", "ingrid")]) is None
    cyrus.host.syslog.wait(rf"login: \[{connection.source}\] ingrid PLAIN\+TLS")


def test_many_logins_at_the_same_time(cyrus, other):
    """Of two users, by all mechanisms and the command: imapd says who came from where."""
    people = {"ingrid": cyrus.owner, "ivar": other}
    ways = [imap_mech(mech) for mech in MECHS] + [imap_command(IMAP)]
    jobs = [(network(), name, ways[number % len(ways)])
            for number in range(30) for name in people]
    with ThreadPoolExecutor(12) as pool:
        done = list(pool.map(lambda job: job[2](cyrus.host, job[1], people[job[1]].token, job[0]),
                             jobs))
    assert done == [None] * len(jobs)
    for source, name, _ in jobs:
        cyrus.host.syslog.wait(rf"login: \[{source}\] {name} ")


def sieve(host, name, token):
    """A login by ManageSieve; what timsieved answers."""
    connection = connect(host, SIEVE)

    def answer():
        with connection.makefile("rb") as stream:
            for line in stream:
                if line.startswith((b"OK", b"NO", b"BYE")):
                    return line.decode()

    with connection:
        answer()
        connection.sendall(b"STARTTLS\r\n")
        answer()
        connection = untrusting().wrap_socket(connection)
        answer()
        message = b64encode(plain(token, name)).decode()
        connection.sendall(f'AUTHENTICATE "PLAIN" "{message}"\r\n'.encode())
        return answer()


def test_sieve_has_a_scope_of_its_own(cyrus):
    owner = Owner(cyrus.host, "ilse", "mail:*")
    token, record = owner.another(scopes=["mail:filter"])
    login = imap_mech("PLAIN")
    assert login(cyrus.host, "ilse", owner.token) is None, "which makes the mailbox"
    assert login(cyrus.host, "ilse", token) is not None
    assert sieve(cyrus.host, "ilse", token).startswith("OK")
    cyrus.host.syslog.wait(f"verdict=accepted token={record['id']} .* service=sieve ")
    assert sieve(cyrus.host, "ingrid", cyrus.owner.token).startswith("NO")


# --- the rest of the page ---

def test_the_page_makes_a_user_whose_token_works_with_its_commands(cyrus):
    """A15."""
    lines = PAGE["Accounts:   virtual. The user's name is the name of the mailbox"]
    token = tokens.FORM.search(run_page(cyrus.host, lines, "inga")[1]).group()

    def run(line, *more, stdin):
        line = line.replace("mail.example.org:143", f"localhost:{IMAP}")
        line = line.replace("mail.example.org", f"localhost:{IMAP}").replace("alice", "inga")
        return cyrus.host.run([*shlex.split(line), *more], stdin=stdin)

    # The token comes by a file where curl would ask.
    done = run(PAGE["curl asks for the password; paste the token. It logs in with AUTHENTICATE"],
               "--insecure", "--silent", "--config", "-", stdin=f'user = "inga:{token}"\n')
    assert done.returncode == 0 and "INBOX" in done.stdout, done
    cyrus.host.syslog.wait(r"cyrus/imap.*login: .* inga PLAIN\+TLS")
    title = 'The command LOGIN is typed by hand, "a login alice TOKEN" and "a logout", here'
    done = run(PAGE[title], stdin=f"a login inga {token}\na logout\n")
    assert "a OK" in done.stdout, done
    cyrus.host.syslog.wait(r"cyrus/imap.*login: .* inga plaintext\+TLS")
    check = PAGE["What patd says about a token without a login, and what was said to imapd"]
    words = check.splitlines()[0].replace("alice", "inga").split()
    cyrus.host.patd.ctl(*words[1:], stdin=token + "\n", check=0)


@pytest.mark.parametrize("url", [f"imap://localhost:{IMAP}/", f"pop3://localhost:{POP}/"])
@pytest.mark.parametrize("mech", BEARER)
def test_curl_with_a_bearer_token(cyrus, url, mech):
    """S15: a client that others wrote: host and port stand before the token."""
    command = [tool("curl"), "--ssl-reqd", "--insecure", "--silent", "--show-error",
               "--login-options", f"AUTH={mech}", url, "--config", "-"]

    def get(token):
        return cyrus.host.run(command, stdin=f'user = "ingrid"\noauth2-bearer = "{token}"\n')

    done = get(cyrus.owner.token)
    assert done.returncode == 0, done
    assert get(tokens.with_wrong_secret(cyrus.owner.token)).returncode != 0


def test_without_patd_tokens_are_refused_and_passwords_work(cyrus):
    cyrus.host.patd.stop()
    try:
        with ThreadPoolExecutor(4) as pool:
            told = dict(zip(WAYS, pool.map(
                lambda way: WAYS[way](cyrus.host, "ingrid", cyrus.owner.token), WAYS)))
        assert None not in told.values(), told
        for way in BY_PLUGIN:
            assert "remote authentication server unavailable" in told[way]
        for way in ("imap PLAIN", "imap LOGIN", "imap command", "pop command"):
            assert WAYS[way](cyrus.host, "ingrid", cyrus.owner.password) is None
    finally:
        cyrus.host.patd.start()
    assert imap_mech("PLAIN")(cyrus.host, "ingrid", cyrus.owner.token) is None


def test_no_secret_is_in_any_log(cyrus):
    assert_no_secret(cyrus.host, cyrus.since, cyrus.log)
