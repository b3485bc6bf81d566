# SPDX-License-Identifier: BSD-2-Clause
"""The change log (A8, A47, M14): no gap, and no edit that verification does not name."""
import contextlib
import sqlite3

import pytest

from pat import IS_ROOT
from patdkit import Caller, Daemon, refusal


def changes(daemon, **parameters):
    return [entry["change"] for entry in daemon.call("Log", more=True, **parameters)
            if "change" in entry]


def verdicts(daemon, **parameters):
    return {entry["tenant"]: entry for entry in daemon.call("LogVerify", more=True, **parameters)
            if "tenant" in entry}


def live(daemon):
    """A day in two tenants, with refusals between the changes; answers a token."""
    daemon.tenant("acme")
    daemon.tenant("lab", makeDefault=False)
    for tenant in ("acme", "lab"):
        daemon.user("alice", grants=["mail:*"], tenant=tenant)
        for turn in range(5):
            _, record = daemon.token(scopes=["mail:read"], tenant=tenant, name=f"a token {turn}")
            refusal(daemon.call, "Create", tenant=tenant, user="alice", name=f"a token {turn}",
                    scopes=["mail:read"])
            refusal(daemon.call, "Create", tenant=tenant, user="alice", name="short",
                    scopes=["mail:read"])
            refusal(daemon.call, "Revoke", tokens=[record["id"], "zzzzzzzz"])
        daemon.call("Revoke", tokens=[record["id"]], reason="laptop stolen")
        daemon.call("GrantAdd", tenant=tenant, holder="alice", scopes=["http:access"])
        daemon.call("GrantAdd", tenant=tenant, holder="@staff", scopes=["ssh:login"])
        daemon.call("GrantRemove", tenant=tenant, holder="@staff", scopes=["ssh:login"])
        daemon.call("UserSetEnabled", tenant=tenant, user="alice", enabled=False, reason="away")
        daemon.call("UserSetEnabled", tenant=tenant, user="alice", enabled=True)
        refusal(daemon.call, "UserCreate", tenant=tenant, user="alice")
    daemon.call("TenantSetDefault", tenant="lab")
    return record


EVENTS = ["tenant.create", "user.create", *["token.create"] * 5, "token.revoke", "grant.add",
          "grant.add", "grant.remove", "user.disable", "user.enable"]


@pytest.fixture(scope="module")
def kept():
    """A stopped patd whose logs a test may spoil."""
    daemon = Daemon()
    try:
        daemon.start()
        daemon.token_record = live(daemon)
        daemon.stop()
        daemon.whole = (daemon.state / "pat.db").read_bytes()
        daemon.anchor = (daemon.keys / "anchor").read_bytes()
        yield daemon
    finally:
        daemon.close()


def test_sequences_have_no_gap(store):
    """A refused change leaves no row; each tenant counts for itself."""
    store.start()
    for tenant in ("acme", "lab"):
        log = changes(store, tenant=tenant)
        assert [change["event"] for change in log] == EVENTS
        assert [change["seq"] for change in log] == list(range(1, len(EVENTS) + 1))
        assert {change["tenant"] for change in log} == {tenant}
    assert [change["event"] for change in changes(store, host=True)] == \
        ["host.default-tenant"] * 2
    everything = changes(store)
    assert len(everything) == 2 * len(EVENTS) + 2
    assert all(before["at"] <= after["at"] for before, after in zip(log, log[1:]))
    assert len({change["link"] for change in everything}) == len(everything)
    assert {tenant: (entry["head"], entry["bad"]) for tenant, entry in verdicts(store).items()} \
        == {"": (2, None), "acme": (len(EVENTS), None), "lab": (len(EVENTS), None)}


def test_what_a_change_tells(store):
    """Who, when, what before and after, and why."""
    store.start()
    revoked, = changes(store, tenant="lab", event="token.revoke")
    assert (revoked["subject"], revoked["user"], revoked["reason"]) == \
        (store.token_record["id"], "alice", "laptop stolen")
    assert revoked["actor"] == ("root" if IS_ROOT else revoked["actor"])
    created = changes(store, tenant="lab", token=store.token_record["id"])[0]
    assert created["after"] == {"name": "a token 4", "scopes": "mail:read", "expires": "never"}
    moved = changes(store, host=True)[-1]
    assert (moved["before"], moved["after"]) == ({"default_tenant": "acme"},
                                                 {"default_tenant": "lab"})


def test_filters(store):
    store.start()
    log = changes(store, tenant="acme")
    middle = log[6]["at"]
    assert changes(store, tenant="acme", since=middle) == log[6:]
    assert changes(store, tenant="acme", until=middle) == log[:6]
    assert [change["event"] for change in changes(store, tenant="acme", event="grant")] == \
        ["grant.add", "grant.add", "grant.remove"]
    assert changes(store, tenant="acme", event="gran") == []
    assert changes(store, tenant="acme", user="nobody") == []
    assert changes(store, tenant="acme", user="alice", lines=1) == log[-1:]
    assert changes(store, tenant="acme", lines=3) == log[-3:]
    assert refusal(changes, store, tenant="acme", host=True).error == "InvalidParameter"
    assert refusal(changes, store, lines=0).error == "InvalidParameter"


def test_the_heads_go_to_the_system_log(kept):
    """R32, A8: a head outside of this machine pins everything before it."""
    heads = {(line["tenant"], line["seq"]): line["link"] for line in kept.events("head")}
    (kept.directory / "copy.db").write_bytes(kept.whole)
    with contextlib.closing(sqlite3.connect(kept.directory / "copy.db")) as copy:
        for tenant, seq, link in copy.execute("SELECT tenant, seq, hex(link) FROM changes"):
            assert heads[(tenant, str(seq))] == link.lower()


