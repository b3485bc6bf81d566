# SPDX-License-Identifier: BSD-2-Clause
"""What each method of io.linuxpat.Manage must answer and do, by the model.

A method of Methods is called before patd is: it raises the Refusal that patd has to refuse with, or
answers a Plan: what the reply must tell, and what to do to the state once patd has done it.
"""
from model import DAY, LIFETIME_MAX, Plan, Refusal, Row, covers, includes, networks_include
from model_people import People

GRACE_MAX = 7 * DAY
OPERATORS_ONLY = {"UserBind", "UserSetRole", "TenantCreate", "TenantSetEnabled", "LogErase",
                  "LogCut"}
BLANK = {"accepted": False, "verdict": "unknown", "sentence": "no such token exists",
         "token": None, "conditions": []}


class Methods(People):
    def plan(self, uid, method, p, now):
        actor = self.actor(uid)
        known = actor.is_operator or actor.standings
        if method != "Status" and not known or \
                (method in OPERATORS_ONLY and not actor.is_operator):
            raise Refusal("NotPermitted", "denied")
        return getattr(self, method)(actor, p, now)

    def tenant_of(self, actor, p):
        if p.get("tenant") is not None:
            return p["tenant"]
        if len(actor.standings) == 1 and not actor.is_operator:
            return actor.standings[0].tenant
        return self.default_tenant

    # --- making tokens ---

    def draft(self, actor, tenant, user, draft, now, old=None):
        """The ladder of checks; answers the row without its id. old: what it is to replace."""
        row, owner = self.get_tenant(actor, tenant), self.get_user(actor, tenant, user)
        policy = row.policy
        self.permit(actor, "create-token", tenant, owner)
        if not row.enabled:
            raise Refusal("Conflict", "tenant.disabled")
        if not owner.enabled:
            raise Refusal("Conflict", "user.disabled")
        self.check_name(policy, tenant, user, draft["name"], now, old)
        self.check_scopes(actor, row, owner, draft["scopes"])
        addresses = sorted(draft.get("addresses") or [])
        if policy["requireAddresses"] and not addresses:
            raise Refusal("Policy", "policy.addresses")
        expires = draft.get("expires")
        lifetime = None
        if expires is None and not draft.get("never"):
            lifetime = policy["defaultLifetime"]
        end = now + lifetime if lifetime is not None else expires
        if end is None and (policy["requireExpiry"] or policy["maxLifetime"] is not None):
            raise Refusal("Policy", "policy.expiry")
        if end is not None and end <= now:
            raise Refusal("Invalid", "expires.past")
        if end is not None and end - now > LIFETIME_MAX:
            raise Refusal("Invalid", "expires.far")
        if end is not None and policy["maxLifetime"] is not None and \
                end - now > policy["maxLifetime"]:
            raise Refusal("Limit", "limit.lifetime")
        begin = draft.get("notBefore")
        if begin is not None and end is not None and begin >= end:
            raise Refusal("Invalid", "not-before.late")
        live = len(self.counting(tenant, user, now, old))
        if policy["maxTokens"] is not None and live >= policy["maxTokens"]:
            raise Refusal("Limit", "limit.tokens")
        most = max(100, 4 * (policy["maxTokens"] or 0))
        if not actor.is_operator and len(self.tokens_of.get((tenant, user), [])) >= most:
            raise Refusal("Limit", "limit.rate")
        return Row(tenant=tenant, user=user, name=draft["name"],
                   description=draft.get("description") or "", scopes=set(draft["scopes"]),
                   addresses=addresses, expires=expires, lifetime=lifetime, successor=None,
                   batch=draft.get("batch"), not_before=draft.get("notBefore"),
                   creator=user if actor.is_self(tenant, user) else actor.name,
                   state="pending" if draft.get("pending") else "active", ended=None,
                   pending_until=policy["pendingLifetime"] if draft.get("pending") else None)

    def check_name(self, policy, tenant, user, name, now, old=None):
        if not policy["nameMin"] <= len(name) <= 64:
            raise Refusal("Invalid", "name.length")
        if any(token.name == name for token in self.counting(tenant, user, now, old)):
            raise Refusal("Conflict", "name.in-use")

    def check_scopes(self, actor, tenant, user, scopes):
        policy = tenant.policy
        if policy["scopes"] is not None and not includes(policy["scopes"], scopes):
            raise Refusal("Policy", "scope.tenant")
        if not includes(user.grants, scopes):
            raise Refusal("Policy", "scope.grant")
        if not self.is_self_service(actor, tenant.tenant, user.user):
            return
        if not policy["selfService"]:
            raise Refusal("NotPermitted", "self-service.off")
        if not includes(policy["selfServiceScopes"], scopes):
            raise Refusal("Policy", "scope.self-service")

    def add(self, row, reply):
        """The new row, once patd has told its id and when it was made."""
        record = reply["created"]
        row.id, row.created, row.text = record["id"], record["created"], reply["token"]
        assert row.id not in self.tokens
        if row.lifetime is not None:
            row.expires = row.created + row.lifetime
        if row.pending_until is not None:
            row.pending_until += row.created
        self.tokens[row.id] = row
        self.tokens_of.setdefault((row.tenant, row.user), []).append(row)
        return row

    def Create(self, actor, p, now):
        tenant = self.tenant_of(actor, p)
        row = self.draft(actor, tenant, p["user"], p, now)

        def apply(reply):
            self.add(row, reply)
            self.note(actor, "token.create", tenant, row.user, row.id, batch=row.batch or "")
        return Plan(apply=apply, records=[("created", row)])

    # --- ends ---

    def end(self, actor, token, reason, batch=""):
        """Revokes; a pending successor gives the token that it was to replace back."""
        if token.state == "pending":
            old = self.predecessor(token)
            if old is not None and old.state != "revoked":
                old.successor = None
                self.note(actor, "token.rotate", old.tenant, old.user, old.id,
                          "the successor was not confirmed")
        token.state, token.pending_until, token.ended = "revoked", None, "now"
        self.note(actor, "token.revoke", token.tenant, token.user, token.id, reason, batch)

    def let_expire(self, actor, old, grace, now):
        """The end of the old token of a rotation; grace 0 ends it at once."""
        if not self.is_dead(old, now):
            if grace == 0:
                self.end(actor, old, "rotated")
                return
            if old.expires is None or old.expires > now + grace:
                old.expires = now + grace
        self.note(actor, "token.rotate", old.tenant, old.user, old.id)

    def several(self, actor, p, now, judge):
        """The tokens that a list names, each judged; the same one twice is judged as changed."""
        found = []
        for reference in p["tokens"]:
            token = self.find(actor, p.get("tenant"), reference, now)
            judge(token, token in found)
            found.append(token)
        return found

    def Revoke(self, actor, p, now):
        skipped = []

        def judge(token, again):
            self.take(actor, token, "end-token")
            if token.state == "revoked" or again:
                raise Refusal("Conflict", "token.revoked")
        if p.get("skipDead"):
            found = []
            for reference in p["tokens"]:
                try:
                    found += self.several(actor, {**p, "tokens": [reference]}, now,
                                          lambda token, _: judge(token, token in found))
                except Refusal as refusal:
                    if refusal.answer[0] not in ("NotFound", "Conflict"):
                        raise
                    skipped.append({"token": reference, "problem": refusal.answer[1]})
        else:
            found = self.several(actor, p, now, judge)

        def apply(_):
            for token in found:
                self.end(actor, token, p.get("reason", ""), p.get("batch", ""))
        if p.get("dryRun"):
            return Plan()
        return Plan({"skipped": skipped} if p.get("skipDead") else {}, apply,
                    [("revoked", token) for token in found])

    def Suspend(self, actor, p, now):
        def judge(token, again):
            self.take(actor, token, "end-token")
            self.refuse_dead(token, now)
            if token.state != "active" or again:
                raise Refusal("Conflict", "token.not-active")
        found = self.several(actor, p, now, judge)

        def apply(_):
            for token in found:
                token.state, token.suspended_by = "suspended", actor.uid
                self.note(actor, "token.suspend", token.tenant, token.user, token.id,
                          p.get("reason", ""))
        return Plan(apply=apply, records=[("suspended", token) for token in found])

    def may_end_pause(self, actor, tenant, user, by):
        return actor.is_operator or by == actor.uid or \
            (not actor.is_self(tenant, user) and by not in self.operators)

    def Resume(self, actor, p, now):
        def judge(token, again):
            self.take(actor, token, "create-token")
            if token.state != "suspended" or again:
                raise Refusal("Conflict", "token.not-suspended")
            if not self.may_end_pause(actor, token.tenant, token.user, token.suspended_by):
                raise Refusal("NotPermitted", "resume.foreign")
        found = self.several(actor, p, now, judge)

        def apply(_):
            for token in found:
                token.state = "active"
                self.note(actor, "token.resume", token.tenant, token.user, token.id,
                          p.get("reason", ""))
        return Plan(apply=apply, records=[("resumed", token) for token in found])

    def refuse_dead(self, token, now):
        if token.state == "revoked":
            raise Refusal("Conflict", "token.revoked")
        if self.has_expired(token, now):
            raise Refusal("Conflict", "token.expired")

    def RevokeAll(self, actor, p, now):
        wanted = p["filter"]
        if wanted.get("tenant") is not None:
            self.get_tenant(actor, wanted["tenant"])
        found = [token for token in self.visible(actor, wanted.get("tenant"))
                 if not self.is_dead(token, now) and self.fits(token, wanted, now)]
        for token in found:
            self.take(actor, token, "end-token")
        if p.get("expected", len(found)) != len(found):
            raise Refusal("Conflict", "bulk.expected")

        def apply(reply):
            # Tenant by tenant, the newest first.
            for tenant in sorted(self.tenants):
                for token in [token for token in reversed(found) if token.tenant == tenant]:
                    self.end(actor, token, p.get("reason", ""), reply["batch"])
        dry = p.get("dryRun")
        return Plan({"done": 0 if dry else len(found), "of": len(found)}, None if dry else apply)

    def fits(self, token, wanted, now):
        state = self.shown_state(token, now)
        states = wanted.get("states")
        return ((wanted.get("user") or token.user) == token.user and
                wanted.get("name", "").lower() in token.name.lower() and
                (wanted.get("scope") is None or covers(token.scopes, wanted["scope"])) and
                (not wanted.get("noExpiry") or token.expires is None) and
                (wanted.get("batch") or token.batch) == token.batch and
                (not wanted.get("blocked") or
                 (not self.is_dead(token, now) and self.unmet(token) is not None)) and
                (state in states or (state == "expiring" and "active" in states) if states
                 else state != "revoked" or bool(wanted.get("withRevoked"))))

    def Purge(self, actor, p, now):
        tenant = p.get("tenant")
        if tenant is None and not actor.is_operator:
            tenant = self.tenant_of(actor, p)
        if tenant is not None:
            self.get_tenant(actor, tenant)
        self.permit(actor, "purge", tenant or "")
        if p["olderThan"] > now - DAY:
            raise Refusal("Invalid", "purge.recent")
        return Plan({"done": 0, "of": 0})  # nothing is so old

    # --- one token ---

    def Confirm(self, actor, p, now):
        token = self.find(actor, p.get("tenant"), p["token"], now)
        grace = p.get("grace", DAY)
        self.take(actor, token, "create-token")
        if token.state != "pending":
            raise Refusal("Conflict", "token.not-pending")
        if now >= token.pending_until:
            raise Refusal("Conflict", "token.too-late")
        old = self.predecessor(token)
        if old is not None and old.state == "revoked":
            old = None
        if old is not None and old.state == "suspended":
            raise Refusal("Conflict", "token.suspended")
        if old is not None and not 0 <= grace <= GRACE_MAX:
            raise Refusal("Invalid", "grace.range")

        def apply(_):
            token.state, token.pending_until = "active", None
            self.note(actor, "token.confirm", token.tenant, token.user, token.id)
            if old is not None:
                before = old.expires
                self.let_expire(actor, old, grace, now)
                if old.expires != before:
                    old.expires = ("about", old.expires)
        return Plan(apply=apply, records=[("confirmed", token)])

    def Edit(self, actor, p, now):
        token = self.find(actor, p.get("tenant"), p["token"], now)
        policy = self.tenants[token.tenant].policy
        self.take(actor, token, "create-token")
        self.refuse_dead(token, now)
        if p.get("name", token.name) != token.name:
            self.check_name(policy, token.tenant, token.user, p["name"], now)
        if "scopes" in p and not includes(token.scopes, p["scopes"]):
            raise Refusal("Policy", "scope.wider")
        if "addresses" in p and token.addresses and \
                not networks_include(token.addresses, p["addresses"]):
            raise Refusal("Policy", "address.wider")
        if "expires" in p:
            if token.expires is not None and p["expires"] > token.expires:
                raise Refusal("Policy", "expires.later")
            if p["expires"] <= now:
                raise Refusal("Invalid", "expires.past")
        wanted = {"name": p.get("name", token.name), "expires": p.get("expires", token.expires),
                  "description": p.get("description", token.description),
                  "scopes": set(p.get("scopes", token.scopes)),
                  "addresses": p.get("addresses", token.addresses)}
        if all(getattr(token, name) == value for name, value in wanted.items()):
            raise Refusal("Conflict", "edit.nothing")

        def apply(_):
            token.__dict__.update(wanted)
            self.note(actor, "token.edit", token.tenant, token.user, token.id, p.get("reason", ""))
        return Plan(apply=apply, records=[("token", token)])

    def Rotate(self, actor, p, now):
        old = self.find(actor, p.get("tenant"), p["token"], now)
        grace = p.get("grace", DAY)
        self.take(actor, old, "create-token")
        if not 0 <= grace <= GRACE_MAX:
            raise Refusal("Invalid", "grace.range")
        if old.state != "active":
            raise Refusal("Conflict", "token." + old.state)
        before = self.tokens.get(old.successor)
        if before is not None and not self.is_dead(before, now):
            raise Refusal("Conflict", "rotate.twice")
        draft = {"name": old.name, "description": old.description, "scopes": old.scopes,
                 "addresses": old.addresses, "expires": p.get("expires"),
                 "never": p.get("never"), "pending": p.get("pending"),
                 "notBefore": old.not_before if (old.not_before or 0) > now else None}
        span = None
        if p.get("expires") is None and not p.get("never"):
            span = self.same_span(before or old)
            draft.update({"never": True} if span is None else {"expires": now + span})
        row = self.draft(actor, old.tenant, old.user, draft, now, old)
        if span is not None:
            row.expires, row.lifetime = None, span

        def apply(reply):
            made = reply["created"]["created"]
            old.successor = reply["created"]["id"]
            if p.get("pending"):
                self.note(actor, "token.rotate", old.tenant, old.user, old.id)
            else:
                self.let_expire(actor, old, grace, made)
            self.add(row, reply)
            self.note(actor, "token.create", old.tenant, old.user, row.id)
        return Plan(apply=apply, records=[("created", row), ("replaced", old)])

    def same_span(self, token):
        if token.expires is None:
            return None
        longest = self.tenants[token.tenant].policy["maxLifetime"]
        span = token.expires - token.created
        return span if longest is None else min(span, longest)

    def RotateFinish(self, actor, p, now):
        named = self.find(actor, p.get("tenant"), p["token"], now)
        self.take(actor, named, "end-token")
        old, new = named, self.tokens.get(named.successor)
        if named.successor is None:
            old, new = self.predecessor(named), named
        if old is None:
            raise Refusal("Conflict", "rotate.none")
        if new is not None and new.state == "pending":
            raise Refusal("Conflict", "token.pending")
        if old.state == "revoked":
            raise Refusal("Conflict", "token.revoked")
        return Plan(apply=lambda _: self.end(actor, old, p.get("reason") or "rotated"),
                    records=[("revoked", old)])

    def Show(self, actor, p, now):
        token = self.find(actor, p.get("tenant"), p["token"], now)
        grants = self.users[token.tenant, token.user].grants
        return Plan({"grants": sorted(grants)}, records=[("token", token)])

    def Uses(self, actor, p, now):
        return Plan(records=[("token", self.find(actor, p.get("tenant"), p["token"], now))])

    def Explain(self, actor, p, now):
        token = self.find(actor, p.get("tenant"), p["token"], now)
        return self.judged(token, p, now)

    def judged(self, token, p, now):
        verdict = self.verdict(token, now, p.get("service"), p.get("scope"), p.get("user"),
                               p.get("address"))
        return Plan({"accepted": verdict == "accepted", "verdict": verdict},
                    records=[("token", token)] if token is not None else [])

    def Check(self, actor, p, now):
        token = next((each for each in self.tokens.values() if each.text == p["token"]), None)
        if actor.is_operator or (token is not None and self.sees(actor, token)):
            return self.judged(token, p, now)
        return Plan(BLANK)
