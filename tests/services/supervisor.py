# SPDX-License-Identifier: BSD-2-Clause
"""Holds patd's sockets as systemd does, and starts patd again whenever it ends.

patd gets the listening sockets as descriptors from 3 on, with LISTEN_PID, LISTEN_FDS and
LISTEN_FDNAMES, is its own user from the start, and says READY=1 on NOTIFY_SOCKET. Connections that
nobody has accepted wait in the sockets, which outlive every patd.
"""
import fcntl
import os
import random
import signal
import socket
import subprocess
import threading

from host import SEARCH

# $$ is patd's pid: everything before it only executes the next program.
LAUNCH = """
export LISTEN_PID=$$
number=3
for socket in $SOCKETS; do
    eval "exec $number<&$socket"
    number=$((number + 1))
done
exec "$@"
"""
STANDARD = (("verify", socket.SOCK_SEQPACKET, "/run/pat/verify/sock"),
            ("manage", socket.SOCK_STREAM, "/run/pat/manage/sock"))
FIRST_FREE = 20  # descriptors from here on do not collide with those from 3 on
BACKLOG = 1024


class Supervisor:
    """kill: also ends patd with SIGKILL, soon after each time that it was ready.

    more: further sockets, like those of STANDARD.
    """

    def __init__(self, host, kill=False, seed=1, more=()):
        self.host, self.kill, self.random = host, kill, random.Random(seed)
        self.wanted = (*STANDARD, *more)
        self.kills = self.starts = 0
        self.process = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.keep_running)
        self.failure = None

    def listen(self, kind, inside):
        path = self.host.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, kind) as listener:
            listener.bind(str(path))
            path.chmod(0o666)
            listener.listen(BACKLOG)
            return fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)

    def __enter__(self):
        self.sockets = [self.listen(kind, inside) for _, kind, inside in self.wanted]
        notify = self.host.directory / "notify"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify))
        notify.chmod(0o666)
        self.environment = {
            "PATH": SEARCH, "LISTEN_FDS": str(len(self.wanted)),
            "LISTEN_FDNAMES": ":".join(name for name, *_ in self.wanted),
            "NOTIFY_SOCKET": str(notify), "SOCKETS": " ".join(map(str, self.sockets))}
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for listener in self.sockets:
            os.close(listener)
        self.notify.close()
        (self.host.directory / "notify").unlink()
        assert self.failure is None, self.failure

    def start(self):
        command = ["bash", "-c", LAUNCH, "bash", self.host.patd.bin / "patd", "--foreground",
                   "--config", self.host.patd.config]
        with open(self.host.patd.log, "ab") as log:
            self.process = subprocess.Popen(
                self.host.enter(command, uid=self.host.uid_of("patd")), stdin=subprocess.DEVNULL,
                stderr=log, env=self.environment, pass_fds=self.sockets)
        self.starts += 1

    def wait_until_ready(self):
        self.notify.settimeout(10)
        while b"READY=1" not in self.notify.recv(4096):
            pass

    def keep_running(self):
        try:
            while not self.stopping.is_set():
                self.start()
                self.wait_until_ready()
                if self.kill:
                    self.stopping.wait(self.random.uniform(0.1, 0.4))
                else:
                    self.stopping.wait()
                self.process.send_signal(signal.SIGTERM if self.stopping.is_set()
                                         else signal.SIGKILL)
                self.kills += not self.stopping.is_set()
                self.process.wait(10)
        except Exception as error:  # told to the test by __exit__
            self.failure = error
            self.process.kill()
            self.process.wait()
