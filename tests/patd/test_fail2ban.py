# SPDX-License-Identifier: BSD-2-Clause
"""The filter of packaging/fail2ban, by fail2ban's own program, on lines that patd wrote (S21).

Guesses at the secret of a token count. A program that goes on with a token that has expired, was
revoked or is mistyped does not, however often it tries.
"""
import re
import shutil
import subprocess
import time

import pytest

from patdkit import (IS_ROOT, SOURCE, Asker, Daemon, unknown_token, wait_until, with_other_secret)

SECOND = 1_000_000
MAIL = {"service": "imap", "login": "alice"}


@pytest.fixture(scope="module")
def host():
    with Daemon() as patd:
        patd.tenant()
        patd.tenant("lab", makeDefault=False)
        patd.user("alice", grants=["mail:*", "ssh:login"])
        patd.user("dora", grants=["mail:*"])
        patd.user("bob", grants=["mail:*"])
        yield patd


def lines_of(patd, begin):
    """What patd logged of verifications since then, as the system log would have it."""
    time_now = time.strftime("%b %d %H:%M:%S")
    return [f"{time_now} mail1 patd[4711]: {line.split(': ', 1)[1]}"
            for line in patd.log.read_text(errors="replace")[begin:].splitlines()
            if "event=verify" in line]


def ask(patd, token, times=1, **request):
    """Asks so often, and answers the lines that patd wrote about it."""
    begin = len(patd.log.read_text(errors="replace"))
    with Asker(patd) as asker:
        for _ in range(times):
            asker.ask(token, **{**MAIL, **request})
    assert wait_until(lambda: len(lines_of(patd, begin)) >= times)
    found = lines_of(patd, begin)
    assert len(found) == times
    return found


@pytest.fixture(scope="module")
def etc(tmp_path_factory):
    """fail2ban's own configuration, without its jails, and ours as its comments say."""
    place = tmp_path_factory.mktemp("etc") / "fail2ban"
    shutil.copytree("/etc/fail2ban", place)
    for path in (place / "jail.d").iterdir():
        path.unlink()
    for folder in ("filter.d", "jail.d"):
        shutil.copy(SOURCE / "packaging/fail2ban" / folder / "pat.conf", place / folder)
    return place


@pytest.fixture
def hits(tmp_path, etc):
    """The addresses that fail2ban finds in lines, as often as it does."""
    def find(lines, mode="normal"):
        log = tmp_path / "log"
        log.write_text("".join(line + "\n" for line in lines))
        done = subprocess.run(
            ["fail2ban-regex", "-c", etc, "-o", "ip", log, f"pat[mode={mode}]"],
            capture_output=True, text=True, timeout=60, check=False)
        assert done.stderr == "" and done.returncode in (0, 255), done
        return done.stdout.split()
    return find


def now(patd):
    return patd.call("Status")["now"]


def verdicts(patd):
    """One real line for each verdict that a client can cause."""
    made, record = patd.token("alice", ["mail:read"])
    other = {name: patd.token("alice", ["mail:read"])
             for name in ("revoked", "suspended")}
    patd.call("Revoke", tokens=[other["revoked"][1]["id"]])
    patd.call("Suspend", tokens=[other["suspended"][1]["id"]])
    brief = patd.token("alice", ["mail:read"], expires=now(patd) + SECOND)
    patd.call("UserSetEnabled", user="dora", enabled=False)
    where = {"address": "192.0.2.7"}
    cases = {
        "accepted": (made, {}), "bad-secret": (with_other_secret(made), {}),
        "unknown": (unknown_token(), {}),
        "malformed": (made[:-1] + ("0" if made[-1] != "0" else "1"), {}),
        "revoked": (other["revoked"][0], {}), "suspended": (other["suspended"][0], {}),
        "wrong-user": (made, {"login": "bob"}), "scope-denied": (made, {"service": "smtp"}),
        "pending": (patd.token("alice", ["mail:read"], pending=True)[0], {}),
        "not-yet-valid": (patd.token("alice", ["mail:read"],
                                     notBefore=now(patd) + 3600 * SECOND)[0], {}),
        "address-denied": (patd.token("alice", ["mail:read"], addresses=["10.0.0.0/8"])[0], {}),
        "illegal-name": (made, {"login": "a\nb"}),
        "not-a-token": ("correct horse", {}),
    }
    patd.user("alice", grants=["mail:*"], tenant="lab")
    cases["wrong-tenant"] = (patd.token("alice", ["mail:read"], tenant="lab")[0], {})
    patd.call("UserSetEnabled", user="dora", enabled=True)
    cases["user-disabled"] = (patd.token("dora", ["mail:read"])[0], {"login": "dora"})
    patd.call("UserSetEnabled", user="dora", enabled=False)
    assert wait_until(lambda: now(patd) > brief[1]["expires"])
    cases["expired"] = (brief[0], {})
    return {verdict: ask(patd, token, **{**where, **request})
            for verdict, (token, request) in cases.items()}


