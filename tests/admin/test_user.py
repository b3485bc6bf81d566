# SPDX-License-Identifier: BSD-2-Clause
"""One user: the card, role and contact, and the end: revoke-all and forget.

Callers of several uids can be made by root only; PAT_REQUIRE_ROOT=1 says that root was promised.
"""
import grp
import json
import os
import pwd
import re

import pytest

from ctlkit import ADMIN, ALICE, IS_ROOT, Screen, fits, id_of

# Somebody of the host whose groups have names.
ACCOUNT = next(entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 1000)
GROUP = grp.getgrgid(ACCOUNT.pw_gid).gr_name


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_administrators_end_virtual_users_only" in globals()


# --- the card ---

def line_of(card, label):
    """What a card says behind a label; None when it does not have it."""
    found = re.search(rf"^  {re.escape(f'{label:<13}')}(.*)$", card, re.M)
    return found and found[1]


def test_the_card_tells_who_and_what(host):
    card = host.say("user", "show", "alice")
    assert fits(card) == []
    assert card.splitlines()[0] == f"alice · uid {ALICE} · tenant acme · active" + \
        "                          0 of 25 tokens"
    assert line_of(card, "role") == "user" and line_of(card, "grants") == "mail:*,ssh:login"
    assert line_of(card, "may") == "create, list, rotate and revoke own tokens"
    assert line_of(card, "account") is None and line_of(card, "by group") is None
    host.say("user", "create", "other", "--account", ACCOUNT.pw_name, "--system")
    assert line_of(host.say("user", "show", "other"), "account") == ACCOUNT.pw_name
    assert line_of(host.say("user", "show", "other"), "grants") == "nothing"


def test_what_groups_are_granted_is_on_the_card(host):
    """For those who may know: the account's groups are those of this host."""
    host.say("user", "create", "worker", "--account", ACCOUNT.pw_name, "--system")
    host.say("grant", "add", "@nosuchgroupatall", "db:connect")
    assert line_of(host.say("user", "show", "worker"), "by group") is None
    host.say("grant", "add", f"@{GROUP}", "ldap:bind")
    assert line_of(host.say("user", "show", "worker"), "by group") == f"@{GROUP}: ldap:bind"
    assert line_of(host.say("user", "show", "carol"), "by group") is None


@pytest.mark.parametrize("role, rule, said", [
    ("user", {}, "create, list, rotate and revoke own tokens"),
    ("user", {"selfService": False}, "list and revoke own tokens; .*"),
    ("auditor", {}, "see the whole tenant .*"), ("admin", {}, "manage virtual users .*"),
], ids=str)
def test_what_a_user_may_do_is_said(host, role, rule, said):
    host.tenant("rules", makeDefault=False, policy=rule)
    host.user("hal", tenant="rules", account="hal", uid=70001, role=role)
    card = host.say("user", "show", "hal", "-t", "rules")
    assert re.fullmatch(said, line_of(card, "may")) and fits(card) == []
    host.say("user", "disable", "hal", "-t", "rules")
    card = host.say("user", "show", "hal", "-t", "rules")
    assert "· disabled " in card.splitlines()[0] and line_of(card, "may").startswith("nothing")


# --- role and contact ---

def test_a_role_is_given_and_taken(host):
    """M15."""
    for role, said in (("auditor", "an auditor"), ("admin", "an administrator"),
                       ("user", "an ordinary user")):
        assert host.say("user", "role", "alice", role, "--reason", "a new desk") == \
            f"✓ User alice of tenant acme is {said} now.\n"
        assert host.json("user", "show", "alice")["role"] == role
    assert host.json("log", "--event", "user.role", "-u", "alice")["changes"][0]["reason"] == \
        "a new desk"
    before = host.head()
    assert host.json("user", "role", "alice", "user")["role"] == "user" and host.head() == before
    done = host.ctl("user", "role", "carol", "auditor", check=0)
    assert "counts once the user has an account" in done.stderr
    assert 'no role "king"' in host.fails(2, "user", "role", "carol", "king")
    assert host.error(3, "user", "role", "zoe", "admin")["id"] == "user.unknown"
    host.fails(2, "user", "role", "carol")


def test_a_contact_is_set_and_taken_away(host):
    said = host.say("user", "set", "carol", "--contact", "carol@example.org", "--reason", "asked")
    assert said == "✓ User carol of tenant acme has this contact now.\n"
    assert line_of(host.say("user", "show", "carol"), "contact") == "carol@example.org"
    assert host.json("user", "set", "carol", "--contact", "")["contact"] == ""
    assert line_of(host.say("user", "show", "carol"), "contact") is None
    assert "say what is to be another" in host.fails(2, "user", "set", "carol")
    assert "longer than 254 bytes" in host.fails(2, "user", "set", "carol", "--contact", 255 * "x")


# --- revoke-all ---

