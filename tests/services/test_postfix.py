# SPDX-License-Identifier: BSD-2-Clause
"""A real Postfix, in its chroot as on Debian (M10): doc/postfix is true."""
import os
import re
import shlex
import socket

import pytest

import tokens
from clients import network
from host import wait_for
from mail import (CHROOT, CONFIG, PAGE, PASSWORD_MECHANISMS, PAT_CONF, SASLAUTHD, SMTPD_CONF,
                  TOKENS_ONLY, WITHOUT_PLUGIN, Mail, authenticate)
from servers import MECHANISMS, Refused, check_verdict, no_secret_in
from supervisor import Supervisor


@pytest.fixture(scope="module")
def mail():
    host = Mail()
    try:
        host.site = host.verifier(f"{SASLAUTHD}/mux", alice="open sesame")
        yield host
    finally:
        host.close()


# --- what is offered ---

def test_nothing_is_offered_before_tls(mail):
    with mail.client(starttls=False) as smtp:
        assert "auth" not in smtp.esmtp_features
        for mechanism in MECHANISMS:
            assert authenticate(smtp, mechanism, "alice", mail.token) in (503, 530, 538)


def test_each_mechanism_is_offered_once(mail):
    with mail.client() as smtp:
        lines = [line for line in smtp.ehlo_resp.decode().splitlines() if line.startswith("AUTH")]
    assert [line.split() for line in lines] == [["AUTH", *MECHANISMS]]


def test_smtpd_is_in_a_chroot(mail):
    """One that just starts is not in it yet."""
    with mail.client():
        wait_for(lambda: {os.readlink(f"/proc/{pid}/root") for pid in mail.smtpds()} == {CHROOT},
                 "chroot around all of smtpd")


# --- who gets in ---

@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_sends_a_letter_and_the_log_says_who(mail, mechanism):
    """A1."""
    asked, since = len(mail.site.asked), len(mail.syslog.lines)
    with mail.client() as smtp:
        assert smtp.docmd("MAIL", "FROM:<alice@example.org>")[0] == 250
        assert smtp.docmd("RCPT", "TO:<bob@example.net>")[0] == 454, "no login, no relay"
        smtp.rset()
        assert authenticate(smtp, mechanism, "alice", mail.token) == 235
        smtp.sendmail("alice@example.org", ["bob@example.net"], "Subject: a letter\r\n\r\ntext\r\n")
    mail.syslog.wait("postfix/smtpd", rf"sasl_method={mechanism}, sasl_username=alice$",
                     since=since)
    mail.syslog.wait(f"event=verify verdict=accepted token={mail.record['id']} ", "service=smtp ",
                     since=since)
    assert len(mail.site.asked) == asked


@pytest.mark.parametrize("mechanism", PASSWORD_MECHANISMS)
def test_ordinary_passwords_still_work(mail, mechanism):
    asked = len(mail.site.asked)
    assert mail.log_in(mechanism, "alice", "open sesame") == 235
    assert mail.log_in(mechanism, "alice", "pat_pending") == 535
    assert mail.site.asked[asked:] == [("alice", "open sesame", "smtp", ""),
                                       ("alice", "pat_pending", "smtp", "")]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_name_that_one_typed_is_no_wish_to_act_as_somebody(mail, mechanism):
    assert mail.log_in(mechanism, "alice", mail.token, requested="alice") == 235


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_limited_to_addresses_works_from_them_alone(mail, mechanism):
    inside, outside = network(), network()
    token, _ = mail.patd.token("alice", ["mail:send"], addresses=[f"{inside}/32"])
    assert mail.log_in(mechanism, "alice", token, source=inside) == 235
    assert mail.log_in(mechanism, "alice", token, source=outside) == 535


# --- who does not ---

@pytest.fixture(scope="module")
def refused(mail):
    return Refused(mail, "smtp", "mail:send")


@pytest.mark.parametrize("case", Refused.CASES, ids=lambda case: case.__name__)
def test_a_token_is_refused(mail, refused, case):
    token, verdict = case(refused)
    asked = len(mail.site.asked)
    for mechanism in MECHANISMS:
        since = len(mail.syslog.lines)
        assert mail.log_in(mechanism, "alice", token) == 535
        check_verdict(mail, since, "smtp", verdict, token)
        mail.syslog.wait(f"SASL {mechanism} authentication failed: authentication failure",
                         since=since)
    assert len(mail.site.asked) == asked


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_token_opens_nobody_elses_account(mail, mechanism):
    asked = len(mail.site.asked)
    assert mail.log_in(mechanism, "bob", mail.token) == 535
    if mechanism != "LOGIN":  # it has one name only
        assert mail.log_in(mechanism, "alice", mail.token, requested="bob") == 535
    assert len(mail.site.asked) == asked


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_refusal_does_not_spoil_the_connection(mail, mechanism):
    bobs, _ = mail.patd.token("bob", ["mail:send"])
    since = len(mail.syslog.lines)
    with mail.client() as smtp:
        assert authenticate(smtp, mechanism, "alice", tokens.with_wrong_secret(mail.token)) == 535
        assert authenticate(smtp, mechanism, "bob", bobs) == 235
        smtp.sendmail("bob@example.org", ["alice@example.net"], "Subject: a letter\r\n\r\ntext\r\n")
    mail.syslog.wait(rf"sasl_method={mechanism}, sasl_username=bob$", since=since)


