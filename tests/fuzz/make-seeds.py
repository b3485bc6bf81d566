# SPDX-License-Identifier: BSD-2-Clause
"""The first inputs of every fuzz target: small ones that reach far into it.

make-seeds.py DIRECTORY writes DIRECTORY/<target>/<name>, the same at every run. Which bytes mean
what is said by the target's own file; numbers that pick from a list count from 0.
"""
import hashlib
import json
import struct
import sys
import zlib
from pathlib import Path

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
NONCE = bytes(range(16))
CLASSES = {"accepted": 0x5ac3963c, "refused": 0xa40f8266, "other": 0x96aa305b,
           "tenant": 0xaededaaa, "unavailable": 0x0e2367c3}


def some_bytes(seed, count):
    """The same for the same seed, on every machine."""
    return hashlib.shake_128(seed.encode()).digest(count)


def text(value):
    """What fuzz_text() reads."""
    raw = value if isinstance(value, bytes) else value.encode()
    return bytes([len(raw)]) + raw


def token_text(tenant="acme", public="tk000000"):
    """A token of world.h's host: the secret is the id, repeated."""
    body = f"pat_{tenant}_1{public}{(public * 4)[:26]}"
    crc = zlib.crc32(body.encode())
    return body + "".join(DIGITS[crc >> shift & 31] for shift in range(30, -1, -5))


# --- packets of the verification protocol ---

def packet(kind, head, fields):
    body = NONCE + head + b"".join(struct.pack(">BH", tag, len(value)) + value
                                   for tag, value in sorted(fields.items()))
    return struct.pack(">BBH", 1, kind, 4 + len(body)) + body


def request(service="imap", token=None, **more):
    tags = {"login": 2, "realm": 3, "tenant": 4, "address": 5, "wants": 7}
    fields = {1: service.encode(), 6: (token_text() if token is None else token).encode()}
    fields.update({tags[name]: value.encode() for name, value in more.items()})
    return packet(1, b"", fields)


def answer(kind, **more):
    tags = {"id": 1, "user": 2, "tenant": 3, "realm": 4, "uid": 5, "scopes": 128, "left": 129,
            "replaced": 130, "later": 200}
    return packet(2, struct.pack(">I", kind), {tags[name]: value for name, value in more.items()})


REQUESTS = {
    "least": request(),
    "mail": request(login="alice", realm="acme.example", address="192.0.2.7"),
    "local": request("sshd", token_text("acme", "tk000008"), login="bob", address="10.1.2.3"),
    "scopes": request("app", token_text("lab", "tk000015"), login="alice", tenant="lab",
                      address="10.1.2.3", wants="\1"),
    "end": request("sshd", token_text("acme", "tk000008"), login="bob", wants="\2"),
    "password": request(token="correct horse", login="alice@lab.example"),
}

WHO = {"id": b"tk000000", "user": b"alice", "tenant": b"acme", "realm": b"acme.example"}


def seeds_answer():
    for name, number in CLASSES.items():
        yield name, answer(number)
    yield "virtual", answer(CLASSES["accepted"], **WHO)
    yield "local", answer(CLASSES["accepted"], **{**WHO, "realm": b""}, uid=b"\0\0\5\xdc")
    yield "end", answer(CLASSES["accepted"], **{**WHO, "realm": b""}, uid=b"\0\0\5\xdc",
                        left=b"\0\1\x51\x80", replaced=b"")
    yield "scopes", answer(CLASSES["accepted"], **WHO, scopes=b"mail:*", later=b"?")
    yield "told-too-much", answer(CLASSES["refused"], **WHO)
    yield "no-class", answer(0x5ac3963d, **WHO)


def seeds_request():
    yield from REQUESTS.items()
    yield "unknown-field", packet(1, b"", {1: b"imap", 6: b"x", 9: b"x"})
    yield "no-token", packet(1, b"", {1: b"imap"})


