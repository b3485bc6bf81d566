# SPDX-License-Identifier: BSD-2-Clause
"""Too few descriptors, and files that cannot be written, made or trusted: a stated verdict each.

No login hangs, nothing wrong is accepted, what cannot be done is refused in words, and when the
trouble is over all goes on.
"""
import contextlib
import os
import subprocess

import pytest

from faultkit import (ACCEPTED, IS_ROOT, NEVER_SAID, Asker, Faulty, Gone, Refused, Stock, ask, call,
                      told, wait_until)
from figures import figure, seeded, tier

LIMITS = tier((4, 8, 12, 16, 20, 24, 28, 32, 64), tuple(range(4, 65)))
PATD_DESCRIPTORS = 1024  # so many it may have at least

chance = seeded("starved")


@pytest.fixture(scope="module")
def stock():
    """A patd that runs."""
    with Faulty() as patd:
        yield Stock(patd, chance).begin()


@pytest.fixture
def kept(stock):
    """The same, stopped; behind the test it is as it was."""
    patd = stock.patd
    patd.stop()
    patd.keep()
    known = dict(stock.live), dict(stock.dead)
    try:
        yield stock
    finally:
        patd.prefix = ()
        patd.stop()
        patd.put_back()
        stock.live, stock.dead = map(dict, known)
        patd.start()
        stock.check()


# --- descriptors ---

def test_started_with_few_descriptors(kept):
    """It serves, or it ends and says why; it never hangs."""
    patd, served = kept.patd, 0
    for limit in LIMITS:
        patd.prefix = ("prlimit", f"--nofile={limit}:{limit}")
        status = patd.begin(15)
        if status is None:
            kept.judge(may_fail=True)
            served += ask(patd, kept.live[kept.pick()]) == ACCEPTED
            assert patd.stop() == 0
        else:
            assert status > 0 and "patd: " in patd.said(), (limit, status, patd.said())
    assert served
    figure("no descriptors, start", f"{len(LIMITS)} limits of 4 to 64 descriptors: with {served} it served, "
                         f"with {len(LIMITS) - served} it said why not; 0 crashes, 0 hangs")


if IS_ROOT:
    def test_descriptors_run_out_while_it_serves(stock):
        """None left, or a few: clients are turned away at once or served, and then all is well."""
        patd = stock.patd
        ask(patd, stock.live[stock.pick()])
        open_files = patd.descriptors()

        def limit_to(count):
            """By its own uid: that is all it takes."""
            subprocess.run(patd.as_uid(patd.uid, ["prlimit", f"--pid={patd.pid}",
                                                  f"--nofile={count}:"]), check=True)
        asked = served = 0
        for left in range(tier(5, 25)):
            limit_to(1 + left + max(int(name) for name in os.listdir(f"/proc/{patd.pid}/fd")))
            held = []
            try:
                for _ in range(3):  # some stay connected, so that the next have less
                    with contextlib.suppress(ConnectionError):
                        held.append(Asker(patd).socket)
                answers = [ask(patd, token) for token in stock.live.values()]
                assert set(answers) <= {ACCEPTED, "unavailable", NEVER_SAID}
                asked, served = asked + len(answers), served + answers.count(ACCEPTED)
                stock.judge(may_fail=True)
                id_ = stock.pick()
                try:
                    call(patd, "Revoke", tokens=[id_])
                    stock.bury(id_)
                except (Gone, Refused):
                    stock.doubt(id_)
                if id_ in stock.dead:
                    assert ask(patd, stock.dead[id_]) != ACCEPTED
            finally:
                limit_to(PATD_DESCRIPTORS)
                for each in held:
                    each.close()
            stock.settle()
            stock.judge()
            while len(stock.live) < 4:
                stock.create()
        stock.check()
        assert wait_until(lambda: patd.descriptors() <= open_files)
        figure("no descriptors, serving", f"{asked:,} logins without descriptors: {served:,} served, the others "
                               "turned away at once; 0 hangs, 0 accepted wrongly, all well afterwards")


# --- files and directories ---

def gone(path, _):
    path.unlink(missing_ok=True)


def is_directory(path, uid):
    gone(path, uid)
    path.mkdir()
    os.chown(path, uid, uid)


def garbage(path, uid):
    gone(path, uid)
    path.write_bytes(b"garbage!" * 8192)
    path.chmod(0o600)
    os.chown(path, uid, uid)


def foreign(path, _):
    path.touch()
    path.chmod(0o600)
    os.chown(path, 0, 0)


