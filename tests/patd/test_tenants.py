# SPDX-License-Identifier: BSD-2-Clause
"""Tenants and their policies: who changes what, what it blocks, and how a tenant goes."""
import contextlib
import secrets
import sqlite3

import pytest

from pat import IS_ROOT, Refused
from patdkit import Caller, Daemon, fill, read_log, refusal, wait_until

ADMIN, AUDITOR, ALICE = 60101, 60102, 60103
MAIL = {"service": "imap", "login": "alice"}
DAY = 86400 * 1000000
DEFAULT = {"maxTokens": 25, "nameMin": 8, "requireExpiry": False, "requireAddresses": False,
           "defaultLifetime": None, "maxLifetime": None, "pendingLifetime": 600 * 1000000,
           "scopes": None, "networks": None, "selfService": True,
           "selfServiceScopes": ["db:connect", "http:access", "ldap:bind", "mail:*", "ssh:login"]}
# Member, and three values of it: loose, tighter, the tightest.
MEMBERS = [
    ("maxTokens", None, 25, 3),
    ("nameMin", 1, 8, 20),
    ("requireExpiry", False, False, True),
    ("requireAddresses", False, False, True),
    ("defaultLifetime", None, 90 * DAY, 30 * DAY),
    ("maxLifetime", None, 365 * DAY, 180 * DAY),
    ("pendingLifetime", 3600 * 1000000, 600 * 1000000, 60 * 1000000),
    ("scopes", None, ["ldap:bind", "mail:*"], ["mail:read"]),
    ("networks", None, ["10.0.0.0/8", "192.0.2.0/24"], ["10.1.0.0/16"]),
    ("selfService", True, True, False),
    ("selfServiceScopes", ["mail:*", "ssh:login"], ["mail:*"], []),
]
KEYS = {"maxTokens": "max_tokens", "nameMin": "name_min", "requireExpiry": "require_expiry",
        "requireAddresses": "require_addresses", "defaultLifetime": "default_lifetime",
        "maxLifetime": "max_lifetime", "pendingLifetime": "pending_lifetime", "scopes": "scopes",
        "networks": "networks", "selfService": "self_service",
        "selfServiceScopes": "self_service_scopes"}


def rules(patd, tenant="acme"):
    return patd.call("TenantShow", tenant=tenant)["tenant"]["policy"]


def set_rules(patd, tenant="acme", **policy):
    return patd.call("TenantSet", tenant=tenant, policy=policy)["tenant"]


def changes(patd, event=None, tenant="acme"):
    return [entry["change"] for entry in patd.call("Log", tenant=tenant, more=True)
            if "change" in entry and (event is None or entry["change"]["event"] == event)]


def judge(patd, token, **request):
    """The verdict that the log tells of one verification."""
    before = len(patd.log.read_bytes())
    answer = patd.verify(token, **{**MAIL, **request})
    line, = wait_until(lambda: [line for line in read_log(patd.log.read_bytes()[before:].decode())
                                if line["event"] == "verify"])
    assert (answer["class"] == "accepted") == (line["verdict"] == "accepted")
    return line["verdict"]


# --- settings ---

def test_a_member_is_set_and_the_others_stay(daemon):
    """B4."""
    daemon.tenant()
    expected = dict(DEFAULT)
    assert rules(daemon) == expected
    for name, *values in MEMBERS:
        for value in values:
            expected[name] = value
            assert set_rules(daemon, **{name: value})["policy"] == expected == rules(daemon)
        if name == "maxLifetime":
            set_rules(daemon, maxLifetime=None, defaultLifetime=None)
            expected.update(maxLifetime=None, defaultLifetime=None)
    # null where nothing can be without a limit says nothing, like a member that is left out
    assert set_rules(daemon, nameMin=None, selfService=None, scopes=None)["policy"] == \
        {**expected, "scopes": None}


