# SPDX-License-Identifier: BSD-2-Clause
"""A small world that never changes, and the page of screens that is made of it.

Clock, ids, accounts and the name of the host are pretended (pretend.c and libfaketime), so that
the screens are the same for everybody who makes them. A template is the page without what
commands print: a line that begins with "$ patctl" (alice types it) or "# patctl" (root) is run.
With <Tab> behind it, the shell's key is pressed instead.
Lines with % say how, and are not on the page:

    %columns N            the next command's terminal is so wide
    %type QUESTION|TEXT   what is typed behind a question of the next command
    %next                 here goes the next part of what the last command printed: its screen of
                          its own, and what came behind that
"""
import os
import re
import shutil
from datetime import datetime, timedelta

from ctlkit import FAKETIME, TOKEN, UNUSED, id_of
from pat import BUILD, Patd
from shellkit import FILES
from terminal import Terminal

NOW = datetime(2026, 11, 22, 14, 5, 11)
FAKE = "n0ta5ecretn0ta5ecretn0ta5ecret000"  # in place of the secret and the check digits
PEOPLE = {"root": 0, "alice": 1001, "bob": 1002, "carol": 1003, "dave": 1004}
ACCOUNTS = ("alice", "bob", "carol")  # dave's was removed
SERVICES = "".join(f"[service {name}]\nuids = 0\n\n" for name in ("sshd", "imap", "smtp"))
MICROSECOND = timedelta(microseconds=1)
PROMPTS = {"$": "alice", "#": "root"}
MOST_ROWS = 120
TAB = " <Tab>"


def micro(moment):
    return (moment - datetime(1970, 1, 1)) // MICROSECOND


def at(text):
    return datetime.fromisoformat(text)


# id, owner, name, scopes, when it was made, when it ends, and more of Create
TOKENS = [
    ("v7729q3k", "carol", "Excel import", ["mail:read"], "2025-11-03 10:12:40", None, {}),
    ("0p9xh2mt", "alice", "old-laptop", ["mail:send"], "2025-11-10 09:30:02", "2026-11-10 23:59:59",
     {}),
    ("zb810mqa", "alice", "Nightly backup runner", ["ssh:login"], "2026-01-03 16:20:31",
     "2026-11-25 23:59:59", {"description": "restic on backup1"}),
    ("x5t8w1nj", "dave", "build agent", ["ssh:login"], "2026-03-17 11:01:19", None, {}),
    ("c81mmd5e", "bob", "test test test", ["mail:read"], "2026-07-20 17:45:00",
     "2027-07-20 23:59:59", {}),
    ("k29vva4d", "alice", "ci-deploy", ["ssh:login"], "2026-08-05 08:59:13", "2027-02-01 23:59:59",
     {"description": "GitLab runner on build3", "addresses": ["10.20.0.0/16"]}),
    ("3f6hq0zr", "alice", "phone of alice", ["mail:*"], "2026-09-02 12:00:41",
     "2027-09-02 23:59:59", {}),
    ("7kq2f9ws", "alice", "Integration_Snowflake_Export", ["mail:read", "ssh:login"],
     "2026-10-12 13:37:00", "2026-12-21 23:59:59", {}),
    ("7m22ab9x", "bob", "phone in the kitchen", ["mail:read", "mail:send"], "2026-10-19 19:08:27",
     "2027-10-19 23:59:59", {}),
    ("m0c4ra8p", "alice", "Reporting Script", ["mail:read", "mail:send"], "2026-11-21 15:02:50",
     None, {}),
]
NEXT_IDS = ["p4w0teh6", "e8r5n2kd", "h1d9s7yv", "q6j3b0cx"]  # of what the page itself makes


def every_day(first, count, hour, minute):
    begin = at(first)
    return [begin + timedelta(days=day, hours=hour, minutes=minute) for day in range(count)]


