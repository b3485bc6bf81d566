# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 at any moment of any change (M17): what was answered is there, and nothing comes back.

Each kind of change is killed at moments that chance chooses within the time it takes, and once at
each of its writes. What a crash of the program can lose is shown here, not what a power cut can.
"""
import collections
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

import strace
from faultkit import ACCEPTED, IS_ROOT, MANAGE_SECONDS, Caller, Faulty, Stock, ask
from figures import FULL, figure, seeded, tier
from pat import FAKETIME
from patdkit import message

ROUNDS = tier(45, 1500)
LIFE = 75            # rounds of one store: its log is read whole behind each
POINTS = tier(2, 60)  # of each kind's writes
FIRSTS = tier(3, 60)
MANY = 40            # tokens that are made in one breath
DAY = 86400 * 10**6
WRITES = "pwrite64,write,fsync,fdatasync,ftruncate,fallocate,rename,link,unlink,openat,mkdir,sendto"
TWO_DAYS_AHEAD = ("env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=+2d", "DONT_FAKE_MONOTONIC=1")

chance = seeded("kill -9")
TOTAL = collections.Counter()


class Moments:
    """When to kill: within the time that a change takes, which is found out by killing."""

    def __init__(self):
        self.spans = collections.defaultdict(lambda: 0.005)

    def sleep(self, kind):
        time.sleep(chance.random() * self.spans[kind])

    def learn(self, kind, in_time):
        """in_time: it was killed before its answer."""
        self.spans[kind] = min(1.0, max(0.0005, self.spans[kind] * (1.1 if in_time else 0.85)))


class Killed:
    """A patd that ends in the middle of what it is asked; .stock is what it must not forget."""

    def __init__(self):
        self.patd = Faulty()
        self.stock = None
        self.moments = Moments()
        self.asked = self.in_time = 0
        self.out = self.patd.directory / "strace"

    def begin(self):
        self.patd.start()
        self.stock = Stock(self.patd, chance).begin()
        return self

    def close(self):
        self.patd.close()

    # --- killing ---

    def posted(self, messages):
        """The connection; patd may die while it accepts it, before a byte is sent."""
        caller = Caller(self.patd, timeout=MANAGE_SECONDS)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            caller.send(b"".join(messages))
        return caller

    def replies(self, caller):
        """What had been said when the connection ended."""
        said = []
        while (reply := caller.reply()) is not None:
            assert "error" not in reply, reply
            said.append(reply)
        caller.socket.close()
        return said

    def by_chance(self, kind, messages):
        """The replies to messages behind which patd was killed, at some moment."""
        caller = self.posted(messages)
        self.moments.sleep(kind)
        self.patd.kill()
        said = self.replies(caller)
        ended = [reply for reply in said if not reply.get("continues")]
        self.killed(kind, len(ended) < len(messages))
        return said

    def killed(self, kind, in_time):
        self.moments.learn(kind, in_time)
        self.asked += 1
        self.in_time += in_time

    def start_and_kill(self, kind):
        """A start that does not come to its end, mostly."""
        with open(self.patd.log, "ab") as log:
            begin = log.tell()
            process = subprocess.Popen(self.patd.command(), stderr=log, stdin=subprocess.DEVNULL)
        self.moments.sleep(kind)
        process.kill()
        process.wait()
        self.killed(kind, b"patd: ready\n" not in self.patd.log.read_bytes()[begin:])

    def at_write(self, number):
        """Like by_chance, but at the number-th write of the thread that manages."""
        def interrupt(_, messages):
            words = strace.options(self.out, WRITES, f"signal=KILL:when={number}")
            with strace.attached(self.patd.pid, words, thread=self.managing()):
                caller = self.posted(messages)
                said, left = [], len(messages)
                while left and (reply := caller.reply()) is not None:
                    said.append(reply)
                    left -= not reply.get("continues")
                caller.socket.close()
            self.asked += 1
            self.in_time += left > 0
            self.patd.kill()
            return said
        return interrupt

    def managing(self):
        """The thread that serves the manage socket: the one that calls wake."""
        def wakes():
            return {int(task.name): int(re.search(r"^voluntary_ctxt_switches:\t(\d+)",
                                                  (task / "status").read_text(), re.M)[1])
                    for task in Path(f"/proc/{self.patd.pid}/task").iterdir()}
        before = wakes()
        for _ in range(10):
            self.patd.call("WhoAmI")
        after = wakes()
        return max(after, key=lambda thread: after[thread] - before.get(thread, 0))

    # --- behind it ---

    def again(self):
        """Started again, all must hold; and there is something to go on with."""
        if self.patd.process is None:
            self.patd.start()
        self.stock.check()
        while len(self.stock.live) < 4:
            self.stock.create()


# --- the kinds: each asks for one thing, and learns from the answers that came ---

def create(run, interrupt):
    for reply in interrupt("create", [wish(run)]):
        keep(run, reply["parameters"])


def many(run, interrupt):
    """As many as fill the database's own log: its checkpoint is killed, too."""
    for reply in interrupt("many", [wish(run) for _ in range(MANY)]):
        keep(run, reply["parameters"])
    for id_ in sorted(run.stock.live)[12:]:  # enough to ask about; the others stand in the log
        del run.stock.live[id_]