def test_all_tokens_of_a_user_are_revoked(host):
    """The same as revoke -u: nobody else's."""
    made = [id_of(host.make(f"number {n} of carol", user="carol")) for n in range(3)]
    other = id_of(host.make("of somebody else"))
    text = host.say("user", "revoke-all", "carol", "--dry-run")
    assert all(id_ in text for id_ in made) and other not in text
    assert text.endswith("3 tokens of 1 user would be revoked. Nothing changed (--dry-run).\n")
    assert "give --yes" in host.ctl("user", "revoke-all", "carol", check=2).stderr
    assert {host.state_of(id_) for id_ in made} == {"active"}
    host.say("user", "revoke-all", "carol", "--yes", "--reason", "left")
    assert {host.state_of(id_) for id_ in made} == {"revoked"}
    assert host.state_of(other) == "active"
    last = host.json("log", "--event", "token.revoke")["changes"]
    assert {row["reason"] for row in last} == {"left"} and len(last) == 3
    assert host.error(3, "user", "revoke-all", "zoe", "--yes")["id"] == "user.unknown"


def test_their_number_is_typed(host):
    for n in range(2):
        host.make(f"number {n} of carol", user="carol")
    screen = Screen(host, "user", "revoke-all", "carol",
                    answers=[("Type the number of tokens to go on: ", "3\n")])
    assert screen.status == 10
    screen = Screen(host, "user", "revoke-all", "carol",
                    answers=[("Type the number of tokens to go on: ", "2\n")])
    assert screen.status == 0
    assert host.json("user", "show", "carol")["tokens"] == 0


# --- forget ---

def end_tokens(host, user, count):
    for n in range(count):
        host.make(f"number {n} of {user}", user=user)
    if count:
        host.say("user", "revoke-all", user, "--yes")


def test_a_user_is_forgotten(host):
    host.make("lives on", user="carol")
    told = host.error(6, "user", "forget", "carol", "--yes")
    assert (told["id"], told["hint"]) == \
        ("user.has-tokens", "end them first: patctl user revoke-all carol --tenant acme")
    host.say("user", "revoke-all", "carol", "--yes", "--reason", "a private matter")
    before = host.head()
    assert host.say("user", "forget", "carol", "--dry-run") == \
        "carol of tenant acme would be forgotten, with 1 dead token. Nothing changed (--dry-run).\n"
    assert host.json("user", "forget", "carol", "-n") == {
        "v": 1, "user": "carol", "tenant": "acme", "forgotten": False, "tokens": 1, "changes": None}
    assert "give --yes" in host.fails(2, "user", "forget", "carol")
    assert host.head() == before
    said = host.say("user", "forget", "carol", "--yes", "--reason", "asked for it")
    assert said == (
        "✓ User carol of tenant acme is forgotten, with 1 dead token.\n"
        "  The texts of 3 changes are erased. Names and ids stay in the change log,\n"
        "  which holds: patctl log --verify\n") and fits(said) == []
    assert host.error(3, "user", "show", "carol")["id"] == "user.unknown"
    host.say("log", "--verify")
    changes = host.json("log", "-u", "carol")["changes"]
    assert [row["erased"] for row in changes] == [True, True, True, False, False]
    assert "a private matter" not in json.dumps(changes) and "lives on" not in json.dumps(changes)
    assert changes[-1]["reason"] == "asked for it"
    assert host.error(3, "user", "forget", "carol", "--yes")["id"] == "user.unknown"


@pytest.mark.parametrize("tokens, question, wrong, right", [
    (0, "Forget carol of tenant acme? This cannot be undone. [y/N] ", "\n", "y\n"),
    (1, "Forget carol of tenant acme and a dead token? This cannot be undone. [y/N] ", "n\n",
     "y\n"),
    (3, "Type the number of tokens to go on: ", "y\n", "3\n"),
], ids=["without tokens", "with one", "with several"])
def test_the_more_goes_the_more_is_asked(host, tokens, question, wrong, right):
    end_tokens(host, "carol", tokens)
    screen = Screen(host, "user", "forget", "carol", columns=100, answers=[(question, wrong)])
    assert screen.status == 10 and host.json("user", "show", "carol")["user"] == "carol"
    screen = Screen(host, "user", "forget", "carol", columns=100, answers=[(question, right)])
    assert screen.status == 0 and "is forgotten" in screen.text
    host.fails(3, "user", "show", "carol")


if IS_ROOT:
    def test_administrators_end_virtual_users_only(host):
        host.user("adam", account="adam", uid=ADMIN, role="admin")
        host.say("user", "create", "temp", "--virtual", uid=ADMIN)
        assert "may not do this" in host.fails(4, "user", "forget", "alice", "--yes", uid=ADMIN)
        assert "may not do this" in host.fails(4, "user", "role", "temp", "admin", uid=ADMIN)
        host.say("user", "set", "temp", "--contact", "temp@example.org", uid=ADMIN)
        host.say("user", "forget", "temp", "--yes", uid=ADMIN)

    def test_whom_an_operator_disabled_an_administrator_does_not_enable(host):
        host.user("adam", account="adam", uid=ADMIN, role="admin")
        host.say("user", "disable", "carol", uid=ADMIN)
        host.say("user", "enable", "carol", uid=ADMIN)
        host.say("user", "disable", "carol")
        told = host.fails(4, "user", "enable", "carol", uid=ADMIN)
        assert told == "patctl: user enable: user carol was disabled by root\n" \
            "  only an operator can end that\n"
        host.say("user", "enable", "carol")
