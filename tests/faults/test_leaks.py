# SPDX-License-Identifier: BSD-2-Clause
"""A token and what could stand for it are nowhere but where they must pass (R20, R33).

Beside tests/patd/test_no_secrets.py, which looks at files and at memory that can be written: every
byte that patd, patctl and a login hand to the kernel in a life of tokens, whole cores of patd and
of a process that PAM let in, and everything that the system log was sent. Looked for are the secret
in whole, in halves, in upper case, as its bits, in hexadecimal and base64, and the verifier that
the store keeps of it.
"""
import base64
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

import pam_rig
from figures import figure
from pat import IS_ROOT, Patd
from patdkit import DIGITS, Daemon, process_status, wait_until, with_other_secret

SECRET = slice(-33, -7)
HALF = 13
WRITES = "write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg"
DOMAIN = b"linux-pat verifier 1\0"


def needles_of(text):
    """Every spelling of a token's secret, of half of it at least."""
    secret = text[SECRET]
    bits = 0
    for digit in secret:
        bits = bits << 5 | DIGITS.index(digit)
    packed = [(bits << shift).to_bytes(17, "big") for shift in range(7)]
    found = {secret[:HALF], secret[HALF:], secret[:HALF].upper(), secret[HALF:].upper()}
    found |= {secret.encode().hex()[:2 * HALF], secret.encode().hex()[-2 * HALF:]}
    # base64 depends on what stands in front: three ways
    found |= {base64.b64encode(b" " * lead + secret.encode()).decode()[4 * bool(lead):][:16]
              for lead in range(3)}
    return {word.encode() for word in found} | {part[1:9] for part in packed} | \
           {part[9:16] for part in packed}


def verifier_of(daemon, text):
    """core/token/digest.c, from the protocol's page: what the store keeps."""
    key = bytes.fromhex((daemon.keys / "verifier.1").read_text().strip())
    tenant, body = re.fullmatch(r"pat_([a-z0-9]+)_1(.*)", text).groups()
    fields = (tenant, body[:8], body[8:34])
    preimage = DOMAIN + b"".join(struct.pack(">I", len(word)) + word.encode() for word in fields)
    return hashlib.blake2b(preimage, key=key, digest_size=32).digest()


