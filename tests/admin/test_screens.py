# SPDX-License-Identifier: BSD-2-Clause
"""What people see: 80 columns, colours, questions; and output that goes nowhere."""
import re

import pytest

from ctlkit import COLOR, TOKEN, Screen, fits, id_of, shell, width

YES_OR_NO = "[y/N] "
COUNT = "Type the number of tokens to go on: "
HIDDEN = "Token (not shown): "
LONG = "the nightly backup runner of the third machine room, second row"


@pytest.fixture(scope="module")
def crowded(shared):
    """Everything long: what a screen must cope with."""
    shared.user("bartholomew.featherstonehaugh", grants=["mail:*", "ssh:login", "db:connect"])
    shared.tenant("lab", makeDefault=False, realms=["laboratory.example.org", "example.net"],
                  description="the laboratory on the other side of the river")
    many = ["--scope", "mail:send,ssh:login,db:connect", "--from",
            "192.0.2.0/24,198.51.100.0/24,2001:db8:1234:5678::/64"]
    ids = [id_of(shared.make(LONG, *many, user="bartholomew.featherstonehaugh")),
           id_of(shared.make("中文名字的令牌是很长很长很长很长的名字", "--expires", "3d")),
           id_of(shared.make("a short name", "--expires", "90d"))]
    shared.say("revoke", "--yes", id_of(shared.make("gone already")), "--reason",
               "a laptop was stolen from the train between two stations, and we want no risk")
    return ids


SCREENS = [["status"], ["list"], ["list", "--all"], ["list", "--time", "iso"], ["log"],
           ["log", "--verify"], ["user", "list"], ["user", "show", "alice"], ["tenant", "list"],
           ["grant", "list"], ["whoami"], ["uses", "a short name"], ["show", "a short name"],
           ["revoke", "-n", "a short name", LONG], ["help"], ["version"]]


@pytest.mark.parametrize("arguments", SCREENS, ids=" ".join)
def test_a_screen_fits_80_columns(shared, crowded, arguments):
    screen = Screen(shared, *arguments)
    assert screen.status == 0 and screen.text and fits(screen.text) == []
    assert not re.search(r"\t| $", COLOR.sub("", screen.text), re.M)


@pytest.mark.parametrize("columns", [80, 72, 132, 200])
def test_ids_are_never_cut(shared, crowded, columns):
    """A22: a cut id would be typed as it stands, and is not one."""
    for arguments in (["list"], ["revoke", "-n", *crowded], ["log", "--event", "token.create"]):
        text = Screen(shared, *arguments, columns=columns).text
        assert all(re.search(rf"\b{id_}\b", text) for id_ in crowded), text
    assert "token.create" in text and fits(text, columns) == []


def test_wide_terminals_show_more(shared, crowded):
    narrow, wide = (Screen(shared, "list", columns=columns).lines[0].split()
                    for columns in (99, 100))
    assert set(wide) - set(narrow) == {"USER", "CREATED", "30", "DAYS"}
    told = Screen(shared, "list", columns=80, environment={"COLUMNS": "120"}).lines[0]
    assert "CREATED" in told


def test_a_pipe_has_no_width(shared, crowded):
    text = shared.say("list")
    assert LONG in text and "mail:read,mail:send" in text and "bartholomew.featherstonehaugh" in text


@pytest.mark.parametrize("environment, arguments, colored", [
    ({}, [], True), ({"NO_COLOR": "1"}, [], False), ({"NO_COLOR": ""}, [], True),
    ({"TERM": "dumb"}, [], False), ({}, ["--color=never"], False),
    ({"NO_COLOR": "1"}, ["--color=always"], True), ({"TERM": "dumb"}, ["--color", "always"], True),
    ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, [], True),
    ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, [], False),
], ids=str)
def test_colour_on_a_terminal(shared, crowded, environment, arguments, colored):
    text = Screen(shared, "list", "--all", *arguments, environment=environment).text
    assert bool(COLOR.search(text)) == colored and ("\x1b" in text) == colored
    assert all(word in text for word in ("active", "expiring", "revoked"))  # colour is not alone
    assert not colored or "\x1b[33mexpiring\x1b[0m" in text


