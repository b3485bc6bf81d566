# SPDX-License-Identifier: BSD-2-Clause
"""Every system call fails once, each with every error: nobody gets in who should not (R8, R18).

patd while it serves, thread by thread; patd while it starts; patctl; and a login through PAM. What
is dead is never accepted (I2), nothing crashes or hangs (I3), what was acknowledged holds, and
behind the fault patd serves as before, or it ended and said why.
"""
import collections
import itertools
import os
import re
import shutil
import subprocess
import time

import pytest

import strace
from faultkit import (ACCEPTED, IS_ROOT, MANAGE_SECONDS, TIMED_OUT, VERIFY_SECONDS, Faulty, Gone,
                      Refused, Stock, ask, call, fresh_address, told, wait_until)
from figures import figure, seeded, tier
from pam_rig import Rig

SERVING, STARTING, FIRST, CTL, PAM = tier((60, 12, 6, 30, 40), (2400, 600, 300, 800, 1200))
LOOK = 25            # so many faults, and the logs are verified
PROGRAM_SECONDS = 15
CRASHES = range(-64, 0)
# Connections whose end patd has not seen yet; and a database's descriptors that SQLite keeps for
# its next connection, as closing them would drop the locks of the others.
SPARE = collections.Counter({"socket": 4, "pat.db": 4, "usage.db": 2})

chance = seeded("system calls")


def chosen(points, count):
    """Points of (..., call, n), each with an error; so many of them, each call as often as another."""
    by_call = collections.defaultdict(list)
    for point in points:
        by_call[point[:-1]] += [(*point, error) for error in strace.ERRORS]
    for several in by_call.values():
        chance.shuffle(several)
    turns = itertools.zip_longest(*by_call.values())
    return [point for turn in turns for point in turn if point][:count]


def ended_well(fault, status, said):
    """By itself, and not without a word."""
    assert status not in CRASHES and "patd: " in said, (fault, status, said)


class Served:
    """A patd, some of whose calls fail while a client comes, and an administrator."""

    def __init__(self):
        self.patd = Faulty()
        self.out = self.patd.directory / "strace"
        self.ended = self.given_up = 0
        self.locks = False
        self.patd.start()
        self.stock = Stock(self.patd, chance).begin()
        self.sure = self.stock.live.pop(self.stock.pick())  # nobody touches it
        self.rest()

    def rest(self):
        """Warm, and back at the number of descriptors that it has when nothing happens."""
        self.turn()
        self.stock.settle()
        self.descriptors = self.patd.descriptors() + SPARE

    def turn(self):
        """What a fault is to meet: logins, good and bad; a token that is made, used and revoked."""
        stock = self.stock
        for token in (stock.live[stock.pick()], stock.dead[min(stock.dead)], stock.bob):
            answer = self.ask(token)
            assert answer != ACCEPTED or token in stock.live.values(), "accepted"
        old = self.change("Revoke", stock.pick())
        self.change("Create")
        self.change("Show", stock.pick())
        assert old not in stock.dead or self.ask(stock.dead[old]) != ACCEPTED

    def ask(self, token):
        """A lock that is not given back keeps patd for SQLite's ten seconds: clients give up then."""
        answer = ask(self.patd, token, may_wait=self.locks)
        self.given_up += answer == TIMED_OUT
        return answer

    def change(self, method, id_=None):
        """One call; what it acknowledges is kept, what it does not is in doubt."""
        stock = self.stock
        name = {"name": f"token {chance.randrange(1 << 60):x}", "user": "alice",
                "scopes": ["mail:read"]}
        parameters = {"Revoke": {"tokens": [id_]}, "Show": {"token": id_}, "Create": name}[method]
        if method == "Revoke":
            stock.doubt(id_)
        try:
            reply = call(self.patd, method, **parameters)
        except Gone:
            return id_
        except Refused as error:
            assert error.message, error
            return id_
        if method == "Revoke":
            stock.bury(id_)
        elif method == "Create":
            stock.live[reply["created"]["id"]] = reply["token"]
        return id_

    def threads(self):
        return sorted(map(int, os.listdir(f"/proc/{self.patd.pid}/task")))

    def points(self):
        """[(thread, call, n)]: the calls that a turn costs; threads in the order of their start."""
        with strace.attached(self.patd.pid, strace.traced(self.out)):
            self.turn()
        self.stock.settle()
        return [(which, *point) for which, thread in enumerate(self.threads())
                for point in strace.calls(self.out, thread)]

    def fail(self, thread, name, number, error):
        """The fault, a turn in it, and what must hold behind it. How often it was met."""
        self.out.unlink(missing_ok=True)
        begin = self.patd.log.stat().st_size
        self.locks = name == "fcntl"
        words = strace.options(self.out, name, f"error={error}:when={number}")
        with strace.attached(self.patd.pid, words, self.threads()[thread]), told(name, number, error):
            self.turn()
        met = strace.hits(self.out)
        if self.patd.process.poll() is not None:
            self.restart((name, number, error), begin)
        self.recovered((name, number, error))
        return met

    def restart(self, fault, begin):
        """It ended: by itself, with a sentence."""
        status, self.patd.process = self.patd.process.wait(), None
        ended_well(fault, status, self.patd.log.read_bytes()[begin:].decode(errors="replace"))
        self.ended += 1
        self.patd.start()

    def recovered(self, fault):
        assert wait_until(lambda: call(self.patd, "Status")["health"] == ACCEPTED, MANAGE_SECONDS), \
            (fault, self.patd.log_text()[-2000:])
        assert wait_until(lambda: self.ask(self.sure) == ACCEPTED, MANAGE_SECONDS), \
            (fault, self.patd.log_text()[-2000:])  # a store that failed is opened anew
        self.stock.settle()
        self.stock.judge()
        while len(self.stock.live) < 4:
            self.stock.create()
        assert wait_until(lambda: self.patd.descriptors() <= self.descriptors, 5), \
            (fault, self.patd.descriptors() - self.descriptors)
        while len(self.stock.dead) > 12:  # enough to ask about; the others stand in the log
            del self.stock.dead[max(self.stock.dead)]


