# SPDX-License-Identifier: BSD-2-Clause
"""tests/FEATURES is whole and true: every row is there, its tests exist, and they name the row."""
import ast
import re

import pytest

from rules import SOURCE

TESTS = SOURCE / "tests"
TABLE = TESTS / "FEATURES"
MUST = {"A": 55, "B": 14, "C": 27, "D": 13, "E": 28, "K": 8, "M": 22}
MAY = {"S": 22}  # what is not needed stands here once it is built
ROWS = [f"{letter}{number}" for letter, last in MUST.items() for number in range(1, last + 1)]
KNOWN = {f"{letter}{number}" for letter, last in {**MUST, **MAY}.items()
         for number in range(1, last + 1)}


def rows_in(text):
    """The numbers of rows that a title, a docstring or a comment speaks of."""
    return {word for word in re.findall(r"\b[A-Z]\d+\b", text or "") if word in KNOWN}


# --- what the tests say of themselves ---

def comment_above(lines, number):
    """The comment that ends right above a line, counted from 1."""
    found = []
    while number > 1 and re.match(r"\s*(#|/?\*)", lines[number - 2]):
        number -= 1
        found.append(lines[number - 1])
        if lines[number - 1].lstrip().startswith("/*"):
            break
    return " ".join(found)


def of_python(text):
    """Each test of a file, and "" for the file itself: what it claims, what else is around it."""
    tree, lines = ast.parse(text), text.splitlines()
    found = {"": (rows_in(ast.get_docstring(tree)), set())}

    def visit(body, prefix):
        for node in body:
            if isinstance(node, ast.If):
                visit(node.body + node.orelse, prefix)
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}::")
            elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                first = min([node.lineno, *(word.lineno for word in node.decorator_list)])
                claims = rows_in(ast.get_docstring(node)) | rows_in(comment_above(lines, first))
                titles = [word.value for decorator in node.decorator_list
                          for word in ast.walk(decorator)
                          if isinstance(word, ast.Constant) and isinstance(word.value, str)]
                found[prefix + node.name] = (claims, rows_in(" ".join(titles)))
    visit(tree.body, "")
    return found


def of_text(text):
    """The same for C, shell and the scripts of pam/: functions by their first line."""
    lines = text.splitlines()
    head = re.match(r"(?:#[^\n]*\n)+|/\*.*?\*/\s*/\*.*?\*/", text, re.S)
    found = {"": (rows_in(head[0] if head else ""), set())}
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\((?:void \*\*\w+)?\)", line)
        if match:
            above = number - 1 if lines[number - 2] == "static void" else number
            found[match[1]] = (rows_in(comment_above(lines, above)), set())
    return found


def everything():
    """{path below tests/: {test: (rows of its docstring or comment, rows of its titles)}}"""
    found = {}
    for path in sorted(TESTS.rglob("*")):
        if path.suffix not in (".py", ".c", ".sh", ".txt") or path.name == "features.py":
            continue
        read = of_python if path.suffix == ".py" else of_text
        found[str(path.relative_to(TESTS))] = read(path.read_text())
    return found


# --- the table ---

def parse(text):
    """[(number, promise, [proof, ...], [reason, ...])] of a table, and what is wrong with it."""
    rows, wrong = [], []
    for number, line in enumerate(text.splitlines(), 1):
        row = re.fullmatch(r"([A-Z]\d+) +(\S.*)", line)
        if row:
            rows.append((row[1], row[2], [], []))
        elif line.startswith(" ") and rows:
            word = line.strip()
            if word.startswith("- ") or word == "-":
                rows[-1][3].append(word[1:].strip())
            elif re.fullmatch(r"[\w./-]+(::\w+)*", word):
                rows[-1][2].append(word)
            else:
                wrong.append(f"line {number}: neither a test nor \"- reason\": {word}")
        elif line and not line.startswith("#"):
            wrong.append(f"line {number}: not a row: {line}")
        if len(line) > 100:
            wrong.append(f"line {number}: longer than 100 columns")
    return rows, wrong


def proof_of(word, tests):
    """What a proof claims, or a sentence about why it is none."""
    path, _, name = word.partition("::")
    if path not in tests:
        return f"no file tests/{path}"
    if name not in tests[path]:
        return f"no test {name} in tests/{path}"
    return tests[path][name]


