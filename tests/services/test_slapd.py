# SPDX-License-Identifier: BSD-2-Clause
"""A real slapd with TLS (M10): doc/openldap is true."""
import itertools
import random
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

import pytest

import tokens
from clients import network
from directory import (BASE, LDIF, NOBODY, PAGE, PASSWORD_MECHANISMS, PAT_CONF, PEOPLE,
                       REALM_EXPRESSION, SASL_CONF, SASLAUTHD, Directory, dn, somebody)
from host import tool
from ldap_client import (CONFIDENTIALITY_REQUIRED, CONTINUE, INAPPROPRIATE, INSUFFICIENT_ACCESS,
                         INVALID_CREDENTIALS, OK, UNAVAILABLE, Ldap)
from servers import MECHANISMS, Refused, check_verdict, connect, messages, no_secret_in

CLIENTS, BINDS = 24, 42


@pytest.fixture(scope="module")
def directory():
    host = Directory()
    try:
        host.site = host.verifier(f"{SASLAUTHD}/mux", **{name: f"site {name}" for name in PEOPLE})
        host.path(SASLAUTHD).chmod(0o755)
        yield host
    finally:
        host.close()


# --- what is offered ---

def test_nothing_is_offered_and_nothing_taken_without_tls(directory):
    token = directory.tokens["alice"]
    with directory.client(tls=False) as ldap:
        assert not set(ldap.mechanisms()) & set(MECHANISMS)
        for mechanism in MECHANISMS:
            assert ldap.sasl(mechanism, messages(mechanism, "alice", token)) == INAPPROPRIATE
        assert ldap.simple(dn("alice"), token) == CONFIDENTIALITY_REQUIRED
        assert ldap.whoami() == NOBODY


def test_each_mechanism_is_offered_once_with_tls(directory):
    with directory.client() as ldap:
        assert sorted(ldap.mechanisms()) == sorted(MECHANISMS)
    with Ldap(connect(directory, 636), directory.tls) as ldap:
        assert sorted(ldap.mechanisms()) == sorted(MECHANISMS)


def test_root_still_has_ldapi(directory):
    done = directory.run([tool("ldapwhoami"), "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///"],
                         check=True)
    assert done.stdout == "dn:gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth\n"


# --- who gets in ---

@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_binds(directory, mechanism):
    asked, since = len(directory.site.asked), len(directory.syslog.lines)
    assert directory.bind(mechanism, "alice", directory.tokens["alice"]) == (OK, somebody("alice"))
    directory.syslog.wait("event=verify verdict=accepted", "service=ldap ", since=since)
    assert len(directory.site.asked) == asked


def test_a_token_is_the_password_of_a_simple_bind(directory):
    """A1."""
    asked = len(directory.site.asked)
    assert directory.simple("alice", directory.tokens["alice"]) == (OK, somebody("alice"))
    assert len(directory.site.asked) == asked
    assert directory.simple("alice", directory.tokens["bob"]) == (INVALID_CREDENTIALS, NOBODY)


def test_ordinary_passwords_still_work(directory):
    asked = len(directory.site.asked)
    for mechanism in PASSWORD_MECHANISMS:
        assert directory.bind(mechanism, "bob", "site bob") == (OK, somebody("bob"))
        assert directory.bind(mechanism, "bob", "pat_wrong") == (INVALID_CREDENTIALS, NOBODY)
    assert directory.simple("alice", "site alice") == (OK, somebody("alice"))
    assert directory.simple("bob", "ldap bob") == (OK, somebody("bob"))
    assert directory.simple("bob", "wrong") == (INVALID_CREDENTIALS, NOBODY)
    assert [(user, password) for user, password, *_ in directory.site.asked[asked:]] == [
        ("bob", "site bob"), ("bob", "pat_wrong")] * 2 + [("alice", "site alice")]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_limited_to_addresses_works_from_them_alone(directory, mechanism):
    inside, outside = network(), network()
    token, _ = directory.patd.token("alice", ["ldap:bind"], addresses=[f"{inside}/32"])
    assert directory.bind(mechanism, "alice", token, source=inside) == (OK, somebody("alice"))
    assert directory.bind(mechanism, "alice", token, source=outside)[0] == INVALID_CREDENTIALS


