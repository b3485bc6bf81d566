# SPDX-License-Identifier: BSD-2-Clause
"""Every script of tests/pam/scripts against a real patd (M8)."""
from pathlib import Path

import pytest

pytest.register_assert_rewrite("pam_rig", "pam_script")

import pam_script  # noqa: E402
from pam_rig import Rig  # noqa: E402

SCRIPTS = Path(__file__).resolve().parent / "scripts"
CASES = [case for path in sorted(SCRIPTS.glob("*.txt")) for case in pam_script.cases(path)]


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    yield rig
    rig.close()


def test_the_scripts_are_there():
    """A tarball without them would pass by doing nothing."""
    assert len(CASES) >= 93


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_script(rig, case):
    pam_script.run(rig, case)
