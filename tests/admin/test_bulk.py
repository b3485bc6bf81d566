# SPDX-License-Identifier: BSD-2-Clause
"""patctl with thousands of tokens: revoke by filters and files, rotate --all-expiring, purge."""
import csv
import json
import re
import signal
import subprocess
import sys

import pytest

from ctlkit import ALICE, TOKEN, Host, Screen, id_of
from pat import IS_ROOT, SOURCE

sys.path.append(str(SOURCE / "tests/patd"))
from patdkit import fill  # noqa: E402

MANY = 12_000
COUNT = "Type the number of tokens to go on: "


@pytest.fixture(scope="module")
def crowd():
    """12,000 tokens of 40 users; the tests take their own part of them."""
    with Host() as host:
        host.call("TenantCreate", tenant="big", policy={"maxTokens": None})
        fill(host, MANY, users=40, tenant="big")
        yield host


def live(host, *arguments):
    return host.json("list", "-t", "big", *arguments)["tokens"]


# --- revoke ---

def test_many_are_counted_by_user_and_their_number_is_typed(crowd):
    """B13, M6: more than a screen takes are told by user; --dry-run shows every one."""
    what = ["revoke", "-t", "big", "--name", "filler token 1????"]  # 2,000, of 40 users
    rows = crowd.json(*what, "--dry-run")["tokens"]
    assert len(rows) == 2000
    screen = Screen(crowd, *what, answers=[(COUNT, "1999\n")])
    assert screen.status == 10
    assert "        50  big/filler0\n" in screen.text and "and of 35 more users" in screen.text
    assert "2000 tokens of 40 users will be revoked (list: --dry-run)." in screen.text
    screen = Screen(crowd, *what, "--reason", "autumn", answers=[(COUNT, "2000\n")])
    assert screen.status == 0 and "✓ All revoked." in screen.text
    batch = re.search(r"Log: patctl log --batch (b_[0-9a-f]{12})\n", screen.text)[1]
    changes = crowd.json("log", "-t", "big", "--batch", batch)["changes"]
    assert len(changes) == 2000 and {change["reason"] for change in changes} == {"autumn"}
    assert live(crowd, "--name", "filler token 1????") == []


def test_json_tells_how_many_and_no_bar(crowd):
    done = crowd.ctl("revoke", "-t", "big", "--name", "filler token 4*", "--yes", "--json")
    document = json.loads(done.stdout)
    assert done.stderr == "" and document["revoked"] == []
    assert document["done"] == document["of"] == 1111  # 4, 4?, 4?? and 4???
    assert document["batch"].startswith("b_")


def test_what_changed_since_the_preview_is_looked_at_again(crowd):
    """Nothing is revoked when others are found than were shown."""
    class Meanwhile:
        def encode(self):
            crowd.call("Revoke", tokens=[live(crowd, "-u", "filler5", "--limit", "1")[0]["id"]])
            return b"%d\n" % before

    before = len(live(crowd, "--name", "filler token 3*", "--status", "active"))
    what = ["revoke", "-t", "big", "--name", "filler token 3*"]
    assert before > 1000
    race = [(COUNT, Meanwhile())]
    crowd.call("Create", tenant="big", user="filler5", name="filler token 3 at last",
               scopes=["mail:read"])
    before += 1
    screen = Screen(crowd, *what, answers=race)
    assert screen.status == 6 and f"{before - 1} tokens were found, not {before}" in screen.text
    assert len(live(crowd, "--name", "filler token 3*")) == before - 1


def test_an_interrupt_ends_behind_the_commit_in_hand(crowd):
    """^C: how many were done is told, exit status 8; the same command does the rest."""
    what = ["revoke", "-t", "big", "--scope", "mail:read", "--yes"]
    wanted = len(live(crowd))
    assert wanted > 5000
    command = [crowd.bin / "patctl", "--socket", crowd.manage_socket, *what]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        while len(live(crowd, "--limit", "1")) == 1 and process.poll() is None:
            if len(live(crowd)) < wanted:
                process.send_signal(signal.SIGINT)
                break
        out, said = process.communicate(timeout=60)
    left = len(live(crowd))
    if process.returncode == 0:  # it was quicker
        assert left == 0
        return
    assert process.returncode == 8 and f"{wanted - left} of {wanted} were revoked." in said
    assert "Log: patctl log --batch " in out
    crowd.say(*what)
    assert live(crowd) == []


# --- a file of ids ---

def test_a_file_of_ids(host, tmp_path):
    """What is dead already is counted, what is unknown is told; the rest is revoked: 8."""
    ids = [id_of(host.make(f"leaked number {n}")) for n in range(4)]
    host.say("revoke", "--yes", ids[0])
    file = tmp_path / "ids"
    file.write_text(f"# leaked\n{ids[0]}\n\n {ids[1]} \r\n{ids[2]}\n{ids[1]}\nzzzzzzzz\n")
    tried = host.ctl("revoke", "--id-file", file, "--dry-run", check=8)
    assert "1 of the file was revoked before." in tried.stderr
    assert "1 of the file is no token:\n  zzzzzzzz\n" in tried.stderr
    assert "2 tokens of 1 user would be revoked." in tried.stdout
    host.ctl("revoke", "--id-file", file, "--no-input", check=2)
    assert host.state_of(ids[1]) == "active"
    done = host.ctl("revoke", "--id-file", file, "--yes", "--reason", "leaked", "--json", check=8)
    document = json.loads(done.stdout)
    assert [token["id"] for token in document["revoked"]] == ids[1:3]
    assert document["skipped"] == [{"token": ids[0], "problem": "token.revoked"},
                                   {"token": "zzzzzzzz", "problem": "token.unknown"}]
    assert [host.state_of(id_) for id_ in ids] == ["revoked"] * 3 + ["active"]
    file.write_text("\n".join(ids[:3]) + "\n")
    assert host.ctl("revoke", "--id-file", file, "--yes", check=0).stderr == \
        "3 of the file were revoked before.\n"
    assert "no token has one of these ids" in \
        host.ctl("revoke", "--id-file", "-", "--yes", stdin="zzzzzzzz\n", check=3).stderr
    for text, told in ((f"{ids[3]}\n{ids[3]} x\n", ":2: it is no token id"), ("", "no id in it"),
                       ("leaked number 3\n", ":1: it is no token id")):
        file.write_text(text)
        assert told in host.fails(2, "revoke", "--id-file", file, "--yes")
    secret = host.make("leaked as a whole")
    file.write_text(secret + "\n")
    assert secret[12:] not in host.fails(2, "revoke", "--id-file", file, "--yes")
    assert "not both" in host.fails(2, "revoke", "--id-file", file, ids[3])
    assert host.state_of(ids[3]) == "active"