class Syslog:
    """Everything that was sent to a socket of the system log."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.content = b""
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while data := self.socket.recv(65536):
                self.content += data + b"\n"


class Story(Daemon):
    """A patd under strace, whose /dev/log is ours where we are root, and what happened to it."""

    def __init__(self):
        super().__init__(memory=False)
        self.traces = self.directory / "traces"
        self.traces.mkdir(mode=0o777)
        self.traces.chmod(0o777)
        self.dev = self.directory / "dev"
        self.said, self.needles, self.verifiers = b"", set(), {}
        self.syslog = None

    def command(self, *arguments):
        """Only root sees what a process that is not dumpable writes; its own uid does not."""
        words = super().command(*arguments)
        if not IS_ROOT:
            return words
        # A /dev of its own, in which there is a system log.
        self.dev.mkdir(exist_ok=True)
        self.syslog = Syslog(self.dev / "log")
        mount = ('for file in null urandom tty; do touch "$0/$file"; '
                 'mount --bind "/dev/$file" "$0/$file"; done; mount --rbind "$0" /dev; exec "$@"')
        return [*self.strace("patd"), "unshare", "--mount", "--propagation", "private", "sh", "-c",
                mount, str(self.dev), *words]

    def strace(self, name):
        return ["strace", "-D", "-f", "-yy", "-xx", "-s", "1000000", "-qq", "-e",
                f"trace={WRITES}", "-o", str(self.traces / name)]

    def ctl(self, *arguments, **named):
        plain = self.as_uid
        self.as_uid = lambda uid, words: [*self.strace(secrets.token_hex(4)), *plain(uid, words)]
        try:
            return super().ctl(*arguments, **named)
        finally:
            self.as_uid = plain

    def note(self, text):
        self.needles |= needles_of(text)
        self.verifiers[text] = verifier_of(self, text)

    # --- what happens ---

    def live(self):
        self.tenant()
        self.user("alice", grants=["mail:*"])
        made = [self.ctl("create", "alice", "--name", f"canary {number}", "--scope", "mail:read",
                         "-q", check=0) for number in range(3)]
        self.said = b"".join(done.stderr.encode() for done in made)
        self.tokens = [done.stdout.strip() for done in made]
        wrong = with_other_secret(self.tokens[0])
        for text in [*self.tokens, wrong]:
            self.note(text)
        self.ids = [text[text.index("_1") + 2:][:8] for text in self.tokens]
        for text, status in ((self.tokens[0], 0), (wrong, 5)):
            done = self.ctl("check", "--service", "imap", "--user", "alice", stdin=text + "\n",
                            check=status)
            self.said += (done.stdout + done.stderr).encode()
        for words in (("show", self.ids[0]), ("list", "--json"), ("log", "--json"),
                      ("revoke", self.ids[1], "--yes", "--reason", "found"), ("uses", self.ids[0])):
            done = self.ctl(*words, check=0)
            self.said += (done.stdout + done.stderr).encode()
        self.logins = {kind: self.login(text) for kind, text in
                       (("good", self.tokens[0]), ("revoked", self.tokens[1]), ("wrong", wrong))}

    def login(self, text):
        """Through the real libpam: the code of it."""
        rig = pam_rig.Rig(world=False)
        try:
            place = rig.prepare([f"auth required {rig.pat('debug putenv', self.verify_socket)}"],
                                "imap")
            with pam_traced(self):
                process = rig.start(place, ["authenticate"], service="imap", user="alice",
                                    answers=[text])
            return rig.finish(process, place, [text]).code
        finally:
            rig.close()

    # --- what was handed to the kernel ---

    def handed(self):
        """(program, call, where to, bytes) of every call."""
        for file in sorted(self.traces.iterdir()):
            for line in file.read_text(errors="replace").splitlines():
                match = re.match(r"\d+ +(\w+)\((\d+)<(.*)", line)
                if match:
                    content = b"".join(
                        bytes.fromhex(text.replace("\\x", "")) for text in
                        re.findall(r'"((?:\\x[0-9a-f]{2})+)"', match[3]))
                    yield file.name, match[1], where(match[3]), content


def where(rest):
    """What a descriptor is, without numbers: strace writes it before the first comma."""
    text = re.sub(r"\\x([0-9a-f]{2})", lambda hit: chr(int(hit[1], 16)), rest)
    return text[:text.find(">, ")]


@contextlib.contextmanager
def pam_traced(story):
    plain = Patd.as_uid
    pam_rig.Patd.as_uid = lambda self, uid, words: [*story.strace("login-" + secrets.token_hex(4)),
                                                    *plain(self, uid, words)]
    try:
        yield
    finally:
        pam_rig.Patd.as_uid = plain


@pytest.fixture(scope="module")
def story():
    daemon = Story()
    try:
        daemon.start(wait=30)
        daemon.live()
        yield daemon
    finally:
        daemon.close()


def leaks(story, content):
    return [needle for needle in story.needles if needle in content]


# --- the search itself ---

def test_the_search_finds_every_spelling():
    secret = "".join(secrets.choice(DIGITS) for _ in range(26))
    text = "pat_acme_1" + "01234567" + secret + "0000000"
    bits = sum(DIGITS.index(digit) << 5 * place for place, digit in enumerate(reversed(secret)))
    for spelling in (secret, secret[:HALF], secret[-HALF:], secret.upper(), secret.encode().hex(),
                     base64.b64encode(text.encode()).decode(),
                     base64.b64encode(secret.encode()).decode(),
                     base64.b64encode(b"\0alice\0" + text.encode()).decode()):
        assert any(needle in spelling.encode() for needle in needles_of(text)), spelling
    for shift in range(6):
        packed = (bits << shift).to_bytes(17, "big")
        assert any(needle in packed for needle in needles_of(text))
    assert not any(needle in b"0123456789abcdefghjkmnpqrstvwxyz" * 9 for needle in needles_of(text))


def test_the_story_happened(story):
    assert story.logins == {"good": "PAM_SUCCESS", "revoked": "PAM_AUTH_ERR",
                            "wrong": "PAM_AUTH_ERR"}
    database = b"".join(path.read_bytes() for path in story.state.iterdir() if path.is_file())
    assert all(story.verifiers[text] in database for text in story.tokens)
    programs = [program for program, *_ in story.handed()]
    # Seven times patctl and three logins; only root sees patd and the patctl that prints a secret.
    assert len(set(programs)) == 10 + 4 * IS_ROOT
    assert not IS_ROOT or programs.count("patd") > 100


# --- what was handed to the kernel ---

# Where a secret must pass, and how often in the story: (program, where) -> calls.
PASSES = {"patctl asks check": 2, "a login asks": 3}
if IS_ROOT:
    PASSES |= {"patd answers create": 3, "patctl prints": 3}


def road(program, place, content):
    """Which of the roads that a secret must take this is; None: another one."""
    if program == "patd":
        return "patd answers create" if b'{"parameters":' in content else None
    if program.startswith("login"):
        return "a login asks" if place.startswith("UNIX") and content[:2] == b"\1\1" else None
    if place.startswith("pipe:"):
        return "patctl prints" if content.startswith(b"pat_acme_1") else None
    return "patctl asks check" if b"Manage.Check" in content else None


def test_secrets_take_their_roads_only(story):
    """Once each, and no other write, packet or datagram has a part of one."""
    taken, elsewhere, bytes_seen, calls = {}, [], 0, 0
    for program, call, place, content in story.handed():
        bytes_seen += len(content)
        calls += 1
        if leaks(story, content):
            name = road(program, place, content)
            if name is None:
                elsewhere.append((program, call, place))
            taken[name] = taken.get(name, 0) + 1
    assert elsewhere == []
    assert taken == PASSES
    figure("leaks", f"{calls:,} writes and packets, {bytes_seen:,} bytes of patd, patctl and "
           f"logins: {sum(taken.values())} on the {len(PASSES)} roads of a secret, 0 elsewhere")


def test_verifiers_go_to_the_store_only(story):
    for program, call, place, content in story.handed():
        for verifier in story.verifiers.values():
            if verifier in content or verifier.hex().encode() in content:
                assert program == "patd" and call == "pwrite64" and "pat.db" in place


# --- logs and what people see ---

def test_no_log_and_no_screen_has_one(story):
    everything = {"log": story.log.read_bytes(), "said": story.said}
    if IS_ROOT:
        everything["system log"] = story.syslog.content
    for name, content in everything.items():
        assert leaks(story, content) == [], name
        assert all(verifier.hex().encode()[:16] not in content
                   for verifier in story.verifiers.values()), name
        assert any(id_.encode() in content for id_ in story.ids), name


def test_no_file_has_one(story):
    """Database, write-ahead log, shared memory, uses, keys, anchor, temporary files."""
    found = [path for place in (story.state, story.keys, story.run) for path in place.rglob("*")
             if path.is_file()]
    assert {"pat.db", "pat.db-wal", "pat.db-shm", "usage.db", "anchor"} <= {p.name for p in found}
    for path in found:
        assert leaks(story, path.read_bytes()) == [], path


# --- cores ---

def core(directory, pid):
    """What gcore(1) of root's gets, whatever the process allows others; without long nothings."""
    subprocess.run(["gcore", "-o", str(directory / "core"), str(pid)], capture_output=True,
                   check=True, timeout=120)
    return re.sub(rb"\0{64,}", 64 * b"\0", (directory / f"core.{pid}").read_bytes())


