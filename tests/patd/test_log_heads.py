# SPDX-License-Identifier: BSD-2-Clause
"""Heads of the change log in the system log (A8, M14): who has them finds what no chain can tell."""
import contextlib
import json
import sqlite3

import pytest

from patdkit import Caller, Daemon, refusal

TENANTS = ("acme", "lab")


@pytest.fixture(scope="module")
def kept():
    """A stopped patd with two logs, what it wrote to the system log, and how its store was before."""
    daemon = Daemon()
    try:
        daemon.start()
        for tenant in TENANTS:
            daemon.tenant(tenant, makeDefault=tenant == "acme")
            daemon.user("alice", grants=["mail:*"], tenant=tenant)
            for _ in range(4):
                daemon.token(scopes=["mail:read"], tenant=tenant)
        daemon.stop()
        daemon.syslog = daemon.log_text()
        daemon.whole = (daemon.state / "pat.db").read_bytes()
        daemon.anchor = (daemon.keys / "anchor").read_bytes()
        yield daemon
    finally:
        daemon.close()


def heads(daemon, **fields):
    return [{"tenant": line["tenant"], "seq": int(line["seq"]), "link": line["link"]}
            for line in daemon.events("head", **fields)]


def compare(daemon, known, **parameters):
    return {entry["tenant"]: entry for entry in
            daemon.call("LogVerify", more=True, heads=known, **parameters) if "tenant" in entry}


def verify(daemon, *arguments, stdin="", check=0):
    return daemon.ctl("log", "--verify", "--heads", "-", *arguments, stdin=stdin, check=check)


def test_every_commit_logs_its_head(store):
    """R32: in the log's own order, one line a commit and log."""
    with contextlib.closing(sqlite3.connect(store.state / "pat.db")) as db:
        rows = db.execute("SELECT tenant, seq, lower(hex(link)) FROM changes"
                          " ORDER BY generation, seq").fetchall()
    logged = [(head["tenant"], head["seq"], head["link"]) for head in heads(store)]
    assert sorted(logged) == sorted(rows)
    for tenant in ("", *TENANTS):
        assert [row for row in logged if row[0] == tenant] == [row for row in rows if row[0] == tenant]


def test_whole_logs_fit(store):
    store.start()
    done = verify(store, stdin=store.syslog).stdout.splitlines()
    assert done[:3] == ["✓ (host): verified up to change 1", "✓ acme: verified up to change 6",
                        "✓ lab: verified up to change 6"]
    assert sorted(done[3:]) == ["✓ (host): 1 logged head fits", "✓ acme: 6 logged heads fit",
                                "✓ lab: 6 logged heads fit"]
    found = json.loads(verify(store, "--json", stdin=store.syslog).stdout)
    assert found["whole"] and {entry["tenant"]: entry["checked"] for entry in found["heads"]} == \
        {"": 1, "acme": 6, "lab": 6}


def journal(line):
    return json.dumps({"MESSAGE": line.removeprefix("patd: "), "SYSLOG_IDENTIFIER": "patd"})


FORMATS = {
    "traditional": lambda line: f"Nov 22 14:05:11 mail1 patd[423]: {line.removeprefix('patd: ')}",
    "rfc 5424": lambda line: "<86>1 2026-11-22T14:05:11.003Z mail1 patd 423 - [timeQuality"
                             f" tzKnown=\"1\"] {line.removeprefix('patd: ')}",
    "json of a journal": journal,
    "export of a journal": lambda line: "__CURSOR=s=1\nMESSAGE=" + line.removeprefix("patd: ")
                                        + "\n_PID=423\n",
    "with more behind it": lambda line: f"{line} -- forwarded",
    "among long lines": lambda line: f"{'y' * 60000}\n{line}\n{'z' * 200000}",
}


@pytest.mark.parametrize("form", FORMATS)
def test_any_form_of_a_system_log_will_do(store, form, tmp_path):
    """The line of a head is found wherever it stands; other lines do not matter."""
    text = "\n".join(FORMATS[form](line) for line in store.syslog.splitlines()) + "\n"
    (tmp_path / "syslog").write_text(text)
    store.start()
    done = store.ctl("log", "--verify", "--heads", tmp_path / "syslog", check=0).stdout
    assert "✓ acme: 6 logged heads fit\n" in done and "✓ (host): 1 logged head fits\n" in done
    wrong = text.replace(heads(store, tenant="lab")[3]["link"], "0" * 64)
    assert wrong != text
    done = verify(store, stdin=wrong, check=9).stdout
    assert "✗ lab: change 4: it is not the one that was logged as the head\n" in done
    assert "✓ acme: 6 logged heads fit\n" in done


