# SPDX-License-Identifier: BSD-2-Clause
"""The scope catalogue: built-in scopes, those of third parties, and what counting them tells."""
import os

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, fill, refusal, wait_until

ALICE, AUDITOR = 60001, 60002
BUILT_IN = ["mail:read", "mail:send", "mail:filter", "ldap:bind", "http:access", "db:connect",
            "ssh:login", "console:login", "polkit:act", "su:login", "sudo:run"]


@pytest.fixture(scope="module")
def host():
    config = "[service wiki]\nscope = um:read, um:write\naccounts = virtual\n\n" \
        "[service roundcube]\nscope = mail:read\naccounts = virtual\n\n"
    with Daemon(config=config) as daemon:
        daemon.tenant("acme", policy={"maxTokens": None})
        daemon.user("alice", grants=["mail:*", "um:*"], account="alice", uid=ALICE)
        daemon.user("olga", account="olga", uid=AUDITOR, role="auditor")
        daemon.user("carol", grants=["mail:*", "um:read"])
        yield daemon


def scopes(caller, **parameters):
    """The catalogue by scope, in its order."""
    return {entry["scope"]["scope"]: entry["scope"]
            for entry in caller.call("ScopeList", more=True, **parameters) if "scope" in entry}


@pytest.fixture
def um(host):
    """The three scopes of a third party, for as long as a test takes."""
    for scope, label in (("um:read", "Read"), ("um:write", "Write"), ("um:bulk", "Read and write")):
        host.call("ScopeAdd", scope=scope, label=label, meaning=f"{label.lower()} user data")
    yield host
    for scope in scopes(host):
        if scope.startswith("um:"):
            host.call("ScopeRemove", scope=scope)


# --- what is there ---

def test_the_built_in_ones(host):
    """A51, B8: each with a label, a meaning and the services that ask for it."""
    found = scopes(host)
    assert list(found) == BUILT_IN
    for entry in found.values():
        assert entry["label"] and entry["meaning"] and entry["services"]
        assert not entry["thirdParty"] and entry["tokens"] is None
    assert found["mail:read"]["services"] == ["imap", "pop", "pop3", "dovecot", "roundcube"]
    assert found["sudo:run"]["services"] == ["sudo", "sudo-i"]
    assert (found["ssh:login"]["label"], found["ssh:login"]["meaning"]) == \
        ("SSH login", "log in with SSH")


def test_third_parties_name_theirs(um):
    """A32, A33, A34: labels of a third party, listed and offered to who holds the scopes."""
    found = scopes(um)
    assert list(found) == BUILT_IN + ["um:bulk", "um:read", "um:write"]
    assert found["um:bulk"] == {
        "scope": "um:bulk", "services": [], "label": "Read and write",
        "meaning": "read and write user data", "thirdParty": True, "tokens": None}
    assert found["um:read"]["services"] == ["wiki"], "pat.conf lets it take this one"
    offered = {entry["scope"]: entry for entry in um.call("Offer", user="carol")["scopes"]}
    assert offered["um:read"] == found["um:read"] and "um:write" not in offered
    offered = {entry["scope"] for entry in um.call("Offer", user="alice")["scopes"]}
    assert {"um:read", "um:write", "um:bulk", "um:*"} <= offered


def test_a_scope_without_a_label_is_offered_with_a_general_one(host):
    entry = next(entry for entry in host.call("Offer", user="carol")["scopes"]
                 if entry["scope"] == "um:read")
    assert (entry["label"], entry["meaning"]) == ("um:read", "third party, checked by it")
    host.call("ScopeAdd", scope="um:read", label="Read")
    assert scopes(host)["um:read"]["meaning"] == "third party, checked by it"
    host.call("ScopeRemove", scope="um:read")


# --- changing it ---

def last_of_host(host):
    return host.call("Log", host=True, lines=1, more=True)[0]["change"]


def test_every_change_is_in_the_hosts_log(host):
    host.call("ScopeAdd", scope="um:read", label="Read", meaning="look")
    change = last_of_host(host)
    assert (change["tenant"], change["event"], change["subject"], change["after"]) == \
        ("", "scope.add", "um:read", {"label": "Read", "meaning": "look"})
    heads = host.heads()
    host.call("ScopeAdd", scope="um:read", label="Read", meaning="look")
    assert host.heads() == heads, "the same again is no change"
    told = refusal(host.call, "ScopeAdd", scope="um:read", label="Look", meaning="look")
    assert (told.error, told.id) == ("Conflict", "scope.exists")
    assert "patctl scope remove um:read" in told.hint
    host.call("ScopeRemove", scope="um:read")
    change = last_of_host(host)
    assert (change["event"], change["subject"], change["before"]) == \
        ("scope.remove", "um:read", {"label": "Read", "meaning": "look"})


