# SPDX-License-Identifier: BSD-2-Clause
"""Stores of released versions open: what was in them is, and what may not get in does not.

tests/patd/released has a store for each release, made by its program "make"; HACKING.md says when.
"""
import json
import os
import tarfile
from pathlib import Path

import pytest

from pat import IS_ROOT
from patdkit import Daemon

RELEASED = Path(__file__).resolve().parent / "released"
VERSIONS = sorted(path.name.removesuffix(".json") for path in RELEASED.glob("*.json"))


def lasting(token):
    """What of a token neither its use nor time changes."""
    changes = {"lastUsed", "lastService", "lastAddress", "accepted", "refused", "blocked"}
    if token["expires"] or token["pendingUntil"]:
        changes |= {"state", "ended"}
    return {key: value for key, value in token.items() if key not in changes}


def everything(patd):
    """What people see of a store."""
    tokens = [each["token"] for each in patd.call("List", more=True) if each.get("token")]
    return {
        "schema": patd.call("DbStatus")["schema"],
        "listed": [lasting(token) for token in sorted(tokens, key=lambda token: token["id"])],
        "users": patd.call("UserList", more=True),
        "grants": patd.call("GrantList", more=True),
        "tenants": patd.call("TenantList", more=True),
        "scopes": patd.call("ScopeList", more=True),
        "logs": patd.call("LogVerify", more=True),
    }


def lacks(old, new):
    """Whether something that was said is not said any more; new members may be. Tokens end: how many
    live is no matter."""
    if isinstance(old, dict):
        return not isinstance(new, dict) or any(lacks(value, new.get(key))
                                                for key, value in old.items() if key != "live")
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return any(lacks(one, other) for one, other in zip(old, new))
    return old != new


def unpack(version, patd):
    """As patd's account has it, whatever the packer's was."""
    with tarfile.open(RELEASED / f"{version}.tar.xz") as archive:
        for member in archive:
            room, _, rest = member.name.partition("/")
            path = {"state": patd.state, "keys": patd.keys}[room] / rest
            if member.isdir():
                path.mkdir(mode=0o700, exist_ok=True)
            else:
                path.write_bytes(archive.extractfile(member).read())
                path.chmod(member.mode)
            if IS_ROOT:
                os.chown(path, patd.uid, patd.uid)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_store_opens_and_works(version):
    known = json.loads((RELEASED / f"{version}.json").read_text(encoding="utf-8"))
    patd = Daemon()
    try:
        unpack(version, patd)
        patd.start()
        now = everything(patd)
        for kind in ("listed", "users", "grants", "tenants", "scopes"):
            assert not lacks(known[kind], now[kind]), (kind, known[kind], now[kind])
        assert now["schema"] >= known["schema"]
        assert [entry for entry in now["logs"] if entry.get("bad")] == []
        assert len(now["logs"]) == len(known["logs"])
        for _ in range(2):  # the second time after a change, and a restart
            assert [[text, name, patd.asks(text, service="imap")]
                    for text, name, _ in known["tokens"]] == known["tokens"]
            ends = patd.call("DbCheck", more=True)[-1]
            assert (ends["done"], ends["trouble"]) == (True, ""), ends
            text, _ = patd.token(scopes=["mail:read"])
            assert patd.asks(text, service="imap") == "accepted"
            patd.restart()
    finally:
        patd.close()


def test_there_is_one():
    assert VERSIONS
