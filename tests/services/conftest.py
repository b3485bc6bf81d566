# SPDX-License-Identifier: BSD-2-Clause
"""One private host for all of these tests, with patd, sshd and su set up as doc/openssh says."""
import pytest

from clients import su
from host import Host
from page import blocks

PAGE = blocks("openssh")
SSHD_CONFIG = PAGE["/etc/ssh/sshd_config.d/10-pat.conf"]
BESIDE_PASSWORDS = PAGE["/etc/pam.d/sshd, tokens beside passwords"]
FEDORA = PAGE["/etc/pam.d/sshd of Fedora, tokens beside passwords"]
TOKENS_ONLY = PAGE["/etc/pam.d/sshd, tokens only"]
INCLUDE = "@include common-auth"
# The same without the delay after a refusal, which most tests need not wait for.
USUAL = BESIDE_PASSWORDS.replace("pam_pat.so", "pam_pat.so nodelay").replace(
    "try_first_pass", "try_first_pass nodelay")


@pytest.fixture(scope="session")
def host():
    private = Host()
    try:
        private.patd.start()
        private.patd.tenant("acme")
        private.patd.tenant("lab", makeDefault=False)
        for service in ("sshd", "su"):
            private.pam(service, INCLUDE, USUAL)
        private.start_sshd(SSHD_CONFIG)
        yield private
    finally:
        private.close()


@pytest.fixture(scope="session")
def alice(host):
    """An account with a Unix password and a key, its user, and a good token."""
    host.bound("alice", password="open sesame", grants=["ssh:login", "su:login", "mail:*"])
    return Person(host, "alice", "open sesame")


@pytest.fixture
def person(host, request):
    """The same for this test alone, whose rights it may change."""
    name = f"p{next(host.numbers)}"
    host.bound(name, password="open sesame", grants=["ssh:login", "su:login"])
    return Person(host, name, "open sesame")


@pytest.fixture
def stack(host):
    """Puts other lines in place of sshd's, for one test."""
    yield lambda text: host.pam("sshd", INCLUDE, text)
    host.pam("sshd", INCLUDE, USUAL)


class Person:
    def __init__(self, host, name, password):
        self.host, self.name, self.password = host, name, password
        self.key = host.key(name)
        self.token, self.record = host.patd.token(name, ["ssh:login", "su:login"])
        self.id = self.record["id"]

    def su(self, answer=None):
        return su(self.host, self.name, answer or self.token)
