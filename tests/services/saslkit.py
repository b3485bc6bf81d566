# SPDX-License-Identifier: BSD-2-Clause
"""What servers on Cyrus SASL need on the private host of conftest.py: our plugin beside the stock
ones, ordinary passwords, whom tokens are refused, and what clients say. See also servers.py.
"""
import os
import re
import shlex
import shutil
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import tokens
from host import tool, wait_for
from servers import PLUGIN, connect, plugin_directory

BEARER = ("OAUTHBEARER", "XOAUTH2")
PASSWORD = ("PLAIN", "LOGIN")
MECHS = BEARER + PASSWORD
SECOND = 1_000_000


# --- the host ---

def install_plugin(host):
    """Once a host: libpat.so among the stock plugins, where every SASL program looks."""
    directory, copy = plugin_directory(), host.directory / "sasl2"
    if not copy.exists():
        shutil.copytree(directory, copy, symlinks=True)
        shutil.copy2(PLUGIN, copy / "libpat.so")
        host.run(["mount", "--bind", copy, directory], check=True)


def run_page(host, lines, name):
    """patctl's lines of a page, for another name than the page's alice; what they print."""
    return [host.patd.ctl(*shlex.split(line.replace("alice", name))[1:], check=0).stdout
            for line in lines.splitlines()]


def with_lines(text, lines, mark=":"):
    """A file of "option: value" lines, in which these take the place of those of the same name."""
    names = {line.split(mark)[0] for line in lines.splitlines() if line and line[0] != "#"}
    kept = [line for line in text.splitlines() if line.split(mark)[0] not in names]
    return "\n".join([*kept, *lines.splitlines()]) + "\n"


def set_password(host, file, name, password, realm, owner):
    """An ordinary password in a sasldb that the server's account may read."""
    host.run([tool("saslpasswd2"), "-p", "-c", "-f", file, "-u", realm, name], stdin=password,
             check=True)
    os.chown(host.path(file), host.uid_of(owner), 0)


def certificate(host, inside, owner):
    """A self-signed certificate and its key in one file."""
    key, text = host.directory / "tls.key", host.directory / "tls.crt"
    host.run([tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
              "-keyout", key, "-out", text], check=True)
    host.write(inside, text.read_text() + key.read_text(), 0o600, owner)


def untrusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def wait_for_port(host, port, process):
    def answers():
        assert process.poll() is None, f"the server of port {port} ended"
        try:
            connect(host, port).close()
        except ConnectionRefusedError:
            return False
        return True

    wait_for(answers, f"server on port {port}")


def start(host, command, port, uid=None):
    """A server in the foreground, until the host closes; what it says goes to a file."""
    log = host.directory / f"{Path(command[0]).name}-{next(host.numbers)}.log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(host.enter(command, uid), stdin=subprocess.DEVNULL,
                                   stdout=stream, stderr=stream,
                                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    host.children.append(process)
    wait_for_port(host, port, process)
    return process, log


# --- what clients say ---

def oauthbearer(token, name=""):
    header = f"a={name}" if name else ""
    return f"n,{header},\1host=localhost\1port=1\1auth=Bearer {token}\1\1".encode()


def xoauth2(token, name):
    return f"user={name}\1auth=Bearer {token}\1\1".encode()


def plain(token, name, act=""):
    return f"{act}\0{name}\0{token}".encode()


def answers(mech, name, token):
    """What a client of the mechanism answers, in turn; the last one to the JSON of a refusal."""
    return {"PLAIN": [plain(token, name)], "LOGIN": [name.encode(), token.encode()],
            "OAUTHBEARER": [oauthbearer(token, name), b"\1"],
            "XOAUTH2": [xoauth2(token, name), b""]}[mech]


# --- whom the tests are about ---

@dataclass
class Owner:
    """A virtual user with a token of one scope, and an ordinary password of the same name."""

    host: object
    name: str
    scope: str
    password: str = "ordinary sesame"

    def __post_init__(self):
        self.host.patd.user(self.name, grants=[self.scope, "other:login"])
        self.token, record = self.host.patd.token(self.name, [self.scope])
        self.id = record["id"]

    def another(self, **parameters):
        """A further token of the same user and scope: its text and its record."""
        return self.host.patd.token(self.name, parameters.pop("scopes", [self.scope]),
                                    **parameters)

    def revoke(self, record):
        self.host.patd.ctl("revoke", record["id"], "--yes", check=0)

    def soon_expired(self):
        token, record = self.another(expires=time.time_ns() // 1000 + SECOND)
        wait_for(lambda: time.time_ns() // 1000 > record["expires"], "end of the token")
        return token

    def revoked(self):
        token, record = self.another()
        self.revoke(record)
        return token

    def of_another_user(self):
        self.host.patd.user(f"{self.name}2", grants=[self.scope])
        return self.host.patd.token(f"{self.name}2", [self.scope])[0]

    def of_another_tenant(self):
        self.host.patd.user(self.name, grants=[self.scope], tenant="lab")
        return self.host.patd.token(self.name, [self.scope], tenant="lab")[0]

    def refused(self):
        """Tokens that this user's login is refused with: the verdict of each."""
        return {
            tokens.with_wrong_secret(self.token): "bad-secret",
            tokens.with_unknown_id(self.token): "unknown",
            tokens.malformed(self.token): "malformed",
            self.token[:-9]: "malformed",
            self.token + "zz": "malformed",
            self.soon_expired(): "expired",
            self.revoked(): "revoked",
            self.of_another_user(): "wrong-user",
            self.of_another_tenant(): "wrong-tenant",
            self.another(scopes=["other:login"])[0]: "scope-denied",
            self.another(addresses=["10.0.0.0/8"])[0]: "address-denied",
        }


def public_id(token):
    form = tokens.FORM.fullmatch(token)
    return form.group(2) if form else None


def assert_said(host, token, verdict, service, since, times=1):
    """patd's log has the reason; the module's has it where patd never saw the token."""
    if verdict == "malformed":
        pattern = r"event=verify verdict=malformed\b"
    else:
        pattern = (rf"event=verify verdict={verdict} token={public_id(token)} .*"
                   rf"service={service}\b")
    wait_for(lambda: len(host.syslog.matching(pattern, since=since)) >= times,
             f"{times} times {pattern}")


def assert_no_secret(host, since, *files):
    """No log line of any server, and no file, holds more of a token than its id."""
    texts = ["\n".join(host.syslog.lines[since:]), host.patd.log_text()]
    texts += [file.read_text(errors="replace") for file in files]
    for text in texts:
        assert not re.search(r"pat_[a-z0-9]{1,16}_[1-9][0-9a-z]{9}", text, re.IGNORECASE)
        assert "ordinary sesame" not in text
