# SPDX-License-Identifier: BSD-2-Clause
"""Long lists, slow and vanishing readers, many sessions: nobody waits, memory stays bounded."""
import os
import select
import socket
import threading

import pytest

from pat import IS_ROOT
from patdkit import (ME, Asker, Caller, Daemon, connect, fill, message, resident_kib, wait_until)

TOKENS = 5000
GROWTH_KIB = 4096
# Freed memory must be given back for its growth to mean anything; nothing without sanitizers.
CALM = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
        ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


@pytest.fixture(scope="module")
def many():
    """A patd with 5,000 tokens, which has answered one list already."""
    daemon = Daemon()
    try:
        daemon.start(environment=CALM)
        daemon.tenant(policy={"maxTokens": None})
        fill(daemon, TOKENS)
        daemon.ids = listed(daemon)
        daemon.secret, daemon.record = daemon.token("filler0", scopes=["mail:read"])
        daemon.call("Revoke", tokens=[daemon.record["id"]])
        yield daemon
    finally:
        daemon.close()


def listed(daemon, **filters):
    with Caller(daemon) as caller:
        return [reply["token"]["id"] for reply in caller.call("List", more=True, filter=filters)
                if "token" in reply]


def test_a_list_is_whole_and_newest_first(many):
    """E22, M4: every token once, in the order they were made, newest first."""
    assert len(many.ids) == len(set(many.ids)) == TOKENS
    with Caller(many) as caller:
        replies = caller.call("List", more=True)
    numbers = [int(reply["token"]["name"].split()[-1]) for reply in replies[:-1]]
    assert numbers == list(range(TOKENS - 1, -1, -1))
    assert replies[-1] == {"hidden": 1}


