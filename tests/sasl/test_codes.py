# SPDX-License-Identifier: BSD-2-Clause
"""Who gets in, and with which code, by every mechanism (M10)."""
import os

import pytest

from sasl_rig import (BADAUTH, BADPROT, BEARER, CONTINUE, DUMMY, MECHS, OK, PASSWORD, REFUSAL,
                      UNAVAIL, messages, oauthbearer, plain, words, xoauth2)

REFUSED = ("unknown", "wrong secret", "malformed", "cut", "revoked", "expired", "not begun",
           "pending", "wrong scope", "address")


@pytest.mark.parametrize("mech", MECHS)
def test_a_token_opens(rig, world, mech):
    """A50, S15."""
    code, user, said = rig.present(mech, world.tokens["good"])
    assert (code, user) == (OK, "alice")
    assert said.tries[-1]["authid"] == "alice"
    assert said.tries[-1]["mech"] == mech
    assert said.tries[-1]["outs"][-1] is None
    assert (said.logs, said.passwords) == ([], [])


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("mech", MECHS)
def test_a_refused_token_does_not(rig, world, mech, kind):
    """All alike: one code, one text, and no verifier but patd hears of it."""
    code, user, said = rig.present(mech, world.tokens[kind])
    assert (code, user) == (BADAUTH, None)
    assert said.passwords == []
    assert {text for _, text in said.logs} <= {"event=verify verdict=malformed"}
    assert (said.logs != []) == (kind in ("malformed", "cut"))
    good = rig.present(mech, world.tokens["revoked"])[2]
    assert said.tries == good.tries


@pytest.mark.parametrize("service, code", (("smtp", BADAUTH), ("pop", OK), ("imap", OK)))
@pytest.mark.parametrize("mech", MECHS)
def test_the_service_counts(rig, world, mech, service, code):
    """A4."""
    assert rig.present(mech, world.tokens["good"], service=service)[0] == code
    wanted = OK if service == "smtp" else BADAUTH
    assert rig.present(mech, world.tokens["wrong scope"], service=service)[0] == wanted


ADDRESSES = (
    ("", BADAUTH), ("192.0.2.7;4242", OK), ("192.0.3.7;4242", BADAUTH),
    ("2001:db8::1;143", OK), ("2001:db9::1;143", BADAUTH),
    ("::ffff:192.0.2.7;143", OK), ("::ffff:192.0.3.7;143", BADAUTH),
)


@pytest.mark.parametrize("remote, code", ADDRESSES)
@pytest.mark.parametrize("mech", MECHS)
def test_the_address_counts(rig, world, mech, remote, code):
    assert rig.present(mech, world.tokens["address"], remote=remote)[0] == code


def test_an_address_that_the_application_tells_later(rig, world):
    steps = words(messages("PLAIN", world.tokens["address"]))
    said = rig.play("remote-now 192.0.3.9;99", f"try PLAIN {steps}", "new",
                    "remote-now 192.0.2.9;99", f"try PLAIN {steps}", "new",
                    "remote-now 192.0.3.9;99", f"try PLAIN {steps}")
    assert [entry["codes"] for entry in said.tries] == [[BADAUTH], [OK], [BADAUTH]]


# --- who they are, and who they want to be ---

def test_the_token_says_who_it_is(rig, world):
    """The owner's name, whatever mechanism; nothing is taken from the client."""
    for kind, user in (("good", "alice"), ("other user", "bob"), ("realm", "zoe@lab.example")):
        code, got, said = rig.present("OAUTHBEARER", world.tokens[kind])
        assert (code, got, said.tries[-1]["authid"]) == (OK, user, user)


@pytest.mark.parametrize("mech", PASSWORD)
def test_the_login_name_must_be_the_owners(rig, world, mech):
    """A5."""
    for kind, name, code in (("other user", "alice", BADAUTH), ("good", "bob", BADAUTH),
                             ("other user", "bob", OK), ("good", "Alice", BADAUTH),
                             ("good", "alice ", BADAUTH), ("good", "nobody", BADAUTH),
                             ("realm", "zoe", BADAUTH), ("realm", "zoe@lab.example", OK),
                             ("realm", "zoe@acme.example", BADAUTH), ("realm", "alice", BADAUTH)):
        result = rig.present(mech, world.tokens[kind], name)
        assert result[0] == code, (kind, name)
        if code == OK:
            assert result[1] == name


@pytest.mark.parametrize("mech", BEARER + ("PLAIN",))
def test_acting_as_oneself_is_no_request(rig, world, mech):
    assert rig.present(mech, world.tokens["good"], act="alice")[:2] == (OK, "alice")
    assert rig.present(mech, world.tokens["realm"], "zoe@lab.example",
                       act="zoe@lab.example")[:2] == (OK, "zoe@lab.example")


