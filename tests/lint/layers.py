# SPDX-License-Identifier: BSD-2-Clause
"""core/LAYERS is true: who includes whose headers, and where foreign headers may stand."""
import fnmatch
import re

from rules import SOURCE, code_files


def read_layers():
    rooms, fences = {}, {}
    for line in (SOURCE / "core" / "LAYERS").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        (fences if name.startswith("<") else rooms)[name] = rest.split()
    return rooms, fences


def includes(path):
    for match in re.finditer(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', path.read_text(), re.M):
        yield match[1], match[2]


def folder(name):
    return name.rsplit("/", 1)[0]


def test_includes_point_down():
    rooms, _ = read_layers()
    wrong = []
    for path in code_files():
        name = str(path.relative_to(SOURCE))
        room = folder(name)
        assert room in rooms, f"{name}: {room} is not in core/LAYERS"
        for own, _foreign in includes(path):
            if own is None or folder(own) == room:
                continue
            if folder(own) not in rooms[room] and own not in rooms[room]:
                wrong.append(f"{name} includes {own}")
    assert wrong == []


def test_included_headers_exist():
    missing = [f"{path.relative_to(SOURCE)}: {own}" for path in code_files()
               for own, _ in includes(path) if own and not (SOURCE / own).exists()]
    assert missing == []


def test_foreign_headers_stay_behind_their_fences():
    _, fences = read_layers()
    wrong = []
    for path in code_files():
        name = str(path.relative_to(SOURCE))
        for _, foreign in includes(path):
            for fence, places in fences.items():
                if foreign and fnmatch.fnmatch(foreign, fence.strip("<>")) and \
                        not any(fnmatch.fnmatch(name, place) for place in places):
                    wrong.append(f"{name} includes <{foreign}>")
    assert wrong == []


def test_a_header_is_included_first_by_nobody_but_complete():
    """Every header compiles alone: it includes what it needs."""
    import os
    import subprocess
    compiler = os.environ.get("CC", "gcc").split()
    headers = [path.relative_to(SOURCE) for path in code_files() if path.suffix == ".h"]
    done = subprocess.run(
        [*compiler, "-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", "-I", SOURCE, *headers],
        cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
