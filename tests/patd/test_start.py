# SPDX-License-Identifier: BSD-2-Clause
"""How patd starts: what it makes, what it refuses, what it is afterwards."""
import os
import select
import shutil
import signal
import socket
import subprocess

import pytest

from pat import IS_ROOT, PATD
from patdkit import (ME, Caller, Daemon, process_status, server_pid, system_account, unknown_token,
                     wait_until)

KEYS = {"seal.1", "verifier.1", "anchor", "clock"}


def modes(root):
    """Name below root -> (mode, uid), of everything there."""
    found = {}
    for path in [root, *root.rglob("*")]:
        status = path.lstat()
        found[str(path.relative_to(root))] = (status.st_mode & 0o7777, status.st_uid)
    return found


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_what_is_made_when_there_is_nothing(umask):
    """M18: both absent: store and keys are made, for patd alone; sockets are for everybody."""
    daemon = Daemon(memory=False)
    before = os.umask(umask)
    try:
        daemon.log.touch(0o600)  # Python's own files would be hit by the umask
        os.chmod(daemon.log, 0o600)
        daemon.start()
    finally:
        os.umask(before)
    try:
        assert daemon.health() == "accepted"
        state, keys, run = modes(daemon.state), modes(daemon.keys), modes(daemon.run)
        assert state.pop(".") == keys.pop(".") == (0o700, daemon.uid)
        assert {"pat.db", "usage.db", "lock"} <= set(state) and set(keys) == KEYS
        assert {*state.values(), *keys.values()} == {(0o600, daemon.uid)}
        assert run == {name: (0o666 if "/" in name else 0o755, daemon.uid)
                       for name in (".", "verify", "manage", "verify/sock", "manage/sock",
                                    "verify/authdaemon", "verify/mux")}
        assert "creating" not in keys
    finally:
        daemon.close()


def test_a_second_start_finds_everything_again(acme):
    token, _ = acme.token(scopes=["mail:read"])
    before = {path.name: path.read_bytes() for path in acme.keys.iterdir()
              if path.name.startswith(("seal", "verifier"))}
    acme.restart()
    assert acme.asks(token, service="imap", login="alice") == "accepted"
    assert before == {name: (acme.keys / name).read_bytes() for name in before}


