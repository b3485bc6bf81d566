# SPDX-License-Identifier: BSD-2-Clause
"""apply and settings: what a host is, from a file and into one (pat-settings(5))."""
import json
import os
import pwd
import re
import signal
import subprocess
from random import Random

import pytest

from pat import IS_ROOT, SOURCE, Patd
from ctlkit import ADMIN, Host, Screen, UNUSED, fits, until
from test_schema import holds

EXAMPLE = (SOURCE / "packaging/settings.example").read_text()
SYSTEM = next(entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 1000)
NOTHING = "✓ Nothing to change.\n"
OPTIONS = dict(re.findall(r'^SETTING\(TENANT, "([\w-]+)", (\w+)',
                          (SOURCE / "admin/apply/settings.def").read_text(), re.M))


class Settings:
    """A host, and a file beside it."""

    def __init__(self, host):
        self.host = host
        self.file = host.directory / "settings"

    def apply(self, text, *arguments, check=0, **named):
        self.file.write_text(text)
        return self.host.ctl("apply", self.file, *arguments, check=check, **named)

    def settle(self, text, *arguments):
        """Applied, and then there is nothing left to do."""
        self.apply(text, "--yes", *arguments)
        assert self.apply(text, *arguments).stdout == NOTHING

    def differences(self, text, *arguments):
        """The lines of a dry run; nothing changes by it."""
        before = self.heads()
        done = self.apply(text, "--dry-run", *arguments, check=None)
        assert self.heads() == before and done.stderr == ""
        assert done.returncode == (0 if done.stdout == NOTHING else 9)
        return done.stdout

    def heads(self):
        return {entry["tenant"]: entry["head"] for entry in self.host.call("LogVerify", more=True)
                if "head" in entry}

    def present(self, *arguments):
        """What there is, by title: options in the words of the file."""
        document = self.host.json("settings", *arguments)
        assert holds("settings", document)
        return {(row["kind"], row["tenant"], row["name"]): row["options"]
                for row in document["settings"]}

    def events(self, since):
        """Events of acme's change log behind a number, in order."""
        return [entry["change"]["event"] for entry in self.host.call("Log", tenant="acme", more=True)
                if "change" in entry and entry["change"]["seq"] > since]


@pytest.fixture
def empty(patd):
    """A host without a tenant."""
    patd.say = lambda *words, check=0, **named: patd.ctl(*words, check=check, **named).stdout
    patd.json = lambda *words, **named: json.loads(patd.say(*words, "--json", **named))
    return Settings(patd)


@pytest.fixture
def here(host):
    """acme with alice (bound) and carol (virtual)."""
    return Settings(host)


@pytest.fixture(scope="module")
def still():
    """The same, for what changes nothing."""
    with Host() as host:
        yield Settings(host)


# --- the whole of it ---

def test_a_fresh_host_becomes_what_the_example_says(empty):
    """S22."""
    shown = empty.differences(EXAMPLE)
    assert shown.startswith("+ tenant acme\n") and "\n    + grants               http:access, um:bulk\n" in shown
    assert shown.endswith("\n5 to add. Nothing changed (--dry-run).\n")
    assert "~" not in shown and "\n-" not in shown
    done = empty.apply(EXAMPLE, "--yes")
    assert done.stdout.endswith("\n✓ Applied: 5 changes.\n") and done.stderr == ""
    assert empty.apply(EXAMPLE, "--prune").stdout == NOTHING
    present = empty.present()
    assert present["user", "acme", "deploy"] == {
        "account": None, "role": "user", "grants": ["http:access", "um:bulk"],
        "contact": "ops@example.org", "enabled": "yes"}
    assert present["group", "acme", "staff"] == {"grants": ["mail:read", "mail:send"]}
    assert present["scope", None, "um:bulk"]["label"] == "Read and write"
    tenant = present["tenant", "acme", "acme"]
    assert tenant["realms"] == ["example.org", "mail.example.org"] and tenant["max-lifetime"] == "1y"
    assert set(tenant) == set(OPTIONS)
    assert empty.host.call("TenantShow", tenant="acme")["tenant"]["isDefault"] is True


def test_what_is_printed_changes_nothing(empty):
    """S22: and read by another host, it makes that one the same."""
    empty.settle(EXAMPLE)
    printed = empty.host.say("settings")
    assert empty.apply(printed).stdout == NOTHING
    assert [line for line in printed.splitlines() if len(line.encode()) > 190] == []
    with Patd() as other:
        other.ctl("apply", "-", "--yes", stdin=printed, check=0)
        assert other.ctl("settings", check=0).stdout == printed