def test_filters_go_on_from_page_to_page(many):
    """Few fit, or none, or all: each that does is there once, however much lies between them."""
    with Caller(many) as caller:
        names = {reply["token"]["id"]: reply["token"]["name"]
                 for reply in caller.call("List", more=True) if "token" in reply}
    since = many.call("Status")["usageSince"]
    middle = many.call("Show", token=many.ids[TOKENS // 2])["token"]["created"]
    everything = list(names)
    assert len(everything) >= TOKENS
    for asked, wanted in (
            ({"name": "TOKEN 12"}, [id_ for id_ in names if "token 12" in names[id_]]),
            ({"glob": "*49"}, [id_ for id_ in names if names[id_].endswith("49")]),
            ({"name": f"token {TOKENS - 1}"}, many.ids[:1]), ({"glob": "* 0"}, many.ids[-1:]),
            ({"user": "filler7"}, many.ids[42::50]), ({"user": "filler7", "glob": "* 7"},
                                                      many.ids[-8:-7]),
            ({"scope": "mail:read"}, everything), ({"scope": "mail:send"}, []),
            ({"service": "imap"}, []), ({"address": "0.0.0.0/0"}, []), ({"states": ["expired"]}, []),
            ({"createdAfter": middle}, everything[:everything.index(many.ids[TOKENS // 2]) + 1]),
            ({"createdBefore": middle}, many.ids[TOKENS // 2 + 1:]),
            ({"unusedSince": since}, []), ({"noExpiry": True}, everything)):
        assert listed(many, **asked) == wanted, asked


def test_slow_readers_hold_nobody_up_and_little_memory(many):
    """Five lists that nobody reads; meanwhile everything else goes on."""
    before = resident_kib(many.pid)
    slow = [Caller(many) for _ in range(5)]
    for each in slow:
        each.post("List", more=True, filter={"withRevoked": True})
    with Caller(many) as caller:
        for number in range(100):
            caller.call("Create", user=f"filler{number % 50}", name=f"meanwhile {number:04}",
                        scopes=["mail:read"])
            assert Asker(many).ask("a password", service="imap")["class"] == "other"
        assert len(listed(many)) == TOKENS + 100
        # Each holds a page of its own and no more.
        assert resident_kib(many.pid) - before < GROWTH_KIB
        for id_ in listed(many)[:100]:
            caller.call("Revoke", tokens=[id_])
    there = set(many.ids)
    for each in slow:
        ids = []
        while (reply := each.reply()).get("continues"):
            ids.append(reply["parameters"]["token"]["id"])
        # What was there when it was asked for is there once, whatever happened meanwhile.
        assert [id_ for id_ in ids if id_ in there] == many.ids
        assert len(ids) == len(set(ids))
        each.socket.close()


def test_requests_that_nobody_reads_the_answers_of(many):
    """patd does not read the next request before the client has read the answer."""
    before = resident_kib(many.pid)
    greedy = [connect(many.manage_socket) for _ in range(4)]
    data = message("List", {"limit": 100}) * 500
    for each in greedy:
        each.setblocking(False)
        sent = 0
        while sent < 64 << 20:
            try:
                sent += each.send(data)
            except BlockingIOError:
                # Full, and patd reads nothing more once the answers are stuck.
                assert many.call("WhoAmI")["uid"] == ME
                if not select.select([], [each], [], 0.05)[1]:
                    break
        assert sent < 16 << 20
    assert many.health() == "accepted"
    assert resident_kib(many.pid) - before < GROWTH_KIB
    for each in greedy:
        each.close()


def count_descriptors(daemon):
    """Root sees them; for others the next tests would run into the cap of sessions."""
    return len(os.listdir(f"/proc/{daemon.pid}/fd")) if IS_ROOT else 0


def settled(daemon):
    """What is open when the sessions of the test before are gone, which patd may notice late.

    The check in the background comes before: SQLite keeps the descriptor of a connection that it
    closed beside others for the next one, as closing it would drop their locks.
    """
    assert wait_until(lambda: daemon.events("checked"))
    counts = [count_descriptors(daemon)]
    wait_until(lambda: counts.append(count_descriptors(daemon)) or
               (len(counts) > 20 and len(set(counts[-20:])) == 1))
    return counts[-1]


def test_clients_that_leave_in_the_middle(many):
    """At the start, within a message, behind some pages: the next ones find all as it was."""
    descriptors = settled(many)
    for take in (0, 1, 1000, 65536, 300000):
        for how in (socket.SHUT_RDWR, socket.SHUT_RD, None):
            caller = Caller(many)
            caller.post("List", more=True)
            got = 0
            while got < take:
                got += len(caller.socket.recv(min(65536, take - got)))
            if how is not None:
                caller.socket.shutdown(how)
            caller.socket.close()
    for method in ("Log", "LogVerify", "UserList", "GrantList", "TenantList"):
        with Caller(many) as caller:
            caller.post(method, more=True)
    assert listed(many) == many.ids
    assert wait_until(lambda: count_descriptors(many) <= descriptors)


def test_a_half_closed_client_gets_its_list(many):
    with Caller(many) as caller:
        caller.post("UserList", more=True)
        caller.socket.shutdown(socket.SHUT_WR)
        replies = []
        while (reply := caller.reply()) is not None:
            replies.append(reply)
        assert [reply["parameters"]["user"]["user"] for reply in replies[:-1]] == \
            sorted(f"filler{number}" for number in range(50))


def test_every_stream_over_pages(many):
    """Lists of more than a page: none lost, none twice, at every boundary."""
    with Caller(many) as caller:
        log = caller.call("Log", more=True, tenant="acme")[:-1]
        assert [entry["change"]["seq"] for entry in log] == list(range(1, len(log) + 1))
        for lines in (1, 199, 200, 201, 400):
            tail = caller.call("Log", more=True, tenant="acme", lines=lines)[:-1]
            assert tail == log[-lines:]
        assert caller.call("Log", more=True, tenant="acme", event="tenant")[:-1] == log[:1]
        for number in range(350):
            caller.call("UserCreate", user=f"many{number:04}", grants=["mail:read"])
        users = [entry["user"]["user"] for entry in caller.call("UserList", more=True)[:-1]]
        assert users == sorted(users) and len(users) == 400
        holders = [entry["grant"]["holder"] for entry in caller.call("GrantList", more=True)[:-1]]
        assert holders == users
        assert caller.call("GrantList", more=True, holder="many0349")[:-1] == [
            {"grant": {"tenant": "acme", "holder": "many0349", "scopes": ["mail:read"]}}]


def test_no_reply_reaches_another_session(many):
    """Eight sessions at once, each with its own questions, some of them lists."""
    wrong = []

    def ask(number):
        user = f"filler{number}"
        with Caller(many) as caller:
            for turn in range(20):
                name = f"session {number} {turn:04}"
                made = caller.call("Create", user=user, name=name,
                                   scopes=["mail:read"])["created"]
                shown = caller.call("Show", token=made["id"])["token"]
                own = caller.call("List", more=True, filter={"name": name, "user": user})
                if shown["name"] != name or [entry["token"]["id"] for entry in own[:-1]] != \
                        [made["id"]]:
                    wrong.append((number, turn))
                caller.call("Revoke", tokens=[made["id"]])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8 - (not IS_ROOT))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)


def test_the_cap_of_a_uid_on_this_socket(many):
    """Eight sessions for anybody but root, 128 in all; silent ones make room."""
    uid = 60001 if IS_ROOT else ME
    held = [Caller(many, uid) for _ in range(8)]
    with Caller(many, uid) as over:
        assert over.reply() is None
    if IS_ROOT:
        with Caller(many, 60002) as other:
            assert other.call("WhoAmI")["uid"] == 60002
        assert many.call("WhoAmI")["uid"] == 0
        silent = [Caller(many) for _ in range(120)]
        with Caller(many) as late:
            assert late.call("WhoAmI")["uid"] == 0
        for each in silent:
            each.socket.close()
    for each in held:
        each.socket.close()
    assert wait_until(lambda: many.health() == "accepted")
