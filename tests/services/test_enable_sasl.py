# SPDX-License-Identifier: BSD-2-Clause
"""patctl enable and disable of servers on Cyrus SASL: a real Postfix in its chroot, a real slapd."""
import json

import pytest

import tokens
from directory import SASLAUTHD as SASLAUTHD_OF_SLAPD
from directory import Directory, somebody
from ldap_client import INVALID_CREDENTIALS, OK
from mail import BEFORE, CHROOT, PAGE, PASSWORD_MECHANISMS, SASLAUTHD, Mail
from servers import MECHANISMS
from wirekit import CONFIG, ctl, differing, disable, enable, install, recorded, run_page, snapshot

SMTPD_CONF, SLAPD_CONF = "/etc/postfix/sasl/smtpd.conf", "/etc/ldap/sasl2/slapd.conf"
DROP_IN = "/etc/systemd/system/patd-verify.socket.d/postfix.conf"
PATD = "[patd]\nstate_dir = {0.state}\nkeys_dir = {0.keys}\nruntime_dir = /run/pat\n"
SITE = "# ours\nlog_level: 3\npwcheck_method: saslauthd\nmech_list: PLAIN LOGIN{}\n"


class WiredMail(Mail):
    def open(self):
        super().open()
        install(self)

    def start_again(self):
        self.patd.stop()
        self.run(["rm", "-rf", CHROOT + "/run"], check=True)
        if "[listener postfix]" in self.path(CONFIG).read_text():
            self.run(["sh", "-ec", BEFORE], check=True)
        self.patd.start()


class WiredDirectory(Directory):
    def open(self):
        super().open()
        install(self)


def as_the_site_has_it(host, path, text):
    host.patd.config.write_text(PATD.format(host.patd))
    host.write(path, text)


@pytest.fixture(scope="module")
def mail():
    host = WiredMail()
    try:
        host.verifier(f"{SASLAUTHD}/mux", alice="open sesame")
        as_the_site_has_it(host, SMTPD_CONF, SITE.format(""))
        host.start_again()
        host.smtpd_conf(SITE.format(""))
        yield host
    finally:
        host.close()


@pytest.fixture(scope="module")
def directory():
    host = WiredDirectory()
    try:
        host.verifier(f"{SASLAUTHD_OF_SLAPD}/mux", alice="open sesame")
        host.path(SASLAUTHD_OF_SLAPD).chmod(0o755)
        as_the_site_has_it(host, SLAPD_CONF, SITE.format(" EXTERNAL"))
        host.patd.stop()
        host.patd.start()
        host.restart_slapd()
        yield host
    finally:
        host.close()


def test_postfix(mail):
    before = snapshot(mail)
    assert mail.log_in("PLAIN", "alice", mail.token) == 535
    assert mail.log_in("PLAIN", "alice", "open sesame") == 235
    done = json.loads(enable(mail, "postfix", "--json"))
    assert differing(before, snapshot(mail)) == [CONFIG, SMTPD_CONF]
    assert done["next"] == ["systemctl restart postfix",
                            "start patd again, as root: it binds the socket"]
    assert mail.path(SMTPD_CONF).read_text() == (
        SITE.format(" OAUTHBEARER XOAUTH2") + "pat_override: yes\npat_socket: /run/pat/verify/sock\n")
    mail.start_again()
    mail.smtpd_conf(mail.path(SMTPD_CONF).read_text())
    for mechanism in MECHANISMS:
        assert mail.log_in(mechanism, "alice", mail.token) == 235
        assert mail.log_in(mechanism, "alice", tokens.with_wrong_secret(mail.token)) == 535
    for mechanism in PASSWORD_MECHANISMS:
        assert mail.log_in(mechanism, "alice", "open sesame") == 235
    disable(mail, "postfix")
    assert differing(before, snapshot(mail)) == [] and recorded(mail) == []
    mail.start_again()
    mail.smtpd_conf(SITE.format(""))
    assert mail.log_in("PLAIN", "alice", mail.token) == 535
    assert mail.log_in("PLAIN", "alice", "open sesame") == 235


def test_postfix_under_systemd_has_a_drop_in_as_its_page_says(mail):
    before = snapshot(mail)
    mail.path("/run/systemd/system").mkdir(parents=True)
    try:
        done = json.loads(enable(mail, "postfix", "--json"))
        assert "systemctl daemon-reload && systemctl restart patd-verify.socket" in done["next"]
        assert mail.path(DROP_IN).read_text() == "# patctl enable postfix\n" + PAGE[DROP_IN]
        text = mail.path(CONFIG).read_text()
        assert "[listener" not in text and "[service smtp]\nuids = postfix\n" in text
        assert "takes tokens already" in enable(mail, "postfix")
        disable(mail, "postfix")
    finally:
        mail.path("/run/systemd/system").rmdir()
    assert differing(before, snapshot(mail)) == []


