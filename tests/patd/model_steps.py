# SPDX-License-Identifier: BSD-2-Clause
"""Random calls of the people of two tenants, many of them about what is not theirs."""
import time

from model import DAY, SECOND, SERVICES
from model_methods import OPERATORS_ONLY
from patdkit import unknown_token

OPERATOR, ADAM, AUDREY, ALICE, TWICE, LEA, LUKE, STRANGER = range(61001, 61009)
ACTORS = (OPERATOR, ADAM, AUDREY, ALICE, TWICE, LEA, LUKE, STRANGER)
BOUND = {("acme", "adam"): (ADAM, "admin"), ("acme", "audrey"): (AUDREY, "auditor"),
         ("acme", "alice"): (ALICE, "user"), ("acme", "twice"): (TWICE, "user"),
         ("lab", "twice"): (TWICE, "auditor"), ("lab", "lea"): (LEA, "admin"),
         ("lab", "luke"): (LUKE, "user")}
VIRTUAL = {("acme", "sam"), ("acme", "vera"), ("lab", "sam"), ("lab", "alice")}
GUESTS = ("guest1", "guest2", "vera")
TENANTS = ("acme", "lab")
REALMS = {"acme": "acme.example", "lab": "lab.example"}
SCOPES = ("mail:read", "mail:send", "mail:*", "http:access", "ldap:bind", "ssh:login", "um:read")
GRANTS = ["http:access", "ldap:bind", "mail:*", "ssh:login"]
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24")
POLICY = {"maxTokens": (5, 25, None, 3), "nameMin": (1, 8, 12), "requireExpiry": (False, True),
          "requireAddresses": (False, True), "defaultLifetime": (None, 90 * DAY, 30 * DAY),
          "maxLifetime": (None, 365 * DAY, 60 * DAY),
          "pendingLifetime": (600 * SECOND, 900 * SECOND),
          "scopes": (None, ["http:access", "mail:*", "ssh:login"], ["mail:*"]),
          "networks": (None, ["10.0.0.0/8"], ["10.1.0.0/16"]), "selfService": (True, False),
          "selfServiceScopes": (["db:connect", "http:access", "ldap:bind", "mail:*", "ssh:login"],
                                ["mail:*", "ssh:login"], ["mail:read"])}
ROWS_OF_USER = 100  # then only operators make others, until the user is forgotten
WEIGHTS = {
    "Create": 22, "Rotate": 7, "Confirm": 5, "RotateFinish": 3, "Edit": 7, "Suspend": 5,
    "Resume": 5, "Revoke": 7, "RevokeAll": 3, "UserCreate": 2, "UserSetEnabled": 4,
    "UserSetRole": 1, "UserSet": 3, "UserForget": 2, "GrantAdd": 4, "GrantRemove": 4,
    "TenantSet": 8, "TenantSetEnabled": 0.4, "LogErase": 0.5, "Purge": 0.5, "LogCut": 0.3,
    "Show": 5, "Uses": 2, "Explain": 5, "Check": 5, "UserShow": 3, "TenantShow": 2, "Offer": 1,
    "Status": 1}


