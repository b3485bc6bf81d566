# SPDX-License-Identifier: BSD-2-Clause
"""review and timeline: what is found, what is drawn."""
import json
import re

import pytest

from ctlkit import ME, Screen, fits, id_of, until, width
from pat import account_name

KINDS = ["owner-gone", "shared", "unused", "never-used", "no-expiry", "over-scoped", "expiring"]


def review(host, *arguments, uid=None):
    """Findings by kind: the names of the tokens."""
    done = host.ctl("review", "--json", *arguments, uid=uid)
    document = json.loads(done.stdout)
    assert done.returncode == (9 if document["findings"] else 0)
    found = {kind: [] for kind in KINDS}
    for finding in document["findings"]:
        found[finding["finding"]].append(finding["name"])
    assert document["counts"] == {kind: len(names) for kind, names in found.items()}
    return found


@pytest.fixture
def careful(host):
    """A user whose account is there, with a token that nothing is wrong with."""
    host.user("careful", grants=["ssh:login", "mail:*", "um:read"], account=account_name(), uid=ME,
              system=True, allowRoot=ME == 0)
    host.make("nothing is wrong", "--expires", "90d", user="careful", scope="ssh:login")
    return host


def test_nothing_is_found(careful):
    assert not any(review(careful).values())
    assert careful.say("review") == "✓ 1 token looked at, 0 findings.\n"
    assert careful.say("review", "-q") == "" and careful.say("review", "--plain") == ""


def wait_for(host, kind, name, *arguments):
    """Until a token is old enough for a second's patience."""
    def found_it():
        found = review(host, *arguments)
        return name in found[kind] and found
    return until(found_it)


def test_what_never_ends_or_soon(careful):
    """C21."""
    careful.make("for ever and ever", user="carol")
    careful.make("soon to expire", "--expires", "3d", user="carol")
    careful.make("later to expire", "--expires", "20d", user="carol")
    found = review(careful)
    assert found["no-expiry"] == ["for ever and ever"] and found["expiring"] == ["soon to expire"]
    assert review(careful, "--expiring", "30d")["expiring"] == ["later to expire", "soon to expire"]
    assert review(careful, "--expiring", "1d")["expiring"] == []
    assert review(careful, "-u", "careful")["no-expiry"] == []
    careful.call("Rotate", token="soon to expire")  # what has a successor may end
    assert review(careful)["expiring"] == ["soon to expire"]  # and this is the successor


def test_what_is_not_used(careful):
    """C21, C25."""
    token = careful.make("used a moment ago", "--expires", "90d", user="carol")
    careful.make("not yet to be used", "--expires", "90d", "--not-before", "1d", user="carol")
    careful.verify(token, service="imap", login="carol")
    found = wait_for(careful, "unused", "used a moment ago", "--unused", "1s", "--age", "1s")
    found = wait_for(careful, "never-used", "nothing is wrong", "--unused", "1s", "--age", "1s")
    assert found["unused"] == ["used a moment ago"] and found["never-used"] == ["nothing is wrong"]
    assert not any(review(careful).values())


def test_scopes_that_are_not_used(careful):
    """C24."""
    for name, scope, service, login in (
            ("one of three", "mail:read,mail:send,ssh:login", "imap", "careful"),
            ("both are used", "mail:read", "imap", "careful"),
            ("all of an area", "mail:*,ssh:login", "imap", "careful"),
            ("of a third party", "mail:read,um:read", "imap", "careful")):
        token = careful.make(name, "--expires", "90d", user="careful", scope=scope)
        assert careful.verify(token, service=service, login=login)["class"] == "accepted"
    careful.make("never used at all", "--expires", "90d", user="careful",
                 scope="mail:read,ssh:login")
    found = wait_for(careful, "over-scoped", "all of an area", "--age", "1s")
    assert sorted(found["over-scoped"]) == ["all of an area", "one of three"]
    details = {finding["name"]: finding["detail"] for finding in
               json.loads(careful.ctl("review", "--json", "--age", "1s", check=9).stdout)["findings"]
               if finding["finding"] == "over-scoped"}
    assert details == {"one of three": "never used: mail:send ssh:login",
                       "all of an area": "never used: ssh:login"}
    assert review(careful)["over-scoped"] == []  # all are too young to be judged


def test_tokens_that_are_used_from_many_places(careful):
    """K5: C22."""
    five, six = (careful.make(f"from {many} addresses", "--expires", "90d", user="carol",
                              scope="mail:*") for many in ("five", "six"))
    for token, count in ((five, 5), (six, 6)):
        for n in [*range(count), 0, 1]:
            careful.verify(token, service="imap", login="carol", address=f"192.0.2.{n + 1}")
        for n in range(6):  # whoever merely tries is no place
            careful.verify(token, service="sshd", login="carol", address=f"198.51.100.{n + 1}")
    assert review(careful)["shared"] == ["from six addresses"]
    text = careful.ctl("review", check=9).stdout
    assert "▲ 1 token used from many places\n" in text
    assert re.search(r"from six addresses +carol from 6 addresses, by 1 service$", text, re.M)


