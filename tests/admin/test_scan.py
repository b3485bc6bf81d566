# SPDX-License-Identifier: BSD-2-Clause
"""scan, and the rules for other scanners: every token is found, nothing else is, no secret is told."""
import json
import os
import random
import re
import socket
import time
import tomllib
import zlib
from pathlib import Path

import pytest

from ctlkit import ALICE, Host, IS_ROOT, UNUSED, id_of, until
from pat import SOURCE

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def with_check(body):
    number = zlib.crc32(body.encode())
    return body + "".join(DIGITS[number >> 5 * place & 31] for place in range(6, -1, -1))


def generated(count, seed=1):
    """Tokens of every length of tenant."""
    chance = random.Random(seed)
    return [with_check(f"pat_{''.join(chance.choices(LETTERS, k=1 + n % 16))}_1"
                       f"{''.join(chance.choices(DIGITS, k=34))}") for n in range(count)]


def scan(host, *arguments, check=9, **named):
    return host.ctl("scan", *map(str, arguments), check=check, **named)


def found(host, *arguments, check=9, **named):
    return json.loads(scan(host, *arguments, "--json", check=check, **named).stdout)["found"]


# --- the expression ---

def expressions():
    """As the files of the scanners, the design and the manual page have it."""
    rules = tomllib.loads((SOURCE / "packaging/scanners/gitleaks.toml").read_text())["rules"]
    yaml = (SOURCE / "packaging/scanners/trufflehog.yaml").read_text()
    page = (SOURCE / "doc/pat.7").read_text().replace(r"\e", "\\").replace(r"\(dq", '"')
    where = re.compile(r"\\bpat_\[a-z0-9\]\S*\\b")
    return {"gitleaks": rules[0]["regex"],
            "trufflehog": re.search(r"^ +token: '(.*)'$", yaml, re.M)[1],
            "design": where.search((SOURCE / "DESIGN.md").read_text())[0],
            "pat(7)": where.search(page)[0],
            "patctl": where.search((SOURCE / "admin/seek.h").read_text())[0]}


def test_it_is_the_same_everywhere():
    """M22, C23."""
    found_at = expressions()
    assert len(set(found_at.values())) == 1, found_at


@pytest.mark.parametrize("name", expressions())
def test_every_token_is_found_and_nothing_else(name):
    """M22: 1,000 of 1,000, in all that may stand around them; 0 in a large tree of sources."""
    rule = re.compile(expressions()[name], re.A)
    tokens = generated(1000)
    around = ['"{}"', "token={}", "{}\n", "https://alice:{}@example.org/", "<{}>", "-{}-", "({}),"]
    text = "\n".join(around[n % len(around)].format(token) for n, token in enumerate(tokens))
    assert rule.findall(text) == tokens
    read = 0
    for place in ("/usr/include", "/usr/share/perl", "/usr/lib/python3"):
        for path in Path(place).rglob("*"):
            if path.is_file() and not path.is_symlink():
                text = path.read_bytes()
                read += len(text)
                assert not rule.search(text.decode("latin-1")), path
    assert read > 10_000_000


def test_gitleaks_and_trufflehog_read_their_files():
    """What their documentation asks for: the names of members, and a keyword in every token."""
    rules = tomllib.loads((SOURCE / "packaging/scanners/gitleaks.toml").read_text())["rules"]
    assert [set(rule) for rule in rules] == [{"id", "description", "regex", "keywords"}]
    assert all(any(word in token for word in rules[0]["keywords"]) for token in generated(16))
    yaml = (SOURCE / "packaging/scanners/trufflehog.yaml").read_text()
    assert re.search(r"^detectors:\n  - name: \S+\n    keywords:\n      - pat_\n    regex:\n"
                     r"      token: '[^']+'\n\Z", yaml, re.M)


# --- patctl scan ---

def test_every_token_in_a_tree(shared, tmp_path):
    """C23, M22: 1,000 of 1,000, by file and line; one digit wrong is none."""
    tokens = generated(1000, seed=2)
    wanted = set()
    for number in range(20):
        path = tmp_path / f"d{number % 3}" / f"e{number % 2}" / f"file {number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        some = tokens[50 * number:50 * number + 50]
        path.write_text("".join(f"{'x' * (37 * n % 500)}\n\nkey={token};\n"
                                for n, token in enumerate(some)))
        wanted |= {(str(path), 3 * n + 3, token.split("_")[2][1:9])
                   for n, token in enumerate(some)}
    (tmp_path / "wrong").write_text("\n".join(
        token[:-1] + DIGITS[(DIGITS.index(token[-1]) + 1) % 32] for token in tokens))
    rows = found(shared, tmp_path)
    assert len(rows) == 1000 and {(row["file"], row["line"], row["id"]) for row in rows} == wanted
    text = scan(shared, tmp_path).stdout
    assert not any(token[-33:-7] in text for token in tokens)  # no secret
    assert text.endswith("1000 tokens in 21 files.\n")


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 65471, 65472, 65473, 65535, 65536, 65537, 131072])
def test_wherever_it_stands(shared, tmp_path, size):
    """At every border of the window that is read, and at both ends of a file."""
    token, file = generated(20)[7], tmp_path / "file"
    for shift in (-70, -64, -63, -1, 0, 1):
        if size + shift < 0:
            continue
        file.write_bytes(b"\n" * (size + shift) + token.encode())
        row, = found(shared, file)
        assert (row["line"], row["masked"]) == (size + shift + 1, token[:-33] + "…")
        file.write_bytes(b"\0" * (size + shift) + token.encode() + b"\xff" * 100)
        assert len(found(shared, file)) == 1
        file.write_bytes(b"x" * (size + shift + 1) + token.encode())
        found(shared, file, check=0)  # a part of a longer word
        file.write_bytes(b"." * (size + shift) + token.encode() + b"0")
        found(shared, file, check=0)


