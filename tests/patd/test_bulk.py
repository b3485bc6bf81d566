# SPDX-License-Identifier: BSD-2-Clause
"""RevokeAll and Purge: many tokens in several commits, beside everybody else's work."""
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading

import pytest

from pat import FAKETIME, IS_ROOT, Refused
from patdkit import Caller, Daemon, fill, wait_until

TOKENS = 12_000  # two commits and a part
COMMIT = 5000
AUDITOR, ADMIN, OWNER = 60001, 60002, 60003
DAY = 86_400_000_000


class Later(Daemon):
    """A patd some days in the future, once it is told so."""

    days = 0

    def command(self, *arguments):
        words = super().command(*arguments)
        if self.days:
            at = words.index(str(self.bin / "patd"))
            words[at:at] = ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME=+{self.days}d",
                            "DONT_FAKE_MONOTONIC=1"]
        return words


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """State and keys of a host with 12,000 tokens, to be copied; and what is in it."""
    place = tmp_path_factory.mktemp("many")
    daemon = Daemon()
    try:
        daemon.start()
        daemon.tenant(policy={"maxTokens": None})
        fill(daemon, TOKENS)
        daemon.user("stays", grants=["mail:read"])
        known = {"stays": daemon.token("stays", scopes=["mail:read"])[0],
                 "goes": daemon.token("filler7", scopes=["mail:read"])[0]}
        daemon.stop()
        for directory in (daemon.state, daemon.keys):
            subprocess.run(["cp", "-a", directory, place / directory.name], check=True)
    finally:
        daemon.close()
    return place, known


@pytest.fixture
def many(template):
    place, known = template
    daemon = Later()
    try:
        for directory in (daemon.state, daemon.keys):
            subprocess.run(["cp", "-a", place / directory.name, directory], check=True)
        daemon.known = known
        yield daemon.start()
    finally:
        daemon.close()


def states(daemon):
    """state -> count, of all tokens of filler users."""
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        counts = dict(db.execute("SELECT state, count(*) FROM tokens WHERE user LIKE 'filler%' "
                                 "GROUP BY state"))
        rows = db.execute("SELECT batch, reason, count(DISTINCT subject) FROM changes WHERE event "
                          "= 'token.revoke' GROUP BY batch, reason").fetchall()
    daemon.start()
    return counts, rows


def whole(daemon):
    """The log verifies, and patd trusts its store."""
    verdicts = daemon.call("LogVerify", more=True)
    return daemon.health() == "accepted" and all(entry.get("bad") is None for entry in verdicts)


FILLERS = {"name": "filler"}


# --- RevokeAll ---

def test_many_go_by_commits_under_one_batch(many):
    """B13: each is revoked, with a change that has reason and batch, by 5,000 to a commit."""
    with Caller(many) as caller:
        replies = caller.call("RevokeAll", more=True, filter=FILLERS, expected=TOKENS,
                              reason="autumn")
    batch = replies[-1]["batch"]
    assert re.fullmatch(r"b_[0-9a-f]{12}", batch)
    assert {reply["batch"] for reply in replies} == {batch}
    done = [reply["done"] for reply in replies]
    assert done == sorted(done)
    assert [each for each in done if each > 0] == [COMMIT, 2 * COMMIT, TOKENS]
    assert replies[-1]["of"] == TOKENS
    assert [line["count"] for line in many.events("bulk", batch=batch)] == \
        [str(COMMIT), str(2 * COMMIT), str(TOKENS)]
    counts, rows = states(many)
    assert counts == {4: TOKENS, 1: 1} and rows == [(batch, "autumn", TOKENS)]
    assert whole(many)


def test_the_journal_has_every_one_in_little_room(many):
    """DESIGN 5: what narrows is in the anchor; 400 ids to a line, so that older history stays."""
    many.call("RevokeAll", filter=FILLERS)
    listed = many.call("List", more=True, filter={**FILLERS, "withRevoked": True})
    many.stop()
    journal = (many.keys / "anchor").read_bytes()
    lines = re.findall(rb"event=token\.revoke tenant=acme subject=([0-9a-z,]+)\n", journal)
    assert len(lines) < TOKENS / 400 + 5 and max(len(line) for line in lines) < 4000
    ids = b",".join(lines).decode().split(",")
    assert sorted(ids) == sorted(entry["token"]["id"] for entry in listed[:-1]
                                 if entry["token"]["state"] == "revoked")
    assert len(ids) == TOKENS


def test_a_count_and_another_number_change_nothing(many):
    heads = many.heads()
    with Caller(many) as caller:
        assert caller.call("RevokeAll", filter=FILLERS, dryRun=True)["of"] == TOKENS
        assert caller.call("RevokeAll", filter={"user": "nobody"})["of"] == 0
        with pytest.raises(Refused) as refused:
            caller.call("RevokeAll", more=True, filter=FILLERS, expected=TOKENS - 1)
        assert (refused.value.error, refused.value.id) == ("Conflict", "bulk.expected")
        for parameters, wrong in (({}, "filter"), ({"filter": None}, "filter"),
                                  ({"filter": {"usr": "x"}}, "filter"),
                                  ({"filter": {}, "expected": "2"}, "expected")):
            with pytest.raises(Refused) as refused:
                caller.call("RevokeAll", **parameters)
            assert refused.value.parameters == {"parameter": wrong}
    assert many.heads() == heads


