# SPDX-License-Identifier: BSD-2-Clause
"""What the store does, as DESIGN.md says it in sections 1, 3 and 5: a specification that runs.

Nothing here knows the C code. An operation answers None or what it tells, or raises Refused with
the word that programs know the refusal by; then it has changed nothing. Where several things are
wrong, the first that a method names is told. decision.py says what times and None are.
"""
from decision import DAY, SECOND, Clock, Row, decide, includes, read_names, within

LIFETIME_MAX, GRACE_MAX, SOON = 3653 * DAY, 7 * DAY, 14 * DAY
POLICY = {"max_tokens": 25, "name_min": 8, "require_expiry": False, "require_addresses": False,
          "default_lifetime": None, "max_lifetime": None, "pending_lifetime": 600 * SECOND,
          "self_service": True, "scopes": None, "networks": None, "self_service_scopes":
          frozenset("db:connect http:access ldap:bind mail:* ssh:login".split()), "realms": ()}
# Who may, beside operators, who may all of it. A guardian administers a user without an account.
MAY = {"see": {"self", "auditor", "admin"}, "set": {"admin"}, "change": {"guardian"},
       "make": {"self", "guardian"}, "end": {"self", "admin"}, "host": set()}
VIRTUAL = ("mail", "ldap", "http", "db")


class Refused(Exception):
    """The word of a refusal."""


def refuse(word, condition=True):
    if condition:
        raise Refused(word)


