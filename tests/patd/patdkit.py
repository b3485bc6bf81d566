# SPDX-License-Identifier: BSD-2-Clause
"""What the suites of patd share: daemons on a fast disk, raw connections, peers of other uids."""
import contextlib
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

from pat import (IS_ROOT, SOURCE, Patd, Refused, decode_answer, encode_request)

ME = os.getuid()
SERVICES = ("sshd", "sudo", "su", "login", "imap", "smtp", "sieve", "ldap", "http", "postgresql")
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
ROOM = 512 << 20  # what a memory disk must have free: stores of 20,000 tokens fit
USERNS = subprocess.run(["unshare", "-U", "true"], capture_output=True, check=False).returncode == 0


def section(service, *lines):
    """A section of pat.conf in which we may ask for the service, whoever we are."""
    return "\n".join([f"[service {service}]", f"uids = {ME}", *lines, "", ""])


def fast_directory():
    """A directory in memory: a store that syncs after every change is slow on a disk."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK) or shutil.disk_usage(place).free < ROOM:
        return None
    return Path(tempfile.mkdtemp(prefix="pat-", dir=place))


class Daemon(Patd):
    """A patd that may be asked for the usual services; its store is in memory where that goes."""

    def __init__(self, config="", operators=(), services=SERVICES, memory=True):
        super().__init__()
        self.fast = fast_directory() if memory else None
        if self.fast:
            self.state, self.keys = self.fast / "state", self.fast / "keys"
            if IS_ROOT:
                os.chown(self.fast, self.uid, self.uid)
        self.sections = "".join(section(name) for name in services)
        self.write_config(self.sections + config, operators)

    def close(self):
        try:
            super().close()
        finally:
            if self.fast:
                shutil.rmtree(self.fast, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def attempt(self, *arguments, timeout=30):
        """A patd that is expected to end by itself."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, check=False)

    def restart(self):
        self.stop()
        return self.start()

    def health(self):
        return self.call("Status")["health"]

    def asks(self, token, **request):
        """The class of the answer to one verification."""
        return self.verify(token, **request)["class"]

    def events(self, event=None, **fields):
        """The log's lines as dictionaries, those that have these fields."""
        wanted = {**fields, **({"event": event} if event else {})}
        return [line for line in read_log(self.log_text())
                if all(line.get(key) == value for key, value in wanted.items())]

    def edit(self, *statements, drop_triggers=True):
        """Changes the stopped store behind patd's back."""
        assert self.process is None
        with contextlib.closing(sqlite3.connect(self.state / "pat.db")) as db:
            if drop_triggers:
                for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='trigger'"
                                          ).fetchall():
                    db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(*statement) if isinstance(statement, tuple) else db.execute(statement)
            db.commit()

    def heads(self):
        """The newest change of every log: what must not move when something is refused."""
        return {entry["tenant"]: entry["head"] for entry in self.call("LogVerify", more=True)
                if "tenant" in entry}


def read_log(text):
    """Escaped lines, as dictionaries, of "patd: event=... key=value key="quoted value"."""
    for line in text.splitlines():
        if "event=" in line:
            yield {key: re.sub(r"\\x(..)", lambda hit: chr(int(hit[1], 16)), quoted) or bare
                   for key, bare, quoted in
                   re.findall(r'([a-z_]+)=(?:([^" ]+)|"([^"]*)")', line.split(": ", 1)[-1])}


