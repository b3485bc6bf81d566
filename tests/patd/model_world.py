# SPDX-License-Identifier: BSD-2-Clause
"""A real patd beside the model: every call is made of both, and they are compared."""
import itertools
import random
import re
import time

from model import DEFAULT_POLICY, SERVICES, Refusal, Row
from model_log import Replay
from model_methods import Methods
from model_steps import (ACTORS, BOUND, GRANTS, OPERATOR, REALMS, TENANTS, VIRTUAL, Steps)
from pat import Refused
from patdkit import Asker, Caller, Daemon, unknown_token

ID = re.compile(r"(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{8}(?![0-9a-z])")
MARK = re.compile(r"only-([a-z]+)-[0-9]+|pat_([a-z]+)_")
CONFIG = "\n".join(
    f"[service {name}]\nuids = 0\ntenants = "
    + " ".join(tenant + ("@" if needs_realm else "") for tenant, needs_realm in takes.items())
    + "\n" for name, (_, _, takes) in SERVICES.items())
UNKNOWN = {"token.unknown": ("token", "tokens"), "user.unknown": ("user", "holder"),
           "tenant.unknown": ("tenant",)}


def microseconds():
    return time.time_ns() // 1000


class Listener(Caller):
    """A caller that keeps what it was told last."""
    heard = ""

    def reply(self):
        reply = super().reply()
        self.heard += repr(reply)
        return reply