def test_many_on_a_line(shared, tmp_path):
    tokens = generated(2000, seed=3)
    (tmp_path / "file").write_text(" ".join(tokens))
    assert [row["id"] for row in found(shared, tmp_path / "file")] == \
        [token.split("_")[2][1:9] for token in tokens]
    assert {row["line"] for row in found(shared, tmp_path / "file")} == {1}


def test_nothing_in_sources(shared):
    """C23: neither in headers and programs, nor in the project itself but for its vectors."""
    done = scan(shared, "/usr/include", "/usr/lib/python3", check=0)
    assert re.fullmatch(r"0 tokens in \d{3,} files\.\n", done.stdout)
    for folder in ("core", "patd", "admin", "pam_pat", "sasl_pat", "packaging"):
        scan(shared, SOURCE / folder, check=0)


def test_what_has_become_of_it(host, tmp_path):
    """C23: known or not, live or not, as far as patd tells the caller."""
    live = host.make("found in a file")
    gone = host.make("revoked since")
    host.say("revoke", "--yes", id_of(gone))
    brief = host.make("expired since", "--expires", "1s")
    until(lambda: host.state_of(id_of(brief)) == "expired")
    file = tmp_path / "notes"
    file.write_text(f"{live}\n{gone}\n{brief}\n{UNUSED}\n{live}\n")
    file.chmod(0o644)
    tmp_path.chmod(0o755)
    rows = found(host, file)
    assert [(row["line"], row["status"], row["name"]) for row in rows] == [
        (1, "active", "found in a file"), (2, "revoked", "revoked since"),
        (3, "expired", "expired since"), (4, "unknown", None), (5, "active", "found in a file")]
    text = scan(host, file).stdout
    assert f"{file}:1: {live[:-33]}…  active  alice  \"found in a file\"\n" in text
    assert f"{file}:4: {UNUSED[:-33]}…  unknown\n" in text
    host.stop()
    alone = scan(host, file)
    assert f"{file}:1: {live[:-33]}…\n" in alone.stdout and alone.stderr == ""
    assert [row["status"] for row in found(host, file)] == [None] * 5


def test_standard_input(shared):
    row, = found(shared, "-", stdin=f"a\nb\n {UNUSED} \n")
    assert (row["file"], row["line"], row["id"]) == ("(standard input)", 3, id_of(UNUSED))
    assert scan(shared, "-", stdin="nothing\n", check=0).stdout == "0 tokens in 1 file.\n"


def test_links_and_devices_are_not_followed(shared, tmp_path):
    """What others put into a tree leads nowhere, and holds nobody up."""
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    tree.mkdir()
    (outside / "file").write_text(UNUSED)
    (tree / "link").symlink_to(outside / "file")
    (tree / "folder").symlink_to(outside)
    (tree / "loop").symlink_to(tree)
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
        begun = time.monotonic()
        assert scan(shared, tree, check=0).stdout == "0 tokens in 0 files.\n"
        assert time.monotonic() - begun < 30
    for named in (tree / "link", tree / "pipe", tmp_path / "missing"):
        done = scan(shared, named, check=8)
        assert done.stderr.startswith("patctl: ") or f"{named}: " in done.stderr
    assert len(found(shared, tmp_path)) == 1


def test_what_cannot_be_read_is_told(shared):
    tmp_path = shared.directory / "tree"  # where any uid may look
    tmp_path.mkdir()
    (tmp_path / "closed").write_text(UNUSED)
    (tmp_path / "closed").chmod(0)
    (tmp_path / "open").write_text("nothing")
    tmp_path.chmod(0o755)
    done = shared.ctl("scan", str(tmp_path), uid=ALICE if IS_ROOT else None, check=8)
    assert f"{tmp_path}/closed: Permission denied" in done.stderr
    deep = tmp_path / "deep"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(250):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert "directories are nested too deeply" in scan(shared, deep, check=8).stderr


def test_hostile_names_of_files(shared, tmp_path):
    for name in (b"a\x1b[2Jb", b"new\nline: pat", b"\xff\xfe", "ümläut".encode()):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(UNUSED.encode())
    text = scan(shared, tmp_path).stdout
    assert "\x1b" not in text and len(text.splitlines()) == 5
    for shown in ("a\\x1b[2Jb:1: ", "new\\x0aline: pat:1: ", "\\xff\\xfe:1: ", "ümläut:1: "):
        assert f"{tmp_path}/{shown}" in text, text
    assert len(found(shared, tmp_path)) == 4


def test_a_token_is_no_path(shared):
    """It would stand in the shell's history."""
    assert "that is a secret" in shared.fails(2, "scan", UNUSED)


def test_without_a_patd_at_all(tmp_path):
    host = Host()
    try:
        (tmp_path / "file").write_text(UNUSED)
        done = scan(host, tmp_path / "file")
        assert done.stdout.splitlines()[0].endswith(f":1: {UNUSED[:-33]}…") and done.stderr == ""
    finally:
        host.close()