class Steps:
    def __init__(self, model, random):
        self.model, self.random = model, random
        self.waiting = []  # calls that belong together
        self.number = 0

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, many):
        return self.random.choice(list(many))

    # --- what is meant ---

    def tenant(self, uid):
        """Mostly the caller's, often the other one."""
        mine = [user.tenant for user in self.model.users.values() if user.uid == uid]
        if mine and self.chance(0.65):
            return self.pick(mine)
        return "nowhere" if self.chance(0.04) else self.pick(TENANTS)

    def token(self, uid, states=()):
        """A token's id: one that the caller sees, one of another tenant, or none at all."""
        model = self.model
        if self.chance(0.04):
            return "zzzzzzzz"
        tokens = model.tokens.values()
        if self.chance(0.6):
            actor = model.actor(uid)
            tokens = [token for token in tokens if model.sees(actor, token)]
        wanted = [token for token in tokens if token.state in states] \
            if states and self.chance(0.8) else tokens
        tokens = list(wanted or tokens)
        if not tokens:
            return "zzzzzzzz"
        return self.pick(tokens[-40:] if self.chance(0.5) else tokens).id

    def reference(self, uid, states=()):
        """One token by its id, or by a name that both tenants use."""
        p = {"token": self.name() if self.chance(0.08) else self.token(uid, states)}
        if self.chance(0.15):
            p["tenant"] = self.tenant(uid)
        return p

    def tokens(self, uid, states=()):
        count = 1 if self.chance(0.7) else self.random.randint(2, 4)
        return {"tokens": list(dict.fromkeys(self.token(uid, states) for _ in range(count))),
                "reason": self.reason(uid)}

    def user(self, uid):
        tenant = self.tenant(uid)
        names = [user for of, user in self.model.users if of == tenant]
        if not names or self.chance(0.15):
            names = ["nobody", *(user for _, user in self.model.users)]
        return {"tenant": tenant, "user": self.pick(names)}

    def name(self):
        form = self.pick(("job no {}", "nightly job no {}", "job {}"))
        return form.format(self.random.randint(1, 30))

    def marked(self, tenant):
        """A text that must not be seen outside of a tenant."""
        self.number += 1
        return f"only-{tenant}-{self.number}"

    def reason(self, uid):
        mine = [user.tenant for user in self.model.users.values() if user.uid == uid]
        return self.marked(mine[0]) if len(mine) == 1 and self.chance(0.5) else ""

    def scopes(self, most=3):
        return sorted(self.random.sample(SCOPES, self.random.randint(1, most)))

    def end(self):
        now = time.time_ns() // 1000
        if self.chance(0.15):
            return {}
        if self.chance(0.2):
            return {"never": True}
        return {"expires": now + self.pick((-DAY, SECOND // 2, SECOND, DAY, 20 * DAY, 50 * DAY,
                                            300 * DAY, 4000 * DAY))}

    def question(self):
        """Of Check and Explain: a service or a scope, who, and from where."""
        user = self.pick(self.model.users.values())
        login = user.user + self.pick(("", "@acme.example", "@lab.example"))
        if self.chance(0.2):
            return {"scope": self.pick(SCOPES), "user": login, "address": self.address()}
        service = self.pick(SERVICES)
        if service == "sshd":
            login = user.account or user.user
        return {"service": service, "user": login, "address": self.address()}

    def address(self):
        return f"10.{self.random.randint(0, 3)}.{self.random.randint(0, 255)}.1" \
            if self.chance(0.8) else "192.0.2.7"

    # --- the next call ---

    def next(self):
        """Who calls which method with what."""
        if not self.waiting:
            self.mend()
        if self.waiting:
            return self.waiting.pop(0)
        method = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        uid = self.pick(ACTORS)
        if self.chance(0.7) and (uid == STRANGER or method in OPERATORS_ONLY):
            uid = OPERATOR
        if method == "TenantSet" and self.chance(0.4):
            uid = self.pick((ADAM, LEA))
        return uid, method, getattr(self, method)(uid)

    def mend(self):
        """What keeps the world going: nobody stays disabled, and nobody keeps too many rows."""
        model = self.model
        for row in model.tenants.values():
            if not row.enabled and self.chance(0.2):
                self.waiting.append((OPERATOR, "TenantSetEnabled",
                                     {"tenant": row.tenant, "enabled": True}))
        now = time.time_ns() // 1000
        for user in model.users.values():
            who = {"tenant": user.tenant, "user": user.user}
            if not user.enabled and self.chance(0.02):
                self.waiting.append((OPERATOR, "UserSetEnabled", {**who, "enabled": True}))
            rows = len(model.tokens_of[user.tenant, user.user])
            if rows >= ROWS_OF_USER and self.chance(0.05):
                again = {**who, "role": user.role, "grants": sorted(user.grants)}
                if user.account:
                    again.update(account=user.account, uid=user.uid)
                self.waiting += [
                    (OPERATOR, "TenantSet", {"tenant": user.tenant, "policy": {"scopes": None}}),
                    (OPERATOR, "RevokeAll", {"filter": who}), (OPERATOR, "UserForget", who),
                    (OPERATOR, "UserCreate", again)]
        late = [token for token in model.tokens.values() if token.state == "pending" and
                token.pending_until - now < 300 * SECOND]
        for token in late:  # patd would end them when it likes
            self.waiting.append((OPERATOR, "Revoke", {"tokens": [token.id], "skipDead": True}))
        for key, (uid, role) in BOUND.items():
            if key not in model.users:
                tenant, user = key
                self.waiting.append((OPERATOR, "UserCreate", {
                    "tenant": tenant, "user": user, "role": role, "account": f"{tenant}-{user}",
                    "uid": uid}))

    def Create(self, uid):
        model = self.model
        actor, who = model.actor(uid), self.user(uid)
        able = [user for user in model.users.values() if user.grants and user.enabled and
                model.may(actor, "create-token", user.tenant, user)]
        p = {**who, "name": self.name(), "scopes": self.scopes(), **self.end()}
        if able and self.chance(0.8):
            user = self.pick(able)
            p.update(tenant=user.tenant, user=user.user)
            if self.chance(0.8):
                p.update(scopes=[self.pick(sorted(user.grants))], name="nightly " + p["name"])
        if self.chance(0.3) and p["tenant"] in TENANTS:
            p["description"] = self.marked(p["tenant"])
        if self.chance(0.3):
            p["addresses"] = sorted(self.random.sample(NETWORKS[1:], self.random.randint(1, 2)))
        if self.chance(0.15):
            p["batch"] = self.pick(("b_one", "b_two"))
        if self.chance(0.25):
            p["pending"] = True
        if self.chance(0.1):
            p["notBefore"] = time.time_ns() // 1000 + self.pick((-DAY, SECOND, 10 * DAY))
        return p

    def grace(self):
        if self.chance(0.3):
            return {}
        return {"grace": self.pick((0, 0, SECOND // 2, 3600 * SECOND, 7 * DAY, 8 * DAY, -1))}

    def Rotate(self, uid):
        p = {**self.reference(uid, ("active",)), **self.grace()}
        if self.chance(0.5):
            p.update(self.end())
        if self.chance(0.4):
            p["pending"] = True
        return p

    def Confirm(self, uid):
        return {**self.reference(uid, ("pending",)), **self.grace()}

    def RotateFinish(self, uid):
        p = {**self.reference(uid), "reason": self.reason(uid)}
        rotated = [token.id for token in self.model.tokens.values() if token.successor]
        return {**p, "token": self.pick(rotated)} if rotated and self.chance(0.6) else p

    def Edit(self, uid):
        p = {**self.reference(uid, ("active", "pending", "suspended")), "reason": self.reason(uid)}
        if self.chance(0.4):
            p["name"] = self.name()
        if self.chance(0.3):
            p["scopes"] = self.scopes(1)
        if self.chance(0.3):
            p["addresses"] = [self.pick(NETWORKS[1:])]
        if self.chance(0.3):
            p["expires"] = time.time_ns() // 1000 + self.pick((-DAY, SECOND, DAY, 90 * DAY))
        return p

    def Suspend(self, uid):
        return self.tokens(uid, ("active",))

    def Resume(self, uid):
        return self.tokens(uid, ("suspended",))

    def Revoke(self, uid):
        p = self.tokens(uid, ("active", "pending", "suspended"))
        kind = self.random.random()
        return {**p, **({"skipDead": True, "batch": "b_three"} if kind < 0.2 else
                        {"dryRun": True} if kind < 0.3 else {})}

    def RevokeAll(self, uid):
        wanted = {}
        if self.chance(0.6):
            wanted["tenant"] = self.tenant(uid)
        if self.chance(0.6):
            wanted["user"] = self.pick(user for _, user in self.model.users)
        for member, value in (("name", f"no {self.random.randint(1, 3)}"), ("noExpiry", True),
                              ("scope", self.pick(SCOPES)), ("batch", "b_one"), ("blocked", True),
                              ("states", [self.pick(("pending", "suspended", "expiring"))])):
            if self.chance(0.25):
                wanted[member] = value
        p = {"filter": wanted, "reason": self.reason(uid)}
        if len(wanted) < 3 or self.chance(0.3):
            p["dryRun"] = True
        if self.chance(0.2):
            p["expected"] = self.random.randint(0, 3)
        return p

    def Show(self, uid):
        return self.reference(uid)

    Uses = Show

    def Explain(self, uid):
        return {**self.reference(uid), **self.question()}

    def Check(self, uid):
        model = self.model
        token = model.tokens.get(self.token(uid))
        text = token.text if token else self.pick(model.gone or [unknown_token()])
        return {"token": text, **self.question()}

    def UserShow(self, uid):
        return self.user(uid)

    Offer = UserShow

    def UserCreate(self, uid):
        tenant = self.tenant(uid)
        p = {"tenant": tenant, "user": self.pick(GUESTS)}
        if self.chance(0.8):
            p["grants"] = self.scopes()
        if self.chance(0.1):
            p["role"] = "auditor"
        return p

    def UserSetEnabled(self, uid):
        return {**self.user(uid), "enabled": self.chance(0.5), "reason": self.reason(uid)}

    def UserSetRole(self, uid):
        p = self.user(uid)
        home = BOUND.get((p["tenant"], p["user"]), (0, "user"))[1]
        return {**p, "role": home if self.chance(0.8) else self.pick(("user", "auditor", "admin"))}

    def UserSet(self, uid):
        p = self.user(uid)
        return {**p, "contact": self.marked(p["tenant"]), "reason": self.reason(uid)}

    def UserForget(self, uid):
        p = {**self.user(uid), "reason": self.reason(uid)}
        return {**p, "dryRun": True} if self.chance(0.4) else p

    def GrantAdd(self, uid):
        p = self.user(uid)
        holder = "@staff" if self.chance(0.15) else p["user"]
        return {"tenant": p["tenant"], "holder": holder, "scopes": self.scopes(2),
                "reason": self.reason(uid)}

    def GrantRemove(self, uid):
        p = self.GrantAdd(uid)
        user = self.model.users.get((p["tenant"], p["holder"]))
        if user is not None and user.grants and self.chance(0.7):
            p["scopes"] = [self.pick(sorted(user.grants))]
        return p

    def TenantShow(self, uid):
        return {"tenant": self.tenant(uid)}

    Status = TenantShow

    def TenantSet(self, uid):
        p = {"tenant": self.tenant(uid), "reason": self.reason(uid)}
        if self.chance(0.2):
            p[self.pick(("contact", "description"))] = self.marked(p["tenant"])
        if self.chance(0.9):
            members = self.random.sample(list(POLICY), self.random.randint(1, 2))
            # An operator mends what administrators tighten, or nothing would go any more.
            p["policy"] = {member: POLICY[member][0] if uid == OPERATOR and self.chance(0.7)
                           else self.pick(POLICY[member]) for member in members}
            if uid == OPERATOR and self.chance(0.5):
                p["policy"] = {member: values[0] for member, values in POLICY.items()}
        return p

    def TenantSetEnabled(self, uid):
        return {"tenant": self.tenant(uid), "enabled": self.chance(0.3)}

    def LogErase(self, uid):
        return {**self.user(uid), "reason": self.reason(uid)}

    def LogCut(self, uid):
        return {"tenant": self.tenant(uid), "dryRun": True,
                "before": time.time_ns() // 1000 - self.pick((DAY, 31 * DAY))}

    def Purge(self, uid):
        p = {"olderThan": time.time_ns() // 1000 - self.pick((DAY // 2, 2 * DAY))}
        return {**p, "tenant": self.tenant(uid)} if self.chance(0.7) else p