class Store:
    def __init__(self, services, operators, wall):
        self.services, self.operators, self.clock = services, operators, Clock(wall)
        self.tenants, self.users, self.groups, self.tokens, self.log = {}, {}, {}, {}, {}

    def note(self, tenant):
        """A row of the tenant's log: no log row, no change."""
        self.log[tenant] = self.log.get(tenant, 0) + 1

    # --- who ---

    def standing(self, uid, tenant):
        return next((user for user in self.users.values() if user.uid == uid and user.enabled and
                     user.tenant == tenant and self.tenants[tenant].enabled), None)

    def may(self, uid, action, tenant, user=None):
        me = self.standing(uid, tenant)
        roles = {me and me.role, me and me is user and "self"}
        if "admin" in roles and user is not None and user.account is None:
            roles.add("guardian")
        return uid in self.operators or not roles.isdisjoint(MAY[action])

    def permit(self, *who):
        refuse("denied", not self.may(*who))

    def tenant_of(self, uid, tenant):
        refuse("tenant.unknown", tenant not in self.tenants or
               not (uid in self.operators or self.standing(uid, tenant)))
        return self.tenants[tenant]

    def user_of(self, uid, tenant, name):
        self.tenant_of(uid, tenant)
        user = self.users.get((tenant, name))
        refuse("user.unknown", user is None or not self.may(uid, "see", tenant, user))
        return user

    def take(self, uid, slot, action):
        """A token that somebody means; a foreign one does not exist."""
        token = self.tokens.get(slot)
        owner = token and self.users[token.tenant, token.user]
        refuse("token.unknown", not (token and self.may(uid, "see", token.tenant, owner)))
        self.permit(uid, action, token.tenant, owner)
        return token

    def may_end(self, uid, paused_by, user):
        """Nobody undoes what somebody above them did."""
        above = user is self.standing(uid, user.tenant) or paused_by in self.operators
        return uid in self.operators or paused_by == uid or not above

    # --- tenants, users, grants ---

    def enable_tenant(self, uid, tenant, enabled):
        row = self.tenant_of(uid, tenant)
        self.permit(uid, "host", tenant)
        if row.enabled != enabled:
            row.enabled = enabled
            self.note(tenant)

    def enable_user(self, uid, tenant, name, enabled):
        user = self.user_of(uid, tenant, name)
        self.permit(uid, "change", tenant, user)
        if user.enabled != enabled:
            refuse("enable.foreign", enabled and not self.may_end(uid, user.disabled_by, user))
            user.enabled, user.disabled_by = enabled, uid
            self.note(tenant)

    def grant(self, uid, tenant, holder, add, scopes):
        """To a user, or to a Unix group: "@staff"."""
        allowed = self.tenant_of(uid, tenant).policy["scopes"]
        holders = self.groups if holder[0] == "@" else self.users
        user = self.user_of(uid, tenant, holder) if holders is self.users else None
        held = user.grants if user else self.groups.get((tenant, holder[1:]), frozenset())
        self.permit(uid, "change" if user else "host", tenant, user)
        if any(scope.partition(":")[0] not in VIRTUAL for scope in scopes):
            self.permit(uid, "host", tenant, user)
        refuse("policy.scopes", add and allowed is not None and not includes(allowed, scopes))
        refuse("grant.unknown", not add and not scopes <= held)
        held = held | scopes if add else held - scopes
        if user:
            user.grants = held
        else:
            self.groups[tenant, holder[1:]] = held
        self.note(tenant)

    def policy(self, uid, tenant, changes):
        row = self.tenant_of(uid, tenant)
        self.permit(uid, "set", tenant)
        new, old = {**row.policy, **changes}, row.policy
        others = {realm for other in self.tenants.values() if other is not row
                  for realm in other.policy["realms"]}
        refuse("realm.taken", not others.isdisjoint(new["realms"]))
        refuse("policy.lifetime", None not in (new["default_lifetime"], new["max_lifetime"]) and
               new["default_lifetime"] > new["max_lifetime"])
        for member in POLICY if uid not in self.operators else ():
            refuse("policy.realms", member == "realms" and new[member] != old[member])
            refuse("policy.loosen", not self.tightens(member, new[member], old[member]))
        if new != old:
            row.policy = new
            self.note(tenant)

    @staticmethod
    def tightens(member, new, old):
        """Whether a member of a policy allows nothing that it did not allow before."""
        if member in ("require_expiry", "require_addresses", "name_min"):
            return new >= old
        if None in (old, new):
            return old is None
        if member in ("scopes", "self_service_scopes"):
            return includes(old, new)
        return within(old, new) if member == "networks" else new <= old

    # --- making tokens ---

    @staticmethod
    def is_dead(token, now):
        return token.state == "revoked" or token.expires is not None and token.expires <= now

    def counting(self, tenant, user, besides=None):
        """What counts for the cap: a pending one until it is ended; not what has a successor."""
        now = self.clock.now()
        return [token for token in self.tokens.values() if token is not besides and
                token.tenant == tenant and token.user == user and token.successor is None and
                (token.state == "pending" or not self.is_dead(token, now))]

    def draft(self, uid, slot, tenant, name, label, scopes, addresses, ends, begins, state,
              besides=None):
        """All that a new token has to satisfy; besides is the one that it is to replace."""
        policy, user = self.tenant_of(uid, tenant).policy, self.user_of(uid, tenant, name)
        now, live = self.clock.now(), self.counting(tenant, name, besides)
        longest, me = policy["max_lifetime"], self.standing(uid, tenant)
        serves_self = uid not in self.operators and (me.role != "admin" or me is user)
        self.permit(uid, "make", tenant, user)
        refuse("tenant.disabled", not self.tenants[tenant].enabled)
        refuse("user.disabled", not user.enabled)
        refuse("name.length", not policy["name_min"] <= len(label) <= 64)
        refuse("name.in-use", any(token.label == label for token in live))
        refuse("scope.none", not scopes)
        refuse("scope.tenant", not (policy["scopes"] is None or includes(policy["scopes"], scopes)))
        refuse("scope.grant", not includes(user.grants, scopes))
        refuse("self-service.off", serves_self and not policy["self_service"])
        refuse("scope.self-service",
               serves_self and not includes(policy["self_service_scopes"], scopes))
        refuse("policy.addresses", policy["require_addresses"] and not addresses)
        if ends == "default":
            ends = policy["default_lifetime"] and now + policy["default_lifetime"]
        if ends is None:
            refuse("policy.expiry", policy["require_expiry"] or longest is not None)
        else:
            refuse("expires.past", ends <= now)
            refuse("expires.far", ends - now > LIFETIME_MAX)
            refuse("limit.lifetime", longest is not None and ends - now > longest)
            refuse("not-before.late", begins is not None and begins >= ends)
        refuse("limit.tokens", policy["max_tokens"] is not None and
               len(live) >= policy["max_tokens"])
        return Row(slot=slot, tenant=tenant, user=name, label=label, scopes=scopes, successor=None,
                   addresses=addresses, created=now, expires=ends, begins=begins, state=state,
                   until=now + policy["pending_lifetime"] if state == "pending" else None,
                   ended=None, suspended_by=None)

    def add(self, token):
        self.tokens[token.slot] = token
        self.note(token.tenant)

    def create(self, uid, slot, *draft):
        self.add(self.draft(uid, slot, *draft))

    def race(self, uid, tenant, name, scopes, slots):
        """Several at once: as many as there are places get one."""
        for slot in slots:
            try:
                self.create(uid, slot, tenant, name, "racer " + slot, scopes, (), None, None,
                            "active")
            except Refused:
                continue
        return " ".join(slot for slot in slots if slot in self.tokens)

    # --- rotation ---

    def predecessor(self, token):
        return next((old for old in self.tokens.values() if old.successor == token.slot), None)

    def let_expire(self, old, grace):
        """The overlap: never past the end that the old one had."""
        now = self.clock.now()
        if not self.is_dead(old, now) and grace == 0:
            self.end(old)
        else:
            if not self.is_dead(old, now):
                old.expires = min(old.expires or now + grace, now + grace)
            self.note(old.tenant)

    def rotate(self, uid, slot, new, grace, ends, state):
        old, now = self.take(uid, slot, "make"), self.clock.now()
        before = self.tokens.get(old.successor)
        refuse("grace.range", not 0 <= grace <= GRACE_MAX)
        refuse("token." + old.state, old.state != "active")
        refuse("rotate.twice", before is not None and not self.is_dead(before, now))
        if ends == "default":  # as long as the old one was meant to live
            like, longest = before or old, self.tenants[old.tenant].policy["max_lifetime"]
            ends = like.expires and now + min(like.expires - like.created, longest or LIFETIME_MAX)
        token = self.draft(uid, new, old.tenant, old.user, old.label, old.scopes, old.addresses,
                           ends, old.begins if (old.begins or 0) > now else None, state, old)
        old.successor = new
        if state == "pending":  # the old one stays as it is until then
            self.note(old.tenant)
        else:
            self.let_expire(old, grace)
        self.add(token)

    def confirm(self, uid, slot, grace):
        token = self.take(uid, slot, "make")
        refuse("token.not-pending", token.state != "pending")
        refuse("token.too-late", self.clock.now() >= token.until)
        old = self.predecessor(token)
        if old is not None and old.state != "revoked":
            refuse("token.suspended", old.state == "suspended")
            refuse("grace.range", not 0 <= grace <= GRACE_MAX)
        token.state, token.until = "active", None
        self.note(token.tenant)
        if old is not None and old.state != "revoked":
            self.let_expire(old, grace)

    def finish(self, uid, slot):
        token = self.take(uid, slot, "end")
        old, new = token, self.tokens.get(token.successor)
        if new is None:
            old, new = self.predecessor(token), token
        refuse("rotate.none", old is None)
        refuse("token.pending", new.state == "pending")
        refuse("token.revoked", old.state == "revoked")
        self.end(old)

    # --- ending and narrowing ---

    def end(self, token):
        """For ever. A successor that was never confirmed gives the old one its place back."""
        old = self.predecessor(token) if token.state == "pending" else None
        if old is not None and old.state != "revoked":
            old.successor = None
            self.note(old.tenant)
        token.state, token.until, token.ended = "revoked", None, self.clock.now()
        self.note(token.tenant)

    def refuse_dead(self, token):
        refuse("token.revoked", token.state == "revoked")
        refuse("token.expired", self.is_dead(token, self.clock.now()))

    def revoke(self, uid, slot):
        token = self.take(uid, slot, "end")
        refuse("token.revoked", token.state == "revoked")
        self.end(token)

    def sweep(self):
        """What patd does with those that were not confirmed in time."""
        late = [token for token in self.tokens.values()
                if token.state == "pending" and token.until <= self.clock.now()]
        for token in late:
            self.end(token)
        return str(len(late))

    def suspend(self, uid, slot):
        token = self.take(uid, slot, "end")
        self.refuse_dead(token)
        refuse("token.not-active", token.state != "active")
        token.state, token.suspended_by = "suspended", uid
        self.note(token.tenant)

    def resume(self, uid, slot):
        token = self.take(uid, slot, "make")
        owner = self.users[token.tenant, token.user]
        refuse("token.not-suspended", token.state != "suspended")
        refuse("resume.foreign", not self.may_end(uid, token.suspended_by, owner))
        token.state = "active"
        self.note(token.tenant)

    def edit(self, uid, slot, scopes, addresses, ends):
        """Narrows; None stays as it is."""
        token = self.take(uid, slot, "make")
        self.refuse_dead(token)
        old = token.scopes, token.addresses, token.expires
        new = tuple(was if to is None else to for was, to in zip(old, (scopes, addresses, ends)))
        refuse("scope.none", not new[0])
        refuse("scope.wider", not includes(old[0], new[0]))
        refuse("address.wider", old[1] and not (new[1] and within(old[1], new[1])))
        refuse("expires.later", None not in (ends, old[2]) and ends > old[2])
        refuse("expires.past", ends is not None and ends <= self.clock.now())
        refuse("edit.nothing", new == old)
        token.scopes, token.addresses, token.expires = new
        self.note(token.tenant)

    # --- asking ---

    def verify(self, peer, slot, typed, service, login, realm, tenant, where, groups):
        """What peer is told of what somebody typed to a service; typed says what it was."""
        rule, token, now = self.services[service], self.tokens.get(slot), self.clock.now()
        if typed in ("not-a-token", "malformed"):
            return typed
        if peer not in (0, *rule.uids):  # of one's own account alone, and from nowhere
            where = None
            own = [user.account if rule.local else user.user for user in self.users.values()
                   if user.uid == peer]
            if login is None or (login if rule.local else login.partition("@")[0]) not in own:
                return "not-permitted"
        token = token if typed != "unknown" else None
        user = token and self.users[token.tenant, token.user]
        row = token and self.tenants[token.tenant]
        held = [self.groups.get((token.tenant, group), ()) for group in groups] \
            if token and user.account else []
        verdict = decide(Row(
            shape="token", token=token, user=user, tenant=row, groups=frozenset().union(*held),
            service=rule, now=now, secret=typed != "bad-secret", sealed=True, request=Row(
                service=service, login=login, realm=realm, tenant=tenant, address=where)))
        if verdict != "accepted" or rule.local:
            return verdict + (f" {slot} {user.user} ~ {user.uid}" if verdict == "accepted" else "")
        of = read_names(False, login, realm)[1]
        if login is None and not of and rule.takes[row.tenant]:
            of = row.policy["realms"][0]
        return f"accepted {slot} {user.user} {of or '~'} ~"

    def shown_state(self, token):
        now = self.clock.now()
        if token.state != "revoked" and self.is_dead(token, now):
            return "expired"
        ends_soon = token.expires is not None and token.expires - now <= SOON
        return "expiring" if token.state == "active" and ends_soon else token.state
