# SPDX-License-Identifier: BSD-2-Clause
"""Rows of tests/FEATURES that no other test shows by the way."""
import json
import os
import re
import subprocess
import time

import pytest

from pat import IS_ROOT
from ctlkit import ADMIN, ALICE, TOKEN, UNUSED, Host, id_of, until

MAIL = {"service": "imap", "login": "alice"}


def wait_for_its_end(host, reference):
    until(lambda: host.json("show", reference)["status"] == "expired")


# --- making a token ---

@pytest.mark.parametrize("arguments, id_", [
    (["--scope", "mail:read"], "usage"),
    (["--name", "a good name"], "usage"),
    (["--name", "a good name", "--scope", ""], "scope.none"),
    (["--name", "a good name", "--scope", ","], "scope.none"),
    (["--name", "", "--scope", "mail:read"], "name.length"),
    (["--name", "a good name", "--scope", "*"], "scope.illegal"),
    (["--name", "a good name", "--scope", "*:*"], "scope.illegal"),
], ids=str)
def test_a_token_has_a_name_and_a_scope(shared, arguments, id_):
    """A31, B5, B7, C10, C11: neither is missing or empty, and no scope is everything."""
    before = shared.head()
    assert shared.error(2, "create", "alice", *arguments)["id"] == id_
    assert shared.head() == before


def test_a_name_is_kept_without_the_space_around_it(shared):
    """A27, D8: so that nobody counts what cannot be seen."""
    made = shared.json("create", "alice", "--name", "  my own name  ", "--scope", "mail:read")
    assert made["name"] == "my own name" and shared.json("show", "my own name")["id"] == made["id"]
    assert shared.error(2, "create", "alice", "--name", "  seven77  ", "--scope",
                        "mail:read")["id"] == "name.length"


@pytest.mark.parametrize("name", ["Integration_Snowflake_Export", "Reporting Script",
                                  "MarketingAutomationSync", "build-3/nightly (old)"])
def test_names_are_what_people_write(shared, name):
    """C8, E8: underscores, spaces, both cases: shown and found as they were given."""
    id_ = id_of(shared.make(name))
    assert shared.json("show", name)["id"] == id_ and name in shared.say("list")
    assert [token["id"] for token in shared.json("list", "--name", name.upper())["tokens"]] == [id_]


def test_without_an_end_it_works_until_it_is_revoked(host):
    """C13, D10: no end is no number that is reached one day."""
    token = host.make("without an end")
    shown = host.json("show", id_of(token))
    assert shown["expires"] is None and shown["status"] == "active"
    assert re.search(r"^  .*expires  +never$", host.say("show", id_of(token)), re.M)
    assert host.verify(token, **MAIL)["class"] == "accepted"
    host.say("revoke", "--yes", id_of(token))
    assert host.verify(token, **MAIL)["class"] == "refused"


@pytest.mark.parametrize("limit", [1, 3, "unlimited"])
def test_the_cap_is_the_tenants_own(host, limit):
    """A24, D13, K8, M5: other numbers than 25, or none at all; what is dead takes no place."""
    host.say("tenant", "create", "lab", "--max-tokens", str(limit))
    host.say("user", "create", "eve", "-t", "lab", "--virtual", "--grant", "mail:*")
    several = 30 if limit == "unlimited" else limit
    wish = ["create", "eve", "-t", "lab", "--scope", "mail:read", "-q", "--name"]
    ids = [id_of(host.say(*wish, f"system number {n:02}")) for n in range(several)]
    if limit == "unlimited":
        return
    assert f"{limit} of {limit}" in host.fails(6, *wish, "one too many")
    host.say("revoke", "--yes", ids[0])
    host.say(*wish, "in the place of the first", "--expires", "1s")
    wait_for_its_end(host, "in the place of the first")
    host.say(*wish, "in the place of the second")
    assert f"{limit} of {limit}" in host.fails(6, *wish, "one too many")


# --- scopes ---

KINDS = [("A32", "imap", "um:read"), ("A33", "smtp", "um:write"), ("A34", None, "um:bulk")]


@pytest.mark.parametrize("row, service, scope", KINDS, ids=["A32", "A33", "A34"])
def test_read_write_and_bulk_are_kept_apart(host, row, service, scope):
    """A51: what a third party named is stored, told and checked, and none holds another."""
    every = [kind[2] for kind in KINDS]
    host.say("grant", "add", "alice", *every)
    mail = {"imap": "mail:read", "smtp": "mail:send"}
    token = host.make(f"for {row} alone", "--scope", scope, scope=mail.get(service, scope))
    for name in ("imap", "smtp"):
        assert host.verify(token, service=name, login="alice")["class"] == \
            ("accepted" if name == service else "refused")
    for other in every:
        done = host.ctl("check", "--scope", other, "--user", "alice", "--json", stdin=token)
        told = json.loads(done.stdout)
        assert (done.returncode, told["verdict"]) == \
            ((0, "accepted") if other == scope else (5, "scope-denied"))
        assert scope in told["token"]["scopes"]


