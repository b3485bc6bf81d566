# SPDX-License-Identifier: BSD-2-Clause
"""The change log, read again: it must tell what happened, and lead to what is there."""
import calendar
import time

TEXTS = ("before", "after", "reason", "claimed", "salt")
KEYS = {"max_tokens": ("maxTokens", 1), "name_min": ("nameMin", 1),
        "require_expiry": ("requireExpiry", 0), "require_addresses": ("requireAddresses", 0),
        "default_lifetime": ("defaultLifetime", 1000000), "max_lifetime": ("maxLifetime", 1000000),
        "pending_lifetime": ("pendingLifetime", 1000000), "scopes": ("scopes", None),
        "networks": ("networks", None), "self_service": ("selfService", 0),
        "self_service_scopes": ("selfServiceScopes", None)}


def words(text):
    return sorted(word for word in text.split(",") if word)


def moment(text):
    """A time as the log says it, in seconds."""
    return None if text == "never" else calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def member(unit, text):
    """A member of a policy as the log says it, as the interface has it."""
    if text == "unlimited":
        return None
    if unit is None:
        return words(text)
    return text == "yes" if unit == 0 else int(text) * unit


class Replay:
    """What a tenant has by its log alone."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.rows = []
        self.tokens, self.users, self.groups, self.settings = {}, {}, {}, {}

    def take(self, change):
        """The next change."""
        assert change["tenant"] == self.tenant and change["seq"] == len(self.rows) + 1, change
        assert not change["erased"], change
        self.rows.append(change)
        room, _, event = change["event"].partition(".")
        if room != "log":
            getattr(self, "of_" + room)(event, change, change["after"])

    def of_token(self, event, change, after):
        token = self.tokens.setdefault(change["subject"], {"user": change["user"]})
        fields = {"name": after.get("name"), "scopes": after.get("scopes"),
                  "expires": after.get("expires"), "addresses": after.get("addresses")}
        token.update({name: words(value) if name in ("scopes", "addresses") else value
                      for name, value in fields.items() if value is not None})
        if event == "create":
            token.setdefault("addresses", [])
            token["successor"], token["state"] = None, after.get("state", "active")
        if event == "revoke" and change["reason"] == "rotated":
            token["successor"] = ...
        if event == "rotate":
            token["successor"] = None if after["successor"] == "none" else after["successor"]
        token["state"] = {"confirm": "active", "resume": "active", "suspend": "suspended",
                          "revoke": "revoked"}.get(event, token["state"])

    def of_user(self, event, change, after):
        name = change["user"]
        if event == "create":
            uid = after.get("uid")
            self.users[name] = {"enabled": True, "role": after.get("role", "user"), "contact": "",
                                "grants": words(after.get("grants", "")),
                                "account": after.get("account"), "uid": uid and int(uid)}
        elif event == "forget":
            del self.users[name]
            self.tokens = {id_: token for id_, token in self.tokens.items()
                           if token["user"] != name}
        elif event in ("enable", "disable"):
            self.users[name]["enabled"] = event == "enable"
        else:
            key = {"role": "role", "set": "contact"}[event]
            self.users[name][key] = after[key]

    def of_grant(self, event, change, after):
        held = self.users[change["user"]]["grants"] if change["user"] else \
            self.groups.get(change["subject"], [])
        scopes = words(after["scopes"])
        held = sorted({*held, *scopes} if event == "add" else {*held} - {*scopes})
        if change["user"]:
            self.users[change["user"]]["grants"] = held
        else:
            self.groups[change["subject"]] = held

    def of_tenant(self, event, _, after):
        if event in ("enable", "disable"):
            self.settings["enabled"] = event == "enable"
            return
        self.settings.setdefault("enabled", True)
        policy = self.settings.setdefault("policy", {})
        policy.update({name: member(unit, after[key]) for key, (name, unit) in KEYS.items()})
        self.settings["realms"] = [realm for realm in after["realms"].split(",") if realm]
        for text in ("contact", "description"):
            self.settings[text] = after.get(text, self.settings.get(text, ""))

    # --- what it must be ---

    def differences(self, listed, users, grants, row):
        """Between the log and what patd lists to an operator."""
        found = []

        def compare(what, by_log, there):
            if by_log != there:
                found.append(f"{what}: by the log {by_log}, but {there}")
        compare("ids", sorted(self.tokens), sorted(token["id"] for token in listed))
        for token in listed:
            mine = dict(self.tokens.get(token["id"], {}))
            there = {name: token[name] for name in ("user", "name", "successor")}
            there.update(scopes=sorted(token["scopes"]), addresses=sorted(token["addresses"]))
            if mine.get("successor") is ...:
                mine["successor"] = token["successor"]
            mine["expires"] = moment(mine.get("expires", "never"))
            there["expires"] = token["expires"] and token["expires"] // 1000000
            there["state"] = {"expiring": "active"}.get(token["state"], token["state"])
            if there["state"] == "expired" and mine["expires"] <= time.time():
                there["state"] = mine["state"]
            compare(f"token {token['id']}", mine, there)
        compare("users", self.users, {user["user"]: {
            name: sorted(user[name]) if name == "grants" else user[name]
            for name in ("enabled", "role", "contact", "grants", "account", "uid")}
            for user in users})
        compare("groups", {name: held for name, held in self.groups.items() if held},
                {grant["holder"]: sorted(grant["scopes"]) for grant in grants
                 if grant["holder"].startswith("@")})
        compare("settings", self.settings, {name: row[name] for name in self.settings})
        return found

    def check_again(self, changes, erased):
        """The log read from its beginning: nothing but texts has gone, and only of erased users."""
        assert [change["seq"] for change in changes] == list(range(1, len(self.rows) + 1))
        for before, now in zip(self.rows, changes):
            if now["erased"]:
                assert now["user"] in erased and now["reason"] == "" and not now["after"], now
                before = {**before, **{name: now[name] for name in TEXTS}, "erased": True}
            assert before == now, (before, now)
