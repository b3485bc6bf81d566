# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the suites of patctl."""
import pytest

from ctlkit import Host


@pytest.fixture
def host():
    """A running patd with tenant acme, alice and carol."""
    with Host() as patd:
        yield patd


@pytest.fixture(scope="module")
def shared():
    """The same for tests that leave nothing behind that another would mind."""
    with Host() as patd:
        yield patd
