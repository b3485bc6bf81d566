# SPDX-License-Identifier: BSD-2-Clause
"""Every command about tokens, in every form, as three users meet it, with two tenants."""
import json
import re

import pytest

from ctlkit import ADMIN, ALICE, BOB, IS_ROOT, Host, Screen, fits, id_of

LOOKING = [["list"], ["list", "--all", "--group-by", "user"], ["show", "OWN"], ["uses"],
           ["uses", "OWN"], ["status"], ["whoami"], ["timeline"], ["review"], ["log"],
           ["explain", "OWN", "--scope", "mail:read"], ["revoke", "--dry-run", "OWN"]]
CHANGING = [["edit", "OWN", "--description", "changed"], ["suspend", "OWN"], ["resume", "OWN"],
            ["revoke", "--yes", "OWN"]]


@pytest.fixture(scope="module")
def two():
    """Tenants acme and lab, with an administrator and a user each who are bound to accounts."""
    with Host() as host:
        host.tenant("lab", makeDefault=False)
        host.user("adam", grants=["mail:*"], account="adam", uid=ADMIN, role="admin")
        host.user("bob", tenant="lab", grants=["mail:*"], account="bob", uid=BOB)
        host.ids = {}
        for tenant, user, name in (("acme", "alice", "of alice"), ("acme", "adam", "of adam here"),
                                   ("acme", "carol", "of carol"), ("lab", "bob", "of bob in lab")):
            token = host.make(name, "-t", tenant, "--expires", "3d", user=user)
            host.ids[name] = id_of(token)
            host.verify(token, service="imap", login=user, address="192.0.2.7")
        yield host


if IS_ROOT:
    WHO = [(None, "of alice"), (ADMIN, "of adam here"), (ALICE, "of alice"), (BOB, "of bob in lab")]
else:
    WHO = [(None, "of alice")]


def words(host, arguments, own):
    return [host.ids[own] if word == "OWN" else word for word in arguments]


def ends(arguments):
    """How it must end: something is always found here."""
    return 9 if arguments[0] == "review" else 0


@pytest.mark.parametrize("uid, own", WHO, ids=str)
@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_every_form(two, uid, own, arguments):
    command, status = words(two, arguments, own), ends(arguments)
    pipe = two.ctl(*command, uid=uid, check=status)
    assert pipe.stdout and pipe.stderr == "" and "\x1b" not in pipe.stdout
    document = json.loads(two.ctl(*command, "--json", uid=uid, check=status).stdout)
    assert document["v"] == 1
    lines = two.ctl(*command, "--jsonl", uid=uid, check=status).stdout.splitlines()
    assert all(json.loads(line)["v"] == 1 for line in lines)
    plain = two.ctl(*command, "--plain", uid=uid, check=status).stdout
    assert plain.isascii() and "\x1b" not in plain
    quiet = two.ctl(*command, "--quiet", uid=uid, check=status)
    assert quiet.stderr == "" and (quiet.stdout or arguments[0] == "explain")
    ascii_ = two.ctl(*command, uid=uid, environment={"LC_ALL": "C"}, check=status).stdout
    assert ascii_.isascii() and ascii_
    screen = Screen(two, *command, uid=uid)
    assert screen.status == status and fits(screen.text) == [] and screen.text


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_times_are_told_as_asked(two, arguments):
    command, status = words(two, arguments, "of alice"), ends(arguments)
    zone = {"TZ": "XST-3"}
    relative = two.ctl(*command, environment=zone, check=status).stdout
    iso = two.ctl(*command, "--time=iso", environment=zone, check=status).stdout
    utc = two.ctl(*command, "--time=iso", "--utc", environment=zone, check=status).stdout
    if re.search(r"\b3 days|\bago\b|\bnow\b", relative):
        assert re.search(r"T[\d:]{8}\+0300", iso) and not re.search(r"\b3 days|\d s ago", iso)
        assert re.search(r"T[\d:]{8}Z", utc) and "+0300" not in utc
        assert re.search(r"\b\d{10}\b", two.ctl(*command, "--time=unix", check=status).stdout)
    else:
        assert arguments[0] in ("whoami", "explain")


