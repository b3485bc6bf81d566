# SPDX-License-Identifier: BSD-2-Clause
"""Any bytes in any order, through libsasl: never a crash, never a wrong acceptance."""
import random

import pytest

from sasl_rig import (BADAUTH, BADPROT, BEARER, CODES, CONTINUE, DUMMY, FAIL, MECHS, OK, REFUSAL,
                      messages, oauthbearer, plain, words, xoauth2)


@pytest.mark.parametrize("mech", MECHS)
def test_without_initial_response(rig, world, mech):
    """None at all, or an empty one ("="): the server asks with an empty challenge."""
    steps = messages(mech, world.tokens["good"])
    if mech == "LOGIN":
        for begin in ("none", "-"):
            said = rig.play(f"try LOGIN {begin} {words(steps[1:])}")
            assert said.tries[-1]["outs"] == [b"Username:", b"Password:", None]
            assert said.last() == (OK, "alice")
        said = rig.play(f"try LOGIN {words(steps[1:])}")  # the name at once
        assert said.tries[-1]["outs"] == [b"Password:", None]
        assert said.last() == (OK, "alice")
        return
    for begin in ("none", "-"):
        said = rig.play(f"try {mech} {begin} {words(steps)}")
        assert said.tries[-1]["codes"] == [CONTINUE, OK]
        assert said.tries[-1]["outs"] == [b"", None]
        assert said.last() == (OK, "alice")


@pytest.mark.parametrize("mech", MECHS)
def test_silence_is_no_message(rig, world, mech):
    """Empty again and again: the server does not ask for ever."""
    said = rig.play(f"try {mech} none - - -")
    codes = said.tries[-1]["codes"]
    assert BADPROT in codes and OK not in codes
    assert set(codes[codes.index(BADPROT):]) == {BADPROT}


@pytest.mark.parametrize("mech", MECHS)
def test_after_the_end_nothing_happens(rig, world, mech):
    """libsasl hands messages on after a failure, without the exchange that it freed."""
    good = words(messages(mech, world.tokens["good"]))
    bad = messages(mech, world.tokens["revoked"]) + ([DUMMY[mech]] if mech in BEARER else [])
    said = rig.play(f"try {mech} {words(bad)}", "step -", "step none", f"step {good}",
                    f"step {good}")
    assert said.tries[0]["codes"][-1] == BADAUTH
    for entry in said.tries[1:]:
        assert set(entry["codes"]) == {BADPROT} and "user" not in entry
    said = rig.play(f"try {mech} {good}", "step -", f"step {good}")
    assert said.tries[0]["codes"][-1] == OK
    assert {code for entry in said.tries[1:] for code in entry["codes"]} == {FAIL}  # libsasl's own


@pytest.mark.parametrize("mech", BEARER)
@pytest.mark.parametrize("reply", (b"", b"\1", b"*", b"x" * 8192, b"\0", None))
def test_whatever_answers_the_refusal(rig, world, mech, reply):
    """The text of the refusal is an error for the client to acknowledge; anything ends it."""
    steps = messages(mech, world.tokens["revoked"])
    said = rig.play(f"try {mech} {words([*steps, reply])}")
    assert said.tries[-1]["codes"] == [CONTINUE, BADAUTH]
    assert said.tries[-1]["outs"] == [REFUSAL[mech], None]
    good = words(messages(mech, world.tokens["good"]))
    said = rig.play(f"try {mech} {words(steps)} {good}", f"step {good}")  # not even a good token
    assert said.tries[0]["codes"] == [CONTINUE, BADAUTH]
    assert said.tries[1]["codes"] == [BADPROT]


