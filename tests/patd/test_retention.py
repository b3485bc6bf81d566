# SPDX-License-Identifier: BSD-2-Clause
"""What may leave the change log (A8, M14): its oldest rows, behind a checkpoint, and people's texts."""
import contextlib
import hashlib
import sqlite3

import pytest

from pat import FAKETIME, IS_ROOT
from patdkit import Caller, Daemon, refusal, wait_until

DAY = 86400 * 10**6
PIECE = 5000  # rows of one commit


class Aged(Daemon):
    """A patd whose clock may stand in the past."""

    days_ago = 0

    def command(self, *arguments):
        """The library goes to patd alone: what changes its uid must not have it."""
        words = super().command(*arguments)
        at = words.index(str(self.bin / "patd"))
        if self.days_ago:
            words[at:at] = ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME=-{self.days_ago}d",
                            "DONT_FAKE_MONOTONIC=1"]
        return words

    def start(self, days_ago=0, **named):
        self.days_ago = days_ago
        return super().start(**named)

    def changes(self, **parameters):
        return [entry["change"] for entry in self.call("Log", more=True, **parameters)
                if "change" in entry]

    def verdicts(self, **parameters):
        return {entry["tenant"]: entry for entry in self.call("LogVerify", more=True, **parameters)
                if "tenant" in entry}

    def is_whole(self):
        return all(entry["bad"] is None for entry in self.verdicts().values())

    def cut(self, days, tenant="acme", **parameters):
        before = self.call("Status")["now"] - days * DAY
        return self.call("LogCut", more=not parameters.get("dryRun"), before=before,
                         **({"tenant": tenant} if tenant else {}), **parameters)


@pytest.fixture
def aged():
    """Two logs whose first six rows are 60 days old, and whose others are of today."""
    daemon = Aged()
    try:
        daemon.start(days_ago=60)
        for tenant in ("acme", "lab"):
            daemon.tenant(tenant, makeDefault=tenant == "acme")
            daemon.user("alice", grants=["mail:*"], tenant=tenant)
            daemon.user("bob", grants=["mail:*"], tenant=tenant)
            for user in ("alice", "bob", "alice"):
                daemon.token(user, scopes=["mail:read"], tenant=tenant, name=f"{user} old name",
                             description=f"a text about {user}") if user != "alice" else \
                    daemon.token(user, scopes=["mail:read"], tenant=tenant)
        daemon.stop()
        daemon.start()
        daemon.secret, daemon.record = daemon.token(scopes=["mail:read"], name="of today")
        yield daemon
    finally:
        daemon.close()


# --- cutting ---

def test_the_oldest_changes_go_behind_a_checkpoint(aged):
    before = aged.changes(tenant="acme")
    known = [{"tenant": line["tenant"], "seq": int(line["seq"]), "link": line["link"]}
             for line in aged.events("head", tenant="acme")]
    assert [entry["seq"] for entry in before] == list(range(1, 8))
    assert aged.cut(31, dryRun=True) == {"done": 0, "of": 6}
    assert aged.changes(tenant="acme") == before
    assert aged.cut(31, reason="a year is enough")[-1] == {"done": 6, "of": 6}
    after = aged.changes(tenant="acme")
    assert after[0] == before[6] and len(after) == 2
    cut = after[1]
    assert (cut["event"], cut["seq"], cut["subject"], cut["reason"]) == \
        ("log.cut", 8, "6", "a year is enough")
    assert cut["after"] == {"count": "6", "seq": "6", "link": before[5]["link"]}
    verdict = aged.verdicts()["acme"]
    assert (verdict["cut"], verdict["checked"], verdict["head"], verdict["bad"]) == (6, 8, 8, None)
    assert aged.verdicts()["lab"]["cut"] == 0
    # Heads that were logged: of the checkpoint, after it, and before it.
    entry, = (entry for entry in aged.call("LogVerify", more=True, heads=known)
              if "tenant" in entry)
    assert (entry["before"], entry["checked"], entry["bad"], entry["cut"]) == (5, 2, None, 6)
    forged = [dict(known[5], link="0" * 64)]
    assert aged.call("LogVerify", more=True, heads=forged)[0]["bad"] == 6
    assert aged.cut(31) == [{"done": 0, "of": 0}]  # again: nothing is left


