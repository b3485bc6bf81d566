# SPDX-License-Identifier: BSD-2-Clause
"""What stands on the command line: words, options, help, and what is refused before anything."""
import json
import re
import subprocess

import pytest

from pat import BUILD, PATCTL
from ctlkit import TOKEN, UNUSED, fits

WRONG = "pat_acme_1tk7vff5174qge0bjb4gz5abhfz31r178082b6sv71"  # mistyped


def alone(*arguments, environment=None):
    """patctl without a patd."""
    return subprocess.run([PATCTL, *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=30,
                          env={"LC_ALL": "C.UTF-8", "TZ": "UTC", **(environment or {})})


def commands():
    return re.findall(r"^  ([a-z]+(?: [a-z-]+)?)\s{2,}\S", alone("help").stdout, re.M)


# arguments, what is said, and what is suggested
MISTAKES = [
    (["revok"], 'no command "revok": did you mean "revoke"?'),
    (["crate", "alice"], 'no command "crate": did you mean "create"?'),
    (["tenant", "lst"], 'no command "tenant lst": did you mean "tenant list"?'),
    (["user", "shw"], 'no command "user shw": did you mean "user show"?'),
    (["help", "revok"], 'help: no command "revok": did you mean "revoke"?'),
    (["foo"], "no command \"foo\": see 'patctl help'"),
    (["frobnicate"], "no command \"frobnicate\": see 'patctl help'"),
    (["x" * 3000], "see 'patctl help'"),
    (["tenant"], '"tenant" needs one of: create list'),
    (["user", "--json"], '"user" needs one of: create list show role set bind disable enable '
     'revoke-all forget'),
    (["list", "--frob"], 'list: no option "--frob": did you mean "--from"?\n'
                         "  try 'patctl list --help'"),
    (["list", "--expire-before", "14d"], 'did you mean "--expires-before"?'),
    (["list", "-x"], 'list: no option "-x"'),
    (["--frob"], 'no option "--frob"\n  try \'patctl --help\''),
    (["list", "--limit"], "list: --limit needs a value"),
    (["list", "-u"], "list: -u needs a value"),
    (["list", "--all=1"], "list: --all takes no value"),
    (["list", "--limit", "0"], 'list: "0" is not a number of 1 or more'),
    (["list", "--limit", "1x"], 'list: "1x" is not a number of 1 or more'),
    (["list", "--limit", "99999999999999999999"], "is not a number of 1 or more"),
    (["list", "--columns", "id,frob"], "list: --columns: no field \"frob\"\n  there are: id name"),
    (["list", "--columns", "id,nmae"], "list: --columns: no field \"nmae\": did you mean \"name\"?"),
    (["list", "--sort", "id,name"], "list: --sort takes one field"),
    (["list", "--sort", "-creatd"], "list: --sort: no field \"creatd\": did you mean \"created\"?"),
    (["list", "--group-by", "name"], "list: --group-by: no group \"name\"\n  there are: user "),
    (["list", "--status", "actve"], "list: --status: no status \"actve\": did you mean \"active\"?"),
    (["list", "--status", "dead"], "list: --status: no status \"dead\"\n  there are: active "),
    (["list", "--created-before", "frob"], "list: \"frob\" is not a time"),
    (["list", "--expires-before", "never"], "list: \"never\" is not a time"),
    (["list", "--unused", "frob"], "list: \"frob\" is not a time"),
    (["revoke"], "revoke: missing ID... or a filter\n  example: "),
    (["revoke", "x", "--unused", "90d"], "revoke: either ids or filters, not both"),
    (["edit", "x"], "edit: missing --name, --description, --remove-scope, --from or --expires"),
    (["edit", "x", "--expires", "never"], "edit: \"never\" is not a time"),
    (["explain", "x"], "explain: missing --service or --scope"),
    (["review", "--age", "frob"], "review: \"frob\" is not a lifetime"),
    (["timeline", "--days", "3651"], "timeline: --days is at most 3650"),
    (["uses", "--lines", "0"], "uses: \"0\" is not a number of 1 or more"),
    (["log", "--columns", ""], "log: --columns: no field \"\""),
    (["list", "--time", "soon"], 'list: --time: not "soon"'),
    (["list", "--color", "red"], 'list: --color: not "red"'),
    (["list", "alice"], 'list: unexpected "alice"'),
    (["create", "alice", "bob"], 'create: unexpected "bob"'),
    (["show"], "show: missing ID..."),
    (["revoke"], "revoke: missing ID..."),
    (["grant", "add", "alice"], "grant add: missing USER|@GROUP SCOPE..."),
    (["create"], "create: missing --name and --scope (no terminal to ask on)\n  example: "),
    (["create", "--name", "a token of mine"], "create: missing --scope"),
    (["create", "--scope", "mail:read"], "create: missing --name (no terminal to ask on)\n"),
    (["create", "--name", "a token of mine", "--scope", "mail:read", "--expires", "soon"],
     'create: "soon" is not a time\n  like 90d, '),
    (["create", "--name", "a token of mine", "--scope", "mail:read", "--expires", "2026-02-30"],
     'create: "2026-02-30" is no date, or too far away'),
    (["create", "--name", "a token of mine", "--scope", "mail:read", "--not-before", "never"],
     'create: "never" is not a time'),
    (["setup"], "setup: missing --tenant\n  example: patctl setup --tenant acme"),
    (["check"], "check: missing --service or --scope\n  example: "),
    (["check", "--service", "imap", "--token-file", "/nonexistent"],
     "check: /nonexistent: No such file"),
    (["user", "create", "dave"], "user create: give either --account ACCOUNT or --virtual"),
    (["user", "create", "dave", "--account", "dave", "--virtual"],
     "user create: give either --account"),
    (["user", "bind", "alice"], "user bind: give either --account ACCOUNT or --virtual"),
    (["tenant", "create", "lab", "--max-tokens", "0"], 'tenant create: "0" is not a number'),
    (["tenant", "create", "lab", "--max-lifetime", "never"],
     'tenant create: "never" is not a lifetime\n  like 36h, '),
    (["log", "--since", "2 days"], 'log: "2 days" is not a time'),
    (["--socket", "/" + 200 * "x", "list"], "list: --socket: the path is too long"),
]


@pytest.mark.parametrize("arguments, said", MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_told_and_ends_with_2(arguments, said):
    """Before patd is asked at all: none runs here."""
    if "too long" in said:
        arguments = [word if word[0] != "/" else "/" + 5000 * "x" for word in arguments]
    done = alone(*[word for word in arguments if word != "--json"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("patctl: ") and said in done.stderr
    told = json.loads(alone("--json", *arguments).stderr)["error"]
    assert told["code"] == 2 and told["id"] and told["message"]
    assert json.loads(alone("--jsonl", *arguments).stderr)["error"]["code"] == 2


def test_without_a_command_programs_get_the_help():
    done = alone()
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == alone("--help").stdout


@pytest.mark.parametrize("command", ["", *commands()])
def test_help_of_every_command_fits_80_columns(command):
    words = command.split()
    done = alone(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == alone("help", *words).stdout == alone(*words, "-h").stdout
    assert done.stdout.startswith(f"Usage: patctl {command or '[OPTIONS] COMMAND'}")
    assert fits(done.stdout, 79) == []
    assert not re.search(r"[ \t]$", done.stdout, re.M)


@pytest.mark.parametrize("first", sorted({name.split()[0] for name in commands() if " " in name}))
def test_help_of_a_first_word_lists_what_may_follow(first):
    done = alone(first, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == alone("help", first).stdout == alone(first, "-h").stdout
    listed = re.findall(r"^  ([a-z]+ [a-z-]+)\s{2,}\S", done.stdout, re.M)
    assert listed == [name for name in commands() if name.startswith(first + " ")]
    # "log" is a command too: its own help, and the others after it
    assert ("\nSee also\n" in done.stdout) == (first in commands())


@pytest.mark.parametrize("alias, command", [("new", "create"), ("generate", "create"),
                                            ("ls", "list")])
def test_a_second_name_is_the_same_command(alias, command):
    """B3, C7."""
    assert alone(alias, "--help").stdout == alone(command, "--help").stdout


def test_the_version_is_that_of_the_build():
    version = re.search(r"^PACKAGE_VERSION = (\S+)$", (BUILD / "Makefile").read_text(), re.M)[1]
    for arguments in (["version"], ["--version"], ["-V"], ["list", "-V"]):
        done = alone(*arguments)
        assert (done.returncode, done.stdout) == (0, f"patctl (linux-pat) {version}\n")
    for arguments in (["version", "--json"], ["-j", "-V"]):
        assert json.loads(alone(*arguments).stdout) == \
            {"v": 1, "name": "linux-pat", "version": version}


def test_options_may_stand_before_and_behind_the_command(shared):
    shared.make("first of its name")
    assert shared.say("--json=id,name", "list") == shared.say("list", "--json=id,name")
    assert shared.say("--plain", "list", "-u", "alice") == shared.say("list", "--plain",
                                                                      "--user=alice")
    assert shared.say("list", "--plain", "--") == shared.say("list", "--plain")


# --- tokens do not belong here ---

@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("token", [UNUSED, WRONG, UNUSED.upper(), UNUSED[:-1]],
                         ids=["a token", "a mistyped one", "in capitals", "a cut one"])
@pytest.mark.parametrize("arguments", [
    ["{}"], ["check", "{}"], ["revoke", "{}"], ["show", "-q", "{}"], ["list", "--name", "{}"],
    ["list", "--name={}"], ["create", "alice", "--name", "my {} token", "--scope", "mail:read"],
    ["revoke", "x", "--reason={}"], ["revoke", "x", "--reason=lost={}"], ["list", "--{}"],
    ["help", "{}"], ["--{}={}"], ["--user", "alice@{}", "list"],
], ids=" ".join)
def test_a_token_on_the_command_line_is_refused_and_not_echoed(arguments, token, json_too):
    done = alone(*[word.replace("{}", token) for word in arguments],
                 *(["--json"] if json_too else []))
    assert (done.returncode, done.stdout) == (2, "")
    assert "a secret: pipe it in" in done.stderr
    assert token.lower()[20:] not in done.stderr.lower()
    if token == UNUSED and arguments[-1] == "{}":
        assert "It is now in your shell history" in done.stderr
        assert "patctl revoke tk7vff51" in done.stderr
    assert not json_too or json.loads(done.stderr)["error"]["id"] == "argument.token"


def test_a_token_in_the_wrong_place_stays_out_of_the_log(shared):
    token = shared.make("about to be mistaken")
    before = shared.head()
    shared.fails(2, "revoke", token, "--yes")
    shared.fails(2, "create", "alice", "--name", token, "--scope", "mail:read")
    assert shared.head() == before and not TOKEN.search(shared.log_text())


# --- hostile text ---

HOSTILE = {"an escape": "evil\x1b[2Jname", "a bell": "evil\x07 name", "a new line": "evil\nname",
           "a C1 control": "evil\u009b2Jname", "an override": "evil\u202ename",
           "an isolate": "evil\u2066name", "a line separator": "evil\u2028name",
           "bytes": "evil\udcff\udcfename"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_that_moves_cursors_is_refused_and_never_printed(shared, text):
    """C8."""
    id_ = shared.token(scopes=["mail:read"])[1]["id"]
    before = shared.head()
    for arguments in (["create", "alice", "--scope", "mail:read", "--name", text],
                      ["create", "alice", "--scope", "mail:read", "--name", "good enough",
                       "--description", text],
                      ["revoke", id_, "--yes", "--reason", text],
                      ["tenant", "create", "lab", "--description", text],
                      ["tenant", "create", "lab", "--contact", text],
                      ["user", "create", "eve", "--virtual", "--contact", text],
                      ["user", "create", text, "--virtual"], ["grant", "add", "alice", text],
                      ["show", text], ["revoke", text], ["uses", text], ["user", "show", text],
                      [text], ["help", text], ["list", text], ["list", "--" + text],
                      ["list", "--time", text],
                      ["create", "--name", "a", "--scope", "b", "--expires", text]):
        done = shared.ctl(*arguments)
        assert done.returncode in (1, 2, 3) and done.stdout == "", arguments
        printed = done.stderr.replace("\n", "")
        assert done.stderr.startswith("patctl: ") and printed.isprintable(), (arguments, printed)
    assert shared.head() == before and shared.call("Show", token=id_)["token"]["state"] == \
        "active"


def test_names_of_any_language_are_shown_as_they_are(shared):
    """C8."""
    name = "naïve Schlüssel 鍵 🔑"
    id_ = shared.make(name, "--description", "für die Drucker").split("_")[2][1:9]
    assert name in shared.say("list") and name in shared.say("show", id_)
    assert shared.json("show", name)["name"] == name
    assert shared.json("show", name)["description"] == "für die Drucker"
    plain = next(line for line in shared.say("list", "--plain").splitlines() if id_ in line)
    assert plain.isascii() and r"na\xc3\xafve\x20Schl" in plain
    ascii_ = shared.say("show", id_, environment={"LC_ALL": "C"})
    assert f"{id_}  " in ascii_ and "* active" in ascii_ and "●" not in ascii_