# Of every token of the host what is most likely accepted: service, login, address, as numbers.
LIKELY = [(0, 4, 0)] * 7 + [(5, 0, 0), (2, 2, 0), (2, 2, 0), (2, 2, 1), (1, 7, 0), (3, 3, 0),
          (2, 11, 0), (2, 6, 0), (0, 1, 1), (0, 1, 1), (2, 5, 1), (0, 9, 1), (0, 9, 1),
          (0, 10, 0), (0, 16, 0), (4, 1, 1)]


def seeds_verify():
    """Peer, groups, 'p' and a packet; or (fields, service, login, ..., token, how) from lists."""
    for name, raw in REQUESTS.items():
        yield name, bytes([1, 3]) + b"p" + raw
    for number, (service, login, address) in enumerate(LIKELY):
        yield f"token-{number:02}", bytes([0, 3, 0, 9, service, login, address, number, 0])
    yield "damaged", bytes([0, 0, 0, 1, 0, 0, 0, 3, 20, ord("z")])
    yield "by-itself", bytes([4, 1, 0, 1, 2, 2, 8, 0])


# --- the protocols of libsasl2 ---

def counted(*fields):
    return b"".join(struct.pack(">H", len(field)) + field.encode() for field in fields)


def seeds_saslauthd():
    yield "four", counted("alice", token_text(), "imap", "")
    yield "realm", counted("alice", token_text(), "imap", "acme.example")
    yield "five", counted("alice", token_text(), "smtp", "", "192.0.2.7;4000")
    yield "empty-fifth", counted("alice", "password", "smtp", "", "")
    yield "longest", counted("a" * 256, "p" * 256, "s" * 31, "r" * 253, "1" * 45 + ";65535")
    yield "too-long", counted("alice", "p" * 257, "smtp", "")
    yield "no-port", counted("alice", "p", "smtp", "", "192.0.2.7")
    yield "six", counted("alice", "p", "smtp", "", "::1;1", "x")
    yield "nul", counted("a\0b", "p", "smtp", "")


def lines(service, user, password, kind="login", more=""):
    body = f"{service}\n{kind}\n{user}\n{password}\n"
    return f"AUTH {len(body)}\n{body}{more}".encode()


def seeds_authdaemon():
    yield "mail", lines("imap", "alice@acme.example", token_text(), more="\n")
    yield "without-newline", lines("smtp", "alice", "password")
    yield "longest", lines("s" * 31, "a" * 256, "p" * 256, more="\n")
    yield "too-long", lines("smtp", "alice", "p" * 257, more="\n")
    yield "five-lines", lines("smtp", "alice\nbob", "password", more="\n")
    yield "cram", lines("smtp", "alice", "password", kind="cram-md5", more="\n")
    yield "junk-behind", lines("smtp", "alice", "password", more="\nx")
    yield "other-length", b"AUTH 9999\nsmtp\nlogin\na\nb\n\n"
    yield "nul", lines("smtp", "al\0ce", "password", more="\n")


# --- texts ---

def seeds_args():
    yield "all", b"socket=/run/pat/sock\nservice=sshd\ntenant=acme\nuse_first_pass\nnodelay\nputenv"
    yield "flags", b"try_first_pass\nquiet\ndebug"
    yield "empty-value", b"quiet\nservice=\ndebug"
    yield "wrong", b"tennant=acme\nquiet"
    yield "twice", b"tenant=acme\ntenant=lab"


def seeds_sasl():
    """Every mechanism with every secret and answer, as a client says it; then amended."""
    for mech in range(4):
        for secret in range(4):
            for reply in range(5 if secret < 2 else 1):
                yield f"{mech}-{secret}-{reply}", bytes([mech, secret, reply, mech, 0, 0, 0, 0])
        yield f"{mech}-amended", bytes([mech, 0, 0, 2, 1, 5, 2, 0x3d, 1, 9, 0, 0, 0, 0, 0, 0])
        yield f"{mech}-more", bytes([mech, 0, 1, 2, 0, 0, 0, 0]) + b"\0\1\1\0\0\0\3a\0b"
        yield f"{mech}-nothing", bytes([mech, 0, 0, 0]) + 3 * bytes([1, 0, 1, 0]) + bytes(8)


