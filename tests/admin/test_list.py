# SPDX-License-Identifier: BSD-2-Clause
"""list: filters, orders and groups; what is cut; names of every script in columns."""
import json
import re

import pytest

from ctlkit import COLOR, Screen, fits, id_of, until, width

NAMES = {  # nobody's name is ASCII only
    "latin": "Żółta łódź, naïve café",
    "cjk": "中文名字的令牌很长很长很长的名字",
    "mixed": "日本 printer ｆｕｌｌ width",
    "combining": "e\u0301te\u0301 a\u0308rger n\u0303andu\u0301",
    "emoji": "party \U0001F389 rocket \U0001F680",
    "hebrew": "הדפסה של אליס",
    "korean": "한국어 토큰 이름",
}
LONG = "the nightly backup runner of the third machine room, second row"


@pytest.fixture(scope="module")
def many(shared):
    """Tokens that differ in everything a filter asks; their ids by name, the oldest first."""
    shared.user("dora", grants=["mail:*", "ldap:bind"])
    shared.tenant("lab", makeDefault=False)
    shared.user("dora", tenant="lab", grants=["mail:*"])
    made = {}
    for name, user, scope, *rest in (
            ("ci-deploy", "alice", "ssh:login", "--expires", "71d"),
            ("ci-build", "alice", "ssh:login,mail:send", "--expires", "3d"),
            ("Reporting Script", "carol", "mail:*"),
            ("phone of dora", "dora", "mail:read", "--expires", "29d"),
            ("laptop of dora", "dora", "ldap:bind", "--expires", "400d"),
            ("lab printer", "dora", "mail:send", "-t", "lab"),
            ("soon over and done", "alice", "mail:read", "--expires", "1s"),
            ("paused for a while", "carol", "mail:read")):
        token = shared.make(name, *rest, user=user, scope=scope)
        made[name] = id_of(token)
        if name == "ci-deploy":
            shared.verify(token, service="sshd", login="alice", address="192.0.2.7")
        if name == "phone of dora":
            shared.verify(token, service="imap", login="dora", address="198.51.100.9")
    shared.say("suspend", made["paused for a while"])
    gone = id_of(shared.make("gone already"))
    shared.say("revoke", "--yes", gone)
    until(lambda: shared.state_of(made["soon over and done"]) == "expired")
    return {**made, "gone already": gone}


def names(host, *arguments):
    return [token["name"] for token in host.json("list", *arguments)["tokens"]]


ALL = ["paused for a while", "soon over and done", "laptop of dora", "phone of dora",
       "Reporting Script", "ci-build", "ci-deploy", "lab printer"]
FILTERS = [
    ([], ALL),
    (["--all"], ["gone already", *ALL]),
    (["-t", "lab"], ["lab printer"]),
    (["-u", "dora"], ["laptop of dora", "phone of dora", "lab printer"]),
    (["-u", "dora", "-t", "acme"], ["laptop of dora", "phone of dora"]),
    (["--name", "DORA"], ["laptop of dora", "phone of dora"]),
    (["--name", "ci-*"], ["ci-build", "ci-deploy"]),
    (["--name", "ci-????ld"], []), (["--name", "ci-?????"], ["ci-build"]),
    (["--name", "*dora"], ["laptop of dora", "phone of dora"]), (["--name", "dora*"], []),
    (["--scope", "ldap:bind"], ["laptop of dora"]),
    (["--scope", "ssh:login", "--name", "build"], ["ci-build"]),
    (["--status", "expired"], ["soon over and done"]),
    (["--status", "expiring"], ["ci-build"]),
    (["--status", "revoked"], ["gone already"]),
    (["--status", "suspended,revoked"], ["gone already", "paused for a while"]),
    (["--status", "pending"], []),
    (["--no-expiry"], ["paused for a while", "Reporting Script", "lab printer"]),
    (["--expires-before", "30d", "--status", "active,expiring"], ["phone of dora", "ci-build"]),
    (["--expires-before", "2d"], ["soon over and done"]),
    (["--created-before", "1d"], []), (["--created-after", "1d"], ALL),
    (["--service", "sshd"], ["ci-deploy"]), (["--service", "smtp"], []),
    (["--from", "192.0.2.0/24"], ["ci-deploy"]), (["--from", "2001:db8::/32"], []),
    (["--from", "198.51.100.9"], ["phone of dora"]),
    (["--unused", "never", "-u", "dora"], ["laptop of dora", "lab printer"]),
    (["--unused", "90d"], []),
    (["--limit", "2"], ALL[:2]),
    (["--unused", "never", "-u", "dora", "--limit", "1"], ["laptop of dora"]),
]


