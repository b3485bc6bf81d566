# SPDX-License-Identifier: BSD-2-Clause
"""A token's life behind its creation: offer, edit, suspend, resume, rotate, explain."""
import os
import threading
import time

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, refusal, wait_until

SECOND = 1_000_000
DAY = 86400 * SECOND
ADMIN, ALICE, BOB, CHIEF = 60101, 60102, 60103, 60104


def now():
    return int(time.time() * SECOND)


@pytest.fixture(scope="module")
def host():
    """Tenant acme: alice and carol virtual; as root also bob, bound, and administrators."""
    with Daemon() as daemon:
        daemon.tenant(policy={"maxTokens": None}, contact="the help desk")
        daemon.user("alice", grants=["mail:*", "ssh:login", "sudo:run", "um:read"])
        if IS_ROOT:
            daemon.user("bob", grants=["mail:*", "sudo:run"], account="bob", uid=BOB)
            daemon.user("admin", grants=["mail:*"], account="admin", uid=ADMIN, role="admin")
            daemon.user("chief", grants=[], account="chief", uid=CHIEF, role="admin")
        yield daemon


def change(host, token, event):
    """The newest change of a token, which is of this kind."""
    last = host.call("Log", more=True, token=token)[-2:]
    entry = [each["change"] for each in last if "change" in each][-1]
    assert entry["event"] == event
    return entry


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


# --- edit ---

FIELDS = {"name": "a token to edit", "description": "before", "scopes": ["mail:*", "ssh:login"],
          "addresses": ["10.0.0.0/8", "2001:db8::/32"]}

NARROWER = [
    ({"name": "another name"}, "name", "another name"),
    ({"description": "after"}, "description", "after"),
    ({"description": ""}, "description", ""),
    ({"scopes": ["mail:read", "mail:send"]}, "scopes", ["mail:read", "mail:send"]),
    ({"scopes": ["mail:*"]}, "scopes", ["mail:*"]),
    ({"addresses": ["10.1.0.0/16"]}, "addresses", ["10.1.0.0/16"]),
    ({"addresses": ["10.0.0.7", "2001:db8:1::/48"]}, "addresses",
     ["10.0.0.7/32", "2001:db8:1::/48"]),
]


@pytest.mark.parametrize("wish, member, value", NARROWER, ids=str)
def test_an_edit_narrows(host, wish, member, value):
    """C9: each field by itself; the others stay, and the change log has both states."""
    token, made = host.token(**FIELDS, expires=now() + 30 * DAY)
    edited = host.call("Edit", token=made["id"], reason="a try", **wish)["token"]
    assert edited == {**made, member: value}
    entry = change(host, made["id"], "token.edit")
    assert entry["reason"] == "a try" and set(entry["after"]) <= {member}
    assert set(entry["before"]) == {member}
    host.call("Revoke", tokens=[made["id"]])
    assert host.asks(token, service="imap", login="alice", address="10.1.0.1") == "refused"


def test_a_long_description_hides_no_narrowing(host):
    """The change log, and the journal that a restore applies, have what an edit took away."""
    made = host.token(scopes=["mail:*"], name="edited at great length")[1]
    wish = {"description": "é" * 510, "scopes": ["mail:read"], "expires": now() + DAY}
    host.call("Edit", token=made["id"], name="edited at a greater length", **wish)
    assert {"scopes", "expires", "name"} <= set(change(host, made["id"], "token.edit")["after"])
    host.call("Edit", token=made["id"], description="è" * 512)
    entry = change(host, made["id"], "token.edit")
    assert entry["after"]["description"] == "è" * 200 and entry["before"]["description"] == "é" * 200


def test_the_longest_rights_fit_into_the_change_log(host):
    scopes = [f"area{number:02}-{'x' * 19}:verb" for number in range(32)]
    addresses = [f"2001:db8:{number:x}:ffff:ffff:ffff:ffff:fff0/124" for number in range(4096, 4112)]
    host.user("longwind", grants=scopes)
    made = host.token("longwind", scopes=scopes, addresses=addresses, expires=now() + 9 * DAY)[1]
    fewer = {"scopes": scopes[1:], "addresses": addresses[1:], "expires": now() + 8 * DAY}
    host.call("Edit", token=made["id"], **fewer, name="n" * 64, description="d" * 1024)
    entry = change(host, made["id"], "token.edit")
    assert set(fewer) <= set(entry["after"]) and set(fewer) <= set(entry["before"])