def uses():
    """Logins: when, whose token, service, address."""
    for moment in every_day("2026-10-14", 40, 2, 5):
        yield moment, "zb810mqa", "sshd", "10.20.0.9"
    yield at("2026-11-22 12:05:00"), "zb810mqa", "sshd", "10.20.0.9"
    yield at("2026-02-19 08:11:05"), "0p9xh2mt", "smtp", "192.0.2.44"
    yield at("2026-05-20 07:30:00"), "v7729q3k", "imap", "192.0.2.61"
    yield at("2026-08-30 18:21:00"), "x5t8w1nj", "sshd", "10.20.7.7"
    for day, moment in enumerate(every_day("2026-10-20", 34, 9, 10)):
        for turn in range(1 if day < 18 else 2 + day % 4):
            if moment.weekday() < 5:
                yield moment + timedelta(minutes=47 * turn), "k29vva4d", "sshd", "10.20.3.7"
        for turn in range(2 + day % 3):
            yield (moment + timedelta(hours=turn, minutes=13), "7m22ab9x", "imap", "192.0.2.17")
        if day % 3 == 0:
            yield moment + timedelta(hours=4), "7m22ab9x", "smtp", "192.0.2.17"
    yield at("2026-11-22 14:01:07"), "k29vva4d", "sshd", "10.20.3.7"
    yield at("2026-11-21 22:40:12"), "k29vva4d", "sshd", "203.0.113.9"
    for day in (6, 13, 14, 17):
        yield at(f"2026-11-{day:02} 11:25:00"), "7kq2f9ws", "imap", "198.51.100.20"
    for turn in range(14):
        yield (at("2026-11-15 03:12:00") + timedelta(seconds=9 * turn), None, "smtp",
               "203.0.113.80")