if IS_ROOT:
    @pytest.mark.parametrize("uid, foreign", [
        (ALICE, ["of carol", "of bob in lab", "of adam here"]), (BOB, ["of alice", "of carol"]),
        (ADMIN, ["of bob in lab"])], ids=str)
    @pytest.mark.parametrize("arguments", [
        ["show", "OWN"], ["uses", "OWN"], ["explain", "OWN", "--scope", "mail:read"],
        ["revoke", "--dry-run", "OWN"], *CHANGING], ids=" ".join)
    def test_what_is_foreign_does_not_exist(two, uid, foreign, arguments):
        before = two.head()
        for name in foreign:
            for reference in (two.ids[name], two.ids[name][:7], name):
                command = [reference if word == "OWN" else word for word in arguments]
                said = two.fails(3, *command, uid=uid)
                nothing = two.fails(3, *["zzzzzzzz" if word == "OWN" else word
                                         for word in arguments], uid=uid)
                assert said == nothing.replace("zzzzzzzz", reference)
        assert two.head() == before

    @pytest.mark.parametrize("uid, sees", [
        (None, {"of alice", "of carol", "of adam here", "of bob in lab"}),
        (ADMIN, {"of alice", "of carol", "of adam here"}), (ALICE, {"of alice"}),
        (BOB, {"of bob in lab"})], ids=str)
    def test_everybody_sees_what_is_theirs(two, uid, sees):
        everything = {"of alice", "of carol", "of adam here", "of bob in lab"}
        for command in (["list", "--all"], ["timeline"], ["review"]):
            text = two.ctl(*command, uid=uid, check=ends(command)).stdout
            assert {name for name in everything if name in text} == sees, command
        assert {token["name"] for token in two.json("list", uid=uid)["tokens"]} == sees
        for tenant in ("acme", "lab"):
            done = two.ctl("list", "-t", tenant, "--json", uid=uid)
            seen = {token["name"] for token in json.loads(done.stdout)["tokens"]} \
                if done.returncode == 0 else set()
            assert seen == {name for name in sees if ("lab" in name) == (tenant == "lab")}

    def test_uses_are_ones_own(two):
        for uid, own in ((ALICE, "of alice"), (BOB, "of bob in lab"), (ADMIN, "of adam here")):
            assert {use["name"] for use in two.json("uses", uid=uid)["uses"]} == {own}
        assert {use["name"] for use in two.json("uses", "-u", "carol", uid=ADMIN)["uses"]} == \
            {"of carol"}
        assert two.json("uses", "-u", "carol", uid=ALICE)["uses"] == []

    @pytest.mark.parametrize("uid, own", [(ALICE, "of alice"), (BOB, "of bob in lab")], ids=str)
    def test_users_manage_their_own(two, uid, own):
        token = id_of(two.say("create", "--name", "to be managed", "--scope", "mail:read", "-q",
                              uid=uid).rstrip())
        for arguments in CHANGING:
            two.say(*[token if word == "OWN" else word for word in arguments], uid=uid)
        assert two.state_of(token) == "revoked"

    def test_an_administrator_pauses_and_ends_what_opens_accounts_but_edits_nothing(two):
        token = two.ids["of alice"]
        assert two.ctl("edit", token, "--name", "another name", uid=ADMIN).returncode == 4
        two.say("suspend", token, uid=ADMIN)
        assert "was suspended by adam" in two.fails(4, "resume", token, uid=ALICE)
        two.say("resume", token)

    def test_whoami_tells_what_may_be_made(two):
        text = two.say("whoami", uid=ALICE)
        assert re.search(r"^alice in tenant acme, role user$", text, re.M)
        assert re.search(r"^  may create   mail:read mail:send .*ssh:login", text, re.M)
        assert re.search(r"^  tokens       1 of 25 · longest lifetime unlimited$", text, re.M)
        assert f"  through      patd on {two.manage_socket}\n" in text
        assert "everything, in every tenant" in two.say("whoami")
        assert [offer["user"]["user"] for offer in two.json("whoami", uid=BOB)["offers"]] == ["bob"]
