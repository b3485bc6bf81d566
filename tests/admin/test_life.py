# SPDX-License-Identifier: BSD-2-Clause
"""edit, suspend, resume and revoke: what happens to tokens that are out; and why one is refused."""
import json
import re

import pytest

from ctlkit import Screen, fits, id_of

COUNT = "Type the number of tokens to go on: "


@pytest.fixture
def token(host):
    return host.make("to be changed", "--expires", "90d", "--from", "192.0.2.0/24", "--description",
                     "as it was", scope="mail:read,mail:send,ssh:login")


def shown(host, token):
    return host.json("show", id_of(token))


def last_change(host, token):
    return host.json("log", "--token", id_of(token))["changes"][-1]


# --- edit ---

@pytest.mark.parametrize("arguments, changed", [
    (["--name", "another name"], {"name": "another name"}),
    (["--description", "it moved"], {"description": "it moved"}),
    (["--description", ""], {"description": ""}),
    (["--remove-scope", "mail:send"], {"scopes": ["mail:read", "ssh:login"]}),
    (["--remove-scope", "mail:send,mail:read"], {"scopes": ["ssh:login"]}),
    (["--remove-scope", "mail:send", "--remove-scope", "mail:read"], {"scopes": ["ssh:login"]}),
    (["--from", "192.0.2.7"], {"addresses": ["192.0.2.7/32"]}),
    (["--from", "192.0.2.0/28,192.0.2.64/28"], {"addresses": ["192.0.2.0/28", "192.0.2.64/28"]}),
], ids=str)
def test_edit_changes_what_is_asked_and_no_more(host, token, arguments, changed):
    """C9."""
    before = shown(host, token)
    told = host.json("edit", id_of(token), *arguments, "--reason", "it moved house")
    after = shown(host, token)
    assert {name: after[name] for name in before
            if after[name] != before[name] and name != "effective"} == changed
    assert all(told[name] == after[name] for name in told)
    change = last_change(host, token)
    assert (change["event"], change["reason"]) == ("token.edit", "it moved house")


def test_edit_of_an_end(host, token):
    before = shown(host, token)["expires"]
    host.say("edit", id_of(token), "--expires", "30d")
    after = shown(host, token)["expires"]
    assert after < before
    said = host.fails(6, "edit", id_of(token), "--expires", "60d")
    assert "a later end" in said and "an edit only narrows: " in said
    host.fails(2, "edit", id_of(token), "--expires", "2020-01-01")
    endless = id_of(host.make("without an end"))
    host.say("edit", endless, "--expires", "1y")
    assert host.json("show", endless)["expires"] is not None


@pytest.mark.parametrize("status, arguments, words", [
    (6, ["--from", "192.0.0.0/16"], "an edit only narrows: "),
    (6, ["--from", "2001:db8::/32"], "an edit only narrows: "),
    (6, ["--remove-scope", "db:connect"], "does not have the scope db:connect"),
    (6, ["--remove-scope", "mail:*"], "does not have the scope mail:*"),
    (6, ["--remove-scope", "mail:read,mail:send,ssh:login"], "no scope left"),
    (6, ["--name", "to be changed"], "like that already"),
    (6, ["--name", "in use by another"], "has a token of this name already"),
    (2, ["--name", "short"], "8"),
    (2, ["--from", "nonsense"], "nonsense"),
    (2, [], "missing --name, --description"),
], ids=str)
def test_edits_that_are_refused_change_nothing(host, token, status, arguments, words):
    host.make("in use by another")
    before, head = shown(host, token), host.head()
    assert words in host.fails(status, "edit", id_of(token), *arguments)
    assert shown(host, token) == before and host.head() == head
    assert "no token, id prefix or name" in host.fails(3, "edit", "nothing", "--name", "whatever")


def test_dead_tokens_stay_as_they_are(host, token):
    host.say("revoke", "--yes", id_of(token))
    host.fails(6, "edit", id_of(token), "--name", "another name")
    host.fails(6, "suspend", id_of(token))
    host.fails(6, "resume", id_of(token))


def test_edit_shows_what_has_become_of_it(host, token):
    text = host.say("edit", id_of(token), "--remove-scope", "ssh:login")
    assert text.startswith(f'✓ {id_of(token)} "to be changed" is now:\n')
    assert re.search(r"^  scopes +mail:read,mail:send$", text, re.M) and fits(text) == []
    assert host.say("edit", id_of(token), "--description", "again", "-q") == ""


# --- suspend, resume ---

