# SPDX-License-Identifier: BSD-2-Clause
"""patctl tenant: rules that are set, what they block, and a tenant that goes."""
import json

import pytest

from ctlkit import ADMIN, ALICE, Screen, id_of
from pat import IS_ROOT

FROM = ["imap", "-u", "alice", "--rhost", "192.0.2.7"]


def show(host, tenant="acme"):
    return host.json("tenant", "show", tenant)


def seen(host, tenant="lab"):
    """The tenant's state and counts, to see that nothing happened."""
    return show(host, tenant), host.head()


# --- rules ---

SET = [
    (["--max-tokens", "3"], {"max_tokens": 3}), (["--max-tokens", "unlimited"], {"max_tokens": None}),
    (["--name-min", "12"], {"name_min": 12}),
    (["--require-expiry"], {"require_expiry": True}),
    (["--no-require-expiry"], {"require_expiry": False}),
    (["--require-from"], {"require_from": True}), (["--no-require-from"], {"require_from": False}),
    (["--default-expiry", "30d", "--max-lifetime", "90d"],
     {"default_expiry": 30 * 86400, "max_lifetime": 90 * 86400}),
    (["--default-expiry", "none", "--max-lifetime", "none"],
     {"default_expiry": None, "max_lifetime": None}),
    (["--confirm-within", "1h"], {"confirm_within": 3600}),
    (["--scopes", "ldap:bind,mail:*"], {"scopes": ["ldap:bind", "mail:*"]}),
    (["--scopes", "any"], {"scopes": None}),
    (["--networks", "192.0.2.0/24,2001:db8::/32"], {"networks": ["192.0.2.0/24", "2001:db8::/32"]}),
    (["--networks", "any"], {"networks": None}),
    (["--self-service-scopes", "mail:read"], {"self_service_scopes": ["mail:read"]}),
    (["--self-service-scopes", "none"], {"self_service_scopes": []}),
    (["--no-self-service"], {"self_service": False}), (["--self-service"], {"self_service": True}),
    (["--contact", "room 7", "--description", "the firm"],
     {"contact": "room 7", "description": "the firm"}),
    (["--realm", "acme.example,acme.test"], {"realms": ["acme.example", "acme.test"]}),
    (["--realm", "none"], {"realms": []}),
]


def test_every_rule_is_set_alone_and_taken_away(host):
    """B4: what is not named stays; create takes the same options."""
    expected = show(host)
    for arguments, changed in SET:
        names = [name for name in expected if name in changed and expected[name] != changed[name]]
        expected.update(changed)
        printed = host.json("tenant", "set", "acme", *arguments, "--reason", "a test")
        assert (printed.pop("changed"), printed.pop("blocked")) == (names, 0)
        assert printed == expected == show(host)
    host.say("tenant", "create", "lab", "--max-tokens", "unlimited", "--scopes", "any",
             "--max-lifetime", "none", "--confirm-within", "1h")
    lab = show(host, "lab")
    assert (lab["max_tokens"], lab["scopes"], lab["confirm_within"]) == (None, None, 3600)


def test_the_differences_are_told(host):
    """B4."""
    said = host.say("tenant", "set", "acme", "--require-expiry", "--max-lifetime", "60d",
                    "--scopes", "mail:*")
    assert said == "✓ Tenant acme is changed.\n" \
        "  expiry       optional -> required\n" \
        "  at longest   none -> 60 days\n" \
        "  scopes       any -> mail:*\n"
    head = host.head()
    assert host.say("tenant", "set", "acme", "--max-lifetime", "60d") == \
        "✓ Tenant acme is like that already: nothing changed.\n"
    assert host.head() == head
    card = host.say("tenant", "show", "acme")
    assert "  at longest   60 days\n" in card and "  scopes       mail:*\n" in card
    row = host.say("tenant", "list").splitlines()[1].split()
    assert row[:9] == ["acme", "0", "25", "2", "60", "days", "required", "active", "—"]