def test_texts_and_realms(daemon):
    daemon.tenant(realms=["acme.example"])
    daemon.tenant("lab", realms=["lab.example"], makeDefault=False)
    changed = daemon.call("TenantSet", tenant="acme", description="the firm", contact="room 7",
                          realms=["Mail.Acme.Example", "acme.example"])["tenant"]
    assert (changed["description"], changed["contact"]) == ("the firm", "room 7")
    assert changed["realms"] == ["mail.acme.example", "acme.example"]
    assert changed["policy"] == DEFAULT
    for realms, id_ in ((["lab.example"], "realm.taken"), (["not a realm"], None),
                        (["-"], "realm.illegal")):
        error = refusal(daemon.call, "TenantSet", tenant="acme", realms=realms)
        assert error is not None and (id_ is None or error.id == id_)
    assert daemon.call("TenantSet", tenant="acme", realms=[])["tenant"]["realms"] == []
    # what one tenant gave up another one may have
    daemon.call("TenantSet", tenant="lab", realms=["lab.example", "acme.example"])


@pytest.mark.parametrize("policy, id_", [
    ({"nameMin": 0}, "policy.name-min"), ({"nameMin": 65}, "policy.name-min"),
    ({"maxTokens": 0}, "policy.max-tokens"), ({"maxLifetime": 1}, "policy.lifetime"),
    ({"maxLifetime": 4000 * DAY}, "policy.lifetime"), ({"pendingLifetime": 0}, "policy.lifetime"),
    ({"defaultLifetime": 31 * DAY, "maxLifetime": 30 * DAY}, "policy.lifetime"),
    ({"scopes": ["mail"]}, None), ({"networks": ["10.0.0.0/40"]}, None), ({"unheard": 1}, None),
    ({"requireExpiry": "yes"}, None), ([], None),
], ids=str)
def test_a_policy_that_cannot_be_is_refused(shared, policy, id_):
    before, heads = rules(shared), shared.heads()
    error = refusal(shared.call, "TenantSet", tenant="acme", policy=policy)
    if id_ is None:
        assert error.error == "InvalidParameter"
    else:
        assert (error.error, error.id) == ("Invalid", id_)
    assert rules(shared) == before and shared.heads() == heads


def test_texts_that_are_too_long_or_hold_a_token_are_refused(shared):
    heads = shared.heads()
    for parameters in ({"description": 1025 * "x"}, {"contact": 255 * "x"}, {"reason": 513 * "x"},
                       {"contact": "\x1b[2J"},
                       {"contact": shared.token(scopes=["mail:read"])[0]}):
        heads = shared.heads()
        error = refusal(shared.call, "TenantSet", tenant="acme", **parameters)
        assert error.id in ("text.long", "text.unreadable", "text.token")
        assert shared.heads() == heads


def test_what_is_like_that_already_is_no_change(acme):
    acme.call("TenantSet", tenant="acme", contact="room 7", policy={"maxLifetime": 30 * DAY})
    heads = acme.heads()
    for _ in range(2):
        acme.call("TenantSet", tenant="acme", contact="room 7", reason="again",
                  policy={"maxLifetime": 30 * DAY, "scopes": None})
        acme.call("TenantSet", tenant="acme")
        acme.call("TenantSetEnabled", tenant="acme", enabled=True)
    assert acme.heads() == heads
    acme.call("TenantSetEnabled", tenant="acme", enabled=False)
    heads = acme.heads()
    acme.call("TenantSetEnabled", tenant="acme", enabled=False)
    assert acme.heads() == heads


# --- the change log ---

