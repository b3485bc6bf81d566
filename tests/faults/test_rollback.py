# SPDX-License-Identifier: BSD-2-Clause
"""An earlier database, anchor, or both, put back (R29): what was taken away stays so.

A database that is older than its anchor is noticed each time, and nothing is accepted until an
operator says so; then all that was taken away since is taken away again. An older anchor is brought
forward. Both of one moment are not noticed, and the pages say that.
"""
import os

import pytest

from faultkit import ACCEPTED, Faulty, Stock, ask
from figures import figure, seeded, tier
from pat import IS_ROOT, SOURCE

MOMENTS, TRIALS = tier((6, 24), (40, 1000))
NAMES = ("pat.db", "pat.db-wal", "pat.db-shm")

chance = seeded("older stores")


class Moment:
    """Everything of one moment: the files, and which tokens lived."""

    def __init__(self, stock):
        patd = stock.patd
        patd.keep()
        self.files = patd.kept
        self.live, self.dead = dict(stock.live), dict(stock.dead)


class History:
    """A patd, its stock, and moments of its past, the last of which is the present."""

    def __init__(self, patd):
        self.patd = patd
        self.stock = Stock(patd, chance).begin()
        self.moments = []
        for number in range(MOMENTS):
            patd.stop() if number % 3 else patd.kill()  # without a stop the database's log is there
            self.moments.append(Moment(self.stock))
            patd.start()
            self.change()
        patd.stop()
        self.moments.append(Moment(self.stock))

    def change(self):
        """A few changes, at least one of which takes a right away."""
        stock = self.stock
        for _ in range(chance.randrange(3)):
            stock.create()
        while len(stock.live) < 4:
            stock.create()
        id_ = stock.pick()
        if chance.random() < 0.3:
            self.patd.call("Suspend", tokens=[id_])
            stock.bury(id_)
        else:
            stock.revoke(id_)

    def put(self, database, anchor):
        """The database of one moment and the keys with the anchor of another."""
        files = {path: content for path, content in database.files.items()
                 if path.name in NAMES}
        files.update({path: content for path, content in anchor.files.items()
                      if path.name not in NAMES})
        self.patd.kept = files
        self.patd.put_back()
        self.patd.start()

    def accepted(self, tokens):
        return {id_ for id_, token in tokens.items() if ask(self.patd, token) == ACCEPTED}


@pytest.fixture(scope="module")
def history():
    with Faulty() as patd:
        yield History(patd)


def older_database(history, past, now):
    """Noticed; and behind the acceptance what is dead today is dead."""
    patd = history.patd
    history.put(past, now)
    assert patd.health() == "unavailable-rolled-back"
    assert history.accepted({**now.live, **now.dead}) == set()
    done = patd.call("DbRestoreAccept")
    assert done["closed"] == 0 and patd.health() == ACCEPTED
    assert history.accepted(now.dead) == set()
    assert history.accepted(now.live) == set(now.live) & {**past.live, **past.dead}.keys()


def older_anchor(history, past, now):
    """Brought forward, and told."""
    patd = history.patd
    begin = patd.log.stat().st_size
    history.put(now, past)
    assert patd.health() == ACCEPTED and b"event=recovered" in patd.log.read_bytes()[begin:]
    assert history.accepted(now.dead) == set() and history.accepted(now.live) == set(now.live)


def both(history, past, _):
    """The machine as it was: nobody can tell, and what had died by then is dead."""
    history.put(past, past)
    assert history.patd.health() == ACCEPTED
    assert history.accepted(past.dead) == set() and history.accepted(past.live) == set(past.live)


def mixed(history, past, now):
    """A database's file of one moment beside the log of another."""
    other = chance.choice(history.moments)
    history.patd.kept = {**now.files, **{
        path: source.files[path] for source, name in ((past, NAMES[0]), (other, NAMES[1]))
        for path in source.files if path.name == name}}
    history.patd.kept = {path: content for path, content in history.patd.kept.items()
                         if path.name != NAMES[2]}
    history.patd.put_back()
    history.patd.start()
    assert history.accepted(now.dead) == set()


KINDS = (older_database,) * 3 + (older_anchor, both, mixed)


def test_any_earlier_state(history):
    """Chosen at random; the present is put back behind each."""
    counts, now = dict.fromkeys(KINDS, 0), history.moments[-1]
    for number in range(TRIALS):
        kind = KINDS[number % len(KINDS)]
        kind(history, chance.choice(history.moments[:-1]), now)
        counts[kind] += 1
        history.patd.kill()
    history.put(now, now)
    assert history.accepted(now.dead) == set() and history.accepted(now.live) == set(now.live)
    figure("older stores", f"{counts[older_database]:,} earlier databases: all noticed; "
                     f"{counts[older_anchor]:,} earlier anchors: all brought forward; "
                     f"{counts[mixed]:,} files beside the log of another moment; 0 revived. "
                     f"{counts[both]:,} of both together: not noticed, as the pages say")


def test_the_pages_say_what_is_not_noticed():
    page = " ".join((SOURCE / "patd/patd.8").read_text().split())
    assert "directory that are put back together from the same time are not noticed" in page
    assert "snapshot of the machine" in (SOURCE / "SECURITY.md").read_text()


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