def faults(text, tests):
    """Everything that is wrong with a table before these tests."""
    rows, wrong = parse(text)
    numbers = [row[0] for row in rows]
    wrong += [f"{number}: no such row" for number in numbers if number not in KNOWN]
    wrong += [f"{number}: missing" for number in ROWS if number not in numbers]
    wrong += [f"{number}: {numbers.count(number)} times" for number in sorted(set(numbers))
              if numbers.count(number) > 1]
    order = [(" ".join({**MUST, **MAY}).find(number[0]), int(number[1:])) for number in numbers]
    wrong += [f"{number}: out of order" for number, before, here in
              zip(numbers[1:], order, order[1:]) if here < before]
    listed, shown = set(), {number for number, _, proofs, _ in rows if proofs}
    for number, _, proofs, reasons in rows:
        if bool(proofs) == bool(reasons):
            wrong.append(f"{number}: " + ("both tests and a reason for none" if proofs else
                                          "neither a test nor a reason for none"))
        if reasons and (len(reasons) > 1 or not reasons[0]):
            wrong.append(f"{number}: one reason, please")
        wrong += [f"{number}: it points to {other}, which has no test"
                  for reason in reasons for other in sorted(rows_in(reason)) if other not in shown]
        for word in proofs:
            if (number, word) in listed:
                wrong.append(f"{number}: {word} is listed twice")
            listed.add((number, word))
            found = proof_of(word, tests)
            if isinstance(found, str):
                wrong.append(f"{number}: {found}")
            elif number not in found[0] | found[1]:
                wrong.append(f"{number}: {word} does not name {number} in its docstring, title or "
                             "comment")
    for path, names in tests.items():
        for name, (claims, _) in names.items():
            word = f"{path}::{name}" if name else path
            wrong += [f"{number}: {word} claims it, and the table does not list it there"
                      for number in sorted(claims) if (number, word) not in listed]
    return wrong


def test_the_table_is_whole_and_true():
    found = faults(TABLE.read_text(), everything())
    assert not found, "\n" + "\n".join(found)


def test_the_table_goes_into_the_tarball():
    assert re.search(r"^EXTRA_DIST \+= .*\btests/FEATURES\b",
                     (TESTS / "lint" / "check.mk").read_text().replace("\\\n", " "), re.M)


# --- that the checks bite ---

def small(text):
    """The faults of a small table, whatever else it lacks."""
    tests = {"a/test_a.py": of_python('"""A2: of all."""\ndef test_one():\n    """A1: so."""\n'
                                      "# A3, A4.\n@mark(ids=['K1'])\ndef test_two(): pass\n"
                                      "class Test:\n    def test_in(self):\n        'R5, "
                                      "T-LEAK.'\n"),
             "a/test_a.c": of_text("/* x */\n/* The room. */\n/* A6: a\n * table. */\nstatic void\n"
                                   "test_c(void **state)\n{\n}\n")}
    return [fault for fault in faults(text, tests) if not fault.endswith(": missing")]


SMALL = """A1 first
    a/test_a.py::test_one
A2 second
    a/test_a.py
A3 third
    a/test_a.py::test_two
A4 fourth
    a/test_a.py::test_two
A5 fifth
    - advice to people
A6 sixth
    a/test_a.c::test_c
K1 last
    a/test_a.py::test_two
"""

BROKEN = [
    ("::test_one", "::test_none", "A1: no test test_none in tests/a/test_a.py"),
    ("a/test_a.c:", "a/test_b.c:", "A6: no file tests/a/test_b.c"),
    ("    - advice to people", "    a/test_a.py::Test::test_in",
     "A5: a/test_a.py::Test::test_in does not name A5 in its docstring, title or comment"),
    ("    - advice to people", "    -", "A5: one reason, please"),
    ("    - advice to people\n", "", "A5: neither a test nor a reason for none"),
    ("fifth", "fifth\n    a/test_a.py::test_one", "A5: both tests and a reason for none"),
    ("A4 fourth", "A3 again", "A3: 2 times"),
    ("A4 fourth\n    a/test_a.py::test_two\n", "",
     "A4: a/test_a.py::test_two claims it, and the table does not list it there"),
    ("K1 last", "M1 early\n    - x\nK1 last", "K1: out of order"),
    ("A6 sixth", "A56 sixth", "A56: no such row"),
    ("    - advice", "    advice", 'line 10: neither a test nor "- reason": advice to people'),
    ("second", "second\n    a/test_a.py", "A2: a/test_a.py is listed twice"),
    ("advice to people", "see A7", "A5: it points to A7, which has no test"),
    ("third", "third " + 100 * "x", "line 5: longer than 100 columns"),
]


@pytest.mark.parametrize("old, new, said", BROKEN, ids=[row[2] for row in BROKEN])
def test_a_wrong_table_is_told(old, new, said):
    assert small(SMALL) == []
    assert old in SMALL and said in small(SMALL.replace(old, new, 1))


def test_a_missing_row_is_told():
    whole = TABLE.read_text()
    cut = re.sub(r"^M22 .*\n(?: .*\n)*", "", whole, flags=re.M)
    assert cut != whole and "M22: missing" in faults(cut, everything())
