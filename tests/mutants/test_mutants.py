# SPDX-License-Identifier: BSD-2-Clause
"""What mutants are made of: each kind of change in a line of code, what is left alone, and that the
list of survivors speaks of the code as it is. "make mutants" runs them."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import mutate  # noqa: E402
from pat import SOURCE  # noqa: E402
from targets import TARGETS  # noqa: E402


def changed(body, returns="bool"):
    """{what becomes of a line} for a function of this body."""
    text = f"static {returns}\nname(int a)\n{{\n    {body}\n}}\n"
    made = mutate.mutants("x.c", text)
    return [" ".join(mutant.applied(text).split("{", 1)[1].rsplit("}", 1)[0].split())
            for mutant in made]


@pytest.mark.parametrize("body, wanted", [
    ("x = a < b;", {"x = a <= b;", ";"}),
    ("x = a == b;", {"x = a != b;", ";"}),
    ("x = a && b;", {"x = a || b;", ";"}),
    ("x = !a;", {"x = a;", ";"}),
    ("x = a + 7;", {"x = a - 7;", "x = a + 6;", ";"}),
    ("x = -1;", {"x = -0;", ";"}),
    ("x = *a & b;", {"x = *a | b;", ";"}),
    ("f(&a, *b);", {";"}),
    ("x = (int)-a;", {";"}),
    ("a++;", {"a--;", ";"}),
    ("x = 'a';", {"x = 'b';", ";"}),
    ("x = a ? b : c;", {"x = false ? b : c;", ";"}),
    ("return a;", {"return true;"}),
    ("return true;", {"return false;"}),
    ("if (a) f();", {"if (false) f();", "if (a) ;"}),
    ("while (a) f();", {"while (false) f();", "while (a) ;"}),
    ("for (; a; a--) f();", {"for (; false; a--) f();", "for (; a; a++) f();", "for (; a; a--) ;"}),
    ("x = PAT_OK;", {"x = PAT_ERR_INTERNAL;", ";"}),
    ("x = PAT_ID_LEN;", {"x = (PAT_ID_LEN - 1);", ";"}),
    ("char x[PAT_ID_LEN + 1];", set()),
    ("x = sizeof a->b[0];", {";"}),
    ("x = sizeof a + b[0];", {"x = sizeof a - b[0];", "x = sizeof a + b[1];", ";"}),
    ("/* a < b */ // c == d", set()),
    ('f("a < b");', {";"}),
])
def test_a_line_becomes(body, wanted):
    made = changed(body)
    assert set(made) == wanted and len(made) == len(wanted)


@pytest.mark.parametrize("returns, wanted", [
    ("enum pat_verdict", {"return PAT_VERDICT_ACCEPTED;"}),
    ("size_t", {"return (f(a)) + 1;"}),
    ("const char *", {"return NULL;"}),
])
def test_a_result_becomes(returns, wanted):
    assert set(changed("return f(a);", returns)) == wanted


def test_tables_are_changed_and_types_are_not():
    text = ("struct x { char a[2]; };\n#define N 3\n"
            "static const struct { int class, code; } rows[] = {\n"
            "    {PAT_CLASS_REFUSED, PAM_AUTH_ERR},\n};\n")
    assert [(mutant.function, mutant.new) for mutant in mutate.mutants("x.c", text)] == [
        ("rows", "PAT_CLASS_ACCEPTED"), ("rows", "PAM_SUCCESS"), ("rows", "PAM_IGNORE")]


def test_only_these_functions():
    text = "int\none(void)\n{\n    return 1;\n}\n\nint\ntwo(void)\n{\n    return 2;\n}\n"
    assert {mutant.function for mutant in mutate.mutants("x.c", text, ("two",))} == {"two"}


def test_lines_have_names_of_their_own():
    keys = [mutant.key for mutant in mutate.mutants(
        "x.c", "bool\nf(int a)\n{\n    if (a)\n        a++;\n    a++;\n    return a;\n}\n")]
    assert len(set(keys)) == len(keys)
    assert "x.c f: [a++ -> nothing];" in keys and "x.c f: [a++ -> nothing]; (2)" in keys


ABOVE = """
static int
unchanged(void)
{
    return 0;
}

int
above(int a, const char text[2])
{
    return a > text[0] - '0';
}
"""
PRINTS = """
#include <stdio.h>
int
main(void)
{
    printf("%d%d%d", above(1, "2"), above(2, "2"), above(3, "2"));
    return unchanged();
}
"""


def test_a_program_takes_one_of_all(tmp_path):
    made = dict(enumerate(mutate.mutants("x.c", ABOVE, ("above",)), 1))
    source, lines = mutate.together(ABOVE, made)
    (tmp_path / "x.c").write_text(source + PRINTS)
    subprocess.run(["cc", "-w", "-o", "x", "x.c"], cwd=tmp_path, check=True)
    ends = {number: subprocess.run(
        [tmp_path / "x"], env={mutate.CHOICE: str(number)}, stdout=subprocess.PIPE, text=True,
        check=True).stdout for number in [0, *made]}
    assert ends == {0: "001", **{number: {
        "(a > text[0] - '0') + 1": "112", ">=": "011", "+": "000", "1": "111", "'1'": "011"
    }[mutant.new] for number, mutant in made.items()}}
    text = source.splitlines()
    assert len(lines) == len(text)
    for number, mutant in made.items():
        assert mutant.new in text[max(at for at, one in enumerate(lines) if one == number) - 1]


def all_keys():
    return {mutant.key for path, target in TARGETS.items() for mutant in mutate.mutants(
        path, (SOURCE / path).read_text(), target.functions)}


def test_survivors_are_mutants_with_reasons():
    keys, lines = all_keys(), [
        line for line in (SOURCE / "tests/mutants/survivors").read_text().splitlines()
        if line and not line.startswith("#")]
    assert len(keys) >= 1000
    assert [line for line in lines if line.partition("  # ")[0] not in keys] == []
    assert [line for line in lines if len(line.partition("  # ")[2]) < 8] == []
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("path", TARGETS)
def test_each_function_is_changed(path):
    """A name that no function has would leave out what is to be tried."""
    made = {mutant.function for mutant in mutate.mutants(
        path, (SOURCE / path).read_text(), TARGETS[path].functions)}
    assert set(TARGETS[path].functions) <= made
    for test in TARGETS[path].tests:
        assert re.search(rf"\b{test}\b", (SOURCE / "tests/unit/check.mk").read_text())
