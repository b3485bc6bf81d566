# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of faults stand on, and what they say at their end."""
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "patd"), str(TESTS / "pam")]
pytest.register_assert_rewrite("faultkit", "strace", "pam_rig")

from figures import sentences  # noqa: E402


def pytest_terminal_summary(terminalreporter):
    """How much was run and what was found, behind the tests."""
    for line in sentences:
        terminalreporter.write_line(line)