def test_postfix_without_a_configuration_of_its_own(mail):
    mail.path(SMTPD_CONF).unlink()
    before = snapshot(mail)
    said = enable(mail, "postfix")
    assert "mechanisms that it does not name are not offered" in said
    assert mail.path(SMTPD_CONF).read_text().startswith("mech_list: PLAIN LOGIN OAUTHBEARER XOAUTH2")
    assert "pwcheck_method" not in mail.path(SMTPD_CONF).read_text(), "it is the site's own"
    disable(mail, "postfix")
    assert differing(before, snapshot(mail)) == []
    mail.write(SMTPD_CONF, SITE.format(""))


REFUSED = {
    "auto_transition": (SITE.format("") + "auto_transition: yes\n", "kept in clear"),
    "no PLAIN": ("mech_list: SCRAM-SHA-256\n", "has no PLAIN"),
    "an option twice": (SITE.format("") + "mech_list: PLAIN\n", "is there twice"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_configuration_that_it_leaves_alone(mail, case):
    text, why = REFUSED[case]
    mail.write(SMTPD_CONF, text)
    before = snapshot(mail)
    done = ctl(mail, "enable", "postfix", "--yes")
    assert done.returncode == 6 and why in done.stderr, done
    assert differing(before, snapshot(mail)) == []
    mail.write(SMTPD_CONF, SITE.format(""))


@pytest.mark.parametrize("setting, why", [
    ("smtpd_sasl_type = dovecot", "patctl enable dovecot"),
    ("smtpd_sasl_path = other", "smtpd_sasl_path is other"),
    ("no_such_syntax", "postconf")], ids=["dovecot", "path", "broken"])
def test_a_postfix_that_it_leaves_alone(mail, setting, why):
    text = mail.path("/etc/postfix/main.cf").read_text()
    mail.write("/etc/postfix/main.cf", f"{text}\n{setting}\n")
    try:
        done = ctl(mail, "enable", "postfix", "--yes")
        assert done.returncode == 6 and why in done.stderr, done
    finally:
        mail.write("/etc/postfix/main.cf", text)


def test_a_section_of_pat_conf_that_others_wrote(mail):
    text = mail.path(CONFIG).read_text()
    mail.write(CONFIG, text + "[service smtp]\nuids = bin\n")
    try:
        done = ctl(mail, "enable", "postfix", "--yes")
        assert done.returncode == 6 and "[service smtp] does not name postfix" in done.stderr
        mail.write(CONFIG, text + "[service smtp]\nuids = bin, postfix\n")
        shown = json.loads(ctl(mail, "enable", "postfix", "--dry-run", "--json").stdout)
        added = [line for file in shown["files"] if file["path"] == CONFIG
                 for line in file["diff"] if line.startswith("+") and line != "+++ " + CONFIG]
        assert "+[listener postfix]" in added and not [line for line in added if "uids" in line]
    finally:
        mail.write(CONFIG, text)


def test_slapd(directory):
    before = snapshot(directory)
    token = directory.tokens["alice"]
    assert directory.bind("PLAIN", "alice", token)[0] == INVALID_CREDENTIALS
    done = json.loads(enable(directory, "slapd", "--json"))
    assert differing(before, snapshot(directory)) == [SLAPD_CONF, CONFIG]
    assert done["next"] == ["systemctl restart slapd", "systemctl reload patd"]
    directory.patd.reload()
    directory.restart_slapd()
    for mechanism in MECHANISMS:
        assert directory.bind(mechanism, "alice", token) == (OK, somebody("alice"))
    assert directory.simple("alice", token) == (OK, somebody("alice"))
    assert directory.bind("PLAIN", "alice", "open sesame") == (OK, somebody("alice"))
    assert directory.simple("alice", "open sesame") == (OK, somebody("alice"))
    disable(directory, "slapd")
    assert differing(before, snapshot(directory)) == [] and recorded(directory) == []
    directory.patd.reload()
    directory.restart_slapd()
    assert directory.bind("PLAIN", "alice", token)[0] == INVALID_CREDENTIALS
    assert directory.bind("PLAIN", "alice", "open sesame") == (OK, somebody("alice"))


@pytest.mark.parametrize("page", ["postfix", "openldap", "cyrus-imapd", "memcached", "subversion"])
def test_the_command_of_a_page(directory, page):
    if page == "subversion":
        directory.account("svn")
    before = snapshot(directory)
    name = run_page(directory, page)
    shown = json.loads(ctl(directory, "service", "show", name, "--json").stdout)
    assert shown["wired"] == "yes" and "SASL plugin" in shown["how"]
    disable(directory, name)
    assert differing(before, snapshot(directory)) == []


def test_cyrus_keeps_its_other_options(directory):
    before = snapshot(directory)
    text = directory.path("/etc/imapd.conf").read_text()
    enable(directory, "cyrus")
    wired = directory.path("/etc/imapd.conf").read_text()
    for line in ("sasl_pat_override: yes", "sasl_pat_socket: /run/pat/verify/sock",
                 "sasl_authdaemond_path: /run/pat/verify/authdaemon"):
        assert f"\n{line}\n" in wired
    removed = [line for line in text.splitlines() if line not in wired.splitlines()]
    assert all(line.startswith(("sasl_mech_list:", "sasl_pwcheck_method:")) for line in removed)
    disable(directory, "cyrus")
    assert differing(before, snapshot(directory)) == []
