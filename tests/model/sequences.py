# SPDX-License-Identifier: BSD-2-Clause
"""Chance: sequences of operations, and single decisions. Nothing here knows what is right."""
from both import (ADA, ADAM, AUDREY, BOB, DAVE, OPERATOR, SERVICES, STRANGER, TENANTS, USERS, WALL)
from decision import DAY, SECOND, Row

MINUTE = 60 * SECOND
SPANS = (1, SECOND, MINUTE, 299 * SECOND, 300 * SECOND, 301 * SECOND, 600 * SECOND, 3600 * SECOND,
         3600 * SECOND, DAY, DAY, 7 * DAY, 14 * DAY, 90 * DAY)
PEOPLE = {"acme": (ADAM, ADAM, BOB, BOB, AUDREY), "lab": (ADA, DAVE, DAVE)}
UIDS = (OPERATOR, ADAM, AUDREY, BOB, DAVE, ADA, STRANGER)
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32",
            "2001:db8:1::/48")  # in the order that rows have
ADDRESSES = ("10.1.2.3", "10.2.0.1", "192.0.2.7", "192.0.2.8", "::ffff:192.0.2.7", "2001:db8::1",
             "2001:db8:1::1%eth0", "0a01:0203::", "c000:0207::", "mail.example", "")
SCOPES = ("ftp:login", "http:access", "mail:*", "mail:read", "mail:send", "ssh:*", "ssh:login",
          "su:login", "um:read", "um:write")
GRANTS = {(tenant, user): grants.split() for tenant, user, _, _, _, grants in USERS}
ACCOUNTS = {(tenant, user): account for tenant, user, account, _, _, _ in USERS}
OF_SCOPE = {"ftp:login": ("ftp",), "mail:*": ("imap", "smtp"), "mail:read": ("imap",),
            "mail:send": ("smtp",), "ssh:login": ("sshd",), "ssh:*": ("sshd",),
            "su:login": ("su",), "um:read": ("app",), "um:write": ("app",)}
TYPED = ("unknown", "bad-secret", "malformed", "not-a-token")
LIMITS = {"max_tokens": (1, 2, 3, 25, None), "name_min": (8, 1, 9, 64),
          "require_expiry": (False, True), "require_addresses": (False, True),
          "default_lifetime": (None, 3600 * SECOND, 14 * DAY), "max_lifetime": (None, DAY, 7 * DAY),
          "pending_lifetime": (60 * SECOND, 600 * SECOND), "self_service": (True, False),
          "scopes": (None, frozenset(["mail:*", "ssh:login"]), frozenset(["mail:read"]),
                     frozenset(["ftp:login", "http:access", "mail:*", "ssh:login", "su:login"])),
          "networks": (None, ("10.0.0.0/8",), ("10.1.0.0/16",), ("10.0.0.0/8", "2001:db8::/32")),
          "self_service_scopes": (frozenset(["mail:*", "ssh:login"]), frozenset(["mail:read"])),
          "realms": (("acme.example",), ("lab.example",), (), ("acme.test", "acme.example"))}

# Theme: how often it comes, how many operations it has, and which of them, with their weights.
THEMES = {
    "anything": (30, (5, 13), "create 6 rotate 2 confirm 1 finish 1 revoke 2 suspend 2 resume 1 "
                 "edit 2 enable_user 2 enable_tenant 1 grant 2 policy 3 wait 3 set_clock 1 sweep 1 "
                 "look 1 verify 12"),
    "the cap": (12, (6, 16), "create 12 rotate 3 confirm 2 finish 1 revoke 2 suspend 1 wait 1 "
                "sweep 1 look 2 verify 1"),
    "rotation": (18, (5, 12), "rotate 6 confirm 3 finish 2 revoke 1 suspend 1 resume 1 edit 1 "
                 "wait 4 sweep 1 verify 7"),
    "policy": (16, (5, 12), "create 2 policy 5 rotate 1 edit 1 verify 6 wait 1"),
    "pauses": (8, (5, 11), "suspend 4 resume 4 enable_user 4 enable_tenant 1 create 1 verify 5"),
    "rights": (10, (4, 10), "grant 4 policy 1 create 2 edit 1 verify 8"),
    "clocks": (12, (5, 12), "create 2 set_clock 3 wait 4 minute 2 synchronise 1 accept 1 verify 6 "
               "confirm 1 sweep 1"),
}
ON_DISK = "restart 4 race 2"  # beside all that


