# SPDX-License-Identifier: BSD-2-Clause
"""Which mechanisms a server offers, and whose they are."""
import subprocess

import pytest

from sasl_rig import BADAUTH, BEARER, ENCRYPT, MECHS, NOMECH, OK, messages, words

OFF = {"pat_socket": None, "pat_override": None}
SOCKET = {"pat_socket": "/nowhere/sock", "pat_override": None}


def orders(rig):
    return (f"{rig.ours}:{rig.stock}", f"{rig.stock}:{rig.ours}")


def test_without_an_option_there_is_nothing(lone_rig):
    """Every SASL program of a host loads the plugin; most have nothing to do with it."""
    said = lone_rig.play("list", "try OAUTHBEARER -", options=OFF, path=str(lone_rig.ours))
    assert said.mechs == [[]]
    assert said.tries[0]["codes"] == [NOMECH]
    assert [text for _, text in said.logs] == ["Couldn't find mech OAUTHBEARER"]
    with_it = lone_rig.play("list", options=OFF)
    without = lone_rig.play("list", options=OFF, path=str(lone_rig.stock))
    assert with_it.text == without.text and without.logs == []


OFFERS = (
    ({"pat_socket": "/x"}, ["OAUTHBEARER", "XOAUTH2"]),
    ({"pat_mechs": "OAUTHBEARER"}, ["OAUTHBEARER"]),
    ({"pat_mechs": "xoauth2"}, ["XOAUTH2"]),
    ({"pat_mechs": "XOAUTH2 OAUTHBEARER"}, ["OAUTHBEARER", "XOAUTH2"]),
    ({"pat_mechs": "OAUTHBEARER,XOAUTH2"}, ["OAUTHBEARER", "XOAUTH2"]),
    ({"pat_override": "no"}, ["OAUTHBEARER", "XOAUTH2"]),
    ({"pat_override": "off", "pat_mechs": "XOAUTH2"}, ["XOAUTH2"]),
    ({"pat_override": "yes"}, list(MECHS)),
    ({"pat_override": "TRUE"}, list(MECHS)),
    ({"pat_override": "on"}, list(MECHS)),
    ({"pat_override": "1", "pat_mechs": "OAUTHBEARER"}, ["OAUTHBEARER", "PLAIN", "LOGIN"]),
)


@pytest.mark.parametrize("options, mechs", OFFERS)
def test_options_choose(lone_rig, options, mechs):
    said = lone_rig.play("list", options={**OFF, **options}, path=str(lone_rig.ours))
    assert sorted(set(said.mechs[0])) == sorted(mechs)
    assert len(said.mechs[0]) == len(mechs)
    assert said.logs == []


WRONG = (
    ("pat_socket", "run/pat/sock", "the path of a socket"),
    ("pat_socket", "", "the path of a socket"),
    ("pat_socket", "/" + 107 * "x", "the path of a socket"),
    ("pat_mechs", "PLAIN", "OAUTHBEARER, XOAUTH2 or both"),
    ("pat_mechs", "OAUTHBEARER XOAUTH", "OAUTHBEARER, XOAUTH2 or both"),
    ("pat_mechs", "OAUTHBEARER;XOAUTH2", "OAUTHBEARER, XOAUTH2 or both"),
    ("pat_mechs", "", "OAUTHBEARER, XOAUTH2 or both"),
    ("pat_override", "maybe", "yes or no"),
    ("pat_override", "yes please", "yes or no"),
    ("pat_override", "", "yes or no"),
    ("pat_override", "2", "yes or no"),
)


@pytest.mark.parametrize("name, value, takes", WRONG)
def test_a_wrong_value_offers_nothing_and_is_told(lone_rig, name, value, takes):
    said = lone_rig.play("list", options={**SOCKET, name: value}, path=str(lone_rig.ours))
    assert said.mechs == [[]]
    assert said.all("init") == ["0"]  # the server lives, without us
    assert [text for _, text in said.logs] == [f"{name} takes {takes}: no mechanism is offered"]


