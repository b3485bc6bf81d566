# SPDX-License-Identifier: BSD-2-Clause
"""Real Dovecots, set up as doc/dovecot says, by IMAP and POP3 (A15, M9, M11).

Of Debian's packages those with imapd and pop3d cannot be installed beside Cyrus: they are unpacked
by packaging/install-packages, and here laid over those of dovecot-core.
"""
import time
from pathlib import Path

import pytest

from host import tool
from logins import Entry, Logins, Service
from mailclients import Imap, Pop, refusal
from page import Page
from saslkit import certificate, start

PAGE = Page("dovecot")
VIRTUAL = PAGE["/etc/dovecot/local.conf, for virtual users"]
UNPACKED = Path("/var/lib/linux-pat-tests")
# What a site has; the pauses after refusals, which are Dovecot's own, left out.
SITE = """
base_dir = /run/{name}
state_dir = /run/{name}
protocols = imap pop3
listen = 127.0.0.1
ssl_cert = </etc/dovecot.pem
ssl_key = </etc/dovecot.pem
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/mail
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""
CACHE = "auth_cache_size = 10M\n"
# Debian's auth-system.conf.ext; the name is that of a stack of the tests' own.
SYSTEM = """
passdb {
  driver = pam
  args = dovecot-system
}
userdb {
  driver = passwd
}
"""


class Dovecot(Service):
    """Virtual users by IMAP, and what all of them share: once a host."""

    name, scope, local = "dovecot", "mail:read", False
    has_addresses, page, shows = True, PAGE, "INBOX"
    imap, pop = 1143, 1110
    configuration = VIRTUAL

    def set_up(self):
        host = self.host
        if not host.path("/etc/dovecot.pem").exists():
            self.unpack()
            certificate(host, "/etc/dovecot.pem", "root")
            host.run(["useradd", "--uid", "5000", "--create-home", "vmail"], check=True)
            host.write("/etc/dovecot/users", "")
            host.wire("dovecot", PAGE["/etc/pam.d/dovecot, for virtual users"], replace=None)
        if self.configuration is not None:
            self.start_dovecot()

    def unpack(self):
        version = self.host.run(["dpkg-query", "-W", "-f=${Version}", "dovecot-core"]).stdout
        parts = [UNPACKED / f"{package}_{version}/usr/lib/dovecot"
                 for package in ("dovecot-imapd", "dovecot-pop3d")]
        script = 'copy=$1; shift; mkdir "$copy"; for part; do cp -a "$part/." "$copy"; done; ' \
                 'mount --bind "$copy" /usr/lib/dovecot'
        self.host.run(["sh", "-ec", script, "sh", self.host.directory / "dovecot",
                       "/usr/lib/dovecot", *parts], check=True)

    @property
    def file(self):
        return f"/etc/dovecot/{type(self).__name__}.conf"

    def start_dovecot(self, more="", words=""):
        """more: further lines; words: further args of passdb pam."""
        text = SITE.format(name=type(self).__name__, imap=self.imap, pop=self.pop)
        text += self.configuration.replace("args = max", f"args = {words} max")
        self.host.write(self.file, text + more)
        self.process, _ = start(self.host, [tool("dovecot"), "-F", "-c", self.file], self.imap)

    def again(self, *how):
        self.process.terminate()
        self.process.wait(20)
        self.start_dovecot(*how)

    def doveadm(self, *words):
        return self.host.run([tool("doveadm"), "-c", self.file, *words], check=True)

    def person(self):
        person = super().person()
        with open(self.host.path("/etc/dovecot/users"), "a") as file:
            file.write(f"{person.name}:{{PLAIN}}{person.password}\n")
        return person

    def enter(self, name, secret):
        client = Imap(self.host, self.imap)
        said = refusal(lambda: client.login(name, secret))
        if said is None:
            assert client.select()[0] == "OK"
        client.logout()
        return Entry(said is None, said or "")

    def on_this_host(self, command):
        return command.replace("mail.example.org", f"127.0.0.1:{self.imap}").replace(
            "curl", "curl --insecure")


class ByPop(Dovecot):
    """The same server by POP3."""

    configuration = None
    page = None
    whole = False

    def enter(self, name, secret):
        client = Pop(self.host, self.pop)
        client.user(name)
        said = refusal(lambda: client.pass_(secret))
        if said is None:
            assert client.stat() == (0, 0)
        client.close()
        return Entry(said is None, said or "")


class NotRoot(Dovecot):
    """The worker that asks PAM is the account dovecot."""

    imap, pop = 1145, 1112
    configuration = VIRTUAL + PAGE["/etc/dovecot/local.conf, for a worker that is not root"]


class Accounts(Dovecot):
    """Accounts of the host, as Debian's Dovecot has it."""

    local = True
    closes = ("expired",)
    imap, pop = 1146, 1113
    configuration = SYSTEM

    def set_up(self):
        super().set_up()
        lines = PAGE["In /etc/pam.d/dovecot, in place of @include common-auth"]
        self.host.wire("dovecot-system", lines.replace("nodelay", "nodelay service=dovecot"),
                       of="dovecot")

    def person(self):
        return Service.person(self)


