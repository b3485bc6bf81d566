# SPDX-License-Identifier: BSD-2-Clause
"""The line at a login whose token ends soon (S7): when there is one, and that it decides nothing."""
import struct

import pytest

pytest.register_assert_rewrite("pam_rig")

from fakepatd import NAMES, FakePatd, REFUSED, field, uid_field, with_class, with_fields  # noqa: E402
from pam_rig import Rig  # noqa: E402
from pam_world import check_digits, junk  # noqa: E402

TOKEN = "pat_acme_1" + "abcdefgh" + "23456789abcdefghjkmnpqrstv"
TOKEN += check_digits(TOKEN)
PROMPT = "hidden Password:"
HOUR, DAY = 3600, 86400
LOCAL = NAMES + uid_field(0)


@pytest.fixture(scope="module")
def rig():
    rig = Rig(world=False)
    yield rig
    rig.close()


def left(seconds):
    return field(129, struct.pack(">I", seconds))


def talk_of(rig, fields, arguments="", operations=(), flags="", answer=with_fields, syslog=()):
    """The code of an authentication, and what was said beside the prompt."""
    with FakePatd(rig.directory / f"server{next(rig.count)}", answer(fields)) as server:
        result = rig.run([f"auth required {rig.pat(arguments, socket=server.path)}"],
                         [*operations, f"authenticate{flags}"], answers=[TOKEN])
    assert result.talk[0] == PROMPT and result.syslog == list(syslog)
    return result.code, [line.replace("\\x20", " ") for line in result.talk[1:]]


def line(time, rotate=" (patctl rotate abcdefgh)"):
    return [f"info this token expires in {time}{rotate}"]


SPANS = {
    0: "less than an hour", 1: "less than an hour", HOUR // 2 - 1: "less than an hour",
    HOUR // 2: "1 hour", 2 * HOUR: "2 hours", 23 * HOUR: "23 hours", DAY - 1: "1 day", DAY: "1 day",
    2 * DAY: "2 days", 3 * DAY - 1: "3 days", 3 * DAY: "3 days", 3 * DAY + 1: "3 days",
    14 * DAY - 1: "14 days", 14 * DAY: "14 days",
}


@pytest.mark.parametrize("seconds", SPANS)
def test_how_long(rig, seconds):
    assert talk_of(rig, LOCAL + left(seconds)) == ("PAM_SUCCESS", line(SPANS[seconds]))


SILENT = {
    "it ends later": (LOCAL + left(14 * DAY + 1), "", ""),
    "it never ends": (LOCAL, "", ""),
    "much later": (LOCAL + left(2 ** 32 - 1), "", ""),
    "a service of virtual users": (NAMES + left(DAY), "", ""),
    "quiet": (LOCAL + left(DAY), "quiet", ""),
    "PAM_SILENT": (LOCAL + left(DAY), "", ":silent"),
}


@pytest.mark.parametrize("case", SILENT)
def test_when_nothing_is_said(rig, case):
    fields, arguments, flags = SILENT[case]
    assert talk_of(rig, fields, arguments, flags=flags) == ("PAM_SUCCESS", [])


def test_of_a_token_that_was_replaced(rig):
    """Whoever still uses the old one hears of it; to rotate it again would be refused."""
    fields = LOCAL + left(DAY) + field(130, b"")
    assert talk_of(rig, fields) == ("PAM_SUCCESS",
                                    ["info this token was replaced and expires in 1 day"])


@pytest.mark.parametrize("mode", ["deaf", "later"])
def test_who_cannot_be_told_gets_in_all_the_same(rig, mode):
    libpam_says = ["authpriv.err pam_pat(sshd:auth): conversation failed"]
    assert talk_of(rig, LOCAL + left(DAY), operations=[f"conv:{mode}"], syslog=libpam_says) == \
        ("PAM_SUCCESS", line("1 day"))


def test_who_is_refused_hears_nothing(rig):
    assert talk_of(rig, REFUSED, answer=with_class) == ("PAM_AUTH_ERR", [])


BROKEN = {
    "too short": LOCAL + field(129, b"\0\1"), "too long": LOCAL + field(129, bytes(5)),
    "replaced, without an end": LOCAL + field(130, b""),
    "replaced by what": LOCAL + left(DAY) + field(130, b"x"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_answer_that_is_none(rig, case):
    with FakePatd(rig.directory / f"server{next(rig.count)}", with_fields(BROKEN[case])) as server:
        result = rig.run([f"auth required {rig.pat(socket=server.path)}", f"auth optional {rig.probe()}"],
                         ["authenticate"], answers=[TOKEN])
    assert (result.code, result.talk) == ("PAM_AUTHINFO_UNAVAIL", [PROMPT])
    words = dict(word.split("=", 1) for word in result.probe[0].split()[1:])
    assert words["authtok"].encode().decode("unicode_escape") == junk(len(TOKEN))


def test_the_account_must_be_the_bound_one(rig):
    """Nothing is said of a token that opens nothing."""
    with FakePatd(rig.directory / f"server{next(rig.count)}",
                  with_fields(NAMES + uid_field(4242) + left(DAY))) as server:
        result = rig.run([f"auth required {rig.pat(socket=server.path)}"], ["authenticate"],
                         answers=[TOKEN])
    assert (result.code, result.talk) == ("PAM_AUTH_ERR", [PROMPT])
