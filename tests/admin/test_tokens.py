# SPDX-License-Identifier: BSD-2-Clause
"""create, list, show, revoke and uses, as scripts see them."""
import json
import re
import stat
import time

import pytest

from ctlkit import ALICE, TOKEN, fits, id_of, own_name, width

DAY = 86400


def seconds_from_now(text):
    """How far away a time of the JSON is."""
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()


# --- create ---

def test_create_prints_the_token_alone_and_the_rest_beside_it(host):
    """A11, A25, A36, A37, C15, D9, M3."""
    done = host.ctl("create", "alice", "--name", "CI deploy key", "--scope", "ssh:login",
                    "--expires", "90d", check=0)
    token = done.stdout.rstrip("\n")
    assert TOKEN.fullmatch(token) and done.stdout == token + "\n"
    lines = done.stderr.splitlines()
    assert lines[0] == f"✓ {id_of(token)} CI deploy key is active. It works at once on this host."
    assert re.fullmatch(r"  It expires \w{3} +\d+ \w{3} \d{4} [\d:]{8} UTC \(in 90 days\)\.",
                        lines[1])
    assert "store it now" in lines[2] and "acts for alice" in lines[3]
    assert lines[4:] == [f"  Undo:      patctl revoke {id_of(token)}"]
    assert fits(done.stderr) == []
    assert host.verify(token, service="sshd", login="alice")["class"] == "accepted"


def test_create_warns_of_a_token_that_never_expires(host):
    """A29, D12, K2, M3."""
    done = host.ctl("new", "carol", "--name", "for ever and ever", "--scope", "mail:read", check=0)
    assert "▲ It never expires. Tokens that expire are safer: --expires 90d" in done.stderr


@pytest.mark.parametrize("arguments, member, value", [
    (["--description", "what it is for"], "description", "what it is for"),
    (["--scope", "mail:send,ssh:login"], "scopes", ["mail:read", "mail:send", "ssh:login"]),
    (["--scope", "mail:send", "--scope", "ssh:login"], "scopes",
     ["mail:read", "mail:send", "ssh:login"]),
    (["--from", "192.0.2.7,10.0.0.0/8"], "addresses", ["192.0.2.7/32", "10.0.0.0/8"]),
    (["--from", "2001:db8::/32", "--from", "::1"], "addresses", ["2001:db8::/32", "::1/128"]),
    (["--expires", "never"], "expires", None),
    (["--expires", "2035-06-30T12:00Z"], "expires", "2035-06-30T12:00:00Z"),
    (["--expires", "2035-06-30"], "expires", "2035-06-30T23:59:59Z"),
    (["--expires", "90d"], "expires", 90 * DAY),
    (["--expires", "36h"], "expires", 1.5 * DAY),
    (["--expires", "12w"], "expires", 84 * DAY),
    (["--not-before", "2d"], "not_before", 2 * DAY),
    (["--not-before", "2035-06-30", "--expires", "2035-07-30"], "not_before",
     "2035-06-30T00:00:00Z"),
], ids=str)
def test_create_takes_what_its_options_say(shared, arguments, member, value):
    """A9, A28, A52, C9, C12, M2."""
    made = shared.json("create", "alice", "--name", f"token with {' '.join(arguments)}"[:64],
                       "--scope", "mail:read", *arguments)
    assert TOKEN.fullmatch(made["token"]) and made["v"] == 1
    assert made["id"] == id_of(made["token"]) and made["masked"] == made["token"][:18] + "…"
    if isinstance(value, (int, float)):
        assert abs(seconds_from_now(made[member]) - value) < 120
    elif isinstance(value, list):
        assert sorted(made[member]) == sorted(value)
    else:
        assert made[member] == value
    shown = shared.json("show", made["id"])
    assert shown[member] == made[member] and "token" not in shown
    shared.say("revoke", "--yes", made["id"])


REFUSED = [
    (2, "short name", ["alice", "--name", "short"], "the name needs 8 to 64 characters"),
    (2, "long name", ["alice", "--name", 65 * "n"], "the name needs 8 to 64 characters"),
    (2, "scope", ["alice", "--name", "a good name", "--scope", "ssh"], '"ssh" is not a scope'),
    (2, "address", ["alice", "--name", "a good name", "--from", "10.0.0.0/33"], "10.0.0.0/33"),
    (2, "past", ["alice", "--name", "a good name", "--expires", "2001-01-01"], "would have expired"),
    (3, "no user", ["zoe", "--name", "a good name"], 'no user "zoe" in tenant acme'),
    (3, "no tenant", ["alice", "-t", "none", "--name", "a good name"], 'no tenant "none"'),
    (6, "no grant", ["carol", "--name", "a good name", "--scope", "ssh:login"], "ssh:login"),
    (6, "in use", ["alice", "--name", "a taken name"], "alice has a token of this name already"),
]