def test_what_was_cut_away_is_gone_for_good(aged):
    """Not only from what is shown; what is left is as it was after a new start."""
    aged.cut(31)
    log = aged.changes()
    aged.stop()
    assert b"bob old name" in (aged.state / "pat.db").read_bytes()  # of the other tenant, the tokens
    with contextlib.closing(sqlite3.connect(aged.state / "pat.db")) as db:
        assert db.execute("SELECT min(seq), count(*) FROM changes WHERE tenant = 'acme'"
                          ).fetchone() == (7, 2)
        assert db.execute("SELECT cut_seq FROM heads ORDER BY tenant").fetchall() == [(0,), (6,), (0,)]
    aged.start()
    assert aged.changes() == log and aged.is_whole()
    assert aged.asks(aged.secret, service="imap", login="alice") == "accepted"
    assert wait_until(lambda: aged.events("checked"))
    aged.token(scopes=["mail:read"])
    assert aged.is_whole() and aged.health() == "accepted"


def test_the_log_of_the_host_is_cut_without_a_tenant(aged):
    assert [change["seq"] for change in aged.changes(host=True)] == [1]
    assert aged.cut(31, tenant=None)[-1] == {"done": 0, "of": 0}  # the newest stays
    aged.call("TenantSetDefault", tenant="lab")
    assert aged.cut(31, tenant=None)[-1] == {"done": 1, "of": 1}
    assert [change["event"] for change in aged.changes(host=True)] == \
        ["host.default-tenant", "log.cut"]
    assert aged.is_whole()


def test_changes_of_a_month_stay(aged):
    heads = aged.heads()
    for days in (29, 0, -5):
        error = refusal(aged.cut, days)
        assert (error.error, error.id) == ("Invalid", "log.recent"), days
    assert refusal(aged.cut, 40, tenant="nowhere").id == "tenant.unknown"
    assert refusal(aged.call, "LogCut", tenant="acme", before=1).error == "ExpectedMore"
    for wrong in ({}, {"before": "x"}, {"before": None}):
        error = refusal(aged.call, "LogCut", more=True, tenant="acme", **wrong)
        assert error.parameters == {"parameter": "before"}
    assert refusal(aged.cut, 31, reason="x" * 513).id == "text.long"
    assert aged.heads() == heads and aged.cut(61)[-1] == {"done": 0, "of": 0}


def test_an_edit_is_not_cut_away(aged):
    """M14: what does not hold stays until somebody has looked at it."""
    aged.stop()
    aged.edit("UPDATE changes SET actor = 'mallory' WHERE tenant = 'acme' AND seq = 3")
    aged.start()
    error = refusal(aged.cut, 31)
    assert (error.error, error.id) == ("Conflict", "log.broken") and "change 3" in error.message
    assert len(aged.changes(tenant="acme")) == 7 and aged.verdicts()["acme"]["bad"] == 3
    assert aged.cut(31, tenant="lab")[-1]["done"] == 5  # the newest of lab stays


EDITS = [
    ("DELETE FROM changes WHERE tenant = 'acme' AND seq = 7", 7, "it is missing"),
    ("DELETE FROM changes WHERE tenant = 'acme' AND seq = 8", 8, "it and what followed were cut off"),
    ("UPDATE changes SET \"after\" = 'count=1' WHERE event = 'log.cut'", 8, "its text was edited"),
    ("UPDATE changes SET event = 'log.erase' WHERE event = 'log.cut'", 8,
     "it was edited, moved or put in"),
]


@pytest.mark.parametrize("statement, bad, what", EDITS, ids=range(len(EDITS)))
def test_behind_the_checkpoint_every_edit_is_found(aged, statement, bad, what):
    aged.cut(31)
    aged.stop()
    aged.edit(statement)
    aged.start()
    verdict = aged.verdicts()["acme"]
    assert (verdict["bad"], verdict["what"]) == (bad, what)