def test_settings_of_some_tenants(empty):
    empty.settle(EXAMPLE + "[tenant lab]\n[user lab/eve]\nvirtual = yes\n")
    assert re.findall(r"^\[(.*)\]$", empty.host.say("settings", "lab"), re.M) == ["tenant lab", "user lab/eve"]
    assert empty.host.say("settings", "-t", "lab") == empty.host.say("settings", "lab")
    titles = re.findall(r"^\[(.*)\]$", empty.host.say("settings", "lab", "acme"), re.M)
    assert "scope um:bulk" not in titles and "tenant acme" in titles
    told = empty.host.ctl("settings", "nil", check=3)
    assert told.stderr == 'patctl: settings: no tenant "nil"\n' and told.stdout == ""


# --- attributes, each in both directions ---

BOTH = [
    ("tenant acme", "description", "what it is", "something else ..."),
    ("tenant acme", "contact", "help@example.org", ""),
    ("tenant acme", "enabled", "no", "yes"),
    ("tenant acme", "realms", "b.example, a.example", "a.example, c.example"),
    ("tenant acme", "max-tokens", "unlimited", "3"),
    ("tenant acme", "name-min", "64", "1"),
    ("tenant acme", "require-expiry", "yes", "no"),
    ("tenant acme", "require-from", "yes", "no"),
    ("tenant acme", "default-expiry", "36h", "none"),
    ("tenant acme", "max-lifetime", "90d", "unlimited"),
    ("tenant acme", "confirm-within", "1h", "90s"),
    ("tenant acme", "scopes", "mail:*, ssh:login", "any"),
    ("tenant acme", "scopes", "", "mail:read"),
    ("tenant acme", "networks", "10.0.0.0/8, 2001:db8::/32", "any"),
    ("tenant acme", "self-service", "no", "yes"),
    ("tenant acme", "self-service-scopes", "", "mail:read"),
    ("user acme/carol", "role", "admin", "auditor"),
    ("user acme/carol", "grants", "", "ldap:bind, mail:read"),
    ("user acme/carol", "contact", "carol@example.org", ""),
    ("user acme/carol", "enabled", "no", "yes"),
    ("user acme/carol", "account", f"{SYSTEM.pw_name}\nsystem = yes", None),
    ("user acme/carol", "account", "root\nallow-root = yes", None),
    ("group acme/some staff", "grants", "mail:*", ""),
    ("scope um:read", "label", "Read", "Look at"),
    ("scope um:read", "meaning", "look at accounts", "see accounts"),
]


@pytest.mark.parametrize("title, option, first, second", BOTH,
                         ids=lambda value: str(value).split("\n", maxsplit=1)[0])
def test_each_option_goes_both_ways(here, title, option, first, second):
    kind = title.split()[0]
    more = "label = Reading\n" if kind == "scope" and option != "label" else ""
    for value in (first, second, first):
        line = "virtual = yes" if value is None else f"{option} = {value}"
        text = f"[{title}]\n{line}\n{more}"
        shown = here.differences(text)
        assert f" {title}\n" in shown and option in shown
        here.settle(text)
        wanted = None if value is None else value.split("\n")[0]
        present, = [row for row in here.host.json("settings")["settings"]
                    if f"{row['kind']} {row['tenant'] or ''}/{row['name']}".endswith(title.split(" ", 1)[1])
                    and row["kind"] == kind] or [None]
        if present is None:
            assert kind == "group" and value == ""
            continue
        value_now = present["options"][option]
        if isinstance(value_now, list):
            value_now = ", ".join(value_now)
        assert value_now == wanted


def test_the_default_tenant_moves(here):
    here.settle("[tenant lab]\ndefault = yes\n")
    assert here.host.call("Status")["defaultTenant"] == "lab"
    here.settle("[tenant acme]\ndefault = yes\n[tenant lab]\ncontact = x\n")
    assert here.host.call("Status")["defaultTenant"] == "acme"


def test_realms_move_between_tenants(here):
    here.settle("[tenant acme]\nrealms = a.example, b.example\n[tenant lab]\nrealms = c.example\n")
    here.settle("[tenant acme]\nrealms = c.example\n[tenant lab]\nrealms = b.example, a.example\n")
    here.settle("[tenant acme]\nrealms = d.example\n[tenant new]\nrealms = c.example\n")


def test_an_account_that_was_made_again_is_bound_again(here):
    """Same name, another uid: a difference, told with both."""
    here.host.user("ghost", grants=[], account=SYSTEM.pw_name, uid=60099)
    text = f"[user acme/ghost]\naccount = {SYSTEM.pw_name}\nsystem = yes\n"
    assert f"{SYSTEM.pw_name} (uid 60099) -> {SYSTEM.pw_name} (uid {SYSTEM.pw_uid})" in \
        here.differences(text)
    here.settle(text)
    assert here.host.call("UserShow", user="ghost")["user"]["uid"] == SYSTEM.pw_uid


def test_what_is_not_mentioned_stays(here):
    here.settle(EXAMPLE.replace("[user acme/alice]", "[user acme/alicia]"))
    before = here.present()
    here.settle("[tenant acme]\ncontact = nobody\n[user acme/deploy]\n[group acme/staff]\n")
    after = here.present()
    before["tenant", "acme", "acme"]["contact"] = "nobody"
    assert after == before