def seeds_cidr():
    yield "v4", b"10.0.0.0/8,192.0.2.7\n10.1.2.3"
    yield "v6", b"2001:db8::/32,fe80::/10\nfe80::1%eth0"
    yield "mapped", b"::ffff:10.0.0.0/104,::/0\n::ffff:10.1.2.3"
    yield "everything", b"0.0.0.0/0 ::/0\n255.255.255.255"
    yield "host-bits", b"10.1.2.3/8\n010.1.2.3"
    yield "wrong", b"10.0.0.0/33\nhost.example"


def seeds_cmd():
    lines = [
        "create\n--name\ndeployment key\n--scope=mail:*,ssh:login\n--expires\n90d",
        "create\nalice\n--tenant=acme\n-u\nalice\n--from=10.0.0.0/8\n--out-file\ntoken",
        "ls\n--all\n--limit=5\n--columns=id,name\n--plain\n--utc",
        "revoke\ntk000000\ntk000001\n-n\n--reason\nlost\n-y",
        "check\n--service=imap\n--rhost\n10.1.2.3\n--record",
        "log\n--since\n2d\n--event=token.revoke\n--lines\n5\n--json=at,event",
        "tenant\ncreate\nlab\n--realm=lab.example\n--max-tokens\nunlimited\n--no-self-service",
        "user\nbind\nbob\n--account=bob\n--system",
        "grant\nadd\n@staff\nldap:bind\nmail:*", "help\nuser\ncreate", "--version", "-h",
        "crate", "user\ncraete", "show\n--\n-x", "list\n--nmae=x", "list\n--limit",
        "--time=unix\n--color\nnever\nstatus", "show\n" + token_text(),
        "create\n--name=" + token_text(),
    ]
    for number, line in enumerate(lines):
        yield f"{number:02}-" + line.split("\n")[0].strip("-"), b"." + line.encode()
    yield "very-many", b"\xff\xffshow\ntk000000"


def seeds_config():
    yield "all", (b"# a comment\n[patd]\nuser = patd\nstate_dir = /var/lib/pat\nkeys_dir = /etc/k\n"
                  b"runtime_dir = /run/pat\noperators = postfix 1000\n[service sshd]\n"
                  b"tenants = acme\nuids = postfix 100\n[service imap]\ntenants = acme lab@\n"
                  b"[service app]\naccounts = virtual\nscope = um:read um:*\nallow_root = no\n"
                  b"[listener mail]\nprotocol = verify\npath = /var/spool/postfix/pat\n")
    yield "listeners", (b"[listener a]\nprotocol = authdaemon\npath = /a\n"
                        b"[listener m]\nprotocol = mux\npath = /m\n")
    yield "empty", b""
    yield "no-section", b"user = patd\n"
    yield "twice", b"[service sshd]\ntenants = acme\n[service sshd]\ntenants = lab\n"
    yield "two-tenants", b"[service imap]\ntenants = acme lab\n"
    yield "wrong-value", b"[service su]\nallow_root = perhaps\n"
    yield "root", b"[service su]\naccounts = local\nallow_root = yes\nuids = root\r\n"
    yield "relative", b"[patd]\nstate_dir = /var/../etc\n"


def seeds_settings():
    yield "example", (Path(__file__).resolve().parents[2] / "packaging/settings.example").read_bytes()
    yield "all", (b"[tenant a]\ndescription = \" a \\; \\\\ \\\"b\\\" \"\ndescription = \"c\"\n"
                  b"default = yes\nenabled = no\nrealms = b.example, a.example\nrealms = c.example\n"
                  b"max-tokens = unlimited\nname-min = 64\nmax-lifetime = none\nscopes =\n"
                  b"networks = 10.0.0.0/8 ::1\n[user a/b]\naccount = root\nallow-root = yes\n"
                  b"role = auditor\ngrants = none\n[group a/c d]\ngrants = a:b c:*\n"
                  b"[scope x:y]\nlabel = x ; not this\nmeaning = y\n")
    yield "faults", b"x\n[user a]\n[user a/b]\nrole = x\nrole = admin\nvirtual = no\n[user a/b]\n y\n"
    yield "token", b"[tenant a]\ncontact = pat_acme_1tk7vff5174qge0bjb4gz5abhfz31r178082b6sv70\n"
    yield "long", b"[user a/b]\ngrants = " + b"a:b," * 45 + b"\n# " + b"x" * 189 + b"\n"
    yield "empty", b""