@pytest.mark.parametrize("parameters, error, id_", [
    ({"scope": "mail:read", "label": "Mine"}, "Conflict", "scope.built-in"),
    ({"scope": "ssh:login", "label": "SSH login"}, "Conflict", "scope.built-in"),
    ({"scope": "um", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": "um:*", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": "um:a,um:b", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": " um:a", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": "", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": "UM:a", "label": "x"}, "Invalid", "scope.illegal"),
    ({"scope": "um:a", "label": ""}, "Invalid", "scope.no-label"),
    ({"scope": "um:a", "label": 65 * "x"}, "Invalid", "text.long"),
    ({"scope": "um:a", "label": "\u202eevil"}, "Invalid", "text.unreadable"),
    ({"scope": "um:a", "label": "x", "meaning": "a\nb"}, "Invalid", "text.unreadable"),
    ({"scope": "um:a", "label": "x", "meaning": 1025 * "x"}, "Invalid", "text.long"),
    ({"scope": "um:a"}, "InvalidParameter", ""), ({"label": "x"}, "InvalidParameter", ""),
], ids=str)
def test_what_cannot_be_added(host, parameters, error, id_):
    heads = host.heads()
    told = refusal(host.call, "ScopeAdd", **parameters)
    assert (told.error, told.id) == (error, id_)
    assert host.heads() == heads and list(scopes(host)) == BUILT_IN


@pytest.mark.parametrize("scope, error, id_", [
    ("mail:read", "Conflict", "scope.built-in"), ("um:none", "NotFound", "scope.unknown"),
    ("um:*", "Invalid", "scope.illegal"), ("um", "Invalid", "scope.illegal"),
])
def test_what_cannot_be_removed(host, scope, error, id_):
    told = refusal(host.call, "ScopeRemove", scope=scope)
    assert (told.error, told.id) == (error, id_)


def test_removing_takes_the_name_only(um):
    """Grants and tokens go on: the catalogue gives no right, and takes none."""
    token, record = um.token("carol", scopes=["um:read"])
    um.call("ScopeRemove", scope="um:read")
    assert um.call("Check", token=token, scope="um:read", user="carol")["accepted"]
    assert um.asks(token, service="wiki", login="carol") == "accepted"
    assert um.call("UserShow", user="carol")["user"]["grants"] == ["mail:*", "um:read"]
    um.call("Revoke", tokens=[record["id"]])


def test_a_third_party_checks_its_scopes(um):
    """A34: um:bulk is neither um:read nor um:write; nothing is implied."""
    um.user("third", grants=["um:bulk", "um:read"])
    bulk = um.token("third", scopes=["um:bulk"])[0]
    read = um.token("third", scopes=["um:read"])[0]
    whole = um.token("alice", scopes=["um:*"])[0]
    for token, user, held in ((bulk, "third", {"um:bulk"}), (read, "third", {"um:read"}),
                              (whole, "alice", {"um:bulk", "um:read", "um:write"})):
        for scope in ("um:read", "um:write", "um:bulk"):
            reply = um.call("Check", token=token, scope=scope, user=user)
            assert (reply["accepted"], reply["verdict"]) == \
                ((True, "accepted") if scope in held else (False, "scope-denied"))


# --- counting ---

def test_tokens_are_counted_by_what_they_cover():
    """Live ones: suspended ones too, revoked and expired ones not; area:* counts for all of it."""
    with Daemon() as daemon:
        daemon.tenant("acme")
        daemon.tenant("lab", makeDefault=False)
        daemon.user("carol", grants=["mail:*", "ldap:bind"])
        daemon.user("eve", grants=["mail:*"], tenant="lab")
        daemon.call("ScopeAdd", scope="mail:seen", label="Seen")
        for names in (["mail:read"], ["mail:*"], ["mail:send", "ldap:bind"], ["mail:read"]):
            last = daemon.token("carol", scopes=names)[1]["id"]
        daemon.call("Suspend", tokens=[last])
        daemon.call("Revoke", tokens=[daemon.token("carol", scopes=["mail:read"])[1]["id"]])
        daemon.token("eve", scopes=["mail:read"], tenant="lab")
        soon = daemon.call("Status")["now"] + 1_000_000
        daemon.token("carol", scopes=["ldap:bind"], expires=soon)
        assert wait_until(lambda: scopes(daemon, count=True)["ldap:bind"]["tokens"] == 1)
        counted = {name: entry["tokens"] for name, entry in scopes(daemon, count=True).items()}
        assert {name: count for name, count in counted.items() if count} == \
            {"mail:read": 3, "mail:send": 2, "mail:filter": 1, "mail:seen": 1, "ldap:bind": 1}
        assert scopes(daemon, tenant="lab", count=True)["mail:read"]["tokens"] == 1
        assert scopes(daemon, tenant="lab")["mail:read"]["tokens"] is None
        assert refusal(daemon.call, "ScopeList", more=True, tenant="none", count=True).id == \
            "tenant.unknown"
        fill(daemon, 5100, users=300)  # more than a piece
        assert scopes(daemon, count=True)["mail:read"]["tokens"] == 5103


def test_a_new_host_has_a_catalogue():
    with Daemon() as daemon:
        assert list(scopes(daemon, count=True)) == BUILT_IN


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_users_see_names_and_no_numbers" in globals()


if IS_ROOT:
    def test_users_see_names_and_no_numbers(um):
        """How many tokens there are is for those who may see the tenant."""
        with Caller(um, ALICE) as alice, Caller(um, AUDITOR) as olga:
            assert list(scopes(alice)) == list(scopes(um))
            assert scopes(alice, count=True)["mail:read"]["tokens"] is None
            assert scopes(olga, count=True)["mail:read"]["tokens"] is not None
            for method in ("ScopeAdd", "ScopeRemove"):
                told = refusal(olga.call, method, scope="um:read",
                               **({"label": "x"} if method == "ScopeAdd" else {}))
                assert told.error == "NotPermitted"
