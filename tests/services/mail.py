# SPDX-License-Identifier: BSD-2-Clause
"""A real Postfix on a private host, in its chroot, set up as doc/postfix says."""
import base64
import smtplib
import ssl
from pathlib import Path

from host import wait_for
from page import blocks
from servers import Servers, connect, messages

PAGE = blocks("postfix")
PAT_CONF = PAGE["/etc/pat/pat.conf"]
BEFORE = PAGE["Before patd starts"]
LISTENER = PAGE["/etc/pat/pat.conf, without systemd"]
WITHOUT_PLUGIN = PAGE["/etc/postfix/sasl/smtpd.conf, without the plugin"]
LISTENER_WITHOUT = PAGE["/etc/pat/pat.conf, without the plugin and without systemd"]
SMTPD_CONF = PAGE["/etc/postfix/sasl/smtpd.conf"]
TOKENS_ONLY = PAGE["/etc/postfix/sasl/smtpd.conf, tokens only, without the plugin"]
LISTENER_TOKENS_ONLY = PAGE["/etc/pat/pat.conf, tokens only, without systemd"]
CONFIG = "\n".join((PAT_CONF, LISTENER, LISTENER_WITHOUT, LISTENER_TOKENS_ONLY))
CHROOT = "/var/spool/postfix"
SASLAUTHD = CHROOT + "/var/run/saslauthd"  # where one has it that serves a chroot
PASSWORD_MECHANISMS = ("PLAIN", "LOGIN")

# What a site has beside what the page says. Nobody may send but who has logged in.
SITE = """
compatibility_level = 3.6
myhostname = mail.example.org
mydestination =
mynetworks = 192.0.2.0/24
inet_protocols = ipv4
inet_interfaces = loopback-only
default_transport = discard:
smtpd_tls_cert_file = /etc/server.pem
smtpd_tls_key_file = /etc/server.key
smtpd_tls_security_level = may
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
"""


class Mail(Servers):
    def __init__(self):
        super().__init__(CONFIG, BEFORE)
        self.tls = ssl.create_default_context(cafile=self.path("/etc/server.pem"))
        for name, tenant in (("alice", "acme"), ("bob", "acme"), ("alice", "lab")):
            self.patd.user(name, grants=["mail:*", "ssh:login"], tenant=tenant)
        self.token, self.record = self.patd.token("alice", ["mail:send"])
        self.write("/etc/postfix/main.cf", SITE + PAGE["/etc/postfix/main.cf"])
        self.write("/etc/postfix/sasl/smtpd.conf", SMTPD_CONF)
        self.run(["sh", "-ec", "/usr/lib/postfix/configure-instance.sh && exec postfix start"],
                 check=True)
        self.wait_for_port(25)

    def smtpds(self):
        found = set()
        for pid in self.processes():
            try:
                if Path(f"/proc/{pid}/comm").read_text() == "smtpd\n":
                    found.add(pid)
            except OSError:
                pass  # it ended meanwhile
        return found

    def smtpd_conf(self, text):
        """Another smtpd.conf, as soon as no process works by the one before."""
        self.write("/etc/postfix/sasl/smtpd.conf", text)
        before = self.smtpds()
        self.run(["postfix", "reload"], check=True)
        wait_for(lambda: not self.smtpds() & before, "end of the old smtpd")

    def start_patd(self):
        self.run(["sh", "-ec", BEFORE], check=True)
        for name in ("authdaemon", "mux"):
            self.path(f"{CHROOT}/run/pat/verify/{name}").unlink(missing_ok=True)
        self.patd.start()

    def client(self, starttls=True, source=None):
        """A connection that has said EHLO, within TLS unless told otherwise."""
        smtp = smtplib.SMTP()
        smtp.sock = connect(self, 25, source)
        assert smtp.getreply()[0] == 220
        smtp.ehlo("client.example.org")
        if starttls:
            assert smtp.docmd("STARTTLS")[0] == 220
            smtp.sock = self.tls.wrap_socket(smtp.sock, server_hostname="localhost")
            smtp.file = None
            smtp.ehlo("client.example.org")
        return smtp

    def log_in(self, mechanism, name, secret, requested="", source=None):
        with self.client(source=source) as smtp:
            return authenticate(smtp, mechanism, name, secret, requested)


def authenticate(smtp, mechanism, name, secret, requested=""):
    """The last reply's code."""
    waiting = messages(mechanism, name, secret, requested)
    first = waiting.pop(0)
    code, _ = smtp.docmd("AUTH", f"{mechanism} {encoded(first)}" if first else mechanism)
    while code == 334:
        code, _ = smtp.docmd(encoded(waiting.pop(0)))
    return code


def encoded(text):
    return base64.b64encode(text.encode()).decode()