def wish(run):
    return message("Create", {"user": "alice", "scopes": ["mail:read"],
                              "name": f"token {chance.randrange(1 << 60):x}"})


def keep(run, made):
    run.stock.live[made["created"]["id"]] = made["token"]


def confirm(run, interrupt):
    token, record = run.patd.token("alice", ["mail:read"], pending=True)
    run.stock.open[record["id"]] = token
    if interrupt("confirm", [message("Confirm", {"token": record["id"]})]):
        run.stock.live[record["id"]] = run.stock.open.pop(record["id"])


def ending(method):
    """A change that ends a token."""
    def end(run, interrupt):
        id_ = run.stock.pick()
        answered = interrupt(method, [message(method, {"tokens": [id_]})])
        run.stock.doubt(id_)
        if answered:
            run.stock.bury(id_)
    return end


def rotate(run, interrupt):
    id_ = run.stock.pick()
    answers = interrupt("rotate", [message("Rotate", {"token": id_, "grace": 0})])
    run.stock.doubt(id_)
    if answers:
        run.stock.bury(id_)
        keep(run, answers[0]["parameters"])


def end_all(run, interrupt):
    answers = interrupt("bulk", [message("RevokeAll", {
        "filter": {"user": "alice", "tenant": "acme"}}, more=True)])
    for id_ in list(run.stock.live):
        run.stock.doubt(id_)
        if answers and not answers[-1].get("continues"):
            run.stock.bury(id_)


def renew_key(run, interrupt):
    interrupt("key", [message("DbRotateKey")])


def back_up(run, interrupt):
    """A backup that was told is whole."""
    answers = interrupt("backup", [message("DbBackup", more=True)])
    if answers and not answers[-1].get("continues"):
        path = run.patd.state / "backup" / os.path.basename(answers[-1]["parameters"]["path"])
        db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        path.unlink()


def write_uses(run, interrupt):
    """Uses may be lost; what they stand in may not break. Status writes them."""
    for token in run.stock.live.values():
        assert ask(run.patd, token) == ACCEPTED
    interrupt("usage", [message("Status")])


def purge(run, interrupt):
    """What died two days ago goes, and is as dead as before."""
    run.patd.stop()
    run.patd.prefix = TWO_DAYS_AHEAD
    run.patd.start()
    before = run.patd.call("Status")["now"] - 3 * DAY // 2
    interrupt("purge", [message("Purge", {"olderThan": before, "tenant": "acme"}, more=True)])
    run.patd.prefix = ()


CHANGES = {"create": create, "many": many, "confirm": confirm, "rotate": rotate, "bulk": end_all,
           "key": renew_key, "backup": back_up, "usage": write_uses, "purge": purge,
           "revoke": ending("Revoke"), "suspend": ending("Suspend")}


# --- what is no call: starting, stopping, restoring ---

def stop(run):
    """Killed while it ends: uses, the clock's mark and the database's log are written then."""
    write_uses(run, lambda *_: None)
    run.patd.process.send_signal(signal.SIGTERM)
    run.moments.sleep("stop")
    was_there = run.patd.process.poll() is None
    run.patd.kill()
    run.killed("stop", was_there)


