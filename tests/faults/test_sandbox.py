# SPDX-License-Identifier: BSD-2-Clause
"""R36: patd's sandbox: what the kernel says of it, what is refused within it, and what still works.

Refusals are seen with the sandbox's own code in a program that then does one forbidden thing; what
works, with a real patd under strace: no call of it may meet a refusal.
"""
import ctypes
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from figures import figure
from pat import BUILD, SOURCE
from patdkit import ME, Daemon, process_status, reload, wait_until

TRY = BUILD / "tests" / "faults" / "sandbox_try"
MAKEFILE = (BUILD / "Makefile").read_text()
UNFIT = re.search(r"^sandbox_unfit = *(.*)$", MAKEFILE, re.M)[1]  # why this build has no sandbox
FILTERS = "patd_sandbox_seccomp_enter" in re.search(r"^SANDBOX_FILTER = (.*)$", MAKEFILE, re.M)[1]
CREATE_RULESET = 444


def landlock():
    """The version that this kernel has; 0: none."""
    abi = ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, 0, 1)
    return 0 if abi < 2 or UNFIT else min(abi, 6)


ABI = landlock()
SECCOMP = FILTERS and not UNFIT
ALWAYS = ["no-new-privileges", "not-dumpable", "no-core"]
LAYERS = ALWAYS + ([f"landlock-{ABI}"] if ABI else []) + (["seccomp"] if SECCOMP else [])


# --- a real patd ---