@pytest.mark.parametrize("other_runtime", [False, True])
def test_a_second_patd_on_the_same_store_refuses(acme, other_runtime):
    text = acme.config.read_text()
    if other_runtime:
        text = text.replace(f"runtime_dir = {acme.run}", f"runtime_dir = {acme.directory}/run2")
    second = acme.directory / "second.conf"
    second.write_text(text)
    done = subprocess.run(
        acme.as_uid(acme.uid, [acme.bin / "patd", "--config", second, "--foreground"]),
        capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert ("another patd works on the store in " if other_runtime
            else "another program listens on ") in done.stderr
    token, _ = acme.token(scopes=["mail:read"])
    assert acme.asks(token, service="imap", login="alice") == "accepted"


# --- the command line ---

@pytest.mark.parametrize("arguments, status, words", [
    (["--help"], 0, "Usage: patd"),
    (["-h"], 0, "Usage: patd"),
    (["--version"], 0, "patd (linux-pat) "),
    (["-V"], 0, "patd (linux-pat) "),
    (["--nonsense"], 2, "--help"),
    (["-x"], 2, "--help"),
    (["--config"], 2, "--help"),
    (["--check=yes"], 2, "--help"),
    (["word"], 2, 'unexpected argument "word"'),
    (["--check", "word"], 2, 'unexpected argument "word"'),
])
def test_command_line(arguments, status, words):
    done = subprocess.run([PATD, *arguments], capture_output=True, text=True, timeout=30,
                          check=False)
    assert (done.returncode, words in done.stdout + done.stderr) == (status, True), done


def test_check_says_nothing_and_makes_nothing():
    daemon = Daemon()
    try:
        done = daemon.attempt("--check")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert not daemon.state.exists() and not (daemon.directory / "run").exists()
    finally:
        daemon.close()


# What follows the [patd] section that the tests write, the line in it, and what is said.
WRONG = [
    ("[nonsense]\n", 1, 'unknown section "nonsense"'),
    ("[service]\n", 1, "not the name of a service"),
    ("[service -x]\n", 1, "not the name of a service"),
    ("[service web]\n[service web]\n", 2, "comes twice"),
    ("[patd]\nuser = patd\n", 1, "comes twice"),
    ("[patd extra]\n", 1, ""),
    ("[service web]\ncolour = red\n", 2, 'unknown option "colour" in [service]'),
    ("[service web]\nstate_dir = /x\n", 2, 'unknown option "state_dir" in [service]'),
    ("[service web]\nallow_root = 1\n", 2, "yes or no"),
    ("[service web]\nallow_root = YES\n", 2, "yes or no"),
    ("[service web]\naccounts = remote\n", 2, "local or virtual"),
    ("[service web]\nscope = everything\n", 2, "not a scope"),
    ("[service web]\nscope = *\n", 2, "not a scope"),
    ("[service web]\ntenants = Acme\n", 2, "1 to 16 of a-z and 0-9"),
    ("[service web]\ntenants = acme lab\n", 2, "only one tenant may stand without @"),
    ("[service web]\ntenants = acme acme@\n", 2, "listed twice"),
    ("[service web]\nuids = no-such-account-here\n", 2, 'no account "no-such-account-here"'),
    ("[service web]\nuids = -1\n", 2, "no account"),
    ("[service web]\nuids = 4294967295\n", 2, "no account"),
    ("[service web]\nuids = 1\nuids = 2\n", 3, "comes twice"),
    ("[service web]\n uids = 1\n", 2, "begins with white space"),
    ("[service web]\nuids = 1\r\n", 2, "carriage return"),
    ("[service web]\nuids\n", 2, ""),
    ("[service web\n", 1, ""),
    ("[service web]\n# " + "x" * 300 + "\n", 2, "longer than 190 bytes"),
    ("[service web]\n# \x1b[2J\n", 2, "not readable UTF-8 text"),
    ("[listener jail]\nprotocol = verify\n", 1, "needs protocol and path"),
    ("[listener jail]\nprotocol = http\n", 2, "is verify"),
    ("[listener jail]\npath = relative/sock\n", 2, "absolute path"),
    ("[listener jail]\npath = /" + "x" * 107 + "\n", 2, "absolute path"),
    ("[listener jail]\npath = /a/../b\n", 2, "absolute path"),
]


def test_a_wrong_configuration_names_file_and_line():
    """R14: nothing is ignored; patd and patd --check say the same."""
    daemon = Daemon(services=())
    try:
        lines = len(daemon.config.read_text().splitlines())
        base = daemon.config.read_bytes()
        for text, line, words in WRONG:
            daemon.config.write_bytes(base + text.encode())
            for arguments in ([], ["--check"]):
                done = daemon.attempt(*arguments)
                assert done.returncode == 1, (text, done)
                assert done.stderr.startswith(f"patd: {daemon.config}:{lines + line}: "), \
                    (text, done.stderr)
                assert words in done.stderr and done.stderr.count("\n") == 1, (text, done.stderr)
        assert not daemon.state.exists() and not daemon.keys.exists()
    finally:
        daemon.close()


def link(config):
    config.rename(config.with_suffix(".real"))
    config.symlink_to(config.with_suffix(".real"))


def fifo(config):
    config.unlink()
    os.mkfifo(config)


def directory(config):
    config.unlink()
    config.mkdir()


@pytest.mark.parametrize("spoil, words", [
    (lambda config: config.unlink(), "no such file"),
    (lambda config: config.chmod(0o664), "nobody else may write"),
    (lambda config: config.chmod(0o646), "nobody else may write"),
    (link, "regular file"),
    (fifo, "regular file"),
    (directory, "regular file"),
    (lambda config: config.write_bytes(b"#\n" * 40000), "larger than 64 KiB"),
    (lambda config: config.write_bytes(b"[patd]\n\0"), "NUL"),
], ids=["missing", "group-writable", "world-writable", "link", "fifo", "directory", "large", "nul"])
def test_a_configuration_that_cannot_be_trusted(spoil, words):
    """M18."""
    daemon = Daemon()
    try:
        spoil(daemon.config)
        done = daemon.attempt()
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert done.stderr.startswith(f"patd: {daemon.config}: ") and words in done.stderr
    finally:
        daemon.close()


@pytest.mark.parametrize("which", ["state", "keys"])
@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_directory_that_others_may_enter_is_refused(which, mode):
    """M18."""
    with Daemon() as daemon:
        daemon.stop()
        place = getattr(daemon, which)
        place.chmod(mode)
        done = daemon.attempt()
        assert done.returncode == 1
        assert f"{place} must be a directory of mode 0700" in done.stderr
        place.chmod(0o700)
        daemon.start()


# --- what it is once it runs ---

def check_process(pid, uid):
    status = process_status(pid)
    assert status["Uid"].split() == [str(uid)] * 4
    assert status["NoNewPrivs"].strip() == "1"
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[name], 16) == 0, name
    limits = open(f"/proc/{pid}/limits", encoding="ascii").read()
    assert ["0", "0"] == next(line for line in limits.splitlines()
                              if line.startswith("Max core file size")).split()[4:6]
    # What a process that is not dumpable shows below /proc belongs to root.
    assert os.stat(f"/proc/{pid}/environ").st_uid == 0