def test_one_token_for_several_services(host):
    """D2, D3, K5: one store, and a token may open what its scopes name, of mail and of logins."""
    token = host.make("for everything of mine", "--scope", "mail:send,ssh:login")
    for service in ("imap", "smtp", "sshd"):
        assert host.verify(token, service=service, login="alice")["class"] == "accepted"
    assert {use["service"] for use in host.json("uses", id_of(token))["uses"]} == \
        {"imap", "smtp", "sshd"}


def test_a_job_gets_a_user_of_its_own(host):
    """E14, K6, A3: a user with few grants limits its tokens, whatever scopes they would have."""
    host.say("user", "create", "svc-backup", "--virtual", "--grant", "mail:read")
    assert "mail:send" in host.fails(6, "create", "svc-backup", "--name", "nightly backup",
                                     "--scope", "mail:read,mail:send")
    token = host.make("nightly backup", user="svc-backup")
    assert host.verify(token, service="imap", login="svc-backup")["class"] == "accepted"
    assert host.verify(token, service="imap", login="alice")["class"] == "refused"
    assert host.json("log", "--token", id_of(token))["changes"][0]["user"] == "svc-backup"


def test_a_disabled_user_has_no_token_that_works(host):
    """A3, M12: all of them at once, and all of them again."""
    tokens = [host.make(f"system number {n}") for n in range(3)]
    for word, expected in (("disable", "refused"), ("enable", "accepted")):
        host.say("user", word, "alice")
        assert {host.verify(token, **MAIL)["class"] for token in tokens} == {expected}
    assert {host.state_of(id_of(token)) for token in tokens} == {"active"}


# --- looking ---

def test_every_status_is_said(host):
    """A23, D5: in lists, cards and JSON; what was revoked before cannot be revoked."""
    ids = {"active": id_of(host.make("in daily use")), "revoked": id_of(host.make("gone already")),
           "expiring": id_of(host.make("soon to expire", "--expires", "3d")),
           "expired": id_of(host.make("at its end", "--expires", "1s")),
           "suspended": id_of(host.make("on holiday")),
           "pending": host.token(name="not stored yet", scopes=["mail:read"],
                                 pending=True)[1]["id"]}
    host.say("revoke", "--yes", ids["revoked"])
    host.call("Suspend", tokens=[ids["suspended"]])
    wait_for_its_end(host, ids["expired"])
    for status, id_ in ids.items():
        assert re.search(rf"^{id_} .* {status}$", host.say("list", "--all"), re.M)
        assert re.search(rf"^{id_}  .* ● {status}$", host.say("show", id_), re.M)
        assert host.json("show", id_)["status"] == status
    assert host.error(6, "revoke", "--yes", ids["revoked"])["id"] == "token.revoked"


def test_created_and_expires_are_moments(host):
    """A18, A19, A20: date, time and zone, or the dash of no end; in JSON of UTC, or null."""
    at = time.time()
    host.make("ninety days", "--expires", "90d")
    host.make("without an end")
    rows = [line.split() for line in host.say("list", "--columns", "created,expires", "--time",
                                              "iso", "--no-legend").splitlines()]
    told = host.json("list")["tokens"]
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    assert rows[0][1] == "—" and told[0]["expires"] is None
    assert all(re.fullmatch(form + r"(Z|[+-]\d{4})", text) for text in (rows[0][0], *rows[1]))
    assert all(re.fullmatch(form + "Z", text) for text in (told[1]["created"], told[1]["expires"]))
    unix = host.say("list", "--plain", "--columns", "created,expires", "--time", "unix").split()
    assert unix[1] == "-" and abs(int(unix[2]) - at) < 60
    assert int(unix[3]) - int(unix[2]) == 90 * 86400


@pytest.mark.parametrize("ago, text", [("+0", "now|\\d+ s ago"), ("+3h", "3 h ago"),
                                       ("+5d", "5 days ago"), ("+400d", "\\d+ months ago")])
