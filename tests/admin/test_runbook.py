# SPDX-License-Identifier: BSD-2-Clause
"""pat-recovery(7): every command of it is run, in the trouble that its section is about.

systemctl is our own; the accounts, the paths and the id are put in; nothing else is changed.
"""
import os
import re
import shutil
import subprocess

import pytest

from ctlkit import IS_ROOT, Host, id_of
from pat import SOURCE


def blocks():
    """Section -> its blocks of commands."""
    found = {}
    for part in re.split(r"^\.Ss ", (SOURCE / "doc/pat-recovery.7").read_text(), flags=re.M)[1:]:
        title, _, text = part.partition("\n")
        found[title] = [[line[2:].replace("\\(dq", '"') for line in block.splitlines()]
                        for block in re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed", text,
                                                re.M | re.S)]
    return found


BLOCKS = blocks()


class Book(Host):
    """A host whose pages are followed: with a backup, keys aside, and a token to be revoked."""

    def prepare(self):
        self.working = self.make("keeps working")
        self.found = self.make("was found somewhere")
        self.backup, self.spare = self.directory / "backup", self.directory / "spare"
        if IS_ROOT:
            os.chown(self.config, 0, 0)  # both read it: we, and whoever patd runs as
        for place in (self.backup, self.spare):
            place.mkdir()
            if IS_ROOT:
                os.chown(place, self.uid, self.uid)
        (self.directory / "found").write_text(self.found + "\n")
        shims = self.directory / "shims"
        shims.mkdir()
        as_patd = "setpriv --reuid=%d --regid=%d --clear-groups " % (self.uid, self.uid) \
            if IS_ROOT else ""
        (shims / "patctl").write_text(
            f'#!/bin/sh\ncase "$*" in "db restore --accept") as="";; "db restore "*) as="{as_patd}";;'
            f' *) as="";; esac\nexec $as "{self.bin}/patctl" --config "{self.config}" --yes "$@"\n')
        (shims / "patctl").chmod(0o755)
        self.path = f"{shims}:{os.environ['PATH']}"
        return self

    def line(self, line):
        if line.startswith("systemctl stop"):
            self.stop()
            return
        if line.startswith("systemctl start"):
            self.start()
            return
        owner = f"{self.uid}:{self.uid}" if IS_ROOT else f"{os.getuid()}"
        for shown, real in (("/var/lib/pat-keys", self.keys), ("/var/lib/pat", self.state),
                            ("/srv/backup", self.backup), ("/srv/keys", self.spare),
                            ("chown patd:", f"chown {owner}"), ("revoke ID", "revoke " +
                                                                id_of(self.found))):
            line = line.replace(shown, str(real))
        done = subprocess.run(["sh", "-c", line], cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False,
                              env={"PATH": self.path, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                                   "HOME": "/"})
        assert done.returncode == 0, (line, done.stdout, done.stderr)

    def follow(self, section, number=0):
        for line in BLOCKS[section][number]:
            self.line(line)
        if IS_ROOT:  # what root made, whoever patd runs as may read
            for path in self.backup.iterdir():
                os.chown(path, self.uid, self.uid)

    def works(self, token=None):
        return self.verify(token or self.working, service="imap", login="alice")["class"]

    def revoked(self):
        self.say("revoke", "--yes", id_of(self.found))


@pytest.fixture
def book():
    with Book() as host:
        host.prepare()
        host.follow("Before anything happens")
        yield host


def test_a_damaged_store(book):
    book.revoked()
    book.stop()
    content = (book.state / "pat.db").read_bytes()
    (book.state / "pat.db").write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
    book.start()
    book.follow("The store is lost or damaged")
    assert book.works() == "accepted" and book.works(book.found) == "refused"


def test_a_lost_store(book):
    book.revoked()
    book.stop()
    for path in book.state.glob("pat.db*"):
        path.unlink()
    book.start()
    assert book.works() == "unavailable"
    book.follow("The store is lost or damaged")
    assert book.works() == "accepted" and book.works(book.found) == "refused"


def test_a_backup_was_put_back(book):
    book.revoked()
    book.stop()
    for path in book.state.glob("pat.db*"):
        path.unlink()
    shutil.copy2(book.backup / "pat.db", book.state / "pat.db")
    if IS_ROOT:
        os.chown(book.state / "pat.db", book.uid, book.uid)
    book.start()
    assert "a backup was put back" in book.ctl("status", check=7).stdout
    # patctl db status exits with 7 here, as its page says
    lines = BLOCKS["The store is older than its anchor: a backup was put back"][0]
    assert lines[0] == "patctl db status"
    assert "takes backups" in book.ctl("db", "status", check=7).stdout
    for line in lines[1:]:
        book.line(line)
    assert book.works() == "accepted" and book.works(book.found) == "refused"


@pytest.mark.parametrize("name", ["seal.1", "verifier.1"])
def test_a_lost_key(book, name):
    book.revoked()
    book.stop()
    (book.keys / name).unlink()
    book.start()
    assert book.works() == "unavailable"
    book.follow("A key is missing or damaged")
    assert book.works() == "accepted" and book.works(book.found) == "refused"


def test_a_lost_key_without_a_copy(book):
    book.stop()
    (book.keys / "seal.1").unlink()
    book.start()
    book.follow("A key is missing or damaged", 1)
    assert book.works() == "refused"
    assert (book.state.parent / (book.state.name + ".lost")).exists()


def test_a_lost_anchor(book):
    book.stop()
    (book.keys / "anchor").unlink()
    book.start()
    book.follow("The anchor is missing or damaged")
    assert book.works() == "accepted"


def test_a_wrong_clock(book):
    book.follow("The clock was wrong")
    assert book.works() == "accepted"


def test_a_damaged_mark(book):
    book.stop()
    (book.keys / "clock").write_bytes(b"damaged")
    book.start()
    assert book.works() == "unavailable"
    book.follow("The clock or its mark cannot be read")
    assert book.works() == "accepted"


def test_a_full_disk(book):
    """The disk itself is full in faults/test_disk_full.py."""
    book.follow("The disk is full")
    assert book.works(book.found) == "refused"


def test_another_machine(book):
    book.stop()
    for place in (book.state, book.keys):
        shutil.rmtree(place)
    book.start()  # what an installation does
    book.follow("The machine is gone")
    assert book.works() == "accepted"


def test_a_found_token(book):
    book.follow("A token was found")
    assert book.works(book.found) == "refused"


def test_a_known_key(book):
    book.follow("A key may be known to others")
    assert book.works() == book.works(book.make("under the new key")) == "accepted"


def test_no_block_is_left_out():
    """Every section that has commands has a test above."""
    text = (SOURCE / "tests/admin/test_runbook.py").read_text()
    for title, found in BLOCKS.items():
        assert not found or f'"{title}"' in text, title
    assert sum(map(len, BLOCKS.values())) == 12