def spread(text):
    words = text.split()
    return [name for name, weight in zip(words[::2], words[1::2]) for _ in range(int(weight))]


KINDS = {theme: (length, spread(kinds), spread(kinds + " " + ON_DISK))
         for theme, (_, length, kinds) in THEMES.items()}
THEME = [theme for theme, (often, _, _) in THEMES.items() for _ in range(often)]


class Steps:
    """One sequence. Tokens are called by the numbers that their makers give them."""

    def __init__(self, random, on_disk):
        self.random, self.chance = random, random.random
        self.wall, self.made, self.seen = WALL, {}, 0
        self.apt = {"confirm": [], "finish": [], "resume": []}  # tokens that it may be time for
        theme = "clocks" if on_disk and self.chance() < 0.3 else self.pick(THEME)
        (least, most), in_memory, with_disk = KINDS[theme]
        self.focus = self.pick(USERS)[:2] if self.chance() < 0.7 else None
        self.operations = [("begin", "disk" if on_disk else "memory", random.getrandbits(40))]
        if theme == "the cap":
            self.cap()
        for _ in range(self.between(1, 3)):
            self.operations.append(("create", *self.create(0.8)))
        kinds = with_disk if on_disk else in_memory
        for _ in range(self.between(least, most)):
            self.put(self.pick(kinds))
        self.operations.append(("look", OPERATOR))

    def pick(self, many):
        return many[int(self.chance() * len(many))]

    def between(self, least, most):
        return least + int(self.chance() * (most - least + 1))

    def put(self, kind):
        self.operations.append((kind, *getattr(self, kind)()))
        if kind == "restart" and self.chance() < 0.5:  # a service whose tenant is the default one
            self.operations.append(("verify", *self.verify("ftp")))

    # --- what is meant ---

    def uid(self, tenant):
        """Mostly somebody who has to do with the tenant."""
        who = self.chance()
        return OPERATOR if who < 0.7 else self.pick(PEOPLE[tenant] if who < 0.96 else UIDS)

    def uid_for(self, slot):
        return self.uid(self.made[slot][0] if slot in self.made else "acme")

    def user(self):
        if self.focus and self.chance() < 0.8:
            return self.focus
        return ("lab", "nobody") if self.chance() < 0.02 else self.pick(USERS)[:2]

    def slot(self):
        """Mostly one of the last; at times one that was never made."""
        if not self.seen or self.chance() < 0.02:
            return str(self.seen)
        return str(max(0, self.seen - 1 - int(self.chance() ** 2 * self.seen)))

    def new_slot(self, made):
        self.made[str(self.seen)] = made
        self.seen += 1
        return str(self.seen - 1)

    def moment(self):
        return self.wall + self.pick(SPANS)

    def some(self, many, most):
        """A few of a row, in its order."""
        wanted = {self.pick(many) for _ in range(self.between(1, most))}
        return tuple(each for each in many if each in wanted)

    # --- operations ---

    def create(self, plain=0.3):
        """With a probability of plain nothing about it is odd."""
        tenant, user = who = self.user()
        odd = self.chance() >= plain
        scopes = frozenset([self.pick(GRANTS.get(who, ["mail:read"]))])
        if odd and self.chance() < 0.2:
            scopes = frozenset(self.some(SCOPES, 3) if self.chance() < 0.9 else ())
        addresses = () if self.chance() < 0.7 else self.some(NETWORKS, 2)
        ends = None if self.chance() < 0.4 else "default" if self.chance() < 0.2 else \
            self.moment() if self.chance() < 0.95 else self.wall + self.pick((0, -1, 4000 * DAY))
        begins = self.moment() if odd and self.chance() < 0.15 else None
        state = "pending" if odd and self.chance() < 0.3 else "active"
        slot = self.new_slot((tenant, user, scopes, addresses))
        if state == "pending":
            self.apt["confirm"].append(slot)
        label = f"nightly job {slot}" if not odd or self.chance() < 0.85 else self.pick(
            ("nightly", "nightly job", "nightly job 0", "x" * 64, "x" * 65))
        return (self.uid(tenant) if odd else OPERATOR, slot, tenant, user, label, scopes, addresses,
                ends, begins, state)

    def cap(self):
        """The 25th place, or the last of fewer: all but the last are taken at once."""
        self.focus = who = self.focus or self.pick(USERS)[:2]
        places = 25 if self.chance() < 0.04 else self.between(1, 3)
        if places != 25:
            self.operations.append(("policy", OPERATOR, who[0], {"max_tokens": places}))
        for _ in range(places - 1):
            scopes = frozenset([self.pick(GRANTS[who])])
            slot = self.new_slot((*who, scopes, ()))
            self.operations.append(("create", OPERATOR, slot, *who, f"nightly job {slot}", scopes,
                                    (), None, None, "active"))

    def race(self):
        who = self.user()
        scopes = frozenset([self.pick(GRANTS.get(who, ["mail:read"]))])
        slots = tuple(self.new_slot((*who, scopes, ())) for _ in range(self.between(2, 4)))
        return (OPERATOR if self.chance() < 0.8 else self.uid(who[0]), *who, scopes, slots)

    def grace(self):
        return self.pick((0, 0, SECOND, MINUTE, DAY, 7 * DAY)) if self.chance() < 0.95 else \
            self.pick((-1, 7 * DAY + 1))

    def rotate(self):
        old = self.slot()
        new = self.new_slot(self.made.get(old, ("acme", "alice", frozenset(), ())))
        ends = "default" if self.chance() < 0.7 else None if self.chance() < 0.3 else self.moment()
        state = "pending" if self.chance() < 0.35 else "active"
        self.apt["finish"] += (old, new)
        if state == "pending":
            self.apt["confirm"].append(new)
        return (self.uid_for(old), old, new, self.grace(), ends, state)

    def confirm(self):
        return (*self.by_slot("confirm"), self.grace())

    def by_slot(self, kind=None):
        apt = self.apt.get(kind)
        slot = self.pick(apt) if apt and self.chance() < 0.8 else self.slot()
        return (self.uid_for(slot), slot)

    revoke = by_slot

    def finish(self):
        return self.by_slot("finish")

    def resume(self):
        return self.by_slot("resume")

    def suspend(self):
        uid, slot = self.by_slot()
        self.apt["resume"].append(slot)
        return (uid, slot)

    def edit(self):
        slot = self.slot()
        scopes = None if self.chance() < 0.5 else frozenset(self.some(SCOPES, 2))
        addresses = None if self.chance() < 0.5 else self.some(NETWORKS, 2)
        if scopes is not None and self.chance() < 0.05:
            scopes = frozenset()
        ends = None if self.chance() < 0.5 else self.moment()
        return (self.uid_for(slot), slot, scopes, addresses, ends)

    def enable_user(self):
        tenant, user = self.user()
        return (self.uid(tenant), tenant, user, self.chance() < 0.5)

    def enable_tenant(self):
        tenant = self.user()[0]
        return (self.uid(tenant), tenant, self.chance() < 0.6)

    def grant(self):
        tenant, holder = self.user()
        scopes = frozenset([self.pick(GRANTS.get((tenant, holder), SCOPES))]
                           if self.chance() < 0.7 else self.some(SCOPES, 2))
        if self.chance() < 0.2:
            holder, scopes = "@staff", frozenset([self.pick(("ftp:login", "mail:read"))])
        return (self.uid(tenant), tenant, holder, self.chance() < 0.4, scopes)

    def policy(self):
        tenant, members = self.user()[0], self.some(tuple(LIMITS), 2)
        changes = {member: self.pick(LIMITS[member]) for member in members}
        if self.chance() < 0.2:  # everything loose again
            changes = {member: values[0] for member, values in LIMITS.items()
                       if member not in ("realms", "max_tokens")}
        return (self.uid(tenant), tenant, changes)

    def sweep(self):
        return ()

    def look(self):
        return (self.uid(self.pick(tuple(TENANTS))),)

    # --- the machine ---

    def wait(self):
        span = self.pick(SPANS)
        self.wall += span
        return (span,)

    def set_clock(self):
        span = self.pick(SPANS) * self.pick((1, -1))
        self.wall += span
        return (span,)

    def synchronise(self):
        return (self.chance() < 0.5,)

    def restart(self):
        """In order or by kill -9; at times the clock was set back right before."""
        if self.chance() < 0.4:
            self.put("look")
            self.put("set_clock")
        return (self.chance() < 0.5,)

    minute = accept = sweep

    # --- questions ---

    def verify(self, service=None):
        """Mostly what would be accepted, and then some of it is made otherwise."""
        slot = self.slot()
        tenant, user, scopes, addresses = self.made.get(slot, ("acme", "alice", ["mail:read"], ()))
        fitting = OF_SCOPE.get(self.pick(sorted(scopes) or SCOPES), ("imap",))
        service = service or self.pick(fitting if self.chance() < 0.9 else tuple(SERVICES))
        rule, realms = SERVICES[service], TENANTS[tenant]
        login = ACCOUNTS.get((tenant, user)) if rule.local else user
        if not rule.local and (rule.takes.get(tenant) or self.chance() < 0.3):
            login += "@" + self.pick(realms)
        where = self.place(addresses)
        realm = claim = None
        peer, typed, groups = 0, "right", ()
        if self.chance() < 0.3:
            groups = ("wheel", "staff")
        if self.chance() < 0.25:
            odd = self.between(0, 6)
            if odd == 0:
                login = self.pick((None, user, "alice", "bob", "root", "alice@LAB.example", "a@b@c",
                                   "-x", "", "al ice", "alice@", "bob@acme.example"))
            elif odd == 1:
                realm = self.pick(("lab.example", "ACME.example", "acme.test", "other.example",
                                   ".x"))
            elif odd == 2:
                claim = self.pick(tuple(TENANTS))
            elif odd == 3:
                where = self.pick((None, *ADDRESSES))
            elif odd == 4:
                peer = self.pick((100, BOB, DAVE, STRANGER, 0))
            elif odd == 5:
                typed = self.pick(TYPED)
            else:
                login = None
        return (peer, slot, typed, service, login, realm, claim, where, groups)

    def place(self, addresses):
        """Where from: an address of a network, mostly of the token's own."""
        network = self.pick(addresses or NETWORKS) if self.chance() < 0.9 else self.pick(NETWORKS)
        host = network.partition("/")[0]
        if network.endswith("/32") and ":" not in network:
            return host
        return host + "1" if ":" in host else host[:-1] + self.pick(("1", "7"))


