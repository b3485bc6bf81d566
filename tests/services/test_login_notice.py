# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd, and somebody who logs in with a token that ends soon (S7)."""
import time

import pytest

from clients import KEYBOARD, METHODS, client, options, ssh
from conftest import INCLUDE, USUAL
from host import tool

DAY = 86400 * 1_000_000
LINE = "this token expires in 3 days (patctl rotate {})"


def soon(host, days=3):
    return host.patd.token("alice", expires=time.time_ns() // 1000 + days * DAY)


def shell(host, token, method):
    """A session with a terminal, as people have it; its shell ends at once."""
    return client(host, "alice", [token], [tool("ssh"), "-tt", *options(method=method),
                                           "alice@127.0.0.1"])


@pytest.fixture
def fleeting(host, alice):
    """alice's shell says who it is, and ends."""
    profile = host.path("/home/alice/.profile")
    profile.write_text("echo in as $(id -un)\nexit\n")
    (profile.parent / ".bash_profile").write_text(profile.read_text())
    yield
    profile.unlink()
    (profile.parent / ".bash_profile").unlink()


@pytest.mark.parametrize("method", METHODS)
def test_the_line_is_read_at_the_login(host, alice, fleeting, method):
    """S7: once, by either method; the questions are the same as ever."""
    token, record = soon(host)
    login = shell(host, token, method)
    assert "in as alice" in login.out and len(login.questions) == 1, login
    assert (login.out + login.err).count(LINE.format(record["id"])) == 1, login


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_said_of_a_token_that_lasts(host, alice, fleeting, method):
    login = shell(host, soon(host, 90)[0], method)
    assert "in as alice" in login.out and "expires" not in login.out + login.err


@pytest.mark.parametrize("method", METHODS)
def test_quiet(host, alice, fleeting, stack, method):
    stack(USUAL.replace("nodelay", "nodelay quiet"))
    login = shell(host, soon(host)[0], method)
    assert "in as alice" in login.out and "expires" not in login.out + login.err


@pytest.mark.parametrize("method", METHODS)
def test_what_programs_read_is_as_it_was(host, alice, method):
    """A command without a terminal: its output is its own."""
    login = ssh(host, "alice", soon(host)[0], method=method)
    assert login.accepted and login.out == "in as alice\n" and len(login.questions) == 1
