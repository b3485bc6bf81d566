# SPDX-License-Identifier: BSD-2-Clause
"""A patd of the tests' own, and clients that speak its protocols without our C code.

Everything runs on real programs: the patd, patctl and pam_pat.so of the build directory
($PAT_BUILD, else the current directory). As root, patd is started as root and drops to an
account's uid; clients may be run as any uid. As an ordinary user, patd is an ordinary user's.
"""
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

BUILD = Path(os.environ.get("PAT_BUILD", os.getcwd())).resolve()
SOURCE = Path(os.environ.get("PAT_SOURCE", Path(__file__).resolve().parents[2])).resolve()
IS_ROOT = os.geteuid() == 0

PATD = BUILD / "patd" / "patd"
PATCTL = BUILD / "admin" / "patctl"
PAM_MODULE = BUILD / ".libs" / "pam_pat.so"

# core/policy/verdict.h: what an answer's class is called
CLASSES = {
    0x5AC3963C: "accepted",
    0xA40F8266: "other",
    0x96AA305B: "refused",
    0xAEDEDAAA: "unavailable",
    0x0E2367C3: "not-permitted",
}


# The program faketime leaves a semaphore behind when it is killed, and then fails for a later process
# of that number: the library is preloaded without it.
FAKETIME = next((str(path) for path in sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))),
                "libfaketime.so.1")


class Refused(Exception):
    """A Varlink error: .error is its name without the interface, .id and .message what it says."""

    def __init__(self, error, parameters):
        super().__init__(f"{error}: {parameters}")
        self.error = error.rsplit(".", 1)[1]
        self.parameters = parameters
        self.id = parameters.get("id", "")
        self.message = parameters.get("message", "")
        self.hint = parameters.get("hint", "")


def varlink_call(path, method, parameters=None, more=False, timeout=30):
    """One call on a connection of its own; the list of all replies' parameters."""
    if "." not in method:
        method = "io.linuxpat.Manage." + method
    message = {"method": method, "parameters": parameters or {}}
    if more:
        message["more"] = True
    replies, buffer = [], b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps(message).encode() + b"\0")
        while True:
            data = connection.recv(65536)
            if not data:
                raise ConnectionError("patd closed the connection")
            buffer += data
            while b"\0" in buffer:
                text, buffer = buffer.split(b"\0", 1)
                reply = json.loads(text)
                if "error" in reply:
                    raise Refused(reply["error"], reply.get("parameters", {}))
                replies.append(reply.get("parameters", {}))
                if not reply.get("continues"):
                    return replies


def encode_request(token, service="sshd", login=None, realm=None, tenant=None, address=None,
                   wants=False, nonce=None, version=1, wants_end=False):
    """A request packet of core/wire/wire.h."""
    def field(tag, value):
        value = value if isinstance(value, bytes) else value.encode()
        return struct.pack(">BH", tag, len(value)) + value

    body = field(1, service)
    for tag, value in ((2, login), (3, realm), (4, tenant), (5, address), (6, token)):
        if value is not None:
            body += field(tag, value)
    if wants or wants_end:
        body += field(7, bytes([(1 if wants else 0) | (2 if wants_end else 0)]))
    nonce = nonce or secrets.token_bytes(16)
    return struct.pack(">BBH", version, 1, 20 + len(body)) + nonce + body


def decode_answer(packet):
    version, kind, length = struct.unpack(">BBH", packet[:4])
    assert (version, kind, length) == (1, 2, len(packet)), packet
    answer = {"nonce": packet[4:20], "class": CLASSES[struct.unpack(">I", packet[20:24])[0]]}
    names = {1: "id", 2: "user", 3: "tenant", 4: "realm", 5: "uid", 128: "scopes",
             129: "seconds_left", 130: "replaced"}
    at = 24
    while at < len(packet):
        tag, size = struct.unpack(">BH", packet[at:at + 3])
        value = packet[at + 3:at + 3 + size]
        answer[names[tag]] = struct.unpack(">I", value)[0] if tag in (5, 129) else value.decode()
        at += 3 + size
    return answer