def text_of(value, name):
    if value is None:
        return "unlimited"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(value)
    return str(value // 1000000 if name.endswith("Lifetime") else value)


def test_a_change_tells_the_whole_policy_and_what_was_before(acme):
    """S5: the journal can make it again."""
    set_rules(acme, maxLifetime=30 * DAY, scopes=["mail:*"])
    acme.call("TenantSet", tenant="acme", reason="by decree", contact="room 7",
              policy={"maxLifetime": 20 * DAY, "selfServiceScopes": []})
    first, second = changes(acme, "tenant.set")
    expected = {KEYS[name]: text_of(value, name) for name, value in rules(acme).items()}
    assert second["after"] == {**expected, "realms": "", "contact": "room 7"}
    assert second["before"] == {"max_lifetime": str(30 * 86400), "contact": "",
                                "self_service_scopes": text_of(DEFAULT["selfServiceScopes"], "")}
    assert second["reason"] == "by decree"
    assert first["before"] == {"max_lifetime": "unlimited", "scopes": "unlimited"}
    assert set(first["after"]) == set(KEYS.values()) | {"realms"}


def test_the_longest_policy_is_logged_whole(daemon):
    """However long a policy is, every right of it stands whole in one of the changes."""
    scopes = [f"{number:02}{26 * 'a'}:*" for number in range(32)]
    networks = [f"2001:db8:{number:x}:ffff:ffff:ffff:ffff:fff0/124" for number in range(16)]
    realms = [f"{number}.{59 * 'r'}.{59 * 'r'}.{59 * 'r'}.{59 * 'r'}" for number in range(4)]
    long = {"scopes": scopes, "networks": networks, "selfServiceScopes": scopes}
    daemon.tenant(realms=realms, policy=long, contact=63 * "\U0001d11e", description=200 * "\u2026")
    assert len(changes(daemon, "tenant.create")) > 1
    daemon.call("TenantSet", tenant="acme", policy={"requireExpiry": True})
    parts = changes(daemon, "tenant.set")
    assert len(parts) > 1
    after = {key: value for part in parts for key, value in part["after"].items()}
    assert sum(len(part["after"]) for part in parts) == len(after)
    assert after == {**{KEYS[name]: text_of(value, name) for name, value in rules(daemon).items()},
                     "realms": ",".join(realms)}
    assert {key: value for part in parts for key, value in part["before"].items()} == \
        {"require_expiry": "no"}
    assert all("bad" not in entry or entry["bad"] is None
               for entry in daemon.call("LogVerify", tenant="acme", more=True))


# --- who may ---

@pytest.fixture(scope="module")
def ruled():
    """Tenants with an administrator, an auditor and a user, who call for themselves."""
    with Daemon() as patd:
        patd.tenant(realms=["acme.example"])
        patd.user("adam", grants=[], account="adam", uid=ADMIN, role="admin")
        patd.user("odette", grants=[], account="odette", uid=AUDITOR, role="auditor")
        patd.user("alice", grants=["mail:*"], account="alice", uid=ALICE)
        yield patd


if IS_ROOT:
    @pytest.mark.parametrize("name, loose, middle, tight", MEMBERS, ids=[row[0] for row in MEMBERS])
    def test_administrators_tighten_and_never_loosen(ruled, name, loose, middle, tight):
        """S5, DESIGN.md section 1."""
        set_rules(ruled, **{**DEFAULT, name: middle})
        with Caller(ruled, ADMIN) as adam:
            for value, allowed in ((middle, True), (tight, True), (middle, middle == tight),
                                   (loose, loose == tight), (tight, True)):
                error = refusal(adam.call, "TenantSet", tenant="acme", policy={name: value})
                assert (error is None) == allowed, (value, error)
                if error is not None:
                    assert error.error == "NotPermitted"
                    assert error.id == "policy.loosen"
            assert rules(ruled)[name] == tight
        assert set_rules(ruled, **DEFAULT)["policy"] == DEFAULT

    def test_administrators_set_texts_and_no_realms(ruled):
        with Caller(ruled, ADMIN) as adam:
            changed = adam.call("TenantSet", tenant="acme", contact="adam", description="his")
            assert (changed["tenant"]["contact"], changed["tenant"]["description"]) == \
                ("adam", "his")
            for realms in ([], ["acme.example", "other.example"]):
                error = refusal(adam.call, "TenantSet", tenant="acme", realms=realms)
                assert error.id == "policy.realms"
            adam.call("TenantSet", tenant="acme", realms=["acme.example"])  # as they are

    def test_a_change_is_all_or_nothing(ruled):
        """One member that may not be loosened, and none of the others is changed."""
        before, heads = rules(ruled), ruled.heads()
        with Caller(ruled, ADMIN) as adam:
            error = refusal(adam.call, "TenantSet", tenant="acme",
                            policy={"nameMin": 30, "maxTokens": None})
        assert error.id == "policy.loosen"
        assert rules(ruled) == before and ruled.heads() == heads

    @pytest.mark.parametrize("uid", [AUDITOR, ALICE])
    def test_others_change_nothing(ruled, uid):
        with Caller(ruled, uid) as caller:
            assert caller.call("TenantShow", tenant="acme")["tenant"]["tenant"] == "acme"
            for method, parameters in (("TenantSet", {"contact": "me"}),
                                       ("TenantSetEnabled", {"enabled": False}),
                                       ("TenantDelete", {"withTokens": True})):
                error = refusal(caller.call, method, tenant="acme", **parameters)
                assert error.error == "NotPermitted"


# --- tokens that are out ---

DEMANDS = [
    ("an end", {"requireExpiry": True}, {"requireExpiry": False}, {},
     {"expires": 20 * DAY}, "expires, as the tenant requires", "the tenant requires an expiry"),
    ("a shorter life", {"maxLifetime": 30 * DAY}, {"maxLifetime": None}, {"expires": 60 * DAY},
     {"expires": 20 * DAY}, "lives no longer than the tenant allows",
     "the tenant allows only shorter lifetimes"),
    ("an end, for the longest life", {"maxLifetime": 30 * DAY}, {"maxLifetime": None}, {},
     {"expires": 20 * DAY}, "lives no longer than the tenant allows",
     "the tenant allows only shorter lifetimes"),
    ("addresses", {"requireAddresses": True}, {"requireAddresses": False}, {},
     {"addresses": ["192.0.2.0/24"]}, "bound to addresses, as the tenant requires",
     "the tenant requires tokens to be bound to addresses"),
]


@pytest.mark.parametrize("tight, relaxed, made, edit, condition, sentence",
                         [row[1:] for row in DEMANDS], ids=[row[0] for row in DEMANDS])
def test_tightening_blocks_and_relaxing_lets_work_again(acme, tight, relaxed, made, edit, condition,
                                                        sentence):
    """K2, S5: nothing is destroyed, and the reason is told to whoever may know it."""
    now = acme.call("Status")["now"]
    later = {name: now + value if name == "expires" else value for name, value in made.items()}
    token, record = acme.token(scopes=["mail:read"], **later)
    other, other_record = acme.token(scopes=["mail:read"], **later)
    near = {"address": "192.0.2.7"}
    assert judge(acme, token, **near) == "accepted" and record["blocked"] is None
    for _ in range(2):
        set_rules(acme, **tight)
        assert judge(acme, token, **near) == "policy-denied"
        shown = acme.call("Show", token=record["id"])["token"]
        assert (shown["blocked"], shown["state"]) == (sentence, record["state"])
        for explained in (acme.call("Explain", token=record["id"], service="imap", user="alice"),
                          acme.call("Check", token=token, service="imap", user="alice")):
            assert (explained["verdict"], explained["sentence"]) == ("policy-denied", sentence)
            broken, = [row for row in explained["conditions"] if not row["holds"]]
            assert (broken["verdict"], broken["condition"]) == ("policy-denied", condition)
        listed = acme.call("List", filter={"blocked": True}, more=True)
        assert {entry["token"]["id"] for entry in listed if "token" in entry} == \
            {record["id"], other_record["id"]}
        set_rules(acme, **relaxed)
        assert judge(acme, token, **near) == "accepted"
        assert [entry for entry in acme.call("List", filter={"blocked": True}, more=True)
                if "token" in entry] == []
    set_rules(acme, **tight)
    narrowed = {name: now + value if name == "expires" else value for name, value in edit.items()}
    acme.call("Edit", token=record["id"], **narrowed)
    assert judge(acme, token, **near) == "accepted" and judge(acme, other, **near) == "policy-denied"
    acme.call("Revoke", tokens=[other_record["id"]])
    assert judge(acme, other, **near) == "revoked"
    assert acme.call("Show", token=other_record["id"])["token"]["blocked"] is None


def test_scopes_and_networks_are_read_at_use(acme):
    """K2, S5."""
    token, record = acme.token(scopes=["mail:read"])
    set_rules(acme, scopes=["mail:send"])
    assert judge(acme, token, address="192.0.2.7") == "scope-denied"
    set_rules(acme, scopes=None, networks=["10.0.0.0/8"])
    assert judge(acme, token, address="192.0.2.7") == "address-denied"
    set_rules(acme, networks=None)
    assert judge(acme, token, address="192.0.2.7") == "accepted"
    assert acme.call("Show", token=record["id"])["token"]["blocked"] is None


def test_a_disabled_tenant_is_refused_until_it_is_enabled(acme):
    token, _ = acme.token(scopes=["mail:read"])
    acme.call("TenantSetEnabled", tenant="acme", enabled=False, reason="unpaid")
    assert judge(acme, token) == "tenant-disabled"
    error = refusal(acme.token, scopes=["mail:read"])
    assert error.id == "tenant.disabled"
    assert "patctl tenant enable acme" in error.hint
    acme.call("TenantSetEnabled", tenant="acme", enabled=True)
    assert judge(acme, token) == "accepted"
    off, on = changes(acme)[-2:]
    assert (off["event"], off["reason"], on["event"]) == ("tenant.disable", "unpaid",
                                                          "tenant.enable")
    assert refusal(acme.call, "TenantSetEnabled", tenant="acme").error == \
        "InvalidParameter"


# --- whom to ask ---

REFUSALS = [
    ("scope.tenant", {"scopes": ["mail:send"]}, {"scopes": ["mail:read"]}, {}),
    ("scope.grant", {"scopes": ["ldap:bind"]}, {}, {}),
    ("scope.self-service", {}, {"selfServiceScopes": ["ldap:bind"]}, {}),
    ("self-service.off", {}, {"selfService": False}, {}),
    ("policy.addresses", {}, {"requireAddresses": True}, {}),
    ("policy.expiry", {}, {"requireExpiry": True}, {}),
    ("policy.expiry", {}, {"maxLifetime": 30 * DAY}, {}),
    ("limit.lifetime", {"expires": 40 * DAY}, {"maxLifetime": 30 * DAY}, {}),
    ("limit.tokens", {}, {"maxTokens": 1}, {}),
    ("tenant.disabled", {}, {}, {"enabled": False}),
]

if IS_ROOT:
    @pytest.mark.parametrize("id_, wish, policy, state", REFUSALS, ids=[row[0] for row in REFUSALS])
    def test_who_is_refused_is_told_whom_to_ask(ruled, id_, wish, policy, state):
        """B9. The contact is as long as it may be, and stands there whole."""
        contact = ("help desk, room 7 " + 254 * "x")[:254]
        now = ruled.call("Status")["now"]
        wish = {"scopes": ["mail:read"], "name": f"name {secrets.token_hex(6)}", **wish}
        if "expires" in wish:
            wish["expires"] += now
        if id_ == "limit.tokens":
            ruled.token(scopes=["mail:read"], name="the only one")
        ruled.call("TenantSet", tenant="acme", contact=contact, policy=policy)
        ruled.call("TenantSetEnabled", tenant="acme", enabled=state.get("enabled", True))
        try:
            with Caller(ruled, ALICE) as alice:
                error = refusal(alice.call, "Create", tenant="acme", user="alice", **wish)
            if id_ == "tenant.disabled":  # nobody of the tenant is anybody then
                assert error.error == "NotPermitted"
                return
            assert error.id == id_
            assert error.hint.endswith(f"ask {contact}")
            error = refusal(ruled.call, "Create", tenant="acme", user="alice", **wish)
            if error is not None:  # an operator is told what to do instead
                assert "patctl " in error.hint or id_ == "scope.tenant"
                assert contact not in error.hint or id_ == "scope.tenant"
        finally:
            ruled.call("TenantSetEnabled", tenant="acme", enabled=True)
            ruled.call("TenantSet", tenant="acme", contact="", policy=DEFAULT)


# --- going ---

def everything(patd, tenant):
    with contextlib.closing(sqlite3.connect(patd.state / "pat.db")) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table} WHERE tenant = ?",
                                  (tenant,)).fetchone()[0]
                for table in ("tenants", "users", "groups", "tokens")}