def test_an_edit_bites_at_the_next_login(host):
    token, made = host.token(scopes=["mail:*"], name="edited and used")
    assert host.asks(token, service="smtp", login="alice") == "accepted"
    host.call("Edit", token=made["id"], scopes=["mail:read"])
    assert host.asks(token, service="smtp", login="alice") == "refused"
    assert host.asks(token, service="imap", login="alice") == "accepted"
    host.call("Edit", token=made["id"], addresses=["192.0.2.0/24"])
    assert host.asks(token, service="imap", login="alice", address="192.0.2.1") == "accepted"
    assert host.asks(token, service="imap", login="alice") == "refused"
    host.call("Edit", token=made["id"], expires=now() + SECOND)
    time.sleep(1.1)
    assert host.asks(token, service="imap", login="alice", address="192.0.2.1") == "refused"


WIDER = [
    ({"scopes": ["mail:*", "ssh:login", "sudo:run"]}, "Policy", "scope.wider"),
    ({"scopes": ["ldap:bind"]}, "Policy", "scope.wider"),
    ({"scopes": []}, "Invalid", "scope.none"),
    ({"scopes": ["nonsense"]}, "Invalid", "scope.illegal"),
    ({"addresses": []}, "Policy", "address.wider"),
    ({"addresses": ["0.0.0.0/0"]}, "Policy", "address.wider"),
    ({"addresses": ["11.0.0.0/7"]}, "Invalid", "address.illegal"),
    ({"addresses": ["10.0.0.0/7"]}, "Policy", "address.wider"),
    ({"addresses": ["2001:db8::/31"]}, "Policy", "address.wider"),
    ({"addresses": ["10.0.0.0/8", "8.0.0.0/7"]}, "Policy", "address.wider"),
    ({"addresses": ["10.0.0.0/8", "192.0.2.1"]}, "Policy", "address.wider"),
    ({"expires": now() + 31 * DAY}, "Policy", "expires.later"),
    ({"expires": now() - DAY}, "Invalid", "expires.past"),
    ({"expires": 0}, "Invalid", "expires.past"),
    ({"expires": -(1 << 63)}, "Invalid", "expires.past"),
    ({"name": "short"}, "Invalid", "name.length"),
    ({"name": "a name that is taken"}, "Conflict", "name.in-use"),
    ({"name": "control \x07 character"}, "Invalid", "text.unreadable"),
    ({"name": "right to left \u202e override"}, "Invalid", "text.unreadable"),
    ({"description": "d" * 1025}, "Invalid", "text.long"),
    ({"reason": "r" * 513}, "Invalid", "text.long"),
    ({}, "Conflict", "edit.nothing"),
    ({"name": FIELDS["name"], "scopes": FIELDS["scopes"]}, "Conflict", "edit.nothing"),
]


@pytest.mark.parametrize("wish, error, id_", WIDER, ids=str)
def test_an_edit_never_widens(host, wish, error, id_):
    taken = host.token(name="a name that is taken", scopes=["mail:read"])[1]["id"]
    made = host.token(**FIELDS, expires=now() + 30 * DAY)[1]["id"]
    before, heads = host.call("Show", token=made), host.heads()
    refused = refusal(host.call, "Edit", token=made, **wish)
    assert refused and (refused.error, refused.id) == (error, id_)
    assert host.call("Show", token=made) == before and host.heads() == heads
    host.call("Revoke", tokens=[made, taken])