def test_a_pause(host, token):
    ask = {"service": "imap", "login": "alice", "address": "192.0.2.1"}
    assert host.verify(token, **ask)["class"] == "accepted"
    said = host.say("suspend", id_of(token), "--reason", "on holiday")
    assert said == (f'✓ {id_of(token)} "to be changed" is suspended: services refuse it from now on.\n'
                    f"  Undo: patctl resume {id_of(token)}\n")
    assert host.verify(token, **ask)["class"] == "refused"
    assert last_change(host, token)["reason"] == "on holiday"
    assert "suspended already" in host.fails(6, "suspend", id_of(token))
    assert "● suspended\n" in host.say("show", id_of(token))
    assert "works again" in host.say("resume", id_of(token))
    assert host.verify(token, **ask)["class"] == "accepted"
    assert "is not suspended" in host.fails(6, "resume", id_of(token))


@pytest.mark.parametrize("command, after", [("suspend", "suspended"), ("resume", "active"),
                                            ("revoke", "revoked")])
def test_all_or_none(host, command, after):
    ids = [id_of(host.make(f"token number {n}")) for n in range(3)]
    before = "active"
    if command == "resume":
        host.say("suspend", *ids)
        before = "suspended"
    head = host.head()
    host.fails(3, command, *ids, "no such token", "--yes")
    host.fails(6, command, ids[0], ids[1], ids[0], "--yes")
    assert host.head() == head and {host.state_of(id_) for id_ in ids} == {before}
    host.say(command, *ids, "--yes")
    assert {host.state_of(id_) for id_ in ids} == {after}


# --- revoke by filters ---

def test_what_filters_find_is_revoked_after_its_number_was_typed(host):
    """B13, M6."""
    ids = [id_of(host.make(f"old number {n}", user=user))
           for n, user in enumerate(["alice", "alice", "carol"])]
    stays = id_of(host.make("something else"))
    preview = host.say("revoke", "--name", "old *", "--dry-run")
    assert all(id_ in preview for id_ in ids) and stays not in preview
    assert preview.endswith("3 tokens of 2 users would be revoked. Nothing changed (--dry-run).\n")
    screen = Screen(host, "revoke", "--name", "old *", answers=[(COUNT, "2\n")])
    assert screen.status == 10 and host.state_of(ids[0]) == "active"
    screen = Screen(host, "revoke", "--name", "old *", "--reason", "unused",
                    answers=[(COUNT, "3\n")])
    assert screen.status == 0 and "✓ All revoked." in screen.text
    assert {host.state_of(id_) for id_ in ids} == {"revoked"}
    assert host.state_of(stays) == "active"
    assert host.json("log", "--token", ids[0])["changes"][-1]["reason"] == "unused"
    assert host.say("revoke", "--name", "old *") == \
        "0 tokens of 0 users would be revoked. Nothing changed.\n"


def test_a_user_is_a_filter(host):
    """B13, M6."""
    ids = [id_of(host.make(f"token number {n}", user="carol")) for n in range(2)]
    stays = id_of(host.make("something else"))
    host.ctl("revoke", "-u", "carol", "--no-input", check=2)
    assert {host.state_of(id_) for id_ in ids} == {"active"}
    done = host.json("revoke", "-u", "carol", "--yes")["revoked"]
    assert {token["id"] for token in done} == set(ids) and host.state_of(stays) == "active"


class Meanwhile:
    """An answer at a terminal, and what happens right before it is typed."""

    def __init__(self, answer, happens):
        self.answer, self.happens = answer, happens

    def encode(self):
        self.happens()
        return self.answer.encode()


def test_more_than_one_call_takes(host):
    """B13: when others are found than were shown nothing is revoked, and it is asked again."""
    host.call("TenantCreate", tenant="big", policy={
        "maxTokens": None, "nameMin": 8, "requireExpiry": False, "requireAddresses": False,
        "defaultLifetime": None, "maxLifetime": None, "pendingLifetime": 600000000, "scopes": None,
        "networks": None, "selfService": True, "selfServiceScopes": ["mail:*"]})
    host.user("robot", tenant="big", grants=["mail:read"])
    ids = [host.call("Create", tenant="big", user="robot", name=f"robot {n:05}",
                     scopes=["mail:read"])["created"]["id"] for n in range(1003)]
    race = Meanwhile("1003\n", lambda: host.call("Revoke", tokens=ids[:1]))
    screen = Screen(host, "revoke", "-t", "big", "--name", "robot", "--no-pager",
                    answers=[(COUNT, race)])
    assert screen.status == 6 and "1002 tokens were found, not 1003\n" in screen.text
    assert host.state_of(ids[1]) == "active"
    done = host.json("revoke", "-t", "big", "--name", "robot", "--yes")
    assert (done["done"], done["of"], done["revoked"]) == (1002, 1002, [])
    assert host.say("list", "-t", "big").startswith("0 tokens (1003 revoked hidden")


# --- revoke --compromised ---