def test_prune_takes_away_what_a_tenant_has_and_the_file_does_not(here):
    """S22: users are disabled, grants taken back; nothing is deleted, nothing of other tenants."""
    here.host.tenant("lab", makeDefault=False)
    here.host.user("eve", grants=["mail:*"], tenant="lab")
    here.host.call("GrantAdd", holder="@wheel", scopes=["sudo:run"])
    here.host.make("carol has a token", user="carol")
    text = "[tenant acme]\n[user acme/alice]\ngrants = mail:*\n[user lab/new]\nvirtual = yes\n"
    plain = here.differences(text)
    assert "carol" not in plain and "wheel" not in plain
    shown = here.differences(text, "--prune")
    assert "- user acme/carol   (the file does not name it)\n    - grants               mail:*\n" \
        "    ~ enabled              yes -> no\n" in shown
    assert "- group acme/wheel   (the file does not name it)\n    - grants               sudo:run\n" in shown
    assert "eve" not in shown and "1 to add, 1 to change, 2 to take away" in shown
    here.settle(text, "--prune")
    present = here.present()
    assert present["user", "acme", "carol"]["enabled"] == "no"
    assert present["user", "acme", "carol"]["grants"] == []
    assert ("group", "acme", "wheel") not in present
    assert present["user", "lab", "eve"] == {"account": None, "role": "user", "grants": ["mail:*"],
                                            "contact": "", "enabled": "yes"}
    assert len(here.host.json("list", "-u", "carol")["tokens"]) == 1


# --- order, and what stops it ---

def test_what_takes_away_comes_first(here):
    here.host.call("GrantAdd", holder="@wheel", scopes=["sudo:run"])
    here.host.call("UserSetRole", user="carol", role="admin")
    here.host.call("UserCreate", user="bob", grants=["http:access"])
    head = here.heads()["acme"]
    here.settle("[user acme/aaa]\nvirtual = yes\n[tenant acme]\nmax-tokens = 3\nname-min = 1\n"
                "[user acme/carol]\nrole = user\ngrants = mail:read, ldap:bind\n"
                "[user acme/bob]\nenabled = no\n[group acme/wheel]\ngrants =\n[group acme/new]\ngrants = a:b\n")
    events = here.events(head)
    assert events[0] == "grant.add"  # mail:read, which carol's mail:* gave already
    less = {"tenant.set", "grant.remove", "user.role", "user.disable"}
    assert set(events[1:6]) == less and len(events) == 10
    assert sorted(events[6:]) == ["grant.add", "grant.add", "tenant.set", "user.create"]


def test_a_wider_form_of_a_grant_leaves_no_gap(here):
    head = here.heads()["acme"]
    here.settle("[user acme/alice]\ngrants = mail:read, ssh:login\n")
    assert here.events(head) == ["grant.add", "grant.remove"]
    here.settle("[user acme/alice]\ngrants = mail:*, ssh:login\n")
    assert here.events(head) == 2 * ["grant.add", "grant.remove"]


def test_a_full_set_of_grants_can_be_exchanged(here):
    many = [f"a{number:02}:x" for number in range(31)]
    here.settle(f"[user acme/carol]\ngrants = mail:*\ngrants = {','.join(many[:15])}\n"
                f"grants = {','.join(many[15:])}\n")
    here.settle(f"[user acme/carol]\ngrants = mail:read\ngrants = {','.join(many[:15])}\n"
                f"grants = {','.join(many[15:])}\n")
    here.settle(f"[user acme/carol]\ngrants = mail:*\ngrants = {','.join(many[:15])}\n"
                f"grants = {','.join(many[15:])}\n")


def test_scopes_of_a_tenant_and_grants_within_them_change_together(here):
    here.settle("[tenant acme]\nscopes = mail:*, ssh:login\n[user acme/carol]\ngrants = mail:*\n")
    here.settle("[tenant acme]\nscopes = ldap:*, mail:read\n[user acme/carol]\ngrants = mail:read, ldap:bind\n"
                "[user acme/alice]\ngrants = mail:read\n")


def test_the_reason_stands_in_the_log(here):
    head = here.heads()["acme"]
    here.apply("[user acme/carol]\ngrants = ldap:bind\ncontact = x\n[tenant acme]\nname-min = 9\n",
               "--yes", "--reason", "change 4711")
    changes = [entry["change"] for entry in here.host.call("Log", tenant="acme", more=True)
               if "change" in entry and entry["change"]["seq"] > head]
    assert len(changes) == 4 and {change["reason"] for change in changes} == {"change 4711"}


