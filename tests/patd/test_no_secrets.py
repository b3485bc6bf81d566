# SPDX-License-Identifier: BSD-2-Clause
"""T-LEAK: where a token's secret is not, after everything that handles it (A39, M2)."""
import os
import re
import subprocess

import pytest

from pat import IS_ROOT
from patdkit import Asker, Caller, Daemon, connect, message, with_other_secret

SECRET = slice(-33, -7)  # of a token's text: behind the id, before the check digits
LARGE = 1 << 30  # no memory of patd's own is that large


class Canaries:
    """Tokens that went through every surface, and the wrong ones that were tried."""

    def __init__(self, daemon):
        self.daemon, self.tokens, self.tried, self.ids = daemon, [], [], []
        self.asked = 0

    def make(self, **parameters):
        token, record = self.daemon.token(scopes=["mail:read"], **parameters)
        self.tokens.append(token)
        self.ids.append(record["id"])
        return token

    def use(self):
        """Creates, verifies, checks, refusals, packets and messages that are cut or wrong."""
        for number in range(20):
            token = self.make(name=f"canary number {number:02}", pending=number % 3 == 0)
            wrong = with_other_secret(token)
            self.tried.append(wrong)
            for text in (token, wrong, token.upper(), token[:-1], " " + token):
                for login in ("alice", token):
                    self.asked += 1  # each from a network of its own: no refusal is delayed
                    address = f"10.{self.asked // 256}.{self.asked % 256}.1"
                    Asker(self.daemon).ask(text, service="imap", login=login, address=address)
                self.daemon.call("Check", token=text, service="imap", user="alice")
            self.spill(token)
        for path in ("create", "check"):
            self.by_patctl(path)

    def spill(self, token):
        """Where a token has no business, and messages that never end."""
        with Caller(self.daemon) as caller:
            for method, parameters in (
                    ("Create", {"user": "alice", "name": token, "scopes": ["mail:read"]}),
                    ("Show", {"token": token}), ("Revoke", {"tokens": [token], "reason": token}),
                    ("GrantAdd", {"holder": "alice", "scopes": [token]}),
                    ("UserShow", {"user": token}), ("Status", {token: 1})):
                caller.post(method, **parameters)
                assert "error" in caller.reply()
        with connect(self.daemon.manage_socket) as half:
            half.send(message("Check", {"token": token, "service": "imap"})[:-5])
        with Asker(self.daemon) as asker:
            asker.send(b"\1\1\0\0" + b"x" * 16 + token.encode())
            assert asker.answer() is None

    def by_patctl(self, command):
        if command == "create":
            done = self.daemon.ctl("create", "alice", "--name", "made by patctl", "--scope",
                                   "mail:read", "-q", check=0)
            self.tokens.append(done.stdout.strip())
        else:
            self.daemon.ctl("check", "--service", "imap", "--user", "alice",
                            stdin=self.tokens[-1] + "\n", check=0)

    def needles(self):
        """Every secret in every spelling that could be left somewhere."""
        found = []
        for token in self.tokens + self.tried:
            secret = token[SECRET].encode()
            found += [secret, secret.upper()]
        return found


@pytest.fixture(scope="module")
def canaries():
    with Daemon() as daemon:
        daemon.tenant(policy={"maxTokens": None})
        daemon.user("alice", grants=["mail:*"])
        made = Canaries(daemon)
        made.use()
        yield made


def leaks(content, canaries):
    return [needle for needle in canaries.needles() if needle in content]


def test_the_canaries_sing(canaries):
    """The search would find them: the ids are there, and the secrets were 26 characters."""
    assert len({token[SECRET] for token in canaries.tokens + canaries.tried}) == 41
    database = b"".join(path.read_bytes() for path in canaries.daemon.state.iterdir())
    assert all(id_.encode() in database for id_ in canaries.ids)
    log = canaries.daemon.log.read_bytes()
    assert all(id_.encode() in log for id_ in canaries.ids)


