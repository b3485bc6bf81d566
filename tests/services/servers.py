# SPDX-License-Identifier: BSD-2-Clause
"""A private host with the SASL plugin in it, for servers on Cyrus SASL.

The directory of SASL plugins is a copy that has libpat.so as well; the queue of Postfix and the
databases of slapd are empty file systems. The site's own verifier is a Verifier of the tests,
which notes whatever it is asked.
"""
import contextlib
import ctypes
import os
import re
import signal
import socket
import struct
import threading
from pathlib import Path

import tokens
from clients import network
from host import Host, tool, wait_for
from pat import BUILD

PLUGIN = BUILD / ".libs" / "libpat.so"
NEEDED = ("postfix", "slapd", "ldapmodify", "ldapwhoami", "swaks", "curl", "openssl", "saslauthd")
MECHANISMS = ("PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2")
NEW_NETWORK = 0x40000000  # CLONE_NEWNET

# As root of the private host; $1 is its directory, $2 the directory of plugins, $3 libpat.so.
PLACES = """
# This file system lists what is newest first: libsasl2 meets the stock plugins before ours.
mkdir "$1/sasl2"
mount -t tmpfs -o mode=755 private "$1/sasl2"
cp "$3" "$1/sasl2/libpat.so"
cp -a "$2/." "$1/sasl2"
mount --bind "$1/sasl2" "$2"
for place in /var/spool/postfix /var/lib/postfix /var/lib/ldap /run/slapd; do
    mkdir -p "$place"
    mount -t tmpfs -o mode=755 private "$place"
done
chown postfix:postfix /var/lib/postfix
chown openldap:openldap /var/lib/ldap /run/slapd
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,DNS:ldap.example.org \
    -keyout /etc/server.key -out /etc/server.pem
echo "127.0.0.1 localhost ldap.example.org" > /etc/hosts
chgrp openldap /etc/server.key
chmod 640 /etc/server.key
"""


def plugin_directory():
    """Where libsasl2 looks for plugins: beside the stock ones."""
    return next(Path("/usr/lib").glob("*/sasl2/libanonymous.so")).parent


def require():
    missing = [name for name in NEEDED if tool(name) is None]
    missing += [] if PLUGIN.exists() else [str(PLUGIN)]
    if missing:
        raise RuntimeError("missing: " + " ".join(missing))


@contextlib.contextmanager
def inside_network(host):
    """This thread's sockets are of the host's network meanwhile; others' are not."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(path):
        with open(path, "rb") as space:
            if libc.setns(space.fileno(), NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/thread-self/ns/net", "rb") as before:
        enter(f"/proc/{host.holder.pid}/ns/net")
        try:
            yield
        finally:
            if libc.setns(before.fileno(), NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), "setns")


def connect(host, port, source=None, timeout=30):
    """A connection to a server of the host, from a network of its own unless source is given."""
    with inside_network(host):
        return socket.create_connection(("127.0.0.1", port), timeout,
                                        source_address=(source or network(), 0))


class Verifier(threading.Thread):
    """The site's saslauthd: knows passwords, and notes all that it is asked (.asked)."""

    def __init__(self, host, inside, passwords):
        super().__init__(daemon=True)
        self.passwords, self.asked = dict(passwords), []
        path = host.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o666)
        self.listener.listen(64)
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                fields = [stream.read(struct.unpack(">H", stream.read(2))[0]).decode()
                          for _ in range(4)]
                self.asked.append(tuple(fields))
                user, password, *_ = fields
                answer = b"OK" if self.passwords.get(user) == password else b"NO"
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self.listener.close()


