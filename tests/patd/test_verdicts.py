# SPDX-License-Identifier: BSD-2-Clause
"""Every verdict of DESIGN.md section 4, reached by real changes and asked for over the socket."""
import grp
import os
import secrets
import signal
import time

import pytest

from pat import encode_request
from patdkit import (ME, Asker, Daemon, process_status, read_log, refusal, section, system_account,
                     unknown_token, wait_until, with_check, with_other_secret)

MAIL = {"service": "imap", "login": "alice"}


def now():
    return time.time_ns() // 1000


def judge(patd, token, **request):
    """The answer's class and the verdict that the log tells; nothing else is in a refusal."""
    request.setdefault("address", f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.1")
    before = len(patd.log.read_bytes())
    answer = Asker(patd).ask(token, **request)
    line, = wait_until(lambda: [
        line for line in log_behind(patd, before) if line["event"] == "verify"])
    if answer["class"] != "accepted":
        assert set(answer) == {"class", "nonce"}
    return answer["class"], line["verdict"], line


def log_behind(patd, at):
    return list(read_log(patd.log.read_bytes()[at:].decode()))


def verdict(patd, token, **request):
    return judge(patd, token, **request)[:2]


def test_accepted(acme):
    """A7."""
    token, record = acme.token(scopes=["mail:read", "mail:send"])
    packet = {**MAIL, "address": "192.0.2.9", "wants": True}
    answer = Asker(acme).ask(token, **packet)
    assert answer.pop("nonce") and answer == {
        "class": "accepted", "id": record["id"], "user": "alice", "tenant": "acme",
        "scopes": "mail:read,mail:send"}
    line, = acme.events("verify")
    assert line == {"event": "verify", "verdict": "accepted", "token": record["id"],
                    "tenant": "acme", "user": "alice", "service": "imap", "login": "alice",
                    "rhost": "192.0.2.9", "peer_uid": str(ME)}


def test_what_a_token_looks_like(acme):
    """Only what is not token-shaped is somebody else's business."""
    token, _ = acme.token(scopes=["mail:read"])
    for text, expected in (
            ("a password", ("other", "not-a-token")),
            ("pat_", ("other", "not-a-token")),
            ("pat_acme_", ("other", "not-a-token")),
            ("pat_acme_1short", ("other", "not-a-token")),
            ("pat_a-b_1" + "0" * 41, ("other", "not-a-token")),
            (token + "!", ("other", "not-a-token")),
            (token[:-1], ("refused", "malformed")),
            (token + "0", ("refused", "malformed")),
            (token[:-1] + ("0" if token[-1] != "0" else "1"), ("refused", "malformed")),
            (token.replace("_1", "_2", 1), ("refused", "malformed")),
            (with_check(token[:-8]), ("refused", "malformed")),
            ("  " + token.upper() + "\r\n", ("accepted", "accepted")),
            (unknown_token(), ("refused", "unknown")),
            (unknown_token("lab"), ("refused", "unknown")),
            (with_other_secret(token), ("refused", "bad-secret"))):
        assert verdict(acme, text, **MAIL) == expected, text


@pytest.mark.parametrize("request_of", [
    {"service": "no/service"}, {"service": ".hidden"}, {"service": "sp ace"},
    {"service": "imap\x01"}, {"login": "a/b"}, {"login": "-alice"}, {"login": "alice@@x"},
    {"login": "alice@x@y"}, {"login": "a b"}, {"login": ""}, {"login": "alice@"},
    {"login": "alice\u202e"}, {"login": "alice@exa mple"}, {"realm": "exa mple"},
    {"login": "alice@example.org", "realm": "example.net"}])
def test_illegal_names(shared, request_of):
    token, _ = shared.token(scopes=["mail:read"])
    assert verdict(shared, token, **{**MAIL, **request_of}) == ("refused", "illegal-name")
    shared.call("Revoke", tokens=[token[len("pat_acme_1"):][:8]])


def test_pending_and_confirmed(acme):
    """M2, A38: a token in the dialogue does not work until it is confirmed."""
    token, record = acme.token(scopes=["mail:read"], pending=True)
    assert verdict(acme, token, **MAIL) == ("refused", "pending")
    acme.call("Confirm", token=record["id"])
    assert verdict(acme, token, **MAIL) == ("accepted", "accepted")


def test_not_yet_valid_and_expired(acme):
    """A9."""
    token, _ = acme.token(scopes=["mail:read"], notBefore=now() + 1200000,
                          expires=now() + 2400000)
    seen = []
    assert wait_until(lambda: seen.append(verdict(acme, token, **MAIL)) or
                      seen[-1] == ("refused", "expired"))
    order = sorted(set(seen), key=seen.index)
    assert order == [("refused", "not-yet-valid"), ("accepted", "accepted"),
                     ("refused", "expired")]


def test_revoked(acme):
    """M7, C19: refused at the very next question, and for ever."""
    token, record = acme.token(scopes=["mail:read"])
    assert verdict(acme, token, **MAIL) == ("accepted", "accepted")
    acme.call("Revoke", tokens=[record["id"]], reason="laptop stolen")
    assert verdict(acme, token, **MAIL) == ("refused", "revoked")
    acme.restart()
    assert verdict(acme, token, **MAIL) == ("refused", "revoked")


def test_user_disabled_and_enabled(acme):
    token, _ = acme.token(scopes=["mail:read"])
    for enabled, expected in ((False, ("refused", "user-disabled")),
                              (True, ("accepted", "accepted"))):
        acme.call("UserSetEnabled", user="alice", enabled=enabled)
        assert verdict(acme, token, **MAIL) == expected


def test_wrong_user(acme):
    """A5."""
    acme.user("bob", grants=["mail:*"])
    token, _ = acme.token(scopes=["mail:read"])
    for login in ("bob", "Alice", "alice2", "alic", "root"):
        assert verdict(acme, token, service="imap", login=login) == ("refused", "wrong-user")
    # A mechanism without a login name is told who it is.
    assert verdict(acme, token, service="imap") == ("accepted", "accepted")


def test_scope_denied(acme):
    """A4, A30, E13: read at use: token, grants and tenant all have to cover the service."""
    token, _ = acme.token(scopes=["mail:read"])
    wide, _ = acme.token(scopes=["mail:*"])
    assert verdict(acme, token, service="smtp", login="alice") == ("refused", "scope-denied")
    assert verdict(acme, token, service="ldap", login="alice") == ("refused", "scope-denied")
    assert verdict(acme, wide, service="smtp", login="alice") == ("accepted", "accepted")
    acme.call("GrantRemove", holder="alice", scopes=["mail:*"])
    acme.call("GrantAdd", holder="alice", scopes=["mail:send"])
    assert verdict(acme, token, **MAIL) == ("refused", "scope-denied")
    assert verdict(acme, wide, **MAIL) == ("refused", "scope-denied")
    assert verdict(acme, wide, service="smtp", login="alice") == ("accepted", "accepted")
    answer = Asker(acme).ask(wide, service="smtp", login="alice", wants=True)
    assert answer["scopes"] == "mail:send"


@pytest.mark.parametrize("limits, address, accepted", [
    (["192.0.2.0/24"], "192.0.2.255", True), (["192.0.2.0/24"], "192.0.3.0", False),
    (["192.0.2.7"], "192.0.2.7", True), (["192.0.2.7"], "::ffff:192.0.2.7", True),
    (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", True),
    (["2001:db8::/32"], "2001:db9::1", False), (["2001:db8::/32"], "192.0.2.1", False),
    (["0.0.0.0/0"], "2001:db8::1", False), (["fe80::/10"], "fe80::1%eth0", True),
    (["192.0.2.0/24"], "localhost", False), (["192.0.2.0/24"], "192.0.2", False),
    (["192.0.2.0/24"], "192.0.2.7:22", False), (["192.0.2.0/24"], "", False)])
def test_address_denied(shared, limits, address, accepted):
    """S1: a name is no address, and nothing is ever resolved."""
    token, record = shared.token(scopes=["mail:read"], addresses=limits)
    expected = ("accepted", "accepted") if accepted else ("refused", "address-denied")
    assert verdict(shared, token, **MAIL, address=address) == expected
    assert verdict(shared, token, **MAIL, address=None) == ("refused", "address-denied")
    shared.call("Revoke", tokens=[record["id"]])


def test_networks_of_a_tenant():
    with Daemon() as patd:
        patd.tenant(policy={"networks": ["192.0.2.0/24"]})
        patd.user("alice", grants=["mail:*"])
        free, _ = patd.token(scopes=["mail:read"])
        bound, _ = patd.token(scopes=["mail:read"], addresses=["198.51.100.0/24"])
        assert verdict(patd, free, **MAIL, address="192.0.2.1") == ("accepted", "accepted")
        assert verdict(patd, free, **MAIL, address="198.51.100.1") == ("refused", "address-denied")
        for address in ("192.0.2.1", "198.51.100.1"):
            assert verdict(patd, bound, **MAIL, address=address) == ("refused", "address-denied")


# --- tenants and realms ---

LISTS = (section("imap", "tenants = acme lab@") + section("smtp", "tenants = lab@ acme@") +
         section("ldap", "tenants = lab") + section("http") +
         section("sshd", "tenants = acme lab@"))

# service, token's tenant, login, realm, claimed tenant -> verdict, realm of the answer
TABLE = [
    ("imap", "acme", "alice", None, None, "accepted", None),
    ("imap", "acme", "alice@acme.example", None, None, "accepted", "acme.example"),
    ("imap", "acme", "alice@ACME.example", None, None, "accepted", "acme.example"),
    ("imap", "acme", "alice", "acme.example", None, "accepted", "acme.example"),
    ("imap", "acme", "alice@mail.acme.example", None, None, "accepted", "mail.acme.example"),
    ("imap", "acme", "alice@lab.example", None, None, "wrong-tenant", None),
    ("imap", "acme", "alice@elsewhere.example", None, None, "wrong-tenant", None),
    ("imap", "acme", None, None, None, "accepted", None),
    ("imap", "acme", "alice", None, "acme", "accepted", None),
    ("imap", "acme", "alice", None, "lab", "wrong-tenant", None),
    ("imap", "lab", "alice", None, None, "wrong-tenant", None),
    ("imap", "lab", "alice@lab.example", None, None, "accepted", "lab.example"),
    ("imap", "lab", "alice", "lab.example", None, "accepted", "lab.example"),
    ("imap", "lab", "alice@acme.example", None, None, "wrong-tenant", None),
    ("imap", "lab", None, None, None, "accepted", "lab.example"),
    ("imap", "other", "alice", None, None, "wrong-tenant", None),
    ("imap", "other", None, None, None, "wrong-tenant", None),
    ("smtp", "acme", "alice", None, None, "wrong-tenant", None),
    ("smtp", "acme", "alice@acme.example", None, None, "accepted", "acme.example"),
    ("smtp", "acme", None, None, None, "accepted", "acme.example"),
    ("ldap", "lab", "alice", None, None, "accepted", None),
    ("ldap", "acme", "alice", None, None, "wrong-tenant", None),
    ("http", "acme", "alice", None, None, "accepted", None),
    ("http", "lab", "alice", None, None, "wrong-tenant", None),
]


@pytest.fixture(scope="module")
def tenants():
    """acme (the default) and lab with realms, and one without; an alice in each."""
    with Daemon(LISTS, services=()) as patd:
        patd.secrets = {}
        for name, realms in (("acme", ["acme.example", "mail.acme.example"]),
                             ("lab", ["lab.example"]), ("other", [])):
            patd.tenant(name, realms=realms, makeDefault=name == "acme")
            patd.user("alice", grants=["mail:*", "ldap:bind", "http:access"], tenant=name)
            patd.secrets[name], _ = patd.token(
                scopes=["mail:*", "ldap:bind", "http:access"], tenant=name)
        yield patd


@pytest.mark.parametrize("service, tenant, login, realm, claim, expected, answered", TABLE)
def test_tenants_and_realms(tenants, service, tenant, login, realm, claim, expected, answered):
    """A6: two tenants' alice never share a mailbox or an account."""
    request = {"service": service, "login": login, "realm": realm, "tenant": claim}
    classified, seen, _ = judge(tenants, tenants.secrets[tenant], **request)
    assert (classified, seen) == ("accepted" if expected == "accepted" else "refused", expected)
    if expected == "accepted":
        answer = Asker(tenants).ask(tenants.secrets[tenant], **request)
        assert (answer["tenant"], answer["user"]) == (tenant, "alice")
        assert answer.get("realm") == answered and "uid" not in answer


# --- local accounts ---

def test_local_services_want_a_binding():
    """E2: name and uid of the account, by an operator; root only where both sides allow it."""
    account = system_account()
    sections = section("sshd") + section("sudo", "allow_root = yes") + section("imap")
    with Daemon(sections, services=()) as patd:
        patd.tenant()
        patd.user("virtual", grants=["ssh:login"])
        patd.user("alice", grants=["ssh:login", "sudo:run"], account=account.pw_name,
                  uid=account.pw_uid, system=True)
        patd.user("boss", grants=["ssh:login", "sudo:run"], account="root", uid=0, allowRoot=True)
        patd.user("plain", grants=["ssh:login", "sudo:run"], account="plain", uid=70001)
        tokens = {user: patd.token(user, scopes=["ssh:login", "sudo:run"])[0]
                  for user in ("alice", "boss", "plain")}
        tokens["virtual"], _ = patd.token("virtual", scopes=["ssh:login"])
        for user, service, login, expected in (
                ("alice", "sshd", account.pw_name, "accepted"),
                ("alice", "sshd", "alice", "wrong-user"),
                ("alice", "sshd", None, "wrong-user"),
                ("alice", "sshd", account.pw_name + "@acme", "wrong-user"),
                ("virtual", "sshd", "virtual", "wrong-user"),
                ("boss", "sshd", "root", "wrong-user"),
                ("boss", "sudo", "root", "accepted"),
                ("plain", "sshd", "plain", "accepted"),
                ("plain", "sshd", account.pw_name, "wrong-user")):
            assert verdict(patd, tokens[user], service=service, login=login)[1] == expected, \
                (user, service, login)
        answer = Asker(patd).ask(tokens["alice"], service="sshd", login=account.pw_name)
        assert answer["uid"] == account.pw_uid and answer["user"] == "alice"
        assert Asker(patd).ask(tokens["boss"], service="sudo", login="root")["uid"] == 0
        # its tokens were made for that account: another one does not inherit them
        rebind = {"user": "plain", "account": "plain", "uid": 70002}
        assert refusal(patd.call, "UserBind", **rebind).id == "user.has-tokens"
        patd.call("Revoke", tokens=[tokens["plain"][10:18]])
        patd.call("UserBind", **rebind)
        token, _ = patd.token("plain", scopes=["ssh:login"])
        assert Asker(patd).ask(token, service="sshd", login="plain")["uid"] == 70002
        assert verdict(patd, tokens["plain"], service="sshd", login="plain")[1] == "revoked"
        patd.call("UserBind", user="plain")
        assert verdict(patd, token, service="sshd", login="plain")[1] == "wrong-user"


def test_grants_of_a_unix_group():
    """An account's groups are asked for once it takes them; what they hold counts at use."""
    account = system_account()
    group = grp.getgrgid(account.pw_gid).gr_name
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["ssh:login", "mail:read"], account=account.pw_name,
                  uid=account.pw_uid, system=True)
        token, _ = patd.token(scopes=["ssh:login", "mail:read"])
        request = {"service": "sshd", "login": account.pw_name}
        patd.call("GrantRemove", holder="alice", scopes=["ssh:login"])
        assert verdict(patd, token, **request) == ("refused", "scope-denied")
        patd.call("GrantAdd", holder="@no-such-group", scopes=["ssh:login"])
        assert verdict(patd, token, **request) == ("refused", "scope-denied")
        patd.call("GrantAdd", holder="@" + group, scopes=["ssh:login"])
        assert verdict(patd, token, **request) == ("accepted", "accepted")
        check = patd.call("Check", token=token, service="sshd", user=account.pw_name)
        assert check["accepted"] is True
        patd.call("GrantRemove", holder="@" + group, scopes=["ssh:login"])
        assert verdict(patd, token, **request) == ("refused", "scope-denied")


def test_no_answer_about_groups_is_no_group():
    """A stopped name service costs one second and the group's grants, nothing else."""
    account = system_account()
    group = grp.getgrgid(account.pw_gid).gr_name
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:read"], account=account.pw_name, uid=account.pw_uid,
                  system=True)
        patd.call("GrantAdd", holder="@" + group, scopes=["mail:send"])
        patd.call("GrantAdd", holder="alice", scopes=["mail:send"])
        token, _ = patd.token(scopes=["mail:read", "mail:send"])
        patd.call("GrantRemove", holder="alice", scopes=["mail:send"])
        children = open(f"/proc/{patd.pid}/task/{patd.pid}/children", encoding="ascii").read()
        helpers = [int(pid) for pid in children.split()]
        try:
            for pid in helpers:
                assert process_status(pid)["Name"] == "patd-groups"
                os.kill(pid, signal.SIGSTOP)
            with Asker(patd) as asker:
                asker.send(encode_request(token, service="smtp", login="alice"))
                assert verdict(patd, token, **MAIL) == ("accepted", "accepted")
                assert asker.answer()["class"] == "refused"
        finally:
            for pid in helpers:
                os.kill(pid, signal.SIGCONT)
        assert patd.events("failure", doing="asking for groups: no answer in time")


