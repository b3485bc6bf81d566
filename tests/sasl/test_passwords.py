# SPDX-License-Identifier: BSD-2-Clause
"""What is no token goes to the site's verifier, as with the stock mechanisms; a token never does."""
import contextlib
import socket
import threading

import pytest

from sasl_rig import BADAUTH, MECHS, NOUSER, OK, PASSWORD, UNAVAIL, messages, plain, words

# (title, password): none of them is token-shaped
ORDINARY = ("ordinary", "x", "pat", "pat_", "pat_acme", "pat_acme_", "pat_acme_1short",
            "pat_ACME-1" + 40 * "a", "xpat_acme_1" + 41 * "0", "ghp_" + 36 * "a", "päss wörd",
            " leading", "trailing ", "tab\tin it", "%s%n", 255 * "p", 512 * "q", 1000 * "r",
            "pat_acme_1" + 600 * "0")


@pytest.mark.parametrize("mech", PASSWORD)
@pytest.mark.parametrize("word", ORDINARY, ids=range(len(ORDINARY)))
def test_an_ordinary_password_goes_on(rig, mech, word):
    """Unchanged, under the name that was typed, once."""
    code, user, said = rig.present(mech, word, passwords=[("alice", word)])
    assert (code, user) == (OK, "alice")
    assert said.passwords == [("alice", word.encode())]
    assert said.logs == []
    code, user, said = rig.present(mech, word, passwords=[("alice", "another")])
    assert code != OK and user is None
    assert said.passwords == [("alice", word.encode())]


@pytest.mark.parametrize("mech", PASSWORD)
@pytest.mark.parametrize("kind", ("good", "revoked", "malformed", "cut", "unknown", "wrong secret",
                                  "expired", "other user", "wrong scope", "address"))
def test_a_token_never_goes_on(rig, world, mech, kind):
    for token in (world.tokens[kind], world.tokens[kind].upper(), f"  {world.tokens[kind]}\n"):
        code, _, said = rig.present(mech, token)
        assert said.passwords == [], token
        assert code == (OK if kind == "good" else BADAUTH)


@pytest.mark.parametrize("mech", PASSWORD)
def test_a_token_never_goes_on_without_patd(rig, world, mech):
    code, _, said = rig.present(mech, world.tokens["good"], options={"pat_socket": "/nowhere"})
    assert (code, said.passwords) == (UNAVAIL, [])
    code, _, said = rig.present(mech, "ordinary", options={"pat_socket": "/nowhere"})
    assert (code, said.passwords) == (OK, [("alice", b"ordinary")])


def test_one_more_than_the_longest(rig):
    """4096 bytes are the bound of one message; LOGIN's password is a message of its own."""
    for mech, longest in (("PLAIN", 4096 - len(b"\0alice\0")), ("LOGIN", 4096)):
        for size, wanted in ((longest, OK), (longest + 1, -5)):
            assert rig.present(mech, size * "z", passwords=[("alice", size * "z")])[0] == wanted


# --- pwcheck_method: auxprop with sasldb ---

def sasldb(rig, *users):
    """Users of sasldb, made by libsasl itself."""
    script = [f"setpass {user} {word}" for user, word in users]
    said = rig.play(*script, options={"pwcheck_method": "auxprop", "auxprop_plugin": "sasldb"},
                    passwords=())
    assert said.all("setpass") == ["0"] * len(users)
    return {"pwcheck_method": "auxprop", "auxprop_plugin": "sasldb"}


@pytest.mark.parametrize("mech", PASSWORD)
def test_sasldb_as_with_the_stock_mechanisms(rig, world, mech):
    options = sasldb(rig, ("alice", "fromdb"), ("bob", "bobs"))
    rows = (("fromdb", "alice"), ("wrong", "alice"), ("fromdb", "bob"), ("bobs", "bob"),
            ("fromdb", "nobody"))
    for word, name in rows:
        ours = rig.present(mech, word, name, options=options, passwords=())
        stock = rig.present(mech, word, name, passwords=(), options={**options,
                                                                     "pat_override": "no"})
        assert (ours[0] == OK) == (stock[0] == OK), (word, name)
        assert ours[0] == (stock[0] if stock[0] != NOUSER else BADAUTH)
        assert ours[1] == stock[1]
    code, user, _ = rig.present(mech, world.tokens["good"], options=options, passwords=())
    assert (code, user) == (OK, "alice@host.example" if user != "alice" else "alice")


