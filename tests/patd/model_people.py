# SPDX-License-Identifier: BSD-2-Clause
"""The methods about users, grants, tenants and logs, as model_methods.py has those about tokens."""
from model import DAY, VIRTUAL_AREAS, Plan, Refusal, Row, State, includes

PIECE = 5000  # rows of the log that one commit may erase


class People(State):
    def user_of(self, actor, p):
        """The tenant and user that a call names."""
        tenant = self.tenant_of(actor, p)
        standing = actor.standing(tenant)
        return tenant, p["user"] if "user" in p else standing.user

    def told(self, user):
        """What a reply must tell of a user."""
        policy = self.tenants[user.tenant].policy
        return {"tenant": user.tenant, "user": user.user, "enabled": user.enabled,
                "role": user.role, "account": user.account, "uid": user.uid, "allowRoot": False,
                "grants": sorted(user.grants), "contact": user.contact,
                "maxTokens": policy["maxTokens"], "selfService": policy["selfService"]}

    # --- users ---

    def UserCreate(self, actor, p, now):
        tenant = self.tenant_of(actor, p)
        row, grants = self.get_tenant(actor, tenant), p.get("grants", [])
        self.permit(actor, "create-user", tenant)
        if p.get("account") is not None or p.get("role", "user") != "user":
            self.permit(actor, "bind", tenant)
        self.check_areas(actor, tenant, grants)
        if row.policy["scopes"] is not None and not includes(row.policy["scopes"], grants):
            raise Refusal("Policy", "policy.scopes")
        if (tenant, p["user"]) in self.users:
            raise Refusal("Conflict", "user.exists")
        user = Row(tenant=tenant, user=p["user"], enabled=True, role=p.get("role", "user"),
                   account=p.get("account"), uid=p.get("uid"), grants=set(grants), contact="",
                   disabled_by=None)

        def apply(_):
            self.users[tenant, user.user] = user
            self.tokens_of[tenant, user.user] = []
            self.note(actor, "user.create", tenant, user.user)
        return Plan({"user": self.told(user)}, apply)

    def check_areas(self, actor, tenant, scopes, user=None):
        if any(scope.split(":")[0] not in VIRTUAL_AREAS for scope in scopes):
            self.permit(actor, "grant-local", tenant, user)

    def UserShow(self, actor, p, now):
        return Plan({"user": self.told(self.get_user(actor, *self.user_of(actor, p)))})

    def changed(self, actor, user, event, reason, **members):
        """A change of some members of a user, and how the user is told then."""
        after = {**self.told(user), **{name: value for name, value in members.items()
                                       if name != "disabled_by"}}

        def apply(_):
            user.__dict__.update(members)
            self.note(actor, event, user.tenant, user.user, reason=reason)
        return Plan({"user": after}, apply)

    def check_enabler(self, actor, user):
        if not self.may_end_pause(actor, user.tenant, user.user, user.disabled_by):
            raise Refusal("NotPermitted", "enable.foreign")

    def UserSetEnabled(self, actor, p, now):
        user = self.get_user(actor, *self.user_of(actor, p))
        self.permit(actor, "set-user", user.tenant, user)
        if user.enabled == p["enabled"]:
            return Plan({"user": self.told(user)})
        if p["enabled"]:
            self.check_enabler(actor, user)
        return self.changed(actor, user, "user.enable" if p["enabled"] else "user.disable",
                            p.get("reason", ""), enabled=p["enabled"],
                            disabled_by=None if p["enabled"] else actor.uid)

    def UserSetRole(self, actor, p, now):
        user = self.get_user(actor, *self.user_of(actor, p))
        if user.role == p["role"]:
            return Plan({"user": self.told(user)})
        return self.changed(actor, user, "user.role", p.get("reason", ""), role=p["role"])

    def UserSet(self, actor, p, now):
        user = self.get_user(actor, *self.user_of(actor, p))
        self.permit(actor, "set-user", user.tenant, user)
        if user.contact == p["contact"]:
            return Plan({"user": self.told(user)})
        return self.changed(actor, user, "user.set", p.get("reason", ""), contact=p["contact"])

    def UserForget(self, actor, p, now):
        tenant, name = self.user_of(actor, p)
        user = self.get_user(actor, tenant, name)
        self.permit(actor, "set-user", tenant, user)
        if not user.enabled:
            self.check_enabler(actor, user)
        tokens = self.tokens_of[tenant, name]
        if not all(self.is_dead(token, now) for token in tokens):
            raise Refusal("Conflict", "user.has-tokens")
        if p.get("dryRun"):
            return Plan({"tokens": len(tokens)})

        def apply(_):
            self.erase(actor, tenant, name, "")
            for token in tokens:
                del self.tokens[token.id]
                self.gone.append(token.text)
            del self.users[tenant, name], self.tokens_of[tenant, name]
            self.note(actor, "user.forget", tenant, name, reason=p.get("reason", ""))
        return Plan({"tokens": len(tokens), "changes": len(self.texts.get((tenant, name), []))}, apply)

    # --- grants ---

    def holder(self, actor, p):
        """The tenant, the set that is changed, and the user; None for a group."""
        tenant = self.tenant_of(actor, p)
        row = self.get_tenant(actor, tenant)
        if p["holder"].startswith("@"):
            self.permit(actor, "grant-local", tenant)
            return row, row.groups.get(p["holder"], set()), None
        user = self.get_user(actor, tenant, p["holder"])
        self.permit(actor, "grant", tenant, user)
        self.check_areas(actor, tenant, p["scopes"], user)
        return row, user.grants, user

    def granted(self, actor, event, row, user, p, held):
        def apply(_):
            if user is not None:
                user.grants = held
            elif held:
                row.groups[p["holder"]] = held
            else:
                row.groups.pop(p["holder"], None)
            self.note(actor, event, row.tenant, user.user if user else "",
                      "" if user else p["holder"], p.get("reason", ""))
        return Plan({"grant": {"tenant": row.tenant, "holder": p["holder"],
                               "scopes": sorted(held)}}, apply)

    def GrantAdd(self, actor, p, now):
        row, held, user = self.holder(actor, p)
        allowed = row.policy["scopes"]
        if allowed is not None and not includes(allowed, p["scopes"]):
            raise Refusal("Policy", "policy.scopes")
        return self.granted(actor, "grant.add", row, user, p, held | set(p["scopes"]))

    def GrantRemove(self, actor, p, now):
        row, held, user = self.holder(actor, p)
        if not set(p["scopes"]) <= held:
            raise Refusal("NotFound", "grant.unknown")
        return self.granted(actor, "grant.remove", row, user, p, held - set(p["scopes"]))

    # --- tenants ---

    def told_tenant(self, row, policy=None, **members):
        return {"tenant": row.tenant, "enabled": row.enabled, "description": row.description,
                "contact": row.contact, "realms": row.realms, "policy": policy or row.policy,
                "isDefault": row.tenant == self.default_tenant, **members}

    def TenantShow(self, actor, p, now):
        return Plan({"tenant": self.told_tenant(self.get_tenant(actor, p["tenant"]))})

    def TenantSet(self, actor, p, now):
        row = self.get_tenant(actor, p["tenant"])
        self.permit(actor, "set-tenant", row.tenant)
        policy = {**row.policy, **p.get("policy", {})}
        texts = {name: p[name] for name in ("description", "contact") if name in p}
        if None not in (policy["defaultLifetime"], policy["maxLifetime"]) and \
                policy["defaultLifetime"] > policy["maxLifetime"]:
            raise Refusal("Invalid", "policy.lifetime")
        if not actor.is_operator and not all(self.is_within(policy, row.policy, member)
                                             for member in policy):
            raise Refusal("NotPermitted", "policy.loosen")
        plan = Plan({"tenant": self.told_tenant(row, policy, **texts)})
        if policy != row.policy or any(getattr(row, name) != texts[name] for name in texts):
            def apply(_):
                row.__dict__.update(texts, policy=policy)
                self.note(actor, "tenant.set", row.tenant, reason=p.get("reason", ""))
            plan.apply = apply
        return plan

    def TenantSetEnabled(self, actor, p, now):
        row = self.get_tenant(actor, p["tenant"])

        def apply(_):
            row.enabled = p["enabled"]
            self.note(actor, "tenant.enable" if p["enabled"] else "tenant.disable", row.tenant,
                      reason=p.get("reason", ""))
        return Plan({"tenant": self.told_tenant(row, enabled=p["enabled"])},
                    None if row.enabled == p["enabled"] else apply)

    def Status(self, actor, p, now):
        tenant = self.tenant_of(actor, p)
        self.get_tenant(actor, tenant)
        shown = [self.shown_state(token, now) for token in self.visible(actor, tenant)]
        counts = {state: shown.count(state) for state in
                  ("expiring", "expired", "revoked", "pending", "suspended")}
        return Plan({**counts, "active": shown.count("active") + counts["expiring"]})

    def Offer(self, actor, p, now):
        user = self.get_user(actor, *self.user_of(actor, p))
        policy = self.tenants[user.tenant].policy
        rules = ("nameMin", "requireExpiry", "requireAddresses", "defaultLifetime", "maxLifetime")
        return Plan({"user": self.told(user), **{name: policy[name] for name in rules}})

    # --- logs ---

    def LogErase(self, actor, p, now):
        tenant = self.tenant_of(actor, p)
        self.get_tenant(actor, tenant)
        return Plan({"erased": len(self.texts.get((tenant, p["user"]), []))},
                    lambda _: self.erase(actor, tenant, p["user"], p.get("reason", ""), PIECE))

    def LogCut(self, actor, p, now):
        if p["before"] > now - 30 * DAY:
            raise Refusal("Invalid", "log.recent")
        self.get_tenant(actor, p["tenant"])
        return Plan({"done": 0, "of": 0})  # nothing is so old
