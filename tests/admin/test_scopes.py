# SPDX-License-Identifier: BSD-2-Clause
"""scope list, show, add and remove; and a third party's scopes wherever scopes are told."""
import pytest

from ctlkit import ALICE, IS_ROOT, Screen, fits

UM = (("um:read", "Read"), ("um:write", "Write"), ("um:bulk", "Read and write"))


@pytest.fixture
def um(host):
    """A host whose catalogue has a third party's scopes, which carol and alice hold."""
    for scope, label in UM:
        host.say("scope", "add", scope, "--label", label, "--description",
                 f"{label.lower()} user data")
    host.say("grant", "add", "carol", "um:read", "um:bulk")
    host.call("TenantSet", tenant="acme", policy={
        "selfServiceScopes": ["mail:*", "ssh:login", "um:*"]})
    host.say("grant", "add", "alice", "um:read", "um:write", "um:bulk")
    return host


def test_the_catalogue_is_listed(host):
    """A51, B8."""
    for name, scope in (("at sea", "mail:read"), ("at home", "mail:*"), ("for a job", "ssh:login")):
        host.make(f"token {name}", scope=scope)
    rows = [line.split() for line in host.say("scope", "list").splitlines()]
    assert rows[0] == ["SCOPE", "SERVICES", "LABEL", "MEANING", "TOKENS"]
    assert [row[0] for row in rows[1:4]] == ["mail:read", "mail:send", "mail:filter"]
    assert rows[1][1] == "imap,pop,pop3,dovecot" and rows[1][2:4] == ["Read", "mail"]
    assert [row[-1] for row in rows[1:4]] == ["2", "1", "1"]
    found = {row["scope"]: row for row in host.json("scope", "list")["scopes"]}
    assert found["ssh:login"] == {
        "v": 1, "scope": "ssh:login", "services": ["sshd"], "label": "SSH login",
        "meaning": "log in with SSH", "third_party": False, "tokens": 1}
    screen = Screen(host, "scope", "list")
    assert screen.status == 0 and fits(screen.text) == []


def test_a_scope_is_named_shown_and_unnamed(host):
    said = host.say("scope", "add", "um:bulk", "--label", "Read and write")
    assert said == '✓ Scope um:bulk is in the catalogue as "Read and write".\n' \
        "  Next: patctl grant add USER um:bulk\n"
    card = host.say("scope", "show", "um:bulk")
    assert card.splitlines() == [
        "  scope        um:bulk", "  label        Read and write",
        "  meaning      third party, checked by it", "  services     none of this host",
        "  third party  yes", "  tokens       0"]
    assert host.json("scope", "show", "um:bulk")["label"] == "Read and write"
    assert host.json("scope", "add", "um:bulk", "--label", "Read and write")["scope"] == "um:bulk"
    said = host.say("scope", "remove", "um:bulk")
    assert said == "✓ Scope um:bulk is not in the catalogue any more. Whoever holds it keeps it:\n" \
        "  patctl list --scope um:bulk\n"
    assert host.error(3, "scope", "show", "um:bulk")["id"] == "scope.unknown"
    host.say("scope", "add", "um:bulk", "--label", "Bulk")
    assert host.json("scope", "remove", "um:bulk") == \
        {"v": 1, "scope": "um:bulk", "removed": True}


@pytest.mark.parametrize("status, arguments, said", [
    (2, ["add", "um:read"], "missing --label"), (2, ["add", "um", "--label", "x"], "not a scope"),
    (2, ["add", "um:*", "--label", "x"], "is one scope"),
    (2, ["add", "um:read", "--label", 65 * "x"], "longer than 64 bytes"),
    (6, ["add", "mail:read", "--label", "Mine"], "built in"), (6, ["remove", "mail:read"], "built in"),
    (3, ["remove", "um:none"], "not in the catalogue"), (3, ["show", "um:none"], "patctl scope list"),
    (2, ["show"], "SCOPE"), (3, ["list", "-t", "none"], 'no tenant "none"'),
], ids=str)
def test_what_cannot_be_is_refused(shared, status, arguments, said):
    assert said in shared.fails(status, "scope", *arguments)
    assert len(shared.json("scope", "list")["scopes"]) == 11


def test_another_label_needs_the_old_one_gone(um):
    told = um.error(6, "scope", "add", "um:read", "--label", "Look")
    assert told["id"] == "scope.exists" and "patctl scope remove um:read" in told["hint"]
    um.say("scope", "remove", "um:read")
    um.say("scope", "add", "um:read", "--label", "Look")


def test_a_third_party_checks_by_scope(um):
    """A32, A33, A34: what is asked is what is answered; nothing is implied."""
    bulk = um.make("for the bulk job", user="carol", scope="um:bulk")
    read = um.make("for the reader", user="carol", scope="um:read")
    for token, held in ((bulk, "um:bulk"), (read, "um:read")):
        for scope, _ in UM:
            done = um.ctl("check", "--scope", scope, "--user", "carol", stdin=token)
            assert done.returncode == (0 if scope == held else 5), (scope, held, done.stdout)
    um.say("scope", "remove", "um:bulk")
    um.say("check", "--scope", "um:bulk", "--user", "carol", stdin=bulk)
    um.say("grant", "remove", "carol", "um:bulk")
    um.ctl("check", "--scope", "um:bulk", "--user", "carol", stdin=bulk, check=5)


def completions(host, *words):
    return [line.split("\t")[0] for line in host.say("__complete", "--", *words).splitlines()]


def test_scopes_are_completed(um):
    assert "um:write" in completions(um, "scope", "show", "um")
    assert completions(um, "scope", "remove", "") == ["um:bulk", "um:read", "um:write"]
    assert {"um:read", "um:bulk"} <= set(completions(um, "create", "carol", "--scope", "um"))
    assert "um:write" not in completions(um, "create", "carol", "--scope", "um")


if IS_ROOT:
    def test_the_dialogue_offers_them_with_their_meaning(um):
        """What the user holds, and no more."""
        screen = Screen(um, "create", uid=ALICE, answers=[
            ("): ", "for the bulk job\n"), ("Description []: ", "\n"),
            ("]: ", "90d\n"), ("Scopes (numbers or names): ", "\x03")])
        assert screen.status == 130
        for scope, label in UM:
            assert scope in screen.text and f"{label.lower()} user data" in screen.text

    def test_users_name_nothing_and_see_no_numbers(um):
        assert "may not do this" in um.fails(4, "scope", "add", "a:b", "--label", "x", uid=ALICE)
        assert "may not do this" in um.fails(4, "scope", "remove", "um:read", uid=ALICE)
        rows = um.json("scope", "list", uid=ALICE)["scopes"]
        assert len(rows) == 14 and {row["tokens"] for row in rows} == {None}
