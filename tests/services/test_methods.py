# SPDX-License-Identifier: BSD-2-Clause
"""What sshd_config and a client change: UsePAM, MaxAuthTries, methods, keys offered first."""
import pytest

import tokens
from clients import KEYBOARD, METHODS, PASSWORD, ssh
from conftest import SSHD_CONFIG

NO_PAM_PORT, ONE_METHOD_PORT = 50, 51
MAX_TRIES = 6  # the default of MaxAuthTries


def wrong_ones(token, count):
    kinds = (tokens.malformed, tokens.with_wrong_secret, tokens.with_unknown_id)
    return [kinds[number % len(kinds)](token) for number in range(count)]


@pytest.mark.parametrize("method", METHODS)
def test_the_last_of_the_tries_may_be_the_right_token(host, alice, method):
    """pam_unix gives up after three on one handle; that must not count against a token."""
    login = ssh(host, "alice", *wrong_ones(alice.token, MAX_TRIES - 1), alice.token,
                method=method, prompts=MAX_TRIES)
    assert login.accepted and len(login.questions) == MAX_TRIES


@pytest.mark.parametrize("method", METHODS)
def test_each_wrong_token_is_one_try(host, alice, method):
    login = ssh(host, "alice", *wrong_ones(alice.token, MAX_TRIES), alice.token,
                method=method, prompts=MAX_TRIES + 1)
    assert not login.accepted and len(login.questions) == MAX_TRIES
    assert "Too many authentication failures" in login.err


@pytest.fixture(scope="module")
def strange_keys(host):
    """As many keys as there are tries, none of which opens anything."""
    files = [f"/home/guest/strange-{number}" for number in range(MAX_TRIES)]
    for file in files:
        host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file],
                 uid=host.uid_of("guest"), check=True)
    return files


@pytest.mark.parametrize("method", METHODS)
def test_keys_offered_first_use_up_the_tries(host, alice, strange_keys, method):
    def login(keys):
        more = [word for file in keys[1:] for word in ("-i", file)]
        return ssh(host, "alice", alice.token, key=keys[0], more=[
            *more, "-o", f"PreferredAuthentications=publickey,{method}"])

    exhausted = login(strange_keys)
    assert not exhausted.accepted and exhausted.questions == []
    assert "Too many authentication failures" in exhausted.err
    assert login(strange_keys[1:]).accepted, "one try is left for the token"
    assert ssh(host, "alice", alice.token, method=method).accepted, "the page's cure"


def test_without_use_pam_no_token_is_asked_about(host, alice):
    host.start_sshd("UsePAM no\n" + SSHD_CONFIG, NO_PAM_PORT)
    since = len(host.syslog.lines)
    assert not ssh(host, "alice", alice.token, port=NO_PAM_PORT).accepted
    assert ssh(host, "alice", alice.password, port=NO_PAM_PORT).accepted
    assert host.syslog.matching("pam_pat|event=verify", since=since) == []


@pytest.mark.parametrize("method", METHODS)
def test_one_of_the_methods_is_enough(host, alice, method):
    other = METHODS[1 - METHODS.index(method)]
    off = {PASSWORD: "PasswordAuthentication no\n", KEYBOARD: "KbdInteractiveAuthentication no\n"}
    port = ONE_METHOD_PORT + METHODS.index(method)
    host.start_sshd(off[other] + SSHD_CONFIG, port)
    assert ssh(host, "alice", alice.token, method=method, port=port).accepted
    refused = ssh(host, "alice", alice.token, method=other, port=port)
    assert not refused.accepted and refused.questions == []


def test_clients_ask_by_keyboard_interactive_first(host, alice):
    login = ssh(host, "alice", alice.token, method=f"{KEYBOARD},{PASSWORD}")
    default = ssh(host, "alice", alice.token, key="/dev/null")
    assert login.accepted and default.accepted
    assert default.questions == login.questions == ["(alice@127.0.0.1) Password: "]
