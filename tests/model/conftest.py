# SPDX-License-Identifier: BSD-2-Clause
"""What was compared is said at the end."""
from figures import sentences


def pytest_terminal_summary(terminalreporter):
    for line in sentences:
        terminalreporter.write_line(line)