def processes(pid):
    """patd and those that ask the name service."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def test_the_kernel_says_so():
    """/proc/PID/status of all three processes, and of every thread."""
    with Daemon() as daemon:
        pids = processes(daemon.pid)
        assert len(pids) == 3
        for pid in pids:
            for thread in Path(f"/proc/{pid}/task").iterdir():
                status = process_status(f"{pid}/task/{thread.name}")
                assert status["NoNewPrivs"] == "1"
                assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
                assert status["Seccomp"] == ("2" if SECCOMP else "0")
                assert int(status["Seccomp_filters"]) == (2 if SECCOMP else 0)
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", limits)
            assert Path(f"/proc/{pid}/mem").stat().st_uid == 0, "dumpable"


def test_the_start_tells_what_holds():
    """One line, before the first request."""
    with Daemon() as daemon:
        line, = daemon.events("sandbox")
        assert line["active"].split() == line["groups"].split() == LAYERS
        assert ("inactive" in line) == (not (ABI and SECCOMP))
        log = daemon.log_text()
        assert log.index("event=sandbox") < log.index("event=start")


class Without(Daemon):
    """A patd whose kernel lacks something: strace answers in its place."""

    calls = ()
    words = ()

    def command(self, *arguments):
        words = super().command(*arguments, *self.words)
        at = words.index(str(self.bin / "patd"))
        faults = [word for call in self.calls for word in ("-e", f"inject={call}")]
        return [*words[:at], "strace", "-D", "-f", "-qq", "-o", os.devnull, *faults, *words[at:]]


MISSING = {
    "no landlock": ("landlock_create_ruleset:error=ENOSYS", "landlock: not in this kernel"),
    "landlock switched off": ("landlock_create_ruleset:error=EOPNOTSUPP",
                              "landlock: switched off in this kernel"),
    "landlock forbidden": ("landlock_restrict_self:error=EPERM",
                           "landlock: Operation not permitted"),
    "no rules": ("landlock_add_rule:error=ENOMEM",
                 "landlock: making its rules: Cannot allocate memory"),
    "no seccomp": ("seccomp:error=ENOSYS", "seccomp: not in this kernel"),
}
if UNFIT:
    MISSING = {UNFIT: ("swapoff:error=EPERM", f"landlock: {UNFIT}; seccomp: {UNFIT}")}
elif not ABI or not FILTERS:
    MISSING = {name: row for name, row in MISSING.items()
               if name.startswith("no landlock" if not ABI else "landlock")}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named_and_may_be_insisted_on(name):
    """Without --require-sandbox patd starts with a warning, and answers."""
    daemon = Without()
    daemon.calls = (MISSING[name][0],)
    try:
        daemon.start(wait=30)
        line, = daemon.events("sandbox")
        assert MISSING[name][1] in line["inactive"], line
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        token, _ = daemon.token(scopes=["mail:read"])
        assert daemon.asks(token, service="imap", login="alice") == "accepted"
        daemon.stop()
        daemon.words = ("--require-sandbox",)
        done = daemon.attempt()
        assert done.returncode == 1
        assert f"the sandbox is required and not whole: {MISSING[name][1]}" in done.stderr
        assert "patd: ready" not in done.stderr
    finally:
        daemon.close()


def test_a_whole_sandbox_satisfies():
    daemon = Daemon()
    command = daemon.command
    daemon.command = lambda *words: command("--require-sandbox", *words)
    try:
        if ABI and SECCOMP:
            assert daemon.start().health() == "accepted"
        else:
            assert "the sandbox is required" in daemon.attempt().stderr
    finally:
        daemon.close()


def test_under_valgrind():
    """It hides both layers from what it runs; patd says so and works."""
    daemon = Daemon()
    command = daemon.command

    def words(*arguments):
        line = command(*arguments)
        at = line.index(str(daemon.bin / "patd"))
        return [*line[:at], "valgrind", "-q", "--child-silent-after-fork=yes", *line[at:]]

    if not UNFIT:
        daemon.command = words
        # not every valgrind reads what every compiler writes there
        subprocess.run(["strip", "--strip-debug", daemon.bin / "patd"], check=True)
    try:
        daemon.start(wait=60)
        line, = daemon.events("sandbox")
        assert "seccomp: " in line["inactive"]
        daemon.tenant()
        assert daemon.stop() == 0
    finally:
        daemon.close()


# --- everything that patd does ---

def story(daemon):
    """A life: people, tokens, refusals, backup, keys, reloads with names, bad names, the log."""
    daemon.tenant()
    daemon.user("alice", grants=["mail:*"])
    daemon.user("root0", grants=["ssh:login"], account="root", uid=0, allowRoot=True)
    daemon.call("GrantAdd", holder="@daemon", scopes=["ssh:login"], tenant="acme")
    token, record = daemon.token(scopes=["mail:read"])
    for text in (token, token[:-1] + "0"):
        daemon.asks(text, service="imap", login="alice", address="192.0.2.7")
    other, _ = daemon.token(scopes=["mail:read"])
    daemon.call("Rotate", token=record["id"])
    daemon.call("Revoke", tokens=[record["id"]])
    for method in ("List", "Log", "LogVerify", "DbCheck", "UserList"):
        daemon.call(method, more=True)
    daemon.ctl("db", "backup", str(daemon.directory / "copy.db"), check=0)
    daemon.ctl("db", "rotate-key", "--yes", check=0)
    daemon.config.write_text(daemon.config.read_text().replace(
        "uids = ", f"uids = root daemon {ME} "))
    reload(daemon)
    assert daemon.events("reload"), daemon.log_text()[-2000:]
    assert daemon.asks(other, service="imap", login="alice") == "accepted"
    daemon.config.write_text(daemon.config.read_text().replace("daemon", "nobody-of-this-name"))
    reload(daemon)
    assert 'no account \\x22nobody-of-this-name\\x22' in daemon.log_text()
    assert wait_until(lambda: daemon.events("checked"))
    return other


class Traced(Daemon):
    def command(self, *arguments):
        words = super().command(*arguments)
        at = words.index(str(self.bin / "patd"))
        return [*words[:at], "strace", "-D", "-f", "-o", str(self.trace), *words[at:]]

    @property
    def trace(self):
        return self.directory / "trace"


HARMLESS = {"clone3"}  # what is QUIET in patd/sandbox_calls.def


if not UNFIT:
    def test_nothing_that_patd_does_is_refused():
        """A line of strace that says ENOSYS, or a signal, would be a hole in its lists."""
        daemon = Traced()
        daemon.trace.touch()
        daemon.trace.chmod(0o666)
        try:
            pid = daemon.start(wait=30).pid
            story(daemon)
            assert daemon.stop() == 0
            assert wait_until(lambda: re.search(rf"^{pid} +\+\+\+ exited with 0 ",
                                                daemon.trace.read_text(), re.M))
            lines = daemon.trace.read_text().splitlines()
        finally:
            daemon.close()
        begun = max(number for number, line in enumerate(lines)
                    if " seccomp(SECCOMP_SET_MODE" in line or number == 0)
        refused = {re.search(r"(\w+)\(|<\.\.\. (\w+)", line)[0] for line in lines[begun:]
                   if " = -1 ENOSYS" in line and not any(f" {call}" in line for call in HARMLESS)}
        assert refused == set()
        assert not [line for line in lines if "SIGSYS" in line]
        denied = [line for line in lines[begun:] if " = -1 EACCES" in line]
        assert denied == []
        figure("sandbox", f"{len(lines):,} system calls of a life of patd, 0 refused")


def test_a_hanging_name_service_keeps_the_configuration():
    """Names are asked of the other processes: a reload waits a second for them, and no login."""
    with Daemon() as daemon:
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        token, _ = daemon.token(scopes=["mail:read"])
        before = daemon.config.read_text()
        daemon.config.write_text(before.replace("uids = ", "uids = root "))
        for pid in processes(daemon.pid)[1:]:
            os.kill(pid, signal.SIGSTOP)
        reload(daemon)
        assert "no answer of the name service about" in daemon.log_text()
        assert not daemon.events("reload")
        assert daemon.asks(token, service="imap", login="alice") == "accepted"
        for pid in processes(daemon.pid)[1:]:
            os.kill(pid, signal.SIGCONT)
        reload(daemon)
        assert daemon.events("reload")


# --- the list, on machines that we do not have ---

# What other machines, or a newer libc, have in the place of a call.
ALSO = """
    access:faccessat access:faccessat2 alarm:setitimer clock_gettime:clock_gettime64
    clock_adjtime:clock_adjtime64 clock_getres:clock_getres_time64
    clock_nanosleep:clock_nanosleep_time64 dup2:dup3 epoll_wait:epoll_pwait
    fadvise64:fadvise64_64 fadvise64:arm_fadvise64_64 fcntl:fcntl64 fchown:fchown32 fstat:fstat64
    fstatfs:fstatfs64 ftruncate:ftruncate64 futex:futex_time64 getegid:getegid32 geteuid:geteuid32
    getgid:getgid32 getrlimit:ugetrlimit getuid:getuid32 link:linkat lseek:_llseek lstat:fstatat64
    lstat:lstat64 lstat:newfstatat lstat:statx mkdir:mkdirat mmap:mmap2 nanosleep:clock_nanosleep
    open:openat poll:ppoll poll:ppoll_time64 readlink:readlinkat recvmmsg:recvmmsg_time64
    rename:renameat rename:renameat2 rmdir:unlinkat rt_sigreturn:sigreturn
    rt_sigtimedwait:rt_sigtimedwait_time64 select:_newselect select:pselect6
    select:pselect6_time64 stat:fstatat64 stat:newfstatat stat:stat64 stat:statx statfs:statfs64
    timerfd_settime:timerfd_settime64 unlink:unlinkat utimensat:utimensat_time64 wait4:waitpid
    wait4:waitid
