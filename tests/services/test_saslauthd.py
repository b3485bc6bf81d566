# SPDX-License-Identifier: BSD-2-Clause
"""Real Postfix and slapd that ask patd without the plugin (M10): doc/postfix, doc/openldap.

Either patd's mux socket stands in saslauthd's place, or its authdaemon socket stands before a real
saslauthd, which knows the ordinary passwords: from a sasldb for Postfix, by PAM for slapd.
"""
import socket

import pytest

import directory
import mail
import tokens
from clients import network
from host import tool
from ldap_client import INVALID_CREDENTIALS, OK
from mail import PASSWORD_MECHANISMS
from servers import Refused, Saslauthd, check_verdict, no_secret_in

IN, REFUSED, LATER = "in", "refused", "not now"
PASSWORD = "open sesame"
OTHER = 80  # LDAP's word for a failure that is not the client's


class PostfixSite(mail.Mail):
    service, scope = "smtp", "mail:send"
    plugin, before, alone = mail.SMTPD_CONF, mail.WITHOUT_PLUGIN, mail.TOKENS_ONLY
    ways = by_mechanism = PASSWORD_MECHANISMS
    results = {235: IN, 535: REFUSED, 454: LATER}

    def __init__(self):
        super().__init__()
        self.run([tool("saslpasswd2"), "-p", "-c", "-f", "/etc/sasldb2", "-u",
                  socket.gethostname(), "alice"], stdin=PASSWORD, check=True)
        self.saslauthd = Saslauthd(self, "sasldb", mail.SASLAUTHD, "postfix")
        self.conf = None

    def use(self, conf):
        if self.conf != conf:
            self.smtpd_conf(conf)
            self.conf = conf

    def says(self, way, name, secret, source=None):
        return self.results[self.log_in(way, name, secret, source=source)]

    def assert_shown(self, secret, since):
        """That it was shown is all that saslauthd tells."""


class SlapdSite(directory.Directory):
    service, scope = "ldap", "ldap:bind"
    plugin, before, alone = directory.SASL_CONF, directory.WITHOUT_PLUGIN, directory.TOKENS_ONLY
    by_mechanism = PASSWORD_MECHANISMS
    ways = (*by_mechanism, "simple bind")
    results = {OK: IN, INVALID_CREDENTIALS: REFUSED, OTHER: LATER}

    def __init__(self):
        super().__init__()
        self.token = self.tokens["alice"]
        self.modify(directory.SASL_ENTRY.replace("alice", "bob"))
        self.account("alice", PASSWORD)
        self.pam_stack("required pam_unix.so nodelay", f"optional {self.directory}/probe.so")
        self.saslauthd = Saslauthd(self, "pam", directory.SASLAUTHD, "openldap")
        self.conf = None

    def use(self, conf):
        if self.conf != conf:
            self.slapd_conf(conf)
            self.conf = conf

    def says(self, way, name, secret, source=None):
        code, who = (self.simple(name, secret, source) if way == "simple bind"
                     else self.bind(way, name, secret, source=source))
        assert who == (directory.somebody(name) if code == OK else directory.NOBODY)
        return self.results[code]

    def assert_shown(self, secret, since):
        """probe.so notes what PAM gets from saslauthd."""
        self.syslog.wait(f"probe={secret.encode().hex()}$", since=since)

    def pam_stack(self, *lines):
        self.write("/etc/pam.d/ldap", "".join(f"auth {line}\n" for line in lines)
                   + "account required pam_unix.so\n")

    def start_patd(self):
        self.patd.start()


@pytest.fixture(scope="module", params=[PostfixSite, SlapdSite], ids=["postfix", "slapd"])
def site(request):
    host = request.param()
    try:
        yield host
    finally:
        host.close()


@pytest.fixture(scope="module")
def refused(site):
    return Refused(site, site.service, site.scope)


@pytest.fixture
def alone(site):
    """patd in saslauthd's place, which is there but is not asked."""
    site.use(site.alone)
    since = len(site.syslog.lines)
    yield site
    assert site.saslauthd.refused(site.service, since) == []


@pytest.fixture
def before(site):
    """patd first, saslauthd second."""
    site.use(site.before)
    return site


