# SPDX-License-Identifier: BSD-2-Clause
"""Several want what only one can have, and backups while a writer writes.

Of a race there is exactly one winner, the others are told why not, and the change log tells of that
one winner what the store shows. A backup holds all that was acknowledged before it began; put back,
it gives nobody what was taken away before or after.
"""
import collections
import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import threading

import pytest

from faultkit import ACCEPTED, IS_ROOT, Caller, Faulty, Stock, ask, call, check_log
from figures import figure, seeded, tier
from patdkit import fill, message

RACES, RACERS_MAX = tier(240, 10_000), 4
TENANTS = ("acme", "tight")  # the latter with room for one token
LIFE = 2500          # races of one store: its log is read whole at the end
CTL_RACES = tier(2, 100)
BACKUPS, FILLER = tier(3, 100), tier(700, 2000)  # a megabyte or more: several steps of a backup
HOUR = 3600 * 10**6
NOT_FOUND, CONFLICT = 3, 6  # exit statuses of patctl

chance = seeded("races")


class Track:
    """A patd, racers that are connected to it, and what its log has to tell at the end."""

    def __init__(self, patd):
        self.patd = patd
        self.racers = [Caller(patd) for _ in range(RACERS_MAX)]
        self.told = collections.Counter()  # (event, whom it is about)
        self.numbers = itertools.count()
        self.user = None
        patd.tenant(policy={"maxTokens": None, "nameMin": 1})
        patd.tenant("tight", policy={"maxTokens": 1, "nameMin": 1}, makeDefault=False)

    def close(self):
        for racer in self.racers:
            racer.socket.close()

    # --- before a race ---

    def call(self, method, **parameters):
        return self.racers[0].call(method, **parameters)

    def newcomer(self, tenant="acme"):
        name = f"user{next(self.numbers)}"
        self.call("UserCreate", user=name, tenant=tenant, grants=["mail:*"])
        return name

    def wish(self, **more):
        return {"user": self.user, "scopes": ["mail:read"], "name": f"token {next(self.numbers)}",
                **more}

    def token(self, **more):
        made = self.call("Create", **self.wish(**more))
        self.expect("token.create", made["created"]["id"])
        return made["token"], made["created"]["id"]

    def successor(self, id_, **more):
        made = self.call("Rotate", token=id_, **more)
        self.expect("token.create", made["created"]["id"])
        self.expect("token.rotate", id_)
        return made["token"], made["created"]["id"]

    def expect(self, event, subject):
        self.told[event, subject] += 1

    # --- the race ---

    def run(self, *calls):
        """Each (method, parameters) by a racer of its own; the replies, in the same order."""
        racers = chance.sample(self.racers, len(calls))
        for place in chance.sample(range(len(calls)), len(calls)):
            method, parameters = calls[place]
            racers[place].send(message(method, parameters))
        return [racer.reply() for racer in racers]

    def one_of(self, calls, reasons):
        """Runs it: the winner's place and reply; the others are refused for one of the reasons."""
        replies = self.run(*calls)
        won = [place for place, reply in enumerate(replies) if "error" not in reply]
        assert len(won) == 1, (calls, replies)
        lost = {reply["parameters"].get("id") for reply in replies if "error" in reply}
        assert lost <= set(reasons), (calls, replies)
        return won[0], replies[won[0]]["parameters"]

    def asks(self, token, **more):
        return ask(self.patd, token, login=self.user, **more)

    # --- behind all of them ---

    def check(self):
        """The log has these events and no others of these kinds, and tells what is there."""
        kinds = {event for event, _ in self.told}
        log = [entry["change"] for tenant in TENANTS
               for entry in self.patd.call("Log", more=True, tenant=tenant) if "change" in entry]
        found = collections.Counter((change["event"], change["subject"]) for change in log
                                    if change["event"] in kinds)
        assert found == self.told
        check_log(self.patd, TENANTS)
        assert not [entry for entry in self.patd.call("LogVerify", more=True) if entry.get("bad")]
        last = self.patd.call("DbCheck", more=True)[-1]
        assert last["done"] and last["trouble"] == "", last