def test_a_failure_in_the_middle_says_where_it_stopped(here):
    """S22: and the next run goes on from there."""
    here.host.make("carol has a token", user="carol")
    text = f"[tenant acme]\nname-min = 12\n[user acme/carol]\naccount = {SYSTEM.pw_name}\nsystem = yes\n" \
        "[user acme/zoe]\nvirtual = yes\n"
    done = here.apply(text, "--yes", check=8)
    assert "carol has live tokens, which would open the account too" in done.stderr
    assert "▲ 1 of 3 changes were made. This one failed:\n" \
        f"    user acme/carol: account {SYSTEM.pw_name} (uid {SYSTEM.pw_uid})\n" \
        "  Not made either:\n    user acme/zoe: made\n" \
        "  To apply the file again goes on from there.\n" in done.stderr
    assert here.present()["tenant", "acme", "acme"]["name-min"] == "12"
    assert "tenant acme" not in here.differences(text)
    document = json.loads(here.apply(text, "--yes", "--json", check=6).stdout)
    assert holds("apply", document) and document["applied"] is False
    assert (document["done"], document["calls"]) == (0, 2)
    here.host.say("revoke", "-u", "carol", "--yes")
    here.settle(text)


def test_ctrl_c_finishes_what_is_in_hand(here):
    """What was made stays, and is told; the next run does the rest."""
    text = "".join(f"[user acme/u{number:04}]\nvirtual = yes\n" for number in range(2000))
    here.file.write_text(text)
    process = subprocess.Popen(
        [here.host.bin / "patctl", "--socket", here.host.manage_socket, "apply", here.file, "--yes"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    until(lambda: here.heads()["acme"] > 20)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 8, told
    made = int(re.search(r"▲ (\d+) of 2000 changes were made", told)[1])
    assert here.heads()["acme"] == made + 3 and "    and " in told
    assert f"\n{2000 - made} to add. Nothing changed" in here.differences(text)


# --- asking ---

CHANGE = "[user acme/carol]\ncontact = carol@example.org\n"


def test_without_a_terminal_it_wants_yes(still):
    done = still.apply(CHANGE, check=2)
    assert done.stderr == "patctl: apply: nobody to ask for confirmation: give --yes\n"
    assert "~ user acme/carol" in done.stdout and still.differences(CHANGE) != NOTHING
    assert "give --yes" in still.apply(CHANGE, "--no-input", check=2).stderr


def test_on_a_terminal_it_asks(here):
    here.file.write_text(CHANGE)
    screen = Screen(here.host, "apply", here.file, answers=[("1 to change. Apply? [y/N] ", "n\n")])
    assert screen.status == 10 and "Nothing changed." in screen.text and fits(screen.text) == []
    assert "\x1b[33m~ user acme/carol\x1b[0m" in screen.text
    assert here.differences(CHANGE) != NOTHING
    screen = Screen(here.host, "apply", here.file, answers=[("[y/N] ", "y\n")])
    assert screen.status == 0 and "✓ Applied: 1 change." in screen.text
    assert here.differences(CHANGE) == NOTHING
    screen = Screen(here.host, "apply", here.file)
    assert screen.status == 0 and "Nothing to change." in screen.text


def test_colours_are_a_second_channel(still):
    coloured = still.apply(CHANGE, "-n", "--color=always", check=9).stdout
    plain = still.apply(CHANGE, "-n", check=9).stdout
    assert "\x1b[" in coloured and "\x1b[" not in plain
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain


def test_json_tells_the_differences(here):
    document = json.loads(here.apply(CHANGE, "--json", "--dry-run", check=9).stdout)
    assert holds("apply", document)
    assert document == {"v": 1, "applied": False, "calls": 1, "done": 0, "changes": [
        {"change": "set", "kind": "user", "tenant": "acme", "name": "carol", "line": 1, "options": [
            {"option": "contact", "before": "", "after": "carol@example.org"}]}]}
    document = json.loads(here.apply(EXAMPLE + "[user acme/x]\naccount = root\nallow-root = yes\n",
                                     "--json", "--prune", "--yes").stdout)
    assert holds("apply", document) and document["applied"] is True
    assert {row["change"] for row in document["changes"]} == {"add", "set", "remove"}
    document = json.loads(here.apply(EXAMPLE, "--json").stdout)
    assert document == {"v": 1, "applied": False, "calls": 0, "done": 0, "changes": []}
    assert here.apply(CHANGE, "--yes", "--quiet").stdout == ""


# --- what is wrong ---

WRONG = [
    ("x\n", 1, "neither [section] nor name = value"),
    ("contact = x\n", 1, "stands before the first section"),
    ("[tenant acme\n", 1, "neither [section]"),
    ("[tenant acme] x\n", 1, "text behind the section's name"),
    ("\n[host]\n", 2, 'unknown section "host"'),
    ("[tenant]\n", 1, "1 to 16 of a-z and 0-9"),
    ("[tenant Acme]\n", 1, "1 to 16 of a-z and 0-9"),
    ("[tenant abcdefghabcdefghi]\n", 1, "1 to 16 of a-z and 0-9"),
    ("[user alice]\n", 1, "needs TENANT/NAME"),
    ("[user ACME/alice]\n", 1, "1 to 16"),
    ("[user acme/]\n", 1, "a user's name has no"),
    ("[user acme/a@b]\n", 1, "a user's name has no"),
    ("[user acme/-a]\n", 1, "a user's name has no"),
    ("[user acme/a/b]\n", 1, "a user's name has no"),
    ("[group acme/]\n", 1, "not the name of a group"),
    ("[group acme/a:b]\n", 1, "not the name of a group"),
    ("[scope um]\n", 1, "not a scope"), ("[scope um:*]\n", 1, "not a scope"),
    ("[scope a:b,c:d]\n", 1, "not a scope"), ("[scope]\n", 1, "not a scope"),
    ("[scope ssh:login]\n", 1, "built in"),
    ("[scope um:x]\nmeaning = y\n", 1, "needs a label"),
    ("[scope um:x]\nlabel =\n", 1, "needs a label"),
    ("[tenant acme]\n[tenant lab]\n[tenant acme]\n", 3, "stands in line 1 already"),
    ("[user acme/a]\nvirtual = yes\n[user acme/a]\n", 3, "stands in line 1 already"),
    ("[tenant acme]\nenabeld = no\n", 2, 'did you mean "enabled"?'),
    ("[tenant acme]\nrole = user\n", 2, 'unknown option "role" in [tenant]'),
    ("[tenant acme]\nenabled = maybe\n", 2, "enabled: is yes or no"),
    ("[tenant acme]\nenabled = yes\nenabled = yes\n", 3, '"enabled" comes twice'),
    ("[tenant acme]\ndefault = no\n", 2, "is yes, or left out"),
    ("[tenant acme]\ndefault = yes\n[tenant lab]\ndefault = yes\n", 4, "in line 2"),
    ("[tenant acme]\nmax-tokens = 0\n", 2, "from 1 to 2147483647, or unlimited"),
    ("[tenant acme]\nmax-tokens = -1\n", 2, "from 1"), ("[tenant acme]\nmax-tokens =\n", 2, "from 1"),
    ("[tenant acme]\nname-min = 65\n", 2, "from 1 to 64"),
    ("[tenant acme]\nname-min = none\n", 2, "from 1 to 64"),
    ("[tenant acme]\nmax-lifetime = 11y\n", 2, "up to ten years"),
    ("[tenant acme]\nmax-lifetime = tomorrow\n", 2, "up to ten years"),
    ("[tenant acme]\nconfirm-within = none\n", 2, "up to ten years"),
    ("[tenant acme]\nscopes = mail\n", 2, "scopes: "),
    ("[tenant acme]\nscopes = none\n", 2, "scopes: "),
    ("[tenant acme]\nscopes = any\nscopes = mail:*\n", 3, "scopes: "),
    ("[tenant acme]\nnetworks = 10.0.0.1/8\n", 2, "networks: "),
    ("[tenant acme]\nnetworks = example.org\n", 2, "networks: "),
    ("[tenant acme]\nrealms = a b c_d\n", 2, '"c_d" is not a realm'),
    ("[tenant acme]\nrealms = a\nrealms = b A\n", 3, "realm a comes twice"),
    ("[tenant acme]\nrealms = a\n[tenant lab]\nrealms = a\n", 4, "one of tenant acme already"),
    ("[tenant acme]\ncontact = " + 150 * "x" + "\ncontact = " + 150 * "x" + "\n", 3, "254 bytes"),
    ('[tenant acme]\ncontact = "x\n', 2, "quotation marks"),
    ('[tenant acme]\ncontact = "x" y\n', 2, "quotation marks"),
    ('[tenant acme]\ncontact = "x\\n"\n', 2, "quotation marks"),
    ("[user acme/carol]\nrole = king\n", 2, "user, auditor or admin"),
    ("[user acme/carol]\naccount = a/b\n", 2, "not the name of an account"),
    ("[user acme/carol]\naccount = nobody-at-all\n", 2, 'no account "nobody-at-all" on this host'),
    ("[user acme/carol]\naccount = root\nvirtual = yes\n", 3, "account or virtual, once"),
    ("[user acme/carol]\nvirtual = no\n", 2, "is yes, or left out"),
    ("[user acme/carol]\nsystem = yes\n", 2, "goes with account"),
    ("[user acme/carol]\nvirtual = yes\nallow-root = yes\n", 3, "goes with account"),
    ("[user acme/new]\n", 1, "a new user needs account = ACCOUNT or virtual = yes"),
    ("[user nil/carol]\nvirtual = yes\n", 1, "there is no tenant nil"),
    ("[group nil/staff]\ngrants = a:b\n", 1, "there is no tenant nil"),
    ("[user acme/carol]\ngrants = " + ",".join(f"a{n}:b" for n in range(33)) + "\n", 2, "longer than"),
    ("[user acme/carol]\ngrants = " + ",".join(f"a{n}:b" for n in range(20)) + "\ngrants = " +
     ",".join(f"b{n}:b" for n in range(20)) + "\n", 3, "grants: "),
    ("[tenant acme]\n contact = x\n", 2, "begins with white space"),
    ("[tenant acme]\ncontact = x\r\n", 2, "carriage return"),
    ("[tenant acme]\ncontact = \x1b[2J\n", 2, "not readable UTF-8"),
    ("[tenant acme]\ncontact = \u202e\n", 2, "not readable UTF-8"),
    ("[tenant acme]\n# " + 189 * "x" + "\n", 2, "longer than 190 bytes"),
]


@pytest.mark.parametrize("text, line, said", WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_with_its_line(still, text, line, said):
    head = still.heads()
    done = still.apply(text, "--yes", check=2)
    assert done.stdout == "" and still.heads() == head
    told = done.stderr.splitlines()
    assert any(each.startswith(f"patctl: apply: {still.file}:{line}: ") and said in each
               for each in told), done.stderr


def test_all_that_is_wrong_is_told_at_once(still):
    text = "".join(text for text, _, _ in WRONG if not text.startswith("[tenant acme\n"))
    told = still.apply(text, "--yes", check=2).stderr.splitlines()
    lines = [int(re.match(r"patctl: apply: \S+:(\d+): ", each)[1]) for each in told[:-1]]
    assert len(lines) == 50 and told[-1] == "There may be more."
    assert still.apply("x\ny\n", check=2).stderr.count("neither") == 2
    error = json.loads(still.apply("x\ny\n", "--json", check=2).stderr)
    assert holds("error", error) and error["error"]["id"] == "settings.illegal"
    assert ":1: neither" in error["error"]["message"] and "1 more" in error["error"]["hint"]


@pytest.mark.parametrize("text", [
    f"# {UNUSED}\n", f"[tenant acme]\ncontact = ask {UNUSED}.\n", f"[{UNUSED}]\n", f"{UNUSED} = x\n",
    f"[user acme/carol]\n{UNUSED.upper()}\n", f"[user acme/{UNUSED}]\n", f"[tenant acme]\nrealms = {UNUSED}\n",
    f"[tenant acme]\ncontact = {UNUSED[:-1]}0\n", f"x\n[foo]\n[tenant acme]\ncontact = x ; {UNUSED}\n",
])
def test_a_token_in_the_file_is_refused_and_not_repeated(still, text):
    """Nor is any other fault told then, which might repeat it."""
    done = still.apply(text, "--yes", check=2)
    line = next(number for number, each in enumerate(text.splitlines(), 1)
                if UNUSED[:30].lower() in each.lower())
    assert f":{line}: that is a secret" in done.stderr
    assert UNUSED[20:40].lower() not in (done.stdout + done.stderr).lower()


def test_files_that_are_none(still):
    cases = [(b"\0[tenant acme]\n", ": holds a NUL byte"), (b"\xff\n", ":1: not readable UTF-8 text"),
             (b"[tenant acme]\n" + b"#" * 70 + b"\n" * (1 << 24), ": larger than 16384 KiB"),
             (bytes(range(256)), "")]
    for content, said in cases:
        still.file.write_bytes(content)
        assert f"{still.file}{said}" in still.host.ctl("apply", still.file, check=2).stderr
    for name, said in (("/nonexistent/file", "No such file"), (still.host.directory, "Is a directory")):
        assert said in still.host.ctl("apply", name, check=2).stderr
    assert "standard input:1: " in still.host.ctl("apply", "-", stdin="x\n", check=2).stderr
    assert still.apply("", check=0).stdout == NOTHING
    assert still.apply("[tenant acme]\n[user acme/carol]\n", check=0).stdout == NOTHING
    assert "FILE" in still.host.ctl("apply", check=2).stderr


def test_nothing_is_read_before_all_is_judged(still):
    """Also without a patd."""
    still.file.write_text("x\n")
    gone = ["--socket", "/nonexistent"]
    assert ":1: neither" in still.host.ctl(*gone, "apply", still.file, check=2).stderr
    still.file.write_text(CHANGE)
    assert "does not answer" in still.host.ctl(*gone, "apply", still.file, check=7).stderr


# --- forms ---

def test_texts_and_lists_come_through_as_they_are(here):
    texts = ["a ; b", ' "quoted" ', "back\\slash; and \\;", "# not a comment", "= : [x]", "é" * 127,
             "wide 漢字 " * 12, '"', "\\", "; begins", 100 * "; ", "x" * 254]
    for text in texts:
        here.host.call("TenantSet", tenant="acme", contact=text)
        here.host.call("TenantSet", tenant="acme", description=text * 4)
        printed = here.host.say("settings")
        assert [line for line in printed.splitlines() if len(line.encode()) > 190] == []
        assert here.apply(printed).stdout == NOTHING
        here.host.call("TenantSet", tenant="acme", contact="", description="")
        here.settle(printed)
        tenant = here.host.call("TenantShow", tenant="acme")["tenant"]
        assert (tenant["contact"], tenant["description"]) == (text, text * 4)


def test_a_text_goes_on_in_another_line(here):
    here.settle('[tenant acme]\ncontact = first   ; a comment\ncontact = second\n'
                'description = "a "\ndescription = "b"\ndescription = c\ndescription = d\n')
    tenant = here.host.call("TenantShow", tenant="acme")["tenant"]
    assert (tenant["contact"], tenant["description"]) == ("first second", "a bc d")


def test_what_has_no_form_is_left_out_and_told(here):
    here.host.user("a]b", grants=[])
    here.host.user("u" * 200, grants=[])
    here.host.call("TenantSet", tenant="acme", realms=["a." * 100 + "example"],
                   policy={"maxLifetime": 90_500_000})
    done = here.host.ctl("settings", check=8)
    assert done.stderr == "▲ tenant acme: realms has no form in such a file, and is left out\n" \
        "▲ tenant acme: max-lifetime has no form in such a file, and is left out\n" \
        "▲ user acme/a]b has no form in such a file, and is left out\n" \
        f"▲ user acme/{200 * 'u'} has no form in such a file, and is left out\n"
    assert "# realms is left out" in done.stdout and "a]b" not in done.stdout
    assert here.apply(done.stdout).stdout == NOTHING


# --- any state ---

SPANS = ["1d", "36h", "90s", "45m", "30d"]
LIFETIMES = ["unlimited", "31d", "90d", "1y", "10y"]
SCOPES = ["mail:*", "mail:read", "ldap:bind", "http:access", "a:b", "a:c", "a:*"]
TEXTS = ["", "x", "a ; b", '" "', " é ", "\\", 24 * "wide 漢 "]
REALMS = ["a.example", "b.example", "c.example"]
SOME_ACCOUNTS = [None, "root", SYSTEM.pw_name]


def quoted(text):
    return '"' + re.sub(r'(["\\;])', r"\\\1", text) + '"'


class World:
    """A model of the host, and files that change some of it."""

    def __init__(self, random, present):
        self.random, self.model = random, present

    def some(self, words, count=None):
        return sorted(self.random.sample(words, self.random.randint(0, len(words))
                                         if count is None else count))

    def tenant(self, realms):
        one = self.random.choice
        return {"description": one(TEXTS), "contact": one(TEXTS), "enabled": one(["yes", "no"]),
                "realms": realms, "max-tokens": one(["unlimited", "1", "25"]),
                "name-min": one(["1", "8", "64"]), "require-expiry": one(["yes", "no"]),
                "require-from": one(["yes", "no"]), "default-expiry": one(["none", *SPANS]),
                "max-lifetime": one(LIFETIMES), "confirm-within": one(SPANS[:-1]),
                "scopes": one(["any", ["a:*", "http:*", "ldap:*", "mail:*"]]),
                "networks": one(["any", [], ["10.0.0.0/8", "192.0.2.0/24"]]),
                "self-service": one(["yes", "no"]), "self-service-scopes": self.some(SCOPES)}

    def user(self):
        one = self.random.choice
        return {"account": one(SOME_ACCOUNTS), "role": one(["user", "auditor", "admin"]),
                "grants": self.some(SCOPES), "contact": one(TEXTS), "enabled": one(["yes", "no"])}

    def objects(self):
        """Everything that a file may say, by title."""
        realms = self.random.sample(REALMS, len(REALMS))
        cut = self.random.randint(0, len(REALMS))
        yield ("tenant", "acme", "acme"), self.tenant(realms[:cut])
        yield ("tenant", "lab", "lab"), self.tenant(realms[cut:self.random.randint(cut, len(REALMS))])
        for tenant in ("acme", "lab"):
            for name in ("alice", "bob", "c-d"):
                yield ("user", tenant, name), self.user()
            for name in ("staff", "domain users"):
                yield ("group", tenant, name), {"grants": self.some(SCOPES)}
        for name in ("um:read", "um:write"):
            yield ("scope", None, name), {"label": self.random.choice(["x", "y"]),
                                          "meaning": self.random.choice(["do", "not"])}

    def subset(self, key, options):
        """Some of the options; those that a new object needs, and realms, which tenants exchange."""
        needed = {"account", "realms", "label", "meaning"}
        return {name: value for name, value in options.items()
                if name in needed or self.random.random() < 0.6}

    def wanted(self):
        return {key: self.subset(key, options) for key, options in self.objects()
                if key[0] == "tenant" or self.random.random() < 0.7}

    def text(self, wanted):
        lines = []
        for (kind, tenant, name), options in self.random.sample(list(wanted.items()), len(wanted)):
            lines.append(f"[{kind} {tenant + '/' if kind in ('user', 'group') else ''}{name}]")
            for option, value in self.random.sample(list(options.items()), len(options)):
                if option == "account":
                    lines.append({None: "virtual = yes", "root": "account = root\nallow-root = yes"}.get(
                        value, f"account = {value}\nsystem = yes"))
                elif isinstance(value, list) and value:
                    lines += [f"{option} = {each}" for each in value]
                elif isinstance(value, list):
                    lines.append(f"{option} =")
                elif value in TEXTS:
                    lines += [f"{option} = {quoted(value[at:at + 30])}"
                              for at in range(0, len(value) or 1, 30)]
                else:
                    lines.append(f"{option} = {value}")
        return "\n".join(lines) + "\n"

    def change(self, wanted, prune):
        """What the host is to be afterwards."""
        fresh = {"role": "user", "grants": [], "contact": "", "enabled": "yes"}
        for key, options in wanted.items():
            default = {"user": fresh, "group": {"grants": []}}.get(key[0], {})
            self.model[key] = {**(self.model.get(key) or default), **options}
        for key, options in self.model.items():
            if prune and key[0] in ("user", "group") and key not in wanted:
                options.update({"grants": []}, **({"enabled": "no"} if key[0] == "user" else {}))
        self.model = {key: options for key, options in self.model.items()
                      if key[0] != "group" or options["grants"]}


@pytest.mark.parametrize("seed", range(4))
def test_any_file_makes_any_host_what_it_says(empty, seed):
    """S22: files of random settings, one after the other; each is printed and read again."""
    empty.settle("[tenant acme]\ndefault = yes\n[tenant lab]\n")
    world = World(Random(seed), empty.present())
    for _ in range(12):
        wanted, prune = world.wanted(), world.random.random() < 0.3
        world.change(wanted, prune)
        text = world.text(wanted)
        done = empty.apply(text, "--yes", *["--prune"] * prune, check=None)
        assert done.returncode == 0, (text, done.stderr)
        present = empty.present()
        assert {key: {**options} for key, options in present.items()} == world.model, text
        assert empty.apply(text).stdout == NOTHING
        assert empty.apply(empty.host.say("settings"), "--prune").stdout == NOTHING


# --- who may ---

if IS_ROOT:
    @pytest.fixture
    def boss(here):
        """An administrator of acme."""
        here.host.user("boss", grants=[], account="boss", uid=ADMIN, role="admin")
        here.host.tenant("lab", makeDefault=False)
        here.file.touch()
        here.file.chmod(0o644)
        return here

    def test_an_administrator_applies_what_they_may(boss):
        """Virtual users, their grants, a tighter policy."""
        text = "[tenant acme]\nname-min = 12\ncontact = boss\n[user acme/carol]\ngrants = mail:read\n" \
            "enabled = no\n[user acme/new]\nvirtual = yes\ngrants = ldap:bind\n"
        boss.apply(text, "--yes", uid=ADMIN)
        assert boss.apply(text, uid=ADMIN).stdout == NOTHING
        assert boss.apply(text).stdout == NOTHING

    @pytest.mark.parametrize("text, said", [
        ("[tenant new]\n", "boss may not do this"), ("[tenant lab]\ncontact = x\n", "boss may not"),
        ("[tenant acme]\nname-min = 4\n", "only operators loosen the shortest name"), ("[tenant acme]\nrealms = a\n", "only operators change the realms"),
        ("[tenant acme]\nenabled = no\n", "boss may not"), ("[user acme/carol]\nrole = admin\n", "boss may not"),
        ("[user acme/carol]\naccount = root\nallow-root = yes\n", "boss may not"),
        ("[user acme/alice]\ngrants = mail:*, sudo:run\n", "boss may not"),
        ("[user acme/alice]\nenabled = no\n", "boss may not"), ("[group acme/staff]\ngrants = mail:*\n", "boss may not"),
        ("[scope um:x]\nlabel = x\n", "boss may not"),
    ], ids=lambda value: value[:40])
    def test_an_administrator_is_refused_the_rest(boss, text, said):
        """And nothing of it is done."""
        head = boss.heads()
        done = boss.apply(text, "--yes", uid=ADMIN, check=None)
        assert done.returncode == 4, done
        assert said in done.stderr and "▲ 0 of " in done.stderr
        assert boss.heads() == head

    def test_an_administrator_sees_their_own_tenant_alone(boss):
        printed = boss.host.ctl("settings", uid=ADMIN, check=0).stdout
        assert re.findall(r"^\[tenant (.*)\]$", printed, re.M) == ["acme"]
        assert boss.apply(printed, uid=ADMIN).stdout == NOTHING
        assert "no tenant" in boss.host.ctl("settings", "lab", uid=ADMIN, check=3).stderr
