# SPDX-License-Identifier: BSD-2-Clause
"""A clock that was turned back: patctl's, which only tells times, and patd's, which decides."""
import os
import re
import subprocess

import pytest

from ctlkit import FAKETIME, id_of, until

MAIL = {"service": "imap", "login": "alice"}
LOOKS = [["list"], ["list", "--all"], ["show", "used just now"], ["show", "at its end"],
         ["uses", "used just now"], ["log"], ["log", "--verify"], ["status"], ["user", "list"],
         ["user", "show", "alice"], ["tenant", "list"]]
BACK = {"-10m": r"in (?:9|10) min", "-5h": "in 5 h", "-30d": "in 30 days", "-20y": "in 20 years"}


@pytest.fixture(scope="module")
def dated(shared):
    """Tokens made and used just now, one of them for three days, one at its end."""
    token = shared.make("used just now")
    shared.verify(token, address="192.0.2.7", **MAIL)
    shared.make("for three days", "--expires", "3d")
    shared.make("at its end", "--expires", "1s")
    until(lambda: shared.json("show", "at its end")["status"] == "expired")
    shared.say("revoke", "--yes", id_of(shared.make("revoked just now")), "--reason", "a test")
    return shared


def at(host, clock, *arguments, check=0):
    """patctl with a clock of its own."""
    done = subprocess.run(
        [host.bin / "patctl", "--socket", host.manage_socket, *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/",
             "LD_PRELOAD": FAKETIME, "FAKETIME": clock})
    assert done.returncode == check, (arguments, done)
    return done


@pytest.mark.parametrize("clock", BACK)
def test_patctl_tells_what_lies_ahead_of_its_clock(dated, clock):
    """What was made and used a moment ago is in the future, and is said to be so."""
    rows = {line[:13].strip(): line[13:] for line in
            at(dated, clock, "list", "--columns", "name,created,last_used,status",
               "--no-legend").stdout.replace("used just now", "used          ").splitlines()}
    assert list(rows) == ["at its end", "for three day", "used"]  # the newest first, as ever
    close = BACK[clock]
    assert re.fullmatch(rf" *{close} +{close} +active", rows["used"]), rows
    assert re.fullmatch(rf" *{close} +never +expired", rows["at its end"]), rows
    card = at(dated, clock, "show", "used just now").stdout
    assert re.search(rf"{close}   imap   192\.0\.2\.7$", card, re.M)
    assert re.match(rf"{close} +imap +192\.0\.2\.7 +accepted\n",
                    at(dated, clock, "uses", "used just now", "--no-legend").stdout)


@pytest.mark.parametrize("clock", BACK)
@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_no_screen_breaks(dated, clock, arguments):
    """No number below zero, no time since 1970; status is by patd's clock, not the reader's."""
    text, usual = at(dated, clock, *arguments).stdout, dated.say(*arguments)
    assert len(text.splitlines()) == len(usual.splitlines())
    assert not re.search(r"(?<![\w.-])-\d|\b19(69|70)\b|\d{5,} (days|months|years)", text), text
    words = r"\b(?:active|expired|revoked|expiring|verified)\b"
    assert re.findall(words, text) == re.findall(words, usual)


@pytest.mark.parametrize("arguments", [["list", "--all"], ["show", "used just now"], ["log"],
                                       ["uses", "used just now"]], ids=" ".join)
def test_programs_see_the_same(dated, arguments):
    """JSON holds moments: no clock of the reader's is in them."""
    assert at(dated, "-30d", *arguments, "--json").stdout == dated.say(*arguments, "--json")


def test_a_span_that_is_over_for_patd_makes_no_token(dated):
    """patctl counts from its own clock, patd refuses what would be dead at once."""
    before = dated.head()
    wish = ["create", "alice", "--name", "dead at once", "--scope", "mail:read", "--expires"]
    assert "would have expired" in at(dated, "-30d", *wish, "2d", check=2).stderr
    assert dated.head() == before
    made = at(dated, "-30d", *wish, "90d").stderr
    assert "(in 90 days)" in made
    dated.say("revoke", "--yes", "dead at once")


def test_what_has_expired_stays_expired_when_patds_clock_goes_back(host):
    """Stopped, and started with a clock of yesterday: the sealed mark knows better."""
    token = host.make("at its end", "--expires", "1s")
    other = host.make("for three days", "--expires", "3d")
    until(lambda: host.verify(token, **MAIL)["class"] == "refused")
    host.stop()
    words = host.command()
    at_patd = words.index(str(host.bin / "patd"))  # setpriv keeps the clock that it has
    words[at_patd:at_patd] = ["env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=-24h", "DONT_FAKE_MONOTONIC=1"]
    host.command = lambda: words
    host.start()
    assert host.verify(token, **MAIL)["class"] == "refused"
    assert host.verify(other, **MAIL)["class"] == "accepted"
    shown = host.json("show", "at its end")
    assert shown["status"] == "expired"
    fresh = host.make("made meanwhile", "--expires", "1h")
    assert host.verify(fresh, **MAIL)["class"] == "accepted"
    order = [row["time"] for row in host.json("log")["changes"] if row["tenant"] == "acme"]
    assert order == sorted(order)
    assert host.ctl("log", "--verify").returncode == 0