def table(token):
    """Title, mechanism, first message, the code it gets."""
    good = oauthbearer(token)
    rows = [
        ("other keys first", "OAUTHBEARER",
         oauthbearer(token, before=b"host=mail.example\1port=143\1"), OK),
        ("other keys last", "OAUTHBEARER", oauthbearer(token, after=b"qs=\1"), OK),
        ("like curl", "OAUTHBEARER", b"n,a=alice,\1host=127.0.0.1\1port=143\1auth=Bearer " +
         token.encode() + b"\1\1", OK),
        ("y flag", "OAUTHBEARER", oauthbearer(token, header="y,,"), OK),
        ("channel binding", "OAUTHBEARER", oauthbearer(token, header="p=tls-unique,,"), BADPROT),
        ("no header", "OAUTHBEARER", b"\1auth=Bearer " + token.encode() + b"\1\1", BADPROT),
        ("lone 0x01", "OAUTHBEARER", b"\1", BADPROT),
        ("two tokens", "OAUTHBEARER",
         oauthbearer(token, before=b"auth=Bearer " + token.encode() + b"\1"), BADPROT),
        ("no auth", "OAUTHBEARER", b"n,,\1host=x\1\1", BADPROT),
        ("another scheme", "OAUTHBEARER", good.replace(b"Bearer", b"Basic "), BADPROT),
        ("unfinished", "OAUTHBEARER", good[:-1], BADPROT),
        ("more behind", "OAUTHBEARER", good + b"x", BADPROT),
        ("a NUL in the token", "OAUTHBEARER", oauthbearer(token + "\0"), BADPROT),
        ("XOAUTH2's message", "OAUTHBEARER", xoauth2(token, "alice"), BADPROT),
        ("4096 bytes", "OAUTHBEARER",
         oauthbearer(token, before=b"x=" + (4096 - len(good) - 3) * b"y" + b"\1"), OK),
        ("4097 bytes", "OAUTHBEARER",
         oauthbearer(token, before=b"x=" + (4097 - len(good) - 3) * b"y" + b"\1"), BADPROT),
        ("OAUTHBEARER's message", "XOAUTH2", good, BADPROT),
        ("no user", "XOAUTH2", xoauth2(token, ""), BADPROT),
        ("auth only", "XOAUTH2", b"auth=Bearer " + token.encode() + b"\1\1", BADPROT),
        ("more behind", "XOAUTH2", xoauth2(token, "alice") + b"\1", BADPROT),
        ("a NUL in the user", "XOAUTH2", xoauth2(token, "ali\0ce"), BADPROT),
        ("no NUL", "PLAIN", b"alice " + token.encode(), BADPROT),
        ("one NUL", "PLAIN", b"alice\0" + token.encode(), BADPROT),
        ("three NULs", "PLAIN", plain(token, "alice") + b"\0", BADPROT),
        ("four NULs", "PLAIN", plain(token, "alice") + b"\0\0", BADPROT),
        ("no login", "PLAIN", plain(token, ""), BADPROT),
        ("no password", "PLAIN", plain("", "alice"), BADPROT),
        ("white space around", "PLAIN", plain(f" {token}\r\n", "alice"), OK),
        ("capitals", "PLAIN", plain(token.upper(), "alice"), OK),
        ("a name of 1025", "PLAIN", plain(token, 1025 * "a"), BADPROT),
        ("a name of 1024", "PLAIN", plain(token, 1024 * "a"), BADAUTH),
        ("a NUL in the name", "LOGIN", b"ali\0ce", BADPROT),
        ("a name of 1025", "LOGIN", 1025 * b"a", BADPROT),
        ("8192 bytes", "LOGIN", 8192 * b"a", BADPROT),
    ]
    for size in (0, 1, 100, 4095, 4097, 8192):
        rows += [(f"{size} NULs", mech, size * b"\0", None) for mech in MECHS]
        rows += [(f"{size} times 0x01", mech, size * b"\1", None) for mech in MECHS]
        rows += [(f"{size} high bytes", mech, size * b"\xff", None) for mech in MECHS]
        rows += [(f"{size} commas", mech, size * b",", None) for mech in MECHS]
    return rows


def test_first_messages(rig, world):
    rows = table(world.tokens["good"])
    said = rig.play(*(line for _, mech, message, _ in rows
                      for line in ("new", f"try {mech} {words([message])}")))
    assert len(said.tries) == len(rows) >= 130
    for (title, mech, _, wanted), entry in zip(rows, said.tries):
        code = entry["codes"][-1]
        if wanted is None:
            assert code in (BADPROT, BADAUTH, CONTINUE), (title, mech)
        else:
            assert code == wanted, (title, mech)
        assert (code == OK) == ("user" in entry), (title, mech)


def amended(chance, message):
    """A message with a few bytes changed, taken out, or put in."""
    message = bytearray(message)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(message) + 1)
        what = chance.randrange(3)
        if what == 0:
            message[at:at] = bytes([chance.choice(b"\0\1,=npya \xff" + b"Bearer")])
        elif what == 1:
            del message[at:at + chance.randint(1, 4)]
        elif at < len(message):
            message[at] ^= 1 << chance.randrange(8)
    return bytes(message)


@pytest.mark.parametrize("mech", MECHS)
def test_amended_messages_of_a_client(rig, world, mech):
    """300 a mechanism, with a token that was revoked: none is accepted, none ends the server."""
    chance = random.Random(f"sasl {mech}")
    script = []
    for _ in range(300):
        steps = [step if step is None else amended(chance, step)
                 for step in messages(mech, world.tokens["revoked"])]
        script += ["new", f"try {mech} {words([*steps, b''])}"]
    said = rig.play(*script, passwords=[("nobody", "nothing")])
    assert len(said.tries) == 300
    assert {code for entry in said.tries for code in entry["codes"]} <= CODES - {OK}
    for level, text in said.logs:
        assert text in ("event=verify verdict=malformed", "event=verify verdict=illegal-name"), text
    for entry in said.tries:
        assert set(entry["outs"]) <= {None, b"", b"Username:", b"Password:", *REFUSAL.values()}


def test_names_that_cannot_be_asked_about(rig, world):
    """Too long for patd: refused, and the log does not repeat them."""
    for name in (257 * "a", 1024 * "x"):
        code, _, said = rig.present("PLAIN", world.tokens["good"], name)
        assert code == BADAUTH
        assert [text for _, text in said.logs] == ["event=verify verdict=illegal-name"]


HOSTILE = ("%s%n%s%n", "alice\nevent=verify verdict=accepted", "\x1b[2J", "../../etc/passwd",
           "alice\r\nQUIT", "\u202ealice", "a" * 300, "%.*s", "\"};alert(1)")


@pytest.mark.parametrize("mech", MECHS)
@pytest.mark.parametrize("kind", ("good", "revoked", "malformed"))
def test_nothing_of_a_client_is_repeated(rig, world, mech, kind):
    """Neither in logs nor in the error text that slapd and svnserve send on, nor in JSON."""
    for name in HOSTILE:
        token = world.tokens[kind]
        _, _, said = rig.present(mech, token, name)
        texts = [text for _, text in said.logs] + \
            [text for entry in said.tries for text in entry["errors"]] + \
            [(out or b"").decode() for entry in said.tries for out in entry["outs"]]
        for text in texts:
            assert token not in text and token[-20:] not in text
            assert name not in text and "pat_" not in text.replace("pat_override", "")
            assert text.isprintable(), text
