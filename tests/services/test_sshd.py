# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd (M9): which tokens open it, and that its clients cannot tell why others do not.

Every refusal is asked for twice, by password and by keyboard-interactive, all at the same time:
the delay after a refusal is PAM's, and the tests wait for it together.
"""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import tokens
from clients import KEYBOARD, METHODS, PASSWORD, network, ssh
from conftest import BESIDE_PASSWORDS, INCLUDE, SSHD_CONFIG, USUAL
from host import tool, wait_for

BARRED_PORT, ROOT_PORT, NAMES_PORT = 23, 24, 25
SECOND = 1_000_000


def now():
    return time.time_ns() // 1000


# --- what is refused: account, what is typed, the verdict in the log ---

def a_wrong_password(host, alice):
    return "alice", "nonsense", None


def a_wrong_secret(host, alice):
    return "alice", tokens.with_wrong_secret(alice.token), "bad-secret"


def an_unknown_token(host, alice):
    return "alice", tokens.with_unknown_id(alice.token), "unknown"


def a_mistyped_token(host, alice):
    return "alice", tokens.malformed(alice.token), "malformed"


def a_token_cut_short(host, alice):
    return "alice", alice.token[:-9], "malformed"


def an_expired_token(host, alice):
    token, record = host.patd.token("alice", expires=now() + SECOND)
    wait_for(lambda: now() > record["expires"], "end of the token")
    return "alice", token, "expired"


def a_revoked_token(host, alice):
    token, record = host.patd.token("alice")
    host.patd.ctl("revoke", record["id"], "--yes", check=0)
    return "alice", token, "revoked"


def a_pending_token(host, alice):
    return "alice", host.patd.token("alice", pending=True)[0], "pending"


def a_token_not_yet_valid(host, alice):
    return "alice", host.patd.token("alice", notBefore=now() + 3600 * SECOND)[0], "not-yet-valid"


def a_token_of_another_user(host, alice):
    host.bound("mallory")
    return "alice", host.patd.token("mallory")[0], "wrong-user"


def a_token_of_another_tenant(host, alice):
    host.patd.user("alice", account="alice", uid=host.uid_of("alice"), tenant="lab")
    return "alice", host.patd.token("alice", tenant="lab")[0], "wrong-tenant"


def a_token_of_another_scope(host, alice):
    return "alice", host.patd.token("alice", ["mail:read"])[0], "scope-denied"


def a_token_for_other_addresses(host, alice):
    return "alice", host.patd.token("alice", addresses=["10.0.0.0/8"])[0], "address-denied"


def a_token_of_an_unbound_user(host, alice):
    host.account("virgil")
    host.patd.user("virgil")
    return "virgil", host.patd.token("virgil")[0], "wrong-user"


def a_token_of_a_disabled_user(host, alice):
    host.bound("dora")
    token, _ = host.patd.token("dora")
    host.patd.ctl("user", "disable", "dora", check=0)
    return "dora", token, "user-disabled"


def a_token_of_an_account_that_was_made_again(host, alice):
    host.bound("phoenix")
    token, _ = host.patd.token("phoenix")
    uid = host.uid_of("phoenix")
    host.run([tool("userdel"), "--remove", "phoenix"], check=True)
    assert host.account("phoenix", uid=uid + 5000) != uid
    return "phoenix", token, "wrong-user"


def roots_token_without_allow_root(host, alice):
    host.patd.user("chief", account="root", uid=0, allowRoot=True)
    return "root", host.patd.token("chief")[0], "wrong-user"


def a_good_token_for_an_invalid_login(host, alice):
    return "nobodyhere", alice.token, None


def roots_token_where_root_may_not_use_passwords(host, alice):
    return "root", alice.token, None


CASES = (a_wrong_password, a_wrong_secret, an_unknown_token, a_mistyped_token, a_token_cut_short,
         an_expired_token, a_revoked_token, a_pending_token, a_token_not_yet_valid,
         a_token_of_another_user, a_token_of_another_tenant, a_token_of_another_scope,
         a_token_for_other_addresses, a_token_of_an_unbound_user, a_token_of_a_disabled_user,
         a_token_of_an_account_that_was_made_again, roots_token_without_allow_root,
         a_good_token_for_an_invalid_login, roots_token_where_root_may_not_use_passwords)


class Refusal:
    def __init__(self, host, alice, case):
        self.account, self.typed, self.verdict = case(host, alice)
        self.port = {roots_token_without_allow_root: ROOT_PORT,
                     roots_token_where_root_may_not_use_passwords: BARRED_PORT}.get(case, 22)
        self.logins = {}

    def ask(self, host, method):
        self.logins[method] = ssh(host, self.account, self.typed, method=method, port=self.port)

    @property
    def log_line(self):
        """Who tells the reason: patd, or the module when patd never heard of it."""
        form = tokens.FORM.fullmatch(self.typed)
        if self.verdict == "malformed":
            return r"sshd: pam_pat\(sshd:auth\): event=verify verdict=malformed$"
        return rf"event=verify verdict={self.verdict} token={form.group(2)} "


@pytest.fixture(scope="module")
def refusals(host, alice):
    host.start_sshd("PermitRootLogin prohibit-password\n" + SSHD_CONFIG, BARRED_PORT)
    host.start_sshd("PermitRootLogin yes\n" + SSHD_CONFIG, ROOT_PORT)
    found = {case: Refusal(host, alice, case) for case in CASES}
    host.pam("sshd", INCLUDE, BESIDE_PASSWORDS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: job[0].ask(host, job[1]),
                      [(refusal, method) for refusal in found.values() for method in METHODS]))
    host.pam("sshd", INCLUDE, USUAL)
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_refused_and_the_client_cannot_tell_why(refusals, case, method):
    """A53, M12."""
    login = refusals[case].logins[method]
    usual = refusals[a_wrong_password].logins[method]
    assert login.status == 255 and not login.accepted and login.out == ""
    assert "Permission denied" in login.err
    assert login.seen == usual.seen


@pytest.mark.parametrize("case", [case for case in CASES if case not in (
    a_wrong_password, a_good_token_for_an_invalid_login,
    roots_token_where_root_may_not_use_passwords)], ids=lambda case: case.__name__)
def test_the_log_says_the_exact_reason(host, refusals, case):
    """A53."""
    lines = host.syslog.matching(refusals[case].log_line)
    assert len(lines) >= len(METHODS), refusals[case].log_line


def test_no_token_is_in_any_of_these_logs(host, refusals):
    for refusal in refusals.values():
        if refusal.typed.startswith("pat_"):
            assert not [line for line in host.syslog.lines if refusal.typed[:40] in line]


# --- what gets in ---

@pytest.mark.parametrize("method", METHODS)
def test_a_good_token_gets_in(host, alice, method):
    assert ssh(host, "alice", alice.token, method=method).accepted
    host.syslog.wait(f"event=verify verdict=accepted token={alice.id} .* service=sshd login=alice")


@pytest.mark.parametrize("method", METHODS)
def test_the_unix_password_still_gets_in(host, alice, method):
    assert ssh(host, "alice", alice.password, method=method).accepted


def test_a_key_still_gets_in(host, alice):
    assert ssh(host, "alice", key=alice.key).accepted


@pytest.mark.parametrize("method", METHODS)
def test_two_wrong_tokens_then_the_right_one_in_one_connection(host, alice, method):
    login = ssh(host, "alice", tokens.with_wrong_secret(alice.token),
                tokens.malformed(alice.token), alice.token, method=method, prompts=3)
    assert login.accepted and len(login.questions) == 3


@pytest.mark.parametrize("method", METHODS)
def test_two_wrong_tokens_then_the_unix_password_in_one_connection(host, alice, method):
    login = ssh(host, "alice", tokens.with_wrong_secret(alice.token),
                tokens.with_unknown_id(alice.token), alice.password, method=method, prompts=3)
    assert login.accepted and len(login.questions) == 3


@pytest.mark.parametrize("method", METHODS)
def test_a_key_and_a_token_together(host, alice, method):
    port = 30 + METHODS.index(method)
    host.start_sshd(f"AuthenticationMethods publickey,{method}\n" + SSHD_CONFIG, port)
    assert ssh(host, "alice", alice.token, key=alice.key, port=port).accepted
    assert not ssh(host, "alice", tokens.malformed(alice.token), key=alice.key, port=port).accepted
    assert not ssh(host, "alice", alice.token, method=method, port=port).accepted


@pytest.mark.parametrize("use_dns", ["no", "yes"])
def test_a_token_limited_to_addresses_works_from_them_alone(host, alice, use_dns):
    """S1."""
    port = NAMES_PORT + (use_dns == "yes")
    inside, outside = network(), network()
    host.write("/etc/hosts", f"127.0.0.1 localhost\n{inside} inside\n{outside} outside\n")
    host.start_sshd(f"UseDNS {use_dns}\n" + SSHD_CONFIG, port)
    token, _ = host.patd.token("alice", addresses=[f"{inside}/32"])
    for method in METHODS:
        assert ssh(host, "alice", token, method=method, source=inside, port=port).accepted
        assert not ssh(host, "alice", token, method=method, source=outside, port=port).accepted


def test_root_gets_in_where_sshd_the_service_and_the_binding_allow_it(host, refusals):
    refusal = refusals[roots_token_without_allow_root]
    host.patd.configure("[service sshd]\nallow_root = yes\n")
    host.patd.reload()
    try:
        for method in METHODS:
            assert ssh(host, "root", refusal.typed, method=method, port=ROOT_PORT).accepted
    finally:
        host.patd.configure()
        host.patd.reload()


# --- what the modules behind see ---

def test_no_module_behind_sees_a_refused_token(host, alice, stack):
    """The probe stands where a module would that sends passwords to a server."""
    lines = [line for line in USUAL.splitlines() if not line.startswith("#")]
    lines.insert(1, "auth optional probe.so")
    stack("\n".join(lines).replace("success=2", "success=3"))
    wrong = tokens.with_wrong_secret(alice.token)
    mistyped = tokens.malformed(alice.token)
    for method in METHODS:
        since = len(host.syslog.lines)
        assert ssh(host, "alice", wrong, mistyped, alice.password, method=method,
                   prompts=3).accepted
        seen = [bytes.fromhex(line.rsplit("probe=", 1)[1]).decode()
                for line in host.syslog.matching("probe=", since=since)]
        assert seen[2] == alice.password, "the probe sees what it may see"
        for text, token in zip(seen[:2], (wrong, mistyped)):
            assert len(text) == len(token) and text.startswith("\b\n\r\x7fINCORRECT")


def test_both_methods_are_really_used(host, alice):
    """A1."""
    questions = {method: ssh(host, "alice", alice.token, method=method).questions
                 for method in METHODS}
    assert questions[PASSWORD] == ["alice@127.0.0.1's password: "]
    assert questions[KEYBOARD] == ["(alice@127.0.0.1) Password: "]