@pytest.mark.parametrize("arguments, expected", FILTERS, ids=str)
def test_filters(shared, many, arguments, expected):
    """A29, E21, M4."""
    assert names(shared, *arguments) == expected
    text = shared.say("list", *arguments)
    assert text.splitlines()[-1].startswith(
        f"{len(expected)} token{'' if len(expected) == 1 else 's'}")


def test_unused_since_a_moment(shared, many):
    """C25: what was used is not unused since then; what nobody used is, once it is old enough."""
    ids = {many["ci-deploy"], many["ci-build"]}
    until(lambda: {token["id"] for token in shared.json("list", "--unused", "1s", "--name", "ci-*")
                   ["tokens"]} >= ids)
    since = shared.json("show", "ci-deploy")["last_used"]
    unused = {token["id"] for token in shared.json("list", "--unused", since, "--all")["tokens"]}
    assert many["ci-deploy"] not in unused


@pytest.mark.parametrize("wrong", [["--scope", "nonsense"], ["--from", "nowhere"],
                                   ["--service", "a b"], ["--name", ""]], ids=str)
def test_values_that_mean_nothing_are_refused(shared, many, wrong):
    shared.fails(2, "list", *wrong)


@pytest.mark.parametrize("field, expected", [
    ("name", sorted(ALL, key=str)), ("-name", sorted(ALL, key=str)[::-1]),
    ("created", ["lab printer", "ci-deploy", "ci-build", "Reporting Script", "phone of dora"]),
    ("expires", ["soon over and done", "ci-build", "phone of dora", "ci-deploy", "laptop of dora"]),
    ("-last_used", ["phone of dora", "ci-deploy"]),
    ("status", ["laptop of dora", "phone of dora", "Reporting Script", "ci-deploy", "lab printer",
                "ci-build", "paused for a while", "soon over and done"]),
    ("-refused", None),
], ids=str)
def test_orders(shared, many, field, expected):
    """E22."""
    told = names(shared, "--sort", field)
    assert sorted(told) == sorted(ALL)
    if field == "created":  # of two tenants; the order within one second is that of making
        assert told.index("ci-deploy") < told.index("ci-build") < told.index("phone of dora")
    elif expected is not None:
        assert told[:len(expected)] == expected
    if expected is None:
        assert told == ALL  # all are equal, and keep their order
    assert names(shared, "--sort", field, "--limit", "3") == told[:3]


def test_groups(shared, many):
    whole = shared.json("list", "--group-by", "user")
    assert [group["group"] for group in whole["groups"]] == ["alice", "carol", "dora"]
    assert [len(group["tokens"]) for group in whole["groups"]] == [3, 2, 3]
    assert [token["name"] for token in whole["tokens"]] == ALL
    text = shared.say("list", "--group-by", "scope", "--columns", "id,name")
    parts = re.split(r"^(\S+) \((\d+)\)$", text, flags=re.M)
    found = {name: (int(count), rows.split("\n8 tokens")[0]) for name, count, rows in
             zip(parts[1::3], parts[2::3], parts[3::3])}
    assert list(found) == ["ldap:bind", "mail:*", "mail:read", "mail:send", "ssh:login"]
    for name, (count, rows) in found.items():
        assert len(re.findall(r"^[0-9a-z]{8} ", rows, re.M)) == count, name
    assert text.splitlines()[-1].startswith("8 tokens: ")
    assert "(" not in shared.say("list", "--group-by", "user", "--plain", "--columns", "id,name")
    states = shared.json("list", "--group-by", "status", "--all")["groups"]
    assert [group["group"] for group in states] == ["active", "expiring", "suspended", "expired",
                                                    "revoked"]


@pytest.mark.parametrize("fields, status", [("id", 0), ("id,status", 0), ("id,naem", 2),
                                            ("statsu", 2), ("", 2), ("ID", 2), ("id,,name", 0),
                                            ("v", 2)], ids=str)
def test_fields_of_json_are_judged_first(shared, many, fields, status):
    done = shared.ctl("list", f"--json={fields}", check=status)
    if status == 0:
        wanted = set(filter(None, fields.split(","))) | {"v"}
        assert {name for token in json.loads(done.stdout)["tokens"] for name in token} == wanted
    else:
        error = json.loads(done.stderr)["error"]
        assert error["code"] == 2 and error["message"].startswith("--json: no field ")
        assert done.stdout == "" and (fields != "id,naem" or 'mean "name"?' in error["message"])


