# SPDX-License-Identifier: BSD-2-Clause
"""patctl drill against real services of a private host: sshd, sudo, su, Postfix, slapd, Cyrus."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

import directory
import mail
import saslkit
import tokens
from conftest import INCLUDE, SSHD_CONFIG, USUAL
from host import SEARCH, tool, wait_for
from page import blocks
from pat import SOURCE
from servers import Saslauthd, Servers

SASLAUTHD_CONF = "pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n"
PAM_SMTP = """\
auth [success=1 default=ignore] pam_pat.so nodelay
auth requisite pam_deny.so
auth required pam_permit.so
account required pam_pat.so
"""
SCHEMA = json.loads((SOURCE / "doc/schema/drill.json").read_text())


def canary_account(host):
    """As packaging/sysusers makes it."""
    host.run([tool("useradd"), "--system", "--home-dir", "/", "--shell", "/usr/sbin/nologin",
              "pat-canary"], check=True)


@pytest.fixture(scope="module")
def site():
    """Postfix with the plugin, sshd, sudo and su."""
    host = mail.Mail()
    try:
        host.run(["mount", "-t", "tmpfs", "-o", "mode=700", "private", "/root"], check=True)
        for service in ("sshd", "su", "sudo"):
            host.pam(service, INCLUDE, USUAL)
        host.start_sshd(SSHD_CONFIG)
        canary_account(host)
        yield host
    finally:
        host.close()


def drill(host, *words, status=0, **named):
    done = host.patd.ctl("drill", *words, "--yes", "--json", check=status, **named)
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return {row["service"]: row for row in document["services"]}, document


def quickest(host, *words):
    """Drills in which every promise is kept, until each is within a second or there were three of
    them: this machine may do something else. The shortest times of each row; the last document.
    """
    times = {}
    for _ in range(3):
        _, document = drill(host, *words)
        for row in document["services"]:
            key = row["service"], row["client"]
            assert row["login"] and row["result"] == "kept" and row["accepted_after"] == 0, row
            times[key] = min(times.get(key, row["refused_ms"]), row["refused_ms"])
        if max(times.values()) < 1000:
            break
    return times, document


def start_drill(host, *words):
    """A drill that is under way: it has made its canary, and runs a client."""
    process = subprocess.Popen(
        host.enter([host.patd.bin / "patctl", "--config", host.patd.config, "drill", "--yes",
                    *words]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={"PATH": SEARCH, "LC_ALL": "C.UTF-8"})
    host.children.append(process)
    wait_for(lambda: [client for login in children_of(process.pid)
                      for client in children_of(login)], "client of the drill")
    return process


def children_of(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []  # it ended meanwhile


def is_clean(host):
    """No canary, no live token of one, no lock."""
    host.patd.ctl("user", "show", "pat-canary", check=3)
    assert not host.path("/run/pat-drill.lock").exists()
    listed = json.loads(host.patd.ctl("list", "-u", "pat-canary", "--json").stdout or "{}")
    assert not listed.get("tokens")
    return True


def test_every_wired_service_refuses_within_a_second(site):
    """A46."""
    times, document = quickest(site)
    assert max(times.values()) < 1000, times
    rows = {row["service"]: row for row in document["services"]}
    assert set(rows) == {"sshd", "su", "su-l", "sudo", "smtp"}
    assert {row["path"] for row in rows.values()} == {"PAM", "SASL plugin"}
    for row in rows.values():
        assert 0 < row["created_seq"] < row["revoked_seq"]
        assert [use["verdict"] for use in row["uses"]][-1] == "accepted"
        assert {use["verdict"] for use in row["uses"][:-1]} == {"revoked"}
    assert rows["smtp"]["place"] == "smtp://127.0.0.1:25" and rows["su"]["place"] is None
    assert (document["kept"], document["broken"], document["unproven"]) == (5, 0, 0)
    assert is_clean(site)
    site.patd.ctl("log", "--verify", check=0)


def test_the_table_for_people(site):
    done = site.patd.ctl("drill", "sshd", "sudo", "--yes", check=0)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["SERVICE", "PATH", "CLIENT", "LOGIN", "OK", "REFUSED", "AFTER", "RESULT"]
    assert [line.split()[0] for line in lines[1:3]] == ["sshd", "sudo"]
    assert all(re.search(r" \d+\.\d\d s +kept$", line) for line in lines[1:3])
    assert re.search(r"sshd at ssh://127.0.0.1:22: token [0-9a-z]{8}, changes \d+ and \d+ of the log; patd said yes 1, no 1",
                     done.stdout)
    assert "timestamp_timeout" in done.stdout
    assert "Every login after the revocation was refused." in done.stdout
    assert is_clean(site)


# --- what a broken promise looks like ---

@pytest.fixture(scope="module")
def saslauthd(site):
    module = f"{site.directory}/pam_pat.so socket=/run/pat/verify/sock"
    site.write("/etc/pam.d/smtp", PAM_SMTP.replace("pam_pat.so", module))
    server = Saslauthd(site, "pam", mail.SASLAUTHD, "postfix")
    site.smtpd_conf(SASLAUTHD_CONF)
    yield server
    server.stop()
    site.smtpd_conf(mail.SMTPD_CONF)
    site.path("/etc/pam.d/smtp").unlink()


def test_saslauthd_with_its_cache_breaks_the_promise_and_is_named(site, saslauthd):
    before = time.monotonic()
    rows, document = drill(site, "postfix", "sshd", status=9)
    assert time.monotonic() - before < 60
    assert rows["sshd"]["result"] == "kept" and rows["smtp"]["result"] == "broken"
    guilty = rows["smtp"]
    assert guilty["path"] == "PAM by saslauthd" and guilty["refused_ms"] is None
    assert guilty["accepted_after"] > 2
    assert re.match(r"saslauthd runs with -c \(process \d+\): it remembers accepted logins for "
                    "28800 s", guilty["cache"])
    assert [use["verdict"] for use in guilty["uses"]] == ["accepted"], "patd was not asked again"
    assert document["broken"] == 1
    assert is_clean(site)


def test_saslauthd_without_its_cache_keeps_it(site, saslauthd):
    saslauthd.stop()
    saslauthd.start(cache=False)
    times, _ = quickest(site, "postfix")
    assert max(times.values()) < 1000, times


def test_a_stack_that_lets_everybody_in_is_found(site):
    """patd refuses, and the service does not: no cache is blamed."""
    site.pam("su", INCLUDE, "auth sufficient pam_pat.so nodelay\nauth required pam_permit.so")
    try:
        rows, _ = drill(site, "su", status=9)
        assert rows["su"]["result"] == "broken"
        assert "patd refused it, and the service let it in" in rows["su"]["cache"]
    finally:
        site.pam("su", INCLUDE, USUAL)
    assert is_clean(site)


# --- nothing stays, nothing leaks ---

def test_a_killed_drill_leaves_nothing_behind_the_next_one(site):
    process = start_drill(site, "sshd")
    process.kill()
    process.wait()
    wait_for(lambda: not Path(f"/proc/{process.pid}").exists(), "end of it")
    site.patd.ctl("user", "show", "pat-canary", check=0)
    done = site.patd.ctl("drill", "sudo", "--yes", check=0)
    assert "A drill that was killed left its canary: it is removed." in done.stderr
    assert is_clean(site)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_drill_leaves_nothing(site, number):
    process = start_drill(site)
    before = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "the canary is removed" in err
    assert time.monotonic() - before < 5
    assert is_clean(site)


def test_no_child_no_log_and_no_file_has_a_token(site):
    def files():
        return {Path(top) / name for place in ("/run", "/var/log", "/root")
                for top, _, names in os.walk(site.path(place)) for name in names}

    since, before = len(site.syslog.lines), files()
    temporary = set(os.listdir(site.path("/tmp")))
    process = start_drill(site)
    seen, texts = site.watch(process)
    assert {"ssh", "curl", "patctl"} <= seen, "the clients were looked at"
    assert process.returncode == 0
    texts |= {process.stdout.read(), process.stderr.read(), *site.syslog.lines[since:],
              site.patd.log_text()}
    left = files() - before
    texts |= {path.read_text(errors="replace") for path in left if path.is_file()}
    assert not [text for text in texts if tokens.FORM.search(text)]
    names = {path.name for path in left} | set(os.listdir(site.path("/tmp"))) - temporary
    assert not [name for name in names if re.search("drill|askpass|canary", name)]


# --- what cannot be drilled ---

def test_only_root_one_at_a_time_and_no_strangers_canary(site):
    assert "only root can drill" in site.patd.ctl("drill", "--yes", check=4,
                                                  uid=site.uid_of("guest")).stderr
    process = start_drill(site)
    assert "another drill is under way" in site.patd.ctl("drill", "--yes", check=6).stderr
    process.communicate(timeout=60)
    assert process.returncode == 0
    site.patd.user("pat-canary")
    assert "that no drill made" in site.patd.ctl("drill", "--yes", check=6).stderr
    site.patd.ctl("user", "show", "pat-canary", check=0)
    site.patd.ctl("user", "forget", "pat-canary", "--yes", check=0)
    assert "--yes" in site.patd.ctl("drill", check=2).stderr
    assert "no service \"telnet\"" in site.patd.ctl("drill", "telnet", "--yes", check=3).stderr


def test_what_is_not_wired_or_not_there_is_said_and_not_proven(site):
    rows, document = drill(site, "login", "sshd", status=8)
    assert rows["login"]["result"] == "not drilled" and "patctl enable" in rows["login"]["why"]
    assert rows["sshd"]["result"] == "kept" and document["unproven"] == 1
    site.run(["mount", "--bind", "/dev/null", "/usr/bin/curl"], check=True)
    try:
        rows, _ = drill(site, "smtp", status=8)
        assert rows["smtp"]["why"] == "needs curl"
    finally:
        site.run(["umount", "/usr/bin/curl"], check=True)


def test_without_the_account_local_services_are_not_drilled(site):
    site.run([tool("userdel"), "pat-canary"], check=True)
    try:
        rows, _ = drill(site, "sshd", "smtp", status=8)
        assert "needs an account" in rows["sshd"]["why"] and rows["smtp"]["result"] == "kept"
        site.patd.ctl("drill", "--yes", "--account", "nobody-here", check=3)
        site.patd.ctl("drill", "--yes", "--account", "root", check=2)
        rows, document = drill(site, "sshd", "su", "--account", "guest")
        assert {row["result"] for row in rows.values()} == {"kept"}
        assert document["account"] == "guest"
    finally:
        canary_account(site)


def test_a_service_that_is_down_is_not_proven(site):
    site.run(["postfix", "stop"], check=True)
    try:
        rows, _ = drill(site, "smtp", status=8)
        assert rows["smtp"]["result"] == "not proven" and rows["smtp"]["login"] is False
        assert "not let in" in rows["smtp"]["why"]
    finally:
        site.run(["postfix", "start"], check=True)
        site.wait_for_port(25)


# --- other services ---

def test_slapd():
    host = directory.Directory()
    try:
        times, document = quickest(host)
        assert set(times) == {("ldap", "ldapwhoami")} and document["account"] is None
        assert max(times.values()) < 1000, times
        host.write("/etc/ldap/sasl2/slapd.conf", "mech_list: PLAIN\n")
        host.patd.ctl("drill", "--yes", check=8)
        done = host.patd.ctl("drill", check=8)
        assert "No service of this host takes tokens yet" in done.stdout
    finally:
        host.close()


CYRUS_PLACES = """
for place in /var/lib/cyrus /var/spool/cyrus; do
    cp -a "$place" /run/copy
    mount -t tmpfs -o mode=755 private "$place"
    cp -a /run/copy/. "$place"
    chown --reference=/run/copy "$place"
    rm -r /run/copy