def test_acting_as_another_with_a_password(rig):
    """As with the stock PLAIN: refused by libsasl's policy, not forgotten on the way."""
    options = sasldb(rig, ("alice", "fromdb"), ("bob", "bobs"))
    for act, code in (("", OK), ("alice", OK), ("bob", BADAUTH), ("nobody", BADAUTH)):
        message = words([plain("fromdb", "alice", act)])
        ours = rig.play(f"try PLAIN {message}", options=options, passwords=())
        stock = rig.play(f"try PLAIN {message}", options={**options, "pat_override": "no"},
                         passwords=())
        assert ours.last()[0] == code, act
        assert (stock.last()[0] == OK) == (code == OK)
        assert ours.last()[1] == stock.last()[1]
        ours = rig.play(f"try PLAIN {words([plain('ordinary', 'alice', act)])}")
        assert ours.last()[0] == code, act


# --- pwcheck_method: saslauthd, for users that auxprop does not know ---

@contextlib.contextmanager
def saslauthd(path, seen, answer=b"OK"):
    """Says the same to every password but "wrong", and keeps what it was asked."""
    def field(connection):
        size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
        return connection.recv(size, socket.MSG_WAITALL) if size else b""

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append([field(connection) for _ in range(4)])
                said = b"NO" if seen[-1][1] == b"wrong" else answer
                connection.sendall(len(said).to_bytes(2, "big") + said)

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(8)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


@pytest.mark.parametrize("mech", PASSWORD)
def test_saslauthd_is_asked_about_passwords_only(rig, world, mech):
    """carol has no properties anywhere: no error, as with the stock mechanisms."""
    options = {"pwcheck_method": "saslauthd", "saslauthd_path": str(rig.directory / "mux"),
               "auxprop_plugin": "sasldb"}
    sasldb(rig, ("alice", "fromdb"))
    seen = []
    with saslauthd(rig.directory / "mux", seen):
        assert rig.present(mech, "word", "carol", options=options, passwords=())[:2] == \
            (OK, "carol")
        assert seen == [[b"carol", b"word", b"imap", b""]]
        for kind in ("good", "revoked", "malformed", "wrong scope"):
            code, _, _ = rig.present(mech, world.tokens[kind], options=options, passwords=())
            assert code == (OK if kind == "good" else BADAUTH)
        assert len(seen) == 1
    with saslauthd(rig.directory / "mux2", seen, b"NO"):
        options["saslauthd_path"] = str(rig.directory / "mux2")
        assert rig.present(mech, "word", "carol", options=options, passwords=())[0] == BADAUTH
    options["saslauthd_path"] = "/nowhere/mux"
    assert rig.present(mech, "word", "carol", options=options, passwords=())[0] == UNAVAIL


@pytest.mark.parametrize("mech", PASSWORD)
def test_who_has_no_properties_may_try_again(rig, mech):
    """Behind auxprop, which asked for properties on this connection: not to have any is no error."""
    options = {**sasldb(rig, ("alice", "fromdb")), "pwcheck_method": "auxprop saslauthd",
               "saslauthd_path": str(rig.directory / "mux")}
    with saslauthd(rig.directory / "mux", []):
        script = [f"try {mech} {words(messages(mech, word, 'carol'))}" for word in ("wrong", "word")]
        said = rig.play(*script, options=options, passwords=())
    assert said.tries[0]["codes"][-1] == BADAUTH
    assert said.last() == (OK, "carol")


@pytest.mark.parametrize("mech", MECHS)
def test_auto_transition_never_sees_a_token(rig, world, mech):
    """It writes passwords that pwcheck_method accepted into sasldb, in clear."""
    options = {"pwcheck_method": "saslauthd", "saslauthd_path": str(rig.directory / "mux"),
               "auto_transition": "yes", "auxprop_plugin": "sasldb"}
    database = rig.directory / "sasldb2"
    seen = []
    with saslauthd(rig.directory / "mux", seen):
        for kind in ("good", "revoked", "malformed"):
            rig.present(mech, world.tokens[kind], options=options, passwords=())
        assert seen == []
        assert not database.exists() or b"pat_" not in database.read_bytes()
        if mech in PASSWORD:  # the trap is there, for passwords
            rig.present(mech, "ordinary-word", options=options, passwords=())
            assert b"ordinary-word" in database.read_bytes()
            assert b"pat_" not in database.read_bytes()


def test_an_unknown_verifier_is_no_acceptance(rig):
    for method in ("nosuch", "auxprop-hashed"):
        code, user, _ = rig.present("PLAIN", "word", options={"pwcheck_method": method},
                                    passwords=())
        assert code in (BADAUTH, UNAVAIL) and user is None


def test_checkpass_is_asked_as_often_as_people_try(rig):
    steps = words(messages("LOGIN", "guess"))
    said = rig.play(*[f"try LOGIN {steps}" for _ in range(5)])
    assert said.passwords == 5 * [("alice", b"guess")]
    assert {entry["codes"][-1] for entry in said.tries} == {BADAUTH}
