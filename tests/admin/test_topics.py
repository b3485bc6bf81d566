# SPDX-License-Identifier: BSD-2-Clause
"""Help on topics: short, true against the tables, and in the manual page."""
import re
import subprocess

import pytest

from pat import PATCTL, SOURCE
from ctlkit import fits


def alone(*arguments, status=0):
    done = subprocess.run([PATCTL, *arguments], capture_output=True, text=True, check=False,
                          env={"LC_ALL": "C.UTF-8", "TZ": "UTC"})
    assert done.returncode == status
    return done.stdout if status == 0 else done.stderr


def topics():
    return dict(re.findall(r"^  ([a-z]+)\s{2,}(\S.*)$", alone("help", "topics"), re.M))


def test_the_topics_are_these():
    assert list(topics()) == ["tokens", "scopes", "times", "filters", "exit"]
    assert "patctl help topics" in alone("help") and "topics" in alone("help", "--help")


@pytest.mark.parametrize("topic", ["topics", *topics()])
def test_a_topic_fits_a_screen(topic):
    text = alone("help", topic)
    assert fits(text, 80) == [] and not re.search(r"[ \t]$", text, re.M)
    assert 5 < len(text.splitlines()) <= 40


def test_topics_stand_in_the_manual_page():
    page = (SOURCE / "admin/patctl.1").read_text()
    begin = page.index("\n.Ss help\n")
    page = page[begin:page.index("\n.Ss ", begin + 1)]
    assert re.findall(r"^\.It Cm (\w+)$", page, re.M) == list(topics())
    for summary in topics().values():
        words = " ".join(re.sub(r"^\.(Ar|Nm|It \w+) ?", "", line) for line in page.splitlines())
        assert summary[0].upper() + summary[1:] in words


def test_exit_has_every_status():
    header = (SOURCE / "admin/patctl.h").read_text()
    assert re.findall(r"^  (\d+)\s", alone("help", "exit"), re.M) == \
        re.findall(r"\bEXIT_\w+ = (\d+)", header)


def test_scopes_has_the_catalogue():
    """A13."""
    table = re.search(r"catalogue\[\] = {(.*?)};", (SOURCE / "core/policy/scope.c").read_text(), re.S)
    rows = re.findall(r'{"([^"]+)", "[^"]*", "([^"]+)"}', table[1])
    assert len(rows) >= 10
    assert re.findall(r"^  ([a-z]+:[a-z]+)\s+(.*)$", alone("help", "scopes"), re.M) == rows


def test_filters_has_what_list_takes():
    options = re.findall(r"--([a-z-]+)", alone("list", "--help").split("\nOptions\n")[1].split("\n\n")[0])
    assert set(options) <= set(re.findall(r"--([a-z-]+)", alone("help", "filters")))


def test_what_is_no_topic_is_no_command():
    assert 'no command "frobnicate"' in alone("help", "frobnicate", status=2)
    assert 'no command "times tokens"' in alone("help", "times", "tokens", status=2)