NOTHING = {"tenants": 0, "users": 0, "groups": 0, "tokens": 0}


@pytest.fixture
def two(acme):
    """Acme, and a tenant lab with a user, a group and tokens in every state."""
    acme.tenant("lab", makeDefault=False)
    acme.user("eve", grants=["mail:*"], tenant="lab")
    acme.call("GrantAdd", tenant="lab", holder="@staff", scopes=["mail:read"])
    acme.live, _ = acme.token("eve", scopes=["mail:read"], tenant="lab")
    _, dead = acme.token("eve", scopes=["mail:read"], tenant="lab")
    acme.call("Revoke", tokens=[dead["id"]])
    _, paused = acme.token("eve", scopes=["mail:read"], tenant="lab")
    acme.call("Suspend", tokens=[paused["id"]])
    acme.token("eve", scopes=["mail:read"], tenant="lab", pending=True)
    return acme


def test_live_tokens_keep_their_tenant(two):
    heads, rows = two.heads(), everything(two, "lab")
    for dry_run in (False, True):
        error = refusal(two.call, "TenantDelete", tenant="lab", dryRun=dry_run)
        assert (error.error, error.id) == \
            ("Conflict", "tenant.in-use")
        assert error.message == "tenant lab has 3 live tokens"
        assert "--with-tokens" in error.hint
    counts = two.call("TenantDelete", tenant="lab", withTokens=True, dryRun=True)
    assert counts == {"done": 0, "of": 6, "tokens": 4, "live": 3, "users": 1, "groups": 1}
    assert two.heads() == heads and everything(two, "lab") == rows
    assert two.call("TenantShow", tenant="lab")["tenant"]["enabled"]


