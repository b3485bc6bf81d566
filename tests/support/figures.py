# SPDX-License-Identifier: BSD-2-Clause
"""How much a test ran, and what it found: in its own words, for the README's table.

The short tier is a part of "make check"; with PAT_FULL=1 a test runs all that the plan asks for.
PAT_SEED repeats what was random. PAT_FIGURES names the file that the sentences are gathered in.
"""
import os
import random

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
