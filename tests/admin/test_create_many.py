# SPDX-License-Identifier: BSD-2-Clause
"""create without questions: presets, and many tokens by a template or from a file."""
import json
import os
import signal
import stat
import time

import pytest

from ctlkit import ADMIN, ALICE, Host, IS_ROOT, TOKEN, id_of, shell
from terminal import Terminal

DAY = 86400 * 1000000
TEMPLATE = ["--name-template", "runner no. {n}"]
HEADER = "user,name,description,scopes,expires,addresses\n"


@pytest.fixture
def people(host):
    host.tenant("short", makeDefault=False, policy={"maxLifetime": 10 * DAY, "maxTokens": 5,
                                                    "nameMin": 3})
    host.user("dave", grants=["mail:read"], tenant="short")
    host.user("erin", grants=["mail:*", "ldap:bind"])
    return host


def names(host, *arguments):
    return sorted(row["name"] for row in host.json("list", *arguments)["tokens"])


# --- presets ---

@pytest.mark.parametrize("preset, scopes, days", [
    ("printer", ["mail:send"], 365), ("phone", ["mail:read", "mail:send"], 365),
    ("backup", ["ssh:login"], 365), ("ci", ["ssh:login"], 90)])
def test_a_preset_gives_what_is_not_given(people, preset, scopes, days):
    """C11, C24."""
    token = people.say("create", "alice", "--preset", preset, "--name", "by preset", "-q").strip()
    record = people.call("Show", token=id_of(token))["token"]
    assert record["scopes"] == scopes and record["description"]
    assert -0.1 < (record["expires"] - record["created"]) / DAY - days < 1.1
    text = people.say("create", "--help")
    assert f"{preset} ({' and '.join(scopes)}" in " ".join(text.split())


def test_a_preset_gives_way_to_options(people):
    token = people.say("create", "erin", "--preset", "ldap-bind", "--name", "by preset", "-q",
                       "--scope", "mail:read", "--expires", "3d", "--description", "mine").strip()
    record = people.call("Show", token=id_of(token))["token"]
    assert (record["scopes"], record["description"]) == (["mail:read"], "mine")
    assert 2 < (record["expires"] - record["created"]) / DAY < 3.1


def test_a_preset_gives_no_more_than_the_caller_may(people):
    """C11."""
    token = people.say("create", "dave", "-t", "short", "--preset", "phone", "--name", "by preset",
                       "-q").strip()
    record = people.call("Show", token=id_of(token), tenant="short")["token"]
    assert record["scopes"] == ["mail:read"]
    assert 9.9 < (record["expires"] - record["created"]) / DAY <= 10
    assert "ssh:login, and you may not" in people.fails(6, "create", "dave", "-t", "short",
                                                         "--preset", "ci", "--name", "no way to")
    assert "there are printer, phone, backup, ci and ldap-bind" in people.fails(
        2, "create", "alice", "--preset", "toaster", "--name", "no such preset")
    assert "missing --name (" in people.fails(2, "create", "alice", "--preset", "ci")


@pytest.mark.parametrize("option", ["--copy", "--qr"])
def test_what_needs_a_terminal_says_so_before_anything_is_made(people, option):
    assert "needs a terminal" in people.fails(2, "create", "alice", "--name", "nowhere to show",
                                              "--scope", "mail:read", option)
    assert names(people) == []


# --- by a template ---

@pytest.mark.parametrize("template", ["runner no. {n}", "runner no. %d"])
def test_many_by_a_template(people, template):
    done = people.ctl("create", "alice", "--count", "12", "--name-template", template, "--scope",
                      "mail:read", "--expires", "30d", check=0)
    tokens = done.stdout.splitlines()
    assert len(tokens) == 12 and all(TOKEN.fullmatch(token) for token in tokens)
    records = [people.call("Show", token=id_of(token))["token"] for token in tokens]
    assert [record["name"] for record in records] == [f"runner no. {n}" for n in range(1, 13)]
    assert {record["state"] for record in records} == {"active"}
    batch = records[0]["batch"]
    assert {record["batch"] for record in records} == {batch} and batch.startswith("b_")
    assert f"✓ 12 tokens made, batch {batch}." in done.stderr and "never" not in done.stderr
    assert people.ctl("create", "alice", "--count", "1", *TEMPLATE[:1], "one of {n}", "--scope",
                      "mail:read", "-q", check=0).stderr == ""


