# SPDX-License-Identifier: BSD-2-Clause
"""patd stopped, hung, or killed again and again: what still works, and that no login is lost."""
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

import tokens
from clients import METHODS, gets_in, ssh, su
from supervisor import Supervisor

SSH_LOGINS, SU_LOGINS = 44, 160
LEAST_KILLS = 20


@pytest.fixture
def stopped(host):
    host.patd.stop()
    yield
    host.patd.start()


@pytest.mark.parametrize("method", METHODS)
def test_without_patd_a_token_is_refused_as_unavailable(host, alice, stopped, method):
    since = len(host.syslog.lines)
    login = ssh(host, "alice", alice.token, method=method)
    usual = ssh(host, "alice", "nonsense", method=method)
    assert not login.accepted and login.seen == usual.seen
    host.syslog.wait(r"sshd: pam_pat\(sshd:auth\): cannot ask patd on /run/pat/verify/sock",
                     since=since)


def test_without_patd_passwords_and_keys_work(host, alice, stopped):
    assert gets_in(host, "alice", alice.password)
    assert ssh(host, "alice", key=alice.key).accepted


def test_with_patd_back_the_token_works_at_once(host, alice):
    host.patd.stop()
    assert not gets_in(host, "alice", alice.token)
    host.patd.start()
    assert gets_in(host, "alice", alice.token)


def test_a_hung_patd_refuses_tokens_and_holds_up_no_password(host, alice):
    host.patd.process.send_signal(signal.SIGSTOP)
    try:
        assert not gets_in(host, "alice", alice.token)
        assert gets_in(host, "alice", alice.password)
        assert ssh(host, "alice", key=alice.key).accepted
    finally:
        host.patd.process.send_signal(signal.SIGCONT)
    assert gets_in(host, "alice", alice.token)


def test_under_socket_activation_patd_is_its_own_user_and_serves(host, alice, stopped):
    with Supervisor(host) as supervisor:
        assert gets_in(host, "alice", alice.token)
        assert not gets_in(host, "alice", tokens.with_wrong_secret(alice.token))
        assert host.patd.ctl("whoami", check=0).stdout
    assert supervisor.starts == 1 and supervisor.process.returncode == 0


def test_killed_again_and_again_under_socket_activation_no_login_is_lost(host, alice, stopped):
    """Whole ssh logins by both methods, and logins by su through the same PAM stack."""
    jobs = [lambda number=number: ssh(host, "alice", alice.token, method=METHODS[number % 2])
            for number in range(SSH_LOGINS)]
    jobs += [lambda: su(host, "alice", alice.token)] * SU_LOGINS
    jobs = [job for pair in zip(jobs[::2], jobs[1::2]) for job in pair]
    with Supervisor(host, kill=True) as supervisor, ThreadPoolExecutor(4) as pool:
        logins = list(pool.map(lambda job: job(), jobs))
        while supervisor.kills < LEAST_KILLS:
            logins.append(su(host, "alice", alice.token))
    lost = [login for login in logins if not login.accepted]
    assert lost == [], f"{len(lost)} of {len(logins)} logins in {supervisor.kills} kills"
    assert len(logins) >= SSH_LOGINS + SU_LOGINS
    assert host.patd.log_text().count("patd: ready") >= LEAST_KILLS


def test_what_was_killed_left_a_store_that_holds(host, alice):
    assert host.patd.ctl("log", "--verify").returncode == 0
    assert gets_in(host, "alice", alice.token)