# --- decisions without a store: all is well but for a few of these ---

USER_NAMES = ("alice", "bob", "al\u00edce", "a" * 256, "x.y")
SCOPE_SETS = tuple(frozenset(text.split()) for text in (
    "", "mail:read", "mail:*", "mail:send", "mail:read mail:send", "ssh:login", "ssh:*",
    "mail:* ssh:login", "maily:*", "m:*", "mail:reader", "m:read", "um:bulk um:read"))
NETWORK_SETS = ((), ("10.0.0.0/8",), ("192.0.2.7/32",), ("10.0.0.0/8", "2001:db8::/32"),
                ("0.0.0.0/0",), ("::/0",), ("192.0.2.7/32", "192.0.2.128/25"), ("2001:db8::/127",))
MOMENTS = (None, 0, 999, 1000, 1001, 2000, 10 ** 15)
STATES, ENABLED, FLAG = ("active", "pending", "suspended", "revoked", "disabled"), (
    "active", "disabled"), (False, True)

# What host.c reads, in its order: what is well of a virtual service, and what it may be else. None
# for a state: there is no such row.
FIELDS = {
    "now": (1000, (0, 999, 1000, 1001, 5000)),
    "shape": ("token", ("malformed",)),
    "secret": (True, FLAG), "sealed": (True, FLAG),
    "token.state": ("active", (*STATES, None)), "token.tenant": ("acme", ("lab",)),
    "token.user": ("alice", USER_NAMES), "token.scopes": (SCOPE_SETS[1], SCOPE_SETS),
    "token.addresses": ((), NETWORK_SETS), "token.created": (0, (0, 1, 1000)),
    "token.begins": (None, MOMENTS), "token.expires": (None, MOMENTS),
    "user.state": ("active", (*ENABLED, None)), "user.tenant": ("acme", ("lab",)),
    "user.user": ("alice", USER_NAMES),
    "user.account": (None, (None, "alice", "dom\\alice", "alice@lab.example")),
    "user.uid": (None, (0, 1000)), "user.allow_root": (False, FLAG),
    "user.grants": (SCOPE_SETS[1], SCOPE_SETS),
    "tenant.state": ("active", (*ENABLED, None)), "tenant.tenant": ("acme", ("lab",)),
    "tenant.realms": (("acme.example", "acme.test"), ((), ("lab.example",), ("x",))),
    "tenant.scopes": (None, SCOPE_SETS), "tenant.networks": (None, NETWORK_SETS),
    "tenant.require_expiry": (False, FLAG), "tenant.require_addresses": (False, FLAG),
    "tenant.max_lifetime": (None, MOMENTS),
    "groups": (frozenset(), SCOPE_SETS),
    "service.local": (False, FLAG), "service.allow_root": (False, FLAG),
    "service.scopes": (SCOPE_SETS[1], SCOPE_SETS),
    "service.takes": (("acme",), (("acme@",), ("lab",), ("acme@", "lab"), (), ("acme", "lab@"))),
    "request.service": ("imap", ("", "no/service", "-x", "IMAP", "x" * 31)),
    "request.login": ("alice", (
        None, "bob", "Alice", "alice@acme.example", "alice@ACME.EXAMPLE", "bob@lab.example",
        "alice@lab.example", "alice@acme.example@lab.example", "alice@", "@acme.example", "-alice",
        "al ice", " alice", "alice ", "a:b", "a/b", "dom\\alice", "", "alice@-x", "alice@a..b",
        "al\u00edce", "al\u202eice", "a" * 256, "alice@" + "r" * 250)),
    "request.realm": (None, ("acme.example", "ACME.Example", "lab.example", "x", "", "a..b", "-a",
                             "a_b")),
    "request.tenant": (None, ("acme", "lab")),
    "request.address": ("10.1.2.3", (
        None, "192.0.2.7", "192.0.2.127", "192.0.2.128", "::ffff:10.1.2.3", "2001:db8::1",
        "2001:db8::2", "2001:DB8:0::1%lo", "a01:203::", "11.0.0.1", "10.1.2", "", "localhost",
        "10.1.2.3 ", "0.0.0.0", "::"))}