def test_whose_owner_has_gone(careful):
    """C21: alice's account does not exist on the host of these tests; nor has root this uid."""
    careful.make("of nobody any more", "--expires", "90d")
    careful.user("recycled", grants=["mail:*"], account="root", uid=60009)
    careful.make("of somebody else now", "--expires", "90d", user="recycled")
    careful.make("of a virtual user", "--expires", "90d", user="carol")
    findings = {finding["name"]: finding["detail"] for finding in
                json.loads(careful.ctl("review", "--json", check=9).stdout)["findings"]}
    assert findings == {"of nobody any more": "no account alice on this host",
                        "of somebody else now": "account root has uid 0, bound was 60009"}


def test_findings_are_grouped_with_the_next_step(careful):
    """C21."""
    ids = [id_of(careful.make(f"for ever and ever {n}", user="carol")) for n in range(2)]
    soon = id_of(careful.make("soon to expire", "--expires", "3d", user="carol"))
    text = careful.ctl("review", check=9).stdout
    assert "▲ 2 tokens without an end\nID " in text and "▲ 1 token ending soon\nID " in text
    assert "  next: patctl edit ID --expires 90d\n" in text
    assert "  next: patctl rotate ID\n" in text
    assert text.endswith("\n\n4 tokens looked at, 3 findings.\n") and fits(text) == []
    assert set(careful.ctl("review", "--plain", check=9).stdout.splitlines()) == {
        *(rf"no-expiry {id_} carol for\x20ever\x20and\x20ever\x20{n}" for n, id_ in enumerate(ids)),
        rf"expiring {soon} carol soon\x20to\x20expire"}


def test_the_next_step_can_be_pasted(careful):
    """Ids as far as they fit; the command does what the finding asks for."""
    ids = [id_of(careful.make(f"of nobody {n}", "--expires", "90d")) for n in range(5)]
    line = next(line for line in careful.ctl("review", check=9).stdout.splitlines()
                if "next: " in line)
    assert fits(line) == [] and line.endswith(" …")
    words = line.split()[4:-1]
    assert words[:2] == ['"owner', 'gone"'] and set(words[2:]) <= set(ids) and len(words) == 5
    careful.say("revoke", "--yes", "--reason", "owner gone", *words[2:])
    line = next(line for line in careful.ctl("review", check=9).stdout.splitlines()
                if "next: " in line)
    assert set(line.split()[6:]) == set(ids) - set(words[2:])


def test_dead_tokens_are_not_looked_at(careful):
    careful.say("revoke", "--yes", id_of(careful.make("for ever and ever", user="carol")))
    brief = id_of(careful.make("a moment of its own", "--expires", "1s", user="carol"))
    until(lambda: careful.state_of(brief) == "expired")
    assert not any(review(careful).values())


# --- timeline ---

@pytest.fixture(scope="module")
def drawn(shared):
    shared.make("in three days", "--expires", "3d")
    shared.make("in thirty days", "--expires", "30d")
    shared.make("for ever and ever")
    shared.make("中文名字的令牌很长很长很长很长", "--expires", "90d", user="carol")
    shared.make("begins later", "--expires", "90d", "--not-before", "30d", user="carol")
    return shared


@pytest.mark.parametrize("columns", [72, 80, 132])
@pytest.mark.parametrize("days", [30, 180, 800])
def test_bars_line_up(drawn, columns, days):
    screen = Screen(drawn, "timeline", "--days", str(days), columns=columns)
    assert screen.status == 0 and fits(screen.text, columns) == []
    lines = screen.lines
    today = {width(line[:re.search("[│┿]", line).start()]) for line in lines[1:-1]
             if re.search("[│┿]", line)}
    assert len(today) == 1 and lines[0].index("today") + 2 == today.pop()
    assert [line.split()[1] for line in lines[1:3]] == ["in", "in"]  # those that end first
    assert "▶ never" in lines[-2] and "━" in lines[-2]


def test_longer_is_longer(drawn):
    lengths = {}
    for line in Screen(drawn, "timeline").lines[1:-1]:
        lengths[" ".join(line.split()[1:3])] = line.count("━")
    assert lengths["in three"] < lengths["in thirty"] < lengths["for ever"]
    later = next(line for line in Screen(drawn, "timeline").lines if "begins later" in line)
    assert re.search(r"│ +━+● ", later)


def test_timeline_without_utf8(drawn):
    screen = Screen(drawn, "timeline", environment={"LC_ALL": "C"})
    assert screen.text.isascii() and fits(screen.text) == []
    assert re.search(r"in thirty days +\+=+\* +30 days", screen.text)
    assert re.search(r"for ever and \.\.\. +\+=+> never$", screen.text, re.M)


def test_timeline_in_other_forms(drawn):
    assert drawn.json("timeline", "--limit", "2")["tokens"][0]["name"] == "in three days"
    assert len(drawn.json("timeline", "--limit", "2")["tokens"]) == 2
    assert drawn.say("timeline", "-q") == drawn.say("timeline")
    assert len(drawn.say("timeline", "--plain").splitlines()) == 5
    assert "today" not in drawn.say("timeline", "--no-legend")
    assert drawn.say("timeline", "-u", "nobody") == "No token to draw.\n"
    for style in ("iso", "full", "unix"):
        screen = Screen(drawn, "timeline", "--time", style)
        assert fits(screen.text) == [], screen.text
