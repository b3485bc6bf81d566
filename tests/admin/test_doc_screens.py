# SPDX-License-Identifier: BSD-2-Clause
"""doc/screens shows what patctl prints. To take over what it prints now:

    make check TESTS=tests/admin/test_doc_screens.py PAT_UPDATE=1
"""
import difflib
import os
import re

import pytest

from ctlkit import TOKEN, fits
from pat import SOURCE
from screenkit import FAKE, World, render

PAGE = SOURCE / "doc" / "screens"
TEMPLATE = SOURCE / "tests" / "admin" / "screens.template"
WIDE = 120


@pytest.fixture(scope="module")
def page():
    with World() as world:
        return render(world, TEMPLATE.read_text(encoding="utf-8"))


def test_the_page_is_what_patctl_prints(page):
    if os.environ.get("PAT_UPDATE"):
        PAGE.write_text(page, encoding="utf-8")
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    change = "\n".join(difflib.unified_diff(there.splitlines(), page.splitlines(), "doc/screens",
                                            "what patctl prints", lineterm=""))
    if there != page:
        pytest.fail(f"{change}\n\nIf that is meant: make check TESTS=tests/admin/"
                    "test_doc_screens.py PAT_UPDATE=1 writes doc/screens anew.", pytrace=False)


def test_the_page_is_nice_to_read(page):
    """80 columns, but for the one wide table; no trailing blanks; no secret of any store."""
    wide = fits(page)
    at = page.index("\n".join(wide))  # they stand together
    assert 2 < len(wide) < 20 and fits(page, WIDE) == [] and page[:at].endswith("list\n")
    assert not re.search(r"[ \t]$|\n\n\n\n|[\x00-\x09\x0b-\x1f\x7f]", page, re.M)
    assert {token[-len(FAKE):] for token in TOKEN.findall(page)} == {FAKE}
    assert "/tmp" not in page
