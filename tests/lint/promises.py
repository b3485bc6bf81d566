# SPDX-License-Identifier: BSD-2-Clause
"""SECURITY.md keeps its form: every promise names tests, and all of them exist."""
import re

import pytest

from features import everything, proof_of
from rules import SOURCE

PAGE = SOURCE / "SECURITY.md"
# Whom the threat model knows: each has a heading and at least one promise.
ACTORS = ["Somebody remote, without an account", "A user with a token",
          "An unprivileged local user", "A service that was broken into",
          "Whoever breaks into patd", "Whoever reads the store",
          "Whoever writes to the store, without the key", "Whoever puts an old store back",
          "Whoever reads logs, arguments, environments and core dumps", "A tenant's administrator",
          "Whoever is root", "Accidents", "The programs that we are a guest in"]


def promises(text):
    """{actor: [(promise, [proof, ...]), ...]}"""
    begin = text.index("\n## What is promised\n")
    part = text[begin:text.index("\n## ", begin + 5)]
    found = {}
    for section in re.split(r"^### ", part, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        rows = re.findall(r"^\| (.*) \| (.*) \|$", body, re.M)
        found[title] = [(promise, re.findall(r"`([^`]+)`", proofs)) for promise, proofs in rows
                        if (promise, proofs) != ("promise", "shown by")]
    return found


def faults(text, tests):
    found = promises(text)
    wrong = [f"{actor}: missing" for actor in ACTORS if actor not in found]
    wrong += [f"{actor}: nobody knows them" for actor in found if actor not in ACTORS]
    for actor, rows in found.items():
        if not rows:
            wrong.append(f"{actor}: nothing is promised")
        for promise, proofs in rows:
            if not proofs:
                wrong.append(f"{promise}: no test")
            wrong += [f"{promise}: {proof_of(word, tests)}" for word in proofs
                      if isinstance(proof_of(word, tests), str)]
            wrong += [f"{promise}: {word} twice" for word in sorted(set(proofs))
                      if proofs.count(word) > 1]
    return wrong


def built():
    """Every fragment of the build that lists tests."""
    return "".join(path.read_text() for path in sorted((SOURCE / "tests").glob("*/*.mk")))


def test_every_promise_has_tests():
    assert faults(PAGE.read_text(), everything()) == []


def test_they_are_run():
    """A test that no target runs would show nothing."""
    listed = built()
    files = {word.split("::")[0] for rows in promises(PAGE.read_text()).values()
             for _, proofs in rows for word in proofs}
    unknown = [name for name in sorted(files)
               if not re.search(rf"(tests|%D%)/(\S*/)?{re.escape(name.split('/')[-1].removesuffix('.c'))}\b",
                                listed) and not name.startswith("fuzz/fuzz_")]
    assert unknown == []


def test_readme_points_here():
    assert "SECURITY.md" in (SOURCE / "README").read_text()


@pytest.mark.parametrize("old, new, said", [
    ("test_wrong_user`", "test_no_such`", "no test test_no_such in tests/patd/test_verdicts.py"),
    ("`faults/flips.c`", "`faults/flops.c`", "no file tests/faults/flops.c"),
    ("`faults/flips.c`", "", "No flipped bit makes a dead token live: no test"),
    ("### Accidents", "### Mishaps", "Accidents: missing"),
    ("`unit/test_generate.c`", "`unit/test_generate.c` `unit/test_generate.c`",
     "unit/test_generate.c twice"),
])
def test_a_wrong_page_is_told(old, new, said):
    text = PAGE.read_text()
    assert old in text
    assert [fault for fault in faults(text.replace(old, new, 1), everything()) if said in fault]