if IS_ROOT:
    @pytest.fixture(scope="module")
    def untraced():
        """The same without strace: nobody else may trace then."""
        daemon = Daemon()
        try:
            daemon.start()
            daemon.tenant()
            daemon.user("alice", grants=["mail:*"])
            daemon.made = [daemon.token(scopes=["mail:read"], name=f"canary {number:02}")[0]
                           for number in range(10)]
            wrong = with_other_secret(daemon.made[0])
            for text in [*daemon.made, wrong]:
                daemon.asks(text, service="imap", login="alice")
            daemon.ctl("check", "--service", "imap", "--user", "alice", stdin=wrong + "\n")
            daemon.call("Revoke", tokens=[daemon.made[1][10:18]])
            daemon.needles = set().union(*map(needles_of, [*daemon.made, wrong]))
            yield daemon
        finally:
            daemon.close()

    def test_no_core_of_patd_has_one(untraced, tmp_path):
        """R20: nor have those of the processes that ask the name service, which hold no name."""
        children = Path(f"/proc/{untraced.pid}/task/{untraced.pid}/children").read_text().split()
        size = 0
        for pid in (untraced.pid, *map(int, children)):
            content = core(tmp_path, pid)
            assert leaks(untraced, content) == [], pid
            assert (b"canary 05" in content) == (pid == untraced.pid)
            size += len(content)
        figure("cores of patd", f"3 processes, {size:,} bytes, {len(untraced.needles)} spellings, "
               "0 found")

    def copies(rig, line, text, tmp_path):
        """How often the two halves of a secret are in the core of a process that PAM let in."""
        place = rig.prepare([line], "imap")
        process = rig.start(place, ["authenticate", "stop"], service="imap", user="alice",
                            answers=[text])
        assert wait_until(lambda: process_status(process.pid)["State"][0] == "T")
        try:
            content = core(tmp_path, process.pid)
        finally:
            process.send_signal(signal.SIGCONT)
        result = rig.finish(process, place, [text])
        secret = text[SECRET].encode()
        return result.code, [content.count(half) for half in (secret[:HALF], secret[HALF:])], \
            sum(content.count(needle) for needle in needles_of(text))

    @pytest.mark.parametrize("number, code", [(0, "PAM_SUCCESS"), (1, "PAM_AUTH_ERR")])
    def test_no_core_of_a_login_has_more_than_the_programs_own(untraced, tmp_path, number, code):
        """Behind pam_authenticate() there is what the program itself keeps, and not a copy more.

        The same program with a module that only asks for the password is what it is compared with.
        """
        rig = pam_rig.Rig(world=False)
        text = untraced.made[number]
        try:
            ask = f"auth required {rig.directory / 'probe.so'} ask"
            path = untraced.verify_socket
            _, plain, all_plain = copies(rig, ask, text, tmp_path)
            told, ours, all_ours = copies(rig, f"auth required {rig.pat('debug', path)}", text,
                                          tmp_path)
        finally:
            rig.close()
        assert told == code
        assert plain == [1, 1] and all_plain == 2, "the search finds what the program was given"
        assert (ours, all_ours) == (plain, all_plain)
        figure(f"core of a login, {code}", "0 copies beside the program's own")


@pytest.mark.parametrize("tool", ["strace", "gcore"])
def test_the_tools_are_there(tool):
    assert shutil.which(tool)