def test_many_as_json_and_into_a_file(people, tmp_path):
    told = people.json("create", "alice", "--count", "2", *TEMPLATE, "--scope", "mail:read")
    assert told["v"] == 1 and [row["name"] for row in told["tokens"]] == \
        ["runner no. 1", "runner no. 2"]
    assert all(TOKEN.fullmatch(row["token"]) and row["batch"] == told["batch"]
               for row in told["tokens"])
    done = people.ctl("create", "alice", "--count", "2", "--name-template", "jsonl no. {n}",
                      "--scope", "mail:read", "--jsonl", check=0)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2 and rows[0]["v"] == 1 and TOKEN.fullmatch(rows[1]["token"])
    file = tmp_path / "tokens"
    done = people.ctl("create", "alice", "--count", "3", "--name-template", "in a file {n}",
                      "--scope", "mail:read", "--out-file", file, check=0)
    tokens = file.read_text().splitlines()
    assert done.stdout == "" and len(tokens) == 3 and f"They are in {file}" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = people.json("create", "alice", "--count", "1", "--name-template", "both of them {n}",
                       "--scope", "mail:read", "--out-file", tmp_path / "other")
    assert "token" not in told["tokens"][0]
    assert TOKEN.fullmatch((tmp_path / "other").read_text()[:-1])
    people.fails(2, "create", "alice", "--count", "3", "--name-template", "not made {n}", "--scope",
                 "mail:read", "--out-file", file)
    assert not [name for name in names(people) if name.startswith("not made")]


