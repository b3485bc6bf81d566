# SPDX-License-Identifier: BSD-2-Clause
"""Completion: the program offers what its table and patd know, and real shells take it from there."""
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import shellkit
from pat import PATCTL, SOURCE
from ctlkit import ALICE, BOB, IS_ROOT, STRANGER, UNUSED, Host

ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
NOWHERE = ["--socket", "/nonexistent/sock"]


def offered(*words, command=(PATCTL,), environment=None, timeout=30):
    """What the last word may become, each with its description; never a word about anything else."""
    done = subprocess.run([*map(str, command), "__complete", "--", *map(str, words)],
                          capture_output=True, text=True, timeout=timeout, check=False,
                          stdin=subprocess.DEVNULL, env={**ENVIRONMENT, **(environment or {})})
    assert (done.returncode, done.stderr) == (0, "")
    return dict(line.partition("\t")[::2] for line in done.stdout.splitlines())


def at(host, *words, uid=None):
    """The same with this patd, as a uid."""
    return offered("--socket", host.manage_socket, *words,
                   command=host.as_uid(uid, [host.bin / "patctl"]))


# --- the table ---

def helped(*arguments):
    return subprocess.run([PATCTL, *arguments], capture_output=True, text=True, check=True,
                          env=ENVIRONMENT).stdout


def options_of(text):
    """Long names of the options of a help text, with their arguments."""
    return dict(re.findall(r"^  (?:-\w, |    )--([a-z-]+)(?:=?\[?=?| )?(\S*)", text, re.M))


OVERVIEW = helped("help")
COMMANDS = re.findall(r"^  ([a-z]+(?: [a-z-]+)?)\s{2,}\S", OVERVIEW, re.M)
GLOBALS = options_of(OVERVIEW[OVERVIEW.index("Options of every command"):])
SUMMARIES = {name: re.split(r"\n\n|\nAlso", helped(*name.split(), "--help"))[1].replace("\n", " ")
             for name in COMMANDS}


def begins(text, description):
    """A description is a summary, perhaps cut."""
    return text == description or (len(description) > 60 and text.startswith(description))


def test_every_command_is_offered():
    assert len(COMMANDS) >= 20
    first = offered(*NOWHERE, "")
    assert set(first) == {name.split()[0] for name in COMMANDS}
    for name in COMMANDS:
        if " " not in name:
            assert begins(SUMMARIES[name], first[name])
            continue
        word, second = name.split()
        seconds = offered(*NOWHERE, word, "")
        assert word in COMMANDS or second in first[word].split(", ")
        assert set(seconds) == {each.split()[1] for each in COMMANDS if each.startswith(word + " ")}
        assert begins(SUMMARIES[name], seconds[second])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_offered(command):
    own = options_of(helped(*command.split(), "--help"))
    found = offered(*NOWHERE, *command.split(), "--")
    assert set(found) == {"--" + name for name in {**GLOBALS, **own}}
    assert all(found.values())
    for name in own:
        assert f"--{name}" in offered(*NOWHERE, *command.split(), f"--{name[:3]}")


def test_global_options_are_offered_before_the_command():
    assert set(offered(*NOWHERE, "-")) == set(offered(*NOWHERE, "--")) == \
        {"--" + name for name in GLOBALS}


def test_second_names_are_offered_once_they_are_begun():
    assert "ls" not in offered("") and "ls" in offered("l") and set(offered("gene")) == {"generate"}


def test_what_is_hidden_is_hidden_everywhere():
    order = re.search(r"lists\[\] = {(.*?)}", (SOURCE / "admin/cmd_table.c").read_text(), re.S)[1]
    table = "".join((SOURCE / f"admin/table/{part}.c").read_text()
                    for part in re.findall(r"table_(\w+)", order))
    rows = re.findall(r'^    {"([\w -]+)", (?:NULL|"[^"]*"), "[^"]*", \w+, \w+, (\w+),', table, re.M)
    assert [name for name, group in rows if group == "NULL"] == ["__complete"]
    assert [name for name, group in rows if group != "NULL"] == COMMANDS
    page = (SOURCE / "admin/patctl.1").read_text()
    assert "__complete" not in OVERVIEW + helped("help", "topics") + page
    assert offered("__") == offered("__complete", "") == offered("help", "__") == {}
    assert "did you mean" not in subprocess.run([PATCTL, "__complet"], capture_output=True,
                                                text=True, check=False).stderr