@pytest.mark.parametrize("environment, arguments, colored", [
    ({}, [], False), ({"CLICOLOR_FORCE": "1"}, [], True), ({"CLICOLOR_FORCE": "0"}, [], False),
    ({}, ["--color=always"], True), ({"TERM": "xterm"}, ["--color=auto"], False),
], ids=str)
def test_colour_in_a_pipe(shared, crowded, environment, arguments, colored):
    text = shared.say("list", *arguments, environment=environment)
    assert ("\x1b" in text) == colored
    assert "\x1b" not in shared.say("list", "--json", *arguments, environment=environment)
    assert "\x1b" not in shared.say("status", environment=environment)


def test_without_utf8_everything_is_ascii(shared, crowded):
    for arguments in (["status", "-t", "lab"], ["list", "-u", "bartholomew.featherstonehaugh"],
                      ["show", "a short name"], ["log", "--verify"]):
        for locale in ("C", "POSIX"):
            assert shared.say(*arguments, environment={"LC_ALL": locale}).isascii(), arguments


def test_without_a_command_people_see_the_dashboard(shared):
    screen = Screen(shared)
    assert screen.status == 0 and screen.lines[0].startswith("patctl · host ")


def test_wide_characters_are_counted():
    assert (width("中文"), width("a\u0301"), width("\x1b[33mab\x1b[0m")) == (4, 1, 2)


# --- questions ---

@pytest.mark.parametrize("answer, status", [("y\n", 0), ("Y\n", 0), ("yes\n", 0), ("n\n", 10),
                                            ("\n", 10), ("q\n", 10), ("\x04", 10), ("\x03", 130)],
                         ids=repr)
def test_one_token_is_revoked_after_a_yes_only(host, answer, status):
    """A44."""
    id_ = id_of(host.make("asked about"))
    screen = Screen(host, "revoke", id_, answers=[(YES_OR_NO, answer)])
    assert screen.status == status and screen.echo_while_asking
    assert f"  {id_}  asked about · alice · mail:read · never used\nRevoke {id_}? This cannot be undone. [y/N] " \
        in screen.text
    assert ("✓ Revoked." in screen.text) == (status == 0)
    assert ("Nothing changed." in screen.text) == (status == 10)
    assert host.state_of(id_) == ("revoked" if status == 0 else "active")


@pytest.mark.parametrize("answer, status", [("2\n", 0), ("3\n", 10), ("y\n", 10), ("\n", 10),
                                            ("22\n", 10), ("\x03", 130)], ids=repr)
def test_of_several_tokens_the_number_must_be_typed(host, answer, status):
    """M6."""
    ids = [id_of(host.make(f"token number {n}")) for n in (1, 2)]
    screen = Screen(host, "revoke", *ids, answers=[(COUNT, answer)])
    assert screen.status == status and all(id_ in screen.text for id_ in ids)
    assert "2 tokens of 1 user will be revoked. This cannot be undone.\n" in screen.text
    assert {host.state_of(id_) for id_ in ids} == {"revoked" if status == 0 else "active"}


def test_yes_and_no_input_ask_nothing(host):
    """A44."""
    id_ = id_of(host.make("not asked about"))
    screen = Screen(host, "revoke", id_, "--no-input")
    assert screen.status == 2 and "give --yes" in screen.text and YES_OR_NO not in screen.text
    screen = Screen(host, "revoke", id_, "--yes")
    assert screen.status == 0 and YES_OR_NO not in screen.text


def test_what_was_revoked_before_is_not_asked_about(host):
    id_ = id_of(host.make("gone already"))
    host.say("revoke", "--yes", id_)
    screen = Screen(host, "revoke", id_)
    assert screen.status == 6 and "was revoked before" in screen.text


