# SPDX-License-Identifier: BSD-2-Clause
"""What gcov counted, by gcovr: lines and branches of files and rooms, and the floors they keep to."""
import collections
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lint"))
from rules import BUILD, SOURCE, code_files, functions  # noqa: E402

FLOORS = SOURCE / "tests" / "coverage" / "floors"
RAISE = 1.0  # a floor so far below what is reached could be raised


class Count:
    """Of lines and branches: how many there are, and how many were reached."""

    def __init__(self):
        self.lines, self.lines_hit, self.branches, self.branches_hit = 0, 0, 0, 0
        self.missed = []  # (file, line, branches that were not taken; 0: the line was not reached)

    def add(self, name, line):
        hit = line["count"] > 0
        taken = [branch["count"] > 0 for branch in line["branches"]]
        self.lines += 1
        self.lines_hit += hit
        self.branches += len(taken)
        self.branches_hit += sum(taken)
        if not hit or not all(taken):
            self.missed.append((name, line["line_number"], taken.count(False) if hit else 0))

    def join(self, other):
        self.lines += other.lines
        self.lines_hit += other.lines_hit
        self.branches += other.branches
        self.branches_hit += other.branches_hit

    def shares(self):
        return (100 * self.lines_hit / max(1, self.lines),
                100 * self.branches_hit / max(1, self.branches))


def gcovr(objects, *options):
    """
    gcovr's own account of what was counted below a directory. A branch is what a condition of the
    source can do: gcov also counts what the compiler adds on lines without one, as for a struct that
    is copied or a sanitizer, and those are left out; no line of the source is.
    """
    done = subprocess.run(
        ["gcovr", "--json", "-", "--root", str(SOURCE), "--object-directory", str(objects),
         "--exclude-unreachable-branches", "--exclude-throw-branches", "--gcov-ignore-parse-errors",
         "--filter", f"{SOURCE}/(core|patd|admin|pam_pat|sasl_pat)/", "-j", "2", *options,
         str(objects)],
        cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"coverage: gcovr: {done.stderr}")
    return {entry["file"]: [line for line in entry["lines"] if not line.get("gcovr/noncode")]
            for entry in json.loads(done.stdout)["files"]}


def within(path, line, wanted):
    """Whether a line stands in one of these functions."""
    return not wanted or any(name in wanted and first <= line <= first + length
                             for name, first, length in functions(SOURCE / path))


def by_room(files):
    """{room: Count} and "all"; a source that no test loads counts with all of its lines."""
    counts = collections.defaultdict(Count)
    for name, lines in files.items():
        room = name.rsplit("/", 1)[0] + "/"
        for line in lines:
            counts[room].add(name, line)
            counts["all"].add(name, line)
    return dict(counts)


def unseen(files):
    """Sources of which gcov counted nothing, though they hold code."""
    return sorted(str(path.relative_to(SOURCE)) for path in code_files() if path.suffix == ".c" and
                  str(path.relative_to(SOURCE)) not in files and any(functions(path)))


def read_floors():
    """{name: (lines, branches)}"""
    floors = {}
    for line in FLOORS.read_text().splitlines():
        if line and not line.startswith("#"):
            name, lines, branches = line.split()
            floors[name] = (float(lines), float(branches))
    return floors


def judge(counts, floors):
    """What lies under its floor, and what could be raised, as lines."""
    wrong, higher = [], []
    for name, count in counts.items():
        shares = count.shares()
        if name not in floors:
            wrong.append(f"{name} has no floor in {FLOORS.relative_to(SOURCE)}")
            continue
        for what, share, floor in zip(("lines", "branches"), shares, floors[name]):
            if share + 0.05 < floor:
                wrong.append(f"{name}: {share:.1f} % of {what}, the floor is {floor:.1f} %")
            elif share > floor + RAISE or share == 100 > floor:
                higher.append(f"{name}: {share:.1f} % of {what}, the floor of {floor:.1f} % could "
                              "be raised")
    return wrong, higher


def total(counts):
    """(lines, branches) of all names together."""
    result = Count()
    for name, count in counts.items():
        if name != "all":
            result.join(count)
    return result.shares()


def table(counts):
    print(f"{'':28} {'lines':>7} {'reached':>8} {'branches':>9} {'reached':>8}")
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        lines, branches = count.shares()
        print(f"{name:28} {count.lines:7} {lines:7.1f}% {count.branches:9} {branches:7.1f}%")