@pytest.fixture
def plugin(site):
    site.use(site.plugin)
    return site


@pytest.fixture
def patd_down(site):
    site.patd.stop()
    yield
    site.start_patd()


@pytest.fixture
def saslauthd_down(site):
    site.saslauthd.stop()
    yield
    site.saslauthd.start()


each_case = pytest.mark.parametrize("case", Refused.CASES, ids=lambda case: case.__name__)


def everywhere(site, name, secret):
    """What each way answers."""
    return {way: site.says(way, name, secret) for way in site.ways}


def always(site, result):
    return dict.fromkeys(site.ways, result)


def later(site):
    """slapd answers simple binds with one error, whatever the reason."""
    return {way: LATER if way in site.by_mechanism else REFUSED for way in site.ways}


def revoked_between(site, way):
    """What a token is answered, and what it is answered as soon as it is revoked."""
    token, record = site.patd.token("alice", [site.scope])
    first = site.says(way, "alice", token)
    site.patd.ctl("revoke", record["id"], "--yes", check=0)
    return first, site.says(way, "alice", token)


# --- patd in saslauthd's place ---

def test_tokens_and_nothing_else_get_in(alone):
    since = len(alone.syslog.lines)
    assert everywhere(alone, "alice", alone.token) == always(alone, IN)
    alone.syslog.wait("event=verify verdict=accepted", f"service={alone.service} ", since=since)
    assert everywhere(alone, "alice", PASSWORD) == always(alone, REFUSED)
    assert "alice" not in alone.syslog.wait("event=verify verdict=not-a-token", since=since)


@each_case
def test_a_token_is_refused(alone, refused, case):
    token, verdict = case(refused)
    for way in alone.ways:
        since = len(alone.syslog.lines)
        assert alone.says(way, "alice", token) == REFUSED
        check_verdict(alone, since, alone.service, verdict, token)


def test_a_token_opens_nobody_elses_account(alone):
    since = len(alone.syslog.lines)
    assert everywhere(alone, "bob", alone.token) == always(alone, REFUSED)
    check_verdict(alone, since, alone.service, "wrong-user", alone.token)


GARBAGE = {"its beginning": "pat_", "half of one": "pat_acme_1", "256 bytes": "x" * 256,
           "257 bytes": "x" * 257, "1000 bytes": "pat_" * 250, "two lines": "a\nb",
           "no ASCII": "\N{SNOWMAN}" * 40}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused(alone, garbage):
    assert everywhere(alone, "alice", garbage) == always(alone, REFUSED)
    for way in alone.by_mechanism:
        assert alone.says(way, garbage, alone.token) == REFUSED
    assert everywhere(alone, "alice", alone.token) == always(alone, IN)


def test_a_revoked_token_is_refused_by_the_very_next_login(alone):
    assert {revoked_between(alone, way) for way in alone.ways} == {(IN, REFUSED)}


def test_patd_down_is_no_refusal(alone, patd_down):
    assert everywhere(alone, "alice", alone.token) == later(alone)


@pytest.fixture
def limited(site):
    """A network of a client, and a token that works from there alone."""
    source = network()
    return source, site.patd.token("alice", [site.scope], addresses=[f"{source}/32"])[0]


def test_no_address_comes_with_the_question(alone, limited):
    source, token = limited
    since = len(alone.syslog.lines)
    assert {alone.says(way, "alice", token, source) for way in alone.ways} == {REFUSED}
    check_verdict(alone, since, alone.service, "address-denied", token)


# --- patd before saslauthd ---

def test_an_accepted_token_is_not_shown_to_saslauthd(before):
    since = len(before.syslog.lines)
    assert everywhere(before, "alice", before.token) == always(before, IN)
    assert before.saslauthd.refused(before.service, since) == []


def test_ordinary_passwords_still_work(before):
    since = len(before.syslog.lines)
    assert everywhere(before, "alice", PASSWORD) == always(before, IN)
    assert "alice" not in before.syslog.wait("event=verify verdict=not-a-token", since=since)
    assert before.saslauthd.refused(before.service, since) == []
    assert everywhere(before, "alice", "wrong") == always(before, REFUSED)
    assert before.saslauthd.refused(before.service, since) == ["alice"] * len(before.ways)