@pytest.mark.parametrize("arguments, told", [
    (["--count", "3", "--scope", "mail:read"], "missing --name-template"),
    (["--name-template", "a name {n}", "--scope", "mail:read"], "missing --count"),
    (["--count", "3", *TEMPLATE], "missing --scope"),
    (["--count", "0", *TEMPLATE, "--scope", "mail:read"], "not a number of 1 or more"),
    (["--count", "many", *TEMPLATE, "--scope", "mail:read"], "not a number of 1 or more"),
    (["--count", "100001", *TEMPLATE, "--scope", "mail:read"], "100000 at most"),
    (["--count", "3", "--name-template", "no number", "--scope", "mail:read"], "one {n} or %d"),
    (["--count", "3", "--name-template", "{n} and %d", "--scope", "mail:read"], "one {n} or %d"),
    (["--count", "3", "--name-template", "n {n}", "--scope", "mail:read"],
     "--name-template:1: the name needs at least 8 characters"),
    (["--count", "26", *TEMPLATE, "--scope", "mail:read"], "alice may have 25 more tokens only"),
    (["--count", "3", *TEMPLATE, "--scope", "sudo:run"], "sudo:run is not among the scopes"),
    (["--count", "3", *TEMPLATE, "--scope", "mail:read", "--from-file", "x"], "either --from-file"),
    (["--from-file", "/does/not/exist"], "No such file"),
    (["--count", "3", *TEMPLATE, "--name", "a good name"], "without --name"),
    (["--count", "3", *TEMPLATE, "--scope", "mail:read", "--qr"], "and --qr"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_made_is_told_before_anything_is(people, arguments, told):
    head = people.head()
    assert told in people.fails(2, "create", "alice", *arguments)
    assert people.head() == head


# --- from a file ---

def test_rows_of_csv(people):
    """D7."""
    text = (HEADER + 'alice,laptop mail,"the ""old"" one, by the window",mail:read mail:send,30d,\n'
            "\nerin,directory sync,,ldap:bind,never,10.1.2.0/24 2001:db8::/64\r\n"
            'carol,"phone, the new one",,"mail:read,mail:filter",,\n')
    done = people.ctl("create", "--from-file", "-", stdin="\ufeff" + text, check=0)
    records = [people.call("Show", token=id_of(token))["token"]
               for token in done.stdout.splitlines()]
    assert [(record["user"], record["name"]) for record in records] == [
        ("alice", "laptop mail"), ("erin", "directory sync"), ("carol", "phone, the new one")]
    assert records[0]["description"] == 'the "old" one, by the window'
    assert records[0]["scopes"] == ["mail:read", "mail:send"] and records[0]["expires"]
    assert records[1]["addresses"] == ["10.1.2.0/24", "2001:db8::/64"]
    assert records[1]["expires"] is None and records[2]["scopes"] == ["mail:filter", "mail:read"]
    assert "3 tokens made" in done.stderr and "▲ 2 of them never expire. " in done.stderr


def test_rows_of_json_and_what_options_say_for_all(people, tmp_path):
    """D7."""
    rows = [{"user": "alice", "name": "laptop mail", "scopes": ["mail:read", "mail:send"]},
            {"user": "erin", "name": "directory sync", "addresses": ["10.1.2.0/24"],
             "description": "müll", "expires": "5d"},
            {"name": "of the caller", "scopes": "mail:read", "expires": None}]
    file = tmp_path / "rows"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = people.ctl("create", "carol", "--from-file", file, "--scope", "mail:filter", "--expires",
                      "20d", check=0)
    records = [people.call("Show", token=id_of(token))["token"]
               for token in done.stdout.splitlines()]
    assert [(record["user"], record["scopes"]) for record in records] == [
        ("alice", ["mail:read", "mail:send"]), ("erin", ["mail:filter"]), ("carol", ["mail:read"])]
    lives = [round((record["expires"] - record["created"]) / DAY) for record in records]
    assert lives == [20, 5, 20]
    assert records[1]["description"] == "müll" and records[1]["addresses"] == ["10.1.2.0/24"]


WRONG = [
    ("alice,short,,mail:read,,\n", "2: the name needs at least 8 characters"),
    ("alice,a good name,,,,\n", "2: there is no scope"),
    ("alice,,,mail:read,,\n", "2: there is no name"),
    ("alice,a good name,,sudo:run,,\n", "2: sudo:run is not among"),
    ("alice,a good name,,mail:read,soon,\n", "2: like 90d"),
    ("alice,a good name,,mail:read,2020-01-01,\n", "2: that is past"),
    ("alice,a good name,,mail:read,,10.0.0.1/8\n", '2: "10.0.0.1/8" has bits'),
    ("alice,a good name,,mail:read,\n", "2: it has not as many columns"),
    ("alice,a good name,,mail:read,,,\n", "2: it has not as many columns"),
    ('alice,"a good name,,mail:read,,\n', "2: its quotes are wrong"),
    ("alice,a good name,,mail:read,,\n\nalice,a good name,,mail:read,,\n",
     "4: line 2 has the same name"),
    ("alice,turned \u202e round,,mail:read,,\n", "2: it holds characters that people cannot read"),
]


@pytest.mark.parametrize("text, told", WRONG, ids=[told for _, told in WRONG])
def test_a_wrong_row_is_told_with_its_line_and_nothing_is_made(people, tmp_path, text, told):
    file = tmp_path / "rows"
    file.write_text(HEADER + text)
    head = people.head()
    assert f"{file}:{told}" in people.fails(2, "create", "--from-file", file)
    assert people.head() == head


@pytest.mark.parametrize("text, told", [
    ("", "there is no row in it"), (HEADER, "there is no row in it"),
    ("user,name,colour\nx", '1: the first line names the columns'), ("name,name\n", '"name"'),
    ('{"name": "a good name", "colour": "x"}', '1: there is no "colour"'),
    ('{"name": "a good name"', "1: it is no JSON object"), ('{"name": 7}', "1: name is neither"),
    ('{"name": "a good name", "scopes": [["x"]]}', "1: scopes is neither"),
    ('{"name": "a good name", "scopes": ["mail:read ssh:login"]}', "1: scopes is neither"),
    ('{"name":"a","name":"b"}', "1: it is no JSON object"),
    ("name,scopes\nnul\0l name,mail:read\n", "2: it holds a NUL"),
], ids=repr)
def test_a_file_that_is_none(people, tmp_path, text, told):
    file = tmp_path / "rows"
    file.write_text(text)
    assert told in people.fails(2, "create", "alice", "--from-file", file)


def test_every_wrong_row_is_told_up_to_a_number(people, tmp_path):
    file = tmp_path / "rows"
    file.write_text("name,scopes\n" + "x,mail:read\n" * 30 + "a good name,mail:read\n")
    told = people.fails(2, "create", "alice", "--from-file", file).splitlines()
    assert len(told) == 21 and f"{file}:21: the name needs" in told[19]
    assert told[20] == "Nothing was made: 30 of 31 rows are wrong."
    errors = people.fails(2, "create", "alice", "--from-file", file, "--json").splitlines()
    assert {json.loads(line)["error"]["code"] for line in errors if line.startswith("{")} == {2}


def test_a_user_who_is_not_there(people, tmp_path):
    file = tmp_path / "rows"
    file.write_text("user,name,scopes\nalice,a good name,mail:read\nnobody,a good name,mail:read\n")
    told = people.fails(3, "create", "--from-file", file)
    assert f"{file}:3. Nothing was made." in told and names(people) == []


def test_one_that_is_refused_midway(people, tmp_path):
    """The name is in use: that is known to patd alone."""
    people.make("number two of them")
    file = tmp_path / "rows"
    file.write_text("name,scopes\n" + "".join(
        f"number {n} of them,mail:read\n" for n in ("one", "two", "three")))
    done = people.ctl("create", "alice", "--from-file", file, check=8)
    assert len(done.stdout.splitlines()) == 1 and "name already" in done.stderr
    assert "▲ 1 of 3 tokens made, batch b_" in done.stderr and "Line 3 was not." in done.stderr
    assert names(people) == ["number one of them", "number two of them"]
    done = people.ctl("create", "alice", "--from-file", file, check=6)
    assert done.stdout == "" and "0 of 3 tokens made" in done.stderr
    out = tmp_path / "out"
    people.fails(6, "create", "alice", "--from-file", file, "--out-file", out)
    assert not out.exists()


def test_a_reader_that_leaves_costs_one_token(people):
    done = shell(people, "$ctl create alice --count 4 --name-template 'lost {n} in a pipe' "
                         "--scope mail:read >&$gone")
    assert done.returncode in (1, 8) and "was revoked" in done.stderr
    states = [row["status"] for row in people.json("list", "--all", "-u", "alice")["tokens"]]
    assert states.count("revoked") == 1 and len(states) <= 4


# --- long ones ---

def slow_batch(people, count):
    if not any(row["tenant"]["tenant"] == "large" for row in people.call("TenantList", more=True)
               if row.get("tenant")):
        people.tenant("large", makeDefault=False, policy={"maxTokens": None})
        people.user("frank", grants=["mail:read"], tenant="large")
    return ["create", "frank", "-t", "large", "--count", str(count), *TEMPLATE, "--scope",
            "mail:read"]


def test_an_interrupt_ends_behind_the_row_in_hand(people, tmp_path):
    out = tmp_path / "tokens"
    with Terminal(people, *slow_batch(people, 2000), "--out-file", out) as terminal:
        terminal.wait_for(lambda: out.exists() and out.read_text().count("\n") >= 3)
        terminal.type("\x03")
        assert terminal.wait() == 8 and " of 2000 tokens made, batch b_" in terminal.kept
    tokens = out.read_text().splitlines()
    assert 3 <= len(tokens) < 2000
    listed = people.call("List", filter={"tenant": "large"}, more=True)
    assert {row["token"]["id"] for row in listed if row.get("token")} == set(map(id_of, tokens))


def test_progress_is_a_bar_on_a_terminal_and_nothing_of_it_stays(people, tmp_path):
    for environment, cell in (({}, "█"), ({"LC_ALL": "C"}, "#")):
        out = tmp_path / f"tokens {cell}"
        with Terminal(people, *slow_batch(people, 400), "--out-file", out,
                      environment=environment) as terminal:
            def has_bar():
                return f"Creating {cell}" in terminal.everything.replace("-", cell)

            while not has_bar() and terminal.look():
                people.process.send_signal(signal.SIGSTOP)  # so that it takes more than a moment
                time.sleep(0.1)
                people.process.send_signal(signal.SIGCONT)
            assert has_bar()
            assert terminal.wait() == 0
            assert "Creating" not in terminal.kept and "400 tokens made" in terminal.kept
        assert len(out.read_text().splitlines()) == 400
        ids = [id_of(token) for token in out.read_text().splitlines()]
        for begin in range(0, len(ids), 100):
            people.call("Revoke", tokens=ids[begin:begin + 100], tenant="large")


def test_without_a_terminal_there_is_no_bar(people):
    done = people.ctl(*slow_batch(people, 50), check=0)
    assert "\r" not in done.stderr and "Creating" not in done.stderr
    assert os.linesep.join(done.stderr.splitlines()).count("50 tokens made") == 1


# --- who ---

if IS_ROOT:
    def test_users_and_administrators_make_many_for_whom_they_may(tmp_path):
        with Host() as patd:
            patd.user("adam", grants=["mail:*"], account="adam", uid=ADMIN, role="admin")
            arguments = ["--count", "2", *TEMPLATE, "--scope", "mail:read", "-q"]
            assert len(patd.say("create", *arguments, uid=ALICE).splitlines()) == 2
            assert len(patd.say("create", "carol", *arguments, uid=ADMIN).splitlines()) == 2
            assert patd.ctl("create", "carol", *arguments, uid=ALICE).returncode in (3, 4)
            file = tmp_path / "rows"
            file.write_text("user,name,scopes\nalice,one of my own,mail:read\n"
                            "carol,one of another,mail:read\n")
            tmp_path.chmod(0o755)
            done = patd.ctl("create", "--from-file", "-", uid=ALICE, stdin=file.read_text())
            assert done.returncode in (3, 4) and "one of my own" not in patd.say("list")
