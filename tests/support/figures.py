# SPDX-License-Identifier: BSD-2-Clause
"""How much a test ran, and what it found: in its own words, for the README's table.

The short tier is a part of "make check"; with PAT_FULL=1 a test runs all that the plan asks for.
PAT_SEED repeats what was random. PAT_FIGURES names the file that the sentences are gathered in.

    figures.py FILE     prints them as a table, for people
"""
import os
import random
import re
import sys
import textwrap
from pathlib import Path

FULL = os.environ.get("PAT_FULL") == "1"
sentences = []  # of this process; printed when its tests are over


def tier(short, full):
    """What the tier that runs takes of the two."""
    return full if FULL else short


def seeded(name):
    """Chance that can be had again: PAT_SEED, else 1, and something new each time with PAT_FULL=1."""
    seed = int(os.environ.get("PAT_SEED") or tier(1, random.randrange(1, 1 << 31)))
    sentences.append(f"{name}: PAT_SEED={seed}")
    return random.Random(f"{name} {seed}")


def figure(name, text):
    """One line, as it is to be published."""
    line = f"{name}: {text}"
    sentences.append(line)
    if path := os.environ.get("PAT_FIGURES"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def table(lines, width=79):
    """What was run, by name, and how much of it was found; numbers are grouped as people do."""
    rows = sorted({tuple(line.rstrip("\n").partition(": ")[::2]) for line in lines})
    first = max((len(name) for name, _ in rows), default=0) + 2
    for name, text in rows:
        text = re.sub(r"(?<![\d.,])\d{4,}(?![\d.,]*\d)", lambda found: f"{int(found[0]):,}", text)
        for place, line in enumerate(textwrap.wrap(text, width - first)):
            yield ("" if place else name).ljust(first) + line


if __name__ == "__main__":
    print("\n".join(table(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())))