# --- counts ---

def test_uses_are_counted(acme):
    """C20, M16, S8: when, by which service, from where; refusals too; guesses push nothing out."""
    token, record = acme.token(scopes=["mail:read"])
    day = now() // 86400000000
    assert acme.call("Show", token=record["id"])["token"]["lastUsed"] is None
    for number in range(25):
        verdict(acme, token, **MAIL, address=f"192.0.2.{number}")
    verdict(acme, token, service="smtp", login="alice", address="192.0.2.100")
    for _ in range(5):
        verdict(acme, with_other_secret(token), **MAIL, address="203.0.113.1")
    shown = acme.call("Show", token=record["id"])["token"]
    assert (shown["accepted"], shown["refused"]) == (25, 6)
    assert (shown["lastService"], shown["lastAddress"]) == ("imap", "192.0.2.24")
    assert abs(shown["lastUsed"] - now()) < 60000000
    uses = acme.call("Uses", token=record["id"])
    assert [(use["service"], use["address"], use["verdict"]) for use in uses["uses"]] == \
        [("smtp", "192.0.2.100", "scope-denied")] + \
        [("imap", f"192.0.2.{number}", "accepted") for number in range(24, 5, -1)]
    counts = {(each["service"], each["accepted"], each["refused"]) for each in uses["days"]}
    assert counts == {("imap", 25, 5), ("smtp", 0, 1)}
    assert {each["day"] for each in uses["days"]} <= {day, day + 1}
    status = acme.call("Status")
    assert (status["neverUsed"], status["active"]) == (0, 1)
    acme.restart()
    assert acme.call("Show", token=record["id"])["token"]["accepted"] == 25


