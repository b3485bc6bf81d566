# SPDX-License-Identifier: BSD-2-Clause
"""What takes a right away bites at the very next login; closed accounts are closed (M12)."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients import METHODS, gets_in, network, ssh
from host import tool, wait_for

ROUNDS = 20


def test_a_revoked_token_is_refused_at_the_very_next_login(host, person):
    """A46, K4."""
    assert gets_in(host, person.name, person.token)
    host.patd.ctl("revoke", person.id, "--yes", "--reason", "test", check=0)
    assert not gets_in(host, person.name, person.token)


def test_a_new_token_works_and_a_revoked_one_fails_at_once_again_and_again(host, person):
    """A25, M7."""
    for _ in range(ROUNDS):
        token = host.patd.ctl("create", person.name, "--name", "short-lived", "--scope",
                              "su:login", "--expires", "1h", "-q", check=0).stdout.strip()
        assert person.su(token).accepted
        host.patd.ctl("revoke", "short-lived", "--yes", check=0)
        assert host.patd.ctl("check", "--service", "su", "--user", person.name,
                             stdin=token).returncode == 5
    assert not person.su(token).accepted


def test_a_revocation_ends_no_open_session_but_stops_the_next(host, person):
    """The session waits until the token is revoked; the page says that it stays open."""
    gate = host.path(f"/home/{person.name}/gate")
    waiting = "touch waits; until test -e gate; do sleep 0.05; done; echo in as $(id -un)"
    with ThreadPoolExecutor(1) as pool:
        session = pool.submit(ssh, host, person.name, person.token, command=waiting)
        wait_for(gate.with_name("waits").exists, "session")
        host.patd.ctl("revoke", person.id, "--yes", check=0)
        assert not gets_in(host, person.name, person.token)
        gate.touch()
        assert session.result().accepted


def test_a_token_session_is_what_the_accounts_password_opens(host, person):
    """E3: the same ids, groups, directory and limits; nothing is added and nothing left out."""
    host.run([tool("groupadd"), f"of-{person.name}"], check=True)
    host.run([tool("gpasswd"), "--add", person.name, f"of-{person.name}"], check=True)
    look = "id; pwd; umask; ulimit -a; cat /proc/self/loginuid; echo in as $(id -un)"
    by_token, by_password = (ssh(host, person.name, text, command=look)
                             for text in (person.token, person.password))
    assert by_token.accepted and by_password.accepted
    assert f"(of-{person.name})" in by_token.out and by_token.out == by_password.out


def test_an_expired_account_is_closed_to_tokens(host, person):
    """E12."""
    host.run([tool("chage"), "--expiredate", "0", person.name], check=True)
    assert not gets_in(host, person.name, person.token)
    host.run([tool("chage"), "--expiredate", "-1", person.name], check=True)
    assert gets_in(host, person.name, person.token)


def test_nologin_keeps_tokens_out(host, person):
    """E12."""
    host.write("/etc/nologin", "closed for maintenance\n")
    try:
        assert not gets_in(host, person.name, person.token)
    finally:
        host.path("/etc/nologin").unlink()
    assert gets_in(host, person.name, person.token)


def test_locking_the_unix_password_stops_the_password_but_no_token(host, person):
    host.run([tool("usermod"), "--lock", person.name], check=True)
    assert not gets_in(host, person.name, person.password)
    assert gets_in(host, person.name, person.token)


def test_user_disable_stops_tokens_but_no_password(host, person):
    """A3."""
    host.patd.ctl("user", "disable", person.name, "--reason", "on leave", check=0)
    assert not gets_in(host, person.name, person.token)
    assert gets_in(host, person.name, person.password)
    host.patd.ctl("user", "enable", person.name, check=0)
    assert gets_in(host, person.name, person.token)


def test_a_grant_taken_back_bites_at_the_next_login(host, person):
    """E13."""
    assert gets_in(host, person.name, person.token)
    host.patd.ctl("grant", "remove", person.name, "ssh:login", check=0)
    assert not gets_in(host, person.name, person.token)
    assert person.su().accepted, "the other scope is still held"
    host.patd.ctl("grant", "add", person.name, "ssh:login", check=0)
    assert gets_in(host, person.name, person.token)


def test_an_unbound_account_bites_at_the_next_login(host, person):
    host.patd.ctl("user", "bind", person.name, "--virtual", check=0)
    assert not gets_in(host, person.name, person.token)
    bind = ("user", "bind", person.name, "--account", person.name)
    host.patd.ctl(*bind, check=6)  # or the old token would open the account again
    host.patd.ctl("revoke", person.id, "--yes", check=0)
    host.patd.ctl(*bind, check=0)
    assert gets_in(host, person.name, host.patd.token(person.name)[0])


def test_the_networks_of_a_tenant_limit_all_its_tokens(host):
    inside, outside = network(), network()
    host.patd.ctl("tenant", "create", "office", "--networks", f"{inside}/32", check=0)
    uid = host.account("clerk")
    host.patd.user("clerk", account="clerk", uid=uid, tenant="office")
    token, _ = host.patd.token("clerk", tenant="office")
    host.patd.ctl("setup", "--tenant", "office", "--yes", check=0)
    try:
        assert gets_in(host, "clerk", token, source=inside)
        assert not gets_in(host, "clerk", token, source=outside)
    finally:
        host.patd.ctl("setup", "--tenant", "acme", "--yes", check=0)


def test_another_default_tenant_bites_at_the_next_login(host, person):
    """A6."""
    host.patd.ctl("setup", "--tenant", "lab", "--yes", check=0)
    try:
        assert not gets_in(host, person.name, person.token)
    finally:
        host.patd.ctl("setup", "--tenant", "acme", "--yes", check=0)
    assert gets_in(host, person.name, person.token)


def test_the_tenants_of_a_service_bite_after_a_reload(host, person):
    host.patd.configure("[service sshd]\ntenants = lab\n")
    host.patd.reload()
    try:
        assert not gets_in(host, person.name, person.token)
        assert person.su().accepted, "su still takes the default tenant"
    finally:
        host.patd.configure()
        host.patd.reload()
    assert gets_in(host, person.name, person.token)


def test_a_unix_group_grant_lets_members_in_until_they_leave(host, person):
    """E13: patd keeps a membership for 30 s; starting again forgets it."""
    def membership(change):
        host.run([tool("gpasswd"), change, person.name, "team"], check=True)
        host.patd.stop()
        host.patd.start()

    host.run([tool("groupadd"), "team"], check=True)
    host.patd.ctl("grant", "add", "@team", "ssh:login", check=0)
    host.patd.ctl("grant", "remove", person.name, "ssh:login", check=0)
    assert not gets_in(host, person.name, person.token), "neither own grant nor member"
    membership("--add")
    assert gets_in(host, person.name, person.token)
    membership("--delete")
    assert not gets_in(host, person.name, person.token)
    membership("--add")
    host.patd.ctl("grant", "remove", "@team", "ssh:login", check=0)
    assert not gets_in(host, person.name, person.token), "the group is granted nothing"


@pytest.mark.parametrize("method", METHODS)
def test_one_users_revocation_leaves_others_alone(host, alice, person, method):
    host.patd.ctl("revoke", person.id, "--yes", check=0)
    assert not ssh(host, person.name, person.token, method=method).accepted
    assert ssh(host, "alice", alice.token, method=method).accepted