# --- the kinds of races; each names what it expects of the log ---

def many(method, parameters):
    return [(method, parameters)] * chance.randrange(2, RACERS_MAX + 1)


def rotated(track, old, won, grace):
    """What a rotation leaves behind."""
    token, id_ = old
    track.expect("token.create", won["created"]["id"])
    track.expect("token.rotate" if grace else "token.revoke", id_)
    assert track.asks(won["token"]) == ACCEPTED
    assert track.asks(token) == (ACCEPTED if grace else "refused")


def rotations(track):
    """One successor, not two."""
    old, grace = track.token(), chance.choice((0, HOUR))
    _, won = track.one_of(many("Rotate", {"token": old[1], "grace": grace}),
                          ["rotate.twice", "token.revoked"])
    rotated(track, old, won, grace)


def rotation_and_revocation(track):
    """What is revoked gets no successor; what has one was revoked by that."""
    old = track.token()
    calls = many("Rotate", {"token": old[1], "grace": 0})
    calls += [("Revoke", {"tokens": [old[1]]})] * (RACERS_MAX - len(calls) or 1)
    calls = calls[-RACERS_MAX:]
    place, won = track.one_of(calls, ["token.revoked", "rotate.twice"])
    if calls[place][0] == "Rotate":
        rotated(track, old, won, 0)
    else:
        track.expect("token.revoke", old[1])
        assert track.asks(old[0]) == "refused"


def revocations(track):
    token, id_ = track.token()
    track.one_of(many("Revoke", {"tokens": [id_]}), ["token.revoked"])
    track.expect("token.revoke", id_)
    assert track.asks(token) == "refused"


def last_place(track):
    """As many tokens as the tenant allows, and not one more."""
    user = track.newcomer("tight")
    calls = [("Create", track.wish(user=user, tenant="tight"))
             for _ in range(chance.randrange(2, RACERS_MAX + 1))]
    _, won = track.one_of(calls, ["limit.tokens"])
    track.expect("token.create", won["created"]["id"])
    assert ask(track.patd, won["token"], login=f"{user}@tight") != "unavailable"
    assert track.call("UserShow", user=user, tenant="tight")["user"]["live"] == 1


def one_name(track):
    _, won = track.one_of(many("Create", track.wish()), ["name.in-use"])
    track.expect("token.create", won["created"]["id"])
    assert track.asks(won["token"]) == ACCEPTED


def confirmations(track):
    token, id_ = track.token(pending=True)
    track.one_of(many("Confirm", {"token": id_}), ["token.not-pending"])
    track.expect("token.confirm", id_)
    assert track.asks(token) == ACCEPTED


def confirmations_of_a_successor(track):
    """The old one ends once, with the confirmation that won."""
    old, old_id = track.token()
    new, id_ = track.successor(old_id, pending=True)
    track.one_of(many("Confirm", {"token": id_, "grace": 0}), ["token.not-pending"])
    track.expect("token.confirm", id_)
    track.expect("token.revoke", old_id)
    assert (track.asks(old), track.asks(new)) == ("refused", ACCEPTED)


def confirmation_and_revocation(track):
    """The revocation wins whenever it comes: behind it the token is dead."""
    token, id_ = track.token(pending=True)
    confirmed, revoked = track.run(("Confirm", {"token": id_}), ("Revoke", {"tokens": [id_]}))
    assert "error" not in revoked, revoked
    if "error" not in confirmed:
        track.expect("token.confirm", id_)
    track.expect("token.revoke", id_)
    assert track.asks(token) == "refused"


def ends_of_the_overlap(track):
    old, old_id = track.token()
    new, id_ = track.successor(old_id, grace=HOUR)
    calls = [("RotateFinish", {"token": chance.choice((old_id, id_))}) for _ in many("", {})]
    track.one_of(calls, ["token.revoked"])
    track.expect("token.revoke", old_id)
    assert (track.asks(old), track.asks(new)) == ("refused", ACCEPTED)


