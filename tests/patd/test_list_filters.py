# SPDX-License-Identifier: BSD-2-Clause
"""Filters of List: a table of them against tokens whose fields are known, by every kind of caller."""
import time

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, refusal, wait_until

ADMIN, ALICE, EVE = 60002, 60004, 60006
SECOND = 10 ** 6
DAY = 86400 * SECOND

# In the order they are made. key: user, name, scopes, and further parameters; ends are from now.
TOKENS = {
    "e1": ("eve", "laptop of Eve", ["mail:read"], {}),
    "e2": ("eve", "lost laptop", ["mail:*"], {}),  # revoked
    "a1": ("alice", "Laptop of Alice", ["mail:read", "mail:send"], {}),
    "a2": ("alice", "laptop backup", ["mail:*"], {"expires": 10 * DAY}),  # expiring
    "a3": ("alice", "old phone 50%", ["mail:send"], {"expires": 2 * SECOND}),  # expired
    "a4": ("alice", "Nightly_job", ["mail:read"], {}),  # revoked
    "a5": ("alice", "laptop pending", ["mail:send"], {"pending": True}),
    "b1": ("bob", "CI server laptop", ["mail:read"], {"expires": 100 * DAY}),
    "b2": ("bob", "Reports of *?", ["mail:send"], {"expires": 200 * DAY}),  # suspended
    "b3": ("bob", "LAPTOP retired", ["mail:read"], {"expires": 50 * DAY}),  # revoked
}
REVOKED = ("a4", "b3", "e2")
ORDER = [*reversed([key for key in TOKENS if key[0] != "e"]), "e2", "e1"]  # as they are listed
SEES = {"operator": "abe", "administrator": "ab", "user": "a"}
UIDS = {"operator": None, "administrator": ADMIN, "user": ALICE}
CALLERS = list(SEES) if IS_ROOT else ["operator"]  # only root can be others


def now():
    return time.time_ns() // 1000


class World(Daemon):
    """A patd with the tokens above, some of which were used."""

    def furnish(self):
        self.tenant()
        self.tenant("lab", makeDefault=False)
        self.user("chief", grants=[], account="chief", uid=ADMIN, role="admin")
        self.user("alice", grants=["mail:*"], account="alice", uid=ALICE)
        self.user("bob", grants=["mail:*"])
        self.user("eve", grants=["mail:*"], account="eve", uid=EVE, tenant="lab")
        self.texts, self.ids = {}, {}
        for key, (user, name, scopes, more) in TOKENS.items():
            if "expires" in more:
                more = {**more, "expires": now() + more["expires"]}
            self.texts[key], record = self.token(user, scopes, name, **more,
                                                 tenant="lab" if user == "eve" else "acme")
            self.ids[key] = record["id"]
        self.keys_by_id = {id_: key for key, id_ in self.ids.items()}
        self.call("Suspend", tokens=[self.ids["b2"]])
        self.call("Revoke", tokens=[self.ids[key] for key in REVOKED])
        assert self.accepts("a2", "imap", "10.1.2.9")
        self.middle = now()
        assert self.accepts("a1", "imap", "10.1.2.3") and self.accepts("a1", "smtp", "192.0.2.7")
        assert self.asks(self.texts["b1"], service="imap", login="alice") == "refused"
        assert wait_until(lambda: self.record("a3")["state"] == "expired")

    def accepts(self, key, service, address):
        return self.asks(self.texts[key], service=service, login=TOKENS[key][0],
                         address=address) == "accepted"

    def record(self, key):
        return self.call("Show", token=self.ids[key])["token"]

    def listed(self, caller, asked):
        """The keys of what is listed, and how many revoked ones were left out."""
        with Caller(self, UIDS[caller]) as connection:
            *entries, last = connection.call("List", more=True, filter=asked)
            at_once = connection.call("List", filter=asked)
        keys = [self.keys_by_id[entry["token"]["id"]] for entry in entries]
        assert [token["id"] for token in at_once["tokens"]] == [self.ids[key] for key in keys]
        assert at_once["others"] is False
        return keys, last["hidden"]


