# SPDX-License-Identifier: BSD-2-Clause
"""Crowds, and clients that mean no good: every honest one is answered (M17).

Asserted is what must not depend on a machine: no errors, nobody who waits longer than the client
promises, no acceptance that comes too late, no memory or descriptor that stays. How long it took is
told, and nothing more. As root: who is slowed down and who is not is decided by uids.
"""
import contextlib
import itertools
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from faultkit import ACCEPTED, IS_ROOT, Apart, Faulty, Stock, ask, wait_until
from figures import figure, seeded, tier
from pat import BUILD
from patdkit import Caller, resident_kib

CROWD = tier(500, 5000) if IS_ROOT else 40  # an ordinary uid has so many places
CROWD_ROUNDS = tier(2, 20)
SLOW = tier(600, 3000)
BESIDE = tier({"rounds": 50}, {"seconds": 10})  # of each of four honest clients
UIDS = 20
LOGINS, ADMINS, TOGETHER_SECONDS = 20, 4, tier(1, 120)
WATCHERS, REVOKED = 50, tier(8, 2000)
SOAK, SOAK_THREADS = tier(8000, 1_000_000), 4
GROWTH_KIB = 1024
UNREAD = tier(2000, 100_000)
TOOLS = BUILD / "tests" / "faults"
KINDS = tier((("silent", 1), ("slow", UIDS), ("half", 1), ("pipeline", UIDS), ("large", 1)),
             tuple(itertools.product(("silent", "slow", "half", "pipeline", "large"), (1, UIDS))))
STREAMS = tier(("mux",), ("mux", "authdaemon", "manage"))

chance = seeded("load")


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