""".split()


def table():
    """{name: (rule of patd, rule of those that ask the name service)}"""
    text = (SOURCE / "patd" / "sandbox_calls.def").read_text()
    rows = re.findall(r"^CALL\((\w+), (\w+), (\w+)\)$", text, re.M)
    assert len(rows) == len({name for name, *_ in rows}) == text.count("\nCALL(")
    return {name: rules for name, *rules in rows}


def test_what_stands_for_a_call_is_allowed_with_it():
    """A pair of these that is torn apart works here, and nowhere else."""
    rows = table()
    torn = [pair for pair in ALSO for old, new in [pair.split(":")]
            if [rule == "NO" for rule in rows[old]] != [rule == "NO" for rule in rows[new]]]
    assert torn == []


if FILTERS:
    def test_every_name_is_known():
        """libseccomp passes over a name that it does not know: a typing error would be silent."""
        library = ctypes.CDLL("libseccomp.so.2")
        assert [name for name in table()
                if library.seccomp_syscall_resolve_name(name.encode()) == -1] == []


# --- what is refused ---

@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """State, keys and configuration as patd has them, and a file of somebody else's."""
    top = tmp_path_factory.mktemp("sandbox")
    for name in ("state", "state/backup", "keys", "etc", "other"):
        (top / name).mkdir()
    for name in ("state/pat.db", "keys/seal.1", "etc/pat.conf", "other/file"):
        (top / name).write_text("x")
    for way in (top / "other" / "way", top / "way"):
        way.symlink_to(top / "keys")
    shutil.copy2(TRY, top / "try")
    return top


def attempt(places, process, deed, path=""):
    """What came of a deed in the sandbox: "done", an error's name, or a signal's."""
    done = subprocess.run(
        [places / "try", process, places / "state", places / "keys", places / "etc" / "pat.conf",
         deed, *([str(path).format(top=places)] if path else [])],
        capture_output=True, text=True, timeout=20, check=False)
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


TRUE, LIBRARY = "/bin/true", "libm.so.6"
TWICE = "ENOSYS" if SECCOMP else "EACCES"  # both layers refuse it