def test_a_dead_token_is_not_edited(host):
    revoked = host.token(scopes=["mail:read"])[1]["id"]
    host.call("Revoke", tokens=[revoked])
    expired = host.token(scopes=["mail:read"], expires=now() + SECOND // 2)[1]["id"]
    time.sleep(0.6)
    for id_, problem in ((revoked, "token.revoked"), (expired, "token.expired")):
        assert refusal(host.call, "Edit", token=id_, name="too late now").id == problem
        assert refusal(host.call, "Suspend", tokens=[id_]).id == problem


# --- suspend and resume ---

def test_suspended_is_refused_and_resumed_accepted(host):
    """A45."""
    token, made = host.token(scopes=["mail:read"])
    other = host.token(scopes=["mail:read"])[1]["id"]
    paused = host.call("Suspend", tokens=[made["id"], other], reason="on holiday")["suspended"]
    assert [each["state"] for each in paused] == ["suspended", "suspended"]
    assert host.asks(token, service="imap", login="alice") == "refused"
    assert host.events("verify")[-1]["verdict"] == "suspended"
    assert change(host, made["id"], "token.suspend")["reason"] == "on holiday"
    assert refusal(host.call, "Suspend", tokens=[other]).id == "token.not-active"
    assert host.call("Resume", tokens=[made["id"]])["resumed"][0]["state"] == "active"
    assert host.asks(token, service="imap", login="alice") == "accepted"
    assert change(host, made["id"], "token.resume")
    # All or none: the first is active already.
    error = refusal(host.call, "Resume", tokens=[made["id"], other])
    assert error.id == "token.not-suspended"
    assert host.call("Show", token=other)["token"]["state"] == "suspended"
    host.call("Revoke", tokens=[other, made["id"]])
    assert refusal(host.call, "Resume", tokens=[other]).id == "token.not-suspended"


def test_a_pending_token_is_not_suspended(host):
    made = host.token(scopes=["mail:read"], pending=True)[1]["id"]
    assert refusal(host.call, "Suspend", tokens=[made]).id == "token.not-active"


if IS_ROOT:
    def test_nobody_resumes_what_somebody_above_them_suspended(host):
        """Users undo their own pause, administrators no operator's."""
        cases = [(BOB, BOB, True), (ADMIN, BOB, False), (0, BOB, False),
                 (0, 0, True), (BOB, 0, True), (ADMIN, 0, True)]
        for suspender, resumer, may in cases:
            made = host.token("bob", scopes=["mail:read"])[1]["id"]
            with Caller(host, suspender) as one, Caller(host, resumer) as other:
                one.call("Suspend", tokens=[made])
                error = refusal(other.call, "Resume", tokens=[made])
            assert (error is None) == may, (suspender, resumer, error)
            assert may or error.id == "resume.foreign"
        # Of a virtual user: any administrator of the tenant, unless it was an operator.
        for suspender, resumer, may in [(ADMIN, CHIEF, True), (0, CHIEF, False)]:
            made = host.token(scopes=["mail:read"])[1]["id"]
            with Caller(host, suspender) as one, Caller(host, resumer) as other:
                one.call("Suspend", tokens=[made])
                error = refusal(other.call, "Resume", tokens=[made])
            assert (error is None) == may, (suspender, resumer, error)

    def test_a_rotation_gives_nobody_what_they_could_not_make(host):
        """A user's own token with a scope that users do not give themselves has no successor."""
        made = host.token("bob", scopes=["sudo:run"])[1]["id"]
        with Caller(host, BOB) as bob:
            error = refusal(bob.call, "Rotate", token=made)
            assert error.id == "scope.self-service"
            plain = host.token("bob", scopes=["mail:read"])[1]["id"]
            assert bob.call("Rotate", token=plain)["created"]["user"] == "bob"
        assert host.call("Show", token=made)["token"]["successor"] is None

    def test_an_offer_is_what_the_caller_may_give(host):
        """B8, C11: users see what they may give themselves; operators what the user holds."""
        def scopes(caller, **named):
            return [scope["scope"] for scope in caller.call("Offer", **named)["scopes"]]

        with Caller(host, BOB) as bob, Caller(host, ADMIN) as admin:
            mine = scopes(bob)
            assert mine == ["mail:read", "mail:send", "mail:filter", "mail:*"]
            assert scopes(host, user="bob") == [*mine[:3], "sudo:run", "mail:*"]
            assert "mail:read" in scopes(admin, user="alice")
            refused = admin.call("Offer", user="bob")
            assert refused["refusal"] and refused["user"]["user"] == "bob"
            assert refusal(bob.call, "Offer", user="alice").error == "NotFound"
            for scope in mine:
                assert refusal(bob.call, "Create", name=f"with {scope}", scopes=[scope]) is None


# --- rotate ---

def test_a_successor_has_the_same_settings(host):
    """S3, A41, C26: both work during the overlap, the old one is dead behind it."""
    token, old = host.token(**{**FIELDS, "name": "to be rotated", "addresses": []},
                            expires=now() + 30 * DAY)
    reply = host.call("Rotate", token=old["id"], grace=SECOND)
    new, replaced = reply["created"], reply["replaced"]
    for member in ("name", "description", "scopes", "addresses", "user", "tenant"):
        assert new[member] == old[member]
    assert abs(new["expires"] - now() - 30 * DAY) < 5 * SECOND and new["state"] == "active"
    assert replaced["id"] == old["id"] and replaced["successor"] == new["id"]
    assert replaced["state"] == "expiring" and replaced["expires"] - now() <= SECOND
    assert change(host, old["id"], "token.rotate")["after"]["successor"] == new["id"]
    assert host.asks(token, service="imap", login="alice") == "accepted"
    assert host.asks(reply["token"], service="imap", login="alice") == "accepted"
    time.sleep(1.1)
    assert host.asks(token, service="imap", login="alice") == "refused"
    assert host.asks(reply["token"], service="imap", login="alice") == "accepted"


def test_without_grace_the_old_one_is_revoked(host):
    """E27."""
    token, old = host.token(scopes=["mail:read"])
    reply = host.call("Rotate", token=old["id"], grace=0)
    assert reply["replaced"]["state"] == "revoked"
    assert reply["created"]["expires"] is None
    assert host.asks(token, service="imap", login="alice") == "refused"
    assert change(host, old["id"], "token.revoke")["reason"] == "rotated"


@pytest.mark.parametrize("options, expires", [
    ({}, 10 * DAY), ({"expires": 0}, 3 * DAY), ({"never": True}, None)], ids=str)
def test_how_long_a_successor_lives(host, options, expires):
    old = host.token(scopes=["mail:read"], expires=now() + 10 * DAY)[1]["id"]
    if "expires" in options:
        options = {"expires": now() + 3 * DAY}
    new = host.call("Rotate", token=old, **options)["created"]["expires"]
    assert new == expires or abs(new - now() - expires) < 5 * SECOND


def test_an_overlap_ends_with_the_old_tokens_own_end(host):
    old = host.token(scopes=["mail:read"], expires=now() + 3600 * SECOND)[1]
    replaced = host.call("Rotate", token=old["id"], grace=DAY)["replaced"]
    assert replaced["expires"] == old["expires"]


def test_what_cannot_be_rotated(host):
    old = host.token(scopes=["mail:read"])[1]["id"]
    for grace in (-1, 7 * DAY + 1, 1 << 62):
        assert refusal(host.call, "Rotate", token=old, grace=grace).id == "grace.range"
    assert refusal(host.call, "Rotate", token=old, never=True, expires=5).error == "InvalidParameter"
    new = host.call("Rotate", token=old)["created"]["id"]
    error = refusal(host.call, "Rotate", token=old)
    assert error.id == "rotate.twice" and new in error.hint
    host.call("Suspend", tokens=[new])
    assert refusal(host.call, "Rotate", token=new).id == "token.suspended"
    host.call("Revoke", tokens=[new])
    assert refusal(host.call, "Rotate", token=new).id == "token.revoked"
    assert host.call("Rotate", token=old)["created"]["state"] == "active"
    pending = host.token(scopes=["mail:read"], pending=True)[1]["id"]
    assert refusal(host.call, "Rotate", token=pending).id == "token.pending"
    assert refusal(host.call, "RotateFinish", token=pending).id == "rotate.none"


def test_a_name_means_the_newest_of_a_rotation(host):
    old = host.token(scopes=["mail:read"], name="a name of several")[1]["id"]
    new = host.call("Rotate", token="a name of several")["created"]["id"]
    newest = host.call("Rotate", token="a name of several")
    assert newest["replaced"]["id"] == new
    host.call("Revoke", tokens=[newest["created"]["id"]])
    error = refusal(host.call, "Show", token="a name of several")
    assert error.id == "token.ambiguous" and old in error.message and new in error.message


@pytest.mark.parametrize("named", ["created", "replaced"])
def test_an_overlap_can_be_ended_early(host, named):
    """S3."""
    token, old = host.token(scopes=["mail:read"])
    reply = host.call("Rotate", token=old["id"])
    assert abs(reply["replaced"]["expires"] - now() - DAY) < 5 * SECOND
    ended = host.call("RotateFinish", token=reply[named]["id"])["revoked"]
    assert (ended["id"], ended["state"]) == (old["id"], "revoked")
    assert host.asks(token, service="imap", login="alice") == "refused"
    assert host.asks(reply["token"], service="imap", login="alice") == "accepted"


def test_a_pending_successor_changes_nothing_until_it_is_confirmed(host):
    token, old = host.token(scopes=["mail:read"])
    reply = host.call("Rotate", token=old["id"], pending=True, grace=0)
    new = reply["created"]["id"]
    assert reply["created"]["state"] == "pending" and reply["replaced"]["state"] == "active"
    assert host.asks(token, service="imap", login="alice") == "accepted"
    assert host.asks(reply["token"], service="imap", login="alice") == "refused"
    assert refusal(host.call, "Confirm", token=new, grace=8 * DAY).id == "grace.range"
    assert host.call("Show", token=new)["token"]["state"] == "pending"
    host.call("Confirm", token=new, grace=0)
    assert host.asks(token, service="imap", login="alice") == "refused"
    assert host.asks(reply["token"], service="imap", login="alice") == "accepted"


def test_a_discarded_successor_leaves_the_old_token_as_it_was(host):
    token, old = host.token(scopes=["mail:read"])
    new = host.call("Rotate", token=old["id"], pending=True)["created"]["id"]
    host.call("Revoke", tokens=[new])
    assert host.call("Show", token=old["id"])["token"] == old
    assert host.asks(token, service="imap", login="alice") == "accepted"


def test_a_successor_needs_no_place_of_its_own(host):
    """A24: with the last place taken a token can be rotated; afterwards no place is free."""
    host.tenant("tiny", makeDefault=False, policy={"maxTokens": 2})
    host.user("eve", tenant="tiny", grants=["mail:*"])

    def one_more():
        return refusal(host.call, "Create", tenant="tiny", user="eve", scopes=["mail:read"],
                       name="one too many for eve")

    made = [host.token("eve", scopes=["mail:read"], tenant="tiny")[1]["id"] for _ in range(2)]
    new = host.call("Rotate", token=made[0])["created"]["id"]
    assert one_more().id == "limit.tokens"
    pending = host.call("Rotate", token=made[1], pending=True)["created"]["id"]
    assert one_more().id == "limit.tokens"
    host.call("Revoke", tokens=[pending])
    assert one_more().id == "limit.tokens"
    host.call("Revoke", tokens=[new])
    assert one_more() is None


def test_a_successor_that_nobody_confirmed_makes_no_room(host):
    """Its place stays taken until it is ended: then the old token counts again."""
    host.tenant("brief", makeDefault=False, policy={"maxTokens": 2, "pendingLifetime": SECOND})
    host.user("eve", tenant="brief", grants=["mail:*"])
    made = [host.token("eve", scopes=["mail:read"], tenant="brief")[1]["id"] for _ in range(2)]
    soon = now() + SECOND
    waiting = [host.call("Rotate", token=made[0], pending=True),
               host.call("Rotate", token=made[1], pending=True, expires=soon)]

    def one_more():
        return refusal(host.call, "Create", tenant="brief", user="eve", scopes=["mail:read"],
                       name="one too many for eve")

    def successor(old):
        return host.call("Show", token=old)["token"]["successor"]

    while now() <= soon:
        time.sleep(0.05)
        assert one_more().id == "limit.tokens"
    error = refusal(host.call, "Confirm", token=waiting[0]["created"]["id"])
    assert error is None or error.id in ("token.too-late", "token.not-pending")
    # patd ends them in its own time, and nothing was won by then either.
    assert wait_until(lambda: successor(made[0]) is None and successor(made[1]) is None, 60)
    assert one_more().id == "limit.tokens"


def test_a_pause_holds_for_a_successor_that_waits(host):
    """Who may not resume the old token does not get round its pause by confirming the new one."""
    old = host.token(scopes=["mail:read"])[1]["id"]
    reply = host.call("Rotate", token=old, pending=True)
    new = reply["created"]["id"]
    host.call("Suspend", tokens=[old])
    assert refusal(host.call, "Confirm", token=new).id == "token.suspended"
    assert host.asks(reply["token"], service="imap", login="alice") == "refused"
    host.call("Resume", tokens=[old])
    assert host.call("Confirm", token=new)["confirmed"]["state"] == "active"


@pytest.mark.parametrize("named", ["created", "replaced"])
def test_a_rotation_is_not_finished_before_it_is_confirmed(host, named):
    token, old = host.token(scopes=["mail:read"])
    reply = host.call("Rotate", token=old["id"], pending=True)
    assert refusal(host.call, "RotateFinish", token=reply[named]["id"]).id == "token.pending"
    assert host.asks(token, service="imap", login="alice") == "accepted"


def test_no_place_is_promised_for_an_end_that_makes_none(host):
    """A24: a token in the overlap of a rotation does not count, so it is not the one to revoke."""
    host.tenant("full", makeDefault=False, policy={"maxTokens": 1})
    host.user("eve", tenant="full", grants=["mail:*"])
    old = host.token("eve", scopes=["mail:read"], tenant="full")[1]["id"]
    new = host.call("Rotate", token=old)["created"]["id"]
    error = refusal(host.token, "eve", scopes=["mail:read"], tenant="full")
    assert error.id == "limit.tokens" and new in error.hint and old not in error.hint


# --- explain, offer ---

def test_an_explanation_is_the_decision_without_the_secret(host):
    """A53: the same ladder, but for what only the text of a token can tell."""
    token, made = host.token(scopes=["mail:read"], addresses=["192.0.2.0/24"])
    asked = {"service": "imap", "user": "alice", "address": "192.0.2.1"}
    for change_ in ({}, {"service": "smtp"}, {"user": "bob"}, {"address": "198.51.100.1"},
                    {"address": None}, {"user": None}):
        request = {**asked, **change_}
        said = host.call("Explain", token=made["id"], **request)
        checked = host.call("Check", token=token, **request)
        conditions = [each for each in checked["conditions"]
                      if each["verdict"] not in ("malformed", "bad-secret")]
        assert said == {**checked, "conditions": conditions}
    assert host.call("Explain", token=made["id"], **asked)["accepted"]
    assert host.call("Explain", token=made["id"], scope="mail:read",
                     address="192.0.2.1")["accepted"]
    assert refusal(host.call, "Explain", token=made["id"]).error == "InvalidParameter"
    assert refusal(host.call, "Explain", token=token, service="imap").error == "NotFound"
    host.call("Suspend", tokens=[made["id"]])
    assert host.call("Explain", token=made["id"], **asked)["verdict"] == "suspended"


def test_an_offer_says_what_a_token_has_to_keep(host):
    """A51."""
    offer = host.call("Offer", user="alice")
    assert offer["nameMin"] == 8 and offer["contact"] == "the help desk"
    assert offer["refusal"] == offer["hint"] == "" and offer["user"]["maxTokens"] is None
    assert offer["pendingLifetime"] == 600 * SECOND and not offer["requireExpiry"]
    scopes = {scope["scope"]: scope for scope in offer["scopes"]}
    assert scopes["mail:read"]["label"] == "Read mail" and "imap" in scopes["mail:read"]["services"]
    assert {"ssh:login", "sudo:run", "mail:*", "um:read"} <= set(scopes)
    host.tenant("strict", makeDefault=False, contact="the desk", policy={
        "nameMin": 12, "requireExpiry": True, "requireAddresses": True, "maxTokens": 1,
        "defaultLifetime": 5 * DAY, "maxLifetime": 9 * DAY, "scopes": ["mail:read"]})
    host.user("eve", tenant="strict", grants=["mail:read"])
    offer = host.call("Offer", tenant="strict", user="eve")
    assert (offer["nameMin"], offer["requireExpiry"], offer["requireAddresses"],
            offer["defaultLifetime"], offer["maxLifetime"]) == (12, True, True, 5 * DAY, 9 * DAY)
    assert [scope["scope"] for scope in offer["scopes"]] == ["mail:read"]
    host.token("eve", tenant="strict", scopes=["mail:read"], name="the only one she has",
               addresses=["192.0.2.1"])
    assert "1 of 1" in host.call("Offer", tenant="strict", user="eve")["refusal"]
    host.call("UserSetEnabled", tenant="strict", user="eve", enabled=False)
    assert "disabled" in host.call("Offer", tenant="strict", user="eve")["refusal"]


# --- the race for the last place ---

def test_two_creates_never_share_the_last_place(host):
    """M5: a thousand times, two at the same moment for the 25th place: one of them gets it."""
    host.tenant("race", makeDefault=False)
    host.user("eve", tenant="race", grants=["mail:*"])
    for _ in range(24):
        host.token("eve", tenant="race", scopes=["mail:read"])
    gate, results = threading.Barrier(3), [None, None]

    def runner(index):
        with Caller(host) as caller:
            for number in range(1000):
                gate.wait(60)
                results[index] = refusal(caller.call, "Create", tenant="race", user="eve",
                                         name=f"racer {index} {number:04}", scopes=["mail:read"])
                gate.wait(60)

    runners = [threading.Thread(target=runner, args=(index,), daemon=True) for index in (0, 1)]
    for each in runners:
        each.start()
    for number in range(1000):
        gate.wait(60)
        gate.wait(60)
        winners = [index for index in (0, 1) if results[index] is None]
        assert len(winners) == 1 and results[1 - winners[0]].id == "limit.tokens"
        host.call("Revoke", tenant="race", tokens=[f"racer {winners[0]} {number:04}"])
    for each in runners:
        each.join(60)
