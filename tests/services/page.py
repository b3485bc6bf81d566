# SPDX-License-Identifier: BSD-2-Clause
"""What a page of doc/ tells people to write, taken out of the page: tests use it as it stands."""
from pat import SOURCE


def blocks(name):
    """Titles and their indented blocks: a line that ends in ':', an empty one, the block."""
    found, title, lines = {}, None, []
    for line in (SOURCE / "doc" / name).read_text().splitlines() + [""]:
        if line.startswith("    ") and title is not None:
            lines.append(line[4:])
        elif not line.strip():
            if lines:
                found[title] = "\n".join(lines) + "\n"
                title, lines = None, []
        else:
            title, lines = (line.rstrip(":") if line.endswith(":") else None), []
    return found


# Above "patctl enable SERVICE", which test_enable.py runs.
BY_ONE_COMMAND = "By one command, as root, which shows the difference first and asks"


class Page(dict):
    """The blocks of a page, and which of them no test has used."""

    def __init__(self, name):
        super().__init__(blocks(name))
        self.unused = set(self) - {BY_ONE_COMMAND}

    def __getitem__(self, title):
        self.unused.discard(title)
        return super().__getitem__(title)