@pytest.fixture(scope="module")
def world():
    with World() as patd:
        patd.furnish()
        yield patd


def created(key, more=0):
    return lambda world: world.record(key)["created"] + more


def expires(key, more=0):
    return lambda world: world.record(key)["expires"] + more


def used(key, more=0):
    return lambda world: world.record(key)["lastUsed"] + more


def usage_since(more=0):
    return lambda world: world.call("Status")["usageSince"] + more


def middle(world):
    return world.middle


# filter, what an operator sees, which revoked ones were left out
TABLE = [
    ({}, "a1 a2 a3 a5 b1 b2 e1", "a4 b3 e2"),
    ({"withRevoked": True}, "a1 a2 a3 a4 a5 b1 b2 b3 e1 e2", ""),
    ({"tenant": "acme"}, "a1 a2 a3 a5 b1 b2", "a4 b3"),
    ({"user": "alice"}, "a1 a2 a3 a5", "a4"),
    ({"user": "bob"}, "b1 b2", "b3"),
    ({"user": "nobody"}, "", ""),
    # names
    ({"name": "LAPTOP"}, "a1 a2 a5 b1 e1", "b3 e2"),
    ({"name": "laptop", "withRevoked": True}, "a1 a2 a5 b1 b3 e1 e2", ""),
    ({"name": "_job"}, "", "a4"),
    ({"name": "50%"}, "a3", ""),
    ({"name": "*"}, "b2", ""),
    ({"name": "OF *?"}, "b2", ""),
    ({"name": "*?", "states": ["suspended"]}, "b2", ""),
    ({"name": "laptop?"}, "", ""),
    ({"name": "x" * 256}, "", ""),
    ({"glob": "laptop*"}, "a1 a2 a5 e1", "b3"),
    ({"glob": "laptop"}, "", ""),
    ({"glob": "*LAPTOP"}, "b1", "e2"),
    ({"glob": "*50?"}, "a3", ""),
    ({"glob": "*%*"}, "a3", ""),
    ({"glob": "?ightly?job"}, "", "a4"),
    ({"glob": "old[ ]phone*"}, "", ""),
    ({"glob": "*", "name": "backup"}, "a2", ""),
    # scopes
    ({"scope": "mail:read"}, "a1 a2 b1 e1", "a4 b3 e2"),
    ({"scope": "mail:send"}, "a1 a2 a3 a5 b2", "e2"),
    ({"scope": "mail:filter"}, "a2", "e2"),
    ({"scope": "mail:*"}, "a2", "e2"),
    ({"scope": "db:connect"}, "", ""),
    # states
    ({"states": ["active"]}, "a1 a2 b1 e1", ""),
    ({"states": ["expiring"]}, "a2", ""),
    ({"states": ["expired"]}, "a3", ""),
    ({"states": ["revoked"]}, "a4 b3 e2", ""),
    ({"states": ["pending"]}, "a5", ""),
    ({"states": ["suspended"]}, "b2", ""),
    ({"states": ["expiring", "expired"]}, "a2 a3", ""),
    ({"states": ["suspended", "revoked", "suspended"]}, "a4 b2 b3 e2", ""),
    ({"states": ["suspended"], "withRevoked": True}, "b2", ""),
    ({"states": ["active", "expired", "revoked", "pending", "suspended"]},
     "a1 a2 a3 a4 a5 b1 b2 b3 e1 e2", ""),
    # times
    ({"createdBefore": created("b1")}, "a1 a2 a3 a5 e1", "a4 e2"),
    ({"createdBefore": created("b1", 1)}, "a1 a2 a3 a5 b1 e1", "a4 e2"),
    ({"createdBefore": 0}, "", ""),
    ({"createdAfter": created("b1")}, "b1 b2", "b3"),
    ({"createdAfter": created("b1", 1)}, "b2", "b3"),
    ({"createdAfter": 2 ** 63 - 1}, "", ""),
    ({"createdAfter": created("a2"), "createdBefore": created("a5")}, "a2 a3", "a4"),
    ({"expiresBefore": expires("b1")}, "a2 a3", "b3"),
    ({"expiresBefore": expires("b1", 1)}, "a2 a3 b1", "b3"),
    ({"expiresBefore": 2 ** 63 - 1}, "a2 a3 b1 b2", "b3"),
    ({"noExpiry": True}, "a1 a5 e1", "a4 e2"),
    ({"noExpiry": False}, "a1 a2 a3 a5 b1 b2 e1", "a4 b3 e2"),
    ({"noExpiry": True, "expiresBefore": 2 ** 63 - 1}, "", ""),
    ({"expiresBefore": expires("b1"), "states": ["expired"]}, "a3", ""),
    ({"expiresBefore": expires("a3"), "states": ["expired"]}, "", ""),
    # uses
    ({"unusedSince": middle}, "a2 a3 a5 b1 b2 e1", "a4 b3 e2"),
    ({"unusedSince": used("a2")}, "a3 a5 b1 b2 e1", "a4 b3 e2"),
    ({"unusedSince": used("a2", 1)}, "a2 a3 a5 b1 b2 e1", "a4 b3 e2"),
    ({"unusedSince": created("a3")}, "a3 e1", "e2"),
    ({"unusedSince": created("a3", -1)}, "e1", "e2"),
    ({"unusedSince": usage_since()}, "", ""),
    ({"unusedSince": usage_since(-1)}, "", ""),
    ({"unusedSince": 0}, "", ""),
    ({"unusedSince": middle, "createdBefore": created("a3")}, "a2 e1", "e2"),
    ({"service": "imap"}, "a1 a2", ""),
    ({"service": "smtp"}, "a1", ""),
    ({"service": "sieve"}, "", ""),
    ({"address": "192.0.2.0/24"}, "a1", ""),
    ({"address": "192.0.2.7"}, "a1", ""),
    ({"address": "10.0.0.0/8"}, "a2", ""),
    ({"address": "0.0.0.0/0"}, "a1 a2", ""),
    ({"address": "::/0"}, "", ""),
    # several
    ({"name": "laptop", "states": ["active"], "scope": "mail:read", "user": "alice",
      "noExpiry": True}, "a1", ""),
    ({"name": "laptop", "expiresBefore": expires("b1")}, "a2", "b3"),
    ({"glob": "*laptop*", "scope": "mail:*", "states": ["revoked"]}, "e2", ""),
    ({"service": "imap", "address": "10.0.0.0/8", "name": "LAPTOP"}, "a2", ""),
    ({"service": "smtp", "address": "10.0.0.0/8"}, "", ""),
    ({"tenant": "acme", "user": "bob", "createdAfter": created("b2")}, "b2", "b3"),
]


