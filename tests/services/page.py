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