def test_what_a_stolen_token_may_have_made_is_told(host):
    """E26."""
    before = id_of(host.make("made long before", scope="ssh:login"))
    stolen = host.make("stolen from the train", scope="ssh:login")
    assert host.verify(stolen, service="sshd", login="alice")["class"] == "accepted"
    after = id_of(host.make("made by the thief"))
    other = id_of(host.make("made for carol", user="carol"))
    text = host.say("revoke", "--yes", "--compromised", id_of(stolen))
    assert "✓ Revoked." in text and f"    {after}  made by the thief · alice\n" in text
    assert text.endswith(f"patctl revoke --compromised {after}\n")
    assert before not in text and other not in text and fits(text) == []
    assert last_change(host, stolen)["reason"] == "compromised"
    # the next step, as it was told
    text = host.say("revoke", "--yes", "--compromised", after, "--reason", "by a thief")
    assert "No other token was made with what it opened." in text
    assert host.json("log", "--token", after)["changes"][-1]["reason"] == "compromised: by a thief"


# --- explain ---

@pytest.mark.parametrize("arguments, verdict", [
    (["--service", "imap", "-u", "alice", "--rhost", "192.0.2.9"], "accepted"),
    (["--service", "imap", "-u", "alice", "--rhost", "198.51.100.1"], "address-denied"),
    (["--service", "imap", "-u", "alice"], "address-denied"),
    (["--service", "imap", "-u", "carol", "--rhost", "192.0.2.9"], "wrong-user"),
    (["--service", "ldap", "-u", "alice", "--rhost", "192.0.2.9"], "scope-denied"),
    (["--scope", "mail:send", "--rhost", "192.0.2.9"], "accepted"),
    (["--scope", "um:read", "--rhost", "192.0.2.9"], "scope-denied"),
], ids=str)
def test_explain_says_what_check_says(host, token, arguments, verdict):
    """A53."""
    status = 0 if verdict == "accepted" else 5
    checked = json.loads(host.ctl("check", *arguments, "--json", stdin=token, check=status).stdout)
    done = host.ctl("explain", id_of(token), *arguments, "--json", check=status)
    explained = json.loads(done.stdout)
    assert explained["verdict"] == checked["verdict"] == verdict
    assert explained["token"]["id"] == id_of(token)
    steps = {step["condition"]: step["holds"] for step in checked["conditions"]}
    for step in explained["conditions"]:
        assert steps[step["condition"]] == step["holds"]
    text = host.ctl("explain", "to be changed", *arguments, check=status).stdout
    assert text.startswith("✓ accepted\n" if status == 0 else f"✗ refused ({verdict}): ")
    assert fits(text) == [] and f'  {id_of(token)} "to be changed" of alice\n' in text


def test_explain_counts_nothing(host, token):
    host.ctl("explain", id_of(token), "--service", "imap", "-u", "alice", check=5)
    assert (shown(host, token)["accepted"], shown(host, token)["refused"]) == (0, 0)
    assert "no token, id prefix" in host.fails(3, "explain", "nothing", "--service", "imap")
    host.say("revoke", "--yes", id_of(token))
    done = host.ctl("explain", id_of(token), "--service", "imap", "-u", "alice", check=5)
    assert done.stdout.startswith("✗ refused (revoked): ")


# --- show, after a rotation ---

def test_a_rotation_is_told_on_both_cards(host, token):
    reply = host.call("Rotate", token=id_of(token))
    old, new = id_of(token), reply["created"]["id"]
    assert re.search(rf"^  replaced by  {new}$", host.say("show", old), re.M)
    assert re.search(rf"^  replaces     {old} \(expiring, ends in 2\d h\)$",
                     host.say("show", new), re.M)
    assert host.json("show", new)["predecessor"] == old
    assert host.json("show", old)["predecessor"] is None
    assert host.json("show", old)["successor"] == new
    host.call("RotateFinish", token=new)
    assert re.search(rf"^  replaces     {old} \(revoked\)$", host.say("show", new), re.M)


# --- uses of all of them ---

def test_uses_of_all_tokens_newest_first(host):
    one, two = host.make("first token"), host.make("second token", user="carol")
    for token, login in ((one, "alice"), (two, "carol"), (one, "alice")):
        host.verify(token, service="imap", login=login, address="192.0.2.1")
    rows = host.json("uses")["uses"]
    assert [row["name"] for row in rows] == ["first token", "second token", "first token"]
    assert [row["id"] for row in rows][1] == id_of(two)
    assert [row["name"] for row in host.json("uses", "-u", "carol")["uses"]] == ["second token"]
    assert len(host.json("uses", "--lines", "1")["uses"]) == 1
    text = host.say("uses")
    assert text.split("\n")[0].split() == ["TIME", "TOKEN", "NAME", "SERVICE", "FROM", "VERDICT"]
    assert host.say("uses", "-u", "nobody") == "No token was used.\n"