@pytest.mark.parametrize("status, arguments, said", [
    (2, [], "nothing is named"), (2, ["--require-expiry", "--no-require-expiry"], "not both"),
    (2, ["--scopes", "none"], "two things"), (2, ["--networks", "unlimited"], "two things"),
    (2, ["--max-tokens", "0"], "not a number"), (2, ["--max-lifetime", "never"], "not a lifetime"),
    (2, ["--name-min", "65"], "1 to 64"), (2, ["--scopes", "mail"], "policy"),
    (2, ["--default-expiry", "60d", "--max-lifetime", "30d"], "longer than the longest"),
    (2, ["--realm", "-"], "not a realm"),
], ids=str)
def test_what_cannot_be_set_changes_nothing(shared, status, arguments, said):
    before = seen(shared, "acme")
    assert said in shared.fails(status, "tenant", "set", "acme", *arguments)
    assert said in shared.error(status, "tenant", "set", "acme", *arguments)["message"]
    assert seen(shared, "acme") == before


@pytest.mark.parametrize("command", ["show", "set", "enable", "disable", "delete"])
def test_no_such_tenant(shared, command):
    more = ["--contact", "me"] if command == "set" else ["--yes"] if command == "delete" else []
    assert 'no tenant "nowhere"' in shared.fails(3, "tenant", command, "nowhere", *more)


# --- what rules block ---

def test_what_the_rules_block_is_told_and_found(host):
    """K2, S5."""
    token = host.make("for ever and ever")
    host.make("for a month", "--expires", "30d")
    said = host.say("tenant", "set", "acme", "--require-expiry")
    assert said.endswith("▲ 1 live token does not keep these rules and is refused: "
                         "patctl list -t acme --blocked\n")
    listed, = host.json("list", "-t", "acme", "--blocked")["tokens"]
    assert (listed["id"], listed["status"], listed["blocked"]) == \
        (id_of(token), "active", "the tenant requires an expiry")
    card = host.say("show", "for ever and ever")
    assert "  blocked      the tenant requires an expiry\n" in card
    assert "  effective    nothing: the token is blocked" in card
    checked = host.say("check", "--service", *FROM, stdin=token, check=5)
    assert checked.startswith("✗ refused (policy-denied): the tenant requires an expiry\n")
    assert "✗ expires, as the tenant requires" in checked
    assert "✗ expires, as the tenant requires" in host.say("explain", id_of(token), "--service",
                                                           *FROM, check=5)
    host.say("tenant", "set", "acme", "--no-require-expiry")
    host.say("check", "--service", *FROM, stdin=token)
    assert "blocked" not in host.say("show", "for ever and ever")
    host.say("tenant", "set", "acme", "--max-lifetime", "10d")
    assert host.json("tenant", "set", "acme", "--contact", "x")["blocked"] == 2
    host.say("edit", id_of(token), "--expires", "5d")
    host.say("check", "--service", *FROM, stdin=token)
    host.say("revoke", "--blocked", "--yes")
    assert [row["name"] for row in host.json("list")["tokens"]] == ["for ever and ever"]


if IS_ROOT:
    def test_an_administrator_tightens_and_is_told_why_not_more(host):
        host.user("adam", grants=[], account="adam", uid=ADMIN, role="admin")
        host.ctl("tenant", "set", "acme", "--max-tokens", "5", "--contact", "adam", uid=ADMIN,
                 check=0)
        for arguments, id_ in ((["--max-tokens", "6"], "policy.loosen"),
                               (["--realm", "other.example"], "policy.realms")):
            error = host.error(4, "tenant", "set", "acme", *arguments, uid=ADMIN)
            assert error["id"] == id_ and "may tighten" in error["hint"]
        for command in ("disable", "enable", "delete"):
            host.fails(4, "tenant", command, "acme", uid=ADMIN)
        assert host.json("tenant", "show", "acme", uid=ALICE)["max_tokens"] == 5
        host.fails(4, "tenant", "set", "acme", "--max-tokens", "4", uid=ALICE)


# --- on, off, and gone ---