class World:
    def __init__(self, seed):
        self.seed, self.step = seed, 0
        self.random = random.Random(seed)
        self.daemon = Daemon(CONFIG, operators=[OPERATOR], services=())
        self.callers, self.outcomes = {}, {}
        self.doing, self.erased = None, {tenant: set() for tenant in TENANTS}
        self.model = Methods({0, self.daemon.uid, OPERATOR}, "acme")
        self.steps = Steps(self.model, self.random)
        self.replays = {tenant: Replay(tenant) for tenant in TENANTS}

    def begin(self):
        self.daemon.start()
        root = self.model.actor(0)
        for tenant in TENANTS:
            self.daemon.tenant(tenant, makeDefault=tenant == "acme", realms=[REALMS[tenant]])
            self.model.tenants[tenant] = Row(
                tenant=tenant, enabled=True, description="", contact="", groups={},
                realms=[REALMS[tenant]], policy=dict(DEFAULT_POLICY))
            self.model.note(root, "tenant.create", tenant)
        people = [(*key, {"role": role, "account": "-".join(key), "uid": uid})
                  for key, (uid, role) in BOUND.items()]
        for tenant, user, more in people + [(*key, {}) for key in sorted(VIRTUAL)]:
            self.make(0, "UserCreate", {"tenant": tenant, "user": user, "grants": GRANTS, **more})

    def close(self):
        self.hang_up()
        self.daemon.close()

    def hang_up(self):
        for caller in self.callers.values():
            caller.socket.close()
        self.callers = {}

    # --- calls ---

    def caller(self, uid):
        """The connection of a uid; a new one before patd ends one that was silent."""
        old = self.callers.get(uid)
        if old is not None and time.monotonic() - old.used > 20:
            self.callers.pop(uid).socket.close()
        caller = self.callers.get(uid) or Listener(self.daemon, uid)
        self.callers[uid] = caller
        caller.used, caller.heard = time.monotonic(), ""
        return caller

    def ask(self, uid, method, p, more=False):
        """What a caller is answered: a reply or a list of them, or the refusal."""
        caller = self.caller(uid)
        try:
            answer = caller.call(method, more=more, **p)
        except Refused as refused:
            answer = refused
        self.look_for_leaks(uid, p, caller.heard)
        return answer

    def look_for_leaks(self, uid, p, heard):
        """Nothing of a tenant stands in what somebody of another one is told."""
        model, asked = self.model, repr(p)
        if uid in model.operators:
            return
        own = {user.tenant for user in model.users.values() if user.uid == uid}
        for match in MARK.finditer(heard):
            tenant = match[1] or match[2]
            assert tenant in own or tenant not in TENANTS or match[0] in asked, \
                f"{match[0]} leaks: {heard}"
        for id_ in ID.findall(heard):
            token = model.tokens.get(id_)
            assert token is None or token.tenant in own or id_ in asked, f"{id_} leaks: {heard}"

    def make(self, uid, method, p):
        """One call: the answer has to be one that the model gives at its beginning or its end."""
        self.doing = (uid, method, p)
        if method in ("LogErase", "UserForget"):
            self.sync()  # while the texts are there
        start = microseconds()
        answer = self.ask(uid, method, p)
        end = microseconds()
        plans = [self.predict(uid, method, p, now) for now in (start, end)]
        outcome = (method, answer.id if isinstance(answer, Refused) else "")
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if isinstance(answer, Refused):
            told = (answer.error, answer.id)
            assert told in plans, f"refused {told} {answer.message}, expected {plans}"
            if answer.id in UNKNOWN and self.random.random() < 0.5:
                self.ask_unknown(uid, method, p, answer)
            return
        fitting = [plan for plan in plans if not isinstance(plan, tuple) and
                   all(answer.get(name, self) == value or self.nearly(answer.get(name), value)
                       for name, value in plan.expect.items())]
        assert fitting, f"answered {answer}, expected " \
            f"{[plan if isinstance(plan, tuple) else plan.expect for plan in plans]}"
        plan = fitting[0]
        if plan.apply is not None:
            counts = self.counts(start)
            plan.apply(answer)
            self.check_caps(method, counts, end)
            if method in ("LogErase", "UserForget"):
                self.erased[self.model.tenant_of(self.model.actor(uid), p)].add(p["user"])
            self.settle()
        self.compare(plan.records, answer, start, end)

    def predict(self, uid, method, p, now):
        try:
            return self.model.plan(uid, method, p, now)
        except Refusal as refusal:
            return refusal.answer

    @staticmethod
    def nearly(told, expected):
        """Of a user or tenant the members that the model knows."""
        return isinstance(told, dict) and isinstance(expected, dict) and \
            all(told.get(name) == value for name, value in expected.items())

    def counts(self, now):
        return {key: len(self.model.counting(*key, now)) for key in self.model.users}

    def check_caps(self, method, before, now):
        """Whatever is done, nobody comes to have more tokens than their tenant allows."""
        for key, count in self.counts(now).items():
            cap = self.model.tenants[key[0]].policy["maxTokens"]
            assert cap is None or count <= max(cap, before.get(key, 0)), \
                f"{key} has {count} of {cap} after {method}"

    def settle(self):
        """Asks for the ends that only patd knows to the microsecond."""
        for token in [token for token in self.model.tokens.values()
                      if isinstance(token.expires, tuple)]:
            told = self.daemon.call("Show", token=token.id)["token"]["expires"]
            assert 0 <= told - token.expires[1] < 60 * 1000000, (told, token)
            token.expires = told

    def compare(self, records, answer, start, end):
        """Tokens in a reply against the rows of the model, list by list in their order."""
        for name, rows in itertools.groupby(records, lambda record: record[0]):
            told = answer[name] if isinstance(answer[name], list) else [answer[name]]
            rows = [row for _, row in rows]
            assert len(told) == len(rows), f"{name}: {told}"
            for record, row in zip(told, rows):
                self.compare_token(row, record, start, end)

    def compare_token(self, row, record, start, end):
        if row.ended == "now":
            assert record["ended"] is not None and record["ended"] <= end
            row.ended = record["ended"]
        expected = {
            "id": row.id, "tenant": row.tenant, "user": row.user, "name": row.name,
            "description": row.description, "scopes": sorted(row.scopes), "created": row.created,
            "addresses": row.addresses, "creator": row.creator, "notBefore": row.not_before,
            "expires": row.expires, "pendingUntil": row.pending_until, "ended": row.ended,
            "successor": row.successor, "batch": row.batch,
            "masked": f"pat_{row.tenant}_1{row.id}"}
        wrong = {name: (record[name], value) for name, value in expected.items()
                 if record[name] != value}
        assert not wrong, f"token {row.id}: told and expected {wrong}"
        states = {self.model.shown_state(row, now) for now in (start, end)}
        blocked = {None if self.model.is_dead(row, now) else self.model.unmet(row)
                   for now in (start, end)}
        assert record["state"] in states and record["blocked"] in blocked, (record, states, blocked)

    def ask_unknown(self, uid, method, p, refused):
        """What is foreign answers as what is not there, to the letter."""
        names = UNKNOWN[refused.id]
        other = {"token": "zzzzzzzy", "tenant": "nowhere", "user": "nobody", "holder": "nobody"}
        twin, swapped = {**p}, {}
        if "filter" in p:
            twin["filter"] = {**p["filter"], "tenant": "nowhere"}
            swapped["nowhere"] = p["filter"].get("tenant")
        for name in names:
            if name == "tokens" and name in p:
                twin[name] = [f"zzzzzzz{number}" for number in range(len(p[name]))]
                seen = self.model.visible(self.model.actor(uid))
                known = {token.id for token in seen}
                twin[name] = [old if old in known else new
                              for old, new in zip(p[name], twin[name])]
                swapped.update(zip(twin[name], p[name]))
            elif p.get(name) is not None:
                twin[name] = other[name]
                swapped[other[name]] = p[name]
        answer = self.ask(uid, method, twin)
        assert isinstance(answer, Refused), f"{twin} was answered {answer}"
        text = repr((answer.error, answer.parameters))
        for new, old in swapped.items():
            text = text.replace(str(new), str(old))
        assert text == repr((refused.error, refused.parameters)), \
            f"{refused.parameters} is not {answer.parameters}"

    # --- steps ---

    def run(self, count, each=None):
        for _ in range(count):
            self.step += 1
            self.make(*self.steps.next())
            if self.step % 4 == 0:
                self.verify_one()
            if each is not None:
                each(self.step)

    # --- checks ---

    def sync(self):
        """What is new in the logs is what was done, and nothing else."""
        for tenant, replay in self.replays.items():
            some = len(self.model.log[tenant]) + 10
            new = [entry["change"] for entry in
                   self.daemon.call("Log", tenant=tenant, lines=some, more=True)
                   if "change" in entry and entry["change"]["seq"] > len(replay.rows)]
            told = [(change["event"], change["user"], change["subject"], change["actor"],
                     change["actorUid"], change["reason"], change["batch"]) for change in new]
            expected, self.model.log[tenant] = self.model.log[tenant], []
            assert told == expected, \
                f"the log of {tenant} tells\n{told}\nexpected\n{expected}"
            for change in new:
                replay.take(change)
            assert len(replay.rows) == self.model.seqs[tenant]

    def verify_one(self):
        """A token on the verify socket: accepted when the model accepts it, refused else."""
        model, question = self.model, self.steps.question()
        question.pop("scope", None)
        question.setdefault("service", "imap")
        token = self.random.choice(list(model.tokens.values())[-60:] or [None])
        if token is not None and self.random.random() < 0.7:
            question["user"] = self.login(token, question["service"])
        if question["address"] == "192.0.2.7":  # refusals of one neighbourhood are held back
            question["address"] = "172.{}.{}.1".format(self.random.randint(16, 31),
                                                       self.random.randint(0, 255))
        self.doing = (0, "verify", {"token": token, **question})
        text = token.text if token else self.random.choice(model.gone or [unknown_token()])
        start = microseconds()
        with Asker(self.daemon) as asker:
            answer = asker.ask(text, service=question["service"], login=question["user"],
                               address=question["address"])
        verdicts = {model.verdict(token, now, question["service"], None, question["user"],
                                  question["address"]) for now in (start, microseconds())}
        assert answer["class"] in {"accepted" if verdict == "accepted" else "refused"
                                   for verdict in verdicts}, f"{answer}, expected {verdicts}"
        if answer["class"] == "accepted":
            assert (answer["id"], answer["tenant"], answer["user"]) == \
                (token.id, token.tenant, token.user)

    def login(self, token, service):
        user = self.model.users[token.tenant, token.user]
        if SERVICES[service][1]:
            return user.account or user.user
        return f"{user.user}@{REALMS[token.tenant]}"
