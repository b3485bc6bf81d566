# SPDX-License-Identifier: BSD-2-Clause
"""Who may ask what, how many may ask at once, and what refusals cost (T-PEER)."""
import os
import resource
import select
import socket
import subprocess
import sys
import time

import pytest

from pat import IS_ROOT, SOURCE, encode_request
from patdkit import (ME, SERVICES, USERNS, Asker, Daemon, class_for, connect, section,
                     unknown_token, wait_until, with_other_secret)

LISTED, OWNER, STRANGER, OTHER = 60001, 60002, 60003, 60004


def test_a_listed_peer_vouches_for_addresses(acme):
    """Uid 0 and listed uids: rhost is believed, limits by address are decided by it."""
    token, record = acme.token(scopes=["mail:read"], addresses=["192.0.2.0/24"])
    for address, expected in (("192.0.2.7", "accepted"), ("198.51.100.1", "refused"),
                              ("mail.example.org", "refused"), (None, "refused")):
        assert acme.asks(token, service="imap", login="alice", address=address) == expected
    lines = acme.events("verify", token=record["id"])
    assert [line.get("rhost") for line in lines] == ["192.0.2.7", "198.51.100.1",
                                                     "mail.example.org", None]
    assert [line["verdict"] for line in lines] == ["accepted"] + ["address-denied"] * 3
    assert all("claimed_rhost" not in line and line["peer_uid"] == str(ME) for line in lines)


def own_account(daemon, uid):
    """Alice is bound to the uid; answers a token of hers without and one with a limit."""
    daemon.tenant()
    daemon.user("alice", grants=["ssh:login", "mail:read"], account="alice", uid=uid, system=True)
    daemon.user("bob", grants=["ssh:login", "mail:read"], account="bob", uid=uid + 1, system=True)
    free, _ = daemon.token(scopes=["ssh:login", "mail:read"])
    bound, record = daemon.token(scopes=["ssh:login"], addresses=["192.0.2.0/24"])
    return free, bound, record["id"]


def check_own_account(daemon, uid, free, bound, id_of_bound):
    """A peer that is not listed asks about the account of its uid, and about nothing else."""
    answer = Asker(daemon, uid).ask(free, service="sshd", login="alice")
    assert (answer["class"], answer["uid"]) == ("accepted", uid)
    for request, expected in (
            ({"service": "imap", "login": "alice"}, "accepted"),
            ({"service": "imap", "login": "alice@example.org"}, "refused"),
            ({"service": "sshd", "login": "bob"}, "not-permitted"),
            ({"service": "sshd", "login": "alic"}, "not-permitted"),
            ({"service": "sshd", "login": "alice2"}, "not-permitted"),
            ({"service": "imap", "login": "bob"}, "not-permitted"),
            ({"service": "sshd", "login": "root"}, "not-permitted"),
            ({"service": "sshd"}, "not-permitted"),
            ({"service": "imap"}, "not-permitted")):
        assert class_for(daemon, free, uid, **request) == expected, request
    # An address that nobody vouches for is logged, and is none.
    assert class_for(daemon, bound, uid, service="sshd", login="alice",
                     address="192.0.2.9") == "refused"
    line = daemon.events("verify", token=id_of_bound)[-1]
    assert (line["verdict"], line["claimed_rhost"]) == ("address-denied", "192.0.2.9")
    assert "rhost" not in line and line["peer_uid"] == str(uid)
    # What nobody vouches for is not counted by its names either.
    use = daemon.call("Uses", token=id_of_bound)["uses"][0]
    assert (use["service"], use["address"]) == ("(other)", "")