def test_the_checkpoint_is_sealed(aged):
    """Nobody cuts a log by writing the database."""
    aged.stop()
    aged.edit("UPDATE heads SET cut_seq = 3, cut_chain = (SELECT link FROM changes"
              " WHERE tenant = 'acme' AND seq = 3) WHERE tenant = 'acme'",
              "DELETE FROM changes WHERE tenant = 'acme' AND seq <= 3")
    aged.start()
    assert refusal(aged.verdicts).error == "Unavailable"


def test_triggers_keep_rows_that_no_head_lets_go(aged):
    aged.cut(31)
    aged.stop()
    with contextlib.closing(sqlite3.connect(aged.state / "pat.db")) as db:
        for statement in ("DELETE FROM changes WHERE tenant = 'acme' AND seq = 7",
                          "DELETE FROM changes WHERE tenant = 'lab'",
                          "UPDATE changes SET reason = 'x' WHERE tenant = 'lab'"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)


def test_many_go_piece_by_piece():
    """5,000 rows a commit, each with a checkpoint of its own; others have their turn in between."""
    daemon = Aged()
    rows = 2 * PIECE + 100
    try:
        daemon.start(days_ago=90)
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        with Caller(daemon) as caller:
            for begin in range(0, rows, 100):
                for number in range(begin, begin + 100):
                    caller.post("GrantRemove" if number % 2 else "GrantAdd", holder="alice",
                                scopes=["http:access"])
                for _ in range(100):
                    caller.result()
        daemon.stop()
        daemon.start()
        with Caller(daemon) as caller, Caller(daemon) as other:
            caller.post("LogCut", more=True, tenant="acme",
                        before=daemon.call("Status")["now"] - 31 * DAY)
            seen = []
            while not seen or seen[-1].get("continues"):
                seen.append(caller.reply())
                assert other.call("WhoAmI")
        steps = [reply["parameters"] for reply in seen]
        assert [step["done"] for step in steps] == [PIECE, 2 * PIECE, rows + 1]
        assert all(step["of"] == rows + 1 for step in steps)
        cuts = daemon.changes(event="log.cut")
        assert [change["subject"] for change in cuts] == [str(PIECE), str(2 * PIECE), str(rows + 1)]
        assert daemon.is_whole() and len(daemon.changes(tenant="acme")) == 4
        links = {line["seq"]: line["link"] for line in daemon.events("head", tenant="acme")}
        assert all(links[change["subject"]] == change["after"]["link"] for change in cuts)
    finally:
        daemon.close()


def test_a_pause_whose_change_was_cut_away_is_an_operators_to_end():
    """What cannot be looked up any more is judged as if somebody above had done it."""
    daemon = Aged()
    try:
        daemon.start(days_ago=60)
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"], account="alice", uid=60012)
        _, record = daemon.token(scopes=["mail:read"])
        with Caller(daemon, 60012 if IS_ROOT else None) as caller:
            caller.call("Suspend", tokens=[record["id"]])
        daemon.stop()
        daemon.start()
        daemon.token(scopes=["mail:read"])
        assert daemon.cut(31)[-1]["done"] > 0 and daemon.changes(event="token.suspend") == []
        if IS_ROOT:
            with Caller(daemon, 60012) as caller:
                assert refusal(caller.call, "Resume", tokens=[record["id"]]).id == "resume.foreign"
        assert daemon.call("Resume", tokens=[record["id"]])["resumed"]
    finally:
        daemon.close()


# --- erasing ---

TEXTS = ("before", "after", "claimed")