def seeds_event():
    yield "read", b'revent=verify verdict=accepted token=tk000000 name="a \\"b\\" \\x0a" user=bob'
    yield "read-token", b"revent=refused reason=" + token_text().encode()
    yield "read-torn", b'revent=token.revoke name="never closed \\x'
    key = bytes([4, 0, 1, 2, 3, 4])
    size = struct.pack(">H", 0x3fff)
    yield "write", b"w\0" + size + key + b"\1\2" + text("quo\"ted \\ \n \x7f\u20ac")
    yield "write-token", b"w\0" + size + key + b"\2\0" + bytes(range(26)) + b"\0\2" + text(" x")
    yield "write-long", b"w\1" + size + key + b"\1\1" + text("0123456789") + b"\xff" + key + b"\0"
    yield "write-short", b"w\0" + struct.pack(">H", 20) + key + b"\1\2" + text("does not fit")


def seeds_scope():
    yield "meet", b"mail:*,ssh:login\nmail:read,um:*\nimap\nmail:read"
    yield "same", b"db:connect,http:access\ndb:connect,http:access\npostgresql\nhttp:access"
    yield "wrong", b"Mail:read,mail\n:*\nSSHD\nmail:"
    yield "prefix", b"mail:rea\nmail:readers\nimap\nmail:read"
    yield "areas", b"a:*,b:c,d:e\na:b,b:*,x:y\nsudo-i\na:*"
    many = ",".join(f"s{number}:login" for number in range(40)).encode()
    yield "many", many + b"\n" + many.replace(b"s", b"t") + b"\nsmtpd\ns1:login"


def seeds_token():
    good = token_text().encode()
    yield "good", good
    yield "typed", b"  " + good.upper().replace(b"0", b"o") + b"\n"
    yield "short", good[:-1]
    yield "other", b"correct horse battery staple"
    yield "version", good.replace(b"_1t", b"_2t")
    yield "id", b"TKOOl"


def seeds_varlink():
    calls = {
        "call": {"method": "io.linuxpat.Manage.List", "parameters": {"filter": {"tenant": "acme"}}},
        "more": {"method": "io.linuxpat.Manage.Log", "parameters": {"lines": 5}, "more": True},
        "oneway": {"method": "io.linuxpat.Manage.Revoke", "oneway": True},
        "upgrade": {"method": "a.b", "upgrade": True},
        "numbers": {"method": "a.b", "parameters": {"a": 1.5, "b": -0.0, "c": 2 ** 63 - 1}},
        "texts": {"method": "a.b", "parameters": {"\u20ac": "\U0001f511", "n": [None, "\\\"/"]}},
        "no-method": {"parameters": {}},
        "wrong-type": {"method": "a.b", "parameters": [], "more": 1},
    }
    for name, call in calls.items():
        yield name, json.dumps(call, ensure_ascii=False).encode()
    yield "deep", b'{"method":"a.b","parameters":{"a":' + b"[" * 60 + b"]" * 60 + b"}}"
    yield "twice", b'{"method":"a.b","method":"c.d"}'
    yield "surrogate", b'{"method":"a.b","parameters":{"a":"\\ud800","b":"\\u0000"}}'


def seeds_when():
    now = 1795305600 * 1000000
    for number, words in enumerate([
            "90d", "6mon", "1y", "200y", "36h", "2026-12-31", "2026-12-31T18:00",
            "2026-12-31T18:00:30Z", "2026-12-31T18:00:30+01:00", "tomorrow", "eom", "eoy", "never",
            "yesterday", "today", "2028-02-29", "2027-02-29", "2026-03-29T02:30", "0d", "1.5d"]):
        head = struct.pack(">BBQQ", number % 3, number % 6, now, now + number)
        yield f"{number:02}", head + words.encode()


