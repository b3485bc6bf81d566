# SPDX-License-Identifier: BSD-2-Clause
"""A full disk, at every step and with any number of pages left (M16, M17).

Logins go on, rights can be taken away, whatever else is refused is refused whole, and when there is
room again all goes on. The disk is patd's own: a tmpfs in a mount namespace, which only root can
make.
"""
import collections
import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from faultkit import ACCEPTED, IS_ROOT, MAIL, Apart, Refused, Stock, ask, call
from figures import figure, seeded, tier
from patdkit import refusal, wait_until

PAGES = tier((0, 9), tuple(range(17)))
MOUNT = 'mount -t tmpfs -o "size=8m,mode=755,uid=$1,gid=$1" patd-test "$2"'

chance = seeded("full disk")


class Small(Apart):
    """A patd whose state and keys lie on a disk of 8 MiB; it may end, and the disk stays."""

    def __init__(self):
        self.disk = Path(tempfile.mkdtemp(prefix="disk-"))
        super().__init__(MOUNT, self.UID, self.disk)
        self.state, self.keys = self.disk / "state", self.disk / "keys"
        self.filler = self.disk / "of others" / "filler"
        self.write_config(self.sections)

    def close(self):
        super().close()
        self.disk.rmdir()

    def fill(self, pages):
        """So many pages are left, and not a byte more."""
        self.inside(self.filler.parent).mkdir(exist_ok=True)
        with open(self.inside(self.filler), "ab", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(size * b"x")
                except OSError as error:
                    assert error.errno == errno.ENOSPC
            os.ftruncate(file.fileno(), file.tell() - pages * os.sysconf("SC_PAGESIZE"))

    def clear(self):
        self.inside(self.filler).unlink(missing_ok=True)

    def has_ballast(self):
        path = self.inside(self.state / "ballast")
        return path.exists() and path.stat().st_size == 1 << 20


def wish(stock):
    return {"user": "alice", "name": f"token {chance.randrange(1 << 60):x}",
            "scopes": ["mail:read"]}


# --- the steps: what is asked, with or without room ---

def create(stock):
    made = call(stock.patd, "Create", **wish(stock))
    stock.live[made["created"]["id"]] = made["token"]


def confirm(stock):
    call(stock.patd, "Confirm", token=stock.pending[1]["id"])
    stock.live[stock.pending[1]["id"]] = stock.pending[0]


def rotate(stock):
    id_ = stock.pick()
    made = call(stock.patd, "Rotate", token=id_, grace=0)
    stock.bury(id_)
    stock.live[made["created"]["id"]] = made["token"]


def renew_key(stock):
    call(stock.patd, "DbRotateKey")


def back_up(stock):
    """What is left of one that did not go through must not stay in the way."""
    stock.after = lambda: shutil.rmtree(stock.patd.inside(stock.patd.state / "backup"))
    call(stock.patd, "DbBackup", more=True)


def widen(stock):
    call(stock.patd, "GrantAdd", holder="bob", scopes=[f"x{chance.randrange(1 << 40):x}:y"])


def new_user(stock):
    call(stock.patd, "UserCreate", user=f"u{chance.randrange(1 << 40):x}", grants=["mail:read"])


def revoke(stock):
    id_ = stock.pick()
    call(stock.patd, "Revoke", tokens=[id_])
    stock.bury(id_)


def suspend(stock):
    id_ = stock.pick()
    call(stock.patd, "Suspend", tokens=[id_])
    stock.bury(id_)


def end_all(stock):
    call(stock.patd, "RevokeAll", more=True, filter={"user": "alice", "tenant": "acme"})
    for id_ in list(stock.live):
        stock.bury(id_)


def lock_out(stock):
    call(stock.patd, "UserSetEnabled", user="bob", enabled=False)
    assert ask(stock.patd, stock.bob, login="bob") == "refused"
    stock.after = lambda: call(stock.patd, "UserSetEnabled", user="bob", enabled=True)


def restart(stock):
    """What it leaves behind makes room."""
    stock.patd.stop()
    stock.patd.start()


def start(stock):
    """One that is started when there is not even room for what it needs to read."""
    stock.patd.stop()
    stock.patd.fill(stock.pages)
    stock.patd.start()


def crash(stock):
    stock.patd.kill()
    stock.patd.start()


def look(stock):
    """Uses are written by that."""
    call(stock.patd, "Status")


WIDENING = {step.__name__: step for step in
            (create, confirm, rotate, renew_key, back_up, widen, new_user)}
NARROWING = {step.__name__: step for step in (revoke, suspend, end_all, lock_out)}
STAYING = {step.__name__: step for step in
           (restart, start, crash, look)}


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


if IS_ROOT:
    @pytest.fixture(scope="module")
    def stock():
        """A patd on a small disk, and the fate of its tokens."""
        with Small() as patd:
            yield Stock(patd, chance).begin()

    @pytest.fixture
    def full(stock):
        """There is something to change, and ballast; behind the test there is room again."""
        stock.after = lambda: None
        while len(stock.live) < 4:
            stock.create()
        stock.pending = stock.patd.token("alice", ["mail:read"], pending=True)
        assert stock.patd.has_ballast()
        yield stock
        stock.patd.clear()
        stock.after()
        stock.create()
        stock.check()
        stock.patd.stop()
        stock.patd.start()  # and with it the ballast

    def tried(stock, step):
        """True: done. False: refused, in words."""
        try:
            step(stock)
        except Refused as error:
            assert error.error == "Unavailable" and "no space" in error.message.lower(), error
            return False
        return True

    TALLY = collections.Counter()

    @pytest.mark.parametrize("pages", PAGES)
    @pytest.mark.parametrize("name", [*WIDENING, *NARROWING, *STAYING])
    def test_a_full_disk(full, name, pages):
        """One step with so many pages left: what was answered holds, and logins go on."""
        stock = full
        stock.pages = pages
        stock.patd.fill(pages)
        step = {**WIDENING, **NARROWING, **STAYING}[name]
        done = tried(stock, step)
        assert done or name in WIDENING
        stock.judge()
        stock.patd.fill(0)
        stock.judge()
        if name not in NARROWING:  # the room that is kept serves once
            id_ = stock.pick()
            stock.revoke(id_)
            assert ask(stock.patd, stock.dead[id_]) == "refused"
        TALLY.update(points=1, done=done, refused=not done)
        if TALLY["points"] == len(PAGES) * len({**WIDENING, **NARROWING, **STAYING}):
            figure("full disk", f"{TALLY['points']:,} fill points: logins went on at each, "
                             f"{TALLY['refused']:,} changes refused whole, 0 lost, 0 revived")

    @pytest.mark.parametrize("pages", [0, 12])
    def test_a_full_disk_stops_changes_and_no_login(stock, pages):
        """M16, M17: tokens are made until there is no room; each that was answered is there."""
        patd = stock.patd
        begin = patd.log.stat().st_size
        patd.fill(pages)
        made, error = [], None
        while error is None and len(made) < 2000:
            name = f"number {pages} {len(made):04}"
            error = refusal(patd.call, "Create", user="alice", name=name, scopes=["mail:read"])
            made += [name] if error is None else []
        assert error is not None and error.error == "Unavailable", error
        patd.fill(0)
        token = stock.live[stock.pick()]
        assert wait_until(lambda: patd.asks(token, **MAIL) == ACCEPTED and
                          b'doing="writing uses"' in patd.log.read_bytes()[begin:])
        assert patd.has_ballast()
        stock.revoke(stock.pick())  # there is room for that
        stock.judge()
        names = [entry["token"]["name"] for entry in patd.call("List", more=True)
                 if "token" in entry]
        assert set(names) >= set(made) and name not in names
        patd.clear()
        assert wait_until(lambda: refusal(patd.call, "Create", user="alice", name=name,
                                          scopes=["mail:read"]) is None)
        stock.check()
        patd.stop()
        patd.start()
