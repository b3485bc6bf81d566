# SPDX-License-Identifier: BSD-2-Clause
"""git and Ansible over a real sshd with a token, without a person who types (M9, A15)."""
import shlex

import pytest

import tokens
from clients import client, options
from conftest import PAGE
from host import SEARCH, tool

INVENTORY = PAGE["Ansible hands it to sshpass. A look-up keeps it out of the inventory"]


# --- git: SSH_ASKPASS is asked once a connection ---

@pytest.fixture(scope="module")
def repository(host, alice):
    """An empty one of alice's."""
    host.run([tool("git"), "init", "--quiet", "--bare", "--initial-branch=main",
              "/home/alice/work.git"], uid=host.uid_of("alice"), check=True)
    return "alice@127.0.0.1:work.git"


def git(host, script, *answers):
    ssh = shlex.join(map(str, [tool("ssh"), *options()]))
    return client(host, "alice", answers, [
        "env", f"GIT_SSH_COMMAND={ssh}", "GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=guest",
        "GIT_AUTHOR_EMAIL=g@example.org", "GIT_COMMITTER_NAME=guest",
        "GIT_COMMITTER_EMAIL=g@example.org", "sh", "-ec", "cd; " + script])


def test_git_clones_pushes_and_fetches(host, alice, repository):
    script = f"""
git clone --quiet {repository} work
cd work
git checkout --quiet -b main
echo text > file
git add file
git commit --quiet -m first
git push --quiet origin main
git fetch --quiet
git ls-remote --heads origin
"""
    done = git(host, script, *[alice.token] * 4)
    assert done.status == 0 and done.out.rstrip().endswith("refs/heads/main"), done
    assert len(done.questions) == 4


@pytest.mark.parametrize("why", ["revoked", "wrong"])
def test_git_with_another_token_sees_nothing(host, alice, repository, why):
    token, record = host.patd.token("alice")
    if why == "revoked":
        host.patd.ctl("revoke", record["id"], "--yes", check=0)
    else:
        token = tokens.with_wrong_secret(token)
    done = git(host, f"git ls-remote {repository}", token)
    assert done.status != 0 and "refs" not in done.out and len(done.questions) == 1, done


# --- Ansible: by sshpass, from an inventory that says where the token is ---

def ansible(host, token, *words):
    """One task on a host, as guest; a shared connection would outlive it."""
    host.write("/home/guest/token", token + "\n", 0o600, "guest")
    host.write("/home/guest/inventory", "127.0.0.1 ansible_user=alice\n" + INVENTORY)
    arguments = shlex.join(map(str, options(method="password")))
    env = {"PATH": SEARCH, "LC_ALL": "C.UTF-8", "HOME": "/home/guest", "ANSIBLE_NOCOLOR": "1",
           "ANSIBLE_SSH_ARGS": f"{arguments} -o ControlMaster=no -o ControlPath=none",
           "ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3"}
    return host.run([tool("ansible"), "-i", "/home/guest/inventory", "all", *words],
                    uid=host.uid_of("guest"), env=env)


def test_ansible_runs_its_tasks(host, alice):
    done = ansible(host, alice.token, "-m", "command", "-a", "id -un")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "alice", done


def test_ansible_reaches_nothing_with_a_revoked_token(host, alice):
    token, record = host.patd.token("alice")
    host.patd.ctl("revoke", record["id"], "--yes", check=0)
    done = ansible(host, token, "-m", "raw", "-a", "id -un")
    assert done.returncode == 4 and "UNREACHABLE" in done.stdout, done
