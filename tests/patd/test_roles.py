# SPDX-License-Identifier: BSD-2-Clause
"""Who may do what to whose things (M15): every method by every role, on the real socket.

Peers of several uids can be made by root only; continuous integration runs these as root, and
says so with PAT_REQUIRE_ROOT=1.
"""
import os

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, built_methods, refusal, unknown_token

OPERATOR, ADMIN, AUDITOR, ALICE, BOB, EVE, LABADMIN, STRANGER, GONE, TWICE = range(60001, 60011)
ACTORS = {"operator": OPERATOR, "admin": ADMIN, "auditor": AUDITOR, "alice": ALICE, "eve": EVE,
          "labadmin": LABADMIN, "stranger": STRANGER, "gone": GONE}
OUTCOMES = {"o": None, "N": "NotFound", "P": "NotPermitted", "L": "Policy", "M": "Limit",
            "C": "Conflict"}


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_every_method_by_every_role" in globals()


# Made anew for every call; {x} is the id of a fresh token of x, {batch of x} the batch of one,
# {new} a name not used yet, {made} a tenant that nobody uses yet.
# Columns: operator, admin and auditor of acme, alice of acme, eve of lab, the admin of lab, a
# stranger, and a disabled user. o: done, N: not found, P: not permitted, C: in conflict.
TABLE = [
    ("WhoAmI", {}, "oooo oo oo"),
    ("Status", {}, "oooo oo NN"),
    ("Status", {"tenant": "acme"}, "oooo NN NN"),
    ("Status", {"tenant": "lab"}, "oNNN oo NN"),
    ("Status", {"tenant": "nowhere"}, "NNNN NN NN"),
    ("Create", {"tenant": "acme", "user": "alice", "name": "{new}", "scopes": ["mail:read"]},
     "oPPo NN PP"),
    ("Create", {"tenant": "acme", "user": "bob", "name": "{new}", "scopes": ["mail:read"]},
     "oPPN NN PP"),
    ("Create", {"tenant": "acme", "user": "carol", "name": "{new}", "scopes": ["mail:read"]},
     "ooPN NN PP"),
    ("Create", {"tenant": "lab", "user": "eve", "name": "{new}", "scopes": ["mail:read"]},
     "oNNN oP PP"),
    ("Create", {"tenant": "acme", "user": "nobody", "name": "{new}", "scopes": ["mail:read"]},
     "NNNN NN PP"),
    ("Confirm", {"token": "{alice pending}"}, "oPPo NN PP"),
    ("Confirm", {"token": "{carol pending}"}, "ooPN NN PP"),
    ("Confirm", {"token": "{eve pending}"}, "oNNN oP PP"),
    ("List", {"filter": {}}, "oooo oo PP"),
    ("List", {"filter": {"tenant": "acme"}}, "oooo NN PP"),
    ("List", {"filter": {"tenant": "lab"}}, "oNNN oo PP"),
    ("Show", {"token": "{alice}"}, "oooo NN PP"),
    ("Show", {"token": "{bob}"}, "oooN NN PP"),
    ("Show", {"token": "{carol}"}, "oooN NN PP"),
    ("Show", {"token": "{eve}"}, "oNNN oo PP"),
    ("Show", {"token": "{eve}", "tenant": "acme"}, "NNNN NN PP"),
    ("Offer", {"tenant": "acme", "user": "alice"}, "oooo NN PP"),
    ("Offer", {"tenant": "acme", "user": "bob"}, "oooN NN PP"),
    ("Offer", {"tenant": "lab", "user": "eve"}, "oNNN oo PP"),
    ("Edit", {"token": "{alice}", "description": "{new}"}, "oPPo NN PP"),
    ("Edit", {"token": "{bob}", "description": "{new}"}, "oPPN NN PP"),
    ("Edit", {"token": "{carol}", "description": "{new}"}, "ooPN NN PP"),
    ("Edit", {"token": "{eve}", "description": "{new}"}, "oNNN oP PP"),
    ("Rotate", {"token": "{alice}"}, "oPPo NN PP"),
    ("Rotate", {"token": "{bob}"}, "oPPN NN PP"),
    ("Rotate", {"token": "{carol}"}, "ooPN NN PP"),
    ("Rotate", {"token": "{eve}"}, "oNNN oP PP"),
    ("RotateFinish", {"token": "{alice}"}, "CCPC NN PP"),
    ("RotateFinish", {"token": "{eve}"}, "CNNN CC PP"),
    ("Suspend", {"tokens": ["{alice}"]}, "ooPo NN PP"),
    ("Suspend", {"tokens": ["{bob}"]}, "ooPN NN PP"),
    ("Suspend", {"tokens": ["{eve}"]}, "oNNN oo PP"),
    ("Suspend", {"tokens": ["{alice}", "{eve}"]}, "oNPN NN PP"),
    ("Resume", {"tokens": ["{alice suspended}"]}, "oPPP NN PP"),
    ("Resume", {"tokens": ["{carol suspended}"]}, "oPPN NN PP"),
    ("Resume", {"tokens": ["{eve suspended}"]}, "oNNN PP PP"),
    ("Explain", {"token": "{alice}", "service": "imap"}, "oooo NN PP"),
    ("Explain", {"token": "{bob}", "service": "imap"}, "oooN NN PP"),
    ("Explain", {"token": "{eve}", "service": "imap"}, "oNNN oo PP"),
    ("Revoke", {"tokens": ["{alice}"]}, "ooPo NN PP"),
    ("Revoke", {"tokens": ["{bob}"]}, "ooPN NN PP"),
    ("Revoke", {"tokens": ["{carol}"]}, "ooPN NN PP"),
    ("Revoke", {"tokens": ["{eve}"]}, "oNNN oo PP"),
    ("Revoke", {"tokens": ["{alice}", "{eve}"]}, "oNPN NN PP"),
    # what is not seen is not found: nothing is revoked then, and nothing told
    ("RevokeAll", {"filter": {"batch": "{batch of alice}"}}, "ooPo oo PP"),
    ("RevokeAll", {"filter": {"batch": "{batch of bob}"}}, "ooPo oo PP"),
    ("RevokeAll", {"filter": {"tenant": "acme", "batch": "{batch of alice}"}}, "ooPo NN PP"),
    ("RevokeAll", {"filter": {"tenant": "acme", "batch": "{batch of bob}"}, "dryRun": True},
     "ooPo NN PP"),
    ("RevokeAll", {"filter": {"tenant": "lab", "batch": "{batch of eve}"}}, "oNNN oo PP"),
    ("RevokeAll", {"filter": {"tenant": "nowhere"}}, "NNNN NN PP"),
    ("Purge", {"olderThan": 1}, "ooPP Po PP"),
    ("Purge", {"tenant": "acme", "olderThan": 1}, "ooPP NN PP"),
    ("Purge", {"tenant": "acme", "olderThan": 1, "dryRun": True}, "ooPP NN PP"),
    ("Purge", {"tenant": "lab", "olderThan": 1}, "oNNN Po PP"),
    ("Check", {"token": "a password", "service": "imap"}, "oooo oo PP"),
    ("Uses", {"token": "{alice}"}, "oooo NN PP"),
    ("Uses", {"token": "{bob}"}, "oooN NN PP"),
    ("Uses", {"token": "{eve}"}, "oNNN oo PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}"}, "ooPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "grants": ["mail:*", "db:connect"]},
     "ooPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "grants": ["ssh:login"]}, "oPPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "grants": ["um:read"]}, "oPPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "account": "x", "uid": 70000},
     "oPPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "role": "auditor"}, "oPPP NN PP"),
    ("UserCreate", {"tenant": "acme", "user": "{new}", "role": "admin"}, "oPPP NN PP"),
    ("UserCreate", {"tenant": "lab", "user": "{new}"}, "oNNN Po PP"),
    ("UserShow", {"tenant": "acme", "user": "alice"}, "oooo NN PP"),
    ("UserShow", {"tenant": "acme", "user": "bob"}, "oooN NN PP"),
    ("UserShow", {"tenant": "lab", "user": "eve"}, "oNNN oo PP"),
    ("UserList", {"tenant": "acme"}, "oooo NN PP"),
    ("UserList", {"tenant": "lab"}, "oNNN oo PP"),
    ("UserBind", {"tenant": "acme", "user": "carol"}, "oPPP PP PP"),
    ("UserBind", {"tenant": "acme", "user": "alice", "account": "alice", "uid": ALICE},
     "oPPP PP PP"),
    ("UserSetEnabled", {"tenant": "acme", "user": "carol", "enabled": True}, "ooPN NN PP"),
    ("UserSetEnabled", {"tenant": "acme", "user": "alice", "enabled": True}, "oPPP NN PP"),
    ("UserSetEnabled", {"tenant": "acme", "user": "bob", "enabled": True}, "oPPN NN PP"),
    ("UserSetEnabled", {"tenant": "lab", "user": "eve", "enabled": True}, "oNNN PP PP"),
    ("UserSetRole", {"tenant": "acme", "user": "alice", "role": "user"}, "oPPP PP PP"),
    ("UserSetRole", {"tenant": "acme", "user": "carol", "role": "user"}, "oPPP PP PP"),
    ("UserSet", {"tenant": "acme", "user": "carol", "contact": "{new}"}, "ooPN NN PP"),
    ("UserSet", {"tenant": "acme", "user": "alice", "contact": "{new}"}, "oPPP NN PP"),
    ("UserSet", {"tenant": "lab", "user": "eve", "contact": "{new}"}, "oNNN PP PP"),
    ("UserForget", {"tenant": "acme", "user": "{user}"}, "ooPN NN PP"),
    ("UserForget", {"tenant": "acme", "user": "{bound}"}, "oPPN NN PP"),
    ("UserForget", {"tenant": "acme", "user": "alice", "dryRun": True}, "CPPP NN PP"),
    ("GrantAdd", {"tenant": "acme", "holder": "carol", "scopes": ["mail:*"]}, "ooPN NN PP"),
    ("GrantAdd", {"tenant": "acme", "holder": "carol", "scopes": ["sudo:run"]}, "oPPN NN PP"),
    ("GrantAdd", {"tenant": "acme", "holder": "alice", "scopes": ["mail:*"]}, "oPPP NN PP"),
    ("GrantAdd", {"tenant": "acme", "holder": "admin", "scopes": ["mail:*"]}, "oPPN NN PP"),
    ("GrantAdd", {"tenant": "acme", "holder": "@staff", "scopes": ["mail:*"]}, "oPPP NN PP"),
    ("GrantRemove", {"tenant": "acme", "holder": "dora", "scopes": ["http:access"]},
     "oPPN NN PP"),
    ("GrantList", {"tenant": "acme"}, "oooo NN PP"),
    ("GrantList", {"tenant": "acme", "holder": "bob"}, "oooo NN PP"),
    ("TenantCreate", {"tenant": "{tenant}"}, "oPPP PP PP"),
    ("TenantList", {}, "oooo oo PP"),
    ("TenantShow", {"tenant": "acme"}, "oooo NN PP"),
    ("TenantShow", {"tenant": "lab"}, "oNNN oo PP"),
    ("TenantSet", {"tenant": "acme", "contact": "{new}"}, "ooPP NN PP"),
    ("TenantSet", {"tenant": "lab", "contact": "{new}"}, "oNNN Po PP"),
    ("TenantSetEnabled", {"tenant": "acme", "enabled": True}, "oPPP PP PP"),
    ("TenantDelete", {"tenant": "acme"}, "CPPP PP PP"),
    ("TenantDelete", {"tenant": "{made}"}, "oPPP PP PP"),
    ("TenantDelete", {"tenant": "{made}", "dryRun": True}, "oPPP PP PP"),
    ("TenantSetDefault", {"tenant": "acme"}, "oPPP PP PP"),
    ("ScopeList", {}, "oooo oo PP"),
    ("ScopeList", {"tenant": "acme", "count": True}, "oooo NN PP"),
    ("ScopeAdd", {"scope": "um:read", "label": "Read"}, "oPPP PP PP"),
    ("ScopeRemove", {"scope": "{scope}"}, "oPPP PP PP"),
    ("Log", {"tenant": "acme"}, "oooo NN PP"),
    ("Log", {"tenant": "lab"}, "oNNN oo PP"),
    ("Log", {"host": True}, "oooo oo PP"),
    ("Log", {"tenant": "acme", "batch": "b_none"}, "oooo NN PP"),
    ("LogVerify", {"tenant": "acme"}, "oooo NN PP"),
    ("LogVerify", {"tenant": "acme", "heads": []}, "oooo NN PP"),
    ("LogCut", {"tenant": "acme", "before": 1}, "oPPP PP PP"),
    ("LogCut", {"before": 1}, "oPPP PP PP"),
    ("LogErase", {"tenant": "acme", "user": "nobody"}, "oPPP PP PP"),
    ("LogVerify", {"host": True}, "oooo oo PP"),
    ("Notices", {"days": [7]}, "oPPP PP PP"),
    ("NoticeSent", {"token": "{alice}", "days": 7}, "oPPP PP PP"),
    ("Metrics", {}, "oPPP PP PP"),
    ("DbStatus", {}, "oPPP PP PP"),
    ("DbCheck", {}, "oPPP PP PP"),
    ("DbBackup", {}, "oPPP PP PP"),
    ("DbRestoreAccept", {}, "CPPP PP PP"),  # nothing was restored
    ("DbRotateKey", {}, "oPPP PP PP"),
    ("ClockAccept", {}, "oPPP PP PP"),
]
STREAMS = {"UserList", "GrantList", "TenantList", "Log", "LogVerify", "LogCut", "List", "ScopeList",
           "RevokeAll", "Purge", "TenantDelete", "Notices", "DbCheck", "DbBackup"}