def test_simple_binds_tell_no_address(directory):
    since = len(directory.syslog.lines)
    token, _ = directory.patd.token("alice", ["ldap:bind"], addresses=["127.0.0.0/8"])
    assert directory.simple("alice", token) == (INVALID_CREDENTIALS, NOBODY)
    directory.syslog.wait("verdict=address-denied", since=since)


# --- who does not ---

@pytest.fixture(scope="module")
def refused(directory):
    return Refused(directory, "ldap", "ldap:bind")


@pytest.mark.parametrize("case", Refused.CASES, ids=lambda case: case.__name__)
def test_a_token_is_refused_and_the_client_cannot_tell_why(directory, refused, case):
    token, verdict = case(refused)
    asked = len(directory.site.asked)
    for mechanism in MECHANISMS:
        since = len(directory.syslog.lines)
        assert refusal(directory, mechanism, token) == refusal(
            directory, mechanism, tokens.with_wrong_secret(refused.good))
        check_verdict(directory, since, "ldap", verdict, token)
    assert len(directory.site.asked) == asked
    assert directory.simple("alice", token) == (INVALID_CREDENTIALS, NOBODY)


def refusal(directory, mechanism, token):
    """All that a client learns."""
    with directory.client() as ldap:
        assert ldap.sasl(mechanism, messages(mechanism, "alice", token)) == INVALID_CREDENTIALS
        learned = ldap.code, ldap.text, ldap.credentials
        assert ldap.whoami() == NOBODY
        return learned


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_opens_nobody_elses_entry(directory, mechanism):
    """A5."""
    asked = len(directory.site.asked)
    token = directory.tokens["alice"]
    denied = (INVALID_CREDENTIALS, INSUFFICIENT_ACCESS)
    code, who = directory.bind(mechanism, "bob", token)
    assert code in denied and who == NOBODY
    if mechanism != "LOGIN":  # it has one name only
        for requested in ("bob", "u:bob", f"dn:{dn('bob')}"):
            code, who = directory.bind(mechanism, "alice", token, requested=requested)
            assert code in denied and who == NOBODY
    assert len(directory.site.asked) == asked


PAIRS = list(itertools.product((*MECHANISMS, "simple"), repeat=2))


def attempt(ldap, mechanism, name, secret, requested=""):
    if mechanism == "simple":
        return ldap.simple(dn(name), secret)
    return ldap.sasl(mechanism, messages(mechanism, name, secret, requested))


@pytest.mark.parametrize("first, second", PAIRS)
def test_who_failed_before_leaves_nothing_behind(directory, first, second):
    """As alice first, in three ways that fail, then as bob with what is good."""
    alice, bob = directory.tokens["alice"], directory.tokens["bob"]
    good = "ldap bob" if second == "simple" else bob
    failures = [("alice", tokens.with_wrong_secret(alice), ""), ("alice", bob, "carol")]
    if first in PASSWORD_MECHANISMS:
        failures.append(("alice", "wrong", ""))
    for name, secret, requested in failures:
        with directory.client() as ldap:
            assert attempt(ldap, first, name, secret, requested) in (INVALID_CREDENTIALS,
                                                                     INSUFFICIENT_ACCESS)
            assert ldap.whoami() == NOBODY
            assert attempt(ldap, second, "bob", good) == OK
            assert ldap.whoami() == somebody("bob")
            assert attempt(ldap, first, name, secret, requested) != OK
            assert ldap.whoami() == NOBODY