def test_texts_of_a_user_are_erased_and_the_chain_holds(aged):
    """Who did what, and when, stays; what people wrote goes."""
    aged.call("Revoke", tokens=[aged.record["id"]], reason="alice lost her laptop")
    before = aged.changes(tenant="acme")
    concerned = [change["seq"] for change in before if change["user"] == "alice"]
    assert aged.call("LogErase", tenant="acme", user="alice", dryRun=True) == \
        {"erased": len(concerned)}
    assert aged.changes(tenant="acme") == before
    assert aged.call("LogErase", tenant="acme", user="alice", reason="asked for") == \
        {"erased": len(concerned)}
    after = aged.changes(tenant="acme")
    assert len(after) == len(before) + 1 and aged.is_whole()
    for old, new in zip(before, after):
        if old["user"] != "alice":
            assert new == old
            continue
        assert new["erased"] and new["reason"] == "" and new["salt"] == "0" * 32
        assert all(new[name] == {} for name in TEXTS)
        gone = {"erased", "reason", "salt", *TEXTS}
        assert {name: value for name, value in new.items() if name not in gone} == \
            {name: value for name, value in old.items() if name not in gone}
    told = after[-1]
    assert (told["event"], told["user"], told["reason"]) == ("log.erase", "alice", "asked for")
    assert told["after"] == {"count": str(len(concerned)), "seq": str(len(before))}
    # Of another tenant's alice nothing is gone; a second time only the change that told of it.
    assert not any(change["erased"] for change in aged.changes(tenant="lab"))
    assert aged.call("LogErase", tenant="acme", user="alice") == {"erased": 1}
    assert aged.call("LogErase", tenant="acme", user="nobody") == {"erased": 0}
    assert aged.is_whole() and len(aged.changes(tenant="acme")) == len(after) + 1


def test_erased_text_is_in_no_file_of_the_store(aged):
    aged.call("Revoke", tokens=[aged.record["id"]], reason="a very private reason")
    aged.stop()
    assert b"a very private reason" in (aged.state / "pat.db").read_bytes()
    aged.start()
    aged.call("LogErase", tenant="acme", user="alice")
    aged.stop()
    for path in aged.state.iterdir():
        assert b"a very private reason" not in path.read_bytes(), path


BLANK = "UPDATE changes SET erased = 1, \"before\" = '', after = '', reason = '', claimed = ''"
UNTOLD = "its text was erased, and no change says so"
SPOILED = [
    (f"{BLANK} WHERE tenant = 'acme' AND seq = 4", 4, UNTOLD),
    (f"{BLANK}, salt = zeroblob(16) WHERE tenant = 'acme' AND seq IN (3, 6)", 3, UNTOLD),
    (f"{BLANK} WHERE tenant = 'acme' AND seq = 1", 1, UNTOLD),  # concerns no user at all
    (f"{BLANK} WHERE tenant = 'acme' AND seq = 7", 7, UNTOLD),
    (f"{BLANK}, reason = 'forged' WHERE tenant = 'acme' AND seq = 4", 4, "its text was edited"),
]


@pytest.mark.parametrize("statement, bad, what", SPOILED, ids=range(len(SPOILED)))
def test_a_text_that_was_erased_behind_patd_is_found(aged, statement, bad, what):
    """R32: the flag alone proves nothing; another user's erasure covers nobody else's text."""
    aged.call("LogErase", tenant="lab", user="bob")
    aged.stop()
    aged.edit(statement)
    aged.start()
    found = aged.verdicts()
    assert (found["acme"]["bad"], found["acme"]["what"]) == (bad, what)
    assert found["lab"]["bad"] is None


def test_an_erasure_covers_its_user_and_what_lies_before_it(aged):
    aged.call("LogErase", tenant="acme", user="bob")
    aged.token("bob", scopes=["mail:read"])  # change 9: after it
    aged.stop()
    whole = (aged.state / "pat.db").read_bytes()
    for seq, user in ((9, "bob"), (4, "alice"), (8, "bob")):
        (aged.state / "pat.db").write_bytes(whole)
        aged.edit(f"{BLANK} WHERE tenant = 'acme' AND user = '{user}' AND seq = {seq}")
        aged.start()
        verdict = aged.verdicts()["acme"]
        assert (verdict["bad"], verdict["what"]) == (seq, UNTOLD), verdict
        aged.stop()


def test_the_flag_put_back_is_found(aged):
    aged.call("LogErase", tenant="acme", user="bob")
    aged.stop()
    aged.edit("UPDATE changes SET erased = 0 WHERE tenant = 'acme' AND user = 'bob' AND erased")
    aged.start()
    assert aged.verdicts()["acme"]["what"] == "its text was edited"


