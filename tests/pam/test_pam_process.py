# SPDX-License-Identifier: BSD-2-Clause
"""The module as a guest in its host's process: what it exports, needs, keeps and leaves behind."""
import re
import signal
import subprocess

import pytest

pytest.register_assert_rewrite("pam_rig")

from fakepatd import NOT_PERMITTED, REFUSED, FakePatd, hangs_up, with_class  # noqa: E402
from pam_rig import HARDENED, SANITIZED, Rig  # noqa: E402
from pat import PAM_MODULE  # noqa: E402


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    yield rig
    rig.close()


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def symbols(which):
    return {line.split()[-1].split("@")[0] for line in
            output("nm", "-D", which, PAM_MODULE).splitlines()}


# --- the file ---

def test_it_exports_three_functions_and_nothing_else():
    assert symbols("--defined-only") == {"pam_sm_authenticate", "pam_sm_setcred",
                                         "pam_sm_acct_mgmt"}


# What would change, stop or speak for the host, read what a user can set, or resolve a name.
FORBIDDEN = """
    signal sigaction sigprocmask pthread_sigmask alarm setitimer timer_create umask chdir fchdir
    setenv putenv unsetenv clearenv getenv secure_getenv setlocale setrlimit atexit on_exit
    pthread_create pthread_atfork fork vfork clone execve execl execv execvp execlp posix_spawn
    system popen dlopen exit _exit quick_exit kill raise printf puts putchar fputs fprintf perror
    write fopen open openat creat mkdir unlink rename chmod chown setuid seteuid setreuid setresuid
    setgid setegid setgroups setfsuid openlog closelog setlogmask getaddrinfo getnameinfo
    gethostbyname gethostbyname2 gethostbyname_r getpwnam getpwuid getpwnam_r getlogin rand random
    srand strcpy strcat sprintf gets localtime mlock mmap mprotect prctl ptrace sleep usleep
""".split()


def test_it_imports_nothing_that_would_disturb_its_host():
    imported = symbols("--undefined-only")
    assert "pam_get_authtok" in imported
    assert imported & {form for name in FORBIDDEN
                       for form in (name, f"__{name}_chk", f"__{name}", f"{name}64")} == set()


if not SANITIZED:
    def test_it_needs_libc_and_libpam_only():
        needed = re.findall(r"NEEDED.*\[(.+)\]", output("readelf", "-dW", PAM_MODULE))
        assert {re.sub(r"\.so.*", "", name) for name in needed} == {"libc", "libpam"}

    def test_it_stays_loaded():
        """-z nodelete: a host that unloads it while a thread is inside would crash."""
        flags = re.findall(r"\(FLAGS_1\)\s+Flags: (.*)", output("readelf", "-dW", PAM_MODULE))
        assert len(flags) == 1 and "NODELETE" in flags[0].split()

if HARDENED:
    def test_it_is_hardened():
        dynamic = output("readelf", "-dW", PAM_MODULE)
        headers = output("readelf", "-lW", PAM_MODULE)
        assert "GNU_RELRO" in headers and re.search(r"FLAGS_1\).*\bNOW\b", dynamic)
        assert re.search(r"GNU_STACK.* RW +0x", headers)
        assert not re.search(r"\((TEXTREL|RPATH|RUNPATH)\)", dynamic)
        assert not re.search(r"LOAD.* RWE ", headers)


# --- resources ---

# KiB; a sanitizer keeps what was freed for a while, and tells of a leak by itself.
CYCLES, GROWTH = (2000, 512) if not SANITIZED else (400, 65536)


def judge_resources(result):
    before, after = result.values("memory")
    assert after - before < GROWTH
    opened, left = result.values("descriptors")
    assert left == opened


def test_nothing_grows_by_logins(rig):
    stack = [f"auth required {rig.pat('putenv')}", f"account required {rig.pat()}"]
    result = rig.run(stack, ["authenticate", "acct_mgmt", "setcred:establish"],
                     answers=[rig.world.tokens["accepted"]], options=["--cycles", str(CYCLES)],
                     timeout=300)
    judge_resources(result)
    total = CYCLES + CYCLES // 8
    assert result.lines[:3] == [f"{name} PAM_SUCCESS {total}" for name in
                                ("authenticate", "acct_mgmt", "setcred:establish")]


