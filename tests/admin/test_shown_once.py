# SPDX-License-Identifier: BSD-2-Clause
"""The secret appears once: on standard output of create, or in its file, and nowhere else."""
import re
import subprocess

import pytest

from ctlkit import TOKEN, Screen, id_of

SECRET = slice(-33, -7)  # of a token's text: behind the id, before the check digits


def everything(host):
    """Every byte that patd keeps, and its log."""
    files = [path for place in (host.state, host.keys, host.directory)
             for path in place.rglob("*") if path.is_file() and path.parent != host.bin]
    assert {"pat.db", "log"} <= {path.name for path in files}
    return {path: path.read_bytes() for path in files}


def test_the_secret_is_on_standard_output_once_and_in_no_file(host, tmp_path):
    """A39."""
    tokens = []
    for extra in ([], ["-q"], ["--json"], ["--jsonl"]):
        done = host.ctl("create", "alice", "--name", f"made with {extra}", "--scope", "mail:read",
                        *extra, check=0)
        found = TOKEN.findall(done.stdout)
        assert len(found) == 1 and done.stdout.count(found[0][SECRET]) == 1
        assert found[0][SECRET] not in done.stderr and (extra != ["-q"] or done.stderr == "")
        tokens += found
    file = tmp_path / "token"
    done = host.ctl("create", "alice", "--name", "made into a file", "--scope", "mail:read",
                    "--out-file", file, check=0)
    tokens.append(file.read_text().rstrip("\n"))
    assert tokens[-1][SECRET] not in done.stdout + done.stderr
    for token in tokens:
        host.say("check", "--scope", "mail:read", stdin=token)
        host.ctl("check", "--scope", "ssh:login", "--record", stdin=token, check=5)
    said = "".join(host.ctl(*arguments).stdout for arguments in (
        ["list", "--all"], ["list", "--json"], ["log"], ["log", "--json"], ["status", "--json"],
        ["show", *map(id_of, tokens)], ["show", "--json", id_of(tokens[0])],
        ["uses", id_of(tokens[0]), "--json"], ["revoke", "-n", "--json", *map(id_of, tokens)],
        ["revoke", "--yes", "--json", *map(id_of, tokens)]))
    kept = everything(host)
    for token in tokens:
        assert id_of(token) in said and any(id_of(token).encode() in text for text in kept.values())
        assert token[SECRET] not in said
        assert [path for path, text in kept.items() if token[SECRET].encode() in text] == []


@pytest.mark.parametrize("arguments", [
    ["create", "alice", "--name", "{}", "--scope", "mail:read"],
    ["create", "alice", "--name", "for {} only", "--scope", "mail:read"],
    ["create", "alice", "--name", "a good name", "--description", "it is {}", "--scope",
     "mail:read"],
    ["revoke", "--yes", "{}"], ["show", "{}"], ["check", "--service", "{}"],
    ["check", "--service", "imap", "--rhost={}"], ["user", "create", "{}", "--virtual"],
    ["{}"], ["frob{}"], ["list", "--{}"],
], ids=" ".join)
def test_a_secret_that_was_typed_in_the_wrong_place_is_not_repeated(host, arguments):
    token = host.make("typed in the wrong place")
    for form in ([], ["--json"]):
        done = host.ctl(*[word.replace("{}", token) for word in arguments], *form, check=2)
        assert done.stdout == "" and token[SECRET] not in done.stderr
    assert not [path for path, text in everything(host).items() if token[SECRET].encode() in text]


def test_a_secret_that_is_checked_is_not_repeated(host):
    token = host.make("asked about")
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    for text in (token, wrong, f"my {token}", token.upper()):
        for form in ([], ["--json"], ["-q"]):
            done = host.ctl("check", "--service", "imap", "--user", "carol", *form, stdin=text)
            assert done.returncode in (0, 5)
            assert token[SECRET] not in (done.stdout + done.stderr).lower()


def test_a_secret_is_on_the_screen_once(host):
    """Where nobody is asked; test_dialogue.py has the one-time screen."""
    screen = Screen(host, "create", "alice", "--name", "seen by people", "--scope", "mail:read",
                    "--no-input")
    assert len(re.findall(TOKEN.pattern, screen.text)) == 1


def test_a_secret_is_in_no_command_line_and_no_environment(host):
    """While patctl waits for the rest of it."""
    token = host.make("given by a slow pipe")
    with subprocess.Popen([host.bin / "patctl", "--socket", host.manage_socket, "check", "--scope",
                           "mail:read"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        process.stdin.write(token)
        process.stdin.flush()
        for name in ("cmdline", "environ"):
            with open(f"/proc/{process.pid}/{name}", "rb") as file:
                assert token[SECRET].encode() not in file.read()
        assert process.communicate("\n", timeout=30)[0].startswith("✓ accepted")
