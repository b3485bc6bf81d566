# SPDX-License-Identifier: BSD-2-Clause
"""What the suites of the SASL plugin share: one patd with tokens of every kind a suite."""
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
pytest.register_assert_rewrite("sasl_rig")

from sasl_rig import Rig, mail_patd, with_check  # noqa: E402

SECOND = 1000000
DAY = 86400 * SECOND


def other(digit):
    return "1" if digit == "0" else "0"


UNKNOWN = with_check("pat_acme_1" + "zzzzzzzz" + 26 * "0")


class World:
    """A patd, and the texts of tokens by what is special about them."""

    def __init__(self, patd):
        self.patd = patd
        patd.tenant()
        patd.tenant("lab", makeDefault=False, realms=["lab.example"])
        for user in ("alice", "bob"):
            patd.user(user, grants=["mail:*"])
        patd.user("zoe", grants=["mail:*"], tenant="lab")
        self.ids = {}
        self.tokens = {
            "good": self.make("good"),
            "other user": self.make("other user", user="bob"),
            "realm": self.make("realm", user="zoe", tenant="lab"),
            "wrong scope": self.make("wrong scope", scopes=["mail:send"]),
            "revoked": self.make("revoked"),
            "address": self.make("address", addresses=["192.0.2.0/24", "2001:db8::/32"]),
            "not begun": self.make("not begun", notBefore=self.now() + DAY),
            "pending": self.make("pending", pending=True),
            "expired": self.make("expired", expires=self.now() + 3 * SECOND // 2),
        }
        patd.call("Revoke", tokens=[self.ids["revoked"]])
        good = self.tokens["good"]
        last = good[-1]
        self.tokens["malformed"] = good[:-1] + ("0" if last != "0" else "1")
        self.tokens["cut"] = good[:-9]
        self.tokens["unknown"] = UNKNOWN
        self.tokens["wrong secret"] = with_check(good[:20] + other(good[20]) + good[21:-7])
        self.wait_for_expiry()

    @staticmethod
    def now():
        return time.time_ns() // 1000

    def wait_for_expiry(self):
        """The token called expired is, by patd's own word."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.patd.verify(self.tokens["expired"], service="imap")["class"] == "refused":
                return
            time.sleep(0.02)
        raise AssertionError("the token did not expire")

    def make(self, kind, scopes=("mail:read",), **named):
        token, record = self.patd.token(named.pop("user", "alice"), scopes=scopes, **named)
        self.ids[kind] = record["id"]
        return token


@pytest.fixture(scope="module")
def world():
    with mail_patd() as patd:
        yield World(patd)


@pytest.fixture
def rig(world, tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        if parent.owner() == Path(tmp_path).owner():
            parent.chmod(0o755)
    return Rig(tmp_path, world.patd)


@pytest.fixture
def lone_rig(tmp_path):
    """Without patd."""
    return Rig(tmp_path)