def test_the_default_tenant_stays(two):
    two.call("TenantSetDefault", tenant="lab")
    error = refusal(two.call, "TenantDelete", tenant="lab", withTokens=True)
    assert error.id == "tenant.default" and error.hint != ""
    two.call("TenantSetDefault", tenant="acme")
    two.call("TenantDelete", tenant="lab", withTokens=True)


def test_a_tenant_goes_and_its_log_stays(two):
    """Operators read it and it verifies; a tenant of the same name goes on with it."""
    seq = two.heads()["lab"]
    gone = two.call("TenantDelete", tenant="lab", withTokens=True, reason="closed down")
    assert gone == {"done": 6, "of": 6, "tokens": 4, "live": 3, "users": 1, "groups": 1}
    assert everything(two, "lab") == NOTHING
    off, last = changes(two, tenant="lab")[-2:]
    assert (off["event"], off["seq"], last["event"], last["seq"]) == \
        ("tenant.disable", seq + 1, "tenant.delete", seq + 2)
    assert last["reason"] == off["reason"] == "closed down" and last["after"] == {"count": "6"}
    assert two.heads()["lab"] == seq + 2
    for method in ("TenantShow", "TenantSet", "UserList"):
        assert refusal(two.call, method, tenant="lab", more=method == "UserList").error == \
            "NotFound"
    assert [row["tenant"]["tenant"] for row in two.call("TenantList", more=True) if row] == ["acme"]
    two.restart()
    assert two.health() == "accepted"
    two.tenant("lab", makeDefault=False)
    two.user("eve", grants=["mail:*"], tenant="lab")
    fresh, _ = two.token("eve", scopes=["mail:read"], tenant="lab")
    assert [change["seq"] for change in changes(two, tenant="lab")] == list(range(1, seq + 6))
    two.write_config(two.sections.replace("[service imap]\n", "[service imap]\ntenants = lab\n"))
    two.restart()
    assert two.health() == "accepted"
    assert judge(two, two.live, login="eve") == "unknown"
    assert judge(two, fresh, login="eve") == "accepted"


