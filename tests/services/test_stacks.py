# SPDX-License-Identifier: BSD-2-Clause
"""Both stacks of doc/openssh, as they are written there, and the page's own commands."""
import re

import pytest

import tokens
from clients import Answers, gets_in, ssh
from conftest import BESIDE_PASSWORDS, FEDORA, PAGE, TOKENS_ONLY

# What authselect makes of its local profile with-faillock, less the delay.
PASSWORD_AUTH = """
auth  required    pam_env.so
auth  required    pam_faillock.so preauth silent deny=3 unlock_time=600
auth  sufficient  pam_unix.so nullok
auth  required    pam_faillock.so authfail deny=3 unlock_time=600
auth  required    pam_deny.so
"""


def test_tokens_beside_passwords_take_both_and_keys(host, alice, stack):
    """A2."""
    stack(BESIDE_PASSWORDS)
    assert gets_in(host, "alice", alice.token)
    assert gets_in(host, "alice", alice.password)
    assert not gets_in(host, "alice", tokens.with_wrong_secret(alice.token))
    assert not gets_in(host, "alice", alice.password + "x")
    assert ssh(host, "alice", key=alice.key).accepted


@pytest.mark.parametrize("name", ["password-auth", "common-auth"])
def test_the_stack_of_fedora_takes_both_and_keys(host, person, stack, name):
    """Also around Debian's common-auth, as the page says."""
    host.write("/etc/pam.d/password-auth", PASSWORD_AUTH)
    stack(FEDORA.replace("password-auth", name))
    assert gets_in(host, person.name, person.token)
    assert gets_in(host, person.name, person.password)
    assert not gets_in(host, person.name, tokens.with_wrong_secret(person.token))
    assert not gets_in(host, person.name, person.password + "x")
    assert ssh(host, person.name, key=person.key).accepted
    assert gets_in(host, person.name, person.password) == (name == "common-auth"), "locked out"
    assert gets_in(host, person.name, person.token)


def test_the_stack_of_fedora_without_patd(host, person, stack):
    host.write("/etc/pam.d/password-auth", PASSWORD_AUTH)
    stack(FEDORA)
    host.patd.stop()
    try:
        assert not gets_in(host, person.name, person.token)
        assert gets_in(host, person.name, person.password)
    finally:
        host.patd.start()


def test_tokens_only_takes_tokens_and_keys_but_no_password(host, alice, stack):
    """A2, S16."""
    stack(TOKENS_ONLY)
    assert gets_in(host, "alice", alice.token)
    assert not gets_in(host, "alice", alice.password)
    assert not gets_in(host, "alice", tokens.with_wrong_secret(alice.token))
    assert ssh(host, "alice", key=alice.key).accepted


def test_tokens_only_is_closed_while_patd_is_away(host, alice, stack):
    stack(TOKENS_ONLY)
    host.patd.stop()
    try:
        assert not gets_in(host, "alice", alice.token)
        assert not gets_in(host, "alice", alice.password)
        assert ssh(host, "alice", key=alice.key).accepted
    finally:
        host.patd.start()


@pytest.mark.parametrize("text", [BESIDE_PASSWORDS, TOKENS_ONLY], ids=["beside", "only"])
def test_a_wrong_option_in_the_stack_lets_no_token_in(host, alice, stack, text):
    stack(text.replace("pam_pat.so", "pam_pat.so tennant=acme"))
    since = len(host.syslog.lines)
    assert not gets_in(host, "alice", alice.token)
    host.syslog.wait('pam_pat.*unknown or incomplete option "tennant=acme"', since=since)


@pytest.mark.parametrize("text", [BESIDE_PASSWORDS, FEDORA, TOKENS_ONLY],
                         ids=["beside", "fedora", "only"])
def test_every_jump_of_the_page_lands_on_pam_permit(text):
    """M19: one line short would end in pam_deny, one line too far in no verdict at all."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    jumps = [(at, int(found.group(1))) for at, line in enumerate(lines)
             if (found := re.search(r"success=(\d)", line))]
    assert jumps and all("pam_permit.so" in lines[at + 1 + far] for at, far in jumps)


def test_the_test_command_of_the_page_works(host, alice):
    """A15: as guest would type it, the answer given by SSH_ASKPASS in place of a terminal."""
    command = PAGE["On a terminal, with the token pasted as the password"].strip()
    host.write("/home/guest/config", "Host *\nStrictHostKeyChecking no\nLogLevel ERROR\n"
               "UserKnownHostsFile /dev/null\n")
    with Answers(host, [alice.token]) as place:
        done = host.run(["sh", "-c", f"{command} -F /home/guest/config 'echo in as $(id -un)'"],
                        uid=host.uid_of("guest"), env=place.environment)
    assert done.stdout == "in as alice\n", done


def test_what_the_page_says_about_patctl_check_is_true(host, alice):
    text = PAGE["What patd says about a token without a login, and what sshd said"]
    words = text.splitlines()[0].split()[1:]
    assert host.patd.ctl(*words, stdin=alice.token + "\n").returncode == 0
    assert host.patd.ctl(*words, stdin=tokens.with_wrong_secret(alice.token)).returncode == 5
