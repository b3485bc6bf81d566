# SPDX-License-Identifier: BSD-2-Clause
"""System calls that fail, or are a program's last, where a test wants it: strace's injection."""
import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

ERRORS = ("EIO", "ENOSPC", "EMFILE", "ENOMEM", "EINTR", "EACCES")

# An injected call is not made. Left out is what then cannot fail (the program's own end; what has no
# error to give), what would be left undone for good (a descriptor that is not closed is ours, not the
# program's), and errors that no kernel gives, on which libc ends its process or takes the number for
# an address (brk), or libsodium takes the memory that it opens in order to free it for open (mprotect).
LEFT_OUT = {"execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall", "close", "munmap",
            "brk", "mprotect", "futex", "rseq", "set_robust_list", "set_tid_address", "arch_prctl",
            "rt_sigprocmask", "wait4", "sched_yield", "umask", "getpid", "getppid", "gettid",
            "getuid", "geteuid", "getgid", "getegid"}


def options(out, call, inject):
    """What makes these calls of a program fail; out takes the calls down."""
    return ["strace", "-qq", "-o", str(out), "-e", f"trace={call}", "-e", "signal=none",
            "-e", f"inject={call}:{inject}"]


def launched(out, call, inject):
    """The words before a command line."""
    return [*options(out, call, inject), "-f", "--seccomp-bpf"]


def traced(out):
    """The same, to see all calls."""
    return ["strace", "-f", "-qq", "-e", "signal=none", "-o", str(out)]


def hits(out):
    """How often the fault was met."""
    return Path(out).read_text(errors="replace").count("(INJECTED)") if Path(out).exists() else 0


def calls(out, only=None):
    """[(call, n)]: the n-th of a thread's calls of that name, as strace -f wrote them down.

    Of all threads, or of only one. Behind an execve they begin with the program itself: the
    loader's last call gives its list of libraries back, and that it cannot do without memory or
    files is its own affair.
    """
    counts, begun, found, first, before = {}, {}, {}, None, {}
    for line in Path(out).read_text(errors="replace").splitlines():
        match = re.match(r"(\d+) +(\w+)\(", line)
        if not match or only not in (None, int(match[1])):
            continue
        thread, call = int(match[1]), match[2]
        first = first or thread
        counts[thread, call] = number = counts.get((thread, call), 0) + 1
        if call == "execve":
            begun[thread] = False
            found = {point: whose for point, whose in found.items() if whose != thread}
        elif call == "munmap" and begun.get(thread) is False:
            begun[thread] = True
            if thread == first:
                before = {name: count for (whose, name), count in counts.items() if whose == first}
        elif begun.get(thread, True) and call not in LEFT_OUT:
            found.setdefault((call, number), thread)
    # strace counts for each thread: what is early for another one would meet the loader of the first.
    return [point for point, whose in found.items()
            if whose == first or point[1] > before.get(point[0], 0)]


def is_traced(task):
    try:
        return re.search(r"^TracerPid:\t[1-9]", Path(task, "status").read_text(), re.M)
    except (FileNotFoundError, ProcessLookupError):
        return True  # it ended


@contextlib.contextmanager
def attached(pid, words, thread=None):
    """strace on a process (whose words say -f), or on one thread of it, while the block lasts."""
    process = subprocess.Popen([*words, "-p", str(thread or pid)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    tasks = [f"/proc/{pid}/task/{thread}"] if thread else \
        [f"/proc/{pid}/task/{each}" for each in os.listdir(f"/proc/{pid}/task")]
    try:
        deadline = time.monotonic() + 20
        while not all(map(is_traced, tasks)):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline, "strace did not come"
            time.sleep(0.001)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
            process.stderr.close()