VERSIONS = (("2.1.26", False), ("2.1.27", False), ("1.5.28", False), ("2.1.28", True),
            ("2.1.29", True), ("2.2.0", True), ("3.0.0", True))


@pytest.mark.parametrize("version, sorts", VERSIONS)
def test_pat_override_needs_a_libsasl_that_sorts(lone_rig, version, sorts):
    """Before 2.1.28 the stock PLAIN may be found first, and take a token for a password."""
    path = str(lone_rig.ours)
    said = lone_rig.play("list", options={"pat_override": "yes"}, path=path, version=version)
    told = [text for _, text in said.logs]
    if sorts:
        assert (sorted(said.mechs[0]), told) == (sorted(MECHS), [])
    else:
        assert (said.mechs, said.all("init")) == ([[]], ["0"])
        assert told == ["pat_override needs libsasl2 2.1.28 or later: no mechanism is offered"]
    for options in (SOCKET, {**SOCKET, "pat_override": "no"}):
        said = lone_rig.play("list", options=options, path=path, version=version)
        assert (sorted(said.mechs[0]), said.logs) == (sorted(BEARER), [])


def test_the_longest_path_is_taken(lone_rig):
    said = lone_rig.play("list", options={**OFF, "pat_socket": "/" + 106 * "x"},
                         path=str(lone_rig.ours))
    assert "OAUTHBEARER" in said.mechs[0]


@pytest.mark.parametrize("listed", ("PLAIN LOGIN OAUTHBEARER XOAUTH2", "LOGIN PLAIN", "XOAUTH2"))
def test_with_mech_list_each_is_offered_once(rig, world, listed):
    for path in orders(rig):
        said = rig.play("list", options={"mech_list": listed}, path=path)
        assert sorted(said.mechs[0]) == sorted(listed.split())
        if "PLAIN" in listed:
            assert rig.present("PLAIN", world.tokens["good"], path=path,
                               options={"mech_list": listed})[:2] == (OK, "alice")


@pytest.mark.parametrize("mech", ("PLAIN", "LOGIN"))
def test_ours_come_first_in_either_order_of_directories(rig, world, mech):
    """The stock ones would hand a token to the site's verifier."""
    for path in orders(rig):
        said = rig.play("list", path=path)
        assert said.mechs[0].count(mech) == 2  # libsasl lists both
        code, user, said = rig.present(mech, world.tokens["good"], path=path)
        assert (code, user, said.passwords) == (OK, "alice", [])
        without = rig.present(mech, world.tokens["good"], path=path,
                              options={"pat_override": "no"})
        assert without[0] != OK
        assert without[2].passwords == [("alice", world.tokens["good"].encode())]


def test_they_are_plaintext_and_say_so(rig, world):
    """A server that demands more than plaintext offers them only over something that encrypts."""
    for mech in MECHS:
        steps = words(messages(mech, world.tokens["good"]))
        said = rig.play("demand noplaintext", "list", f"try {mech} {steps}", "new",
                        "demand noplaintext 256", "list", f"try {mech} {steps}",
                        path=str(rig.ours))
        assert not set(said.mechs[0]) & set(MECHS)
        assert said.tries[0]["codes"] == [ENCRYPT]
        assert set(MECHS) <= set(said.mechs[1])
        assert said.last() == (OK, "alice")


def test_a_client_program_sees_nothing_new(lone_rig, tmp_path):
    """libsasl opens the plugin there too, and finds no client's mechanism in it."""
    symbols = subprocess.run(["nm", "-D", "--defined-only", lone_rig.ours / "libpat.so"],
                             capture_output=True, text=True, check=True).stdout
    assert "sasl_client_plug_init" not in symbols


def test_an_ordinary_password_is_no_bearer(rig):
    for mech in BEARER:
        code, _, said = rig.present(mech, "ordinary")
        assert (code, said.passwords) == (BADAUTH, [])