def start(run):
    """Killed while it starts, thrice in a row, behind a kill."""
    run.patd.kill()
    for _ in range(3):
        run.start_and_kill("start")


def restore(run):
    """A backup is put back: killed in the middle of that, and of its acceptance.

    In between patd may start, and answers nothing wrong; in the end the restore goes through.
    """
    path = run.patd.directory / "kept.db"
    made = run.patd.call("DbBackup", more=True)[-1]["path"]
    shutil.move(run.patd.state / "backup" / os.path.basename(made), path)
    os.chown(path, run.patd.uid, run.patd.uid)
    known = set(run.stock.live)
    run.stock.revoke(run.stock.pick())
    run.stock.create()
    run.patd.stop()
    words = run.patd.as_uid(run.patd.uid, [run.patd.bin / "patctl", "--config", run.patd.config,
                                           "--yes", "db", "restore", path])
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    run.moments.sleep("restore")
    was_there = process.poll() is None
    process.kill()
    process.wait()
    run.killed("restore", was_there)
    run.patd.start()
    run.stock.judge(may_fail=True)
    run.patd.stop()
    subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    run.patd.start()
    run.stock.judge(may_fail=True)
    run.by_chance("accept", [message("DbRestoreAccept")])
    run.patd.start()
    if run.patd.health() != ACCEPTED:
        run.stock.judge(may_fail=True)
        run.patd.call("DbRestoreAccept")
    for id_ in set(run.stock.live) - known:  # made behind the backup: lost, and said to be
        del run.stock.live[id_]
    path.unlink()


LIVES = {"stop": stop, "start": start, "restore": restore}


# --- the tests ---

if IS_ROOT:
    @pytest.fixture
    def runs():
        """Killed, as often as it is called; all of them end with the test."""
        started = []

        def begin():
            started.append(Killed().begin())
            return started[-1]
        yield begin
        for run in started:
            run.close()

    def test_killed_at_any_moment(runs):
        """I1, I2, I4 behind each round; every kind has its turn."""
        kinds, run = sorted({**CHANGES, **LIVES}), None
        for number in range(ROUNDS):
            if number % LIFE == 0:
                if run is not None:
                    run.close()
                run = runs()
            kind = kinds[number % len(kinds)]
            if kind in CHANGES:
                CHANGES[kind](run, run.by_chance)
            else:
                LIVES[kind](run)
            run.again()
            TOTAL.update(kills=run.asked, in_time=run.in_time)
            run.asked = run.in_time = 0
        assert TOTAL["in_time"] > TOTAL["kills"] // 5  # it bites: many were killed before their answer
        figure("kill -9", f"{ROUNDS:,} rounds of {len(kinds)} kinds, {TOTAL['kills']:,} kills, "
                         f"{TOTAL['in_time']:,} of them before the answer: 0 lost, 0 revived, "
                         "0 logs broken")

    def test_killed_at_each_write(runs):
        """The same changes, one after the other killed at every call that writes."""
        run, points = runs(), 0
        for kind, change in CHANGES.items():
            for number in (range(1, POINTS + 1) if FULL else chance.sample(range(1, 9), POINTS)):
                before = run.in_time
                change(run, run.at_write(number))
                run.again()
                points += run.in_time - before
                if run.in_time == before:
                    break
        assert points > len(CHANGES) // 2
        figure("kill -9, at a write", f"{points:,} points in {len(CHANGES)} kinds of change: 0 lost, "
                                "0 revived, 0 logs broken")

    def test_killed_while_the_first_store_is_made():
        """Nothing was acknowledged: the next start makes it, whatever was left."""
        for _ in range(FIRSTS):
            run = Killed()
            try:
                for _ in range(3):
                    run.start_and_kill("first")
                run.begin().stock.check()
            finally:
                run.close()
        figure("kill -9, first start", f"{3 * FIRSTS:,} kills while store and keys were made: "
                                     f"{FIRSTS:,} of {FIRSTS:,} started afterwards")


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