if IS_ROOT:
    def test_patd_serves_on():
        """Each call of each thread, while logins and changes are under way."""
        run, met = Served(), 0
        try:
            points = run.points()
            for count, fault in enumerate(chosen(points, SERVING)):
                met += run.fail(*fault) > 0
                if count % LOOK == LOOK - 1:
                    run.stock.check()
            run.stock.check()
            assert met > SERVING // 3
            figure("system calls, serving", f"{met:,} faults met in {len(points):,} calls of patd: 0 accepted, "
                                    f"0 crashes, {run.given_up} logins gave up at their deadline, "
                                    f"{run.ended} ended with a message; all well afterwards")
        finally:
            run.patd.close()

    def test_patd_starts_or_says_why(stopped):
        """Each call of a start, with a store that is there."""
        starts_or_says_why(stopped, STARTING, "system calls, start", stopped.put_back)

    def test_the_first_start_or_the_next(stopped):
        """Each call while store and keys are made: what was left over, the next start makes anew."""
        def clear():
            for place in (stopped.state, stopped.keys):
                shutil.rmtree(place, ignore_errors=True)
        stopped.stock = None
        clear()
        starts_or_says_why(stopped, FIRST, "system calls, first start", clear)

    @pytest.fixture
    def stopped():
        """A patd that does not run, whose store is kept."""
        patd = Faulty()
        try:
            patd.start()
            patd.stock = Stock(patd, chance).begin()
            patd.stop()
            patd.keep()
            yield patd
        finally:
            patd.outer = ()
            patd.close()

    def starts_or_says_why(patd, count, name, prepare):
        out = patd.directory / "strace"
        patd.outer = [*strace.traced(out), "-D"]
        patd.start()
        patd.stop()
        points, ended, met = strace.calls(out), 0, 0
        for call_, number, error in chosen(points, count):
            prepare()
            out.unlink()
            patd.outer = [*strace.launched(out, call_, f"error={error}:when={number}"), "-D"]
            status = patd.begin(PROGRAM_SECONDS)
            if status is None:
                if patd.stock:
                    patd.stock.judge(may_fail=True)
                status = patd.stop(wait=PROGRAM_SECONDS)
                assert status not in CRASHES, (call_, number, error, patd.said())
            else:
                ended_well((call_, number, error), status, patd.said())
                ended += 1
            met += wait_until(lambda: strace.hits(out), 0.5) > 0
            patd.outer, said = (), patd.said()
            patd.start()
            assert patd.health() == ACCEPTED, (call_, number, error, patd.call("Status"), said)
            if patd.stock:
                with told(call_, number, error, said):
                    patd.stock.judge()
            patd.stop()
        assert met > count // 2
        figure(name, f"{met:,} faults met in {len(points):,} calls: {ended:,} ended with a message, "
                     "0 crashes, 0 hangs, 0 accepted; all started afterwards")

    # --- patctl ---

    def test_patctl_does_it_or_says_why():
        """Status 0 means that it was done; a token that was not printed was not made for nobody."""
        run, met = Served(), 0
        try:
            points = [(what, *point) for what in COMMANDS for point in ctl_points(run, what)]
            for what, name, number, error in chosen(points, CTL):
                met += ctl(run, what, strace.launched(run.out, name,
                                                      f"error={error}:when={number}"))
                run.stock.settle()
                while len(run.stock.live) < 4:
                    run.stock.create()
            run.stock.check()
            assert met > CTL // 2
            figure("system calls, patctl", f"{met:,} faults met in {len(points):,} calls of "
                                   f"{len(COMMANDS)} commands: 0 accepted, 0 crashes, 0 hangs, "
                                   "0 done that were not")
        finally:
            run.patd.close()

    COMMANDS = ("create", "revoke", "check", "list", "log")

    def ctl_points(run, what):
        ctl(run, what, strace.traced(run.out))
        return strace.calls(run.out)

    def ctl(run, what, words):
        """One command under strace, and whether it told the truth. How often the fault was met."""
        stock, patd = run.stock, run.patd
        dead, id_ = stock.dead[min(stock.dead)], stock.pick()
        arguments = {"create": ["create", "alice", "--name", f"token {chance.randrange(1 << 60):x}",
                                "--scope", "mail:read", "-q"],
                     "revoke": ["revoke", "--yes", id_], "list": ["list", "--all"],
                     "check": ["check", "--service", "imap", "--user", "alice"],
                     "log": ["log", "--verify"]}[what]
        run.out.unlink(missing_ok=True)
        done = subprocess.run([*words, patd.bin / "patctl", "--socket", patd.manage_socket,
                               *arguments], input=f"{dead}\n", capture_output=True, text=True,
                              timeout=PROGRAM_SECONDS, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/"})
        fault = (words, done)
        assert done.returncode not in CRASHES, fault
        assert done.returncode == 0 or done.stderr or what == "check", fault
        if what == "create" and done.returncode == 0:
            assert ask(patd, done.stdout.strip()) == ACCEPTED, fault
        elif what == "revoke":
            stock.doubt(id_)
            if done.returncode == 0:
                stock.bury(id_)
                assert ask(patd, stock.dead[id_]) == "refused", fault
        elif what == "check":
            assert done.returncode != 0, fault
        return strace.hits(run.out) > 0

    # --- a login ---

    BAD = ("revoked", "bad-secret", "wrong-user", "expired")

    @pytest.fixture(scope="module")
    def rig():
        rig = Rig()
        yield rig
        rig.close()

    def test_a_login_through_pam(rig):
        """Four bad tokens and then a good one, in one process: only the last may ever get in."""
        out, met, accepted = rig.directory / "strace", 0, 0
        assert login(rig, strace.traced(out), 0) == ["PAM_AUTH_ERR"] * 4 + ["PAM_SUCCESS"]
        points = strace.calls(out)
        for count, (name, number, error) in enumerate(chosen(points, PAM)):
            out.unlink()
            codes = login(rig, strace.launched(out, name, f"error={error}:when={number}"), count)
            bad = codes[:-1] if name == "write" else codes[:4]  # a line may not have been printed
            assert "PAM_SUCCESS" not in bad, (name, number, error, codes)
            accepted += codes[4:] == ["PAM_SUCCESS"]
            met += strace.hits(out) > 0
        assert met > PAM // 2 and accepted
        figure("system calls, login", f"{met:,} faults met in {len(points):,} calls of a login through PAM: "
                              f"0 of {4 * met:,} bad tokens accepted, 0 crashes, 0 hangs; "
                              f"the good one got in {accepted:,} times")

    def login(rig, words, count):
        """The codes, as far as the program came."""
        service = f"case{count % 100}"
        place = rig.prepare([f"auth required {rig.pat()}"], service)
        tokens = [rig.world.tokens[kind] for kind in (*BAD, "accepted")]
        operations = []
        for _ in tokens:
            operations += [f"set:rhost={fresh_address()}", "authenticate"]
        begin = time.monotonic()
        done = subprocess.run(
            [*words, rig.directory / "driver", "--syslog", place / "syslog", place / "pam.d",
             service, "root", *operations], cwd="/", capture_output=True, check=False,
            input=b"".join(token.encode() + b"\0" for token in tokens), timeout=PROGRAM_SECONDS,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
        assert time.monotonic() - begin < VERIFY_SECONDS * len(tokens)
        shutil.rmtree(place)
        assert done.returncode not in CRASHES, (words, done)
        text = done.stdout.decode(errors="replace")
        return re.findall(r"^authenticate (PAM_\w+)$", text, re.M)


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