class Saslauthd:
    """The host's own saslauthd, with the cache and the rights that Debian gives it."""

    def __init__(self, host, mechanism, directory, reader):
        self.host, self.mechanism, self.directory = host, mechanism, directory
        host.run(["install", "-d", "-o", "root", "-g", "sasl", "-m", "710", directory], check=True)
        host.run(["usermod", "--append", "--groups", "sasl", reader], check=True)
        self.start()

    def start(self, cache=True):
        self.host.run([tool("saslauthd"), "-a", self.mechanism, *(["-c"] if cache else []),
                       "-n", "2", "-m", self.directory], check=True)
        wait_for(self.listens, "saslauthd that listens")

    def stop(self):
        pid = int(self.host.path(f"{self.directory}/saslauthd.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), "end of saslauthd")

    def connect(self, connection):
        return connection.connect_ex(str(self.host.path(f"{self.directory}/mux")))

    def listens(self):
        with socket.socket(socket.AF_UNIX) as connection:
            return self.connect(connection) == 0

    def ask(self, name, password, service):
        """Its answer to a client of the tests' own."""
        with socket.socket(socket.AF_UNIX) as connection:
            assert self.connect(connection) == 0
            connection.sendall(b"".join(struct.pack(">H", len(field)) + field.encode()
                                        for field in (name, password, service, "")))
            return connection.makefile("rb").read()[2:4]

    def refused(self, service, since):
        """Whose passwords it did not know since then. It is asked once more, to see the end."""
        last = f"nobody{next(self.host.numbers)}"
        assert self.ask(last, "wrong", service) == b"NO"
        failure = (r"saslauthd\[", "auth failure", rf"\[service={service}\]")
        self.host.syslog.wait(*failure, rf"\[user={last}\]", since=since)
        names = [re.search(r"\[user=(.*?)\]", line).group(1)
                 for line in self.host.syslog.matching(*failure, since=since)]
        return [name for name in names if not name.startswith("nobody")]


class Servers(Host):
    """config: pat.conf of its patd, which is running; prepare: a command that runs before."""

    def __init__(self, config, prepare=""):
        require()
        self.verifiers = []
        super().__init__()
        try:
            self.run(["sh", "-ec", PLACES, "sh", self.directory, plugin_directory(), PLUGIN],
                     check=True)
            self.run(["sh", "-ec", prepare], check=True)
            self.patd.configure(config)
            self.patd.start()
            self.patd.tenant("acme")
            self.patd.tenant("lab", realms=["lab.example.org"], makeDefault=False)
        except BaseException:
            self.close()
            raise

    def verifier(self, inside, **passwords):
        self.verifiers.append(Verifier(self, inside, passwords))
        return self.verifiers[-1]

    def close(self):
        for verifier in self.verifiers:
            verifier.close()
        super().close()

    def wait_for_port(self, port, process=None):
        def answers():
            assert process is None or process.poll() is None, self.syslog.lines[-20:]
            try:
                connect(self, port).close()
            except ConnectionRefusedError:
                return False
            return True

        wait_for(answers, f"server on port {port}")


# --- what clients say ---

def messages(mechanism, name, secret, requested=""):
    """What a client sends, in turn; None: it waits for the server. Answers a refusal, too.

    The bearer mechanisms carry one name, of whom the client wants to be.
    """
    wanted = requested or name
    saslname = wanted.replace("=", "=3D").replace(",", "=2C")
    return {
        "PLAIN": [f"{requested}\0{name}\0{secret}"],
        "LOGIN": [None, name, secret],
        "OAUTHBEARER": [f"n,a={saslname},\1auth=Bearer {secret}\1\1", "\1"],
        "XOAUTH2": [f"user={wanted}\1auth=Bearer {secret}\1\1", "\1"],
    }[mechanism]


# --- tokens that are refused; each case is a token and the verdict in patd's log ---

class Refused:
    """service's scope is needed for all of them; alice is a user of acme, of the default tenant."""

    def __init__(self, host, service, scope):
        self.host, self.service, self.scope = host, service, scope
        self.good, _ = host.patd.token("alice", [scope])

    def revoked(self):
        token, record = self.host.patd.token("alice", [self.scope])
        self.host.patd.ctl("revoke", record["id"], "--yes", check=0)
        return token, "revoked"

    def of_another_scope(self):
        return self.host.patd.token("alice", ["ssh:login"])[0], "scope-denied"

    def of_another_tenant(self):
        return self.host.patd.token("alice", [self.scope], tenant="lab")[0], "wrong-tenant"

    def for_other_addresses(self):
        return (self.host.patd.token("alice", [self.scope], addresses=["10.0.0.0/8"])[0],
                "address-denied")

    def of_a_disabled_user(self):
        name = f"dora{next(self.host.numbers)}"
        self.host.patd.user(name, grants=[self.scope])
        token, _ = self.host.patd.token(name, [self.scope])
        self.host.patd.ctl("user", "disable", name, check=0)
        return token, "user-disabled"

    def with_a_wrong_secret(self):
        return tokens.with_wrong_secret(self.good), "bad-secret"

    def with_an_unknown_id(self):
        return tokens.with_unknown_id(self.good), "unknown"

    def mistyped(self):
        return tokens.malformed(self.good), "malformed"

    def cut_short(self):
        return self.good[:-9], "malformed"

    CASES = (revoked, of_another_scope, of_another_tenant, for_other_addresses, of_a_disabled_user,
             with_a_wrong_secret, with_an_unknown_id, mistyped, cut_short)


def check_verdict(host, since, service, verdict, token):
    """patd's log tells the reason, the server's that of a token patd never sees; none a secret."""
    if verdict == "malformed":
        host.syslog.wait("event=verify verdict=malformed", since=since)
    else:
        form = tokens.FORM.fullmatch(token)
        host.syslog.wait(rf"event=verify verdict={verdict} token={form.group(2)} ",
                         f"service={service} ", since=since)


def no_secret_in(text, *secrets):
    for secret in secrets:
        assert secret[len("pat_acme_1") + 8:][:20] not in text
