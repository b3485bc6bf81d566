# SPDX-License-Identifier: BSD-2-Clause
"""A clock that jumps, back and ahead, while patd runs and between its lives (R9, R10).

What has expired stays so, however far the clock goes back. A wrong jump ahead is over when the
clock is right again, or when an operator says so.
"""
import time

import pytest

from faultkit import ACCEPTED, Faulty, Stock, ask, wait_until
from figures import figure, seeded, tier
from pat import FAKETIME

WALKS = tier(40, 400)
SECOND, HOUR, DAY, YEAR = 1, 3600, 86400, 365 * 86400
MOMENTS = {"1969": -15_768_000, "1970": 1, "2038": 2_147_483_648, "2262": 9_223_372_037,
           "9999": 253_402_300_000}
BACK = {"-1s": -SECOND, "-1h": -HOUR, "-1d": -DAY, "-10y": -10 * YEAR}
AHEAD = {"+1s": SECOND, "+4min": 240, "+1h": HOUR, "+1d": DAY, "+10y": 10 * YEAR}

chance = seeded("clock jumps")


class Turned(Faulty):
    """A patd whose clock is told by a file."""

    def __init__(self):
        super().__init__()
        self.file = self.directory / "clock"
        self.ahead = 0
        self.turn(0)
        self.prefix = ("env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
                       "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1")

    def start(self, *arguments, **named):
        self.blind = time.time() + self.ahead < 0  # a time that cannot be: it refuses until a start
        return super().start(*arguments, **named)

    def turn(self, ahead):
        """So many seconds ahead of the right time, or behind it."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead:+d}s\n")
        new.chmod(0o644)
        new.rename(self.file)
        self.ahead = ahead

    def turn_to(self, moment):
        self.turn(moment - int(time.time()))


class Times(Stock):
    """Tokens with an end: gone is over, soon ends when the test says, later in a day, never."""

    def prepare(self):
        self.never = self.live[self.create()]
        self.later = self.live[self.create(expires=at(DAY))]
        gone = self.create(expires=at(0.3))
        self.gone = self.live[gone]
        assert wait_until(lambda: ask(self.patd, self.gone) == "refused")
        self.bury(gone)
        return self

    def answers(self):
        return {name: ask(self.patd, getattr(self, name)) for name in ("gone", "later", "never")}


def at(seconds):
    return int((time.time() + seconds) * 1e6)


@pytest.fixture
def times():
    patd = Turned()
    try:
        patd.start()
        yield Times(patd, chance).begin(live=2, dead=2).prepare()
    finally:
        patd.turn(0)
        patd.close()


RIGHT = {"gone": "refused", "later": ACCEPTED, "never": ACCEPTED}


@pytest.mark.parametrize("jump", BACK)
def test_back_while_it_runs(times, jump):
    """At once behind the end of a token, and again and again."""
    for _ in range(2):
        times.patd.turn(BACK[jump])
        assert times.answers() == RIGHT
        times.patd.turn(0)
        assert times.answers() == RIGHT


@pytest.mark.parametrize("restart", ["stop", "kill"])
@pytest.mark.parametrize("jump", BACK)
def test_back_between_two_lives(times, jump, restart):
    """A stop saves the mark; behind a kill it is known how long the machine ran since."""
    getattr(times.patd, restart)()
    times.patd.turn(BACK[jump])
    times.patd.start()
    assert times.answers() == RIGHT
    times.check()


def test_around_the_end_of_a_token(times):
    """A second before, at it, behind it; and not before it again: the jump was a likely one."""
    end = int(time.time()) + 200
    token = times.live[times.create(expires=end * 10**6)]
    for moment, expected in ((end - 2, ACCEPTED), (end, "refused"), (end + 1, "refused"),
                             (end - 2, "refused"), (end - 150, "refused")):
        times.patd.turn_to(moment)
        assert ask(times.patd, token) == expected, moment - end


@pytest.mark.parametrize("jump", AHEAD)
def test_a_wrong_jump_ahead_is_recovered(times, jump):
    """The clock is put right again, or patd lives through the wrong time and is told."""
    wrong = AHEAD[jump] >= DAY
    for restart in (False, True):
        times.patd.turn(AHEAD[jump])
        if restart:
            times.patd.restart()
        assert times.answers() == {**RIGHT, "later": "refused" if wrong else ACCEPTED}
        times.patd.turn(0)
        if restart:
            times.patd.restart()
        put_right(times)


def put_right(times):
    """By itself, by a start, or by an operator who says that the clock is right."""
    if times.patd.blind:
        assert times.patd.health() == "unavailable-clock"
        times.patd.restart()
    if times.answers()["later"] != ACCEPTED:
        assert times.patd.call("DbStatus")["mark"] > at(HOUR)  # the kernel vouched for that clock
        times.patd.call("ClockAccept")
    assert times.answers() == RIGHT


@pytest.mark.parametrize("moment", MOMENTS)
def test_far_moments(times, moment):
    """Of a clock that nobody set, or that cannot be read: an answer, and never a wrong one."""
    patd = times.patd
    for restart in (False, True):
        patd.turn_to(MOMENTS[moment])
        if restart:
            patd.restart()
        answers = times.answers()
        assert answers["gone"] != ACCEPTED
        if MOMENTS[moment] > time.time():
            assert answers == {"gone": "refused", "later": "refused", "never": ACCEPTED}
        patd.turn(0)
        if restart:
            patd.restart()
        put_right(times)


def test_a_random_walk(times):
    """Jumps of all kinds, with starts between them; what has expired is never accepted."""
    patd = times.patd
    starts = 0
    jumps = [*BACK.values(), *AHEAD.values(), 0, 0]
    for number in range(WALKS):
        if chance.random() < 0.1:
            patd.turn_to(chance.choice(list(MOMENTS.values())))
        else:
            patd.turn(chance.choice(jumps))
        if chance.random() < 0.2:
            patd.restart()
            starts += 1
        assert times.answers()["gone"] != ACCEPTED, number
        times.judge(may_fail=True)
        if number % 10 == 9:
            patd.turn(0)
            put_right(times)
    figure("clock jumps", f"{WALKS:,} jumps of a random walk and {starts:,} starts on its way: "
                      "0 expired tokens revived; each wrong jump ahead was recovered")