SWAP = ("UPDATE changes SET seq = CASE seq WHEN 4 THEN -5 ELSE -4 END"
        " WHERE tenant = 'acme' AND seq IN (4, 5)",
        "UPDATE changes SET seq = -seq WHERE seq < 0")
SHIFT = ("UPDATE changes SET seq = -seq - 1 WHERE tenant = 'acme' AND seq >= 6",
         "UPDATE changes SET seq = -seq WHERE seq < 0")
COLUMNS = ("generation, at, actor_uid, login_uid, actor, event, user, subject, batch, erased,"
           " salt, text_hash, \"before\", after, reason, claimed, link")


def edit(column, value, seq=6):
    return f"UPDATE changes SET {column} = {value} WHERE tenant = 'acme' AND seq = {seq}"


def insert(seq, like, tenant="acme"):
    return (f"INSERT INTO changes SELECT '{tenant}', {seq}, {COLUMNS} FROM changes"
            f" WHERE tenant = 'acme' AND seq = {like}")


END = len(EVENTS)
SPOILED = [
    # an edited field: which change is named, and what is said
    *(([edit(column, value)], 6, "it was edited, moved or put in") for column, value in (
        ("at", "at + 1"), ("generation", "generation + 1"), ("actor_uid", "99"),
        ("login_uid", "7"), ("actor", "'mallory'"), ("event", "'token.revoke'"),
        ("user", "'bob'"), ("subject", "'zzzzzzzz'"), ("batch", "'b1'"),
        ("text_hash", "zeroblob(32)"), ("link", "zeroblob(32)"))),
    *(([edit(column, value)], 6, "its text was edited") for column, value in (
        ("\"before\"", "'name=x'"), ("after", "''"), ("reason", "'because'"),
        ("claimed", "'tty=x'"), ("salt", "zeroblob(16)"))),
    ([edit("event", "'token.create'", 1)], 1, "it was edited, moved or put in"),
    ([edit("reason", "'another'", END)], END, "its text was edited"),
    # removed
    *(([f"DELETE FROM changes WHERE tenant = 'acme' AND seq = {seq}"], seq, "it is missing")
      for seq in (1, 6, END - 1)),
    ([f"DELETE FROM changes WHERE tenant = 'acme' AND seq = {END}"], END,
     "it and what followed were cut off"),
    (["DELETE FROM changes WHERE tenant = 'acme' AND seq > 6"], 7,
     "it and what followed were cut off"),
    (["DELETE FROM changes WHERE tenant = 'acme'"], 1, "it and what followed were cut off"),
    # moved, put in, put behind
    (SWAP, 4, "it was edited, moved or put in"),
    ([*SHIFT, insert(6, 5)], 6, "it was edited, moved or put in"),
    (SHIFT, 6, "it is missing"),
    ([insert(END + 1, END)], END + 1, "it was edited, moved or put in"),
    ([insert(END + 2, END)], END + 1, "it is missing"),
    (["DELETE FROM changes WHERE tenant = 'acme' AND seq = 6", insert(6, 7)], 6,
     "it was edited, moved or put in"),
    # a row of the other tenant in its place
    (["DELETE FROM changes WHERE tenant = 'acme' AND seq = 6",
      f"INSERT INTO changes SELECT 'acme', seq, {COLUMNS} FROM changes"
      " WHERE tenant = 'lab' AND seq = 6"], 6, "it was edited, moved or put in"),
]


@pytest.mark.parametrize("statements, bad, what", SPOILED, ids=range(len(SPOILED)))
def test_every_edit_is_found(store, statements, bad, what):
    """M14: the first row that is not as it was written is named; other tenants are whole."""
    store.edit(*statements)
    store.start()
    found = verdicts(store)
    assert (found["acme"]["bad"], found["acme"]["what"]) == (bad, what)
    assert found["lab"]["bad"] is None and found[""]["bad"] is None
    assert verdicts(store, tenant="acme")["acme"] == found["acme"]
    done = store.ctl("log", "--verify", "--tenant", "acme")
    assert done.returncode == 9 and f"change {bad}: {what}" in done.stdout
    assert store.ctl("log", "--verify", "--tenant", "lab", check=0).stdout == \
        f"✓ lab: verified up to change {END}\n"


def test_a_shortened_head_is_no_way_out(store):
    """The head is a sealed row: it cannot be made to fit a log that was cut."""
    store.edit("DELETE FROM changes WHERE tenant = 'acme' AND seq > 6",
               "UPDATE heads SET seq = 6, chain = (SELECT link FROM changes WHERE tenant = 'acme'"
               " AND seq = 6) WHERE tenant = 'acme'")
    store.start()
    error = refusal(verdicts, store)
    assert error is not None and error.error == "Unavailable"


def test_texts_are_escaped_where_they_are_written(store):
    """R33: no text of a caller makes a line or a field of its own."""
    store.start()
    reason = 'event=verify verdict=accepted "quoted" \\ é'
    with Caller(store) as caller:
        token = caller.call("Create", tenant="acme", user="alice", name='name="x" y=z',
                            scopes=["mail:read"])["created"]
        caller.call("Revoke", tokens=[token["id"]], reason=reason)
    created, revoked = changes(store, tenant="acme", token=token["id"])
    assert created["after"]["name"] == 'name="x" y=z' and revoked["reason"] == reason
    line = store.events("token.revoke", subject=token["id"])[-1]
    assert line["reason"].encode("latin-1").decode() == reason and line["event"] == "token.revoke"
    assert all(32 <= ord(letter) < 127 for letter in store.log_text().replace("\n", ""))