def family(pid):
    """The process and those it started to ask the name service."""
    children = open(f"/proc/{pid}/task/{pid}/children", encoding="ascii").read().split()
    return [pid, *map(int, children)]


def test_the_process_is_restricted(daemon):
    assert len(family(daemon.pid)) == 3
    for pid in family(daemon.pid):
        check_process(pid, daemon.uid)


def lives(pid):
    try:
        return not process_status(pid)["State"].startswith("Z")
    except OSError:
        return False


def test_its_helpers_end_with_it(daemon):
    helpers = family(daemon.pid)[1:]
    daemon.kill()
    assert wait_until(lambda: not any(map(lives, helpers)))


def in_background(daemon):
    return [word for word in daemon.command() if word != "--foreground"]


def end(pid):
    os.kill(pid, signal.SIGTERM)
    assert wait_until(lambda: not lives(pid))


def test_background_returns_when_it_is_ready():
    daemon = Daemon()
    try:
        with open(daemon.log, "wb") as log:
            done = subprocess.run(in_background(daemon), stdout=log, stderr=log, timeout=30,
                                  check=False)
        assert (done.returncode, daemon.log_text()) == (0, "")
        pid = server_pid(daemon.manage_socket)
        assert daemon.health() == "accepted"
        assert os.getsid(pid) == pid
        check_process(pid, daemon.uid)
        end(pid)
    finally:
        daemon.close()


def test_background_lets_go_of_the_caller():
    """Whoever started it through a pipe (ssh, $(...)) is not kept waiting."""
    daemon = Daemon()
    try:
        with subprocess.Popen(in_background(daemon), stderr=subprocess.PIPE) as starter:
            assert starter.wait(30) == 0
            pid = server_pid(daemon.manage_socket)
            ended = select.select([starter.stderr], [], [], 2)[0]
            end(pid)
        assert ended
    finally:
        daemon.close()


def test_background_tells_why_it_does_not_start():
    with Daemon() as daemon:
        done = subprocess.run(in_background(daemon), capture_output=True, text=True, timeout=30,
                              check=False)
        assert done.returncode == 1 and "another program listens on" in done.stderr