# --- things done to a host ---

def seeds_penalty():
    refusal = bytes([0, 0, 50, 0])
    yield "one-address", refusal * 30
    yield "crowd", bytes([0, 0, 5, 0, 1, 0, 5, 1]) * 20
    yield "v6", bytes([0, 0, 5, 4, 2, 0, 5, 5, 0, 0, 5, 6]) * 8
    yield "slow", bytes([0, 0xff, 0xff, 0]) * 30
    yield "names", bytes([0, 0, 1, 7]) + text("host.example") + refusal


def seeds_anchor():
    """Number of writes; (kind, step, text) each; number of damages; (place, what, change) each."""
    lines = [bytes([kind, 0]) + text(f"line {kind}") for kind in (1, 2, 3)]
    bare = bytes([4, 1])
    big = bytes([0xf9, 2]) + text("big")
    yield "untouched", b"\0" + b"\0\0\0\0\0"
    yield "lines", b"\3" + b"".join(lines) + b"\0\0\0\0\0"
    yield "torn-slot", b"\2" + lines[0] + lines[1] + b"\0" + b"\0\x20\2\1"
    yield "torn-first", b"\2" + bare + lines[1] + b"\1" + b"\0\x08\0\x80\0\x30\0\1"
    yield "record", b"\3" + lines[0] + bare + lines[2] + b"\0" + b"\0\x30\3\1"
    yield "halves", b"\4" + big + lines[0] + big + lines[1] + b"\0" + b"\0\x10\4\1"
    yield "cut", b"\2" + lines[0] + lines[1] + b"\0" + b"\x20\x40\5\xff"


def seeds_row():
    """Six attacks each: table, edit, column, row, value."""
    for table in range(6):
        for edit in range(6):
            steps = b""
            for number in range(6):
                picks = some_bytes(f"row {table} {edit} {number}", 12)
                steps += bytes([table, edit]) + picks[:2]
                steps += bytes([picks[2] % 2]) + picks[3:4 + 7 * (picks[2] % 2)] if edit == 0 \
                    else picks[3:4]
            yield f"{table}-{edit}", steps



def call(actor, method, **parameters):
    """One step: a message as it stands."""
    message = json.dumps({"method": f"io.linuxpat.Manage.{method}", "parameters": parameters})
    return bytes([2, actor, 0]) + b"r" + struct.pack(">H", len(message)) + message.encode()


def seeds_manage():
    """Backends, groups, and steps: 0 verifies, 1 passes time, 2 calls."""
    key = {"tenant": "acme", "user": "bob", "name": "deployment key", "scopes": ["ssh:login"]}
    yield "life", b"\0\0" + call(1, "Create", **key) + call(1, "List") + bytes([0, 30, 0, 1]) + \
        call(1, "Show", tokens=["canaryname08"]) + call(1, "Revoke", tokens=["tk000008"]) + \
        bytes([1, 2]) + call(0, "Log", tenant="acme") + call(0, "LogVerify")
    yield "admin", b"\0\1" + \
        call(2, "UserCreate", tenant="acme", user="newby", grants=["mail:*"]) + \
        call(2, "GrantAdd", tenant="acme", holder="newby", scopes=["ldap:bind"]) + \
        call(2, "GrantRemove", tenant="acme", holder="alice", scopes=["mail:*"]) + \
        call(2, "UserSetEnabled", tenant="acme", user="bob", enabled=False) + \
        call(2, "UserList", tenant="acme") + call(2, "GrantList", tenant="acme")
    yield "root", b"\0\2" + call(0, "TenantCreate", tenant="new", realms=["new.example"]) + \
        call(0, "TenantSetDefault", tenant="new") + call(0, "TenantList") + \
        call(0, "UserCreate", tenant="new", user="alice") + call(0, "Status") + \
        call(0, "Check", token=token_text(), service="imap", address="10.1.2.3")
    yield "strangers", b"\0\0" + b"".join(
        call(actor, method, tenant="acme") for actor in (3, 8) for method in
        ("List", "UserList", "GrantList", "Log", "TenantList"))
    yield "no-call", b"\0\0" + bytes([2, 0, 0]) + b"r\0\2{]" + call(0, "WhoAmI")
    for number in range(24):  # every method with all its parameters, and the first word for each
        yield f"method-{number:02}", bytes([0, 0, 3, number % 9, 0, 0, number, 0, 0xff, 0xff])