def seen(keys, caller):
    return {key for key in keys.split() if key[0] in SEES[caller]}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("asked, shown, hidden", TABLE, ids=lambda value: str(value)[:60])
def test_filters(world, caller, asked, shown, hidden):
    """A23: A29, E21, M4."""
    values = {member: value(world) if callable(value) else value
              for member, value in asked.items()}
    keys, left_out = world.listed(caller, values)
    assert keys == [key for key in ORDER if key in seen(shown, caller)]
    assert left_out == len(seen(hidden, caller))


@pytest.mark.parametrize("caller", CALLERS)
def test_another_tenant(world, caller):
    if caller == "operator":
        assert world.listed(caller, {"tenant": "lab"}) == (["e1"], 1)
        return
    with Caller(world, UIDS[caller]) as connection:
        for tenant in ("lab", "nowhere"):
            assert refusal(connection.call, "List", filter={"tenant": tenant}).error == "NotFound"


def test_nulls_ask_nothing(world):
    members = ("tenant", "user", "name", "glob", "scope", "states", "createdBefore",
               "createdAfter", "expiresBefore", "noExpiry", "unusedSince", "service", "address",
               "withRevoked")
    assert world.listed("operator", dict.fromkeys(members)) == world.listed("operator", {})


# Values that mean nothing, or that could be meant otherwise than they would be taken.
ILLEGAL = [
    {"name": ""}, {"name": "x" * 257}, {"name": "a\nb"}, {"name": "\u202eab"},
    {"glob": ""}, {"glob": "*" * 257}, {"glob": "\x7f*"}, {"name": "laptop", "glob": ""},
    {"scope": ""}, {"scope": "mail"}, {"scope": "Mail:read"}, {"scope": "*"}, {"scope": ":"},
    {"scope": "mail:read,mail:send"}, {"scope": "mail:read mail:send"}, {"scope": " mail:read"},
    {"scope": "*:read"}, {"scope": "x" * 200 + ":y"},
    {"states": []}, {"states": ["live"]}, {"states": ["Active"]}, {"states": ["active", "dead"]},
    {"states": ["disabled"]}, {"states": ["revoke"]}, {"states": ["revokedx"]},
    {"createdBefore": -1}, {"createdAfter": -1}, {"expiresBefore": -2 ** 63}, {"unusedSince": -1},
    {"unusedSince": 2 ** 63 - 1},
    {"service": ""}, {"service": "im ap"}, {"service": "-imap"}, {"service": "x" * 32},
    {"address": ""}, {"address": "host"}, {"address": "10.0.0.1/8"}, {"address": "10.0.0.0/33"},
    {"address": "10.0.0.0/8,192.0.2.0/24"}, {"address": "10.0.0.0/8 192.0.2.0/24"},
    {"name": "laptop", "states": ["active"], "address": "1.2.3"},
]