done
mkdir -p /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
chown -R cyrus:mail /run/cyrus
"""


def test_cyrus():
    """A row for what cyrus.conf starts; see test_drill_more.py for POP3 and ManageSieve."""
    page = blocks("cyrus-imapd")
    host = Servers(page["/etc/pat/pat.conf"], CYRUS_PLACES)
    try:
        saslkit.certificate(host, "/etc/cyrus.pem", "cyrus")
        host.write("/etc/imapd.conf", saslkit.with_lines(
            host.path("/etc/imapd.conf").read_text(),
            "servername: localhost\ntls_server_cert: /etc/cyrus.pem\n"
            "tls_server_key: /etc/cyrus.pem\n" + page["/etc/imapd.conf"]))
        host.write("/etc/cyrus.conf", "START {\n recover cmd=\"/usr/sbin/cyrus ctl_cyrusdb -r\"\n}\n"
                   "SERVICES {\n imap cmd=\"imapd\" listen=\"127.0.0.1:143\"\n}\n")
        saslkit.start(host, ["/usr/sbin/cyrmaster", "-M", "/etc/cyrus.conf", "-p",
                             "/run/cyrus/pid"], 143)
        times, _ = quickest(host)
        assert set(times) == {("imap", "IMAP by curl")} and max(times.values()) < 1000, times
    finally:
        host.close()