def test_the_table_has_every_method_and_change():
    assert {method for method, *_ in TABLE} == set(built_methods())


def people(daemon):
    """acme with its administrator, auditor and users, lab with eve, and whoever is disabled."""
    daemon.tenant("acme", policy={"maxTokens": 1000})
    daemon.tenant("lab", makeDefault=False, policy={"maxTokens": 1000})
    for user, uid, role, tenant in (
            ("admin", ADMIN, "admin", "acme"), ("auditor", AUDITOR, "auditor", "acme"),
            ("alice", ALICE, "user", "acme"), ("bob", BOB, "user", "acme"),
            ("gone", GONE, "user", "acme"), ("eve", EVE, "user", "lab"),
            ("labadmin", LABADMIN, "admin", "lab"), ("twice", TWICE, "user", "acme"),
            ("twice", TWICE, "admin", "lab")):
        daemon.user(user, grants=["mail:*", "ssh:login", "sudo:run"], account=user, uid=uid,
                    role=role, tenant=tenant)
    daemon.user("carol", grants=["mail:*"])
    daemon.user("dora", grants=["http:access"], account="dora", uid=70009)
    daemon.call("UserSetEnabled", user="gone", enabled=False)
    return daemon


class Things:
    """What a row's parameters name, made by root just before."""

    def __init__(self, daemon):
        self.daemon, self.number = daemon, 0

    def token(self, words):
        user, *state = words.split()
        tenant = "lab" if user == "eve" else "acme"
        made = self.daemon.token(user, scopes=["mail:read"], tenant=tenant,
                                 pending=state == ["pending"])[1]["id"]
        if state == ["suspended"]:
            self.daemon.call("Suspend", tokens=[made])
        return made

    def batch(self, user):
        name = f"b_{self.number}"
        self.daemon.token(user, scopes=["mail:read"], batch=name,
                          tenant="lab" if user == "eve" else "acme")
        return name

    def fill(self, value):
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if not isinstance(value, str) or not value.startswith("{"):
            return value
        self.number += 1
        names = {"new": f"new-name-{self.number}", "tenant": f"t{self.number}"}
        if value in ("{user}", "{bound}"):
            account = {"account": "x", "uid": 71000 + self.number} if value == "{bound}" else {}
            return self.daemon.user(f"u{self.number}", **account)["user"]["user"]
        if value == "{made}":
            return self.daemon.tenant(f"m{self.number}", makeDefault=False)["tenant"]["tenant"]
        if value.startswith("{batch of "):
            return self.batch(value[len("{batch of "):-1])
        if value == "{scope}":
            return self.daemon.call("ScopeAdd", scope=f"um:s{self.number}",
                                    label="Some")["scope"]["scope"]
        return names.get(value[1:-1]) or self.token(value[1:-1])