@pytest.mark.parametrize("mechanism", PASSWORD_MECHANISMS)
def test_a_token_typed_as_the_name_goes_nowhere(mail, mechanism):
    """M21: not into the log either, as the name of who failed: see the last test."""
    asked = len(mail.site.asked)
    for secret in ("open sesame", mail.token):
        assert mail.log_in(mechanism, mail.token, secret) == 535
    assert len(mail.site.asked) == asked


@pytest.mark.parametrize("message", ["", "=", "*", "AA==", "AAAA", "cGF0X2FjbWVfMQ==", "!"])
def test_garbage_is_refused(mail, message):
    for mechanism in MECHANISMS:
        with mail.client() as smtp:
            code, _ = smtp.docmd("AUTH", f"{mechanism} {message}".strip())
            while code == 334:
                code, _ = smtp.docmd(message)
            assert 500 <= code < 600


def test_patd_down_is_a_temporary_failure_and_passwords_work(mail):
    mail.patd.stop()
    try:
        for mechanism in MECHANISMS:
            assert mail.log_in(mechanism, "alice", mail.token) == 454
        for mechanism in PASSWORD_MECHANISMS:
            assert mail.log_in(mechanism, "alice", "open sesame") == 235
    finally:
        mail.start_patd()
    for mechanism in MECHANISMS:
        assert mail.log_in(mechanism, "alice", mail.token) == 235


def test_postfix_must_be_listed_and_its_log_says_so(mail):
    since = len(mail.syslog.lines)
    mail.patd.configure(CONFIG.replace("uids = postfix", "uids = mail"))
    mail.patd.reload()
    try:
        assert mail.log_in("PLAIN", "alice", mail.token) == 454
    finally:
        mail.patd.configure(CONFIG)
        mail.patd.reload()
    mail.syslog.wait("postfix/smtpd", "may not ask patd about service smtp", since=since)
    assert mail.log_in("PLAIN", "alice", mail.token) == 235


# --- real clients, as the page calls them ---

def test_swaks_as_the_page_calls_it(mail):
    command = PAGE["swaks asks for the password on the terminal; paste the token"]
    for mechanism in PASSWORD_MECHANISMS:
        words = ["sh", "-c", command.replace("PLAIN", mechanism)]
        for answer, reply in ((mail.token, "235"), ("open sesame", "235"),
                              (tokens.malformed(mail.token), "535")):
            done = mail.run(words, stdin=answer + "\n")
            assert re.search(rf"^<~\S*\s+{reply} ", done.stdout, re.M), done
            assert (done.returncode == 0) == (reply == "235")


def test_swaks_shows_the_offer_as_the_page_says(mail):
    title = next(title for title in PAGE if title.endswith("To see the offer"))
    done = mail.run(shlex.split(PAGE[title]), check=True)
    assert "<~  250-AUTH " + " ".join(MECHANISMS) in done.stdout


def curl(mail, secret, token):
    """The page's line, with a secret as one has it in curl's configuration."""
    line = next(text for text in PAGE.values() if "curl --config" in text)
    if "user" in secret:
        line = line.replace("--user alice: ", "")
    mail.write("/etc/letter", "Subject: a letter\r\n\r\ntext\r\n")
    mail.write("/etc/token", secret.replace("TOKEN", token) +
               '\nsilent\nshow-error\ncacert = "/etc/server.pem"\n', 0o600)
    return mail.run(["sh", "-c", f"cd /etc && {line}"]).returncode


def check_curl(mail, mechanism, secret):
    since = len(mail.syslog.lines)
    assert curl(mail, secret, mail.token) == 0
    mail.syslog.wait(f"sasl_method={mechanism}, sasl_username=alice$", since=since)
    assert curl(mail, secret, tokens.malformed(mail.token)) == 67, "curl's word for: no login"


def test_curl_with_a_bearer_as_the_page_calls_it(mail):
    check_curl(mail, "OAUTHBEARER", 'oauth2-bearer = "TOKEN"')


@pytest.mark.parametrize("mechanism", PASSWORD_MECHANISMS)
def test_curl_with_a_password(mail, mechanism):
    check_curl(mail, mechanism, f'user = "alice:TOKEN"\nlogin-options = "AUTH={mechanism}"')


def test_patctl_tells_about_a_token_as_the_page_says(mail):
    text = PAGE["What patd says about a token without a login, and what the log says"]
    words = shlex.split(text.splitlines()[0])
    assert words.pop(0) == "patctl"
    assert mail.patd.ctl(*words, stdin=mail.token + "\n").returncode == 0
    assert mail.patd.ctl(*words, stdin=tokens.malformed(mail.token) + "\n").returncode == 5