@pytest.mark.parametrize("asked", ILLEGAL, ids=lambda value: str(value)[:60])
def test_illegal_values_list_nothing(world, asked):
    with Caller(world) as connection:
        for more in (False, True):
            connection.post("List", more, filter=asked)
            reply = connection.reply()
            assert reply["error"] == "io.linuxpat.Manage.Invalid", reply
            assert reply["parameters"]["message"] and "continues" not in reply
        assert connection.call("WhoAmI")["operator"] is True


@pytest.mark.parametrize("asked", [
    {"nmae": "laptop"}, {"states": "active"}, {"states": [1]}, {"states": ["active,revoked"]},
    {"states": ["active "]}, {"states": ["x" * 500]}, {"createdBefore": "2026"},
    {"createdAfter": 1.5}, {"noExpiry": 1}, {"glob": ["*"]}, {"hidden": 3}],
    ids=lambda value: str(value)[:60])
def test_other_types_and_members_are_refused(world, asked):
    with Caller(world) as connection:
        for more in (False, True):
            error = refusal(connection.call, "List", more=more, filter=asked)
            assert error.error == "InvalidParameter" and error.parameters == {"parameter": "filter"}


def test_a_limit_with_a_filter(world):
    """others counts what fits, not what is there."""
    asked = {"name": "laptop", "tenant": "acme"}
    for limit, others in ((1, True), (3, True), (4, False), (5, False)):
        reply = world.call("List", filter=asked, limit=limit)
        assert [world.keys_by_id[token["id"]] for token in reply["tokens"]] == \
            ["b1", "a5", "a2", "a1"][:limit]
        assert reply["others"] is others


def test_nothing_is_unused_while_nobody_looked():
    """usage.db was lost after the token had been made: from then on it counts, not before."""
    with World() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        record = patd.token(scopes=["mail:read"])[1]
        patd.stop()
        for path in patd.state.glob("usage.db*"):
            path.unlink()
        patd.start()
        since = patd.call("Status")["usageSince"]
        assert since > record["created"]
        for time_, count in ((record["created"], 0), (since - 1, 0), (since, 1), (now(), 1)):
            assert len(patd.call("List", filter={"unusedSince": time_})["tokens"]) == count
