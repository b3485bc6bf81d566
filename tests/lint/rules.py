# SPDX-License-Identifier: BSD-2-Clause
"""What the lint suites share: where the code is, and how it is taken apart."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from pat import BUILD, SOURCE  # noqa: E402,F401

ROOMS = ("core", "pam_pat", "sasl_pat", "patd", "admin")


def code_files():
    """Every .c and .h of the programs, tests apart."""
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.[ch]")):
            if path.name not in ("varlink_interface.c", "complete_text.c"):
                yield path


def without_comments(text):
    """The text with comments and the contents of strings blanked, line by line."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def functions(path):
    """(name, first line, length) of every function body: a brace in the first column."""
    lines = path.read_text().splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            head = " ".join(lines[max(0, start - 6):start - 1])
            name = re.findall(r"(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$", head)
            yield (name[-1] if name else "?"), start, number - start
            start = None
