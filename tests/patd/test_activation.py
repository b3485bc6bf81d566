# SPDX-License-Identifier: BSD-2-Clause
"""Sockets that a service manager opened, and sockets outside the runtime directory."""
import os
import shutil
import socket
import stat
import subprocess
import sys

import pytest

from pat import encode_request
from patdkit import Asker, Caller, Daemon, message, unknown_token, wait_until
from stock import BOTH, OK, Authdaemon, Mux, Stock

# Becomes patd, with the sockets as descriptors 3, 4, ... and LISTEN_PID its own.
LAUNCHER = """
import os, sys
count = int(sys.argv[1])
inherited = [os.dup(int(fd)) for fd in sys.argv[2].split(",")] if sys.argv[2] else []
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(inherited)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
for fd in [*inherited, *high]:
    if fd >= 3 + len(high):
        os.close(fd)
os.environ["LISTEN_FDS"] = os.environ.get("FDS", str(count))
if "NAMES" in os.environ:
    os.environ["LISTEN_FDNAMES"] = os.environ["NAMES"]
os.environ["LISTEN_PID"] = os.environ.get("PID", str(os.getpid()))
os.execv(sys.argv[3], sys.argv[3:])
"""


def listener(path, kind, listening=True):
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    os.chmod(path, 0o666)
    if listening:
        made.listen(64)
    return made


class Activated(Daemon):
    """Started by a launcher with inherited sockets."""

    def __init__(self):
        super().__init__()
        self.inherited, self.environment = None, {}

    def path(self, name):
        return self.directory / name

    def inherit(self, names, *sockets, **environment):
        self.inherited = [each if isinstance(each, int) else each.fileno() for each in sockets]
        self.kept = sockets
        self.environment = {**environment, **({} if names is None else {"NAMES": names})}

    def command(self, *arguments):
        program = super().command(*arguments)
        if self.inherited is None:
            return program
        program[0] = shutil.which(program[0])
        return ["env", *(f"{key}={value}" for key, value in self.environment.items()),
                sys.executable, "-c", LAUNCHER, str(len(self.inherited)),
                ",".join(map(str, self.inherited)), *program]

    def launch(self):
        """Starts it, and waits until it is ready."""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command(), stderr=log, stdin=subprocess.DEVNULL,
                                            pass_fds=self.inherited)
        assert wait_until(lambda: b"patd: ready\n" in self.log.read_bytes()), self.log_text()

    def fails(self):
        """What it says when it does not start."""
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL, pass_fds=self.inherited, check=False)
        assert done.returncode == 1
        return done.stderr


@pytest.fixture
def activated():
    """A stopped patd with a store, and a token of alice's; the sockets are still to come."""
    daemon = Activated()
    try:
        daemon.start()
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        daemon.secret, _ = daemon.token(scopes=["mail:read"])
        daemon.stop()
        yield daemon
    finally:
        daemon.close()


def test_verify_and_manage_are_inherited(activated):
    verify = listener(activated.path("v"), socket.SOCK_SEQPACKET)
    manage = listener(activated.path("m"), socket.SOCK_STREAM)
    with Asker(activated.path("v")) as early, Caller(activated.path("m")) as caller:
        # Requests that wait in the backlog before patd runs are answered.
        packet = encode_request(activated.secret, service="imap", login="alice")
        early.send(packet)
        caller.send(message("WhoAmI"))
        activated.inherit("verify:manage", verify, manage)
        activated.launch()
        assert early.answer()["class"] == "accepted"
        assert caller.result()["operator"] is True
    with Asker(activated.path("v")) as asker:
        assert asker.ask(unknown_token(), service="imap", login="alice")["class"] == "refused"
    activated.stop()
    # They belong to whoever made them.
    assert activated.path("v").is_socket() and activated.path("m").is_socket()


def test_the_order_is_free_and_one_protocol_may_have_several(activated):
    """One socket for the host, one for a chroot, in any order."""
    sockets = [listener(activated.path("m"), socket.SOCK_STREAM),
               listener(activated.path("v1"), socket.SOCK_SEQPACKET),
               listener(activated.path("v2"), socket.SOCK_SEQPACKET)]
    activated.inherit("manage:verify:verify", *sockets)
    activated.launch()
    for name in ("v1", "v2"):
        with Asker(activated.path(name)) as asker:
            answer = asker.ask(activated.secret, service="imap", login="alice")
        assert answer["class"] == "accepted"
    with Caller(activated.path("m")) as caller:
        assert caller.call("WhoAmI")["operator"] is True


@pytest.mark.parametrize("names, kind, inherits", [
    ("verify", socket.SOCK_SEQPACKET, "verify"),
    ("manage", socket.SOCK_STREAM, "manage"),
])
def test_what_is_not_inherited_is_bound(activated, names, kind, inherits):
    for path in (activated.verify_socket, activated.manage_socket):
        path.unlink(missing_ok=True)
    activated.inherit(names, listener(activated.path("x"), kind))
    activated.launch()
    assert activated.verify_socket.exists() == (inherits == "manage")
    assert activated.manage_socket.exists() == (inherits == "verify")