def test_every_placeholder_is_known():
    """A new one needs a row that says what it stands for, if only that nothing can be offered."""
    rows = re.search(r"kinds\[\] = {(.*?)\n};", (SOURCE / "admin/complete/complete_offer.c").read_text(), re.S)
    known = re.findall(r'{"([@A-Z]+)"', rows[1])
    assert known == sorted(known, key=lambda name: name.strip("@"))
    wanted = set()
    for name in COMMANDS:
        text = helped(*name.split(), "--help")
        usage = re.match(rf"Usage: patctl {name}(?: \[OPTIONS\])? ?(.*)\n", text)[1]
        wanted |= set(re.findall(r"@?[A-Z]+", " ".join([usage, *options_of(text).values()])))
    wanted |= set(re.findall(r"[A-Z]+", " ".join(GLOBALS.values())))
    assert wanted - set(known) == set()


# --- without a patd ---

STATIC = [
    (["help", "times"], {"times": "how WHEN and SPAN are written"}),
    (["help", "user", "b"], {"bind": "Bind a user to an account of the host"}),
    (["help", "list", ""], {}),
    (["completion", ""], {"bash": "", "zsh": "", "fish": ""}),
    (["list", "--color", "a"], {"auto": "", "always": ""}),
    (["--time=u"], {"--time=unix": ""}),
    (["list", "--json=id,na"], {"--json=id,name": "NAME"}),
    (["list", "--columns", "id,id"], {}),
    (["uses", "--json=serv"], {"--json=service": "SERVICE"}),
    (["user", "create", "--role", "a"], {"auditor": "", "admin": ""}),
    (["user", "create", "--account", "roo"], {"root": "uid 0"}),
    (["user", "create", "--gr", "mail:re"], {"mail:read": "read mail over IMAP and POP3"}),
    (["grant", "add", "@roo"], {"@root": "group"}),
    (["grant", "add", "@root", "mail:*", "mail:"],
     {"mail:read": "read mail over IMAP and POP3", "mail:send": "send mail over SMTP",
      "mail:filter": "change mail filters over Sieve"}),
    (["create", "--scope=mail:read,ssh"], {"--scope=mail:read,ssh:login": "log in with SSH"}),
    (["create", "--scope", "mail:read,mail:s"], {"mail:read,mail:send": "send mail over SMTP"}),
    (["create", "--scope", "mail:read,mail:r"], {}),
    (["check", "--service", "pop"], {"pop": "asks for mail:read", "pop3": "asks for mail:read"}),
    (["check", "--token-file", ""], {":files": ""}),
    (["check", "--token-file=/tm"], {":files": ""}),
    (["user", "role", "alice", "a"], {"admin": "", "auditor": ""}),
    (["config", "get", "st"], {"state_dir": "directory of the token store"}),
    (["config", "check", ""], {":files": ""}),
    (["log", "--event", "token.rev"], {"token.revoke": "a token was revoked"}),
    (["create", "--expires", "ne"], {"never": "it does not end"}),
    (["create", "--not-before", "ne"], {}),
    (["log", "--since", "never"], {}),
    (["create", "--name", ""], {}),
    (["create", "--description", "--sc"], {}),
    (["list", "--", "--al"], {}),
    (["list", "-qu"], {}),
    (["-qj", "lis"], {"list": "List tokens, the newest first"}),
    (["-t", "acme", "-uq", "lis"], {"list": "List tokens, the newest first"}),
    (["list", "--no-le"], {"--no-legend": "no headings and no closing lines"}),
    (["list", "extra", "--al"], {"--all": "revoked ones too"}),
    (["frobnicate", ""], {}),
    (["user", "frobnicate", ""], {}),
    (["show", ""], {}),
    (["list", "-u", ""], {}),
    (["-t", ""], {}),
]


@pytest.mark.parametrize("words, candidates", STATIC, ids=lambda value: " ".join(value))
def test_what_the_program_knows_by_itself(words, candidates):
    assert offered(*NOWHERE, *words) == candidates


def test_times_say_when_they_are():
    future, past = offered("create", "--expires", ""), offered("log", "--since", "")
    assert re.fullmatch(r"\w{3} 31 Dec \d{4} 23:59:59 UTC", future["eoy"])
    assert {"90d", "1y", "tomorrow", "eom"} < set(future) and "yesterday" not in future
    assert {"24h", "today", "yesterday"} < set(past) and "tomorrow" not in past