def only_readable(path, uid):
    foreign(path, uid)
    path.chmod(0o644)


def is_link(path, uid):
    gone(path, uid)
    path.symlink_to("/etc/hostname")


def is_pipe(path, uid):
    gone(path, uid)
    os.mkfifo(path)
    os.chown(path, uid, uid)


def closed(path, _):
    path.chmod(0o500)


def read_only(path, _):
    path.chmod(0o400)


# What a login gets from a patd that is started with it, and what becomes of a revocation: "done",
# "no" (refused in words), or all of it is unavailable for this reason. None: patd ends, and says why.
STORE, ROLLED_BACK = "unavailable-store", "unavailable-rolled-back"
CASES = [
    ("state", "", closed, STORE), ("keys", "", closed, "done"),
    ("state", "pat.db-shm", gone, "done"), ("state", "pat.db-shm", is_directory, "no"),
    ("state", "pat.db-shm", garbage, "done"), ("state", "pat.db-shm", foreign, STORE),
    ("state", "pat.db-shm", only_readable, "no"), ("state", "pat.db-shm", is_link, STORE),
    ("state", "pat.db-shm", is_pipe, STORE),
    ("state", "pat.db-wal", gone, "done"), ("state", "pat.db-wal", is_directory, STORE),
    ("state", "pat.db-wal", garbage, "done"), ("state", "pat.db-wal", foreign, STORE),
    ("state", "pat.db-wal", only_readable, "no"), ("state", "pat.db-wal", is_link, STORE),
    ("state", "pat.db-wal", is_pipe, "no"),
    ("state", "pat.db", read_only, "no"), ("state", "pat.db", foreign, STORE),
    ("state", "pat.db", only_readable, STORE), ("state", "pat.db", is_directory, STORE),
    ("state", "pat.db", is_link, STORE),
    ("state", "usage.db", read_only, "done"), ("state", "usage.db", foreign, "done"),
    ("state", "usage.db", garbage, "done"), ("state", "usage.db", is_directory, "done"),
    ("state", "lock", read_only, None), ("state", "lock", foreign, None),
    ("state", "lock", is_directory, None), ("state", "lock", is_link, None),
    ("state", "ballast", foreign, "done"), ("state", "ballast", is_directory, "done"),
    ("keys", "anchor", read_only, ROLLED_BACK), ("keys", "anchor", foreign, ROLLED_BACK),
    ("keys", "anchor", garbage, ROLLED_BACK),
    ("keys", "clock", foreign, "unavailable-clock"), ("keys", "clock", garbage, "unavailable-clock"),
    ("keys", "seal.1", foreign, "unavailable-key"), ("keys", "seal.1", garbage, "unavailable-key"),
]


def verdict(stock):
    """What becomes of a login and of a revocation."""
    patd, id_ = stock.patd, stock.pick()
    answer = ask(patd, stock.live[id_])
    stock.judge(may_fail=True)
    try:
        call(patd, "Revoke", tokens=[id_])
    except Refused as error:
        assert error.error == "Unavailable" and error.message, error
        return error.id if answer == "unavailable" else "no"
    assert answer == ACCEPTED and ask(patd, stock.live[id_]) == "refused"
    return "done"


if IS_ROOT:
    def test_started_with_files_that_will_not_do(kept):
        """Each has its verdict; the right files back, all is as it was."""
        patd = kept.patd
        for place, name, spoil, expected in CASES:
            patd.put_back()
            spoil(getattr(patd, place) / name, patd.uid)
            status = patd.begin(20)
            with told(place, name, spoil.__name__):
                if status is None:
                    assert verdict(kept) == expected
                    patd.stop()
                else:
                    assert expected is None and status > 0 and "patd: " in patd.said()
        figure("wrong files, start", f"{len(CASES)} files and directories that are missing, foreign or of "
                             "another kind: the stated verdict each, 0 accepted wrongly")

    @pytest.mark.parametrize("place", ["state", "keys"])
    def test_a_directory_that_becomes_read_only_while_it_serves(stock, place):
        """R25: logins go on, and rights are taken away: what that needs is open."""
        path = getattr(stock.patd, place)
        path.chmod(0o500)
        try:
            stock.judge()
            id_ = stock.pick()
            stock.revoke(id_)
            assert ask(stock.patd, stock.dead[id_]) == "refused"
        finally:
            path.chmod(0o700)
        while len(stock.live) < 4:
            stock.create()
        stock.check()


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
