# SPDX-License-Identifier: BSD-2-Clause
"""The model and the program (host.c) beside each other: one world, the same words, two answers."""
import os
import re
import subprocess
import tempfile
from pathlib import Path

from decision import Row
from model import POLICY, Refused, Store
from pat import BUILD

HOST = BUILD / "tests" / "model" / "host"
WALL = 1795305600 * 1000000  # 22 November 2026, as in place.h
OPERATOR, ADAM, AUDREY, BOB, DAVE, ADA, STRANGER = 900, 1501, 1502, 1500, 1600, 1601, 777

# Name: its scopes (the first one is built in), whether its users are accounts, allow_root, tenants
# (needs a realm), uids.
SERVICES = {name: Row(scopes=scopes, local=local, allow_root=root, takes=takes, uids=uids)
            for name, scopes, local, root, takes, uids in (
    ("sshd", ["ssh:login"], True, False, {"acme": False, "lab": True}, [100]),
    ("su", ["su:login"], True, True, {"acme": False}, []),
    ("imap", ["mail:read"], False, False, {"acme": False, "lab": True}, [100]),
    ("smtp", ["mail:send"], False, False, {"acme": True, "lab": False}, []),
    ("app", ["app:login", "um:read", "um:write"], False, False, {"acme": True}, []),
    ("ftp", ["ftp:login"], True, False, {"acme": False}, []))}  # not in the file: all built in

TENANTS = {"acme": ("acme.example", "acme.test"), "lab": ("lab.example",)}
# Tenant, user, account, uid, role, grants.
USERS = (("acme", "adam", "adam", ADAM, "admin", "mail:* ssh:login"),
         ("acme", "alice", None, None, "user", "http:access mail:* um:read"),
         ("acme", "audrey", "audrey", AUDREY, "auditor", "mail:*"),
         ("acme", "bob", "bob", BOB, "user", "mail:* ssh:login"),
         ("acme", "rooty", "root", 0, "user", "ssh:login su:login"),
         ("lab", "ada", "ada@lab.example", ADA, "admin", "ssh:login"),
         ("lab", "alice", None, None, "user", "mail:*"),
         ("lab", "dave", "dave@lab.example", DAVE, "user", "mail:read ssh:login"))
STAFF = ("acme", "staff", frozenset(["ftp:login", "mail:read"]))


def new_store():
    store = Store(SERVICES, {0, OPERATOR}, WALL)
    for tenant, realms in TENANTS.items():
        store.tenants[tenant] = Row(tenant=tenant, enabled=True,
                                    policy={**POLICY, "realms": realms})
        store.note(tenant)
    for tenant, user, account, uid, role, grants in USERS:
        store.users[tenant, user] = Row(
            tenant=tenant, user=user, account=account, uid=uid, role=role, enabled=True,
            allow_root=uid == 0, grants=frozenset(grants.split()), disabled_by=None)
        store.note(tenant)
    store.groups[STAFF[:2]] = STAFF[2]
    store.note(STAFF[0])
    return store


# --- words ---

def word(value):
    if value.__class__ is str:
        return value
    if value is None:
        return "~"
    if value.__class__ is tuple:
        return ",".join(value)
    if value.__class__ is frozenset:
        return ",".join(sorted(value))
    if value.__class__ is dict:
        return "\t".join(f"{key}={word(each)}" for key, each in value.items())
    return str(int(value))


def line(operation):
    return "\t".join(map(word, operation))


def preamble():
    for name, rule in SERVICES.items():
        settings = {"tenants": [tenant + "@" * at for tenant, at in rule.takes.items()],
                    "uids": map(str, rule.uids), "scope": rule.scopes[1:],
                    "accounts": ["local" if rule.local else "virtual"],
                    "allow_root": ["yes"] if rule.allow_root else []}
        if name != "ftp":
            yield f"service\t[service {name}]"
            yield from (f"service\t{key} = {text}" for key, many in settings.items()
                        if (text := " ".join(many)))
    for tenant, realms in TENANTS.items():
        yield "world\t" + line(("new_tenant", tenant, {"realms": realms}))
    yield "world\tnew_default\tacme"
    for tenant, user, account, uid, role, grants in USERS:
        yield "world\t" + line(("new_user", tenant, user, account, uid, role,
                                frozenset(grants.split())))
    yield "world\t" + line(("grant", STAFF[0], "@" + STAFF[1], True, STAFF[2]))


# --- what the model answers ---