def test_a_misspelt_field_stops_what_would_change_something(shared, many):
    before = shared.head()
    for arguments in (["revoke", "--yes", "ci-deploy"], ["suspend", "ci-deploy"],
                      ["edit", "ci-deploy", "--name", "another name"],
                      ["create", "alice", "--name", "one too many", "--scope", "mail:read"]):
        assert "no field" in shared.fails(2, *arguments, "--json=id,naem")
    for arguments in (["show", "ci-deploy"], ["uses"], ["log"], ["status"], ["review"],
                      ["timeline"], ["user", "list"], ["grant", "list"], ["tenant", "list"]):
        assert "no field" in shared.fails(2, *arguments, "--json=frob")
    for arguments in (["whoami"], ["check", "--scope", "mail:read"]):
        assert "whole object" in shared.fails(2, *arguments, "--json=frob")
    assert shared.head() == before


# --- columns ---

@pytest.fixture(scope="module")
def scripts(shared):
    shared.user("otto", grants=["mail:*", "ssh:login", "db:connect"])
    ids = [id_of(shared.make(name, user="otto", scope="mail:read")) for name in NAMES.values()]
    ids.append(id_of(shared.make(LONG, user="otto", scope="mail:send,ssh:login,db:connect")))
    return ids


def column(lines, heading):
    """Where the values of a column begin, in columns of the terminal."""
    at = width(lines[0][:lines[0].index(heading)])
    starts = set()
    for line in lines[1:]:
        plain, columns = COLOR.sub("", line), 0
        for index, character in enumerate(plain):
            if columns >= at:
                starts.add((columns == at, plain[index - 1] == " ", character != " "))
                break
            columns += width(character)
    return starts


@pytest.mark.parametrize("columns", [80, 100, 132])
def test_every_script_lines_up(shared, scripts, columns):
    lines = [line for line in Screen(shared, "list", "-u", "otto", columns=columns).lines[:-1]]
    assert len(lines) == len(NAMES) + 2 and fits("\n".join(lines), columns) == []
    for heading in ("SCOPES", "EXPIRES", "LAST USED", "STATUS"):
        assert column(lines, heading) == {(True, True, True)}, heading


def test_what_is_cut_is_marked(shared, scripts):
    row = next(line for line in Screen(shared, "list", "-u", "otto").lines if "the nightly" in line)
    assert "…" in row and LONG not in row and re.search(r"the nightly[^…]*… ", row)
    assert row.startswith(scripts[-1])
    ascii_row = next(line for line in Screen(shared, "list", "-u", "otto",
                                             environment={"LC_ALL": "C"}).lines
                     if "the nightly" in line)
    assert "..." in ascii_row and "…" not in ascii_row and width(ascii_row) <= 80
    assert "…" not in shared.say("list", "-u", "otto", "--columns", "id,name,scopes")
    wide = Screen(shared, "list", "-u", "otto", "--columns", "name", columns=200).text
    assert "…" not in wide and LONG in wide


def test_bars_of_a_wide_terminal(shared, many):
    lines = Screen(shared, "list", "--name", "ci-*", columns=120).lines
    assert "30 DAYS" in lines[0]
    bars = {line.split()[1]: re.search(r"[▁-█]{8}", line)[0] for line in lines[1:3]}
    assert bars["ci-deploy"] == "▁▁▁▁▁▁▁█" and bars["ci-build"] == "▁▁▁▁▁▁▁▁"
    for arguments, environment in ((["--plain"], {}), ([], {"LC_ALL": "C"}),
                                   (["--columns", "id,name"], {})):
        assert "30 DAYS" not in Screen(shared, "list", *arguments, columns=120,
                                       environment=environment).text


@pytest.mark.parametrize("name", ["over\u202ethere now", "\u2066isolated name", "tab\tin the name",
                                  "bell\x07 in the name", "esc\x1b[2Jape name", "c1 \x9b2J name",
                                  "line\u2028separator", "new\nline name", "delete \x7f name"],
                         ids=ascii)
def test_names_that_would_move_things_are_refused(shared, many, name):
    before = shared.head()
    said = shared.fails(2, "create", "alice", "--name", name, "--scope", "mail:read", "-q")
    assert "control" in said or "character" in said or "direction" in said, said
    for wrong in (["--description", name], ["--name", name]):
        shared.fails(2, "edit", "ci-deploy", *wrong)
    assert shared.head() == before
