# SPDX-License-Identifier: BSD-2-Clause
"""Every parameter of every method with every wrong type, generated from the interface file."""
import itertools
import json

import pytest

from patdkit import Caller, Daemon, built_methods, interface, refusal

NUMBER = itertools.count(1)
VALUES = {"integer": 7, "negative": -1, "real": 1.5, "string": "text", "array": [1],
          "nested": [["x"]], "object": {"x": 1}, "bool": True, "null": None}
# What a type takes. Nobody relies on a claim, so what it holds is not judged.
FITS = {"string": {"string"}, "int": {"integer", "negative"}, "bool": {"bool"}, "[]string": set(),
        "[]Head": set(), "[]int": {"array"}, "Claim": {"object"}, "Filter": set(),
        "PolicyWish": set()}


def fresh(prefix):
    return f"{prefix}{next(NUMBER)}"


# Calls that succeed: what a wrong value is put into.
BASE = {
    "WhoAmI": lambda: {},
    "Status": lambda: {"tenant": "acme"},
    "Create": lambda: {"tenant": "acme", "user": "alice", "name": fresh("token name "),
                       "scopes": ["mail:read"]},
    "Confirm": lambda: {"token": "pending token", "tenant": "acme"},
    "List": lambda: {"filter": {}},
    "Show": lambda: {"token": "standing token", "tenant": "acme"},
    "Offer": lambda: {"tenant": "acme", "user": "alice"},
    "Edit": lambda: {"token": "standing token", "tenant": "acme", "description": fresh("text")},
    "Rotate": lambda: {"token": "standing token", "tenant": "acme", "grace": 60_000_000},
    "RotateFinish": lambda: {"token": "standing token", "tenant": "acme"},
    "Suspend": lambda: {"tokens": ["standing token"], "tenant": "acme"},
    "Resume": lambda: {"tokens": ["standing token"], "tenant": "acme"},
    "Explain": lambda: {"token": "standing token", "tenant": "acme", "service": "imap"},
    "Revoke": lambda: {"tokens": ["standing token"], "tenant": "acme", "dryRun": True},
    "RevokeAll": lambda: {"filter": {"tenant": "acme"}, "dryRun": True},
    "Purge": lambda: {"tenant": "acme", "olderThan": 1},
    "Check": lambda: {"token": "a password", "service": "imap"},
    "Uses": lambda: {"token": "standing token"},
    "UserCreate": lambda: {"tenant": "acme", "user": fresh("user")},
    "UserShow": lambda: {"tenant": "acme", "user": "alice"},
    "UserList": lambda: {"tenant": "acme"},
    "UserBind": lambda: {"tenant": "acme", "user": "bound", "account": "bound", "uid": 70000},
    "UserSetEnabled": lambda: {"tenant": "acme", "user": "alice", "enabled": True},
    "UserSetRole": lambda: {"tenant": "acme", "user": "alice", "role": "user"},
    "UserSet": lambda: {"tenant": "acme", "user": "alice", "contact": fresh("desk ")},
    "UserForget": lambda: {"tenant": "acme", "user": "bound", "dryRun": True},
    "GrantAdd": lambda: {"tenant": "acme", "holder": "alice", "scopes": ["mail:read"]},
    "GrantRemove": lambda: {"tenant": "acme", "holder": "alice", "scopes": ["mail:*"]},
    "GrantList": lambda: {"tenant": "acme"},
    "TenantCreate": lambda: {"tenant": fresh("t")},
    "TenantList": lambda: {},
    "TenantShow": lambda: {"tenant": "acme"},
    "TenantSet": lambda: {"tenant": "acme", "contact": fresh("room ")},
    "TenantSetEnabled": lambda: {"tenant": "acme", "enabled": True},
    "TenantDelete": lambda: {"tenant": "other", "dryRun": True},
    "TenantSetDefault": lambda: {"tenant": "acme"},
    "ScopeList": lambda: {"tenant": "acme", "count": True},
    "ScopeAdd": lambda: {"scope": fresh("um:s"), "label": "Some"},
    "ScopeRemove": lambda: {"scope": "um:s"},
    "Notices": lambda: {"days": [30, 7, 1]},
    "NoticeSent": lambda: {"token": "standing token", "tenant": "acme", "days": 7},
    "Metrics": lambda: {},
    "Log": lambda: {"tenant": "acme"},
    "LogVerify": lambda: {"tenant": "acme"},
    "LogCut": lambda: {"tenant": "acme", "before": 1, "dryRun": True},
    "LogErase": lambda: {"tenant": "acme", "user": "nobody"},
    "DbStatus": lambda: {},
    "DbCheck": lambda: {},
    "DbBackup": lambda: {},
    "DbRestoreAccept": lambda: {},
    "DbRotateKey": lambda: {},
    "ClockAccept": lambda: {},
}
# These cannot be done twice; and nothing was restored that could be accepted.
ONCE = {"Confirm", "GrantRemove", "RotateFinish", "ScopeRemove", "Suspend", "Resume",
        "DbRestoreAccept"}
