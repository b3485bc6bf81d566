# SPDX-License-Identifier: BSD-2-Clause
"""What must be true of tenants, users and tokens, said once more without patd's code.

State, who may do what, and the decision. model_methods.py says what each method does to it. Nothing
here talks to patd.
"""
import ipaddress

SECOND = 1000000
DAY = 86400 * SECOND
LIFETIME_MAX = 3653 * DAY

SELF, AUDITOR, ADMIN, ADMIN_VIRTUAL = 1, 2, 4, 8
WHO_MAY = {"host": 0, "see-tenant": AUDITOR | ADMIN, "see-user": SELF | AUDITOR | ADMIN,
           "set-tenant": ADMIN, "create-user": ADMIN, "bind": 0, "set-user": ADMIN_VIRTUAL,
           "grant": ADMIN_VIRTUAL, "grant-local": 0, "create-token": SELF | ADMIN_VIRTUAL,
           "end-token": SELF | ADMIN, "purge": ADMIN}
VIRTUAL_AREAS = {"mail", "ldap", "http", "db"}

# Service: its scope, whether it is local, the tenants it takes and whether they need a realm.
SERVICES = {"imap": ("mail:read", False, {"acme": False, "lab": True}),
            "smtp": ("mail:send", False, {"acme": True, "lab": False}),
            "http": ("http:access", False, {"lab": False}),
            "ldap": ("ldap:bind", False, {"acme": False}),
            "sshd": ("ssh:login", True, {"acme": False, "lab": True})}

DEFAULT_POLICY = {
    "maxTokens": 25, "nameMin": 8, "requireExpiry": False, "requireAddresses": False,
    "defaultLifetime": None, "maxLifetime": None, "pendingLifetime": 600 * SECOND, "scopes": None,
    "networks": None, "selfService": True,
    "selfServiceScopes": ["db:connect", "http:access", "ldap:bind", "mail:*", "ssh:login"]}


class Refusal(Exception):
    """What patd has to refuse with: the name of the error and its id."""

    def __init__(self, error, id_):
        super().__init__(f"{error} {id_}")
        self.answer = (error, id_)


class Plan:
    """expect: members of the reply. records: tokens that it tells, as they are then."""

    def __init__(self, expect=None, apply=None, records=()):
        self.expect, self.apply, self.records = expect or {}, apply, records

    def __repr__(self):
        return f"done {self.expect}"


def covers(scopes, scope):
    return scope in scopes or scope.split(":")[0] + ":*" in scopes


def includes(scopes, part):
    return all(covers(scopes, scope) for scope in part)


def networks_include(networks, part):
    whole = [ipaddress.ip_network(network) for network in networks]
    return all(any(ipaddress.ip_network(one).subnet_of(network) for network in whole)
               for one in part)


def holds(networks, address):
    return address is not None and any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)


class Row:
    """A row; its members are plain data."""

    def __init__(self, **members):
        self.__dict__.update(members)

    def __repr__(self):
        return repr(self.__dict__)


class Actor:
    def __init__(self, uid, is_operator, standings):
        self.uid, self.is_operator, self.standings = uid, is_operator, standings
        self.name = "root" if uid == 0 else standings[0].user if standings else f"uid {uid}"

    def standing(self, tenant):
        return next((user for user in self.standings if user.tenant == tenant), None)

    def is_self(self, tenant, user):
        return any((each.tenant, each.user) == (tenant, user) for each in self.standings)


