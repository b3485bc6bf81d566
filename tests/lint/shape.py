# SPDX-License-Identifier: BSD-2-Clause
"""The shape of the code: sizes, names, forbidden calls, wipes, formatting."""
import re
import shutil
import subprocess

from rules import SOURCE, code_files, functions, without_comments

FORBIDDEN = r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|sscanf|system|popen|mktemp|" \
            r"tmpnam|alloca|longjmp|setjmp)\s*\("
# The one way out of a parser that writes behind its buffer when memory is refused to it.
ALLOWED = {("core/wire/varlink.c", "longjmp"), ("core/wire/varlink.c", "setjmp")}


def test_rooms_stay_under_500_lines():
    assert [str(p) for p in code_files() if len(p.read_text().splitlines()) > 500] == []


def test_functions_stay_under_60_lines():
    long = [f"{p.relative_to(SOURCE)}:{line} {name}: {length}"
            for p in code_files() if p.suffix == ".c"
            for name, line, length in functions(p) if length > 60]
    assert long == []


def test_no_forbidden_calls():
    found = [f"{p.relative_to(SOURCE)}: {match[1]}" for p in code_files()
             for match in re.finditer(FORBIDDEN, without_comments(p.read_text()))
             if (str(p.relative_to(SOURCE)), match[1]) not in ALLOWED]
    assert found == []


def test_wiping_happens_in_one_room():
    """explicit_bzero and its kin are called by core/base/secret.c alone."""
    found = [str(p.relative_to(SOURCE)) for p in code_files()
             if re.search(r"\b(explicit_bzero|sodium_memzero|memset_s)\b",
                          without_comments(p.read_text()))]
    assert found == ["core/base/secret.c"]


def test_secrets_are_compared_in_constant_time():
    """M13: memcmp and strcmp stay away from verifiers, seals and links."""
    found = []
    for path in code_files():
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
            if re.search(r"\b(memcmp|strcmp|strncmp)\s*\(.*(verifier|seal|secret|digest|chain)", line):
                found.append(f"{path.relative_to(SOURCE)}:{number}")
    assert found == []


def test_no_macro_hides_control_flow():
    found = []
    for path in code_files():
        text = path.read_text().replace("\\\n", " ")
        for match in re.finditer(r"^#define\s+(\w+)\([^)]*\)(.*)$", text, re.M):
            if re.search(r"\b(return|goto|continue|break)\b", match[2]):
                found.append(f"{path.relative_to(SOURCE)}: {match[1]}")
    assert found == []


def test_conditional_compilation_is_a_header_guard():
    """#if and #ifdef stand only in include guards and in .def files."""
    found = []
    for path in code_files():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r"\s*#\s*(if|ifdef|elif|else)\b", line):
                found.append(f"{path.relative_to(SOURCE)}:{number}: {line}")
    assert found == []


def test_every_file_names_its_licence():
    missing = [str(p.relative_to(SOURCE)) for p in code_files()
               if "SPDX-License-Identifier: BSD-2-Clause" not in p.read_text()[:200]]
    assert missing == []


def test_a_switch_over_an_enum_has_no_default():
    """-Wswitch-enum then names the case that was forgotten; numbers from outside keep theirs."""
    allowed = {"core/base/file.c", "core/store/sqlite.c", "core/wire/wire.c", "core/api/client.c",
               "patd/main.c", "sasl_pat/code.c"}
    found = {str(p.relative_to(SOURCE)) for p in code_files()
             if re.search(r"^\s*default:", without_comments(p.read_text()), re.M)}
    assert found <= allowed


def exported(path):
    """Names of the functions that a .c file defines for others."""
    lines = without_comments(path.read_text()).splitlines()
    for before, line in zip(lines, lines[1:]):
        match = re.match(r"(\w+)\(", line)
        if match and re.match(r"[a-z_].*[\w*]$", before) and not before.startswith("static"):
            yield match[1]


def test_a_room_exports_its_own_name_only():
    """foo.c exports pat_foo_*, patd_foo_*, ...: a stranger finds the room from the name."""
    prefixes = {"core": "pat_", "pam_pat": "pat_", "sasl_pat": "pat_", "patd": "patd_", "admin": ""}
    exceptions = {"core/config/file.c": "pat_config_file_",
                  "core/config/option.c": "pat_config_option_",
                  "core/api/again_people.c": "pat_again_",
                  "core/api/context_held.c": "pat_context_",
                  "core/store/store_copy.c": "pat_store_",
                  "core/store/sqlite_usage.c": "pat_usage_", "core/store/store_log.c": "pat_store_", "core/wire/peer_login.c": "pat_peer_",
                  "patd/call_json.c": "patd_call_", "patd/groups_worker.c": "patd_groups_"}
    wrong = []
    for path in code_files():
        name = str(path.relative_to(SOURCE))
        room = name.split("/")[0]
        if path.suffix != ".c" or path.name in ("main.c", "patctl.c", "entry.c", "plugin.c"):
            continue
        stem = path.stem.split("_")[0] if room in ("admin",) else path.stem
        prefix = exceptions.get(name, prefixes[room] + stem)
        if name.startswith("patd/manage_"):
            prefix = "patd_manage_"
        if name.startswith(("admin/cmd_", "admin/commands/")):
            prefix = "cmd_"
        wrong += [f"{name}: {each}" for each in exported(path) if not each.startswith(prefix)]
    assert wrong == []


def test_no_two_files_export_the_same_name():
    """In an archive the linker takes the first one, and says nothing."""
    found = {}
    for path in code_files():
        room = str(path.relative_to(SOURCE)).split("/")[0]
        if path.suffix == ".c":
            for name in exported(path):
                found.setdefault((room, name), []).append(path.name)
    assert {key: files for key, files in found.items() if len(set(files)) > 1 or
            len(files) > 1 and key[1] != "main"} == {}


def test_formatting():
    """clang-format has the last word, in the version that .clang-format was written for."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    assert program, "clang-format is missing"
    files = [str(p) for p in code_files()] + \
        [str(p) for p in sorted((SOURCE / "tests").rglob("*.[ch]"))] + \
        [str(p) for p in sorted((SOURCE / "bench").rglob("*.[ch]"))]
    done = subprocess.run([program, "--dry-run", "--Werror", *files], cwd=SOURCE,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