class World(Patd):
    """A host with tenants acme and lab, people and a year behind it."""

    def __init__(self):
        super().__init__(config=SERVICES)
        self.home = self.directory / "home"
        self.home.mkdir()
        self.tokens = {}
        self.next_ids = list(NEXT_IDS)
        (self.directory / "passwd").write_text("".join(
            f"{name}:x:{PEOPLE[name]}:{PEOPLE[name]}::/home/{name}:/bin/bash\n"
            for name in ACCOUNTS))
        wrapper = self.home / "patctl"
        wrapper.write_text(f"#!/bin/sh\nexec '{self.bin}/patctl' --socket ../run/manage/sock "
                           "\"$@\"\n")
        wrapper.chmod(0o755)
        # Where any uid may read it; the build may be nobody else's business.
        shutil.copy2(BUILD / "tests/admin/.libs/pretend.so", self.bin)
        self.pretended = {
            "PATH": f"{self.home}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "LD_PRELOAD": f"{self.bin}/pretend.so:{FAKETIME}",
            "FAKETIME_TIMESTAMP_FILE": str(self.directory / "now"), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "PRETEND_HOST": "mail1",
            "PRETEND_PASSWD": str(self.directory / "passwd"), "PATCTL_PAGER": ""}

    def __enter__(self):
        self.set_clock(at("2025-11-03 09:00:00"))
        self.be("root")
        try:
            self.start()
            self.build()
        except BaseException:
            self.close()  # nobody else would end patd
            raise
        return self

    def command(self, *arguments):
        words = super().command(*arguments)
        at_patd = words.index(str(self.bin / "patd"))  # setpriv keeps the clock that it has
        variables = {**self.pretended, "PRETEND_PEER": self.directory / "peer"}
        words[at_patd:at_patd] = ["env", *(f"{name}={text}" for name, text in variables.items())]
        return words

    def write(self, name, text):
        fresh = self.directory / (name + ".new")
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.replace(self.directory / name)

    def set_clock(self, moment):
        self.write("now", f"{moment:%Y-%m-%d %H:%M:%S}\n")

    def be(self, name, next_id="-"):
        self.write("peer", f"{PEOPLE[name]} {next_id}\n")

    # --- what was before the first screen ---

    def build(self):
        day = 86400 * 1000000
        self.tenant(policy={"defaultLifetime": 90 * day}, realms=["example.org"])
        self.tenant("lab", makeDefault=False, description="the laboratory",
                    policy={"requireExpiry": True, "maxLifetime": 365 * day})
        for name, grants in (("alice", ["ssh:login", "mail:*"]), ("bob", ["mail:*"]),
                             ("dave", ["ssh:login"])):
            self.user(name, grants=grants, account=name, uid=PEOPLE[name])
        self.user("carol", grants=["mail:*"])
        events = [(at(row[4]), lambda row=row: self.make(*row)) for row in TOKENS]
        events += [(row[0], lambda row=row: self.use(*row)) for row in uses()]
        events.append((at("2026-11-18 09:14:22"), self.lose))
        for moment, happen in sorted(events, key=lambda event: event[0]):
            self.set_clock(moment)
            happen()
        self.set_clock(NOW)

    def make(self, id_, user, name, scopes, _, expires, more):
        self.be(user if user in ACCOUNTS[:2] else "root", id_)
        wish = {"expires": micro(at(expires))} if expires else {"never": True}
        self.tokens[id_], _ = self.token(user, scopes, name, **wish, **more)
        self.be("root")

    def use(self, _, id_, service, address):
        self.verify(self.tokens.get(id_, UNUSED), service=service, address=address,
                    login=next((row[1] for row in TOKENS if row[0] == id_), "admin"))

    def lose(self):
        self.be("alice")
        self.call("Revoke", tokens=["3f6hq0zr"], reason="left on the train")
        self.be("root")

    # --- the screens ---

    def show(self, who, command, columns=80, typed=()):
        """The parts of what a command leaves on the terminal: before, on and behind a screen
        of its own."""
        makes = re.search(r"patctl (create|rotate)\b", command)
        command = TOKEN.sub(lambda match: self.tokens[id_of(match[0])], command)
        self.be(who, self.next_ids[0] if makes else "-")
        with Terminal(self, program=["bash", "--norc", "-c", command], columns=columns,
                      rows=MOST_ROWS, environment=self.pretended, directory=self.home) as terminal:
            parts = []
            for question, text in typed:
                terminal.wait_for(lambda q=question: terminal.cursor_line.endswith(q))
                if terminal.is_alternate:
                    parts.append(terminal.kept.rstrip("\n"))
                    terminal.type(text)
                    terminal.wait_for(lambda q=question, t=text:
                                      terminal.cursor_line.endswith(f"{q} {t}"))
                    parts.append(terminal.shown.rstrip("\n"))
                    terminal.type("\n")
                else:
                    terminal.answer(question, self.tokens.get(text, text) + "\n")
            terminal.wait()
            text = terminal.kept.rstrip("\n")
        if makes and any(self.next_ids[0] in part for part in [*parts, text]):
            del self.next_ids[0]
        parts.append(text[len(parts[0]):].strip("\n") if parts else text)
        return [self.made_up(part) for part in parts]

    def complete(self, who, words):
        """What bash lists behind words that somebody has typed so far."""
        self.be(who)
        rc = self.home / "bashrc"
        rc.write_text(f"PS1='$ '\nbind 'set bell-style none'\n. '{FILES}/patctl.bash'\n")
        with Terminal(self, program=["bash", "--noprofile", "--rcfile", rc, "-i"], rows=MOST_ROWS,
                      environment={**self.pretended, "TERM": "dumb", "INPUTRC": "/dev/null"},
                      directory=self.home) as terminal:
            terminal.wait_for(lambda: terminal.cursor_line == "$").type(f"{words} \t\t")
            line = f"$ {words}"
            terminal.wait_for(lambda: terminal.screen.lines.count(line) == 2 and
                              terminal.cursor_line == line)
            return [terminal.shown.strip("\n").removeprefix(line).removesuffix(line).strip("\n")]

    @staticmethod
    def made_up(text):
        """Without what differs: secrets, and the size of the store."""
        text = TOKEN.sub(lambda match: match[0][:-len(FAKE)] + FAKE, text)
        text = text.replace("../run/manage/sock", "/run/pat/manage/sock")
        return re.sub(r"( *)(store ok, \d+ kB)$",
                      lambda match: "store ok, 212 kB".rjust(len(match[0])), text, flags=re.M)


def render(world, template):
    """The page."""
    page, left, options, lines = [], [], {"typed": []}, iter(template.splitlines())
    for line in lines:
        if line.startswith("%columns "):
            options["columns"] = int(line.split()[1])
        elif line.startswith("%type "):
            options["typed"].append(tuple(line[len("%type "):].split("|")))
        elif line == "%next":
            page.append(left.pop(0))
        elif line[:1] in PROMPTS and line[1:2] == " ":
            assert left == [], f"not on the page: {left}"
            page.append(line)
            command = line[2:]
            while page[-1].endswith("\\"):
                page.append(next(lines))
                command += "\n" + page[-1]
            first, *left = world.complete(PROMPTS[line[0]], command.removesuffix(TAB)) \
                if command.endswith(TAB) else world.show(PROMPTS[line[0]], command, **options)
            page += [first] if first else []
            options = {"typed": []}
        else:
            page.append(line)
    assert left == [], f"not on the page: {left}"
    return "\n".join(text.rstrip() for block in page for text in block.split("\n")) + "\n"


__all__ = ["FAKE", "World", "render"]
