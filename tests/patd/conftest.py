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