@pytest.mark.parametrize("mech", BEARER + ("PLAIN",))
@pytest.mark.parametrize("kind", ("good", "realm"))
def test_acting_as_another_is_the_applications_decision(rig, world, mech, kind):
    """libsasl's own policy is: nobody for anybody. The code and text are libsasl's."""
    name = "zoe@lab.example" if kind == "realm" else "alice"
    for act in ("bob", "root", "zoe", "alice@lab.example", "Alice", "alice,bob=1"):
        code, user, said = rig.present(mech, world.tokens[kind], name, act=act)
        assert code == BADAUTH, act
        assert said.tries[-1]["codes"] == [BADAUTH]  # no JSON: the token was good


@pytest.mark.parametrize("mech", BEARER + ("PLAIN",))
def test_nobody_is_asked_to_act_as_before_the_token_is_good(rig, world, mech):
    """With a refused token the answer is the same, whoever was asked for."""
    answers = [rig.present(mech, world.tokens["revoked"], act=act)[2].tries
               for act in ("alice", "bob", "root", "n")]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("mech", MECHS)
def test_a_realm_of_the_server_makes_names_canonical(rig, world, mech):
    """What libsasl's canonical form is, is libsasl's matter: with a realm, names without one get it."""
    code, user, _ = rig.present(mech, world.tokens["good"], realm="host.realm")
    assert (code, user) == (OK, "alice@host.realm")
    code, user, _ = rig.present(mech, world.tokens["realm"], "zoe@lab.example", realm="host.realm")
    assert (code, user) == (OK, "zoe@lab.example")


@pytest.mark.parametrize("mech", BEARER)
def test_asking_by_the_canonical_name_is_no_request(rig, world, mech):
    code, user, _ = rig.present(mech, world.tokens["good"], act="alice@host.realm",
                                realm="host.realm")
    assert (code, user) == (OK, "alice@host.realm")


# --- several on one connection ---

def test_a_failed_attempt_leaves_nothing(rig, world):
    """Every pair of mechanisms: one as bob that fails, then one as alice."""
    for first in MECHS:
        for second in MECHS:
            bad = messages(first, world.tokens["revoked"], "bob")
            bad += [DUMMY[first]] if first in BEARER else []
            said = rig.play(f"try {first} {words(bad)}",
                            f"try {second} {words(messages(second, world.tokens['good']))}")
            assert said.tries[0]["codes"][-1] == BADAUTH
            assert (said.tries[1]["codes"][-1], said.tries[1]["user"],
                    said.tries[1]["authid"], said.tries[1]["mech"]) == \
                (OK, "alice", "alice", second), (first, second)


def test_an_attempt_may_be_left_in_the_middle(rig, world):
    """A new start ends what was begun."""
    for mech in MECHS:
        said = rig.play(f"try {mech} none", f"try {mech} -",
                        f"try {mech} {words(messages(mech, world.tokens['good']))}")
        assert said.last() == (OK, "alice"), mech
    said = rig.play(f"try OAUTHBEARER {words(messages('OAUTHBEARER', world.tokens['revoked']))}",
                    f"try XOAUTH2 {words(messages('XOAUTH2', world.tokens['good']))}")
    assert said.tries[0]["codes"] == [CONTINUE]
    assert said.last() == (OK, "alice")


def test_codes_are_of_the_few(rig, world):
    """What the client's message is decides between bad protocol and refused; nothing else occurs."""
    for mech, message, code in (
            ("OAUTHBEARER", oauthbearer("ordinary"), CONTINUE),
            ("XOAUTH2", xoauth2("ordinary", "alice"), CONTINUE),
            ("PLAIN", plain("nope", "alice"), BADAUTH), ("PLAIN", b"x", BADPROT)):
        said = rig.attempt(mech, message)
        assert said.tries[-1]["codes"] == [code]
        assert said.tries[-1]["outs"][-1] == (REFUSAL[mech] if code == CONTINUE else None)


def test_a_process_that_pat_conf_does_not_list(rig, world):
    """A service that is not ours to ask about is temporary trouble, and the log says what to do."""
    uid = 4242 if rig.patd.uid != 4242 else 4243

    if os.geteuid() == 0:
        code, user, said = rig.present("PLAIN", world.tokens["good"], service="sieve", uid=uid)
    else:
        code, user, said = rig.present("PLAIN", world.tokens["good"], service="sieve")
    assert (code, user) == (UNAVAIL, None)
    assert [text for _, text in said.logs] == [
        "this process may not ask patd about service sieve: list its user in pat.conf"]