NAMES = tuple(FIELDS)
WELL = {name: usual for name, (usual, _) in FIELDS.items()}
WELL_LOCAL = {**WELL, "service.local": True, "user.account": "alice", "user.uid": 1000}
# Some are only interesting together: a limit and what is held against it.
PAIRS = (("token.addresses", "request.address"), ("tenant.networks", "request.address"),
         ("token.expires", "now"), ("token.begins", "now"),
         ("token.expires", "tenant.max_lifetime"),
         ("request.login", "service.takes"), ("request.login", "request.realm"),
         ("request.login", "user.account"), ("service.takes", "request.realm"),
         ("token.scopes", "service.scopes"), ("user.grants", "groups"),
         ("service.allow_root", "user.allow_root"), ("tenant.realms", "request.login"))


def decision(random):
    """Values of FIELDS."""
    chance = random.random
    fields = dict(WELL_LOCAL if chance() < 0.4 else WELL)
    changed = [NAMES[int(chance() * len(NAMES))] for _ in range(int(chance() * 4))]
    if chance() < 0.6:
        changed += PAIRS[int(chance() * len(PAIRS))]
    if chance() < 0.1:
        changed += ("user.uid", "user.allow_root", "service.allow_root")
    for name in changed:
        values = FIELDS[name][1]
        fields[name] = values[int(chance() * len(values))]
    return fields


def rows_of(fields):
    """The same for the model."""
    rows = {name: {} for name in ("token", "user", "tenant", "service", "request")}
    for name, value in fields.items():
        row, dot, member = name.partition(".")
        if dot:
            rows[row][member] = value
    tenant, service = rows["tenant"], rows["service"]
    rows["user"]["enabled"] = rows["user"]["state"] == "active"
    rows["tenant"] = {"state": tenant["state"], "tenant": tenant["tenant"], "policy": tenant,
                      "enabled": tenant["state"] == "active"}
    service["takes"] = {name.rstrip("@"): "@" in name for name in service["takes"]}
    return Row(**{name: Row(**row) if row.get("state", "") is not None else None
                  for name, row in rows.items()},
               **{name: fields[name] for name in ("now", "shape", "secret", "sealed", "groups")})