@pytest.mark.parametrize("status, _, arguments, said", REFUSED, ids=[row[1] for row in REFUSED])
def test_create_refuses_with_its_reason_and_changes_nothing(shared, status, _, arguments, said,
                                                            tmp_path):
    """K7."""
    shared.ctl("create", "alice", "--name", "a taken name", "--scope", "mail:read")
    before, file = shared.head(), tmp_path / "token"
    arguments = ["create", *arguments, *([] if "--scope" in arguments
                                         else ["--scope", "mail:read"])]
    assert said in shared.fails(status, *arguments)
    assert said in shared.error(status, *arguments)["message"]
    shared.fails(status, *arguments, "--out-file", file)
    assert not file.exists() and shared.head() == before


def test_create_of_one_more_than_allowed_ends_with_6(host):
    host.tenant("small", policy={"maxTokens": 1}, makeDefault=False)
    host.user("dan", tenant="small", grants=["mail:*"])
    host.make("the only one", "-t", "small", user="dan")
    said = host.fails(6, "create", "dan", "-t", "small", "--name", "one too many", "--scope",
                      "mail:read")
    assert "1 of 1" in said and fits(said, 160) == []


def test_an_out_file_is_new_and_private(host, tmp_path):
    """A36."""
    file = tmp_path / "token"
    done = host.ctl("create", "alice", "--name", "into a file", "--scope", "mail:read",
                    "--out-file", file, check=0)
    assert done.stdout == "" and f"  It is in {file}, and nowhere else." in done.stderr
    assert TOKEN.fullmatch(file.read_text()[:-1]) and not TOKEN.search(done.stderr)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = host.json("create", "alice", "--name", "into another file", "--scope", "mail:read",
                     "--out-file", tmp_path / "other")
    assert made["id"] == id_of((tmp_path / "other").read_text()) and "token" not in made


@pytest.mark.parametrize("there", ["a file", "a link", "no folder"])
def test_an_out_file_that_exists_is_left_alone(shared, tmp_path, there):
    file, before = tmp_path / "token", shared.head()
    if there == "a file":
        file.write_text("precious")
    elif there == "a link":
        file.symlink_to(tmp_path / "elsewhere")
    else:
        file = tmp_path / "none" / "token"
    said = shared.fails(2, "create", "alice", "--name", "not to be made", "--scope", "mail:read",
                        "--out-file", file)
    assert str(file) in said and shared.head() == before
    assert there != "a file" or file.read_text() == "precious"
    assert not (tmp_path / "elsewhere").exists()


# --- list ---

@pytest.fixture(scope="module")
def listed(shared):
    """Tokens of known ages: an active one, one that expires soon, one that is revoked."""
    for id_ in (token["id"] for token in shared.json("list")["tokens"]):
        shared.say("revoke", "--yes", id_)
    return {name: id_of(shared.make(name, "--expires", expires, user=user))
            for name, user, expires in (("Old laptop", "alice", "90d"),
                                        ("phone of carol", "carol", "never"),
                                        ("printer room 3", "alice", "3d"))}


def test_list_shows_the_newest_first_and_counts(shared, listed):
    """A17, A21, E22, M4."""
    lines = shared.say("list").splitlines()
    assert lines[0].split() == ["ID", "NAME", "USER", "SCOPES", "CREATED", "EXPIRES", "LAST",
                                "USED", "STATUS"]
    assert [line.split()[0] for line in lines[1:4]] == list(listed.values())[::-1]
    assert re.fullmatch(r"3 tokens: 2 active, 1 expiring"
                        r"( \(\d+ revoked hidden, --all shows them\))?", lines[4])
    assert "in 3 days" in lines[1] and "expiring" in lines[1] and "in 90 days" in lines[3]


@pytest.mark.parametrize("arguments, names", [
    ([], ["printer room 3", "phone of carol", "Old laptop"]),
    (["-u", "alice"], ["printer room 3", "Old laptop"]),
    (["-u", "nobody"], []),
    (["--name", "LAPTOP"], ["Old laptop"]),
    (["--name", "no such"], []),
    (["--limit", "2"], ["printer room 3", "phone of carol"]),
    (["--limit", "1", "-u", "alice"], ["printer room 3"]),
    (["-t", "acme", "-u", "carol"], ["phone of carol"]),
], ids=str)
def test_list_filters(shared, listed, arguments, names):
    """E21."""
    assert [token["name"] for token in shared.json("list", *arguments)["tokens"]] == names
    text = shared.say("ls", *arguments)
    assert text.splitlines()[-1].startswith(f"{len(names)} token{'' if len(names) == 1 else 's'}")


