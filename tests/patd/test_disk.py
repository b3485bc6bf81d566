# SPDX-License-Identifier: BSD-2-Clause
"""A full disk: logins go on, changes are refused whole, and behind it everything goes on.

The disk is patd's own: a tmpfs in a mount namespace, which only root can make.
"""
import errno
import os
from pathlib import Path

import pytest

from pat import IS_ROOT
from patdkit import Daemon, refusal, wait_until

MAIL = {"service": "imap", "login": "alice"}
MOUNT = 'mount -t tmpfs -o "size=4m,mode=755,uid=$0,gid=$0" patd-test "$1" && shift && exec "$@"'


class Small(Daemon):
    """A patd whose state and keys lie on a disk of 4 MiB."""

    def __init__(self):
        super().__init__(memory=False)
        self.disk = self.directory / "disk"
        self.disk.mkdir()
        self.state, self.keys = self.disk / "state", self.disk / "keys"
        self.write_config(self.sections)

    def command(self, *arguments):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT,
                str(self.uid), self.disk, *super().command(*arguments)]

    def inside(self, path):
        """A path as patd sees it."""
        return Path(f"/proc/{self.pid}/root{path}")

    def fill(self, pages):
        """So many pages are left, and not a byte more."""
        with open(self.inside(self.disk / "filler"), "ab", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(size * b"x")
                except OSError as error:
                    assert error.errno == errno.ENOSPC
            os.ftruncate(file.fileno(), file.tell() - pages * os.sysconf("SC_PAGESIZE"))

    def clear(self):
        self.inside(self.disk / "filler").unlink()


def test_root_was_not_forgotten():
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


if IS_ROOT:
    @pytest.fixture
    def small():
        with Small() as daemon:
            daemon.tenant(policy={"maxTokens": None})
            daemon.user("alice", grants=["mail:*"])
            yield daemon

    def listed(daemon):
        return [entry["token"]["name"] for entry in daemon.call("List", more=True)
                if "token" in entry]

    def whole(daemon):
        return [entry["bad"] for entry in daemon.call("LogVerify", more=True)
                if "tenant" in entry] == [None, None]

    @pytest.mark.parametrize("pages", [0, 12])
    def test_a_full_disk_stops_changes_and_no_login(small, pages):
        """M16, M17: what was answered is there, what was refused is not, and later all goes on."""
        token, record = small.token(scopes=["mail:read"], name="before it was full")
        gone, other = small.token(scopes=["mail:read"], name="to be revoked then")
        small.fill(pages)
        made, error = [], None
        while error is None and len(made) < 2000:
            name = f"number {len(made):04}"
            error = refusal(small.call, "Create", user="alice", name=name, scopes=["mail:read"])
            made += [name] if error is None else []
        assert error is not None and error.error == "Unavailable", error
        small.fill(0)
        assert wait_until(lambda: small.asks(token, **MAIL) == "accepted" and
                          small.events("failure", doing="writing uses"))
        assert small.asks(token, **MAIL) == "accepted"
        assert small.inside(small.state / "ballast").stat().st_size == 1 << 20
        small.call("Revoke", tokens=[other["id"]])  # there is room for that
        assert not small.inside(small.state / "ballast").exists()
        assert small.call("Show", token=other["id"])["token"]["state"] == "revoked"
        assert small.asks(gone, **MAIL) == "refused"
        assert set(listed(small)) >= {"before it was full", *made}
        assert name not in listed(small) and whole(small)
        small.clear()
        assert wait_until(lambda: refusal(small.call, "Create", user="alice", name=name,
                                          scopes=["mail:read"]) is None)
        assert small.asks(gone, **MAIL) == "refused" and small.asks(token, **MAIL) == "accepted"
        assert small.call("Show", token=record["id"])["token"]["state"] == "active"
        assert whole(small) and small.health() == "accepted"

    def test_a_full_disk_keeps_no_bulk_revocation_back(small):
        """R25: the room that is kept for one revocation serves one of many as well."""
        tokens = [small.token(scopes=["mail:read"], name=f"number {number}")[0]
                  for number in range(8)]
        small.fill(0)
        last = small.call("RevokeAll", more=True, filter={"user": "alice", "tenant": "acme"})[-1]
        assert (last["done"], last["of"]) == (8, 8)
        assert not small.inside(small.state / "ballast").exists()
        assert {small.asks(token, **MAIL) for token in tokens} == {"refused"}
        changes = [entry["change"] for entry in small.call("Log", more=True, batch=last["batch"])
                   if "change" in entry]
        assert [change["event"] for change in changes] == 8 * ["token.revoke"] and whole(small)
        small.clear()
        small.token(scopes=["mail:read"])
        assert whole(small) and small.health() == "accepted"