@pytest.mark.parametrize("first, second", itertools.product(MECHANISMS, repeat=2))
def test_who_gave_up_half_way_leaves_nothing_behind(directory, first, second):
    """slapd takes what comes next for more of the first, which then fails; never for alice."""
    asked = len(directory.site.asked)
    with directory.client() as ldap:
        waiting = messages(first, "alice", tokens.with_wrong_secret(directory.tokens["alice"]))
        ldap.step(first, waiting[0])
        bobs = messages(second, "bob", directory.tokens["bob"])
        for message in bobs:
            ldap.step(second, message)
        assert ldap.whoami() in (NOBODY, somebody("bob"))
        while ldap.step(second, "\0") == CONTINUE:
            pass
        assert attempt(ldap, second, "bob", directory.tokens["bob"]) == OK
        assert ldap.whoami() == somebody("bob")
    assert not [words for words in directory.site.asked[asked:] if "pat_" in repr(words)]


@pytest.mark.parametrize("mechanism", PASSWORD_MECHANISMS)
def test_a_token_typed_as_the_name_goes_nowhere(directory, mechanism):
    asked, token = len(directory.site.asked), directory.tokens["alice"]
    for name in (token, token[:-3], f"user={token}\1"):
        for secret in ("site alice", token):
            code, who = directory.bind(mechanism, name, secret)
            assert code == INVALID_CREDENTIALS and who == NOBODY
    assert len(directory.site.asked) == asked


@pytest.mark.parametrize("message", [None, "", "\0", "\0\0\0\0", "n,,\1\1", "\1" * 40, "pat_" * 500,
                                     "x" * 5000])
def test_garbage_is_refused(directory, message):
    for mechanism in MECHANISMS:
        with directory.client() as ldap:
            assert ldap.sasl(mechanism, [message] * 8) not in (OK, CONTINUE)
            assert ldap.whoami() == NOBODY
    assert directory.process.poll() is None


# --- many at once ---

def many_binds(directory, number):
    """One connection and what went wrong on it; one attempt in four is with a bad token."""
    chance, wrong = random.Random(number), []
    with directory.client() as ldap:
        for _ in range(BINDS):
            mechanism, name = chance.choice(MECHANISMS), chance.choice(PEOPLE)
            good = chance.random() < 0.75
            token = directory.tokens[name]
            code = attempt(ldap, mechanism, name,
                           token if good else tokens.malformed(token))
            expected = (OK, somebody(name)) if good else (INVALID_CREDENTIALS, NOBODY)
            if (code, ldap.whoami()) != expected:
                wrong.append((mechanism, name, good, code, ldap.value))
    return wrong


def test_many_clients_at_once_are_never_mixed_up(directory):
    with ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(lambda number: many_binds(directory, number), range(CLIENTS)), []) == []


# --- patd away, or not to be asked ---

def test_patd_down_is_told_as_such_and_passwords_work(directory):
    directory.patd.stop()
    try:
        for mechanism in MECHANISMS:
            assert directory.bind(mechanism, "bob", directory.tokens["bob"])[0] == UNAVAILABLE
        assert directory.simple("alice", directory.tokens["alice"])[0] == INVALID_CREDENTIALS
        for mechanism in PASSWORD_MECHANISMS:
            assert directory.bind(mechanism, "bob", "site bob") == (OK, somebody("bob"))
        assert directory.simple("alice", "site alice") == (OK, somebody("alice"))
    finally:
        directory.patd.start()
    assert directory.bind("PLAIN", "bob", directory.tokens["bob"]) == (OK, somebody("bob"))


def test_openldap_must_be_listed(directory):
    since = len(directory.syslog.lines)
    directory.patd.configure(PAT_CONF.replace("uids = openldap", "uids = mail"))
    directory.patd.reload()
    try:
        assert directory.bind("PLAIN", "bob", directory.tokens["bob"])[0] == UNAVAILABLE
        directory.syslog.wait(r"slapd\[", "may not ask patd about service ldap", since=since)
    finally:
        directory.patd.configure(PAT_CONF)
        directory.patd.reload()
    assert directory.bind("PLAIN", "bob", directory.tokens["bob"]) == (OK, somebody("bob"))


# --- more of the page ---