@each_case
def test_a_refused_token_is_shown_to_saslauthd(before, refused, case):
    """The page says so."""
    token, verdict = case(refused)
    for way in before.ways:
        since = len(before.syslog.lines)
        assert before.says(way, "alice", token) == REFUSED
        check_verdict(before, since, before.service, verdict, token)
        assert before.saslauthd.refused(before.service, since) == ["alice"]
        before.assert_shown(token, since)


def test_a_token_of_somebody_else_is_shown_to_saslauthd_too(before):
    since = len(before.syslog.lines)
    assert everywhere(before, "bob", before.token) == always(before, REFUSED)
    check_verdict(before, since, before.service, "wrong-user", before.token)
    assert before.saslauthd.refused(before.service, since) == ["bob"] * len(before.ways)


def test_the_cache_of_saslauthd_never_has_a_token(before):
    assert {revoked_between(before, way) for way in before.ways} == {(IN, REFUSED)}


def test_patd_down_leaves_everything_to_saslauthd(before, patd_down):
    since = len(before.syslog.lines)
    assert everywhere(before, "alice", before.token) == always(before, REFUSED)
    assert before.saslauthd.refused(before.service, since) == ["alice"] * len(before.ways)
    before.assert_shown(before.token, since)
    assert everywhere(before, "alice", PASSWORD) == always(before, IN)


def test_saslauthd_down_leaves_tokens(before, saslauthd_down):
    assert everywhere(before, "alice", before.token) == always(before, IN)
    bad = tokens.with_wrong_secret(before.token)
    assert everywhere(before, "alice", bad) == later(before)


# --- pam_pat behind saslauthd, of which both pages warn ---

@pytest.fixture(scope="module")
def backwards():
    """Tokens get in by pam_pat, behind saslauthd."""
    host = SlapdSite()
    try:
        host.pam_stack(f"sufficient {host.directory}/pam_pat.so socket=/run/pat/verify/sock",
                       "required pam_unix.so nodelay try_first_pass")
        host.use("pwcheck_method: saslauthd\n")
        yield host
    finally:
        host.close()


@pytest.mark.parametrize("cache, after", [(True, IN), (False, REFUSED)])
def test_pam_pat_behind_the_cache_of_saslauthd_is_too_late(backwards, cache, after):
    backwards.saslauthd.stop()
    backwards.saslauthd.start(cache)
    assert {revoked_between(backwards, way) for way in backwards.ways} == {(IN, after)}


# --- the plugin, and the same saslauthd ---

@each_case
def test_by_the_plugin_no_token_is_shown_to_saslauthd(plugin, refused, case):
    since = len(plugin.syslog.lines)
    token, verdict = case(refused)
    for way in plugin.by_mechanism:
        assert plugin.says(way, "alice", token) == REFUSED
    check_verdict(plugin, since, plugin.service, verdict, token)
    assert plugin.saslauthd.refused(plugin.service, since) == []


def test_behind_the_plugin_ordinary_passwords_work(plugin):
    assert everywhere(plugin, "alice", PASSWORD) == always(plugin, IN)
    assert everywhere(plugin, "alice", plugin.token) == always(plugin, IN)
    since = len(plugin.syslog.lines)
    assert everywhere(plugin, "alice", "wrong") == always(plugin, REFUSED)
    assert plugin.saslauthd.refused(plugin.service, since) == ["alice"] * len(plugin.ways)


def test_simple_binds_are_beside_the_plugin(plugin):
    """sasl_checkpass() has no mechanism; doc/openldap says what follows."""
    bad = tokens.with_wrong_secret(plugin.token)
    for way in set(plugin.ways) - set(plugin.by_mechanism):
        since = len(plugin.syslog.lines)
        assert plugin.says(way, "alice", bad) == REFUSED
        assert plugin.saslauthd.refused(plugin.service, since) == ["alice"]
        plugin.assert_shown(bad, since)


# --- at the end of all of these ---

def test_no_secret_is_in_any_log(site):
    text = "\n".join(site.syslog.lines)
    assert "auth failure: [user=alice]" in text and PASSWORD not in text
    no_secret_in(text, site.token)
    assert not tokens.FORM.search(text)