# --- stopping ---

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_with_idle_connections(daemon, number):
    """Idle management connections would live for a minute."""
    idle = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(40)]
    for each in idle:
        each.connect(str(daemon.verify_socket))
    callers = [Caller(daemon) for _ in range(5)]
    assert callers[0].call("WhoAmI")["uid"] == ME
    process = daemon.process
    process.send_signal(number)
    assert process.wait(5) == 0
    assert daemon.events("stop")
    for each in [*idle, *(caller.socket for caller in callers)]:
        each.close()


def test_sockets_that_were_left_are_taken_again(acme):
    acme.kill()
    assert acme.verify_socket.is_socket()
    acme.start()
    assert acme.asks(unknown_token(), service="imap", login="alice") == "refused"


# --- as root ---

if IS_ROOT:
    class RootStarted(Daemon):
        """Started by root, with an account of the host to drop to."""

        def __init__(self, account):
            super().__init__(memory=False)
            self.account = account
            for path in (self.directory, self.config):
                os.chown(path, 0, 0)
            self.uid = account.pw_uid
            self.config.write_text(self.config.read_text().replace(
                "[patd]\n", f"[patd]\nuser = {account.pw_name}\n"))

        def command(self, *arguments):
            return [str(word) for word in (self.bin / "patd", "--config", self.config,
                                           "--foreground", *arguments)]

    def test_started_by_root_it_drops_to_its_account():
        account = system_account()
        with RootStarted(account) as daemon:
            daemon.tenant()
            daemon.user("alice", grants=["mail:*"])
            token, _ = daemon.token(scopes=["mail:read"])
            assert daemon.asks(token, service="imap", login="alice") == "accepted"
            for pid in family(daemon.pid):
                check_process(pid, account.pw_uid)
                status = process_status(pid)
                assert status["Gid"].split() == [str(account.pw_gid)] * 4
                assert status["Groups"].split() == []
            owners = {uid for place in (daemon.state, daemon.keys)
                      for _, uid in modes(place).values()}
            assert owners == {account.pw_uid}
            # what clients trust is root's: patd could put nothing else there
            assert {uid for _, uid in modes(daemon.run).values()} == {0}
            daemon.process.send_signal(signal.SIGHUP)
            assert wait_until(lambda: daemon.events("reload"))
            daemon.restart()
            assert daemon.asks(token, service="imap", login="alice") == "accepted"

    def test_an_account_that_is_not_there():
        daemon = RootStarted(system_account())
        daemon.config.write_text(daemon.config.read_text().replace(
            f"user = {daemon.account.pw_name}\n", "user = no-such-account\n"))
        done = daemon.attempt()
        daemon.close()
        assert done.returncode == 1 and 'there is no account "no-such-account"' in done.stderr

    @pytest.mark.parametrize("which", ["state", "keys"])
    def test_a_directory_of_somebody_else(which):
        with Daemon() as daemon:
            daemon.stop()
            place = getattr(daemon, which)
            os.chown(place, daemon.uid + 1, daemon.uid + 1)
            done = daemon.attempt()
            assert done.returncode == 1

    def test_a_configuration_of_somebody_else():
        daemon = Daemon()
        os.chown(daemon.config, daemon.uid + 1, daemon.uid + 1)
        done = daemon.attempt("--check")
        daemon.close()
        assert done.returncode == 1 and "root or patd's user owns" in done.stderr

    def test_a_link_in_place_of_a_directory():
        daemon = RootStarted(system_account())
        elsewhere = daemon.directory / "elsewhere"
        elsewhere.mkdir(0o700)
        shutil.chown(elsewhere, daemon.account.pw_uid)
        daemon.state.symlink_to(elsewhere)
        done = daemon.attempt()
        daemon.close()
        assert done.returncode == 1 and "must be a directory of mode 0700" in done.stderr