def test_users_of_a_tenant_with_a_realm(directory):
    """Its expression goes before the other one."""
    directory.patd.configure(PAT_CONF + "tenants = acme lab@\n")
    directory.patd.reload()
    usual = next(line for line in LDIF.split("\n") if line.startswith("olcAuthzRegexp: "))
    directory.modify(LDIF.replace(usual, "olcAuthzRegexp: {0}" + REALM_EXPRESSION +
                                  usual.replace("{0}", "{1}")))
    try:
        token, _ = directory.patd.token("alice", ["ldap:bind"], tenant="lab")
        for mechanism in MECHANISMS:
            assert directory.bind(mechanism, "alice@lab.example.org", token) == (
                OK, f"dn:uid=alice,ou=lab,{BASE}")
            assert directory.bind(mechanism, "alice", token)[1] != somebody("alice")
            assert directory.bind(mechanism, "alice", directory.tokens["alice"]) == (
                OK, somebody("alice"))
    finally:
        directory.modify(LDIF)
        directory.patd.configure(PAT_CONF)
        directory.patd.reload()


def test_without_external_root_loses_ldapi(directory):
    """The page warns of it."""
    directory.write("/etc/ldap/sasl2/slapd.conf", SASL_CONF.replace(" EXTERNAL", ""))
    directory.restart_slapd()
    try:
        done = directory.run([tool("ldapwhoami"), "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///"])
        assert done.returncode != 0
    finally:
        directory.write("/etc/ldap/sasl2/slapd.conf", SASL_CONF)
        directory.restart_slapd()


def test_a_slapd_without_our_options_offers_nothing_new(directory):
    directory.write("/etc/ldap/sasl2/slapd.conf", "pwcheck_method: saslauthd\n")
    directory.restart_slapd()
    try:
        with directory.client() as ldap:
            found = ldap.mechanisms()
            assert found.count("PLAIN") == found.count("LOGIN") == 1
            assert not {"OAUTHBEARER", "XOAUTH2"} & set(found)
        assert directory.bind("PLAIN", "bob", "site bob") == (OK, somebody("bob"))
    finally:
        directory.write("/etc/ldap/sasl2/slapd.conf", SASL_CONF)
        directory.restart_slapd()


# --- the page's commands ---

def test_ldapwhoami_as_the_page_calls_it(directory):
    text = PAGE["Both ask for the password; paste the token"]
    sasl, simple = text.replace("\\\n", "").splitlines()
    directory.write("/etc/token", directory.tokens["alice"], 0o600)
    directory.write("/etc/wrong", tokens.malformed(directory.tokens["alice"]), 0o600)
    for line in (sasl, simple.replace("-W ", "")):
        for file, status in (("/etc/token", 0), ("/etc/wrong", 49)):
            done = directory.run([*shlex.split(line), "-y", file])
            assert done.returncode == status, done
            if status == 0:
                assert done.stdout == somebody("alice") + "\n"


def test_what_is_offered_is_shown_as_the_page_says(directory):
    text = PAGE["What is offered, and what patd says about a token without a login"]
    search, check = text.replace("\\\n", "").splitlines()
    done = directory.run(shlex.split(search), check=True)
    assert sorted(re.findall(r"supportedSASLMechanisms: (\S+)", done.stdout)) == sorted(MECHANISMS)
    words = shlex.split(check)[1:]
    token = directory.tokens["alice"]
    assert directory.patd.ctl(*words, stdin=token + "\n").returncode == 0
    assert directory.patd.ctl(*words, stdin=tokens.malformed(token) + "\n").returncode == 5


def test_users_and_tokens_are_made_as_the_page_says(directory):
    """A15."""
    text = PAGE["Users:      virtual; no account of the host is needed"]
    for line in text.replace("alice", "erin").splitlines():
        done = directory.patd.ctl(*shlex.split(line)[1:], check=0)
    token = tokens.FORM.search(done.stdout).group(0)
    assert directory.bind("PLAIN", "erin", token) == (OK, somebody("erin"))


# --- at the end of all of these ---

def test_no_secret_is_in_any_log(directory):
    text = "\n".join(directory.syslog.lines)
    assert "slapd[" in text and 'mech=OAUTHBEARER' in text
    no_secret_in(text, *directory.tokens.values())
    assert not re.search(r"pat_[a-z0-9]+_1[0-9a-hjkmnp-tv-z]{9}", text)