def test_cut_and_erased_together(aged):
    aged.call("LogErase", tenant="acme", user="alice")
    assert aged.cut(31)[-1]["done"] == 6
    assert aged.is_whole()
    aged.call("LogErase", tenant="acme", user="bob")
    assert aged.is_whole()


@pytest.mark.parametrize("changes", [
    [lambda aged: aged.cut(31)],
    [lambda aged: aged.call("LogErase", tenant="acme", user="bob")],
    [lambda aged: aged.cut(31), lambda aged: aged.call("LogErase", tenant="acme", user="bob")],
], ids=["cut", "erase", "both"])
def test_a_crash_between_the_commit_and_the_anchor(aged, changes):
    """The anchor of before beside logs that lost rows and texts: brought forward, and whole."""
    aged.stop()
    anchor = (aged.keys / "anchor").read_bytes()
    aged.start()
    aged.call("Revoke", tokens=[aged.record["id"]])
    for change in changes:
        change(aged)
    log = aged.changes()
    aged.stop()
    (aged.keys / "anchor").write_bytes(anchor)
    aged.start()
    assert aged.health() == "accepted" and aged.events("recovered")
    assert aged.changes() == log and aged.is_whole()
    assert aged.asks(aged.secret, service="imap", login="alice") == "refused"
    assert aged.record["id"].encode() in (aged.keys / "anchor").read_bytes()


def test_only_operators_cut_and_erase(aged):
    if not IS_ROOT:
        return
    aged.user("boss", account="boss", uid=60021, role="admin", grants=[])
    with Caller(aged, 60021) as boss:
        for method, parameters in (("LogCut", {"before": 1}), ("LogErase", {"user": "bob"})):
            error = refusal(boss.call, method, more=True, tenant="acme", **parameters)
            assert error.error == "NotPermitted"
    assert len(aged.changes(tenant="acme")) == 8


# --- what others can compute ---

def field(text):
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def fields(pairs):
    """Escaped fields, as patd writes them."""
    def value(text):
        bare = text and all(c.isascii() and (c.isalnum() or c in "-_./:@,+*%") for c in text)
        return text if bare else '"' + "".join(
            c if " " <= c <= "~" and c not in '"\\' else
            "".join(f"\\x{byte:02x}" for byte in c.encode()) for c in text) + '"'
    return " ".join(f"{key}={value(text)}" for key, text in pairs.items())


def test_who_has_the_key_can_compute_the_chain(aged):
    """Every link again, in another language, from what Log tells."""
    aged.call("LogErase", tenant="lab", user="bob")
    aged.call("GrantAdd", tenant="lab", holder="@staff", scopes=["mail:read"], reason='a "reason" é',
              claim={"tty": "/dev/pts/1", "remote": "192.0.2.1 22"})
    log = aged.changes(tenant="lab")
    aged.stop()
    master = bytes.fromhex((aged.keys / "seal.1").read_text().strip())
    salt = (5).to_bytes(8, "little") + bytes(8)  # crypto_kdf(3) of libsodium; 5 is the chain
    key = hashlib.blake2b(b"", digest_size=32, key=master, salt=salt,
                          person=b"pat-seal" + bytes(8)).digest()

    def digest(data):
        return hashlib.blake2b(data, digest_size=32, key=key).digest()
    link = bytes(32)
    for change in log:
        if not change["erased"]:
            text = b"linux-pat text 1\0" + bytes.fromhex(change["salt"]) + field(
                fields(change["before"])) + field(fields(change["after"])) + field(
                    change["reason"]) + field(fields(change["claimed"]))
            assert digest(text).hex() == change["textHash"], change
        login = change["loginUid"]
        link = digest(
            b"linux-pat change 1\0" + link + field(change["tenant"])
            + b"".join((change[name] & (1 << 64) - 1).to_bytes(8, "big")
                       for name in ("seq", "generation", "at", "actorUid"))
            + bytes([login is not None]) + ((login or 0) & (1 << 64) - 1).to_bytes(8, "big")
            + b"".join(field(change[name])
                       for name in ("actor", "event", "user", "subject", "batch"))
            + bytes.fromhex(change["textHash"]))
        assert link.hex() == change["link"], change
    assert sum(change["erased"] for change in log) > 1
