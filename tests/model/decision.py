# SPDX-License-Identifier: BSD-2-Clause
"""The decision of DESIGN.md section 4, and the time of section 6, as a specification that runs.

Nothing here knows the C code. Times are microseconds; None is never, no limit, or not told.
"""
import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

SECOND = 1000000
DAY = 86400 * SECOND
SLACK = 300 * SECOND  # that the clock's mark may move beyond what the machine ran
BARRED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
USER = re.compile(f"(?!-)[^@/: {BARRED}]+").fullmatch
ACCOUNT = re.compile(f"(?![- ])[^/:{BARRED}]*[^/: {BARRED}]").fullmatch
REALM = re.compile(r"(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?").fullmatch
SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}").fullmatch


class Row:
    def __init__(self, **members):
        self.__dict__.update(members)


# --- sets: scopes, networks ---

def covers(scopes, scope):
    return scope in scopes or scope.partition(":")[0] + ":*" in scopes


def includes(scopes, part):
    return all(covers(scopes, scope) for scope in part)


network = lru_cache(None)(ip_network)


@lru_cache(None)
def address(text):
    """IPv4 within IPv6 is IPv4, and what is not numeric is no address."""
    try:
        number = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number


@lru_cache(None)
def holds(networks, text):
    return address(text) is not None and any(address(text) in network(one) for one in networks)


@lru_cache(None)
def within(networks, part):
    return all(any(network(one).version == network(whole).version and
                   network(one).subnet_of(network(whole)) for whole in networks) for one in part)


# --- the decision ---

def read_names(local, login, realm):
    """The user and the realm that are meant; None when a name is not legal."""
    user, at, of = (login or "").partition("@")
    of = of.lower()
    if login is not None and local:  # an account's name is compared whole
        if not ACCOUNT(login):
            return None
        of = of.rpartition("@")[2]
        of = of if REALM(of) else ""
    elif login is not None and not (USER(user) and (REALM(of) if at else True)):
        return None
    if realm is None:
        return user, of
    return (user, realm.lower()) if REALM(realm.lower()) and of in ("", realm.lower()) else None


def keeps_policy(token, policy):
    """The tenant's demands of today, also of a token that was made before them."""
    longest = policy["max_lifetime"]
    return not (policy["require_expiry"] and token.expires is None or
                policy["require_addresses"] and not token.addresses) and \
        (longest is None or token.expires is not None and token.expires - token.created <= longest)


def takes_tenant(f):
    """service.takes: "lab@" stands there as True, and asks for one of the tenant's realms."""
    needs_realm, realms = f.service.takes.get(f.tenant.tenant), f.tenant.policy["realms"]
    if needs_realm is None or f.request.tenant not in (None, f.tenant.tenant):
        return False
    if f.request.login is None and not f.names[1]:
        return not needs_realm or len(realms) > 0
    if f.names[1] and (needs_realm or not f.service.local):
        return f.names[1] in realms
    return not needs_realm


def is_owner(f):
    if f.service.local:  # bound by name and uid; uid 0 is meant on both sides
        return None not in (f.user.account, f.user.uid) and f.request.login == f.user.account and \
            (f.user.uid != 0 or f.user.allow_root and f.service.allow_root)
    return f.request.login is None or f.names[0] == f.user.user


def may(f, scope):
    """Effective rights are read at use: token's, grants', tenant's."""
    allowed = f.tenant.policy["scopes"]
    return covers(f.token.scopes, scope) and (allowed is None or covers(allowed, scope)) and \
        (covers(f.user.grants, scope) or covers(f.groups, scope))


def comes_from(networks, where):
    return networks is None or holds(networks, where)


LADDER = (  # the first condition that does not hold names the verdict
    ("malformed", lambda f: f.shape == "token"),
    ("illegal-name", lambda f: f.names is not None and SERVICE(f.request.service)),
    ("unknown", lambda f: f.token and f.user and f.tenant),
    ("bad-secret", lambda f: f.secret),
    ("bad-seal", lambda f: f.sealed and f.token.tenant == f.user.tenant == f.tenant.tenant and
     f.token.user == f.user.user),
    ("revoked", lambda f: f.token.state != "revoked"),
    ("expired", lambda f: f.token.expires is None or f.now < f.token.expires),
    ("pending", lambda f: f.token.state != "pending"),
    ("not-yet-valid", lambda f: f.token.begins is None or f.now >= f.token.begins),
    ("suspended", lambda f: f.token.state == "active"),
    ("user-disabled", lambda f: f.user.enabled),
    ("tenant-disabled", lambda f: f.tenant.enabled),
    ("policy-denied", lambda f: keeps_policy(f.token, f.tenant.policy)),
    ("wrong-tenant", takes_tenant),
    ("wrong-user", is_owner),
    ("scope-denied", lambda f: any(may(f, scope) for scope in f.service.scopes)),
    ("address-denied", lambda f: comes_from(f.token.addresses or None, f.request.address) and
     comes_from(f.tenant.policy["networks"], f.request.address)),
)


def decide(facts):
    facts.names = read_names(facts.service.local, facts.request.login, facts.request.realm)
    return next((verdict for verdict, condition in LADDER if not condition(facts)), "accepted")


# --- time ---

class Clock:
    """max(clock, mark, what was told before), the last as far as the mark could have moved."""

    def __init__(self, wall):
        self.wall, self.boot, self.synchronised = wall, DAY, False
        self.accept()

    def reach(self):
        return self.mark + (self.boot - self.saved) + SLACK

    def now(self):
        floor = max(self.mark, self.told, self.recalled)
        if floor < self.wall <= self.reach():
            self.told = self.wall
        return max(floor, self.wall)

    def save(self):
        moves = self.synchronised or self.wall <= self.reach()
        mark = max(self.mark, self.told, self.wall if moves else 0)
        if mark != self.mark:
            self.mark, self.saved = mark, self.boot

    def start(self):
        """A patd begins: one before it told no more than what the machine ran since the mark."""
        self.told, self.recalled = 0, self.mark + (self.boot - self.saved)
        self.now()

    def accept(self):
        self.mark, self.saved, self.told, self.recalled = self.wall, self.boot, 0, 0