def told(value):
    return "~" if not value else word(value).replace(",", "+")


def look(store, uid):
    """What a caller is shown, the newest first; how many tokens count; how long the logs are."""
    now, words = store.clock.now(), []
    for tenant in sorted(store.tenants):
        for token in reversed(store.tokens.values()):
            if token.tenant == tenant and \
                    store.may(uid, "see", tenant, store.users[tenant, token.user]):
                words.append(f"{token.slot}={store.shown_state(token)}," + ",".join(map(told, (
                    token.scopes, token.addresses, token.created, token.begins, token.expires,
                    token.until, token.ended, token.successor))))
    live = [str(len(store.counting(*key))) for key in sorted(store.users)]
    log = [str(store.log[tenant]) for tenant in sorted(store.tenants)]
    return " ".join([str(now), *words, "live", *live, "log", *log])


def machine(store, operation, argument=None):
    """What happens to the machine and to patd itself; nothing that was answered is lost by it."""
    clock = store.clock
    if operation == "wait":
        clock.wall += argument
        clock.boot += argument
    elif operation == "set_clock":
        clock.wall += argument
    elif operation == "synchronise":
        clock.synchronised = argument
    elif operation == "minute":  # patd saves the mark
        clock.save()
    elif operation == "accept":
        clock.accept()
    elif operation == "restart":
        if argument:
            clock.save()
        clock.start()


MACHINE = {"wait", "set_clock", "synchronise", "minute", "accept", "restart"}


def answer(store, operation, program):
    """What the model says. A race may have any winners: as many as it had places."""
    name, *words = operation
    if name in MACHINE:
        return machine(store, name, *words) or "ok"
    store.clock.now()  # whoever asks anything is told the time
    if name == "look":
        return look(store, *words)
    if name == "race":
        won = program.split() if re.fullmatch("[0-9 ]+", program) else []
        words[-1] = tuple(won) + tuple(slot for slot in words[-1] if slot not in won)
    try:
        return getattr(store, name)(*words) or "ok"
    except Refused as refused:
        return str(refused)


def answers(operations, program):
    store = new_store()
    return ["ok", *(answer(store, operation, told)
                    for operation, told in zip(operations[1:], program[1:]))]


# --- what the program answers ---

class Crashed(Exception):
    pass


def ask(lines):
    """The replies of one process."""
    place = "/dev/shm" if "TMPDIR" not in os.environ and Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="pat-model-", dir=place) as directory:
        done = subprocess.run([HOST, directory], input="\n".join([*preamble(), *lines, ""]),
                              capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Crashed(f"status {done.returncode}: {done.stderr[-2000:]}")
    replies = done.stdout.split("\n")[:-1]
    assert len(replies) == len(lines), f"{len(replies)} replies to {len(lines)} lines"
    return replies


# --- differences ---

def difference(operations):
    """The first place where they differ, and both's answers; None where they agree."""
    try:
        program = ask([line(each) for each in operations])
    except Crashed as crashed:
        return 0, [], [str(crashed)]
    model = answers(operations, program)
    at = next((i for i, pair in enumerate(zip(model, program)) if pair[0] != pair[1]), None)
    return None if at is None else (at, model, program)


def shrink(operations):
    """The same difference with fewer operations: whatever can be left out is."""
    found = difference(operations)
    operations = operations[:found[0] + 1] if found[0] else operations
    size = len(operations) // 2
    while size > 0:
        at = 1  # how it begins stays
        while at < len(operations):
            fewer = operations[:at] + operations[at + size:]
            if difference(fewer) is not None:
                operations = fewer
            else:
                at += size
        size //= 2
    return operations


def say(value):
    """A moment as its distance from the beginning; everything else as it is told."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value - WALL) < WALL // 3:
        return f"{(value - WALL) / 1000000:+.6f}".rstrip("0").rstrip(".") + "s"
    return word(value).replace("\t", " ") or '""'


def table(operations):
    """A sequence as people read it, with what both said."""
    found = difference(operations)
    if found is None:
        return "the difference does not come again"
    at, model, program = found
    rows = [("", "operation", "the model says", "the program says")]
    for i, operation in enumerate(operations):
        both = [re.sub(r"\b1[78]\d{14}\b", lambda match: say(int(match[0])), said[i])
                if i < len(said) else "" for said in (model, program)]
        rows.append((">" if i == at else "", " ".join(map(say, operation)), *both))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0])).rstrip()
                     for row in rows)