class Patd:
    """A patd in a directory of its own.

    account: whom it runs as when the tests are root (default: nobody's neighbour, uid 54321,
    which needs no passwd entry because the configuration names root and setpriv changes uid).
    """

    UID = 54321

    def __init__(self, directory=None, config="", operators=()):
        self.directory = Path(directory or tempfile.mkdtemp(prefix="pat-"))
        self.directory.chmod(0o755)
        self.own_directory = directory is None
        self.process = None
        self.uid = self.UID if IS_ROOT else os.getuid()
        self.state = self.directory / "state"
        self.keys = self.directory / "keys"
        self.run = self.directory / "run"
        self.config = self.directory / "pat.conf"
        self.log = self.directory / "log"
        self.bin = self.directory / "bin"
        self.bin.mkdir(exist_ok=True)
        for program in (PATD, PATCTL):  # where any uid may execute it
            shutil.copy2(program, self.bin / program.name)
        self.write_config(config, operators)
        if IS_ROOT:
            for path in (self.directory, self.config):
                os.chown(path, self.uid, self.uid)

    def write_config(self, config="", operators=()):
        everyone = " ".join(["0", str(self.uid), *map(str, operators)])
        self.config.write_text(f"[patd]\nstate_dir = {self.state}\nkeys_dir = {self.keys}\n"
                               f"runtime_dir = {self.run}\noperators = {everyone}\n\n{config}")
        self.config.chmod(0o644)

    @property
    def verify_socket(self):
        return self.run / "verify" / "sock"

    @property
    def manage_socket(self):
        return self.run / "manage" / "sock"

    def as_uid(self, uid, command):
        """The command line that runs a command as a uid; None: as we are."""
        if uid is None or uid == os.geteuid():
            return [str(word) for word in command]
        return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
                *(str(word) for word in command)]

    def command(self, *arguments):
        return self.as_uid(self.uid if IS_ROOT else None,
                           [self.bin / "patd", "--config", self.config, "--foreground",
                            *arguments])

    def start(self, wait=60, environment=None):
        """Starts patd and waits until it is ready."""
        assert self.process is None
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(self.command(), stderr=log, stdin=subprocess.DEVNULL,
                                            env=environment)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if b"patd: ready\n" in self.log.read_bytes()[begin:]:
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        status = self.process.poll()
        self.kill()
        raise RuntimeError(f"patd is not ready (exit status {status}):\n"
                           f"{self.log.read_bytes()[begin:].decode(errors='replace')}")

    def stop(self, number=signal.SIGTERM, wait=10):
        """Ends patd; its exit status."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            return process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self):
        return self.stop(signal.SIGKILL)

    def close(self):
        try:
            self.stop()
            if self.log.exists():
                assert self.reports() == [], self.log_text()
        finally:
            if self.own_directory:
                shutil.rmtree(self.directory, ignore_errors=True)

    def reports(self):
        """Of a build with sanitizers: errors, and leaks at its end."""
        with self.log.open(errors="replace") as log:  # of a million logins it is long
            return [line for line in log if re.search(r"ERROR: \w+Sanitizer|runtime error:", line)]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def log_text(self):
        return self.log.read_text(errors="replace")

    # --- clients ---

    def call(self, method, parameters=None, more=False, **named):
        """A management call as ourselves: the reply, or with more the list of entries."""
        replies = varlink_call(self.manage_socket, method, {**(parameters or {}), **named}, more)
        return replies if more else replies[0]

    def ctl(self, *arguments, uid=None, stdin="", environment=None, check=None, timeout=60):
        """patctl as a uid; the finished process. check: the exit status it must have."""
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}
        env.update(environment or {})
        done = subprocess.run(
            self.as_uid(uid, [self.bin / "patctl", "--socket", self.manage_socket, *arguments]),
            input=stdin, capture_output=True, text=True, env=env, timeout=timeout, check=False)
        if check is not None:
            assert done.returncode == check, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    def verify(self, token, timeout=10, **request):
        """One verification as ourselves: the decoded answer, its nonce checked."""
        packet = encode_request(token, **request)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.verify_socket))
            connection.send(packet)
            data = connection.recv(4096)
        if not data:
            raise ConnectionError("patd closed the connection")
        answer = decode_answer(data)
        assert answer["nonce"] == packet[4:20]
        return answer

    # --- what most tests begin with ---

    def tenant(self, name="acme", **parameters):
        return self.call("TenantCreate", tenant=name, **{"makeDefault": True, **parameters})

    def user(self, name="alice", grants=("ssh:login",), account=None, uid=None, **parameters):
        if account is not None:
            parameters.update(account=account, uid=uid)
        return self.call("UserCreate", user=name, grants=list(grants), **parameters)

    def token(self, user="alice", scopes=("ssh:login",), name=None, **parameters):
        """A new token: its text and its record."""
        reply = self.call("Create", user=user, scopes=list(scopes),
                          name=name or f"token {secrets.token_hex(6)}", **parameters)
        return reply["token"], reply["created"]


def account_name():
    """The account the tests run as, for bindings."""
    return pwd.getpwuid(os.getuid()).pw_name