def test_a_head_beyond_the_end_is_a_cut_log(store):
    """A store put back with its anchor and its keys is whole in itself: only the heads tell."""
    store.start()
    for _ in range(2):
        store.token(scopes=["mail:read"])
    store.stop()
    after = store.log_text()
    (store.state / "pat.db").write_bytes(store.whole)
    (store.keys / "anchor").write_bytes(store.anchor)
    store.start()
    assert store.ctl("log", "--verify", check=0)
    done = verify(store, stdin=after, check=9)
    assert "✗ acme: change 7: it and what followed were cut off\n" in done.stdout
    store.token(scopes=["mail:read"])  # another change in its place
    done = verify(store, "--json", stdin=after, check=9)
    found = {entry["tenant"]: entry for entry in json.loads(done.stdout)["heads"]}
    assert (found["acme"]["bad"], found["acme"]["checked"]) == (7, 6)
    assert found["acme"]["what"] == "it is not the one that was logged as the head"
    assert found["lab"]["bad"] is None
    store.log.write_text(store.syslog)


def test_every_head_is_compared(store):
    """Pieces of the file are asked about one after the other."""
    store.start()
    many = store.syslog * 200
    assert "✓ acme: 1200 logged heads fit\n" in verify(store, stdin=many).stdout
    spoiled = many + store.syslog.replace(heads(store, tenant="acme")[1]["link"], "f" * 64)
    assert "✗ acme: change 2: it is not" in verify(store, stdin=spoiled, check=9).stdout


def test_logs_that_are_named_and_not_there(store):
    store.start()
    line = f"event=head tenant=nowhere seq=3 link={'0' * 64}\n"
    done = verify(store, stdin=store.syslog + line, check=9).stdout
    assert "✗ nowhere: change 1: the whole log is missing\n" in done
    # Only what is asked about matters.
    assert verify(store, "-t", "acme", stdin=store.syslog + line).stdout.splitlines() == [
        "✓ acme: verified up to change 6", "✓ acme: 6 logged heads fit"]
    assert verify(store, "--host", stdin=store.syslog).stdout.splitlines() == [
        "✓ (host): verified up to change 1", "✓ (host): 1 logged head fits"]


@pytest.mark.parametrize("line", [
    "event=head tenant=acme seq=0 link={link}", "event=head tenant=acme seq=x link={link}",
    "event=head tenant=acme seq=1 link={link}0", "event=head tenant=acme seq=1 link=0",
    "event=head seq=1 tenant=acme link={link}", "event=header tenant=acme seq=1 link={link}",
    "event=head tenant=acme seq=99999999999999999999 link={link}", ""])
def test_a_file_without_heads_proves_nothing(store, line):
    store.start()
    done = verify(store, stdin=line.format(link="ab" * 32) + "\n", check=2)
    assert "no head of a change log" in done.stderr
    missing = store.ctl("log", "--verify", "--heads", "/nonexistent/log", check=2)
    assert "/nonexistent/log" in missing.stderr


def test_the_method(store):
    """Heads instead of the chain: what fits, what is before the checkpoint, what does not fit."""
    store.start()
    known = heads(store)
    assert {tenant: (entry["checked"], entry["before"], entry["bad"], entry["head"])
            for tenant, entry in compare(store, known).items()} == \
        {"": (1, 0, None, 1), "acme": (6, 0, None, 6), "lab": (6, 0, None, 6)}
    assert set(compare(store, known, tenant="lab")) == {"lab"}
    assert compare(store, []) == {}
    other = [dict(head, link="0" * 64) for head in known if head["tenant"] == "lab"]
    assert compare(store, other[::-1])["lab"]["bad"] == 1  # the first one, whatever their order
    with Caller(store) as caller:
        for wrong in ([{"tenant": "acme", "seq": 1}], [dict(known[0], seq=0)], "all", [7],
                      [dict(known[0], link=known[0]["link"].upper())], known * 39,
                      [dict(known[0], more=1)], [dict(known[0], tenant="x" * 17)]):
            error = refusal(caller.call, "LogVerify", more=True, heads=wrong)
            assert error.parameters == {"parameter": "heads"}, wrong
        assert caller.call("LogVerify", more=True, heads=(known * 39)[:500])
