# SPDX-License-Identifier: BSD-2-Clause
"""What the PAM tests ask about: a patd whose store holds one token for each verdict.

Two accounts are bound: root, to whom every token of the verdicts belongs (so that modules that
look at the account find one on any host), and the account that the tests' own uid may ask about
without being listed.
"""
import os
import pwd
import time
import zlib

from pat import IS_ROOT, Patd, account_name

LISTED_UID = 54323    # the tests are root: a uid that pat.conf lists
STRANGER_UID = 54322  # and one that it does not
SELF_UID = os.getuid()

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
SECOND = 1_000_000

LISTED = LISTED_UID if IS_ROOT else SELF_UID
OWNER = "daemon" if IS_ROOT else account_name()
OWNER_UID = pwd.getpwnam(OWNER).pw_uid

# What uid the driver has in a case; None: the tests' own.
UIDS = {
    "self": None,
    "listed": LISTED_UID if IS_ROOT else None,
    "stranger": STRANGER_UID if IS_ROOT else None,
    "owner": OWNER_UID if IS_ROOT else None,
}

# Refusals are delayed by service and network: cases have services of their own, like sshd's.
SERVICES = [f"case{number}" for number in range(100)]

CONFIG = "".join(f"""
[service {service}]
accounts = local
scope = ssh:login
uids = {LISTED}
allow_root = yes
""" for service in SERVICES) + f"""
[service sshd]
uids = {LISTED}
allow_root = yes
[service imap]
uids = {LISTED}
tenants = acme other@
[service noroot]
accounts = local
scope = ssh:login
uids = {LISTED}
[service guarded]
accounts = local
scope = ssh:login
allow_root = yes
"""

# Refusals that a running patd names itself; each is the kind of a token, too.
REFUSALS = ("unknown", "bad-secret", "pending", "not-yet-valid", "expired", "revoked",
            "user-disabled", "wrong-tenant", "wrong-user", "scope-denied", "address-denied")


def check_digits(text):
    crc = zlib.crc32(text.encode())
    return "".join(DIGITS[crc >> 5 * place & 31] for place in range(6, -1, -1))


def retype(token, old, new):
    """The token with a part replaced, and check digits that fit."""
    body = token[:-7].replace(old, new)
    return body + check_digits(body)


def secret_of(token):
    return token[-33:-7]


def junk(length):
    """What stands in PAM_AUTHTOK in place of a refused token."""
    text = "\b\n\r\x7fINCORRECT"
    return (text * (length // len(text) + 1))[:length]


class World:
    """tokens: their texts by kind. Times are chosen so that nothing changes while tests run."""

    def __init__(self):
        self.patd = Patd(config=CONFIG)
        self.patd.start()
        try:
            self.tokens = {}
            self.fill()
        except BaseException:
            self.patd.close()
            raise

    def fill(self):
        patd, tokens = self.patd, self.tokens
        patd.tenant("acme", realms=["example.org"])
        patd.tenant("other", realms=["example.net"], makeDefault=False)
        bound = {"account": "root", "uid": 0, "allowRoot": True, "system": True}
        patd.user("admin", grants=["ssh:login", "su:login", "noroot:login"], **bound)
        patd.user("owner", grants=["ssh:login"], account=OWNER, uid=OWNER_UID, system=True,
                  allowRoot=OWNER_UID == 0)
        patd.user("alice", grants=["mail:*", "ssh:login"])
        patd.user("carol", grants=["ssh:login"])
        patd.user("alice", tenant="other", grants=["mail:*", "ssh:login"])
        self.fill_verdicts()
        tokens["owner"] = self.make("owner")
        tokens["owner-address"] = self.make("owner", addresses=["192.0.2.0/24"])
        tokens["here"] = self.make("admin", addresses=["192.0.2.0/24", "fe80::/10", "127.0.0.0/8",
                                                       "2001:db8::/32"])
        tokens["mail"] = self.make("alice", scopes=["mail:read", "mail:send"])
        tokens["other-mail"] = self.make("alice", tenant="other", scopes=["mail:read"])
        self.wait_until_expired(tokens["expired"])

    def fill_verdicts(self):
        tokens, call = self.tokens, self.patd.call
        now = int(time.time() * SECOND)
        tokens["expired"] = self.make("admin", expires=now + SECOND)
        tokens["accepted"] = self.make("admin")
        secret = secret_of(tokens["accepted"])
        tokens["bad-secret"] = retype(tokens["accepted"], secret,
                                      ("1" if secret[0] == "0" else "0") + secret[1:])
        tokens["unknown"] = "pat_acme_1zzzzzzzz" + secret
        tokens["unknown"] += check_digits(tokens["unknown"])
        last = tokens["accepted"][-1]
        tokens["malformed"] = tokens["accepted"][:-1] + ("1" if last == "0" else "0")
        tokens["pending"] = self.make("admin", pending=True)
        tokens["not-yet-valid"] = self.make("admin", notBefore=now + 86400 * SECOND)
        tokens["revoked"] = self.make("admin")
        call("Revoke", tokens=[self.id_of("revoked")])
        tokens["user-disabled"] = self.make("carol")
        call("UserSetEnabled", user="carol", enabled=False)
        tokens["wrong-tenant"] = self.make("alice", tenant="other")
        tokens["wrong-user"] = self.make("alice")
        tokens["scope-denied"] = self.make("admin", scopes=["su:login"])
        tokens["address-denied"] = self.make("admin", addresses=["192.0.2.0/24"])

    def make(self, user, **parameters):
        return self.patd.token(user, **parameters)[0]

    def id_of(self, kind):
        return self.tokens[kind][-41:-33]

    def wait_until_expired(self, token, wait=10):
        deadline = time.monotonic() + wait
        while self.patd.call("Show", token=token[-41:-33])["token"]["state"] != "expired":
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def verdicts(self, begin):
        """The verdicts in patd's log behind a position, in order."""
        words = self.patd.log.read_bytes()[begin:].decode(errors="replace").split()
        return [word[8:] for word in words if word.startswith("verdict=")]

    def leaked(self, text):
        """The kinds of tokens whose secret stands in a text."""
        return [kind for kind, token in self.tokens.items() if secret_of(token)[:12] in text]

    def close(self):
        log = self.patd.log_text()
        self.patd.close()
        assert self.leaked(log) == []