def test_the_last_use_is_told_as_people_would(shared, ago, text):
    """E20, C20: never, or so long ago; exactly where it is asked for; and who made it."""
    name = f"a token of {ago} ago"
    token = shared.make(name)
    wish = ["list", "--name", name, "--no-legend", "--columns"]
    assert shared.say(*wish, "last_used").strip() == "never"
    shared.verify(token, service="imap", login="alice", address="192.0.2.7")
    told = shared.json("show", id_of(token))
    assert told["last_used"] and told["created_by"] and told["last_service"] == "imap"
    command = ["faketime", "-f", ago, shared.bin / "patctl", "--socket", shared.manage_socket]
    later = subprocess.run([*command, *wish, "last_used"], capture_output=True, text=True,
                           check=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}).stdout
    assert re.fullmatch(text, later.strip())
    exact = shared.say(*wish, "last_used", "--time", "iso", "--utc").strip()
    assert exact == told["last_used"]


def test_the_masked_form_tells_the_id_and_no_more(shared):
    """E18, D6, K3: tenant and id may be copied at any time; of the rest nothing is shown."""
    token = shared.make("masked everywhere")
    masked = f"pat_acme_1{id_of(token)}…"
    for text in (shared.say("show", id_of(token)), shared.say("list", "--json"),
                 shared.say("list", "--columns", "id,masked")):
        assert masked in text and token[len(masked):] not in text
    plain = shared.say("show", id_of(token), environment={"LC_ALL": "C"})
    assert token[:18] in plain and token[:20] not in plain


# --- revoking ---

@pytest.mark.parametrize("reason", ["unused", "compromised", "rotated", "scope-change",
                                    'other "because we move"'],
                         ids=["E25", "E26", "E27", "E28", "A42"])
def test_a_reason_is_kept_word_for_word(shared, reason):
    """A47, C25: the usual ones and any other stand in the change log."""
    id_ = id_of(shared.make(f"revoked as {reason[:11]}"))
    shared.say("revoke", "--yes", id_, "--reason", reason)
    change = shared.json("log", "--token", id_)["changes"][-1]
    assert (change["event"], change["reason"]) == ("token.revoke", reason)
    assert change["actor"] and TOKEN.search(json.dumps(change)) is None


def test_everything_works_with_the_id(host):
    """S9: nothing but check needs the text of a token."""
    id_ = id_of(host.make("known by its id"))
    for command in ("show", "uses"):
        assert host.json(command, id_)["id"] == id_
    assert host.json("log", "--token", id_)["changes"]
    host.say("revoke", "--yes", id_)
    assert host.state_of(id_) == "revoked"


def test_roots_part_was_not_forgotten():
    """Callers of other uids need root; tests/run says that it was promised."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


if IS_ROOT:
    def test_an_administrator_lists_makes_and_revokes_in_the_tenant():
        """A14, A16, C2, C5, K1: theirs is the tenant, and nothing beside it."""
        with Host() as host:
            host.user("adam", grants=["mail:*"], account="adam", uid=ADMIN, role="admin")
            host.tenant("lab", makeDefault=False)
            host.user("eve", tenant="lab", grants=["mail:*"])
            foreign = host.token("eve", tenant="lab", scopes=["mail:read"], name="out of sight")
            own = host.make("of alice herself")
            made = host.say("create", "carol", "--name", "made by adam", "--scope", "mail:read",
                            "-q", uid=ADMIN).rstrip()
            names = [token["name"] for token in
                     host.json("list", "--tenant", "acme", uid=ADMIN)["tokens"]]
            assert names == ["made by adam", "of alice herself"]
            assert host.json("list", uid=ADMIN)["tokens"] == \
                host.json("list", "--tenant", "acme", uid=ADMIN)["tokens"]
            host.say("revoke", "--yes", id_of(own), id_of(made), uid=ADMIN)
            host.fails(3, "list", "--tenant", "lab", uid=ADMIN)
            said = host.fails(3, "revoke", "--yes", foreign[1]["id"], uid=ADMIN)
            assert said.replace(foreign[1]["id"], UNUSED[10:18]) == \
                host.fails(3, "revoke", "--yes", UNUSED[10:18], uid=ADMIN)
            assert host.state_of(foreign[1]["id"]) == "active"

    def test_who_may_not_give_a_scope_is_told_whom_to_ask(host):
        """B9: users are sent to the tenant's contact, operators to the command."""
        host.tenant("lab", makeDefault=False, contact="the help desk, room 7")
        host.user("dan", tenant="lab", grants=["mail:*"], account="dan", uid=ALICE + 50)
        wish = ["create", "-t", "lab", "--name", "a good name", "--scope", "ldap:bind"]
        error = host.error(6, *wish, uid=ALICE + 50)
        assert (error["id"], error["hint"]) == ("scope.grant", "ask the help desk, room 7")
        assert "patctl grant add dan ldap:bind" in host.error(6, *wish, "-u", "dan")["hint"]