@pytest.fixture(scope="module")
def lines(host):
    found = verdicts(host)
    for verdict, (line,) in found.items():
        assert f"event=verify verdict={verdict} " in line, line
    return found


@pytest.mark.parametrize("verdict", [
    "accepted", "unknown", "malformed", "revoked", "suspended", "expired", "pending",
    "not-yet-valid", "user-disabled", "wrong-user", "wrong-tenant", "scope-denied",
    "address-denied", "illegal-name", "not-a-token"])
def test_what_is_no_guess(lines, hits, verdict):
    """S21: a hundred of them, and nobody is banned."""
    assert hits(100 * lines[verdict]) == []


def test_a_guess(lines, hits):
    """S21"""
    assert hits(lines["bad-secret"]) == ["192.0.2.7"]
    assert hits([line for (line,) in lines.values()]) == ["192.0.2.7"]


def test_the_stricter_mode_counts_unknown_tokens_too(lines, hits):
    every = [line for (line,) in lines.values()]
    assert hits(every, "aggressive") == 2 * ["192.0.2.7"]


def test_a_hundred_and_five(host, hits):
    """S21: as they come from a real patd; each from a network of its own, whose answers wait less."""
    token, record = host.token("alice", ["mail:read"])
    host.call("Revoke", tokens=[record["id"]])
    revoked = [line for n in range(100) for line in ask(host, token, address=f"10.{n}.0.1")]
    assert all("verdict=revoked" in line for line in revoked) and hits(revoked) == []
    live = host.token("alice", ["mail:read"])[0]
    found = [line for _ in range(5)
             for line in ask(host, with_other_secret(live), address="2001:db8::7")]
    assert hits(found + revoked) == 5 * ["2001:db8::7"]


FORGED = {
    "address": {"address": "6.6.6.6 rhost=9.9.9.9"},
    "a second field in the address": {"address": '192.0.2.1" rhost=9.9.9.9 peer_uid=0'},
    "service": {"service": "imap rhost=9.9.9.9"},
    "quotes in the service": {"service": 'x" rhost=9.9.9.9 peer_uid=0'},
    "a whole line in the service": {"service": "x\nevent=verify"},
    "login": {"login": "alice rhost=9.9.9.9 peer_uid=0"},
    "a whole line in the login": {
        "login": "a\npatd[1]: event=verify verdict=bad-secret token=abcdefgh tenant=acme "
                 "service=imap rhost=9.9.9.9 peer_uid=0"},
    "realm": {"realm": "rhost=9.9.9.9"},
    "no address": {},
}


@pytest.mark.parametrize("case", FORGED)
def test_no_name_forges_an_address(host, hits, case):
    """S21: whatever a client calls itself, nobody else is banned for it."""
    token = with_other_secret(host.token("alice", ["mail:read"])[0])
    assert "9.9.9.9" not in hits(ask(host, token, **FORGED[case]), "aggressive")


def test_an_address_that_nobody_vouches_for(host, hits):
    """S21: a local user could have anybody banned."""
    token = with_other_secret(host.token("alice", ["mail:read"])[0])
    line, = ask(host, token, address="9.9.9.9")
    assert hits([line]) == ["9.9.9.9"]
    claimed = line.replace(" rhost=", " claimed_rhost=")
    assert hits([claimed], "aggressive") == []
    if IS_ROOT:
        begin = len(host.log.read_text(errors="replace"))
        with Asker(host, uid=60077) as asker:
            asker.ask(token, service="imap", login="alice", address="9.9.9.9")
        assert wait_until(lambda: lines_of(host, begin))
        line, = lines_of(host, begin)
        assert " claimed_rhost=9.9.9.9 " in line and hits([line], "aggressive") == []


def test_lines_of_other_programs(lines, hits):
    """Who else writes such a line is not patd; a daemon of another name neither."""
    line = lines["bad-secret"][0]
    for other in (line.replace(" patd[4711]:", " logger[1]:"),
                  line.replace(" patd[4711]:", " mypatd[4711]:"),
                  line.replace("event=verify", "x event=verify"), line + " more=x",
                  re.sub(r"verdict=bad-secret", "verdict=bad-secret-not", line)):
        assert hits([other], "aggressive") == [], other


def test_the_jail_is_an_example_that_fail2ban_reads(etc):
    done = subprocess.run(["fail2ban-client", "-c", etc, "-d"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done
    assert "['add', 'pat', 'systemd']" in done.stdout
    assert "['set', 'pat', 'maxretry', 5]" in done.stdout
    regex = next(line for line in done.stdout.splitlines() if "'addfailregex'" in line)
    assert "verdict=(?:bad-secret) " in regex
