# SPDX-License-Identifier: BSD-2-Clause
"""Real clients of the private host: ssh, scp, sftp, sshpass and su, run by the account guest.

What is typed goes through SSH_ASKPASS or a pipe, never through an argument or the environment.
Each client comes from a network of its own, unless it says otherwise: refusals from one network
are slowed down, and the tests shall not wait for that.
"""
import itertools
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from host import SEARCH, tool

PASSWORD, KEYBOARD = "password", "keyboard-interactive"
METHODS = (PASSWORD, KEYBOARD)
SECONDS = 90

# Question N is answered with the file N; the questions are noted.
ASKPASS = """#!/bin/sh
cd "$PAT_ANSWERS" || exit 1
printf '%s\\n' "$1" >> questions
exec cat "$(wc -l < questions | tr -d ' ')"
"""
NETWORKS = itertools.count(1)
ANSWERS = itertools.count(1)


def network():
    """A loopback address in a network that no test has used."""
    number = next(NETWORKS)
    return f"127.{1 + number // 250}.{1 + number % 250}.1"


@dataclass
class Login:
    status: int
    out: str
    err: str
    questions: list
    account: str

    @property
    def accepted(self):
        return self.status == 0 and f"in as {self.account}\n" in self.out

    @property
    def seen(self):
        """All that the client learned, the account's name left out."""
        words = (self.status, self.out, self.err, *self.questions)
        return tuple(re.sub(rf"\b{self.account}\b", "NAME", str(word)) for word in words)


def options(method=PASSWORD, source=None, port=22, key=None, prompts=1, more=()):
    words = ["-F", "none", "-o", f"Port={port}", "-o", f"BindAddress={source or network()}",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
             "-o", f"NumberOfPasswordPrompts={prompts}", "-o", "IdentitiesOnly=yes"]
    if key is None:
        words += ["-o", "PubkeyAuthentication=no", "-o", f"PreferredAuthentications={method}"]
    else:
        words += ["-i", str(key)]
    return [*words, *more]


class Answers:
    """A directory of guest's with what SSH_ASKPASS answers."""

    def __init__(self, host, answers):
        self.host, self.answers = host, answers
        self.inside = f"/home/guest/answers-{next(ANSWERS)}"

    def __enter__(self):
        directory = self.host.path(self.inside)
        directory.mkdir(mode=0o700)
        os.chown(directory, self.host.uid_of("guest"), self.host.uid_of("guest"))
        self.host.write(f"{self.inside}/askpass", ASKPASS, 0o700, "guest")
        for number, answer in enumerate(self.answers, 1):
            self.host.write(f"{self.inside}/{number}", answer + "\n", 0o600, "guest")
        self.environment = {
            "PATH": SEARCH, "LC_ALL": "C.UTF-8", "HOME": "/home/guest", "DISPLAY": "none",
            "SSH_ASKPASS": f"{self.inside}/askpass", "SSH_ASKPASS_REQUIRE": "force",
            "PAT_ANSWERS": self.inside}
        return self

    def questions(self):
        file = self.host.path(f"{self.inside}/questions")
        return file.read_text().splitlines() if file.exists() else []

    def __exit__(self, *_):
        shutil.rmtree(self.host.path(self.inside))


def client(host, account, answers, command):
    """Any program of OpenSSH that asks its questions through SSH_ASKPASS."""
    with Answers(host, answers) as place:
        done = host.run(command, uid=host.uid_of("guest"), env=place.environment, timeout=SECONDS)
        return Login(done.returncode, done.stdout, done.stderr, place.questions(), account)


def ssh(host, account, *answers, command="echo in as $(id -un)", **how):
    """One ssh login, whose questions get the answers in turn."""
    return client(host, account, answers,
                  [tool("ssh"), *options(**how), f"{account}@127.0.0.1", command])


def ssh_both(host, account, *answers, **how):
    """The same by both methods, which are different code paths of sshd, at the same time."""
    with ThreadPoolExecutor(len(METHODS)) as pool:
        return list(pool.map(lambda method: ssh(host, account, *answers, method=method, **how),
                             METHODS))


def gets_in(host, account, *answers, **how):
    """Whether both methods let it in; they must agree."""
    accepted = {login.accepted for login in ssh_both(host, account, *answers, **how)}
    assert len(accepted) == 1, "the methods of sshd do not agree"
    return accepted.pop()


def sshpass(host, account, answer, **how):
    """A login as scripts do it: the token comes from a pipe."""
    read_end, write_end = os.pipe()
    os.write(write_end, (answer + "\n").encode())
    os.close(write_end)
    command = [tool("sshpass"), "-d", str(read_end), tool("ssh"), *options(**how),
               f"{account}@127.0.0.1", "echo in as $(id -un)"]
    try:
        done = subprocess.run(host.enter(command, host.uid_of("guest")), pass_fds=(read_end,),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"PATH": SEARCH, "LC_ALL": "C.UTF-8"}, timeout=SECONDS,
                              check=False)
    finally:
        os.close(read_end)
    return Login(done.returncode, done.stdout, done.stderr, [], account)


def su(host, account, answer):
    """The quickest login through real PAM: su, called by guest."""
    done = host.run([tool("su"), account, "-c", "echo in as $(id -un)"],
                    uid=host.uid_of("guest"), stdin=answer + "\n", timeout=SECONDS)
    return Login(done.returncode, done.stdout, done.stderr, [], account)