def test_users_and_tokens_are_made_as_the_page_says(mail):
    """A15."""
    text = PAGE["Users:      virtual; no account of the host is needed"]
    for line in text.replace("alice", "carol").splitlines():
        done = mail.patd.ctl(*shlex.split(line)[1:], check=0)
    token = tokens.FORM.search(done.stdout).group(0)
    assert mail.log_in("PLAIN", "carol", token) == 235


# --- other configurations ---

@pytest.fixture
def smtpd_conf(mail):
    yield mail.smtpd_conf
    mail.smtpd_conf(SMTPD_CONF)


def test_curl_takes_xoauth2_where_there_is_nothing_else(mail, smtpd_conf):
    smtpd_conf("pat_mechs: XOAUTH2\npat_socket: /run/pat/verify/sock\nmech_list: XOAUTH2\n")
    check_curl(mail, "XOAUTH2", 'oauth2-bearer = "TOKEN"')


UNITS = {"verify": PAGE["/etc/systemd/system/patd-verify.socket.d/postfix.conf"],
         "authdaemon": PAGE["/etc/systemd/system/patd-authdaemon.socket.d/postfix.conf"],
         "mux": PAGE["/etc/systemd/system/patd-mux.socket.d/postfix.conf"]}
LISTENS = {"ListenSequentialPacket": socket.SOCK_SEQPACKET, "ListenStream": socket.SOCK_STREAM}


def test_sockets_that_systemd_opens_in_the_chroot(mail, smtpd_conf):
    more = []
    for name, text in UNITS.items():
        section, line = text.splitlines()
        assert section == "[Socket]"
        option, path = line.split("=")
        more.append((name, LISTENS[option], path))
    mail.patd.stop()
    mail.patd.configure(PAT_CONF)
    try:
        with Supervisor(mail, more=more):
            for mechanism in MECHANISMS:
                assert mail.log_in(mechanism, "alice", mail.token) == 235
            for conf in (WITHOUT_PLUGIN, TOKENS_ONLY):
                smtpd_conf(conf)
                assert mail.log_in("PLAIN", "alice", mail.token) == 235
    finally:
        mail.patd.configure(CONFIG)
        mail.start_patd()


def test_stock_mechanisms_alone_through_authdaemond(mail, smtpd_conf):
    smtpd_conf(WITHOUT_PLUGIN)
    with mail.client() as smtp:
        assert smtp.esmtp_features["auth"].split() == list(PASSWORD_MECHANISMS)
    asked = len(mail.site.asked)
    for mechanism in PASSWORD_MECHANISMS:
        assert mail.log_in(mechanism, "alice", mail.token) == 235
    assert len(mail.site.asked) == asked
    for mechanism in PASSWORD_MECHANISMS:
        assert mail.log_in(mechanism, "bob", mail.token) == 535
        assert mail.log_in(mechanism, "alice", "open sesame") == 235
    mail.patd.stop()
    try:
        assert mail.log_in("PLAIN", "alice", mail.token) == 535
        assert mail.log_in("PLAIN", "alice", "open sesame") == 235
    finally:
        mail.start_patd()


def test_without_mech_list_ours_are_still_first(mail, smtpd_conf):
    smtpd_conf("".join(line for line in SMTPD_CONF.splitlines(keepends=True)
                       if not line.startswith("mech_list")))
    with mail.client() as smtp:
        offer = re.search(rb"^AUTH (.*)$", smtp.ehlo_resp, re.M).group(1).decode().split()
    assert [offer.count(mechanism) for mechanism in MECHANISMS] == [2, 2, 1, 1]
    asked = len(mail.site.asked)
    for mechanism in MECHANISMS:
        assert mail.log_in(mechanism, "alice", mail.token) == 235
        assert mail.log_in(mechanism, "alice", tokens.malformed(mail.token)) == 535
    assert len(mail.site.asked) == asked


def test_without_our_options_nothing_is_new(mail, smtpd_conf):
    since = len(mail.syslog.lines)
    smtpd_conf("pwcheck_method: saslauthd\n")
    with mail.client() as smtp:
        offer = smtp.esmtp_features["auth"].split()
    assert offer.count("PLAIN") == offer.count("LOGIN") == 1
    assert not {"OAUTHBEARER", "XOAUTH2"} & set(offer)
    assert mail.log_in("PLAIN", "alice", "open sesame") == 235
    assert not mail.syslog.matching("postfix/smtpd", "pat_|patd", since=since)


def test_a_wrong_option_switches_the_plugin_off_and_is_logged(mail, smtpd_conf):
    since = len(mail.syslog.lines)
    smtpd_conf(SMTPD_CONF.replace("pat_override: yes", "pat_override: perhaps"))
    with mail.client() as smtp:
        assert set(smtp.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN"}
    mail.syslog.wait("pat_override takes yes or no", since=since)


# --- at the end of all of these ---

def test_no_secret_is_in_any_log(mail):
    text = "\n".join(mail.syslog.lines)
    assert "sasl_username=alice" in text
    no_secret_in(text, mail.token)
    assert not re.search(r"pat_[a-z0-9]+_1[0-9a-hjkmnp-tv-z]{9}", text)