def suspensions(track):
    token, id_ = track.token()
    track.one_of(many("Suspend", {"tokens": [id_]}), ["token.not-active"])
    track.one_of(many("Resume", {"tokens": [id_]}), ["token.not-suspended"])
    track.expect("token.suspend", id_)
    track.expect("token.resume", id_)
    assert track.asks(token) == ACCEPTED


KINDS = (rotations, rotation_and_revocation, revocations, last_place, one_name, confirmations,
         confirmations_of_a_successor, confirmation_and_revocation, ends_of_the_overlap, suspensions)


@pytest.fixture
def tracks():
    """A new track, as often as it is called; all of them end with the test."""
    with contextlib.ExitStack() as stack:
        def begin():
            track = Track(stack.enter_context(Faulty()))
            stack.callback(track.close)
            return track
        yield begin


def test_exactly_one_wins(tracks):
    """Of two to four that ask at once, by connections of their own."""
    track = None
    for number in range(RACES):
        if number % LIFE == 0:
            if track is not None:
                track.check()
                track.patd.stop()
            track = tracks()
        if number % (5 * len(KINDS)) == 0:  # whoever has many is looked through at each creation
            track.user = track.newcomer()
        KINDS[number % len(KINDS)](track)
    track.check()
    figure("races", f"{RACES:,} races of {len(KINDS)} kinds, two to {RACERS_MAX} racers each: "
                      "exactly one winner each time, the change log tells what the store has")