# deed, where: what patd gets, and what the processes get that ask the name service
FILES = [
    ("read", "{top}/state/pat.db", "done", "EACCES"),
    ("write", "{top}/state/pat.db", "done", "EACCES"),
    ("make", "{top}/state/new-{process}", "done", "EACCES"),
    ("make-dir", "{top}/state/dir-{process}", "done", TWICE),
    ("move", "{top}/state/backup/making-{process}", "done", TWICE),
    ("make-link", "{top}/state/link-{process}", TWICE, TWICE),
    ("make-fifo", "{top}/state/fifo-{process}", TWICE, TWICE),
    ("list", "{top}/state", "done", "EACCES"),
    ("read", "{top}/keys/seal.1", "done", "EACCES"),
    ("write", "{top}/keys/seal.1", "done", "EACCES"),
    ("make", "{top}/keys/new-{process}", "done", "EACCES"),
    ("make-dir", "{top}/keys/dir-{process}", "EACCES", TWICE),
    ("read", "{top}/other/way/seal.1", "done", "EACCES"),
    ("read", "{top}/way/seal.1", "done", "EACCES"),
    ("read", "/proc/self/root{top}/keys/seal.1", "done", "EACCES"),
    ("read", "{top}/etc/pat.conf", "done", "done"),
    ("write", "{top}/etc/pat.conf", "EACCES", "EACCES"),
    ("remove", "{top}/etc/pat.conf", "EACCES", TWICE),
    ("make", "{top}/etc/new-{process}", "EACCES", "EACCES"),
    ("read", "{top}/other/file", "EACCES", "done"),
    ("write", "{top}/other/file", "EACCES", "EACCES"),
    ("remove", "{top}/other/file", "EACCES", TWICE),
    ("read", "/etc/passwd", "EACCES", "done"),
    ("list", "/etc", "EACCES", "done"),
    ("read", "/proc/sys/kernel/random/boot_id", "done", "done"),
    ("list", "/proc", "EACCES", "done"),
    ("read", "/dev/null", "done", "done"),
    ("write", "/dev/null", "done", "done"),
    ("read", "/dev/urandom", "done", "done"),
    ("make", "{top}/other/new-{process}", "EACCES", "EACCES"),
]
SIGNAL = "EPERM" if ABI >= 6 else "done"
CALLS = [
    ("memory", "", "done", "done"),
    ("thread", "", "done", "done"),
    ("fork", "", "ENOSYS", "done"),
    ("run", TRUE, "SIGSYS", "SIGSYS"),
    ("trace", "", "SIGSYS", "SIGSYS"),
    ("namespace", "", "SIGSYS", "SIGSYS"),
    ("clone-namespace", "", "ENOSYS", "ENOSYS"),
    ("become", "", "SIGSYS", "SIGSYS"),
    ("filter-again", "", "ENOSYS", "ENOSYS"),
    ("be-dumped", "", "ENOSYS", "done"),
    ("signal", "", "ENOSYS", SIGNAL),
    ("map-code", "", "ENOSYS", "done"),
    ("make-code", "", "ENOSYS", "done"),
    ("network", "", "ENOSYS", "done"),
    ("netlink", "", "ENOSYS", "done"),
    ("change-mode", "{top}/state/pat.db", "ENOSYS", "ENOSYS"),
    ("unix", "{top}/sock", "done", "done"),
]
if platform.machine() == "x86_64":
    CALLS.append(("old-numbers", "", "SIGSYS", "SIGSYS"))  # another architecture's way in
SERVICE = [("load", LIBRARY, "done"), ("look-up", "root", "done")]
DEEDS = [(process, deed, path, wanted)
         for rows, there in ((FILES, ABI), (CALLS, SECCOMP)) if there
         for deed, path, *both in rows for process, wanted in zip(("patd", "groups"), both)]
DEEDS += [("groups", *row) for row in SERVICE]


@pytest.mark.parametrize("process, deed, path, wanted", DEEDS,
                         ids=[" ".join(row[:3]) for row in DEEDS])
def test_what_a_process_may_do(places, process, deed, path, wanted):
    path = path.replace("{top}", str(places)).replace("{process}", process)
    server = None
    if deed == "unix":
        Path(path).unlink(missing_ok=True)
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
    try:
        assert attempt(places, process, deed, path) == wanted
    finally:
        if server:
            server.close()


def test_the_abstract_name_space(places):
    """Landlock 6 closes it for patd; who asks the name service may need it."""
    name = f"linux-pat-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        assert attempt(places, "patd", "abstract", name) == ("EPERM" if ABI >= 6 else "done")
        assert attempt(places, "groups", "abstract", name) == "done"


if ABI or SECCOMP:
    @pytest.mark.parametrize("deed, path, wanted", sorted(
        {(deed, path, wanted) for _, deed, path, wanted in DEEDS if wanted != "done"}))
    def test_it_is_the_sandbox_that_refuses(places, deed, path, wanted):
        """Outside, the same is refused by nobody, or otherwise."""
        path = path.replace("{top}", str(places)).replace("{process}", "none")
        assert attempt(places, "none", deed, path) != wanted
