# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the suites of patd."""
import pytest

from patdkit import Daemon


@pytest.fixture
def daemon():
    """A running patd with an empty store."""
    with Daemon() as patd:
        yield patd


@pytest.fixture
def acme(daemon):
    """A running patd with tenant acme and a virtual user alice who holds what mail needs."""
    daemon.tenant()
    daemon.user("alice", grants=["mail:*"])
    return daemon


@pytest.fixture(scope="module")
def shared():
    """The same for tests that leave nothing behind: one for a whole file."""
    with Daemon() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        yield patd


@pytest.fixture
def store(kept):
    """What a file keeps of a stopped patd (kept.whole, kept.anchor), put back for a test to spoil."""
    (kept.state / "pat.db").write_bytes(kept.whole)
    (kept.keys / "anchor").write_bytes(kept.anchor)
    try:
        yield kept
    finally:
        kept.stop()
