# SPDX-License-Identifier: BSD-2-Clause
"""What is looked at every so many steps: the whole state, and what everybody is shown of it."""
import itertools

from model_steps import ACTORS, TENANTS
from model_world import World, microseconds
from pat import Refused

LINES = 25


def members(entries, name):
    return [entry[name] for entry in entries if name in entry]


def refused_as(answer):
    return (answer.error, answer.id) if isinstance(answer, Refused) else None


class Checked(World):
    def check_state(self):
        """patd, the model and what the logs lead to are the same."""
        self.doing = "looking at the state"
        self.sync()
        for tenant, replay in self.replays.items():
            start = microseconds()
            listed = members(self.daemon.call("List", more=True, filter={
                "tenant": tenant, "withRevoked": True}), "token")
            end = microseconds()
            users = members(self.daemon.call("UserList", tenant=tenant, more=True), "user")
            grants = members(self.daemon.call("GrantList", tenant=tenant, more=True), "grant")
            row = self.daemon.call("TenantShow", tenant=tenant)["tenant"]
            mine = [token for token in self.model.tokens.values() if token.tenant == tenant]
            assert {token["id"] for token in listed} == {token.id for token in mine}
            for record in listed:
                self.compare_token(self.model.tokens[record["id"]], record, start, end)
            found = replay.differences(listed, users, grants, row)
            assert found == [], "\n".join(found)
            self.check_live(tenant, users, start, end)
        assert self.daemon.health() == "accepted"

    def check_live(self, tenant, users, start, end):
        """What patd counts for the caps, and everything else that it tells of users."""
        assert {user["user"] for user in users} == {
            user for of, user in self.model.users if of == tenant}
        for record in users:
            user = self.model.users[tenant, record["user"]]
            assert self.nearly(record, self.model.told(user)), (record, user)
            assert record["live"] in {len(self.model.counting(tenant, user.user, now))
                                      for now in (start, microseconds(), end)}

    def check_proof(self):
        """The chains hold, by whom they may be followed, and no row was changed behind patd."""
        self.doing = "verifying the logs"
        self.sync()
        for uid in (0, *self.random.sample(ACTORS, 3)):
            actor = self.model.actor(uid)
            answer = self.ask(uid, "LogVerify", {}, more=True)
            if not (actor.is_operator or actor.standings):
                assert refused_as(answer) == ("NotPermitted", "denied")
                continue
            heads = {entry["tenant"]: (entry["bad"], entry["checked"], entry["head"])
                     for entry in answer if "tenant" in entry}
            seqs = {tenant: (None, seq, seq) for tenant, seq in self.model.seqs.items()
                    if self.model.may(actor, "see-tenant", tenant)}
            if actor.is_operator:
                seqs[""] = (None, 1, 1)
            assert heads == seqs, (uid, heads, seqs)

    def check_store(self):
        """Every seal and sum, and the logs from their beginning."""
        self.doing = "checking the store"
        last = self.daemon.call("DbCheck", more=True)[-1]
        assert last["done"] and last["trouble"] == "", last
        for tenant, replay in self.replays.items():
            replay.check_again(members(self.daemon.call("Log", tenant=tenant, more=True),
                                       "change"), self.erased[tenant])

    # --- what is shown to whom ---

    def check_views(self):
        """Lists and logs hold what their reader may see, and all of it."""
        self.sync()
        for uid in ACTORS:
            self.doing = (uid, "what is shown")
            actor = self.model.actor(uid)
            answer = self.ask(uid, "TenantList", {}, more=True)
            if not (actor.is_operator or actor.standings):
                assert refused_as(answer) == ("NotPermitted", "denied")
                continue
            shown = {row["tenant"] for row in members(answer, "tenant")}
            assert shown == {tenant for tenant in TENANTS
                             if actor.is_operator or actor.standing(tenant)}
            for tenant in (*TENANTS, None):
                self.check_view(uid, actor, tenant)
            for _ in range(4):
                self.check_filtered(uid, actor)
        self.check_log_filters(self.random.choice(ACTORS))

    def check_view(self, uid, actor, tenant):
        model = self.model
        seen = actor.is_operator or tenant is None or actor.standing(tenant) is not None
        wanted = {} if tenant is None else {"tenant": tenant}
        answers = {"List": self.ask(uid, "List", {"filter": {**wanted, "withRevoked": True}}, True),
                   "Log": self.ask(uid, "Log", {**wanted, "lines": LINES}, True)}
        if tenant is not None:
            answers.update({method: self.ask(uid, method, wanted, True)
                            for method in ("UserList", "GrantList")})
        if not seen:
            assert {refused_as(answer) for answer in answers.values()} == \
                {("NotFound", "tenant.unknown")}, answers
            return
        ids = [token["id"] for token in members(answers["List"], "token")]
        assert sorted(ids) == sorted(token.id for token in model.visible(actor, tenant))
        self.check_log(actor, tenant, members(answers["Log"], "change"))
        if tenant is None:
            return
        users = {user for of, user in model.users
                 if of == tenant and model.may(actor, "see-user", tenant, model.users[of, user])}
        assert {user["user"] for user in members(answers["UserList"], "user")} == users
        groups = model.tenants[tenant].groups if model.may(actor, "see-tenant", tenant) else {}
        held = {user: sorted(model.users[tenant, user].grants) for user in users}
        held.update({name: sorted(grants) for name, grants in groups.items()})
        assert {grant["holder"]: grant["scopes"]
                for grant in members(answers["GrantList"], "grant")} == held

    def check_filtered(self, uid, actor):
        """A filter finds what fits of what its caller may see; so do the filters of the log."""
        model = self.model
        wanted = self.steps.RevokeAll(uid)["filter"]
        self.doing = (uid, "List", wanted)
        start = microseconds()
        answer = self.ask(uid, "List", {"filter": wanted}, True)
        found = [sorted(token.id for token in model.visible(actor, wanted.get("tenant"))
                        if model.fits(token, wanted, now)) for now in (start, microseconds())]
        if wanted.get("tenant") is not None and not actor.is_operator and \
                actor.standing(wanted["tenant"]) is None:
            assert refused_as(answer) == ("NotFound", "tenant.unknown")
        elif wanted.get("tenant") != "nowhere":
            assert sorted(token["id"] for token in members(answer, "token")) in found

    def check_log_filters(self, uid):
        """The same of the log: what is another tenant's is no match."""
        actor = self.model.actor(uid)
        for name, key, value in (("token", "subject", self.steps.token(uid)),
                                 ("user", "user", "alice"), ("batch", "batch", "b_three")):
            answer = self.ask(uid, "Log", {name: value}, True)
            if not (actor.is_operator or actor.standings):
                assert refused_as(answer) == ("NotPermitted", "denied")
                return
            assert [(change["tenant"], change["seq"]) for change in members(answer, "change")] == [
                (tenant, row["seq"]) for tenant in TENANTS for row in self.replays[tenant].rows
                if row[key] == value and self.may_read(actor, tenant, row)]

    def may_read(self, actor, tenant, row):
        """All of a tenant's log, or what is about oneself."""
        return self.model.may(actor, "see-tenant", tenant) or (
            actor.standing(tenant) is not None and actor.is_self(tenant, row["user"]))

    def check_log(self, actor, tenant, changes):
        """The newest changes of each log."""
        for of in TENANTS if tenant is None else (tenant,):
            shown = [change["seq"] for change in changes if change["tenant"] == of]
            assert shown == \
                [row["seq"] for row in itertools.islice(
                    (row for row in reversed(self.replays[of].rows)
                     if self.may_read(actor, of, row)), LINES)][::-1]
        assert {change["tenant"] for change in changes} <= \
            ({"", *TENANTS} if actor.is_operator else set(TENANTS))