class TestDovecot(Logins):
    SERVICES = [Dovecot, ByPop, NotRoot, Accounts]
    CONFIG = PAGE["/etc/pat/pat.conf, for a worker that is not root"]

    @pytest.mark.parametrize("mech", ["PLAIN", "LOGIN"])
    def test_mechanisms_take_tokens(self, services, mech):
        owner = services[Dovecot].owner
        assert Imap(owner.host).says(mech, owner.name, owner.token) is None
        assert Pop(owner.host).says(mech, owner.name, owner.token) is None
        assert Imap(owner.host).says(mech, owner.name, owner.token + "zz") is not None

    def test_who_asks(self, site, services):
        """Root or the account dovecot, as the page has it."""
        for kind, uid in ((Dovecot, 0), (NotRoot, site.uid_of("dovecot"))):
            since = len(site.syslog.lines)
            owner = services[kind].owner
            assert services[kind].enter(owner.name, owner.token).accepted
            site.syslog.wait(f"verdict=accepted token={owner.id} .* peer_uid={uid}$", since=since)

    def test_a_cache_keeps_what_was_revoked_until_it_is_told(self, services):
        """The trap, what is none, and the way out."""
        dovecot = services[NotRoot]

        def after_revoking():
            person = dovecot.person()
            assert dovecot.enter(person.name, person.token).accepted
            dovecot.host.patd.ctl("revoke", person.id, "--yes", check=0)
            return person, dovecot.enter(person.name, person.token).accepted

        dovecot.again(CACHE)
        assert not after_revoking()[1], "a cache alone keeps no answers of PAM"
        dovecot.again(CACHE, "cache_key=%u")
        person, kept = after_revoking()
        assert kept
        dovecot.doveadm(*PAGE["After a revocation, with a cache"]
                        .replace("alice", person.name).split()[1:])
        assert not dovecot.enter(person.name, person.token).accepted
        dovecot.again()

    def test_what_is_open_is_ended_as_the_page_says(self, services):
        dovecot = services[Dovecot]
        person = dovecot.person()
        client = Imap(dovecot.host)
        client.login(person.name, person.token)
        dovecot.host.patd.ctl("revoke", person.id, "--yes", check=0)
        assert client.noop()[0] == "OK", "revoking ends no session"
        until = time.monotonic() + 20
        dovecot.doveadm(*PAGE["What is open of one user"].replace("alice", person.name).split()[1:])
        with pytest.raises(Imap.abort):  # the signal takes a moment
            while time.monotonic() < until:
                client.noop()


def test_every_block_of_the_page_was_used():
    assert PAGE.unused == set()