def test_stock_sockets_are_bound_only_beside_verify(activated):
    """Whoever hands over verify decides about authdaemon and mux too: they may be left out."""
    stock = [activated.run / "verify" / protocol.NAME for protocol in BOTH]
    for names, kind, bound in (("manage", socket.SOCK_STREAM, True),
                               ("verify", socket.SOCK_SEQPACKET, False)):
        for path in (activated.verify_socket, activated.manage_socket, *stock):
            path.unlink(missing_ok=True)
        activated.inherit(names, listener(activated.path(names), kind))
        activated.launch()
        assert [path.exists() for path in stock] == [bound, bound]
        activated.stop()


def test_stock_sockets_are_inherited(activated):
    """One for the host, one for a chroot, and what is not handed over is not served."""
    paths = {"v": socket.SOCK_SEQPACKET, "a1": socket.SOCK_STREAM, "a2": socket.SOCK_STREAM,
             "m1": socket.SOCK_STREAM, "m2": socket.SOCK_STREAM}
    sockets = [listener(activated.path(name), kind) for name, kind in paths.items()]
    activated.inherit("verify:authdaemon:authdaemon:mux:mux", *sockets)
    activated.launch()
    for protocol, names in ((Authdaemon, ("a1", "a2")), (Mux, ("m1", "m2"))):
        for name in names:
            with Stock(activated, protocol, path=activated.path(name)) as stock:
                stock.send(protocol.request(activated.secret))
                assert stock.answer() == OK


def inet(_):
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(("127.0.0.1", 0))
    made.listen(1)
    return made


def regular_file(directory):
    return os.open(directory / "file", os.O_RDWR | os.O_CREAT, 0o666)


def pair(_):
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)[0]


NOT_RIGHT = "is not a listening Unix socket of the right type"
NAMELESS = "the unit needs FileDescriptorName=verify, manage, authdaemon or mux"


@pytest.mark.parametrize("names, make, words", [
    ("login", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    ("unknown", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    ("Verify", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    ("x" * 300, lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    ("", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    (None, lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NAMELESS),
    ("verify", lambda d: listener(d / "x", socket.SOCK_STREAM), NOT_RIGHT),
    ("verify", lambda d: listener(d / "x", socket.SOCK_DGRAM, False), NOT_RIGHT),
    ("verify", lambda d: listener(d / "x", socket.SOCK_SEQPACKET, False), NOT_RIGHT),
    ("verify", pair, NOT_RIGHT),
    ("verify", regular_file, NOT_RIGHT),
    ("manage", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NOT_RIGHT),
    ("manage", inet, NOT_RIGHT),
    ("mux", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NOT_RIGHT),
    ("authdaemon", lambda d: listener(d / "x", socket.SOCK_SEQPACKET), NOT_RIGHT),
], ids=["other-name", "systemd's-unknown", "capital", "long", "empty", "none", "stream", "datagram",
        "not-listening", "connected", "file", "seqpacket", "inet", "mux", "authdaemon"])
def test_a_wrong_socket_is_refused(activated, names, make, words):
    activated.inherit(names, make(activated.directory))
    said = activated.fails()
    assert said.startswith('patd: inherited socket "') and words in said


@pytest.mark.parametrize("count", ["x", "-1", "33", "99999999999999999999", "1 "])
def test_a_wrong_count_is_refused(activated, count):
    activated.inherit("verify", listener(activated.path("x"), socket.SOCK_SEQPACKET), FDS=count)
    assert "LISTEN_FDS is not a number of sockets" in activated.fails()


def test_more_is_promised_than_there_is(activated):
    activated.inherit("verify:manage",
                      listener(activated.path("x"), socket.SOCK_SEQPACKET), FDS=2)
    assert 'inherited socket "manage"' in activated.fails()


def test_sockets_for_another_process_are_left_alone(activated):
    """LISTEN_PID names another process: the descriptors are not ours."""
    activated.inherit("nonsense", listener(activated.path("x"), socket.SOCK_STREAM), PID=1)
    activated.launch()
    assert activated.health() == "accepted"


# --- [listener] sections ---

def jailed(directory):
    return f"[listener jail]\nprotocol = verify\npath = {directory}/jail\n"


def test_a_listener_of_the_configuration():
    daemon = Daemon()
    daemon.write_config(daemon.sections + jailed(daemon.directory))
    try:
        daemon.start()
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        token, _ = daemon.token(scopes=["mail:read"])
        path = daemon.directory / "jail"
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        with Asker(path) as asker:
            assert asker.ask(token, service="imap", login="alice")["class"] == "accepted"
        daemon.stop()
        # patd removes nothing outside its runtime directory, and says what is in the way.
        assert path.is_socket()
        done = daemon.attempt()
        assert done.returncode == 1
        assert f"{path}: " in done.stderr and "a socket is left there: remove it" in done.stderr
        path.unlink()
        daemon.start()
    finally:
        daemon.close()


def test_a_file_in_place_of_a_listener():
    daemon = Daemon()
    daemon.write_config(daemon.sections + jailed(daemon.directory))
    try:
        (daemon.directory / "jail").write_text("precious")
        done = daemon.attempt()
        assert done.returncode == 1 and (daemon.directory / "jail").read_text() == "precious"
    finally:
        daemon.close()


def test_a_listener_in_a_directory_that_is_not_there():
    daemon = Daemon()
    daemon.write_config(daemon.sections +
                        "[listener jail]\nprotocol = verify\npath = /nonexistent/jail\n")
    try:
        done = daemon.attempt()
        assert done.returncode == 1 and "/nonexistent/jail: " in done.stderr
    finally:
        daemon.close()