def test_exactly_one_patctl_wins(tracks):
    """The same between processes, two of a kind: the other one is too late, and says so."""
    track = tracks()
    track.user = track.newcomer()
    for number in range(CTL_RACES):
        old = track.token()
        words = (["rotate", old[1], "--grace", "0", "--json"],
                 ["revoke", old[1], "--yes", "--json"])[number % 2]
        running = [subprocess.Popen(
            [track.patd.bin / "patctl", "--socket", track.patd.manage_socket, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
        said = [process.communicate(timeout=30) for process in running]
        status = [process.returncode for process in running]
        assert status.count(0) == 1 and max(status) in (NOT_FOUND, CONFLICT), (status, said)
        if words[0] == "rotate":  # it is confirmed when it was written
            won = json.loads(said[status.index(0)][0])
            rotated(track, old, {"token": won["token"], "created": {"id": won["id"]}}, 0)
            track.expect("token.rotate", old[1])
            track.expect("token.confirm", won["id"])
        else:
            track.expect("token.revoke", old[1])
            assert track.asks(old[0]) == "refused"
    track.check()
    figure("races, patctl", f"{CTL_RACES:,} rotations and revocations, twice each by processes of "
                             "their own: exactly one won each time")


# --- backups while a writer writes ---

class Writer(threading.Thread):
    """Makes, rotates and ends tokens of alice's without a pause, while .may_write is set.

    .events is what was acknowledged, in order: (whether it lives, id, token).
    """

    def __init__(self, patd):
        super().__init__(daemon=True)
        self.patd, self.events = patd, []
        self.may_write, self.ended, self.rests = (threading.Event() for _ in range(3))
        self.live, self.broken = {}, None

    def run(self):
        try:
            with Caller(self.patd) as caller:
                for number in itertools.count():
                    if not self.may_write.is_set():
                        self.rests.set()
                        self.may_write.wait()
                    if self.ended.is_set():
                        return
                    self.change(caller, number)
        except Exception as error:  # told by whoever waits for it
            self.broken = error
        finally:
            self.rests.set()

    def change(self, caller, number):
        ids = sorted(self.live)
        if len(ids) < 12 or number % 3 == 0:
            self.made(caller.call("Create", user="alice", scopes=["mail:read"],
                                  name=f"written {number}"))
        elif number % 3 == 1:
            id_ = ids[number % len(ids)]
            made = caller.call("Rotate", token=id_, grace=0)
            self.died(id_)
            self.made(made)
        else:
            id_ = ids[number % len(ids)]
            caller.call("Revoke", tokens=[id_])
            self.died(id_)

    def made(self, reply):
        id_ = reply["created"]["id"]
        self.live[id_] = reply["token"]
        self.events.append((True, id_, reply["token"]))

    def died(self, id_):
        self.events.append((False, id_, self.live.pop(id_)))

    def go_on(self):
        self.rests.clear()
        self.may_write.set()

    def rest(self):
        """Nothing is under way when it returns."""
        self.may_write.clear()
        assert self.rests.wait(30) and self.broken is None, self.broken

    def end(self):
        self.ended.set()
        self.may_write.set()
        self.join(30)


def fates(events):
    """What lives and what is dead behind these events."""
    live, dead = {}, {}
    for lives, id_, token in events:
        (live if lives else dead)[id_] = token
        if not lives:
            del live[id_]
    return live, dead


def make_backup(patd, by_patctl):
    if by_patctl:
        made = json.loads(patd.ctl("db", "backup", "--json", check=0).stdout)
    else:
        made = patd.call("DbBackup", more=True)[-1]
    return patd.state / "backup" / os.path.basename(made["path"])


def put_back(patd, other, path):
    """The backup, with the keys and the anchor of now, as a patd of its own."""
    other.stop()
    shutil.rmtree(other.state, ignore_errors=True)
    shutil.rmtree(other.keys, ignore_errors=True)
    shutil.copytree(patd.keys, other.keys)
    other.state.mkdir(mode=0o700)
    other.keys.chmod(0o700)
    for place in (other.state, other.keys, *other.keys.iterdir()):
        os.chown(place, other.uid, other.uid)
    subprocess.run(other.as_uid(other.uid, [other.bin / "patctl", "--config", other.config, "--yes",
                                            "db", "restore", path]),
                   stdin=subprocess.DEVNULL, capture_output=True, check=True)
    other.start()


def look_into(path):
    """As any program would that reads databases."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def check_backup(patd, other, stock, writer, path, begun):
    """begun: how many changes had been acknowledged when the backup began."""
    before_live, before_dead = fates(writer.events[:begun])
    look_into(path)
    put_back(patd, other, path)
    if other.health() != ACCEPTED:  # changes came behind it
        for token in [*before_live.values()][:2]:
            assert ask(other, token) == "unavailable"
        other.call("DbRestoreAccept")
    _, dead = fates(writer.events)
    restored = Stock(other, chance)
    restored.bob = stock.bob
    restored.live = {id_: token for id_, token in before_live.items() if id_ not in dead}
    restored.dead = dict(chance.sample(sorted(dead.items()), min(len(dead), 24)))
    listed = {entry["token"]["id"] for entry in call(
        other, "List", more=True, filter={"user": "alice", "tenant": "acme", "withRevoked": True})
        if "token" in entry}
    missing = (before_live.keys() | before_dead.keys()) - listed
    assert missing == set()
    restored.check()
    return len(before_live) + len(before_dead)


def test_backups_while_a_writer_writes():
    """Whole, with all that was acknowledged before it began, and nothing revived."""
    looked_for, meanwhile = 0, 0
    with Faulty() as patd, Faulty() as other:
        stock = Stock(patd, chance).begin(live=2, dead=2)
        fill(patd, FILLER)
        writer = Writer(patd)
        writer.start()
        try:
            for number in range(BACKUPS):
                begun = len(writer.events)
                writer.go_on()
                path = make_backup(patd, number % 3 == 2)
                meanwhile += len(writer.events) - begun
                writer.rest()
                looked_for += check_backup(patd, other, stock, writer, path, begun)
                path.unlink()
        finally:
            writer.end()
        stock.check()
    assert meanwhile >= BACKUPS  # it bites: they were made while changes came
    figure("backups", f"{BACKUPS:,} backups, {meanwhile:,} changes acknowledged while they were "
                       f"made, each put back and accepted: malformed 0, missing 0 of {looked_for:,}, "
                       "revived 0")


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