def steps(*kinds):
    """Of fuzz_connections: each kind and its bytes; patd's turn behind every one."""
    return b"".join(bytes(kind) + bytes([10, 0]) for kind in kinds)


def seeds_connections():
    """Limits; then steps. A question is three bytes: service and address, login, token."""
    ask = {"mail": (0, 0, 0), "local": (65, 1, 8), "groups": (4, 1, 21), "wrong": (0, 64, 0),
           "password": (0, 96, 1)}
    for name, question in ask.items():
        for listener in range(3):
            yield f"{name}-{listener}", bytes([5, 4]) + steps((0, listener, 0, 128, *question))
    yield "groups-answer", bytes([5, 4]) + steps((0, 0, 0, 128, *ask["groups"]), (7, 0), (6, 3, 0))
    yield "groups-late", bytes([5, 4]) + steps((0, 2, 0, 128, *ask["groups"]), (6, 5, 0), (7, 0))
    yield "groups-end", bytes([5, 4]) + steps((8, 7), (0, 0, 0, 128, *ask["groups"]))
    for listener in range(3):
        yield f"pieces-{listener}", bytes([5, 4]) + steps(
            (0, listener, 1, 0), (2, 0, *ask["mail"], 5), (3, 0, 3), (6, 1, 0), (3, 0, 0))
        yield f"crowd-{listener}", bytes([0, 2]) + steps(
            *[(0, listener, uid, 128 + 23, *ask["wrong"]) for uid in (1, 2, 0, 4, 0)],
            (6, 8, 0), (0, listener, 0, 4), (5, 3, 1), (6, 8, 0))
        yield f"idle-{listener}", bytes([0, 1]) + steps(
            *[(0, listener, uid, 3) for uid in (1, 0, 2, 3, 0, 0)], (6, 1, 0), (1, 0, *ask["mail"]))
    yield "packets", bytes([5, 4]) + bytes([0, 0, 0, 0]) + bytes([1, 0, *ask["mail"]]) + bytes(
        [1, 0, *ask["wrong"]]) + steps((1, 0, *ask["mail"]), (4, 0, 3) + tuple(b"abc"), (5, 0, 0))
    for fault in range(8):
        yield f"fault-{fault}", bytes([1, 1]) + steps(
            (8, fault), (0, fault % 3, 1, 130, *ask["mail"]), (8, fault), (1, 0, *ask["mail"]))


def seeds_image():
    """How many edits; of each a kind, a place in three bytes, and what it needs; questions."""
    asked = bytes(number % 27 for pair in range(8) for number in (3 * pair, pair % 4))
    yield "untouched", b"\0" + asked
    yield "thoroughly", b"\xf0" + asked
    for kind in range(8):
        for place in (b"\0\0\x14", b"\0\x10\3", b"\0\x60\x80", b"\1\0\x40"):
            edit = bytes([kind]) + place + {2: place, 3: b"\0\x20\0", 5: text("x")}.get(kind, b"\7")
            yield f"{kind}-{place.hex()}", b"\1" + edit + asked
    for offset in range(64):  # what has expired would go on
        asked_again = bytes([2, 0, 7, 0, 24, 0, 2, 0] * 2)
        yield f"row-{offset:02}", bytes([1, 8, 2, offset, 0x40]) + asked_again
    yield "several", b"\xf3" + b"\0\0\x50\x90\1" + b"\6\0\0\5\5" + b"\4\0\x60\0\0\x20\0" + asked