class State:
    def __init__(self, operators, default_tenant):
        self.operators, self.default_tenant = operators, default_tenant
        self.tenants = {}
        self.users = {}       # (tenant, user)
        self.tokens = {}      # id
        self.tokens_of = {}   # (tenant, user): in the order in which they were made
        self.gone = []        # texts of tokens whose user was forgotten
        self.log = {"acme": [], "lab": []}  # what each log must say beyond what was read of it
        self.texts = {}       # (tenant, user): numbers of the changes that still have texts
        self.seqs = {"acme": 0, "lab": 0}

    # --- rights ---

    def actor(self, uid):
        standings = [user for _, user in sorted(self.users.items())
                     if user.uid == uid and user.enabled and self.tenants[user.tenant].enabled]
        return Actor(uid, uid in self.operators, standings)

    def may(self, actor, action, tenant, user=None):
        standing = actor.standing(tenant)
        if actor.is_operator or standing is None:
            return actor.is_operator
        who = SELF if user is not None and actor.is_self(tenant, user.user) else 0
        if standing.role == "auditor":
            who |= AUDITOR
        if standing.role == "admin":
            who |= ADMIN | (ADMIN_VIRTUAL if user is not None and user.account is None else 0)
        return who & WHO_MAY[action] != 0

    def permit(self, actor, action, tenant, user=None):
        if not self.may(actor, action, tenant, user):
            raise Refusal("NotPermitted", "denied")

    def get_tenant(self, actor, tenant):
        found = self.tenants.get(tenant)
        if found is None or not (actor.is_operator or actor.standing(tenant)):
            raise Refusal("NotFound", "tenant.unknown")
        return found

    def get_user(self, actor, tenant, user):
        self.get_tenant(actor, tenant)
        found = self.users.get((tenant, user))
        if found is None or not self.may(actor, "see-user", tenant, found):
            raise Refusal("NotFound", "user.unknown")
        return found

    def sees(self, actor, token):
        user = self.users[token.tenant, token.user]
        return (actor.is_operator or actor.standing(token.tenant) is not None) and \
            self.may(actor, "see-user", token.tenant, user)

    def visible(self, actor, tenant=None):
        return [token for token in self.tokens.values()
                if (tenant is None or token.tenant == tenant) and self.sees(actor, token)]

    def find(self, actor, tenant, reference, now):
        """The token that a caller means by an id or a name."""
        found = self.tokens.get(reference)
        if found is not None and (tenant is None or found.tenant == tenant) and \
                self.sees(actor, found):
            return found
        named = [token for token in self.visible(actor, tenant) if token.name == reference] \
            if " " in reference else []
        alive = [token for token in named if not self.is_dead(token, now)]
        for meant in ([token for token in alive if token.successor is None], alive, named):
            if len(meant) == 1:
                return meant[0]
            if meant:
                raise Refusal("Conflict", "token.ambiguous")
        raise Refusal("NotFound", "token.unknown")

    def take(self, actor, token, action):
        self.permit(actor, action, token.tenant, self.users[token.tenant, token.user])

    def is_self_service(self, actor, tenant, user):
        standing = actor.standing(tenant)
        return not actor.is_operator and (standing is None or standing.role != "admin" or
                                          actor.is_self(tenant, user))

    # --- tokens ---

    @staticmethod
    def has_expired(token, now):
        return token.expires is not None and token.expires <= now

    def is_dead(self, token, now):
        return token.state == "revoked" or self.has_expired(token, now)

    def shown_state(self, token, now):
        if token.state == "revoked":
            return "revoked"
        if self.has_expired(token, now):
            return "expired"
        if token.state != "active":
            return token.state
        soon = token.expires is not None and token.expires - now <= 14 * DAY
        return "expiring" if soon else "active"

    def counting(self, tenant, user, now, but=None):
        """What counts for the cap. Pending ones do until they are ended: a successor that is given
        up gives its place back to the token that it was to replace."""
        return [token for token in self.tokens_of.get((tenant, user), [])
                if token.successor is None and token is not but and
                (token.state == "pending" or not self.is_dead(token, now))]

    def predecessor(self, token):
        return next((each for each in self.tokens_of[token.tenant, token.user]
                     if each.successor == token.id), None)

    def unmet(self, token):
        """What the tenant demands and the token does not keep."""
        policy = self.tenants[token.tenant].policy
        if policy["requireExpiry"] and token.expires is None:
            return "the tenant requires an expiry"
        if policy["maxLifetime"] is not None and (
                token.expires is None or token.expires - token.created > policy["maxLifetime"]):
            return "the tenant allows only shorter lifetimes"
        if policy["requireAddresses"] and not token.addresses:
            return "the tenant requires tokens to be bound to addresses"
        return None

    def is_within(self, after, before, member):
        """Whether a member of a policy is as tight as it was, or tighter."""
        new, old = after[member], before[member]
        if member in ("requireExpiry", "requireAddresses"):
            return new or not old
        if member == "selfService":
            return old or not new
        if member == "nameMin":
            return new >= old
        if old is None or new is None:
            return old is None
        if member in ("scopes", "selfServiceScopes"):
            return includes(old, new)
        return networks_include(old, new) if member == "networks" else new <= old

    # --- the decision ---

    def verdict(self, token, now, service=None, scope=None, login=None, address=None):
        """The verdict on a token that is presented with its secret; token None: unknown."""
        if token is None:
            return "unknown"
        user, tenant = self.users[token.tenant, token.user], self.tenants[token.tenant]
        wanted, local, takes = SERVICES[service] if scope is None else \
            (scope, False, {token.tenant: False})
        name, _, realm = (login or "").partition("@")
        if token.state == "revoked":
            return "revoked"
        if self.has_expired(token, now):
            return "expired"
        if token.state == "pending":
            return "pending"
        if token.not_before is not None and now < token.not_before:
            return "not-yet-valid"
        if token.state == "suspended":
            return "suspended"
        if not user.enabled:
            return "user-disabled"
        if not tenant.enabled:
            return "tenant-disabled"
        if self.unmet(token):
            return "policy-denied"
        needs_realm = takes.get(token.tenant)
        if needs_realm is None:
            return "wrong-tenant"
        if realm and (needs_realm or not local):
            if realm not in tenant.realms:
                return "wrong-tenant"
        elif needs_realm:
            return "wrong-tenant"
        if local and (user.account is None or login != user.account):
            return "wrong-user"
        if not local and login is not None and name != user.user:
            return "wrong-user"
        allowed = tenant.policy["scopes"]
        if not (covers(user.grants, wanted) and covers(token.scopes, wanted) and
                (allowed is None or covers(allowed, wanted))):
            return "scope-denied"
        networks = tenant.policy["networks"]
        if (token.addresses and not holds(token.addresses, address)) or \
                (networks is not None and not holds(networks, address)):
            return "address-denied"
        return "accepted"

    # --- the log ---

    def note(self, actor, event, tenant, user="", subject="", reason="", batch=""):
        """A change that the log of the tenant must tell next."""
        self.log[tenant].append((event, user, subject, actor.name, actor.uid, reason, batch))
        self.seqs[tenant] += 1
        if user:
            self.texts.setdefault((tenant, user), []).append(self.seqs[tenant])

    def erase(self, actor, tenant, user, reason, piece=None):
        """Erases the texts of a user, each piece of the log with a change that tells of it."""
        texts, head = self.texts.pop((tenant, user), []), self.seqs[tenant]
        for after in range(0, head, piece or head):
            upto = min(after + (piece or head), head)
            if any(after < seq <= upto for seq in texts):
                self.note(actor, "log.erase", tenant, user, str(upto), reason)
        return len(texts)
