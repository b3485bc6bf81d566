# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of every suite that is written in Python."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
sys.dont_write_bytecode = True

from pat import Patd  # noqa: E402


@pytest.fixture
def patd():
    """A running patd with an empty store."""
    with Patd() as daemon:
        yield daemon


@pytest.fixture
def acme(patd):
    """A running patd with tenant acme and a virtual user alice who holds what mail needs."""
    patd.tenant()
    patd.user("alice", grants=["mail:*"])
    return patd
