# SPDX-License-Identifier: BSD-2-Clause
"""The other ways in (M9): sshpass, scp, sftp, git's ssh and su, each with a token alone."""
import pytest

import tokens
from clients import METHODS, client, options, sshpass
from host import tool

TEXT = "some bytes\n"


def test_ssh_askpass_is_asked_once_and_opens_a_session(host, alice):
    login = client(host, "alice", [alice.token],
                   [tool("ssh"), *options(), "alice@127.0.0.1", "echo in as $(id -un)"])
    assert login.accepted and len(login.questions) == 1


@pytest.mark.parametrize("method", METHODS)
def test_sshpass_reads_the_token_from_a_pipe(host, alice, method):
    assert sshpass(host, "alice", alice.token, method=method).accepted
    assert not sshpass(host, "alice", tokens.with_wrong_secret(alice.token),
                       method=method).accepted


@pytest.mark.parametrize("method", METHODS)
def test_scp_copies_there_and_back(host, alice, method):
    host.write("/home/guest/there", TEXT, owner="guest")
    for source, target in (("/home/guest/there", "alice@127.0.0.1:copy"),
                           ("alice@127.0.0.1:copy", f"/home/guest/back-{method}")):
        done = client(host, "alice", [alice.token],
                      [tool("scp"), *options(method=method), source, target])
        assert done.status == 0, done
    assert host.path("/home/alice/copy").read_text() == TEXT
    assert host.path(f"/home/guest/back-{method}").read_text() == TEXT


def test_scp_with_a_revoked_token_copies_nothing(host, alice):
    token, record = host.patd.token("alice")
    host.patd.ctl("revoke", record["id"], "--yes", check=0)
    host.write("/home/guest/secret", TEXT, owner="guest")
    done = client(host, "alice", [token],
                  [tool("scp"), *options(), "/home/guest/secret", "alice@127.0.0.1:refused"])
    assert done.status != 0 and not host.path("/home/alice/refused").exists()


def test_sftp_runs_a_batch_as_the_page_says(host, alice):
    host.write("/home/guest/batch", "put /home/guest/there there-by-sftp\nls\n", owner="guest")
    host.write("/home/guest/there", TEXT, owner="guest")
    done = client(host, "alice", [alice.token],
                  [tool("sftp"), *options(), "-o", "BatchMode=no", "-b", "/home/guest/batch",
                   "alice@127.0.0.1"])
    assert done.status == 0 and "there-by-sftp" in done.out, done
    assert host.path("/home/alice/there-by-sftp").read_text() == TEXT


def test_sftp_in_batch_mode_never_asks_and_so_fails(host, alice):
    done = client(host, "alice", [alice.token],
                  [tool("sftp"), *options(), "-b", "/dev/null", "alice@127.0.0.1"])
    assert done.status != 0 and done.questions == []


def test_su_takes_a_token_with_its_scope_only(host, alice):
    assert alice.su().accepted
    assert not alice.su(host.patd.token("alice", ["ssh:login"])[0]).accepted
    assert alice.su(alice.password).accepted
