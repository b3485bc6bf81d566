# SPDX-License-Identifier: BSD-2-Clause
"""setup, tenants, users, grants, and who may do what: as an operator, and as ordinary users.

Callers of several uids can be made by root only; PAT_REQUIRE_ROOT=1 says that root was promised.
"""
import os
import pwd
import re
import subprocess

import pytest

from pat import IS_ROOT
from ctlkit import ADMIN, ALICE, AUDITOR, ME, STRANGER, Host, fits, id_of, own_name

SYSTEM = next(entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 1000)


def test_root_was_not_forgotten():
    """Where root is promised, nothing of this file was left out."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"
    assert not IS_ROOT or "test_a_plain_user_manages_only_their_own" in globals()


# --- setup ---

def test_a_new_host_says_what_to_do_first(patd):
    assert "▲ No tenant yet. Next: patctl setup --tenant NAME" in patd.ctl("status", check=0).stdout
    for arguments in (["user", "list"], ["grant", "list"], ["user", "create", "al", "--virtual"],
                      ["create", "al", "--name", "a good name", "--scope", "mail:read"]):
        said = patd.ctl(*arguments, check=3).stderr
        assert "no tenant is named" in said and "patctl setup --tenant NAME" in said
    assert patd.ctl("tenant", "list", check=0).stderr == "no tenants\n"
    assert patd.ctl("list", check=0).stdout == "0 tokens\n"
    assert patd.ctl("log", check=0).stderr == "no changes\n"


def test_setup_makes_the_tenant_once(patd):
    done = patd.ctl("setup", "--tenant", "acme", check=2)
    assert "nobody to ask for confirmation: give --yes" in done.stderr
    assert patd.call("TenantList", more=True)[0].get("tenant") is None
    text = patd.ctl("setup", "--tenant", "acme", "--yes", check=0).stdout
    assert text.startswith("✓ Tenant acme is made. ") and "Next:" in text and fits(text) == []
    again = patd.ctl("setup", "--tenant", "acme", check=0).stdout
    assert "nothing to do" in again and fits(again) == []
    assert patd.ctl("setup", "-t", "acme", "--json", check=0).stdout == \
        '{"v":1,"tenant":"acme","changed":false}\n'
    assert patd.ctl("setup", "-t", "lab", "--json", "--yes", check=0).stdout == \
        '{"v":1,"tenant":"lab","changed":true}\n'
    assert "is the default one now" in patd.ctl("setup", "-t", "acme", "-y", check=0).stdout
    assert patd.ctl("setup", "-t", "acme", "-y", "-q", check=0).stdout == ""
    assert "1 to 16 of a-z and 0-9" in patd.ctl("setup", "-t", "ACME", "-y", check=2).stderr


def test_the_next_steps_of_setup_work_as_they_stand(patd):
    """But for the account, which this host may not have."""
    text = patd.ctl("setup", "--tenant", "acme", "--yes", check=0).stdout
    lines = re.findall(r"^    patctl (.*)$", text, re.M)
    assert len(lines) == 3
    user = lines[0].replace("--account alice", f"--account {SYSTEM.pw_name} --system")
    patd.ctl(*user.split(), check=0)
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', lines[1])]
    patd.ctl(*words, check=0)
    assert "first token" in patd.ctl("list", check=0).stdout
    wire, overview = re.fullmatch(r"(.*?) +\(patctl (.*) has the others\)", lines[2]).groups()
    assert wire == "enable sshd"    # tests/services/ runs it
    assert re.search(r"^ *sshd ", patd.ctl(*overview.split(), check=0).stdout, re.M)


# --- tenants ---

def test_a_tenant_has_what_was_asked_for(host):
    """B4, B6."""
    text = host.say("tenant", "create", "lab", "--realm", "lab.example.org,example.net",
                    "--description", "the laboratory", "--contact", "help@example.org",
                    "--max-tokens", "unlimited", "--max-lifetime", "1y", "--default-expiry", "90d",
                    "--scopes", "mail:*,ldap:bind")
    assert text == "✓ Tenant lab is made.\n" \
        "  Next: patctl user create USER --tenant lab --account ACCOUNT\n"
    acme, lab = host.json("tenant", "list")["tenants"]
    assert (acme["tenant"], acme["default"], acme["users"]) == ("acme", True, 2)
    assert (lab["tenant"], lab["default"], lab["users"], lab["contact"]) == \
        ("lab", False, 0, "help@example.org")
    assert lab["realms"] == ["lab.example.org", "example.net"]
    table = host.say("tenant", "list").splitlines()
    assert table[0].split()[:6] == ["TENANT", "TOKENS", "EACH", "USERS", "MAX", "LIFE"]
    assert re.match(r"lab +0 +— +0 365 days required active lab.example.org,example.net no +the lab",
                    table[2])
    host.say("user", "create", "eve", "-t", "lab", "--virtual", "--grant", "mail:*")
    made = host.json("create", "eve", "-t", "lab", "--name", "mail on the phone", "--scope",
                     "mail:read")
    assert made["expires"] is not None
    assert "ssh:login" in host.fails(6, "create", "eve", "-t", "lab", "--name", "another one",
                                     "--scope", "ssh:login")


RULES = [
    (["--require-expiry"], ["--expires", "never"], "expire"),
    (["--require-from"], [], "address"),
    (["--max-lifetime", "30d"], ["--expires", "31d"], "30 days"),
    (["--name-min", "20"], [], "20 to 64"),
]


@pytest.mark.parametrize("rule, wish, said", RULES, ids=lambda row: " ".join(row)
                         if isinstance(row, list) else "")
def test_a_rule_of_a_tenant_holds(host, rule, wish, said):
    """A28, B4, B6, K2."""
    host.say("tenant", "create", "strict", *rule)
    host.say("user", "create", "eve", "-t", "strict", "--virtual", "--grant", "mail:*")
    done = host.ctl("create", "eve", "-t", "strict", "--name", "a good name", "--scope",
                    "mail:read", *wish)
    assert done.returncode in (2, 6) and done.stdout == "" and said in done.stderr, done.stderr
    assert host.json("list", "-t", "strict")["tokens"] == []


@pytest.mark.parametrize("status, arguments, said", [
    (6, ["acme"], "tenant acme exists already"), (2, ["LAB"], "1 to 16 of a-z and 0-9"),
    (2, [17 * "a"], "tenant"), (2, ["a.b"], "1 to 16"), (2, [""], "1 to 16"),
    (2, ["lab", "--scopes", "mail"], "value: policy"),
    (2, ["lab", "--networks", "10.0.0.0/40"], "value: policy"),
    (2, ["lab", "--name-min", "many"], '"many" is not a number'),
], ids=str)
def test_a_tenant_that_cannot_be_is_refused(shared, status, arguments, said):
    assert said in shared.fails(status, "tenant", "create", *arguments)
    assert said in shared.error(status, "tenant", "create", *arguments)["message"]
    assert [row["tenant"] for row in shared.json("tenant", "list")["tenants"]] == ["acme"]


# --- users ---

def test_a_user_lives_through_everything(host):
    """Made, shown, bound, disabled, enabled; the token follows."""
    assert host.say("user", "create", "dora", "--virtual", "--grant", "mail:*", "--contact",
                    "dora@example.org") == "✓ User dora of tenant acme is made.\n"
    token = host.make("dora's own token", user="dora")
    ask = dict(service="imap", login="dora")
    card = host.say("user", "show", "dora")
    assert fits(card) == [] and re.match(
        r"dora · virtual · tenant acme · active +1 of 25 tokens\n", card)
    for label, value in (("role", "user"), ("grants", r"mail:\*"), ("may", "nothing themselves: .*"),
                         ("contact", "dora@example.org"), ("created", r"\w{3} .* UTC")):
        assert re.search(rf"^  {label:<13}{value}$", card, re.M), label
    assert host.say("user", "disable", "dora", "--reason", "away") == \
        "✓ User dora of tenant acme is disabled. Their tokens are refused now.\n"
    assert host.verify(token, **ask)["class"] == "refused"
    assert host.json("user", "show", "dora")["enabled"] is False
    assert re.search(r"^dora .* no$", host.say("user", "list"), re.M)
    assert "work again" in host.say("user", "enable", "-u", "x", "dora")
    assert host.json("user", "show", "-u", "dora")["enabled"] is True
    bind = ["user", "bind", "dora", "--account", SYSTEM.pw_name, "--system"]
    assert "live tokens, which would open the account too" in host.ctl(*bind, check=6).stderr
    host.say("revoke", host.json("list", "-u", "dora")["tokens"][0]["id"], "--yes")
    text = host.say("user", "bind", "dora", "--account", SYSTEM.pw_name, "--system")
    assert f"is bound to account {SYSTEM.pw_name} (uid {SYSTEM.pw_uid}) now.\n" in text
    assert host.json("user", "show", "dora")["uid"] == SYSTEM.pw_uid
    assert "is bound to no account now" in host.say("user", "bind", "dora", "--virtual")
    reasons = [row["reason"] for row in host.json("log", "-u", "dora")["changes"]]
    assert "away" in reasons


@pytest.mark.parametrize("status, arguments, said", [
    (6, ["create", "alice", "--virtual"], "alice"),
    (3, ["create", "dave", "--account", "nobodyofthisname"], 'no account "nobodyofthisname"'),
    (4, ["create", "dave", "--account", SYSTEM.pw_name], "if that is meant: --system"),
    (4, ["create", "dave", "--account", "root"], "--allow-root"),
    (2, ["create", "da ve", "--virtual"], "a user's name has no"),
    (2, ["create", "-", "--virtual", "--"], "a user's name has no"),
    (2, ["create", "dave", "--virtual", "--role", "king"], "role"),
    (2, ["create", "dave", "--virtual", "--grant", "mail"], '"mail" is not a scope'),
    (3, ["show", "zoe"], 'no user "zoe" in tenant acme'),
    (3, ["disable", "zoe"], 'no user "zoe"'), (3, ["enable", "zoe"], 'no user "zoe"'),
    (3, ["bind", "zoe", "--virtual"], 'no user "zoe"'),
    (3, ["list", "-t", "none"], 'no tenant "none"'),
], ids=str)
def test_a_user_that_cannot_be_is_refused(shared, status, arguments, said):
    before = shared.head()
    done = shared.ctl("user", *arguments, check=status)
    assert said in done.stderr and done.stdout == "" and shared.head() == before


# --- grants ---

def test_grants_are_given_listed_and_taken_back(host):
    assert host.say("grant", "add", "carol", "ssh:login", "um:bulk") == \
        "✓ Granted. carol holds mail:*,ssh:login,um:bulk now.\n"
    assert host.say("grant", "add", "@staff", "ldap:bind") == \
        "✓ Granted. @staff holds ldap:bind now.\n"
    rows = {row["holder"]: row["scopes"] for row in host.json("grant", "list")["grants"]}
    assert rows == {"alice": ["mail:*", "ssh:login"], "carol": ["mail:*", "ssh:login", "um:bulk"],
                    "@staff": ["ldap:bind"]}
    assert host.say("grant", "list", "@staff").splitlines()[1].split() == \
        ["@staff", "acme", "ldap:bind"]
    token = host.make("ssh for carol", user="carol", scope="um:bulk")
    ask = ["check", "--scope", "um:bulk", "--user", "carol"]
    host.say(*ask, stdin=token)
    assert host.json("grant", "remove", "carol", "um:bulk", "--reason", "moved on")["scopes"] == \
        ["mail:*", "ssh:login"]
    assert "refused (scope-denied)" in host.ctl(*ask, stdin=token, check=5).stdout
    assert "carol does not hold all of these scopes" in \
        host.fails(3, "grant", "remove", "carol", "um:bulk")
    assert "(held: mail:*,ssh:login)" in host.fails(3, "grant", "remove", "carol", "mail:read")
    assert '"nonsense" is not a scope' in host.fails(2, "grant", "add", "carol", "nonsense")
    host.fails(3, "grant", "add", "zoe", "mail:read")
    assert host.ctl("grant", "list", "zoe", check=0).stderr == "no grants\n"


# --- who is asking ---

def test_whoami_of_an_operator(shared):
    assert shared.say("whoami") == (
        f"{own_name()} (uid {ME}), operator of this host\n"
        f"  through      patd on {shared.manage_socket}\n"
        "  may          everything, in every tenant\n")
    assert shared.json("whoami")["operator"] is True


if IS_ROOT:
    @pytest.fixture(scope="module")
    def people():
        """acme with an administrator and an auditor; all of them have accounts."""
        with Host() as patd:
            for name, uid, role in (("adam", ADMIN, "admin"), ("olga", AUDITOR, "auditor")):
                patd.user(name, grants=["mail:*"], account=name, uid=uid, role=role)
            yield patd

    def test_a_plain_user_manages_only_their_own(people):
        """D1, E24."""
        token = people.say("create", "--name", "of my own", "--scope", "mail:read", "-q",
                           uid=ALICE).rstrip()
        other = id_of(people.make("of somebody else", user="carol"))
        assert people.say("whoami", uid=ALICE).startswith(
            f"alice (uid {ALICE})\n  through      patd on {people.manage_socket}\n"
            "alice in tenant acme, role user\n  grants       mail:*,")
        assert [row["user"] for row in people.json("list", uid=ALICE)["tokens"]] == ["alice"]
        assert [row["user"] for row in people.json("user", "list", uid=ALICE)["users"]] == ["alice"]
        assert people.json("user", "show", uid=ALICE)["user"] == "alice"
        for arguments in (["show", other], ["show", "of somebody else"], ["uses", other],
                          ["revoke", "--yes", other]):
            assert "no token, id prefix or name" in people.fails(3, *arguments, uid=ALICE)
        assert people.state_of(other) == "active"
        assert people.say("check", "--service", "imap", "--user", "alice", uid=ALICE,
                          stdin=token).startswith("✓ accepted\n")
        people.say("revoke", "--yes", id_of(token), uid=ALICE)

    @pytest.mark.parametrize("arguments", [
        ["tenant", "create", "mine"], ["setup", "-t", "mine", "--yes"],
        ["user", "create", "mallory", "--virtual"],
        ["grant", "add", "alice", "sudo:run"],
        ["log", "--verify", "-t", "acme"], ["user", "disable", "alice"],
    ], ids=" ".join)
    def test_what_is_not_permitted_ends_with_4(people, arguments):
        before = people.head()
        for uid in (ALICE, STRANGER):
            done = people.ctl(*arguments, uid=uid)
            assert done.returncode in (3, 4) and done.stdout == "", (uid, done)
            assert done.stderr.startswith(f"patctl: {arguments[0]}")
        assert people.ctl(*arguments, uid=ALICE).returncode == 4
        assert people.head() == before

    def test_a_stranger_is_told_who_they_are_and_no_more(people):
        told = people.say("whoami", uid=STRANGER)
        assert told.startswith(f"uid {STRANGER} (uid {STRANGER})\n  through ")
        assert "\n  may          nothing: no user of a tenant is bound to this account." in told
        for arguments in (["list"], ["log"]):
            assert f"uid {STRANGER} may not do this" in people.fails(4, *arguments, uid=STRANGER)
        people.fails(3, "status", uid=STRANGER)
        token = people.make("found in the street")
        ask = ["check", "--service", "imap", "--user", "alice"]
        people.fails(4, *ask, uid=STRANGER, stdin=token)
        token = people.make("carol's, found by alice", user="carol")
        done = people.ctl(*ask, uid=ALICE, stdin=token, check=5)
        assert done.stdout == "✗ refused (unknown): no such token exists\n"

    def test_roles_see_what_they_may(people):
        assert "role admin" in people.say("whoami", uid=ADMIN)
        assert "role auditor" in people.say("whoami", uid=AUDITOR)
        for uid in (ADMIN, AUDITOR):
            users = {row["user"] for row in people.json("user", "list", uid=uid)["users"]}
            assert users == {"alice", "carol", "adam", "olga"}
            assert re.fullmatch(r"✓ acme: verified up to change \d+\n",
                                people.say("log", "--verify", uid=uid))
        people.say("user", "create", "new", "--virtual", uid=ADMIN)
        assert "may not do this" in people.fails(4, "user", "disable", "new", uid=AUDITOR)
        people.say("user", "disable", "new", uid=ADMIN)

    def test_nobody_may_listen_in_the_place_of_patd(people, tmp_path):
        """A socket that somebody else made is not asked."""
        people.directory.chmod(0o755)
        folder = people.directory / "open"
        folder.mkdir()
        folder.chmod(0o777)
        program = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); "
                   "s.listen(); print('up', flush=True); s.settimeout(20); c,_=s.accept(); "
                   "print(len(c.recv(100)))")
        with subprocess.Popen(people.as_uid(STRANGER, ["/usr/bin/python3", "-c", program,
                                                       folder / "sock"]),
                              stdout=subprocess.PIPE, text=True) as fake:
            assert fake.stdout.readline() == "up\n"
            done = people.ctl("--socket", folder / "sock", "list", check=7)
            assert "whoever listens there is neither root nor patd" in done.stderr
            assert fake.stdout.read() == "0\n"
else:
    def test_an_ordinary_users_patd_is_the_users_own(shared):
        """Our own patd takes us for its operator, who may do everything but be somebody else."""
        assert shared.json("whoami")["uid"] == ME
        shared.say("log", "--verify")
