# SPDX-License-Identifier: BSD-2-Clause
"""A token's secret is nowhere but where it was printed: files, logs, memory, arguments, output.

Tokens are made, accepted, refused and revoked while sshd and pam_pat log all they can; then every
place is searched for the secret of each, whole and in halves, as text and in the case it was typed.
"""
import contextlib
import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import tokens
from clients import METHODS, ssh
from conftest import SSHD_CONFIG, USUAL
from host import tool, wait_for

PORT = 40


class Canaries:
    """What is searched for. find() names the canaries in some bytes."""

    def __init__(self, *texts):
        self.parts = {}
        for text in texts:
            secret = tokens.secret_of(text)
            for part in (secret, secret[:13], secret[13:], secret.upper()):
                self.parts[part.encode()] = text[:13] + "..."
        self.pattern = re.compile(b"|".join(map(re.escape, self.parts)))

    def find(self, data):
        return sorted({self.parts[found] for found in self.pattern.findall(data)})

    def in_file(self, path):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            return self.find(Path(path).read_bytes())
        return []


def memory_of(pid):
    """Every readable byte of a process, region by region."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end = (int(number, 16) for number in line.split()[0].split("-"))
            if not line.split()[1].startswith("r"):
                continue
            with contextlib.suppress(OSError, ValueError, OverflowError):
                yield line, os.pread(memory.fileno(), end - begin, begin)


def places_in_memory(canaries, pid):
    return [f"{line}: {found}" for line, data in memory_of(pid) if (found := canaries.find(data))]


def children_of(pid):
    return [int(child) for child in
            Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def told(host, alice):
    """The story: what was typed, and what patctl said beside the tokens."""
    host.pam("sshd", "@include common-auth", USUAL.replace("nodelay", "nodelay debug putenv", 1))
    _, sshd_log = host.start_sshd(SSHD_CONFIG, PORT, log_level="DEBUG3")
    patctl = [host.patd.ctl("create", "alice", "--name", f"canary {number}", "--scope",
                            "ssh:login", "--expires", "1h", check=0) for number in range(3)]
    good, revoked, other = (done.stdout.strip() for done in patctl)
    said = [done.stderr for done in patctl]

    def ctl(*words, stdin="", status=0):
        done = host.patd.ctl(*words, stdin=stdin, check=status)
        said.extend((done.stdout, done.stderr))

    ctl("revoke", "canary 1", "--yes")
    for answer in (good, revoked, tokens.with_wrong_secret(other), tokens.malformed(other),
                   other.upper()):
        for method in METHODS:
            ssh(host, "alice", answer, method=method, port=PORT)
    ssh(host, "mallet", good, port=PORT)
    for words, status in ((("check", "--service", "sshd", "--user", "alice"), 0),
                          (("check", "--service", "sshd", "--user", "bob"), 5)):
        ctl(*words, stdin=good + "\n", status=status)
    for words in (("list", "--all"), ("list", "--json"), ("show", "canary 0"), ("log", "--json"),
                  ("uses", "canary 0"), ("status", "--json")):
        ctl(*words)
    yield Canaries(good, revoked, other), said, sshd_log, good
    host.pam("sshd", "@include common-auth", USUAL)


@pytest.fixture(scope="module")
def canaries(told):
    return told[0]


def test_the_search_finds_what_is_there(canaries, told):
    """In a file, an argument, an environment and a memory where a secret was put on purpose."""
    good = told[3]
    assert canaries.find(f"x{good}".encode()) and canaries.find(good.upper().encode())
    assert canaries.find(good[-30:].encode()), "half of it is enough"
    with subprocess.Popen([tool("python3"), "-c", "print(flush=True); input()", good],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={"CANARY": good}) as process:
        process.stdout.readline()
        try:
            for name in ("cmdline", "environ"):
                assert canaries.in_file(f"/proc/{process.pid}/{name}")
            assert places_in_memory(canaries, process.pid)
        finally:
            process.kill()


def test_the_story_is_in_the_logs(host, told):
    """Otherwise there would be nothing to find."""
    good = tokens.FORM.fullmatch(told[3]).group(2)
    sshd_log = told[2].read_text()
    assert host.syslog.matching(f"verdict=accepted token={good}")
    for reason in ("verdict=revoked", "verdict=bad-secret", "verdict=malformed",
                   r"pam_pat\(sshd:auth\): token \w+ of tenant acme accepted"):
        assert host.syslog.matching(reason)
    assert all(text in sshd_log for text in ("debug3", *METHODS, "invalid user mallet"))


def test_no_secret_in_database_wal_and_keys(host, canaries):
    files = [file for directory in (host.patd.state, host.patd.keys)
             for file in directory.rglob("*") if file.is_file()]
    names = {file.name for file in files}
    assert {"pat.db", "pat.db-wal", "usage.db"} <= names, names
    assert {str(file): found for file in files if (found := canaries.in_file(file))} == {}


def test_no_secret_in_any_log(host, told, canaries):
    """M21."""
    assert canaries.find("\n".join(host.syslog.lines).encode()) == []
    assert canaries.in_file(told[2]) == []
    assert canaries.in_file(host.patd.log) == []


def test_no_secret_in_what_patctl_says_beside_the_token(told, canaries):
    assert canaries.find("\n".join(told[1]).encode()) == []


def test_no_secret_in_the_memory_of_patd(host, canaries):
    for pid in (host.patd.process.pid, *children_of(host.patd.process.pid)):
        assert places_in_memory(canaries, pid) == []


def test_patd_leaves_no_core_dump_of_its_own_accord(host):
    pid = host.patd.process.pid
    assert re.search(r"Max core file size +0 +0 ", Path(f"/proc/{pid}/limits").read_text())
    owner = Path(f"/proc/{pid}/mem").stat().st_uid
    assert owner == 0, "not dumpable: its files in /proc are root's"


@pytest.mark.parametrize("method", METHODS)
def test_no_secret_in_arguments_and_environments_while_a_session_is_open(host, told, canaries,
                                                                         method):
    """A7."""
    gate = host.path(f"/home/alice/gate-{method}")
    waiting = (f"touch waits-{method}; until test -e gate-{method}; do sleep 0.05; done; "
               "env; echo in as $(id -un)")
    with ThreadPoolExecutor(1) as pool:
        session = pool.submit(ssh, host, "alice", told[3], method=method, port=PORT,
                              command=waiting)
        try:
            wait_for(gate.with_name(f"waits-{method}").exists, "session")
            found = {str(file): places for name in ("cmdline", "environ")
                     for file in Path("/proc").glob(f"[0-9]*/{name}")
                     if (places := canaries.in_file(file))}
        finally:
            gate.touch()
        login = session.result()
    assert found == {}
    assert login.accepted and canaries.find(login.out.encode()) == []
    assert f"PAT_ID={tokens.FORM.fullmatch(told[3]).group(2)}" in login.out, "what putenv tells"


def test_nothing_is_left_when_patd_has_stopped(host, canaries):
    host.patd.stop(signal.SIGTERM)
    try:
        found = {str(file): places for file in host.patd.directory.rglob("*")
                 if file.is_file() and (places := canaries.in_file(file))}
        assert found == {}
    finally:
        host.patd.start()
