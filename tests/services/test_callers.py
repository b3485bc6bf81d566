# SPDX-License-Identifier: BSD-2-Clause
"""su and sudo, which the user whose login it is starts, stops and limits, with a token (M9)."""
import signal
import subprocess

import pytest

import tokens
from clients import gets_in, su
from conftest import INCLUDE, TOKENS_ONLY, USUAL
from host import SEARCH, tool, wait_for

IN_SUDO = ["id", "-un"]


@pytest.fixture(scope="module")
def boss(host):
    """Who may run anything by sudo, and has a token for it."""
    host.bound("boss", password="open sesame", grants=["sudo:run", "su:login", "ssh:login"])
    host.write("/etc/sudoers.d/boss", "boss ALL=(ALL) ALL\n", 0o440)
    return host.patd.token("boss", ["sudo:run"])[0]


@pytest.fixture(params=[USUAL, TOKENS_ONLY], ids=["beside", "only"])
def sudo(host, boss, request):
    """sudo, asked by boss with some answers, under either stack."""
    host.pam("sudo", INCLUDE, request.param.replace("pam_pat.so", "pam_pat.so nodelay"))

    def run(*answers):
        return host.run([tool("sudo"), "-k", "-S", "-p", "", *IN_SUDO], uid=host.uid_of("boss"),
                        stdin="".join(answer + "\n" for answer in answers))
    run.takes_passwords = request.param is USUAL
    return run


# --- sudo ---

def test_sudo_takes_a_token_of_its_caller(host, boss, sudo):
    assert sudo(boss).stdout == "root\n"
    host.syslog.wait("verdict=accepted .* service=sudo login=boss")


@pytest.mark.parametrize("first", ["nonsense", None], ids=["password", "token"])
def test_sudo_asks_again_after_two_wrong_ones(boss, sudo, first):
    """Insufficient credentials, as pam_pat calls a password, would end sudo as a final answer."""
    done = sudo(first or tokens.malformed(boss), tokens.with_wrong_secret(boss), boss)
    assert done.returncode == 0 and done.stdout == "root\n", done


def test_sudo_gives_up_after_three_wrong_ones(boss, sudo):
    wrong = tokens.with_wrong_secret(boss)
    done = sudo(wrong, tokens.malformed(boss), wrong, boss)
    assert done.returncode == 1 and done.stdout == "", done
    assert "3 incorrect password attempts" in done.stderr


def test_sudo_takes_the_password_where_the_stack_does(sudo):
    assert (sudo("open sesame").stdout == "root\n") == sudo.takes_passwords


def test_sudo_refuses_tokens_that_are_not_for_it(host, boss, sudo, alice):
    for text in (host.patd.token("boss", ["su:login"])[0], alice.token):
        assert sudo(text).stdout == ""


def test_sudo_refuses_a_revoked_token_and_every_one_without_patd(host, boss, sudo):
    token, record = host.patd.token("boss", ["sudo:run"])
    assert sudo(token).stdout == "root\n"
    host.patd.ctl("revoke", record["id"], "--yes", check=0)
    assert sudo(token).stdout == ""
    host.patd.stop()
    try:
        assert sudo(boss).stdout == ""
        assert (sudo("open sesame").stdout == "root\n") == sudo.takes_passwords
    finally:
        host.patd.start()


# --- su, with what its caller may do to it ---

def test_su_to_root_is_not_for_others_tokens(host, alice):
    since = len(host.syslog.lines)
    assert not su(host, "root", alice.token).accepted
    host.syslog.wait(f"verdict=wrong-user token={alice.id} .*service=su ", since=since)


@pytest.mark.parametrize("limit", ["--fsize=0", "--nofile=32", "--memlock=0", "--core=0"])
def test_a_callers_limits_break_no_login(host, alice, limit):
    done = host.run([tool("prlimit"), limit, tool("su"), "alice", "-c", "id -un"],
                    uid=host.uid_of("guest"), stdin=alice.token + "\n")
    assert done.stdout == "alice\n", done


def test_a_callers_environment_says_nothing(host, alice):
    """Neither an address for a token that is limited to some, nor another patd."""
    limited, _ = host.patd.token("alice", ["su:login"], addresses=["10.0.0.0/8"])
    environment = {"PATH": SEARCH, "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22", "PAM_TTY": "ssh",
                   "PAM_RHOST": "10.0.0.1", "PAT_SOCKET": "/home/guest/sock",
                   "LD_PRELOAD": "/home/guest/evil.so", "SQLITE_TMPDIR": "/home/guest"}
    for token, expected in ((limited, ""), (alice.token, "alice\n")):
        done = host.run([tool("su"), "alice", "-c", "id -un"], uid=host.uid_of("guest"),
                        stdin=token + "\n", env=environment)
        assert done.stdout == expected, done


def test_a_stopped_su_holds_up_no_revocation_and_then_fails(host, person):
    """Its caller may stop it; it was asking when the token was still good."""
    with subprocess.Popen(host.enter([tool("su"), person.name, "-c", "id -un"],
                                     host.uid_of("guest")),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"PATH": SEARCH}, text=True) as process:
        wait_for(lambda: "Password" in process.stderr.read(1) + process.stderr.read(7), "question")
        process.send_signal(signal.SIGSTOP)
        host.patd.ctl("revoke", person.id, "--yes", check=0)
        assert not gets_in(host, person.name, person.token)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(person.token + "\n", timeout=30)
    assert process.returncode != 0 and out == ""