STREAMS = {"ScopeList", "Notices", "UserList", "GrantList", "TenantList", "Log", "LogVerify",
           "LogCut", "RevokeAll", "Purge", "TenantDelete", "DbCheck", "DbBackup"}
METHODS = interface()


@pytest.fixture(scope="module")
def store():
    with Daemon() as patd:
        patd.tenant()
        patd.tenant("other", makeDefault=False)
        patd.user("alice", grants=["mail:*"])
        patd.user("bound", grants=[], account="bound", uid=70000)
        patd.token(scopes=["mail:read"], name="standing token")
        patd.token(scopes=["mail:read"], name="pending token", pending=True)
        yield patd


def call(caller, method, parameters):
    return caller.call(method, more=method in STREAMS, **parameters)


def type_of(method, parameter):
    """The type of a parameter, and whether it may be left out."""
    declared = METHODS[method][parameter]
    return declared.lstrip("?"), declared.startswith("?")


def test_the_bases_are_complete(store):
    """Every method that there is has one, and it works; else nothing here would be tested."""
    assert set(BASE) == set(built_methods())
    with Caller(store) as caller:
        for method in BASE:
            if method not in ONCE:
                call(caller, method, BASE[method]())


def wrong_values(method, parameter):
    kind, optional = type_of(method, parameter)
    for name, value in VALUES.items():
        if name in FITS[kind] or (name == "null" and optional):
            continue
        yield name, value


# (method, parameter, value) with tests of their own below.
APART = {("UserSetEnabled", "enabled", "null"), ("TenantSetEnabled", "enabled", "null")}


def parameters():
    """Every method and parameter of this version."""
    return [(method, parameter) for method in BASE for parameter in METHODS[method]]


def check_wrong(caller, method, parameter, value):
    parameters = {**BASE[method](), parameter: value}
    error = refusal(call, caller, method, parameters)
    assert error is not None, (method, parameters)
    assert error.error in ("InvalidParameter", "Invalid"), (method, parameters, error)
    if error.error == "InvalidParameter":
        assert error.parameters == {"parameter": parameter}, (method, parameters, error)


def test_wrong_types_are_refused_by_name(store):
    """No crash, no closed connection, nothing done: one caller goes through all of them."""
    heads, count = store.heads(), 0
    with Caller(store) as caller:
        for method, parameter in parameters():
            for name, value in wrong_values(method, parameter):
                if (method, parameter, name) not in APART:
                    check_wrong(caller, method, parameter, value)
                    count += 1
        assert caller.call("WhoAmI")["operator"] is True
    assert store.heads() == heads and count > 450


def test_null_disables_nobody(store):
    with Caller(store) as caller:
        try:
            check_wrong(caller, "UserSetEnabled", "enabled", None)
            check_wrong(caller, "TenantSetEnabled", "enabled", None)
        finally:
            caller.call("UserSetEnabled", user="alice", enabled=True)
            caller.call("TenantSetEnabled", tenant="acme", enabled=True)


def test_null_is_absent(store):
    """Every parameter that may be left out may be null."""
    with Caller(store) as caller:
        for method, parameter in parameters():
            base = BASE[method]()
            if parameter in base or not type_of(method, parameter)[1]:
                continue
            error = refusal(call, caller, method, {**base, parameter: None})
            assert error is None or (method in ONCE and error.error in ("Conflict", "NotFound"))


# --- what is inside of the types ---

POLICY = {"maxTokens": "int", "nameMin": "int", "requireExpiry": "bool",
          "requireAddresses": "bool", "defaultLifetime": "int", "maxLifetime": "int",
          "pendingLifetime": "int", "scopes": "[]string", "networks": "[]string",
          "selfService": "bool", "selfServiceScopes": "[]string"}
FILTER = {"tenant": "string", "user": "string", "name": "string", "glob": "string",
          "scope": "string", "states": "[]string", "createdBefore": "int", "createdAfter": "int",
          "expiresBefore": "int", "noExpiry": "bool", "unusedSince": "int", "service": "string",
          "address": "string", "batch": "string", "blocked": "bool", "withRevoked": "bool"}