if IS_ROOT:
    @pytest.fixture(scope="module")
    def host():
        with Daemon(operators=[OPERATOR]) as daemon:
            daemon.things = Things(people(daemon))
            yield daemon

    @pytest.mark.parametrize("actor", ACTORS)
    def test_every_method_by_every_role(host, actor):
        """C5, E5, M15: a refusal changes nothing: no log of any tenant has moved."""
        column = list(ACTORS).index(actor)
        with Caller(host, ACTORS[actor]) as caller:
            for method, parameters, outcomes in TABLE:
                expected = OUTCOMES[outcomes.replace(" ", "")[column]]
                parameters = host.things.fill(parameters)
                heads = host.heads() if expected else None
                error = refusal(caller.call, method, more=method in STREAMS, **parameters)
                assert (error and error.error) == expected, (actor, method, parameters, error)
                assert heads is None or host.heads() == heads, (actor, method, parameters)

    @pytest.mark.parametrize("actor", ACTORS)
    def test_many_at_once_are_only_ones_own(host, actor):
        """M15: of one batch of two owners everybody ends what one by one they might."""
        made = {user: host.token(user, scopes=["mail:read"], batch=f"b_both_{actor}")[1]["id"]
                for user in ("alice", "bob")}
        ends = {"operator": {"alice", "bob"}, "admin": {"alice", "bob"},
                "alice": {"alice"}}.get(actor, set())
        with Caller(host, ACTORS[actor]) as caller:
            error = refusal(caller.call, "RevokeAll", filter={"batch": f"b_both_{actor}"},
                            expected=len(ends))
        assert (error and error.error) == \
            ("NotPermitted" if actor in ("auditor", "stranger", "gone") else None)
        assert {user for user, id_ in made.items()
                if host.call("Show", token=id_)["token"]["state"] == "revoked"} == ends

    def test_what_is_foreign_sounds_like_what_is_not_there(host):
        """E24: nobody learns from a refusal that something exists."""
        token, record = host.token("bob", scopes=["mail:read"])
        with Caller(host, ALICE) as alice, Caller(host, EVE) as eve:
            for caller in (alice, eve):
                for method in ("Show", "Uses", "Confirm"):
                    seen = [refusal(caller.call, method, token=id_).parameters
                            for id_ in (record["id"], "zzzzzzzz")]
                    assert seen[0]["message"].replace(record["id"], "zzzzzzzz") == \
                        seen[1]["message"] and seen[0]["id"] == seen[1]["id"]
            for user in ("bob", "nobody"):
                error = refusal(alice.call, "UserShow", tenant="acme", user=user)
                assert error.message == f'no user "{user}" in tenant acme'
            for tenant in ("acme", "nowhere"):
                error = refusal(eve.call, "UserShow", tenant=tenant, user="alice")
                assert error.message == f'no tenant "{tenant}"'
        host.call("Revoke", tokens=[record["id"]])

    def seen_by(host, uid, method, member):
        with Caller(host, uid) as caller:
            return [entry[member] for entry in caller.call(method, more=True) if member in entry]

    def test_who_sees_what_in_lists(host):
        """A16, C4, E16, K1: operators everything, administrators a tenant, users themselves."""
        for user, tenant in (("alice", "acme"), ("bob", "acme"), ("eve", "lab")):
            host.token(user, scopes=["mail:read"], tenant=tenant)
        everybody = {"alice", "bob", "eve"}
        for uid, users, tenants in (
                (0, everybody, {"acme", "lab"}), (OPERATOR, everybody, {"acme", "lab"}),
                (ADMIN, everybody - {"eve"}, {"acme"}), (AUDITOR, everybody - {"eve"}, {"acme"}),
                (ALICE, {"alice"}, {"acme"}), (EVE, {"eve"}, {"lab"}),
                (TWICE, {"eve"}, {"acme", "lab"})):
            tokens = seen_by(host, uid, "List", "token")
            assert {token["user"] for token in tokens} & everybody == users, uid
            seen = {tenant["tenant"] for tenant in seen_by(host, uid, "TenantList", "tenant")}
            assert seen & {"acme", "lab"} == tenants and (uid in (0, OPERATOR) or seen == tenants)
        assert {user["user"] for user in seen_by(host, ALICE, "UserList", "user")} == {"alice"}
        assert {grant["holder"] for grant in seen_by(host, ALICE, "GrantList", "grant")} == \
            {"alice"}

    def test_who_reads_which_changes(host):
        changes = {uid: seen_by(host, uid, "Log", "change")
                   for uid in (0, ADMIN, AUDITOR, ALICE, EVE)}
        assert {change["tenant"] for change in changes[0]} >= {"", "acme", "lab"}
        for uid in (ADMIN, AUDITOR):
            assert {change["tenant"] for change in changes[uid]} == {"acme"}
            assert {change["user"] for change in changes[uid]} > {"alice", "bob", "carol"}
        assert {change["user"] for change in changes[ALICE]} == {"alice"}
        assert {change["user"] for change in changes[EVE]} == {"eve"}
        assert seen_by(host, ALICE, "LogVerify", "head") == []

    def test_who_learns_what_a_found_token_is(host):
        """Whoever merely found a token must not learn whose it was."""
        token, record = host.token("bob", scopes=["mail:read"])
        blank = {"accepted": False, "verdict": "unknown", "sentence": "no such token exists",
                 "token": None, "conditions": []}
        for uid, knows in ((0, True), (OPERATOR, True), (ADMIN, True), (AUDITOR, True),
                           (BOB, True), (ALICE, False), (EVE, False), (LABADMIN, False)):
            with Caller(host, uid) as caller:
                for text in (token, unknown_token()):
                    reply = caller.call("Check", token=text, service="imap", user="bob",
                                        record=True)
                    if knows and text == token:
                        assert reply["accepted"] and reply["token"]["id"] == record["id"]
                    elif uid not in (0, OPERATOR):
                        assert reply == blank
        # Only operators may have a check counted.
        assert host.call("Show", token=record["id"])["token"]["accepted"] == 2
        host.call("Revoke", tokens=[record["id"]])

    def test_self_service_cannot_climb(host):
        """B8, C4, K1: users give themselves what they hold and the tenant lets them, no more."""
        with Caller(host, ALICE) as alice, Caller(host, ADMIN) as admin:
            for caller, user in ((alice, "alice"), (admin, "admin")):
                def create(scopes):
                    return refusal(caller.call, "Create", user=user, scopes=scopes, tenant="acme",
                                   name=host.things.fill("{new}"))
                assert create(["mail:read"]) is None and create(["ssh:login"]) is None
                for scopes, id_ in ((["sudo:run"], "scope.self-service"),
                                    (["mail:read", "sudo:run"], "scope.self-service"),
                                    (["sudo:*"], "scope.grant"), (["ldap:bind"], "scope.grant"),
                                    (["um:bulk"], "scope.grant"), ([], "scope.none")):
                    error = create(scopes)
                    assert error and error.id == id_, (user, scopes, error)
        host.tenant("shut", makeDefault=False, policy={"selfService": False}, contact="the desk")
        host.user("alice", tenant="shut", grants=["mail:*"], account="alice", uid=ALICE)
        with Caller(host, ALICE) as alice:
            error = refusal(alice.call, "Create", tenant="shut", name="a token of mine",
                            scopes=["mail:read"])
        assert (error.error, error.id, error.hint) == ("NotPermitted", "self-service.off",
                                                       "ask the desk")

    def test_the_cap_and_what_to_do_about_it(host):
        """M5, A24: the twenty-sixth is refused with the count and the one to give up."""
        host.tenant("capped", makeDefault=False)
        host.user("fay", tenant="capped", grants=["mail:*"], account="fay", uid=70020)
        with Caller(host, 70020) as fay:
            made = [fay.call("Create", name=f"token number {number:02}", scopes=["mail:read"])
                    for number in range(25)]
            error = refusal(fay.call, "Create", name="one too many", scopes=["mail:read"])
            assert (error.error, error.id) == ("Limit", "limit.tokens")
            assert "25 of 25" in error.message and made[0]["created"]["id"] in error.hint
            fay.call("Revoke", tokens=[made[0]["created"]["id"]])
            assert fay.call("Create", name="one too many", scopes=["mail:read"])

    def test_a_claim_is_not_believed(host):
        """C3: who calls is the kernel's word; what the caller says of itself stands beside it."""
        claim = {"sudoUser": "root", "tty": "/dev/console", "remote": "192.0.2.1"}
        with Caller(host, ALICE) as alice:
            error = refusal(alice.call, "UserCreate", tenant="acme", user="mallory", claim=claim)
            assert error.error == "NotPermitted"
            record = alice.call("Create", name="claims to be root", scopes=["mail:read"],
                                claim=claim)["created"]
            change = alice.call("Log", more=True, token=record["id"])[0]["change"]
        assert (change["actor"], change["actorUid"]) == ("alice", ALICE)
        assert change["claimed"] == {"sudo_user": "root", "tty": "/dev/console",
                                     "remote": "192.0.2.1"}

    def test_rights_end_with_the_binding(host):
        """Unbound, disabled or rebound: the next call on the same connection knows."""
        host.user("hal", grants=["mail:*"], account="hal", uid=70030)
        with Caller(host, 70030) as hal:
            assert hal.call("UserShow", tenant="acme", user="hal")
            host.call("UserSetEnabled", user="hal", enabled=False)
            assert refusal(hal.call, "UserShow", tenant="acme").error == "NotPermitted"
            host.call("UserSetEnabled", user="hal", enabled=True)
            assert hal.call("UserShow", tenant="acme")["user"]["user"] == "hal"
            host.call("UserBind", user="hal", account="hal", uid=70031)
            assert refusal(hal.call, "UserShow", tenant="acme").error == "NotPermitted"

    def test_denials_are_logged(host):
        with Caller(host, STRANGER) as stranger:
            refusal(stranger.call, "TenantCreate", tenant="mine")
            refusal(stranger.call, "Nonsense")
        denied = host.events("denied", peer_uid=str(STRANGER))
        assert [line["method"] for line in denied[-2:]] == ["TenantCreate", "Nonsense"]
