# SPDX-License-Identifier: BSD-2-Clause
"""patd away, hung, or somebody else: temporary trouble for tokens, none for passwords."""
import os
import sys
import time
from pathlib import Path

import pytest

from pat import IS_ROOT, SOURCE
from sasl_rig import BADAUTH, BEARER, MECHS, OK, UNAVAIL, Rig, mail_patd, with_check

sys.path.insert(0, str(Path(SOURCE) / "tests" / "pam"))
from fakepatd import (NAMES, NOT_PERMITTED, OTHER, REFUSED, UNAVAILABLE, FakePatd, answer,  # noqa: E402
                      answers, field, hangs_up, resets, silent, uid_field, with_class, with_fields)

@pytest.fixture
def token():
    return with_check("pat_acme_1" + "zzzzzzzz" + 26 * "0")


@pytest.mark.parametrize("mech", MECHS)
def test_without_patd(lone_rig, mech, token):
    """The failure is temporary at once: no JSON, which would make clients throw the token away."""
    code, user, said = lone_rig.present(mech, token, options={
        "pat_socket": str(lone_rig.directory / "sock"), "pat_override": "yes"})
    assert (code, user) == (UNAVAIL, None)
    assert len(said.logs) == 1
    assert said.logs[0][1].startswith(f"cannot ask patd on {lone_rig.directory}/sock: ")


ANSWERS = (
    ("accepted", answers(answer), OK),
    ("refused", with_class(REFUSED), BADAUTH),
    ("unavailable", with_class(UNAVAILABLE), UNAVAIL),
    ("not permitted", with_class(NOT_PERMITTED), UNAVAIL),
    ("not a token", with_class(OTHER), BADAUTH),
    ("no class at all", with_class(0x5AC3963D), UNAVAIL),
    ("zero", with_class(0), UNAVAIL),
    ("another version", answers(lambda nonce: answer(nonce, version=2)), UNAVAIL),
    ("another nonce", answers(lambda nonce: answer(bytes(16))), UNAVAIL),
    ("accepted without a user", with_fields(b""), UNAVAIL),
    ("hangs up", hangs_up, UNAVAIL),
    ("resets", resets, UNAVAIL),
    ("junk", answers(lambda nonce: b"junk"), UNAVAIL),
)


@pytest.mark.parametrize("mech", MECHS)
@pytest.mark.parametrize("title, behaviour, code", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_answers_of_a_server(lone_rig, mech, title, behaviour, code, token):
    with FakePatd(lone_rig.directory / "run", behaviour) as server:
        got, user, said = lone_rig.present(mech, token, options={
            "pat_socket": str(server.path), "pat_override": "yes"})
    assert (got, user) == (code, "alice" if code == OK else None)
    assert said.passwords == []


@pytest.mark.parametrize("mech", MECHS)
def test_a_service_of_local_accounts_is_refused(lone_rig, mech, token):
    """A bound uid is for pam_pat, which can look the account up."""
    with FakePatd(lone_rig.directory / "run", with_fields(NAMES + uid_field(1000))) as server:
        code, user, said = lone_rig.present(mech, token, options={
            "pat_socket": str(server.path), "pat_override": "yes"})
    assert (code, user) == (BADAUTH, None)
    assert [text for _, text in said.logs][-1] == \
        'service imap is one of local accounts: pat.conf must say "accounts = virtual"'


def test_the_realm_of_the_answer_is_part_of_the_name(lone_rig, token):
    with FakePatd(lone_rig.directory / "run",
                  with_fields(NAMES + field(4, b"lab.example"))) as server:
        code, user, _ = lone_rig.present("OAUTHBEARER", token,
                                         options={"pat_socket": str(server.path)})
    assert (code, user) == (OK, "alice@lab.example")


def test_a_server_of_the_wrong_uid_is_not_believed(lone_rig, token):
    """Whoever listens there must be root, the owner of the directory, or ourselves."""
    if not IS_ROOT:  # nobody but root can listen as somebody else
        assert os.geteuid() != 0
        return
    with FakePatd(lone_rig.directory / "run", answers(answer), uid=12345, owner=0) as server:
        code, user, said = lone_rig.present("PLAIN", token, options={
            "pat_socket": str(server.path), "pat_override": "yes"})
        assert (code, user) == (UNAVAIL, None)
        assert set(server.requests) <= {b""}  # connected, and hung up
        assert len(said.logs) == 1


@pytest.mark.parametrize("mech", ("OAUTHBEARER", "LOGIN"))
def test_a_hung_server_holds_nobody_longer_than_three_seconds(lone_rig, mech, token):
    with FakePatd(lone_rig.directory / "run", silent) as server:
        begin = time.monotonic()
        code, _, said = lone_rig.present(mech, token, options={
            "pat_socket": str(server.path), "pat_override": "yes"})
        assert code == UNAVAIL
        assert 2.5 < time.monotonic() - begin < 30  # 3, and what a busy machine adds
        assert len(server.requests) == 1
        assert lone_rig.present("PLAIN", "ordinary", options={
            "pat_socket": str(server.path), "pat_override": "yes"})[0] == OK


def test_patd_may_go_and_come_back(tmp_path, token):
    """One process, one configuration: nothing is remembered of the outage."""
    with mail_patd() as patd:
        patd.tenant()
        patd.user("alice", grants=["mail:*"])
        good, record = patd.token(scopes=["mail:read"])
        rig = Rig(tmp_path, patd)
        assert rig.present("PLAIN", good)[0] == OK
        patd.stop()
        assert rig.present("PLAIN", good)[0] == UNAVAIL
        patd.start()
        assert rig.present("PLAIN", good)[0] == OK
        patd.call("Revoke", tokens=[record["id"]])
        assert rig.present("PLAIN", good)[0] == BADAUTH


def test_what_the_request_says(lone_rig, token):
    """The service of the application, the address, the token, and a login name only with PLAIN
    and LOGIN."""
    with FakePatd(lone_rig.directory / "run", answers(answer)) as server:
        for mech in MECHS:
            lone_rig.present(mech, token, remote="192.0.2.7;99", options={
                "pat_socket": str(server.path), "pat_override": "yes"})
        requests = list(server.requests)
    assert len(requests) == 4
    for mech, packet in zip(MECHS, requests):
        fields, at = {}, 20
        while at < len(packet):
            size = int.from_bytes(packet[at + 1:at + 3], "big")
            fields[packet[at]] = packet[at + 3:at + 3 + size]
            at += 3 + size
        wanted = {1: b"imap", 5: b"192.0.2.7", 6: token.encode()}
        if mech not in BEARER:
            wanted[2] = b"alice"
        assert fields == wanted, mech
