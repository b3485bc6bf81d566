# SPDX-License-Identifier: BSD-2-Clause
"""Every shell script passes shellcheck, as in "make lint", of which it is the cheap part."""
import os
import subprocess
import sys

from rules import SOURCE


def test_shellcheck_finds_nothing_new():
    done = subprocess.run([sys.executable, "-B", SOURCE / "tests/lint/static", "shellcheck"],
                          env={key: value for key, value in os.environ.items()
                               if key != "PAT_FIGURES"},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
