# SPDX-License-Identifier: BSD-2-Clause
"""A stock of tokens whose fate is known, and what must hold of it behind every fault.

I1 what was acknowledged is never lost, I2 what is dead is never accepted, I4 the log's chain holds
and tells the state. (I3, no crash and no hang, is what the tests themselves look at.)
"""
import collections
import contextlib
import itertools
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from pat import IS_ROOT, Refused
from patdkit import Asker, Caller, Daemon, unknown_token, wait_until, with_other_secret

VERIFY_SECONDS = 3   # no client of a login waits longer
MANAGE_SECONDS = 30  # SQLite tries for ten seconds where a lock does not come back
MAIL = {"service": "imap", "login": "alice"}
ACCEPTED = "accepted"
NEVER_SAID = None    # the connection ended without an answer
TIMED_OUT = "timed out"  # what the modules make of an answer that does not come
STATES = {"token.revoke": "revoked", "token.suspend": "suspended", "token.confirm": "active",
          "token.resume": "active"}  # what a token is behind such a change
ALIKE = {"expiring": "active", "expired": "active"}  # time alone changes them: no log tells it


def fresh_address():
    """Of a network of its own: refusals of one network are slowed down."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def ask(patd, token, may_wait=False, **request):
    """The class of the answer, or NEVER_SAID; TIMED_OUT only where that may be."""
    begin = time.monotonic()
    try:
        with Asker(patd, timeout=VERIFY_SECONDS) as asker:
            answer = asker.ask(token, **{**MAIL, "address": fresh_address(), **request})
    except TimeoutError:
        assert may_wait, f"no answer in {time.monotonic() - begin:.1f} s"
        return TIMED_OUT
    except (ConnectionError, FileNotFoundError):
        return NEVER_SAID
    return answer["class"] if answer else NEVER_SAID


@contextlib.contextmanager
def told(*fault):
    """What is wrong within is wrong because of this."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(*fault) from error


class Gone(Exception):
    """patd did not answer: whether it did what was asked must be looked at."""


def call(patd, method, more=False, **parameters):
    """A management call; raises Refused as patd says it, and Gone without an answer."""
    try:
        with Caller(patd, timeout=MANAGE_SECONDS) as caller:
            return caller.call(method, more, **parameters)
    except TimeoutError:
        raise AssertionError(f"{method}: no answer in {MANAGE_SECONDS} s") from None
    except (ConnectionError, FileNotFoundError, TypeError) as error:
        raise Gone(method) from error


class Stock:
    """Tokens of alice's: .live and .dead (id -> text) are what was acknowledged.

    .open holds ids whose last change was not answered: settle() asks once, and what it hears is
    from then on as good as acknowledged.
    """

    def __init__(self, patd, chance):
        self.patd, self.chance = patd, chance
        self.live, self.dead, self.open = {}, {}, {}
        self.bob = None
        self.accepted_wrongly = 0

    def begin(self, live=6, dead=3):
        """A tenant with people and a few tokens, some of them dead, one of those by its time."""
        self.patd.tenant(policy={"maxTokens": None, "nameMin": 1})
        self.patd.user("alice", grants=["mail:*"])
        self.patd.user("bob", grants=["mail:*"])
        self.bob, _ = self.patd.token("bob", ["mail:read"])
        short = self.create(expires=int(time.time() * 1e6) + 300_000)
        for _ in range(live + dead - 1):
            self.create()
        for id_ in list(self.live)[1:dead]:
            self.revoke(id_)
        assert wait_until(lambda: ask(self.patd, self.live[short]) == "refused")
        self.bury(short)
        return self

    # --- acknowledged changes ---

    def create(self, **parameters):
        token, record = self.patd.token("alice", ["mail:read"], **parameters)
        self.live[record["id"]] = token
        return record["id"]

    def revoke(self, id_):
        self.patd.call("Revoke", tokens=[id_])
        self.bury(id_)

    def bury(self, id_):
        token = self.live.pop(id_, None) or self.open.pop(id_, None)
        if token:
            self.dead[id_] = token

    def doubt(self, id_):
        """Something was asked of it and not answered."""
        self.open[id_] = self.live.pop(id_, None) or self.dead.pop(id_)

    def pick(self):
        return self.chance.choice(sorted(self.live))

    # --- behind a fault ---

    def settle(self):
        """What became of what was not answered."""
        for id_, token in list(self.open.items()):
            (self.live if ask(self.patd, token) == ACCEPTED else self.dead)[id_] = token
            del self.open[id_]

    def judge(self, may_fail=False):
        """Every token is answered as it must be; may_fail: a live one may get no acceptance.

        Never accepted: the dead, the unknown, those of others, those with another secret.
        """
        wrong = [(id_, "dead") for id_, token in self.dead.items()
                 if ask(self.patd, token) == ACCEPTED]
        strangers = {"unknown": unknown_token(), "bob's": self.bob}
        if self.live:
            strangers["of another secret"] = with_other_secret(self.live[self.pick()])
        wrong += [(what, "stranger") for what, token in strangers.items()
                  if ask(self.patd, token) == ACCEPTED]
        self.accepted_wrongly += len(wrong)
        lost = [] if may_fail else [id_ for id_, token in self.live.items()
                                    if ask(self.patd, token) != ACCEPTED]
        assert (wrong, lost) == ([], []), self.patd.log_text()[-3000:]

    def check(self):
        """All of it: tokens, seals and sums, the logs, and that they tell what is there."""
        assert wait_until(lambda: self.patd.health() == ACCEPTED, VERIFY_SECONDS), \
            (self.patd.call("Status")["trouble"], self.patd.log_text()[-3000:])
        self.settle()
        self.judge()
        bad = [entry["what"] for entry in self.patd.call("LogVerify", more=True)
               if entry.get("bad")]
        assert bad == []
        found = self.patd.call("DbCheck", more=True)[-1]
        assert found["done"] and found["trouble"] == "", found
        check_log(self.patd)


