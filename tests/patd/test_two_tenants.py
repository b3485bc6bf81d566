# SPDX-License-Identifier: BSD-2-Clause
"""Two tenants and random operations of their people (A8, M14): nothing of one is visible to the
other or changed by it, caps hold, the logs equal the state, and no tampering goes unnoticed.

PAT_STEPS operations are made (5,000); PAT_SEED repeats a run, as far as the clock lets it.
"""
import contextlib
import os
import secrets
import sqlite3
import sys

import pytest

pytest.register_assert_rewrite("model_world", "model_checks", "model_log")

from model import SECOND  # noqa: E402
from model_checks import Checked  # noqa: E402
from model_steps import WEIGHTS  # noqa: E402
from pat import IS_ROOT, Refused  # noqa: E402
from patdkit import Asker, refusal  # noqa: E402

STEPS = int(os.environ.get("PAT_STEPS") or "5000")
SEED = int(os.environ.get("PAT_SEED") or secrets.randbelow(1 << 32))


def test_root_was_not_forgotten():
    """Peers of several uids can be made by root only."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


class Failed(Exception):
    """Says how to repeat it."""


def checked(world, work):
    """Runs it; a failure tells the seed, the step and the operation."""
    try:
        return work()
    except Exception as error:
        raise Failed(f"PAT_SEED={world.seed} PAT_STEPS={STEPS}, step {world.step}: {world.doing}\n"
                     f"{type(error).__name__}: {error}") from error


def look(world, step):
    if step % 50 == 0:
        world.sync()
    if step % 250 == 0:
        world.check_views()
    if step % 500 == 0:
        world.check_state()
        world.check_proof()
    if step % 10000 == 0:
        world.check_store()
        print(f"{step} of {STEPS} steps", file=sys.stderr, flush=True)


def look_at_everything(world):
    world.check_state()
    world.check_views()
    world.check_proof()
    world.check_store()
    for _ in range(100):
        world.verify_one()


# --- what somebody who can write the database may try ---

COLUMNS = ("generation, at, actor_uid, login_uid, actor, event, user, subject, batch, erased,"
           " salt, text_hash, \"before\", after, reason, claimed, link")
LAST = "(SELECT max(seq) FROM changes WHERE tenant = 'lab')"
TOKEN = "tenant = 'lab' AND id = :{}"

# Of the log of lab: what is done to it, and which change is named.
LOG_TAMPERING = {
    "an edited reason": (
        [f"UPDATE changes SET reason = 'x' WHERE tenant = 'lab' AND seq = {LAST}"], 0),
    "an edited actor": (
        [f"UPDATE changes SET actor = 'mallory' WHERE tenant = 'lab' AND seq = {LAST} - 1"], -1),
    "a removed row": ([f"DELETE FROM changes WHERE tenant = 'lab' AND seq = {LAST} - 2"], -2),
    "two rows in another order": (
        [f"UPDATE changes SET seq = -seq WHERE tenant = 'lab' AND seq IN ({LAST} - 3, {LAST} - 2)",
         "UPDATE changes SET seq = -seq + 1 WHERE seq < 0 AND seq = (SELECT max(seq) FROM changes"
         " WHERE seq < 0)",
         "UPDATE changes SET seq = -seq - 1 WHERE seq < 0"], -3),
    "a row put in behind the end": (
        [f"INSERT INTO changes SELECT tenant, seq + 1, {COLUMNS} FROM changes"
         f" WHERE tenant = 'lab' AND seq = {LAST}"], 1),
    "a row of the other tenant": (
        [f"DELETE FROM changes WHERE tenant = 'lab' AND seq = {LAST} - 1",
         f"INSERT INTO changes SELECT 'lab', {LAST} - 1, {COLUMNS} FROM changes"
         " WHERE tenant = 'acme'"
         " AND seq = (SELECT max(seq) FROM changes WHERE tenant = 'acme')"], -1),
    "an end that was cut": ([f"DELETE FROM changes WHERE tenant = 'lab' AND seq > {LAST} - 3"], -2),
    "a text erased without a word": (
        [f"UPDATE changes SET erased = 1, \"before\" = '', after = '', reason = '', claimed = '',"
         f" salt = zeroblob(length(salt)) WHERE tenant = 'lab' AND seq = {LAST} - 1"], -1),
}

# Of rows that decisions read. All of it is found before a token of the row is accepted.
ROW_TAMPERING = {
    "a revoked token works again":
        ["UPDATE tokens SET state = 1, ended = NULL WHERE " + TOKEN.format("revoked")],
    "a suspended token works again":
        ["UPDATE tokens SET state = 1 WHERE " + TOKEN.format("suspended")],
    "a token of more scopes": ["UPDATE tokens SET scopes = 'http:access,mail:*,sudo:run' WHERE "
                               + TOKEN.format("live")],
    "a later end": ["UPDATE tokens SET expires = expires + 1 WHERE " + TOKEN.format("live")],
    "a token of another user": ["UPDATE tokens SET user = 'lea' WHERE " + TOKEN.format("live")],
    "a token of another tenant": ["UPDATE tokens SET tenant = 'acme', created_seq = -1 WHERE "
                                  + TOKEN.format("live")],
    "a removed token": ["DELETE FROM tokens WHERE " + TOKEN.format("revoked")],
    "a row of before": ["DELETE FROM tokens WHERE " + TOKEN.format("revoked"), "older"],
    "another verifier": ["UPDATE tokens SET verifier = (SELECT verifier FROM tokens"
                         " WHERE id = :live) WHERE id = :suspended"],
    "a grant": ["UPDATE users SET grants = 'http:access,mail:*,sudo:run'"
                " WHERE tenant = 'lab' AND user = 'keeper'"],
    "a role": ["UPDATE users SET role = (role + 1) % 3 WHERE tenant = 'lab' AND user = 'luke'"],
    "an enabled user": ["UPDATE users SET state = 1 WHERE tenant = 'lab' AND user = 'away'"],
    "a removed user": ["DELETE FROM users WHERE tenant = 'lab' AND user = 'away'"],
    "another binding": ["UPDATE users SET uid = 61002 WHERE tenant = 'lab' AND user = 'lea'"],
    "a group": ["INSERT INTO groups SELECT tenant, 'wheel', 0, 'sudo:run', created, version, seal"
                " FROM users WHERE tenant = 'lab' AND user = 'keeper'"],
    "a looser policy": ["UPDATE tenants SET max_tokens = NULL WHERE tenant = 'lab'"],
    "another realm": ["UPDATE tenants SET realms = 'acme.example' WHERE tenant = 'lab'"],
    "another default tenant": ["UPDATE host SET default_tenant = 'lab'"],
    "an older generation": ["UPDATE host SET generation = generation - 1"],
    "a shorter head": ["UPDATE heads SET seq = seq - 1 WHERE tenant = 'lab'"],
}


def prepare(world):
    """Tokens of lab in every state, an older row of one, and a quiet end of the log."""
    daemon, made = world.daemon, {}
    policy = {"scopes": None, "networks": None, "maxLifetime": None, "maxTokens": 90,
              "requireAddresses": False}
    daemon.call("TenantSetEnabled", tenant="lab", enabled=True)
    daemon.call("TenantSet", tenant="lab", policy=policy)
    for user in ("keeper", "away"):
        daemon.user(user, tenant="lab", grants=["http:access", "mail:send"])
    for name in ("live", "revoked", "suspended"):
        text, record = daemon.token("keeper", ["http:access", "mail:send"], tenant="lab",
                                    expires=daemon.call("Status")["now"] + 86400 * SECOND)
        made[name] = {"text": text, "id": record["id"]}
    world.hang_up()
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        made["older"] = db.execute("SELECT * FROM tokens WHERE id = ?",
                                   (made["revoked"]["id"],)).fetchone()
    daemon.start()
    daemon.call("Suspend", tokens=[made["suspended"]["id"]])
    daemon.call("UserSetEnabled", tenant="lab", user="away", enabled=False)
    daemon.call("Revoke", tokens=[made["revoked"]["id"]])
    for turn in range(4):
        daemon.call("TenantSet", tenant="lab", contact=f"desk {turn}")
    daemon.stop()
    return made


def spoil(daemon, statements, made):
    ids = {name: made[name]["id"] for name in ("live", "revoked", "suspended")}
    with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"
                                  ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        before = list(db.iterdump())
        for statement in statements:
            if statement == "older":
                db.execute(f"INSERT INTO tokens VALUES ({','.join('?' * len(made['older']))})",
                           made["older"])
            else:
                db.execute(statement, ids)
        assert list(db.iterdump()) != before, "it stood like that already"
        db.commit()


def answers(daemon, made):
    """What a token of each state is answered on the verify socket."""
    with Asker(daemon) as asker:
        return {name: asker.ask(made[name]["text"], service="smtp", login="keeper")["class"]
                for name in ("live", "revoked", "suspended")}


if IS_ROOT:
    @pytest.fixture(scope="module")
    def world():
        print(f"PAT_SEED={SEED} PAT_STEPS={STEPS}", file=sys.stderr, flush=True)
        world = Checked(SEED)
        try:
            checked(world, world.begin)
            yield world
        finally:
            world.close()

    @pytest.fixture(scope="module")
    def kept(world):
        """A stopped store, and what tampering is undone with."""
        made = prepare(world)
        files = {path: path.read_bytes() for path in
                 (world.daemon.state / "pat.db", world.daemon.keys / "anchor")}
        return world.daemon, made, files

    @pytest.fixture
    def store(kept):
        daemon, made, files = kept
        for path, data in files.items():
            path.write_bytes(data)
        try:
            yield daemon, made
        finally:
            daemon.stop()

    def test_random_operations(world):
        """A6, A16, A24, M15: every answer is the model's, and every so often the whole state."""
        checked(world, lambda: world.run(STEPS, lambda step: look(world, step)))
        checked(world, lambda: look_at_everything(world))
        done = {method for method, refused in world.outcomes if not refused}
        assert STEPS < 2000 or {method for method, weight in WEIGHTS.items() if weight >= 1} <= done

    def test_everything_again_after_a_restart(world):
        world.hang_up()
        world.daemon.restart()
        checked(world, lambda: look_at_everything(world))
        checked(world, lambda: world.run(100))
        checked(world, lambda: look_at_everything(world))

    def test_what_was_not_tampered_with(store):
        """Nothing is found where nothing was done."""
        daemon, made = store
        daemon.start()
        assert daemon.call("DbCheck", more=True)[-1]["trouble"] == ""
        assert all(entry.get("bad") is None for entry in daemon.call("LogVerify", more=True))
        assert answers(daemon, made) == {"live": "accepted", "revoked": "refused",
                                         "suspended": "refused"}

    @pytest.mark.parametrize("name", LOG_TAMPERING)
    def test_a_log_that_was_tampered_with(store, name):
        """M14: the first change that is not as it was is named, and other logs are whole."""
        daemon, made = store
        statements, place = LOG_TAMPERING[name]
        with contextlib.closing(sqlite3.connect(daemon.state / "pat.db")) as db:
            last, = db.execute(f"SELECT {LAST}").fetchone()
        spoil(daemon, statements, made)
        daemon.start()
        bad = {entry["tenant"]: entry["bad"] for entry in daemon.call("LogVerify", more=True)
               if "tenant" in entry}
        assert bad == {"": None, "acme": None, "lab": last + place}

    @pytest.mark.parametrize("name", ROW_TAMPERING)
    def test_rows_that_were_tampered_with(store, name):
        """Nothing that was refused is accepted, and a check of the store stops all answers."""
        daemon, made = store
        spoil(daemon, ROW_TAMPERING[name], made)
        try:
            daemon.start()
        except RuntimeError:
            return  # it does not even begin
        if name != "a row of before":
            classes = answers(daemon, made)
            assert "accepted" not in (classes["revoked"], classes["suspended"])
        last = daemon.call("DbCheck", more=True)[-1]
        assert last["trouble"] != "", last
        assert set(answers(daemon, made).values()) == {"unavailable"}
        error = refusal(daemon.call, "List", more=True)
        assert isinstance(error, Refused) and error.error == "Unavailable"