if not IS_ROOT:
    def test_one_who_is_not_listed_asks_for_themselves():
        with Daemon(services=()) as daemon:
            check_own_account(daemon, ME, *own_account(daemon, ME))

    def test_a_stranger_may_ask_nothing():
        with Daemon(services=()) as daemon:
            free, *_ = own_account(daemon, ME + 10)
            assert class_for(daemon, free, service="sshd", login="alice") == "not-permitted"
            assert daemon.events("verify")[-1]["verdict"] == "not-permitted"
            assert class_for(daemon, "a password", service="sshd", login="alice") == "other"

    def test_the_cap_of_a_uid(shared):
        held = [Asker(shared) for _ in range(64)]
        assert Asker(shared).answer() is None
        assert shared.events("refused", peer_uid=str(ME),
                             error="too many connections of this uid")
        held.pop().socket.close()
        assert wait_until(lambda: Asker(shared).ask("a password", service="imap"))


def test_many_clients_at_once(shared):
    """M17: as many as may: all are answered, whatever the order."""
    token, _ = shared.token(scopes=["mail:read"])
    askers = [Asker(shared) for _ in range(300 if IS_ROOT else 60)]
    for number, each in enumerate(askers):
        each.send(packet_of(token if number % 2 else "a password"))
    classes = [each.answer()["class"] for each in reversed(askers)]
    assert sorted(set(classes)) == ["accepted", "other"]
    assert classes.count("accepted") == len(askers) // 2
    for each in askers:
        each.socket.close()


def packet_of(token, **request):
    return encode_request(token, **{"service": "imap", "login": "alice", **request})


# --- what a refusal costs ---

class Refusals:
    """Requests that are refused, each on a connection of its own."""

    def __init__(self, patd, service="imap", uid=None):
        self.patd, self.service, self.uid = patd, service, uid

    def send(self, address):
        asker = Asker(self.patd, self.uid)
        asker.send(packet_of(unknown_token(), service=self.service, address=address))
        return asker

    def cost(self, address):
        """Seconds until the answer is there."""
        began = time.monotonic()
        asker = self.send(address)
        assert asker.answer()["class"] == "refused"
        asker.socket.close()
        return time.monotonic() - began