class Crowded(Faulty):
    """A patd, and honest clients of it."""

    def start(self, *arguments, **named):
        super().start(*arguments, **named)
        for tool in ("crowd", "swarm", "watch"):  # where any uid may execute it
            target = self.bin / tool
            if not target.exists():
                target.write_bytes((TOOLS / tool).read_bytes())
                target.chmod(0o755)
        return self

    def crowd(self, token, threads, rounds=0, seconds=0):
        """What became of so many honest clients."""
        done = subprocess.run([self.bin / "crowd", self.verify_socket, str(threads), str(rounds),
                               str(seconds)], input=token + "\n", capture_output=True, text=True,
                              timeout=900, check=True)
        told = json.loads(done.stdout)
        assert (told["unavailable"], told["refused"], told["hung"]) == (0, 0, 0), told
        return told

    @contextlib.contextmanager
    def swarm(self, kind, count, uids=(None,), stream=None):
        """So many hostile connections of these uids, while the block lasts."""
        path, way = (stream, "stream") if stream else (self.verify_socket, "seqpacket")
        processes = [subprocess.Popen(
            self.as_uid(uid, [self.bin / "swarm", path, way, kind, count // len(uids)]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for uid in uids]
        told = {"made": 0, "ended": 0}
        try:
            yield told
        finally:
            for process in processes:
                out, _ = process.communicate("\n", timeout=60)
                for name, value in json.loads(out).items():
                    told[name] += value


@pytest.fixture(scope="module")
def patd():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with Crowded() as patd:
            patd.stock = Stock(patd, chance).begin()
            patd.good = patd.stock.live[patd.stock.create()]
            yield patd
            patd.stock.check()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def times(told):
    return f"p50 {told['p50']:.1f} ms, p99 {told['p99']:.1f} ms, max {told['max']:.1f} ms"


def test_many_at_once(patd):
    """All begin together; each connects anew for each question."""
    told = patd.crowd(patd.good, CROWD, CROWD_ROUNDS)
    assert told["asked"] == CROWD * CROWD_ROUNDS
    figure("crowd", f"{CROWD:,} simultaneous clients, {told['asked']:,} logins: 0 errors, 0 hangs; "
                     + times(told))


if IS_ROOT:
    @pytest.mark.parametrize("kind, uids", KINDS)
    def test_beside_hostile_ones(patd, kind, uids):
        """Thousands of one uid, or of twenty; whoever asks as sshd does is answered."""
        strangers = [56000 + number for number in range(uids)]
        with patd.swarm(kind, SLOW, strangers) as swarm:
            told = patd.crowd(patd.good, 4, **BESIDE)
        assert told["asked"] > 10 and swarm["made"] > SLOW // 2
        figure(f"hostile, {kind}", f"{SLOW:,} clients of {uids} uid{'s' * (uids > 1)}, "
                                 f"{swarm['made']:,} connections; {told['asked']:,} honest logins "
                                 f"beside them: 0 errors, 0 hangs; {times(told)}")

    @pytest.mark.parametrize("name", STREAMS)
    def test_beside_hostile_ones_on_streams(patd, name):
        """The other sockets, byte by byte: they take nothing from the verify socket or from root."""
        path = patd.manage_socket if name == "manage" else patd.run / "verify" / name
        strangers = [56000 + number for number in range(UIDS)]
        with patd.swarm("slow", SLOW, strangers, path) as swarm:
            told = patd.crowd(patd.good, 4, **BESIDE)
            with Caller(patd) as caller:
                assert caller.call("WhoAmI")["operator"]
        assert swarm["made"] > SLOW // 2
        figure(f"hostile, {name}", f"{SLOW:,} slow clients of {UIDS} uids, {swarm['made']:,} "
                                 f"connections; {told['asked']:,} honest logins beside them: "
                                 f"0 errors, 0 hangs; {times(told)}")


if IS_ROOT:
    DEV = """
mount -t tmpfs -o mode=755 dev "$1"
for node in null zero full random urandom; do
    : > "$1/$node"
    mount --bind "/dev/$node" "$1/$node"
done
ln -s "$2" "$1/log"
mount --rbind "$1" /dev
"""

    class Logging(Crowded, Apart):
        """A patd whose /dev/log is a socket that we read, or do not."""

        def __init__(self):
            self.place = Path(tempfile.mkdtemp(prefix="dev-"))
            self.place.chmod(0o755)
            (self.place / "dev").mkdir()
            self.reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.reader.bind(str(self.place / "log"))
            (self.place / "log").chmod(0o666)
            Apart.__init__(self, DEV, self.place / "dev", self.place / "log")

        def close(self):
            super().close()
            self.reader.close()
            shutil.rmtree(self.place)

        def read(self, wanted):
            """Lines, until one of them has these words; all of them."""
            self.reader.settimeout(20)
            lines = []
            while not lines or wanted not in lines[-1]:
                lines.append(self.reader.recv(65536).decode())
                if len(lines) % 8 == 0:  # whoever writes a line sends what waits
                    ask(self, "no token")
            return lines

    def test_nobody_reads_the_log():
        """Logins and changes go on; behind it all heads come, and how many lines were dropped."""
        with Logging() as patd:
            stock = Stock(patd, chance).begin()
            patd.read(f"event=head tenant=acme seq={patd.heads()['acme']} ")
            told = patd.crowd(stock.live[stock.pick()], 4, UNREAD // 4)
            heads = [stock.create() and patd.heads()["acme"] for _ in range(5)]
            stock.judge()
            lines = patd.read("event=dropped")
            for head in heads:
                assert any(f"event=head tenant=acme seq={head} " in line for line in lines), head
            dropped = int(re.search(r"count=(\d+)", lines[-1])[1])
            assert dropped > 0
            stock.check()
        figure("log not read", f"{told['asked']:,} logins while nobody read /dev/log: 0 errors, "
                             f"{dropped:,} lines dropped and counted, 0 heads lost; {times(told)}")


class Administrator(threading.Thread):
    """Makes tokens, sees them work, revokes them, sees them fail; what was otherwise is .wrong."""

    def __init__(self, patd, until):
        super().__init__(daemon=True)
        self.patd, self.until = patd, until
        self.done, self.wrong = 0, []

    def run(self):
        with Caller(self.patd) as caller:
            while time.monotonic() < self.until:
                made = caller.call("Create", user="bob", scopes=["mail:read"],
                                   name=f"of {self.name} {self.done:07}")
                here = {"login": "bob"}
                if ask(self.patd, made["token"], **here) != ACCEPTED:
                    self.wrong.append("not accepted")
                caller.call("Revoke", tokens=[made["created"]["id"]])
                if ask(self.patd, made["token"], **here) != "refused":
                    self.wrong.append("accepted late")
                self.done += 1


def test_logins_and_administrators_together(patd):
    """Nobody is told that the store is busy, and what is revoked is refused at once."""
    until = time.monotonic() + TOGETHER_SECONDS
    admins = [Administrator(patd, until) for _ in range(ADMINS)]
    for admin in admins:
        admin.start()
    told = patd.crowd(patd.good, LOGINS, seconds=TOGETHER_SECONDS)
    for admin in admins:
        admin.join(30)
    assert [admin.wrong for admin in admins] == [[]] * ADMINS
    done = sum(admin.done for admin in admins)
    assert done and all(admin.done for admin in admins)
    log = patd.call("Log", more=True, user="bob", tenant="acme")
    events = [entry["change"]["event"] for entry in log if "change" in entry]
    assert events.count("token.revoke") == done and events.count("token.create") == done + 1
    figure("all together", f"{LOGINS} login processes and {ADMINS} administrators for {TOGETHER_SECONDS} s: "
                     f"{told['asked']:,} logins, {2 * done:,} changes: 0 busy, 0 stale; "
                     + times(told))


def test_a_revocation_is_seen_everywhere(patd):
    """Whoever asks behind the acknowledgement is refused, in every open process."""
    process = subprocess.Popen([patd.bin / "watch", patd.verify_socket, str(WATCHERS)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    late, took = 0, []
    try:
        for _ in range(REVOKED):
            id_ = patd.stock.create()
            process.stdin.write(patd.stock.live[id_] + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "all\n"
            patd.stock.revoke(id_)
            acknowledged = time.monotonic_ns()
            accepted, refused, odd = map(int, process.stdout.readline().split())
            late += accepted > acknowledged
            took.append((refused - acknowledged) / 1e6)
            assert odd == 0
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
    for id_ in list(patd.stock.dead)[12:]:  # enough to ask about
        del patd.stock.dead[id_]
    assert late == 0
    took.sort()
    figure("revocations seen", f"{REVOKED:,} revocations before {WATCHERS} processes: {late} late acceptances; "
                    f"the last of them refused behind {took[len(took) // 2]:.1f} ms (p50), "
                    f"{took[len(took) * 99 // 100]:.1f} ms (p99)")


def test_a_long_time(patd):
    """Descriptors and memory are what they were behind the first tenth."""
    look = patd.descriptors if IS_ROOT else dict
    patd.crowd(patd.good, SOAK_THREADS, SOAK // SOAK_THREADS // 10)
    memory, descriptors = resident_kib(patd.pid), look()
    told = patd.crowd(patd.good, SOAK_THREADS, SOAK // SOAK_THREADS)
    assert wait_until(lambda: look() <= descriptors)
    grown = resident_kib(patd.pid) - memory
    assert grown < GROWTH_KIB
    figure("a long time", f"{told['asked']:,} logins: 0 errors, memory {grown:+,} KiB, descriptors +0; "
                     + times(told))