def test_many_rows_go_in_pieces_and_again_after_a_crash(acme):
    """After the first piece patd is killed; the tenant is disabled, and asking again goes on."""
    acme.tenant("lab", makeDefault=False, policy={"maxTokens": None})
    fill(acme, 5200, tenant="lab")
    with Caller(acme) as caller:
        caller.post("TenantDelete", more=True, tenant="lab", withTokens=True)
        first, second = caller.reply(), caller.reply()
        assert first["continues"] and second["continues"]
        assert (first["parameters"]["done"], second["parameters"]["done"]) == (0, 5000)
        acme.kill()
    left = everything(acme, "lab")
    assert left["tenants"] == 1 and left["tokens"] in (0, 200)
    acme.start()
    assert acme.health() == "accepted"
    if left["tokens"]:
        tenant = acme.call("TenantShow", tenant="lab")["tenant"]
        assert not tenant["enabled"] and tenant["live"] == 200
        entries = acme.call("TenantDelete", tenant="lab", withTokens=True, more=True)
        assert [entry["done"] for entry in entries] == [0, 250]
    assert everything(acme, "lab") == NOTHING
    assert all(entry.get("bad") is None for entry in acme.call("LogVerify", more=True))
    acme.restart()
    assert acme.health() == "accepted"


def test_enabling_ends_a_deletion(acme):
    """What is left then is left: nobody deletes what somebody wants back."""
    acme.tenant("lab", makeDefault=False, policy={"maxTokens": None})
    fill(acme, 15200, tenant="lab")  # four commits: the other call comes between two of them
    with Caller(acme) as deleting, Caller(acme) as enabling:
        enabling.call("WhoAmI")
        deleting.post("TenantDelete", more=True, tenant="lab", withTokens=True)
        assert deleting.reply()["parameters"]["done"] == 0  # it is disabled
        assert enabling.call("TenantSetEnabled", tenant="lab", enabled=True)["tenant"]["enabled"]
        while (last := deleting.reply()).get("continues"):
            pass
        assert last["parameters"]["id"] == "tenant.enabled"
    left = everything(acme, "lab")
    assert left["tenants"] == 1 and left["tokens"] in (15200, 10200, 5200)


def test_the_store_lets_only_a_disabled_tenant_be_emptied(two):
    """Triggers are a second line: nothing live is deleted, and nothing revoked works again."""
    two.token(scopes=["mail:read"])
    two.stop()
    live = "DELETE FROM tokens WHERE tenant = 'lab' AND state = 1"
    with contextlib.closing(sqlite3.connect(two.state / "pat.db")) as db:
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(live)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE tokens SET state = 1, ended = NULL WHERE state = 4")
        db.execute("UPDATE tenants SET state = 5 WHERE tenant = 'lab'")
        db.execute(live)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("DELETE FROM tokens WHERE tenant = 'acme'")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE tokens SET state = 1, ended = NULL WHERE state = 4")
        db.rollback()