@pytest.mark.parametrize("answer, status", [("y\n", 0), ("n\n", 10)], ids=repr)
def test_setup_asks_first(patd, answer, status):
    screen = Screen(patd, "setup", "--tenant", "acme", answers=[(YES_OR_NO, answer)])
    assert screen.status == status and fits(screen.text) == []
    assert "Make tenant acme for the services of this host? [y/N] " in screen.text
    tenants = [entry["tenant"]["tenant"] for entry in patd.call("TenantList", more=True)
               if entry.get("tenant")]
    assert tenants == (["acme"] if status == 0 else [])


def test_a_token_is_typed_unseen(host):
    token = host.make("typed by hand")
    arguments = ["check", "--scope", "mail:read"]
    screen = Screen(host, *arguments, answers=[(HIDDEN, token + "\n")])
    assert screen.status == 0 and "✓ accepted\n" in screen.text and fits(screen.text) == []
    assert token not in screen.text and not TOKEN.search(screen.text)
    assert screen.echo_while_asking is False and screen.echo
    screen = Screen(host, *arguments, answers=[(HIDDEN, "\x03")])
    assert screen.status == 130 and screen.echo  # put back behind ^C, too
    assert Screen(host, *arguments, "--no-input").status == 2


def test_create_on_a_terminal_fits(host):
    screen = Screen(host, "create", "alice", "--name", "made by hand", "--scope", "mail:read",
                    "--expires", "90d", "--no-input")
    assert screen.status == 0 and fits(screen.text) == []
    assert len(TOKEN.findall(screen.text)) == 1 and TOKEN.fullmatch(screen.lines[0])


# --- output that goes nowhere ---

@pytest.mark.parametrize("json", ["", " --json"], ids=["text", "json"])
@pytest.mark.parametrize("where, why", [(">/dev/full", "No space left on device"),
                                        (">&-", "Bad file descriptor"),
                                        (">/dev/null <&- >&-", "Bad file descriptor"),
                                        ("| sleep 0", "Broken pipe")])
def test_a_token_that_cannot_be_printed_is_revoked(host, where, why, json):
    """A closed standard output must not become the connection to patd."""
    line = f"$ctl create alice --name 'goes nowhere' --scope mail:read{json} {where}"
    if where.startswith("|"):  # the reader is gone for certain
        line = f"(sleep 0.2; {line.split(' |')[0]}) | exec <&-"
    done = shell(host, line)
    assert done.returncode == 1 and done.stdout == ""
    assert f"standard output: {why}" in done.stderr and done.stderr.count(why) == 1
    assert "The token could not be handed over and was revoked.\n" in done.stderr
    assert [token["status"] for token in host.json("list", "--all")["tokens"]] == ["revoked"]
    assert host.json("log", "--lines", "1", "-t", "acme")["changes"][0]["reason"] == \
        "it could not be handed over"


@pytest.mark.parametrize("command", ["list", "list --json", "status", "log", "whoami --json",
                                     "user show alice", "help", "list --help", "version"])
def test_output_that_is_lost_is_told(shared, crowded, command):
    for where, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
        done = shell(shared, f"$ctl {command} {where}")
        assert done.returncode == 1 and "writing the output: " + why in done.stderr, done


@pytest.mark.parametrize("command", ["list", "log --json", "help"])
def test_a_reader_that_had_enough_is_no_failure(shared, crowded, command):
    """head, less: silence and success, as their users expect."""
    done = shell(shared, f"(sleep 0.2; $ctl {command}) | exec <&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_closed_input_and_errors_do_no_harm(host):
    token = host.make("standing")
    assert shell(host, "$ctl list <&-").returncode == 0
    assert shell(host, "$ctl frobnicate 2>&-").returncode == 2
    done = shell(host, "$ctl check --scope mail:read <&-")
    assert done.returncode == 2 and "no token in the input" in done.stderr
    done = shell(host, "$ctl create alice --name 'into nothing' --scope mail:read 2>&-")
    assert done.returncode == 0 and TOKEN.fullmatch(done.stdout[:-1]) and done.stdout != token