def is_answered(asker, seconds=0):
    poll = select.poll()
    poll.register(asker.socket, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def test_refusals_of_a_network_take_longer_and_longer(acme):
    refusals = Refusals(acme)
    costs = [refusals.cost(f"192.0.2.{number}") for number in range(20)]
    # The eleventh waits 50 ms, every next one 50 more: never less than that.
    for number in range(10, 20):
        assert costs[number] >= (number - 9) * 0.05 - 0.005, costs
    assert max(costs) < 1.5
    assert sum(costs[:10]) < costs[19]


def test_a_delay_is_nobody_elses(acme):
    """While a refusal waits, acceptances, other networks and other services are answered."""
    token, _ = acme.token(scopes=["mail:*"])
    refusals = Refusals(acme)
    for _ in range(30):
        refusals.send("192.0.2.1")
    waiting = refusals.send("192.0.2.2")  # for a second
    assert acme.asks(token, service="imap", login="alice", address="192.0.2.3") == "accepted"
    assert acme.asks("a password", service="imap", address="192.0.2.3") == "other"
    for other in (refusals.send("192.0.3.1"), refusals.send("2001:db8::1"),
                  Refusals(acme, "smtp").send("192.0.2.2")):
        assert other.answer()["class"] == "refused"
    assert acme.health() == "accepted"
    assert not is_answered(waiting)
    assert waiting.answer()["class"] == "refused"


def test_a_delay_has_an_end(acme):
    """However many were refused: a second at most, and all of them at once."""
    refusals = Refusals(acme)
    began = time.monotonic()
    waiting = [refusals.send(f"192.0.2.{number % 250}") for number in range(60)]
    lag = 0
    while not all(is_answered(each) for each in waiting) and time.monotonic() - began < 20:
        before = time.monotonic()
        assert acme.asks("a password", service="imap") == "other"
        lag = max(lag, time.monotonic() - before)
    assert time.monotonic() - began < 1.3 + 2 * lag
    assert {each.answer()["class"] for each in waiting} == {"refused"}


def test_a_client_that_leaves_while_its_refusal_waits(acme):
    refusals = Refusals(acme)
    for number in range(60):
        refusals.send(f"192.0.2.{number}").socket.close()
    assert acme.asks("a password", service="imap") == "other"


def test_a_wrong_secret_is_a_refusal_like_any_other(acme):
    """R6: one answer for unknown, wrong, revoked; the log alone knows."""
    token, record = acme.token(scopes=["mail:read"])
    dead, gone = acme.token(scopes=["mail:read"])
    acme.call("Revoke", tokens=[gone["id"]])
    answers = []
    for each in (with_other_secret(token), unknown_token(), dead, token[:-1]):
        answer = Asker(acme).ask(each, service="imap", login="alice")
        answer.pop("nonce")
        answers.append(answer)
    assert answers == [{"class": "refused"}] * 4
    assert [line["verdict"] for line in acme.events("verify")] == \
        ["bad-secret", "unknown", "revoked", "malformed"]
    assert record["id"] == acme.events("verify")[0]["token"]


# --- other uids ---

if IS_ROOT:
    @pytest.fixture(scope="module")
    def host():
        """Services that LISTED may ask for, tenant acme, alice bound to OWNER."""
        sections = "".join(section(name).replace(f"uids = {ME}", f"uids = {LISTED}")
                           for name in SERVICES[:-1])
        with Daemon(sections, services=()) as daemon:
            daemon.own = own_account(daemon, OWNER)
            yield daemon

    def test_uid_0_may_ask_anything(host):
        assert class_for(host, host.own[0], service="sshd", login="alice") == "accepted"
        assert class_for(host, host.own[1], service="sshd", login="alice",
                         address="192.0.2.1") == "accepted"

    def test_a_listed_uid_asks_for_its_services(host):
        free, bound, _ = host.own
        assert class_for(host, free, LISTED, service="sshd", login="alice") == "accepted"
        assert class_for(host, bound, LISTED, service="sshd", login="alice",
                         address="192.0.2.1") == "accepted"
        assert host.events("verify")[-1]["rhost"] == "192.0.2.1"
        # postgresql has no section, and no other service has this uid.
        for service in ("postgresql", "cron", "nonsense"):
            assert class_for(host, free, LISTED, service=service,
                             login="alice") == "not-permitted"

    def test_refusals_that_wait_leave_room_for_their_service(host):
        """A service is one uid with a cap: who guesses must not fill it with waiting refusals."""
        refusals = Refusals(host, "sshd", LISTED)
        for _ in range(30):
            refusals.send("192.0.2.1").answer()
        waiting = [refusals.send("192.0.2.2") for _ in range(60)]
        for number in range(5):
            assert class_for(host, host.own[0], LISTED, service="sshd", login="alice",
                             address=f"198.51.100.{number}") == "accepted"
        assert {each.answer()["class"] for each in waiting} == {"refused"}
        for each in waiting:
            each.socket.close()

    def test_the_owner_of_the_account(host):
        check_own_account(host, OWNER, *host.own)

    def test_strangers(host):
        for uid in (STRANGER, 1, 65533, 4294967294):
            assert class_for(host, host.own[0], uid, service="sshd",
                             login="alice") == "not-permitted"
            line = host.events("verify")[-1]
            assert (line["verdict"], line["peer_uid"]) == ("not-permitted", str(uid))

    def test_nobody_is_nobody(host):
        """65534 stands for everybody of another user namespace: closed at once."""
        before = len(host.events("refused"))
        for path in (host.verify_socket, host.manage_socket):
            verifying = path == host.verify_socket
            kind = socket.SOCK_SEQPACKET if verifying else socket.SOCK_STREAM
            with connect(path, kind, 65534) as connection:
                assert connection.recv(100) == b""
        refused = host.events("refused")[before:]
        assert [line["error"] for line in refused] == ["a peer without usable credentials"] * 2

    def test_the_cap_of_a_uid_is_its_own(host):
        held = [Asker(host, STRANGER) for _ in range(64)]
        over = Asker(host, STRANGER)
        assert over.answer() is None
        assert host.events("refused", peer_uid=str(STRANGER),
                           error="too many connections of this uid")
        for uid in (OTHER, LISTED, OWNER, 0):
            assert class_for(host, "a password", uid, service="sshd", login="alice") == "other"
        assert held[0].ask("a password", service="sshd")["class"] == "other"
        held.pop().socket.close()
        assert wait_until(lambda: class_for(host, "a password", STRANGER, service="sshd"))
        for each in held:
            each.socket.close()

    def test_the_oldest_silent_one_makes_room(host):
        """At the limit of all, whoever says nothing and came first goes; uid 0 has no cap.

        Others get none of the last places, and no place of root's.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        spoke = Asker(host)
        assert spoke.ask("a password", service="sshd")["class"] == "other"
        silent = [Asker(host) for _ in range(1023)]
        late = [Asker(host) for _ in range(3)]
        other = Asker(host, OTHER)
        try:
            assert late[-1].ask("a password", service="sshd")["class"] == "other"
            # who was answered and asks nothing more is as silent as the others, and came first
            assert [each.answer() for each in (spoke, *silent[:2])] == [None] * 3
            closed = [each for each in silent if is_answered(each)]
            assert closed == silent[:len(closed)] and 2 <= len(closed) <= 3
            assert other.answer() is None
        finally:
            for each in (spoke, other, *silent, *late):
                each.socket.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# --- user namespaces ---

ASK = """
import sys
sys.path[:0] = sys.argv[1].split(":")
from pathlib import Path
from patdkit import Asker
with Asker(Path(sys.argv[2])) as asker:
    answer = asker.ask(sys.stdin.readline().strip(), service="sshd", login="alice")
print(answer and answer["class"])
"""


def ask_from(daemon, command, token, uid=None):
    """The class of the answer that a client started by the command gets."""
    readable = daemon.directory / "python"  # the sources may be root's alone
    readable.mkdir(mode=0o755, exist_ok=True)
    for module in ("patd/patdkit.py", "support/pat.py"):
        target = readable / os.path.basename(module)
        target.write_bytes((SOURCE / "tests" / module).read_bytes())
        target.chmod(0o644)
    done = subprocess.run(
        daemon.as_uid(uid, [*command, sys.executable, "-B", "-c", ASK, readable,
                            daemon.verify_socket]),
        input=token + "\n", capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


if USERNS:
    @pytest.mark.parametrize("mapping", [["unshare", "-U"], ["unshare", "-U", "-r"]],
                             ids=["unmapped", "as-root"])
    def test_a_user_namespace_changes_nobody(mapping):
        """Who calls themselves root in there is still who they are out here."""
        uid = STRANGER if IS_ROOT else ME
        with Daemon(services=()) as daemon:
            owned, *_ = own_account(daemon, OWNER if IS_ROOT else ME)
            foreign = "not-permitted"
            if IS_ROOT:
                assert ask_from(daemon, mapping, owned, uid) == foreign
                assert ask_from(daemon, mapping, owned, OWNER) == "accepted"
            else:
                assert ask_from(daemon, mapping, owned) == "accepted"
            assert daemon.events("verify")[-1]["peer_uid"] == str(OWNER if IS_ROOT else ME)

    def test_a_patd_in_a_user_namespace_knows_nobody_outside():
        """There everybody without a mapping is 65534, and that is nobody."""
        daemon = Daemon(services=())
        daemon.config.write_text(daemon.config.read_text().replace("[patd]\n",
                                                                   "[patd]\nuser = root\n"))
        words = daemon.command()
        at = words.index(str(daemon.bin / "patd"))
        daemon.command = lambda: [*words[:at], "unshare", "-U", "-r", *words[at:]]
        try:
            daemon.start()
            if IS_ROOT:
                assert Asker(daemon).answer() is None
            else:
                assert class_for(daemon, "a password", service="sshd") == "other"
        finally:
            daemon.close()