@pytest.mark.parametrize("arguments, pattern", [
    (["--no-legend"], r"\w{8} printer room 3 .*expiring\n.*\n.*\n"),
    (["--plain"], r"\w{8} printer\\x20room\\x203 alice mail:read.* expiring\n.*-.*\n.*\n"),
    (["--plain", "--columns", "id,expires", "--time", "unix"], r"(\w{8} (\d{10}|-)\n){3}"),
    (["--columns", "status,id"], r"STATUS +ID\n.*expiring +\w{8}\n.*\n.*\n3 tokens.*\n"),
    (["--columns", "expires", "--time", "iso", "--utc", "--no-legend"],
     r"\d{4}-\d\d-\d\dT[\d:]{8}Z\s+—\s+\d{4}-\d\d-\d\dT[\d:]{8}Z\s+"),
    (["--columns", "expires", "--time", "full", "--no-legend"],
     r"\w{3} [ \d]\d \w{3} \d{4} [\d:]{8} UTC\s+—\s+\w{3} .* UTC\s+"),
    (["--columns", "expires", "--time", "relative", "--no-legend"],
     r"in 3 days\s+—\s+in 90 days\s+"),
    (["-q", "--columns", "name", "--limit", "1"], r"NAME\nprinter room 3\n"),
], ids=str)
def test_list_is_written_as_asked(shared, listed, arguments, pattern):
    assert re.fullmatch(pattern, shared.say("list", *arguments)), shared.say("list", *arguments)


def test_list_shows_times_in_the_zone_of_the_caller(shared, listed):
    arguments = ["list", "--limit", "1", "--columns", "expires", "--no-legend", "--time", "iso"]
    zoned = shared.say(*arguments, environment={"TZ": "EST5"})
    assert zoned.endswith("-0500\n")
    assert shared.say(*arguments, "--utc", environment={"TZ": "EST5"}).endswith("Z\n")


def test_list_is_the_same_in_every_form(shared, listed):
    """M4."""
    whole = shared.json("list")
    assert whole["v"] == 1 and set(whole) == {"v", "tokens"}
    lines = [json.loads(line) for line in shared.say("list", "--jsonl").splitlines()]
    assert lines == whole["tokens"]
    picked = json.loads(shared.say("list", "--json=id,status"))["tokens"]
    assert picked == [{"v": 1, "id": token["id"], "status": token["status"]} for token in lines]
    columns = ["id", "user", "tenant", "status", "accepted"]
    rows = shared.say("list", "--plain", "--columns", ",".join(columns)).splitlines()
    assert [row.split() for row in rows] == [[str(token[name]) for name in columns]
                                             for token in lines]


def test_revoked_tokens_are_hidden_but_counted(host):
    """A48, C17, C18."""
    id_ = id_of(host.make("soon to be gone"))
    host.say("revoke", "--yes", id_)
    assert host.say("list") == "0 tokens (1 revoked hidden, --all shows them)\n"
    assert host.json("list")["tokens"] == []
    assert [token["status"] for token in host.json("list", "--all")["tokens"]] == ["revoked"]
    assert "1 token: 1 revoked\n" in host.say("list", "--all")


# --- show ---

def test_show_takes_an_id_its_beginning_or_a_name(shared, listed):
    id_ = listed["Old laptop"]
    for reference in (id_, id_[:6], id_.upper(), "Old laptop"):
        assert shared.json("show", reference)["id"] == id_
    for reference in ("old laptop", "Old", "zzzzzzzz", ""):
        assert f'no token, id prefix or name "{reference}"' in shared.fails(3, "show", reference)


def test_show_is_a_card_each(shared, listed):
    text = shared.say("show", *listed.values())
    cards = text.split("\n\n")
    assert len([card for card in cards if " ● " in card]) == 3 and fits(text) == []
    id_ = listed["printer room 3"]
    card = shared.say("show", id_)
    title = card.splitlines()[0]
    assert title.startswith(f"{id_}  printer room 3  ") and title.endswith(" ● expiring")
    assert width(title) == 80
    for line in (rf"token        pat_acme_1{id_}…  +user     alice \(uid {ALICE}\)",
                 r"description  —  +tenant   acme",
                 rf"created      \d+ \w+ \d{{4}} by {re.escape(own_name())} +"
                 r"expires  \d+ \w+ \d{4} \(in 3 days\)",
                 r"scopes       mail:read +from     anywhere",
                 r"effective    mail:read   \(alice's grants: mail:\*,ssh:login\)"):
        assert re.search(rf"^  {line}$", card, re.M), line
    assert "revoked" not in card and "replace" not in card


def test_show_of_several_ends_at_the_one_that_is_not_there(shared, listed):
    done = shared.ctl("show", listed["Old laptop"], "nothing", check=3)
    assert "Old laptop" in done.stdout and '"nothing"' in done.stderr