def seeds_proof():
    """Which log; how many edits; of each a kind, rows, and what it needs."""
    yield "untouched", bytes([5, 0])
    for kind in range(9):
        for row in (0, 5, 14, 20, 30):
            yield f"{kind}-{row}", bytes([5, 1, kind, row, row + 3, 1, 200, 1, 0])
    yield "erased", bytes([1, 2, 2, 4, 5, 2, 14, 15])


def seeds_stdin():
    """What reads, JSON, four sizes of pieces, text; the bytes 0x10 to 0x1f are tokens."""
    whole, small = bytes(4), bytes([1, 3, 0, 7])
    for name, pieces in (("whole", whole), ("pieces", small)):
        yield f"token-{name}", b"\0\0" + pieces + b"\x10\nmore"
        yield f"tokens-{name}", b"\1\0" + pieces + b"a \x11\n\x12\n,\x13;\x14x" + 70 * b"y" + b"\n\x15"
        yield f"ids-{name}", b"\3\0" + pieces + b"tk000001\n # \n tk000002 \r\ntk000001\n"
    yield "csv", b"\2\0" + whole + b"name,scopes\n\"a, \"\"b\"\"\",mail:*\n,x\n"
    yield "csv-wrong", b"\2\1" + whole + b"name,user\na\n\"b\na,b,c\n"
    yield "csv-token", b"\2\0" + whole + b"\x10,name\n"
    yield "json", b"\2\0" + whole + b'{"name":"a","scopes":["x:y","z:*"]}\n{"\x10":1}\n{"name":[1]}\n'
    yield "ids-wrong", b"\3\1" + whole + b"\x10\ntk00000\n"
    head = b"event=head tenant=acme seq=5 link=" + 64 * b"a"
    yield "heads", b"\4\0" + whole + b"x " + head + b"\n\"" + head + b"\"\n" + head[:50] + b"\n"


def seeds_pam():
    """Stack and more; name; what is typed; words; flags; what patd answers; further calls."""
    answers = {"yes": (0, 0, 0, 8), "no": (0, 0, 0, 1, 0), "other": (0, 0, 0, 1, 1),
               "replayed": (0, 0, 0, 0, 3, 1), "cut": (0, 0, 0, 5, 30), "slow": (0, 0, 0, 6, 0),
               "again": (0, 0, 0, 6, 1, 0, 8), "gone": (8, 0, 8, 0), "stranger": (0, 6, 0, 8),
               "other-uid": (0, 0, 128, 8), "end": (0, 0, 3, 8)}
    behind = (2, 3, 0, 0, 0, 0, 0, 8, 2)
    for stack in range(4):
        for name, said in answers.items():
            yield f"{stack}-{name}", bytes([stack, 0, 0, 0, 0, *said, *behind])
        yield f"{stack}-password", bytes([stack, 0, 170, 0, 0, *behind])
        yield f"{stack}-malformed", bytes([stack, 0, 4, 20, 7, 0, 0, *behind])
        for fault in (1, 3, 5, 8, 12, 16, 20):
            yield f"{stack}-fault-{fault}", bytes([stack + 8, 0, 0, 0, fault, 0, 0, 0, 0, 0, 0, 8, 2])
    yield "talks", bytes([128 + 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2])
    yield "words", bytes([0, 0, 0, 3, 1, 4, 5, 0, 0, 0, 16, 8, 2])
    yield "wrong-word", bytes([0, 0, 0, 1, 208, 0, 2])
    yield "address", bytes([0, 0, 170, 0, 0, 4, 2, 0, 4, 3, 0, 0, 0, 0, 0, 0, 8, 2])


def main(directory):
    for name, make in sorted(globals().items()):
        if not name.startswith("seeds_"):
            continue
        place = Path(directory, name.replace("seeds_", "fuzz_", 1))
        place.mkdir(parents=True, exist_ok=True)
        for seed, content in (("nothing", b""), *make()):
            (place / seed).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1])