def test_a_batch_is_undone_as_one(host, tmp_path):
    made = host.json("create", "alice", "--count", "3", "--name-template", "runner no. {n}",
                     "--scope", "mail:read")
    stays = id_of(host.make("something else"))
    assert len(host.json("list", "--batch", made["batch"])["tokens"]) == 3
    done = host.json("revoke", "--batch", made["batch"], "--yes")
    assert {token["id"] for token in done["revoked"]} == {each["id"] for each in made["tokens"]}
    assert host.state_of(stays) == "active"


# --- rotate --all-expiring ---

def test_all_that_end_soon_get_a_successor(host, tmp_path):
    """The secrets go to a file of mode 0600; what ends later, or was rotated, is left."""
    soon = [host.make(f"ends soon {n}", "--expires", "3d") for n in range(2)]
    carols = host.make('soon, "too"', "--expires", "5d", user="carol")
    later, never = host.make("ends later", "--expires", "40d"), host.make("never ends")
    rotated = host.make("rotated before", "--expires", "2d")
    host.say("rotate", id_of(rotated), "-q", "--expires", "90d")
    file = tmp_path / "tokens.csv"
    what = ["rotate", "--all-expiring", "14d", "--grace", "1d", "--expires", "90d"]
    assert "3 tokens would get a successor." in host.say(*what, "--dry-run")
    host.fails(2, *what, "--no-input")
    done = host.ctl(*what, "--yes", "--out-file", file, check=0)
    assert "3 of 3 tokens got a successor." in done.stderr and done.stdout == ""
    assert file.stat().st_mode & 0o777 == 0o600
    with open(file, newline="", encoding="utf-8") as stream:
        rows = {row["old"]: row for row in csv.DictReader(stream)}
    assert set(rows) == {id_of(text) for text in (*soon, carols)}
    assert rows[id_of(carols)]["name"] == 'soon, "too"' and rows[id_of(carols)]["user"] == "carol"
    for row in rows.values():
        assert TOKEN.fullmatch(row["token"]) and id_of(row["token"]) == row["id"]
        assert host.verify(row["token"], service="imap", login=row["user"])["class"] == "accepted"
        assert host.call("Show", token=row["old"])["token"]["successor"] == row["id"]
    for text in (later, never):
        assert host.call("Show", token=id_of(text))["token"]["successor"] is None
    assert "No token ends by then" in host.ctl(*what, "--yes", "--out-file", tmp_path / "x").stderr


def test_rotated_tokens_as_json_lines_and_not_on_a_terminal(host, tmp_path):
    old = host.make("ends soon", "--expires", "3d")
    screen = Screen(host, "rotate", "--all-expiring", "14d", "--yes")
    assert screen.status == 2 and "many tokens are not shown on a terminal" in screen.text
    assert host.call("Show", token=id_of(old))["token"]["successor"] is None
    line, = host.say("rotate", "--all-expiring", "14d", "--yes", "--jsonl").splitlines()
    row = json.loads(line)
    assert row["replaces"] == id_of(old) and id_of(row["token"]) == row["id"]
    assert host.verify(row["token"], service="imap", login="alice")["class"] == "accepted"
    for wrong in (["x"], ["--finish"], ["--qr"]):
        host.fails(2, "rotate", "--all-expiring", "14d", *wrong)
    assert "missing ID" in host.fails(2, "rotate")
    host.fails(2, "rotate", id_of(old), "--dry-run")


def test_what_cannot_be_rotated_is_told_and_the_rest_goes_on(host, tmp_path):
    made = [host.make(f"ends soon {n}", "--expires", "3d", user=user)
            for n, user in enumerate(["alice", "carol", "alice"])]
    host.call("UserSetEnabled", user="carol", enabled=False)
    done = host.ctl("rotate", "--all-expiring", "14d", "--yes", check=8)
    assert len(TOKEN.findall(done.stdout)) == 2
    assert f"{id_of(made[1])} ends soon 1 was not rotated." in done.stderr
    assert "2 of 3 tokens got a successor." in done.stderr


# --- purge ---

def test_purge_asks_and_tells(host):
    """Nothing is old enough here: what it deletes is a matter of patd's tests."""
    host.say("revoke", "--yes", id_of(host.make("just revoked")))
    assert host.say("purge") == "0 dead tokens are older than 400d.\n"
    assert host.say("purge", "--older-than", "30d", "--dry-run") == \
        "0 dead tokens are older than 30d. Nothing changed (--dry-run).\n"
    assert host.json("purge", "--dry-run") == {"v": 1, "dry_run": True, "done": 0, "of": 0}
    assert "last day" in host.fails(2, "purge", "--older-than", "1h", "--yes")
    if IS_ROOT:
        host.fails(4, "purge", uid=ALICE)