def test_show_tells_the_uses(host):
    token = host.make("used by the phone")
    for login in ("alice", "alice", "carol"):
        host.verify(token, service="sshd" if login == "carol" else "imap", login="alice",
                    address="192.0.2.7")
    card = host.say("show", id_of(token))
    assert re.search(r"^  last 30 days [▁-█]{30}   2 uses, 1 refused$", card, re.M)
    assert re.search(r"^  last used    (now|\d s ago)   imap   192\.0\.2\.7$", card, re.M)
    assert re.search(r"^  refused      (now|\d s ago)   sshd   192\.0\.2\.7   [a-z', -]+$", card, re.M)
    plain = host.say("show", id_of(token), environment={"LC_ALL": "C"})
    assert plain.isascii() and re.search(r"^  last 30 days +2 uses, 1 refused$", plain, re.M)


# --- revoke ---

def test_revoke_ends_a_token_for_ever(host):
    """A10, A23, M6."""
    token = host.make("to be revoked")
    id_ = id_of(token)
    said = host.say("revoke", id_, "--yes", "--reason", "laptop stolen")
    assert said == "✓ Revoked. Services refuse it at the next login.\n"
    assert host.verify(token, service="sshd", login="alice")["class"] == "refused"
    card = host.say("show", id_)
    assert "● revoked" in card and re.search(r"^  revoked      \w{3} .* UTC", card, re.M)
    assert "  effective    nothing: the token is revoked   (alice's" in card
    change = host.json("log", "--token", id_)["changes"][-1]
    assert (change["event"], change["reason"]) == ("token.revoke", "laptop stolen")
    assert f"token {id_} was revoked before" in host.fails(6, "revoke", id_, "--yes")
    assert f"token {id_} was revoked before" in host.fails(6, "revoke", id_, "--dry-run")


def test_revoke_without_a_terminal_wants_yes_and_changes_nothing(host):
    ids = [id_of(host.make(f"token number {n}")) for n in (1, 2)]
    before = host.head()
    for arguments in (ids[:1], ids, [*ids, "--no-input"], [*ids, "--json"]):
        done = host.ctl("revoke", *arguments, check=2)
        assert "nobody to ask for confirmation: give --yes" in done.stderr
    assert host.head() == before


def test_revoke_of_several_is_all_or_none(host):
    """A43, B13, M6."""
    ids = [id_of(host.make(f"token number {n}")) for n in range(3)]
    before = host.head()
    host.fails(3, "revoke", "--yes", *ids, "nothing")
    assert host.head() == before and {host.state_of(id_) for id_ in ids} == {"active"}
    text = host.say("revoke", "--dry-run", *ids)
    assert all(id_ in text for id_ in ids)
    assert text.endswith("3 tokens of 1 user would be revoked. Nothing changed (--dry-run).\n")
    assert [token["id"] for token in host.json("revoke", "-n", *ids)["tokens"]] == ids
    assert host.head() == before
    done = host.json("revoke", "--yes", *ids)["revoked"]
    assert [(token["id"], token["status"]) for token in done] == [(id_, "revoked") for id_ in ids]


def test_a_reference_that_fits_several_is_named_with_them(host):
    names = [f"token number {n:03}" for n in range(25)]
    ids = [id_of(host.make(name)) for name in names]
    letter = max("0123456789abcdefghjkmnpqrstvwxyz",
                 key=lambda letter: sum(id_[0] == letter for id_ in ids))
    several = [id_ for id_ in ids if id_[0] == letter]
    assert len(several) > 1  # all but certain: 25 ids on 32 letters
    said = host.fails(6, "show", letter)
    assert f'"{letter}" fits several tokens: ' in said
    assert sum(id_ in said for id_ in several) >= min(2, len(several))


# --- uses ---

def test_uses_are_told_newest_first(host):
    """S8."""
    token = host.make("well used", scope="ssh:login")
    id_ = id_of(token)
    assert host.say("uses", id_) == f'{id_} "well used" was never used.\n'
    for address in ("192.0.2.1", "2001:db8::7"):
        assert host.verify(token, service="sshd", login="alice", address=address)["class"] == \
            "accepted"
    host.verify(token, service="imap", login="alice", address="192.0.2.9")
    text = host.say("uses", "well used")
    rows = [line.split()[-3:] for line in text.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["imap", "192.0.2.9"], ["sshd", "2001:db8::7"],
                                         ["sshd", "192.0.2.1"]]
    assert [row[2] for row in rows][1:] == ["accepted", "accepted"] and rows[0][2] != "accepted"
    whole = host.json("uses", id_)
    assert whole["id"] == id_ and len(whole["uses"]) == 3 and whole["days"]
    assert sum(day["accepted"] for day in whole["days"]) == 2
    assert 'no token, id prefix or name "nope"' in host.fails(3, "uses", "nope")
    host.fails(2, "uses", id_, "--days", "0")
    assert "days" in host.fails(2, "uses", id_, "--days", "401")