def test_only_what_lives_is_ended(many):
    """Suspended and pending ones go too; revoked and expired ones are no longer anybody's."""
    made = {name: many.token("stays", scopes=["mail:read"], **more)[1]["id"] for name, more in
            {"plain": {}, "suspended": {}, "revoked": {}, "pending": {"pending": True}}.items()}
    many.call("Suspend", tokens=[made["suspended"]])
    many.call("Revoke", tokens=[made["revoked"]], reason="before")
    assert many.call("RevokeAll", filter={"user": "stays"}, reason="all")["done"] == 4
    for name, id_ in made.items():
        assert many.call("Show", token=id_)["token"]["state"] == "revoked"
        last = many.call("Log", more=True, token=id_)[-2]["change"]
        assert last["reason"] == ("before" if name == "revoked" else "all")
    assert many.call("RevokeAll", filter={"user": "stays"})["of"] == 0


def test_verification_answers_are_right_meanwhile(many):
    """One that stays is accepted all the time; one that goes is refused from some moment on."""
    wrong, seen, over = [], [], threading.Event()

    def ask():
        while not over.is_set():
            if many.asks(many.known["stays"], service="imap", login="stays") != "accepted":
                wrong.append("stays")
            seen.append(many.asks(many.known["goes"], service="imap", login="filler7",
                                  address=f"192.0.2.{len(seen) % 250}"))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        many.call("RevokeAll", filter={"scope": "mail:read", "glob": "*"}, dryRun=True)
        for number in range(50):
            assert many.call("RevokeAll", filter={"user": f"filler{number}"})["done"] >= 240
        wait_until(lambda: seen[-1] == "refused")
    finally:
        over.set()
        asking.join(30)
    assert wrong == []
    assert seen[0] == "accepted" and seen[-1] == "refused"
    assert seen == sorted(seen)  # never accepted again


def test_others_have_their_turn_meanwhile(many):
    with Caller(many) as caller, Caller(many) as other:
        caller.post("RevokeAll", more=True, filter=FILLERS)
        turns = 0
        while (reply := caller.reply()).get("continues"):
            if 0 < reply["parameters"]["done"] < TOKENS:
                # Made meanwhile: it is none of those that were counted.
                turns += 1
                other.call("Create", user="filler3", name=f"filler made later {turns}",
                           scopes=["mail:read"])
    assert turns == 2 and reply["parameters"]["done"] == TOKENS
    assert len(many.call("List", more=True, filter={"name": "made later"})) == turns + 1


def test_whoever_shuts_down_is_told_how_many_it_were(many):
    with Caller(many) as caller:
        caller.post("RevokeAll", more=True, filter=FILLERS)
        while caller.reply()["parameters"]["done"] == 0:
            pass
        caller.socket.shutdown(socket.SHUT_WR)
        while (reply := caller.reply()).get("continues"):
            pass
        assert caller.reply() is None
    done = reply["parameters"]["done"]
    assert done in (COMMIT, 2 * COMMIT, TOKENS) and reply["parameters"]["of"] == TOKENS
    assert states(many)[0].get(4, 0) == done


def test_it_stops_when_the_connection_is_closed(many):
    with Caller(many) as caller:
        caller.post("RevokeAll", more=True, filter=FILLERS)
        caller.reply()
    wait_until(lambda: many.health() == "accepted")
    counts, _ = states(many)
    assert counts.get(4, 0) in (0, COMMIT)
    assert whole(many)


def test_what_was_committed_survives_a_kill(many):
    """kill -9 between two commits: what was told stays revoked, the rest goes the next time."""
    with Caller(many) as caller:
        caller.post("RevokeAll", more=True, filter=FILLERS, reason="first")
        while (told := caller.reply()["parameters"]["done"]) == 0:
            pass
        many.process.send_signal(signal.SIGKILL)
        many.process.wait()
        many.process = None
    many.start()
    assert whole(many)
    counts, rows = states(many)
    assert counts[4] >= told and counts[4] % COMMIT in (0, TOKENS % COMMIT)
    assert sum(count for _, _, count in rows) == counts[4]
    left = many.call("RevokeAll", filter=FILLERS, reason="second")
    assert left["done"] == left["of"] == TOKENS - counts[4]
    assert whole(many)


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_who_may" in globals()