FAILURES = {
    "refused": (with_class(REFUSED), "", "PAM_AUTH_ERR"),
    "not permitted": (with_class(NOT_PERMITTED), "", "PAM_AUTHINFO_UNAVAIL"),
    "unavailable": (None, "socket=/nonexistent/sock", "PAM_AUTHINFO_UNAVAIL"),
    "wrong option": (None, "nodely", "PAM_SERVICE_ERR"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_nothing_grows_by_failures(rig, case):
    behaviour, arguments, code = FAILURES[case]
    with FakePatd(rig.directory / f"server{next(rig.count)}", behaviour) as server:
        result = rig.run([f"auth required {rig.pat(arguments, socket=server.path)}"],
                         ["authenticate"], answers=[rig.world.tokens["accepted"]],
                         options=["--cycles", str(CYCLES)], timeout=300)
    judge_resources(result)
    assert result.lines[0] == f"authenticate {code} {CYCLES + CYCLES // 8}"


@pytest.mark.parametrize("kind", ["accepted", "malformed"])
def test_threads(rig, kind):
    """Eight threads, 200 handles each; all of them beside each other."""
    stack = [f"auth required {rig.pat('putenv')}", f"account required {rig.pat()}"]
    result = rig.run(stack, ["authenticate", "acct_mgmt"], answers=[rig.world.tokens[kind]],
                     options=["--cycles", "200", "--threads", "8"], timeout=300)
    total = 200 // 8 + 8 * 200
    codes = ("PAM_SUCCESS", "PAM_SUCCESS") if kind == "accepted" else \
        ("PAM_AUTH_ERR", "PAM_PERM_DENIED")
    assert result.lines[:2] == [f"authenticate {codes[0]} {total}", f"acct_mgmt {codes[1]} {total}"]
    opened, left = result.values("descriptors")
    assert left == opened


# --- secrets ---

def finds(rig, stack, kind="accepted", operations=("authenticate",), **named):
    result = rig.run(stack, operations, answers=[rig.world.tokens[kind]], options=["--scan"],
                     **named)
    assert result.codes[-1][0] == operations[-1]
    return result.values("finds")[0]


def test_the_search_finds_a_copy(rig):
    """So that the tests behind it may believe in finding nothing."""
    assert finds(rig, [f"auth required {rig.probe('ask keep')}"]) > 0


def test_without_the_module_nothing_is_found(rig):
    """Neither driver nor libpam leave copies of their own."""
    assert finds(rig, [f"auth required {rig.directory / 'probe.so'} ask"]) == 0


LEFTOVERS = {
    "accepted": ("accepted", "debug putenv"),
    "refused": ("revoked", "debug putenv"),
    "malformed": ("malformed", "debug"),
    "of another tenant": ("accepted", "tenant=other"),
    "not a service": ("accepted", "service=in/valid"),
    "no service": ("accepted", "service=" + "x" * 40),
    "no socket": ("accepted", "socket=/nonexistent/sock"),
    "no path": ("accepted", "socket=" + "x" * 200),
}


@pytest.mark.parametrize("case", LEFTOVERS)
def test_no_secret_stays_in_memory(rig, case):
    """After pam_end, not eight bytes in a row of the token's secret are left in the process."""
    kind, arguments = LEFTOVERS[case]
    stack = [f"auth required {rig.pat(arguments)}", f"account required {rig.pat()}"]
    assert finds(rig, stack, kind, ("authenticate", "acct_mgmt", "setcred:establish")) == 0


def test_no_secret_stays_after_a_broken_connection(rig):
    with FakePatd(rig.directory / f"server{next(rig.count)}", hangs_up) as server:
        assert finds(rig, [f"auth required {rig.pat(socket=server.path)}"]) == 0


# --- a real patd, in trouble ---

def attempt(rig, kind="accepted", **named):
    return rig.run([f"auth required {rig.pat()}"], ["authenticate"],
                   answers=[rig.world.tokens[kind]], **named)


def test_revocation_counts_at_the_next_login(rig):
    """C19."""
    world = rig.world
    world.tokens["short-lived"] = world.make("admin")
    assert attempt(rig, "short-lived").code == "PAM_SUCCESS"
    world.patd.call("Revoke", tokens=[world.id_of("short-lived")])
    assert attempt(rig, "short-lived").code == "PAM_AUTH_ERR"


def test_a_stopped_patd_keeps_nobody_for_long(rig):
    patd = rig.world.patd
    patd.process.send_signal(signal.SIGSTOP)
    try:
        result = attempt(rig)
    finally:
        patd.process.send_signal(signal.SIGCONT)
    assert result.code == "PAM_AUTHINFO_UNAVAIL" and 2 < result.seconds < 6
    assert attempt(rig).code == "PAM_SUCCESS"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_patd_may_go_and_come_back(rig, number):
    patd = rig.world.patd
    patd.stop(number)
    try:
        assert attempt(rig).code == "PAM_AUTHINFO_UNAVAIL"
    finally:
        patd.start()
    assert attempt(rig).code == "PAM_SUCCESS"