def check_log(patd, tenants=("acme",)):
    """What the change logs lead to is what the store has, token by token."""
    tokens = [entry["token"] for entry in
              patd.call("List", more=True, filter={"withRevoked": True}) if "token" in entry]
    listed = {token["id"]: ALIKE.get(token["state"], token["state"])
              for token in tokens}
    told, purged = {}, 0
    for entry in itertools.chain(*(patd.call("Log", more=True, tenant=name) for name in tenants)):
        change = entry.get("change", {"event": ""})
        event = change["event"]
        if event == "token.create":
            told[change["subject"]] = change["after"].get("state", "active")
        elif event in STATES:
            told[change["subject"]] = STATES[event]
        elif event == "token.purge":
            purged += int(change["after"]["count"])
    assert listed == {id_: state for id_, state in told.items() if id_ in listed}
    assert len(told) - len(listed) == purged


class Faulty(Daemon):
    """A patd that is killed, starved and lied to."""

    outer = ()   # words before the command line, which whoever starts patd runs
    prefix = ()  # and those that patd's uid runs

    def command(self, *arguments):
        words = super().command(*arguments)
        at = words.index(str(self.bin / "patd"))
        return [*map(str, self.outer), *words[:at], *map(str, self.prefix), *words[at:]]

    def begin(self, wait):
        """Starts it, and waits until it is ready (None) or has ended: its exit status."""
        with open(self.log, "ab") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen(self.command(), stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + wait
        while not wait_until(lambda: "patd: ready\n" in self.said() or
                             self.process.poll() is not None, 2):
            if self.answers():
                return None  # that line is what failed
            assert time.monotonic() < deadline, (self.outer, self.said())
        status = None if "patd: ready\n" in self.said() else self.process.poll()
        if status is not None:
            self.process = None
        return status

    def answers(self):
        try:
            return call(self, "Status")["health"] == ACCEPTED
        except (OSError, Gone, Refused):
            return False

    def said(self):
        """Its log since begin()."""
        return self.log.read_bytes()[self.begun:].decode(errors="replace")

    def descriptors(self):
        """What is open, and how often; a file that was removed and one of its name are the same.

        Only root may look: patd is not dumpable.
        """
        found = collections.Counter()
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                name = os.path.basename(os.readlink(path))
                found[name.split(":[")[0].removesuffix(" (deleted)")] += 1
        return found

    def keep(self):
        """A copy of state and keys, while it does not run."""
        assert self.process is None
        self.kept = {path: path.read_bytes() for place in (self.state, self.keys)
                     for path in place.iterdir() if path.is_file()}

    def put_back(self, *places):
        """What was kept, in state and keys or in one of them, and nothing else."""
        assert self.process is None
        for place in places or (self.state, self.keys):
            place.chmod(0o700)
            for path in list(place.iterdir()):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            for path, content in self.kept.items():
                if path.parent == place:
                    path.write_bytes(content)
                    path.chmod(0o600)
                    if IS_ROOT:
                        os.chown(path, self.uid, self.uid)


class Apart(Faulty):
    """A patd in a mount namespace that outlives it; script mounts there, with these words. As root."""

    def __init__(self, script, *words):
        super().__init__(memory=False)
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
             script + "\necho ready\nexec cat", "sh", *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.outer = ("nsenter", f"--target={self.holder.pid}", "--mount", "--")

    def close(self):
        try:
            super().close()
        finally:
            self.holder.stdin.close()
            self.holder.wait(10)
            self.holder.stdout.close()

    def inside(self, path):
        """A path as patd sees it."""
        return Path(f"/proc/{self.holder.pid}/root{path}")


__all__ = ["ACCEPTED", "Apart", "Asker", "Caller", "Faulty", "Gone", "IS_ROOT", "MAIL", "MANAGE_SECONDS",
           "NEVER_SAID", "Refused", "Stock", "TIMED_OUT", "VERIFY_SECONDS", "ask", "call", "check_log",
           "fresh_address", "told", "wait_until"]