def test_checks_leave_no_trace(acme):
    token, record = acme.token(scopes=["mail:read"])
    assert acme.call("Check", token=token, service="imap", user="alice")["accepted"] is True
    assert acme.call("Show", token=record["id"])["token"]["accepted"] == 0
    assert acme.events("verify") == []
    acme.call("Check", token=token, service="imap", user="alice", record=True)
    assert acme.call("Show", token=record["id"])["token"]["accepted"] == 1
    assert len(acme.events("verify", verdict="accepted")) == 1


def test_nothing_of_a_foreign_password_is_logged(acme):
    """M21: not a login name of a failed try, not a token in the place of a name."""
    token, record = acme.token(scopes=["mail:read"])
    verdict(acme, "hunter2 hunter2", service="imap", login="alice")
    verdict(acme, "wrong", service="imap", login=token)
    verdict(acme, token, service="imap", login=token)
    log = acme.log_text()
    assert "hunter2" not in log and token not in log and token[-33:] not in log
    assert record["id"] in log


def test_how_long_a_token_lasts(acme):
    """S7: told to whom it interests, as what is left of it, and whether it was replaced."""
    now = acme.call("Status")["now"]
    token, record = acme.token(scopes=["mail:read"], expires=now + 3600 * 1_000_000)
    answer = Asker(acme).ask(token, wants_end=True, **MAIL)
    assert 3500 < answer["seconds_left"] <= 3600 and not {"replaced", "scopes"} & set(answer)
    assert "seconds_left" not in Asker(acme).ask(token, wants=True, **MAIL)
    acme.call("Rotate", token=record["id"], grace=60_000_000)
    answer = Asker(acme).ask(token, wants=True, wants_end=True, **MAIL)
    assert 0 < answer["seconds_left"] <= 60 and answer["replaced"] == "" and answer["scopes"]
    endless = acme.token(scopes=["mail:read"], never=True)[0]
    assert "seconds_left" not in Asker(acme).ask(endless, wants_end=True, **MAIL)