def test_disabled_and_enabled(host):
    token = host.make("mail on the phone")
    assert host.say("tenant", "disable", "acme", "--reason", "unpaid") == \
        "✓ Tenant acme is disabled. Its tokens are refused now.\n"
    assert "tenant-disabled" in host.say("check", "--service", *FROM, stdin=token, check=5)
    assert " disabled " in host.say("tenant", "list")
    assert host.json("tenant", "enable", "acme")["enabled"]
    host.say("check", "--service", *FROM, stdin=token)


@pytest.fixture
def lab(host):
    """A tenant with a user and two tokens, one of which is live."""
    host.say("tenant", "create", "lab")
    host.say("user", "create", "eve", "-t", "lab", "--virtual", "--grant", "mail:*")
    host.say("create", "eve", "-t", "lab", "--name", "the live one", "--scope", "mail:read", "-q")
    dead = host.say("create", "eve", "-t", "lab", "--name", "the dead one", "--scope", "mail:read",
                    "-q")
    host.say("revoke", id_of(dead), "--yes")
    return host


WHAT = "1 user, 0 groups and 2 tokens (1 live)"


def test_deleting_wants_the_tokens_named_and_shows_what_goes(lab):
    before = seen(lab)
    error = lab.error(6, "tenant", "delete", "lab", "--yes")
    assert error["id"] == "tenant.in-use" and "--with-tokens" in error["hint"]
    assert lab.say("tenant", "delete", "lab", "--with-tokens", "--dry-run") == \
        f"Tenant lab would go, with {WHAT}. Nothing changed (--dry-run).\n"
    assert "give --yes" in lab.fails(2, "tenant", "delete", "lab", "--with-tokens")
    assert "the one of services that list none" in lab.fails(6, "tenant", "delete", "acme", "--yes")
    assert seen(lab) == before
    assert lab.json("tenant", "delete", "lab", "-n", "--with-tokens") == \
        {"v": 1, "tenant": "lab", "deleted": False, "users": 1, "groups": 0, "tokens": 2, "live": 1}


def test_a_deleted_tenant_leaves_its_log(lab):
    said = lab.say("tenant", "delete", "lab", "--with-tokens", "--yes", "--reason", "closed down")
    assert said == f"✓ Tenant lab is deleted, with {WHAT}.\n" \
        "  What was done to it: patctl log -t lab\n"
    assert [row["tenant"] for row in lab.json("tenant", "list")["tenants"]] == ["acme"]
    events = [row["event"] for row in lab.json("log", "-t", "lab")["changes"]]
    assert events[0] == "tenant.create" and events[-2:] == ["tenant.disable", "tenant.delete"]
    lab.say("log", "--verify")
    lab.say("tenant", "create", "lab")
    again = [row["seq"] for row in lab.json("log", "-t", "lab")["changes"]]
    assert again == list(range(1, len(events) + 2))


def test_on_a_terminal_the_name_is_typed(lab):
    before = seen(lab)
    question = f"Tenant lab goes, with {WHAT}. This cannot be undone.\n" \
        "Type the name of the tenant to go on: "
    arguments = ["tenant", "delete", "lab", "--with-tokens"]
    for wrong in ("y\n", "la\n", "2\n", "\n"):
        screen = Screen(lab, *arguments, answers=[(question.replace("\n", "\r\n"), wrong)])
        assert screen.status == 10 and seen(lab) == before
    screen = Screen(lab, *arguments, answers=[(question.replace("\n", "\r\n"), "lab\n")])
    assert screen.status == 0 and "✓ Tenant lab is deleted" in screen.text
    lab.say("tenant", "create", "void")
    screen = Screen(lab, "tenant", "delete", "void",
                    answers=[("Delete tenant void, which is empty? [y/N] ", "y\n")])
    assert screen.status == 0


def test_progress_goes_to_the_people_and_not_into_json(lab):
    """What --json prints is one document, however many pieces there were."""
    printed = lab.say("tenant", "delete", "lab", "--with-tokens", "--yes", "--json")
    assert json.loads(printed)["deleted"] is True and printed.count("\n") == 1