if IS_ROOT:  # other uids connect only then
    def test_who_may(many):
        """Users end their own, administrators those of their tenant, auditors none."""
        for name, uid, role in (("looks", AUDITOR, "auditor"), ("rules", ADMIN, "admin"),
                                ("owner", OWNER, "user")):
            many.user(name, grants=["mail:read"], account=f"u{uid}", uid=uid, role=role)
            many.token(name, scopes=["mail:read"])
        many.tenant("other", makeDefault=False)
        many.user("foreign", tenant="other", grants=["mail:read"])
        many.token("foreign", tenant="other", scopes=["mail:read"])
        heads = many.heads()
        with Caller(many, AUDITOR) as caller:
            with pytest.raises(Refused) as refused:
                caller.call("RevokeAll", filter={"user": "filler1"})
            assert refused.value.error == "NotPermitted"
            with pytest.raises(Refused):
                caller.call("Purge", olderThan=1)
        assert many.heads() == heads
        with Caller(many, OWNER) as caller:
            assert caller.call("RevokeAll", filter={"user": "filler1"})["of"] == 0
            assert caller.call("RevokeAll", filter={})["done"] == 1
            with pytest.raises(Refused) as refused:
                caller.call("Purge", olderThan=1)
            assert refused.value.error == "NotPermitted"
        with Caller(many, ADMIN) as caller:
            assert caller.call("RevokeAll", filter={"user": "filler1"})["done"] == TOKENS / 50
            assert caller.call("RevokeAll", filter={"tenant": "acme", "user": "looks"})["done"] == 1
            assert caller.call("RevokeAll", filter={"user": "foreign"})["of"] == 0
            assert caller.call("Purge", olderThan=1) == {"done": 0, "of": 0}
            with pytest.raises(Refused):
                caller.call("Purge", tenant="other", olderThan=1)
        assert many.call("RevokeAll", filter={"tenant": "other"})["done"] == 1


# --- batches ---

def test_a_batch_is_a_filter(many):
    ids = [many.token("stays", scopes=["mail:read"], batch="b_mine")[1]["id"] for _ in range(3)]
    found = many.call("List", more=True, filter={"batch": "b_mine"})[:-1]
    assert [entry["token"]["id"] for entry in found] == ids[::-1]
    assert many.call("List", more=True, filter={"batch": "b_min"})[:-1] == []
    done = many.call("RevokeAll", filter={"batch": "b_mine"})
    assert done["done"] == 3 and done["batch"] != "b_mine"
    # The batch that it was made under; the other one is the log's.
    assert many.call("Show", token=ids[0])["token"]["batch"] == "b_mine"
    for wrong in ("", "x" * 32, "a\nb"):
        with pytest.raises(Refused) as refused:
            many.call("List", filter={"batch": wrong})
        assert refused.value.error == "Invalid"


def test_ids_may_be_dead_or_unknown(many):
    ids = [many.token("stays", scopes=["mail:read"])[1]["id"] for _ in range(3)]
    many.call("Revoke", tokens=ids[:1])
    heads = many.heads()
    asked = [*ids, "zzzzzzzz", ids[1][:7], "filler token 1"]
    skipped = [{"token": ids[0], "problem": "token.revoked"},
               *({"token": each, "problem": "token.unknown"} for each in asked[3:])]
    tried = many.call("Revoke", tokens=asked, skipDead=True, dryRun=True)
    assert tried["skipped"] == skipped and many.heads() == heads
    done = many.call("Revoke", tokens=asked, skipDead=True, batch="b_file", reason="leaked")
    assert [token["id"] for token in done["revoked"]] == ids[1:] and done["skipped"] == skipped
    change = many.call("Log", more=True, token=ids[2])[-2]["change"]
    assert (change["batch"], change["reason"]) == ("b_file", "leaked")
    with pytest.raises(Refused):
        many.call("Revoke", tokens=asked)
    assert "skipped" not in many.call("Revoke", tokens=["filler token 1"])


# --- Purge ---

def test_a_purge_deletes_what_is_long_dead(many):
    """A48, C18: revoked and expired ones; the log tells how many, the seals and sums hold without them."""
    many.call("RevokeAll", filter=FILLERS)
    now = many.call("Status")["now"]
    for wrong in (now, now - DAY + 60_000_000):
        with pytest.raises(Refused) as refused:
            many.call("Purge", olderThan=wrong)
        assert (refused.value.error, refused.value.id) == ("Invalid", "purge.recent")
    assert many.call("Purge", olderThan=now - DAY)["of"] == 0
    many.stop()
    many.days = 3
    later = many.start()
    now = later.call("Status")["now"]
    heads = later.heads()
    assert later.call("Purge", olderThan=now - DAY, dryRun=True) == {"done": 0, "of": TOKENS}
    assert later.heads() == heads
    with Caller(later) as caller:
        replies = caller.call("Purge", more=True, olderThan=now - DAY)
    assert [each["done"] for each in replies if each["done"]] == [COMMIT, 2 * COMMIT, TOKENS]
    assert later.asks(later.known["stays"], service="imap", login="stays") == "accepted"
    purged = [entry["change"] for entry in later.call("Log", more=True, event="token.purge")[:-1]]
    assert [int(change["after"]["count"]) for change in purged] == [COMMIT, COMMIT, 2000]
    assert len({change["batch"] for change in purged}) == 1
    assert whole(later)
    checked = len(later.events("checked"))
    later.stop()
    with contextlib.closing(sqlite3.connect(later.state / "pat.db")) as db:
        assert db.execute("SELECT count(*) FROM tokens").fetchone() == (2,)
    later.start()
    assert wait_until(lambda: len(later.events("checked")) > checked)
    assert later.health() == "accepted"