@pytest.mark.parametrize("method, parameter, members", [
    ("TenantCreate", "policy", POLICY), ("TenantSet", "policy", POLICY),
    ("List", "filter", FILTER), ("RevokeAll", "filter", FILTER)])
def test_wrong_types_of_members(store, method, parameter, members):
    heads = store.heads()
    with Caller(store) as caller:
        for member, kind in members.items():
            for name, value in VALUES.items():
                if name not in FITS[kind] and name != "null":
                    check_wrong(caller, method, parameter, {member: value})
    assert store.heads() == heads


def test_a_misspelt_policy_is_refused(store):
    """A tenant must not be made without the limit that was meant."""
    assert refusal(store.call, "TenantCreate", tenant=fresh("t"), policy={"maxToken": 3})
    assert refusal(store.call, "TenantSet", tenant="acme", policy={"maxToken": 3})


def test_a_wrong_limit_of_a_stream(store):
    assert refusal(store.call, "List", more=True, limit="many")


def test_lists_hold_words(store):
    """No list may smuggle a separator into the set it becomes."""
    with Caller(store) as caller:
        for method, parameter in (("Create", "scopes"), ("Create", "addresses"),
                                  ("UserCreate", "grants"), ("TenantCreate", "realms"),
                                  ("GrantAdd", "scopes")):
            for words in ([""], ["a b"], ["mail:read,mail:send"], ["a\tb"], [None], [1], [{}], [[]],
                          ["mail:read", None], ["\u0001"], ["x" * 2000], ["mail:read"] * 2000):
                error = refusal(call, caller, method, {**BASE[method](), parameter: words})
                assert error and error.error in ("Invalid", "InvalidParameter"), (method, words)


HOSTILE = ["", " ", "\n", "\x01", "\x7f", "\u0085", "\u202e", "\u2066", "\ufffe", "\U000e0041",
           "x" * 300, "\u00e9" * 300, "%n%s%x", "../../etc/passwd", "-f root", "' OR 1=1 --",
           "{}", "\\x1b[2J"]


def test_hostile_texts(store):
    """R11, R12: refused or kept as they are; never a crash, never another meaning."""
    with Caller(store) as caller:
        for method, parameter in parameters():
            if type_of(method, parameter)[0] == "string":
                for text in HOSTILE:
                    refusal(call, caller, method, {**BASE[method](), parameter: text})
        assert caller.call("WhoAmI")["operator"] is True
        for change in caller.call("Log", more=True):
            written = json.dumps(change, ensure_ascii=False)
            assert not any(ord(letter) < 32 or letter in "\x7f\u0085\u202e\u2066"
                           for letter in written), written
    assert all(entry["bad"] is None for entry in store.call("LogVerify", more=True)
               if "tenant" in entry)


TOKEN = "pat_acme_1" + "0" * 41  # mistyped, and still nobody's business


def test_free_text_holds_no_token(store):
    """M21: people type tokens where names and reasons belong."""
    with Caller(store) as caller:
        for method, parameter in (("Create", "name"), ("Create", "description"),
                                  ("UserCreate", "contact"), ("TenantCreate", "description"),
                                  ("TenantCreate", "contact"), ("GrantAdd", "reason")):
            for text in (TOKEN, f"it was {TOKEN}, sorry", TOKEN.upper()):
                error = refusal(call, caller, method, {**BASE[method](), parameter: text})
                assert error and error.error in ("Invalid", "Conflict"), (method, parameter)
                assert TOKEN not in str(error.parameters).lower()


def test_a_token_is_no_users_name(store):
    with Caller(store) as caller:
        error = refusal(call, caller, "UserCreate", {"tenant": "acme", "user": TOKEN})
        assert error and error.error == "Invalid"


NUMBERS = [0, -1, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63 - 1, -2 ** 63, -2 ** 31]


def test_numbers_at_their_edges(store):
    with Caller(store) as caller:
        for method, parameter in parameters():
            if type_of(method, parameter)[0] == "int":
                for number in NUMBERS:
                    refusal(call, caller, method, {**BASE[method](), parameter: number})
        for member in ("maxTokens", "nameMin", "defaultLifetime", "maxLifetime",
                       "pendingLifetime"):
            for number in NUMBERS:
                refusal(call, caller, "TenantCreate", {"tenant": fresh("t"),
                                                       "policy": {member: number}})
        for number in NUMBERS:
            error = refusal(call, caller, "Create", {**BASE["Create"](), "expires": number})
            assert (error is None) == (number == 0) or error.id.startswith("expires.")
        assert caller.call("WhoAmI")["operator"] is True
    assert store.health() == "accepted"