def test_no_file_holds_a_secret(canaries):
    """Database, write-ahead log, uses, keys, journal, log."""
    daemon = canaries.daemon
    files = [path for place in (daemon.state, daemon.keys, daemon.directory)
             for path in place.rglob("*") if path.is_file()]
    assert {"pat.db", "pat.db-wal", "usage.db", "anchor", "log"} <= {path.name for path in files}
    for path in files:
        assert leaks(path.read_bytes(), canaries) == [], path


def test_no_reply_tells_a_secret_again(canaries):
    """A39, K3: shown once; no method answers with it later."""
    with Caller(canaries.daemon) as caller:
        for method in ("List", "Log", "UserList"):
            text = repr(caller.call(method, more=True)).encode()
            assert leaks(text, canaries) == []
        for id_ in canaries.ids:
            for method in ("Show", "Uses"):
                assert leaks(repr(caller.call(method, token=id_)).encode(), canaries) == []


def processes(daemon):
    children = open(f"/proc/{daemon.pid}/task/{daemon.pid}/children", encoding="ascii").read()
    return [daemon.pid, *map(int, children.split())]


def test_no_command_line_holds_a_secret(canaries):
    for pid in processes(canaries.daemon):
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            assert leaks(cmdline.read(), canaries) == []


def writable_memory(pid):
    """The contents of every region that the process can have written to."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(number, 16) for number in line.split()[0].split("-"))
            if "w" not in line.split()[1] or end - begin > LARGE:
                continue
            try:
                memory.seek(begin)
                yield line.strip(), memory.read(end - begin)
            except OSError:
                continue  # guard pages


if IS_ROOT:
    def test_no_environment_holds_a_secret(canaries):
        for pid in processes(canaries.daemon):
            with open(f"/proc/{pid}/environ", "rb") as environ:
                assert leaks(environ.read(), canaries) == []

    def test_no_memory_holds_a_secret(canaries):
        """R20: buffers, stacks and heaps are wiped; names, which are no secret, show the search."""
        size, named = 0, False
        for pid in processes(canaries.daemon):
            for region, content in writable_memory(pid):
                assert leaks(content, canaries) == [], (pid, region)
                size += len(content)
                named |= b"canary number" in content
        assert size > 1 << 20 and named

    def test_the_keys_are_in_memory_only_once_they_must(canaries):
        """The processes that ask the name service never had them."""
        key = bytes.fromhex((canaries.daemon.keys / "verifier.1").read_text().strip())
        master = bytes.fromhex((canaries.daemon.keys / "seal.1").read_text().strip())
        patd, *helpers = processes(canaries.daemon)
        everything = b"".join(content for _, content in writable_memory(patd))
        assert master not in everything and master.hex().encode() not in everything
        for pid in helpers:
            for region, content in writable_memory(pid):
                for needle in (key, master, key.hex().encode(), master.hex().encode()):
                    assert needle not in content, (pid, region)

    def test_nobody_else_may_look(canaries):
        """Not dumpable: not even processes of patd's own uid see its memory."""
        daemon = canaries.daemon
        for name in ("mem", "environ", "maps"):
            done = subprocess.run(daemon.as_uid(daemon.uid, ["cat", f"/proc/{daemon.pid}/{name}"]),
                                  capture_output=True, check=False)
            assert done.returncode != 0 and done.stdout == b""
else:
    def test_nobody_else_may_look(canaries):
        """Not dumpable: not even we, whose uid it has, see its memory."""
        for name in ("mem", "environ", "maps"):
            with pytest.raises(PermissionError):
                with open(f"/proc/{canaries.daemon.pid}/{name}", "rb") as file:
                    file.read(1)


def test_the_log_shows_what_may_be_shown(canaries):
    """The id tells which token it was; a token in the place of a name is masked."""
    text = canaries.daemon.log_text()
    assert not re.search(r"pat_[a-z0-9]{1,16}_1[0-9a-z]{20,}", text, re.I)
    assert os.path.getsize(canaries.daemon.log) > 10000
