# SPDX-License-Identifier: BSD-2-Clause
"""The plugin as a guest: what it needs and exports, what it leaves behind, and threads."""
import re
import subprocess

import pytest

from pat import BUILD
from sasl_rig import (BADAUTH, BADPROT, BEARER, DUMMY, MECHS, OK, PLUGIN, Rig, messages,
                      oauthbearer, words)

SANITIZED = "-fsanitize=" in re.search(r"^PAT_CFLAGS = (.*)$", (BUILD / "Makefile").read_text(),
                                       re.M)[1]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def imported():
    return {line.split()[-1].split("@")[0]
            for line in output("nm", "-D", "--undefined-only", PLUGIN).splitlines()}


def test_it_exports_one_function():
    text = output("nm", "-D", "--defined-only", PLUGIN)
    assert {line.split()[-1] for line in text.splitlines()} == {"sasl_server_plug_init"}


def test_it_imports_nothing_that_would_disturb_its_host():
    """SECURITY.md R15: no thread, process, signal, timer, environment, file or output."""
    forbidden = re.compile(
        r"pthread_create|fork|exec|clone|dl|signal|sigaction|alarm|setitimer|timer_|setenv|putenv|"
        r"getenv|setlocale|umask|chdir|setrlimit|atexit|exit|abort|printf|puts|syslog|open|fopen|"
        r"system|getpw|getaddrinfo|sasl_|prop_|malloc|calloc|realloc|rand")
    allowed = {"__stack_chk_fail", "__cxa_finalize", "explicit_bzero", "sasl_version_info"}
    names = {name for name in imported() if not name.startswith(("__asan", "__ubsan", "__tsan"))}
    if not SANITIZED:
        assert {name for name in names - allowed if forbidden.match(name.lstrip("_"))} == set()
    assert {"socket", "connect", "getrandom"} <= names


def test_it_does_without_what_it_asks_of_libsasl():
    """Weak: a program may have loaded libsasl2 where the plugin cannot see it."""
    text = output("nm", "-D", "--undefined-only", PLUGIN)
    assert re.findall(r"(\w) (sasl_\w+)", text) == [("w", "sasl_version_info")]


if not SANITIZED:
    def test_it_needs_libc_only():
        needed = re.findall(r"NEEDED.*\[(.+)\]", output("readelf", "-dW", PLUGIN))
        assert {re.sub(r"\.so.*", "", name) for name in needed} == {"libc"}

    def test_it_stays_loaded_and_is_hardened():
        text = output("readelf", "-dW", PLUGIN)
        assert re.search(r"FLAGS_1.*\bNODELETE\b", text)
        assert "BIND_NOW" in text and "TEXTREL" not in text
        assert re.search(r"GNU_STACK.* RW ", output("readelf", "-lW", PLUGIN))


def test_it_keeps_nothing_between_connections():
    """No variable: what can be written holds a pointer and a flag of the compiler's own."""
    sizes = re.findall(r" \.(data|bss|tdata|tbss) +\w+ +\w+ +\w+ +(\w+)",
                       output("readelf", "-SW", PLUGIN))
    assert {name for name, _ in sizes} <= {"data", "bss"}
    assert SANITIZED or all(int(size, 16) <= 8 for _, size in sizes)


# --- many, and for long ---

def script_of(world):
    """Exchanges of every kind with how they end, for the driver to play again and again."""
    good, bob = world.tokens["good"], world.tokens["other user"]
    lines = []
    for mech in MECHS:
        lines.append(f"exchange {OK} alice {mech} {words(messages(mech, good))}")
        lines.append(f"exchange {OK} bob {mech} {words(messages(mech, bob, 'bob'))}")
        bad = messages(mech, world.tokens["revoked"]) + ([DUMMY[mech]] if mech in BEARER else [])
        lines.append(f"exchange {BADAUTH} - {mech} {words(bad)}")
        malformed = messages(mech, world.tokens["malformed"])
        malformed += [DUMMY[mech]] if mech in BEARER else []
        lines.append(f"exchange {BADAUTH} - {mech} {words(malformed)}")
        lines.append(f"exchange {BADPROT} - {mech} {words([b'x' + bytes(5000)])}")
    lines.append(f"exchange {OK} alice PLAIN {words(messages('PLAIN', 'ordinary'))}")
    lines.append(f"exchange {BADAUTH} - PLAIN {words(messages('PLAIN', 'guess'))}")
    lines.append(f"exchange {OK} bob OAUTHBEARER none {words([oauthbearer(bob)])}")
    return lines


def many(said):
    """Of each command: exchanges that did not end as expected, tokens seen, memory in KiB."""
    return [tuple(int(number) for number in re.findall(r"=(\d+)", value))
            for value in said.all("many")]


def test_nothing_grows(rig, world):
    """1,000 exchanges, then 2,000 more; "make check-sasl-long" plays 100,000."""
    said = rig.play(*script_of(world), "many 1 1000", "many 1 2000")
    (wrong, tokens, before), (wrong_later, tokens_later, after) = many(said)
    assert (wrong, tokens, wrong_later, tokens_later) == (0, 0, 0, 0)
    assert SANITIZED or after - before < 256


def test_threads(rig, world):
    """16, on connections of their own: nobody gets another's name."""
    said = rig.play(*script_of(world), "many 16 100")
    assert [entry[:2] for entry in many(said)] == [(0, 0)]


def test_it_comes_and_goes_a_hundred_times(rig, world):
    """sasl_done() frees what was listed, whatever the order of directories."""
    for path in (rig.path, f"{rig.stock}:{rig.ours}"):
        said = rig.play(*script_of(world), "again 100", path=path)
        assert said.all("again") == ["100"]


class Checked(Rig):
    """Under valgrind: a leak or a use after free ends with status 9."""

    def command(self):
        return ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
                "--error-exitcode=9", "--track-fds=no", *super().command()]


if not SANITIZED:
    def test_valgrind_finds_nothing(world, tmp_path):
        rig = Checked(tmp_path, world.patd)
        said = rig.play(*script_of(world), "again 46", "init", "new",
                        f"try OAUTHBEARER {words([oauthbearer(world.tokens['good'])])}", "done")
        assert said.last() == (OK, "alice")

    @pytest.mark.parametrize("mechs", ("OAUTHBEARER", "XOAUTH2", "OAUTHBEARER XOAUTH2"))
    def test_valgrind_whatever_is_listed(world, tmp_path, mechs):
        """The last one that libsasl forgets frees for all."""
        rig = Checked(tmp_path, world.patd)
        for override in ("no", "yes"):
            said = rig.play("list", "done", "init", "new", "list", "done",
                            options={"pat_mechs": mechs, "pat_override": override})
            assert set(mechs.split()) <= set(said.mechs[1])