def wait_until(condition, seconds=20):
    """Polls until the condition is true, and answers what it was."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.01)


# --- peers ---

@contextlib.contextmanager
def being(uid):
    """Whatever is connected within belongs to that uid, as far as its peer can tell."""
    if uid is None or uid == os.geteuid():
        yield
        return
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def connect(path, kind=socket.SOCK_STREAM, uid=None, timeout=20):
    connection = socket.socket(socket.AF_UNIX, kind)
    connection.settimeout(timeout)
    with being(uid):
        connection.connect(str(path))
    return connection


class Asker:
    """One connection to the verify socket."""

    def __init__(self, patd, uid=None, timeout=20):
        path = patd.verify_socket if isinstance(patd, Patd) else patd
        self.socket = connect(path, socket.SOCK_SEQPACKET, uid, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, packet):
        self.socket.send(packet)

    def answer(self):
        """The next answer, or None when patd closed the connection."""
        try:
            data = self.socket.recv(4096)
        except ConnectionResetError:
            return None
        return decode_answer(data) if data else None

    def ask(self, token, **request):
        packet = encode_request(token, **request)
        try:
            self.send(packet)
        except (BrokenPipeError, ConnectionResetError):
            return None
        answer = self.answer()
        assert answer is None or answer["nonce"] == packet[4:20]
        return answer


def class_for(patd, token, uid=None, **request):
    """The class of the answer that a peer of this uid gets; None: closed without one."""
    with Asker(patd, uid) as asker:
        answer = asker.ask(token, **request)
    return answer and answer["class"]


class Caller:
    """One connection to the manage socket, for as many calls as wanted."""

    def __init__(self, patd, uid=None, timeout=60):
        path = patd.manage_socket if isinstance(patd, Patd) else patd
        self.socket = connect(path, uid=uid, timeout=timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def post(self, method, more=False, **parameters):
        self.send(message(method, parameters, more))

    def reply(self):
        """The next message, or None when patd closed the connection."""
        while b"\0" not in self.buffer:
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def result(self):
        """The parameters of the next reply; raises what patd refuses with."""
        reply = self.reply()
        if reply is None:
            raise ConnectionError("patd closed the connection")
        if "error" in reply:
            raise Refused(reply["error"], reply.get("parameters", {}))
        return reply["parameters"]

    def call(self, method, more=False, **parameters):
        """The reply's parameters; with more the list of all of them."""
        self.post(method, more, **parameters)
        if not more:
            return self.result()
        replies = []
        while True:
            reply = self.reply()
            if "error" in reply:
                raise Refused(reply["error"], reply.get("parameters", {}))
            replies.append(reply["parameters"])
            if not reply.get("continues"):
                return replies


def message(method, parameters=None, more=False, **members):
    """A Varlink call as it goes over the socket."""
    if "." not in method:
        method = "io.linuxpat.Manage." + method
    call = {"method": method, "parameters": parameters or {}, **members}
    if more:
        call["more"] = True
    return json.dumps(call).encode() + b"\0"


def refusal(call, *arguments, **named):
    """The error that a call is refused with, or None when it was not."""
    try:
        call(*arguments, **named)
    except Refused as error:
        return error
    return None


# --- tokens ---

def with_check(text):
    """A token's text with the check digits that belong to it."""
    value = zlib.crc32(text.encode())
    return text + "".join(DIGITS[value >> 5 * place & 31] for place in range(6, -1, -1))


def with_other_secret(token):
    """The same id with another secret: well-formed, and wrong."""
    begin = token.index("_1") + 2 + 8
    secret = "".join(secrets.choice(DIGITS) for _ in range(26))
    return with_check(token[:begin] + secret)


def unknown_token(tenant="acme"):
    body = "".join(secrets.choice(DIGITS) for _ in range(34))
    return with_check(f"pat_{tenant}_1{body}")


def fill(patd, count, users=50, tenant="acme", prefix="filler"):
    """Makes many tokens of mail:read, spread over users; the tenant must not limit them."""
    for number in range(users):
        patd.user(f"{prefix}{number}", grants=["mail:read"], tenant=tenant)
    with Caller(patd) as caller:
        for begin in range(0, count, 50):
            many = range(begin, min(begin + 50, count))
            caller.send(b"".join(message("Create", {
                "tenant": tenant, "user": f"{prefix}{number % users}",
                "name": f"{prefix} token {number}", "scopes": ["mail:read"]}) for number in many))
            for _ in many:
                caller.result()


# --- processes ---

def process_status(pid):
    """/proc/PID/status as a dictionary."""
    return dict(line.split(":\t", 1) for line in
                Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def resident_kib(pid):
    return int(process_status(pid)["VmRSS"].split()[0])


def server_pid(path, kind=socket.SOCK_STREAM):
    """Who listens on a socket, as the kernel says."""
    with connect(path, kind) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("iII", credentials)[0]


def system_account():
    """An account of the host that is not root, with a uid that may be bound as --system."""
    return next(entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 1000)


def reload(patd):
    """SIGHUP, until the log tells that it was heeded."""
    def heeded():
        log = patd.log.read_bytes()
        return log.count(b"event=reload ") + log.count(b'doing="reading the configuration"')
    before = heeded()
    patd.process.send_signal(signal.SIGHUP)
    assert wait_until(lambda: heeded() > before), patd.log_text()


def interface():
    """Methods of the interface file: name -> {parameter: type}."""
    text = (SOURCE / "core/wire/io.linuxpat.Manage.varlink").read_text()
    text = re.sub(r"#[^\n]*", "", text)
    return {name: dict(re.findall(r"(\w+)\s*:\s*([^,\s][^,]*?)\s*(?:,|$)", " ".join(words.split())))
            for name, words in re.findall(r"method (\w+)\((.*?)\)\s*->", text, re.S)}


def built_methods():
    """Methods that this version has: the names of patd's own table."""
    return re.findall(r'\{"(\w+)", PATD_', (SOURCE / "patd/manage_table.c").read_text())