def test_nothing_is_said_and_nothing_made_whatever_is_typed(tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "file").write_text("")
    (folder / "wrong.conf").write_text("[frob\n")
    for words in (["--socket", folder / "sock", "show", ""], ["--socket", folder / "file", "show", ""],
                  ["--config", folder / "wrong.conf", "show", ""],
                  ["--config", folder / "none", "show", ""], ["--socket", "/" + 5000 * "x", "show", ""],
                  [9000 * "x"], [*(900 * ["x"]), ""], ["show", *(900 * ["x"]), ""], ["-" + 500 * "q"],
                  ["create", "--scope=" + 5000 * "a,"], ["\x1b[2J"], ["--\n="], ["show", "\udcff"],
                  ["show", "a\tb"], ["-"], ["--", "-"], ["=", "--=", ""], ["--user="], []):
        offered(*words)
    assert {path.name for path in folder.iterdir()} == {"file", "wrong.conf"}


def test_a_token_that_was_typed_is_not_repeated():
    done = subprocess.run([PATCTL, "__complete", "--", "show", UNUSED, ""], capture_output=True,
                          text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


# --- what patd knows, and the caller may see ---

@pytest.fixture(scope="module")
def people():
    """alice and bob with tokens, and users and tokens whose names a shell would take for more."""
    with Host() as host:
        host.user("bob", grants=["mail:read"], account="bob", uid=BOB)
        for name in ("a$(reboot)", "b`x`", "c;id", "d*", "e'f", "g\\h", "i&j", "k>l", "{a,b}"):
            host.user(name, grants=["mail:*"])
        host.ids = {}
        for user, name in (("alice", "Nightly backup runner"), ("alice", "$(reboot); `x` 'a' [b]:c"),
                           ("alice", "gone for good"), ("bob", "naïve 鍵 🔑 of bob")):
            soon = int((time.time() + 3 * 86400 + 600) * 1e6)
            host.ids[name] = host.token(user, scopes=["mail:read"], name=name, **(
                {"expires": soon} if name.startswith("Nightly") else {}))[1]["id"]
        host.call("Revoke", tokens=[host.ids["gone for good"]])
        yield host


def test_ids_are_offered_with_what_they_are(people):
    ids = people.ids
    alices = {ids["Nightly backup runner"]: "Nightly backup runner, expires in 3 days",
              ids["$(reboot); `x` 'a' [b]:c"]: "$(reboot); `x` 'a' [b]:c, never expires"}
    bobs = {ids["naïve 鍵 🔑 of bob"]: "naïve 鍵 🔑 of bob, never expires"}
    before = people.head()
    assert at(people, "show", "") == {**alices, **bobs}
    assert at(people, "-u", "bob", "show", "") == at(people, "show", "--user=bob", "") == bobs
    assert at(people, "revoke", "-ualice", "") == alices
    assert at(people, "-ubob", "log", "--token", "") == at(people, "-u", "bob", "uses", "") == bobs
    first, second = alices
    assert at(people, "show", "-u", "alice", first, "") == {second: alices[second]}
    assert at(people, "show", first[:5]) == {first: alices[first]}
    assert at(people, "-t", "nosuch", "show", "") == {}
    plain = offered("--socket", people.manage_socket, "-u", "bob", "show", "",
                    environment={"LC_ALL": "C"})
    assert all(text.isascii() and "of bob" in text for text in plain.values()) and plain
    assert people.head() == before


def test_users_tenants_and_grants_are_offered(people):
    assert at(people, "list", "-u", "") == \
        {"alice": "account alice, 2 tokens", "bob": "account bob, 1 token", "carol": "virtual, 0 tokens"}
    assert set(at(people, "-t", "")) == {"acme"}
    assert set(at(people, "grant", "remove", "alice", "")) == {"mail:*", "ssh:login"}
    assert set(at(people, "grant", "remove", "bob", "")) == {"mail:read"}


def test_scopes_are_what_may_be_given(people):
    assert set(at(people, "create", "-ubob", "--scope", "")) == {"mail:read"}
    assert set(at(people, "create", "bob", "--scope=")) == {"--scope=mail:read"}
    assert set(at(people, "create", "alice", "--scope", "mail:s")) == {"mail:send"}
    assert "mail:send" not in at(people, "create", "-u", "bob", "--scope", "")


if IS_ROOT:  # who may call as somebody else
    def test_callers_are_offered_what_they_may_see(people):
        bobs = at(people, "-u", "bob", "show", "")
        assert at(people, "show", "", uid=ALICE) == at(people, "-u", "alice", "show", "")
        assert at(people, "log", "--token", "", uid=BOB) == at(people, "uses", "", uid=BOB) == bobs
        assert at(people, "show", "", uid=STRANGER) == {}
        assert at(people, "-u", "bob", "show", "", uid=ALICE) == {}
        assert at(people, "list", "-u", "", uid=BOB) == {"bob": "account bob, 1 token"}
        assert at(people, "user", "show", "", uid=STRANGER) == {}
        assert at(people, "grant", "remove", "bob", "", uid=ALICE) == {}
        assert set(at(people, "create", "--scope", "", uid=BOB)) == {"mail:read"}


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


def test_an_old_token_is_found_by_the_beginning_of_its_id():
    """Only the newest hundred are listed."""
    with Host() as host:
        host.call("TenantCreate", tenant="many", policy={
            "nameMin": 8, "requireExpiry": False, "requireAddresses": False, "maxTokens": None,
            "selfService": True, "selfServiceScopes": ["mail:*"], "pendingLifetime": 600000000})
        host.call("UserCreate", tenant="many", user="dave", grants=["mail:*"])
        ids = [host.token("dave", scopes=["mail:read"], tenant="many")[1]["id"] for _ in range(104)]
        listed = at(host, "-t", "many", "show", "")
        assert set(listed) == set(ids[-100:])
        assert set(at(host, "-t", "many", "show", ids[0][:6])) == {ids[0]}
        assert at(host, "-t", "many", "show", "!") == {}


# --- a patd that is not one, or does not answer ---

class Impostor:
    """Listens where patd would, and answers every call with this; None: not at all."""

    def __init__(self, path, reply):
        self.path, self.reply = path, reply
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(8)
        self.calls = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        held = []
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            held.append(connection)
            while self.reply is not None and (call := connection.recv(65536)):
                self.calls.append(json.loads(call.rstrip(b"\0")))
                connection.sendall(json.dumps(self.reply).encode() + b"\0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)  # before its descriptor is somebody else's
        self.thread.join()
        self.socket.close()


EVIL = ["evil\nline", "tab\tbed", "\x1b[2Jclear", "$(reboot)", "`x`", "a b", "a;b", "a\u202eb",
        "a\u009bb", "'a'", "", "--help me", "a\\b", "~", "a!b", "[a]", "{a}", "a#b", "<a"]


def test_what_patd_says_cannot_leave_its_place(tmp_path):
    """Should names ever be anything, candidates are words and descriptions stay in their line."""
    good = [{"id": f"good{n:04}", "name": name, "state": "active", "expires": None}
            for n, name in enumerate(EVIL)]
    bad = [{"id": name, "name": "x", "state": "active", "expires": None} for name in EVIL]
    reply = {"parameters": {"tokens": good + bad, "others": False, "user": {"user": "$(reboot)"},
                            "tenant": {"tenant": "x\ny"}}}
    with Impostor(tmp_path / "sock", reply) as impostor:
        asks = ["--socket", str(tmp_path / "sock")]
        found = offered(*asks, "show", "")
        assert list(found) == [token["id"] for token in good]
        assert all(text.isprintable() for text in found.values())
        assert impostor.calls[0]["parameters"]["limit"] == 100
        assert offered(*asks, "-u", "") == offered(*asks, "-t", "") == {}
    for reply in ({"parameters": {"tokens": 1}}, {"parameters": []}, [], {}, {"error": 1}, "x",
                  {"error": "org.varlink.service.MethodNotFound"},
                  {"parameters": {"tokens": [1, None, {"id": 7}, {}]}}):
        (tmp_path / "sock").unlink()
        with Impostor(tmp_path / "sock", reply):
            for words in (["show", ""], ["-u", ""], ["-t", ""]):
                assert offered(*asks, *words) == {}
            found = offered(*asks, "create", "--scope", "")
            assert "mail:read" in found or not found and "varlink" not in str(reply), reply


def test_a_patd_that_does_not_answer_hangs_no_shell(people, tmp_path):
    """It ends long before a call would; what the program knows by itself is there."""
    people.process.send_signal(19)
    try:
        begin = time.monotonic()
        assert at(people, "show", "") == at(people, "-u", "") == {}
        assert "mail:read" in at(people, "create", "--scope", "")
        assert "@root" in at(people, "grant", "add", "")
        assert time.monotonic() - begin < 60  # patctl's patience with patd is twice that, a call
    finally:
        people.process.send_signal(18)
    with Impostor(tmp_path / "sock", None):
        assert offered("--socket", tmp_path / "sock", "show", "") == {}
    deaf = socket.socket(socket.AF_UNIX)
    deaf.bind(str(tmp_path / "deaf"))
    deaf.listen(0)
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(str(tmp_path / "deaf"))
    assert offered("--socket", tmp_path / "deaf", "show", "") == {}
    for each in [deaf, *waiting]:
        each.close()


# --- shells ---

def test_the_files_are_printed_as_they_are_installed():
    for shell, name in (("bash", "patctl.bash"), ("zsh", "_patctl"), ("fish", "patctl.fish")):
        path = shellkit.FILES / name
        assert helped("completion", shell) == path.read_text()
        command = ["fish", "--no-config"] if shell == "fish" else [shell]
        subprocess.run([*command, "-n", path], check=True)
    done = subprocess.run([PATCTL, "completion", "ksh"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'no completion for "ksh"\n  bash, zsh or fish' in done.stderr


# what is typed behind "patctl --socket PATH ", and the words that it becomes
TYPED = [
    ("li\t--al\t", ["list", "--all"]),
    ("user sh\tali\t", ["user", "show", "alice"]),
    ("show {id5}\t", ["show", "{id}"]),
    ("-u bo\tlist", ["-u", "bob", "list"]),
    ("list --user=bo\t --js\t", ["list", "--user=bob", "--json"]),
    ("create --scope mail:re\t", ["create", "--scope", "mail:read"]),
    ("create --scope=mail:re\t", ["create", "--scope=mail:read"]),
    ("create --scope=mail:read,mail:se\t", ["create", "--scope=mail:read,mail:send"]),
    ("create --scope mail:read,mail:se\t", ["create", "--scope", "mail:read,mail:send"]),
    ('create --scope "mail:re\t', ["create", "--scope", "mail:read"]),
    ("create --expires=nev\t", ["create", "--expires=never"]),
    ("grant add @roo\t", ["grant", "add", "@root"]),
    ("grant remove alice mail:\t", ["grant", "remove", "alice", "mail:*"]),
    ("check --token-file tok\t", ["check", "--token-file", "token-file"]),
    ("check --token-file=tok\t", ["check", "--token-file=token-file"]),
    ("create --name 'a b' --scope http\t", ["create", "--name", "a b", "--scope", "http:access"]),
    ("create --name a\\ b --scope http\t", ["create", "--name", "a b", "--scope", "http:access"]),
    ("show frobnicate\t", ["show", "frobnicate"]),
    ("list -u a$\t", ["list", "-u", "a$"]),
]


def editors(host, folder):
    """bash by itself, bash as the package bash-completion loads it, zsh."""
    loaded = folder / "completions"
    loaded.mkdir()
    (loaded / "patctl").write_text((shellkit.FILES / "patctl.bash").read_text())
    return {"bash": lambda: shellkit.bash(host, folder),
            "bash-completion": lambda: shellkit.bash(
                host, folder, f"BASH_COMPLETION_USER_DIR='{folder}'; "
                "source /usr/share/bash-completion/bash_completion"),
            "zsh": lambda: shellkit.zsh(host, folder)}


@pytest.mark.parametrize("shell", ["bash", "bash-completion", "zsh"])
def test_a_shell_completes(people, shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token-file").write_text("")
    people.call("GrantAdd", holder="alice", scopes=["http:access"])
    id_ = people.ids["Nightly backup runner"]
    with editors(people, tmp_path)[shell]() as editor:
        begin = f"patctl --socket {people.manage_socket} "
        for line, words in TYPED:
            found = editor.words(begin + line.replace("{id5}", id_[:5]))
            assert found[3:] == [word.replace("{id}", id_) for word in words], line
        screen = editor.listing(begin + "-u alice show \t\t")
        for name, each in people.ids.items():
            assert (each in screen) == (name[:7] in screen) == (name[0] in "N$"), screen
        assert not re.search("reboot(?!\\); `x` 'a')", screen)
        # ids may begin alike, as these do: what each is stands beside it all the same
        screen = editor.listing(begin + "create --na\t\t")
        assert "what you will know it by" in screen and "their names" in screen, screen


def test_fish_completes(people, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token-file").write_text("")
    id_ = people.ids["Nightly backup runner"]
    begin = f"patctl --socket {people.manage_socket} "

    def fish(line):
        return shellkit.fish(people, tmp_path, begin + line)

    assert fish(f"show {id_[:5]}") == {id_: "Nightly backup runner, expires in 3 days"}
    assert set(fish("-u alice show ")) == \
        {id_, people.ids["$(reboot); `x` 'a' [b]:c"]}
    assert fish("lis") == {"list": "List tokens, the newest first"}
    assert fish("list --al") == {"--all": "revoked ones too"}
    assert set(fish("create -u alice --scope mail:s")) == {"mail:send"}
    assert set(fish("create -u alice --scope=mail:read,mail:s")) == {"--scope=mail:read,mail:send"}
    assert set(fish("check --token-file tok")) == {"token-file"}
    assert set(fish("check --token-file=tok")) == {"--token-file=token-file"}
    assert fish("show frobnicate") == {}
