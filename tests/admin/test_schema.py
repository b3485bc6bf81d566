# SPDX-License-Identifier: BSD-2-Clause
"""Every JSON document is as its schema in doc/schema says: no member more, none less."""
import json

import jsonschema
import pytest

from ctlkit import UNUSED, id_of
from pat import SOURCE

SCHEMAS = {path.stem: json.loads(path.read_text())
           for path in sorted((SOURCE / "doc/schema").glob("*.json"))}


def closed(schema):
    """Programs must bear new members; patctl must not print any that are not written down."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    if "properties" in parts and schema.get("type") == "object":
        parts.setdefault("additionalProperties", False)
    return parts


def holds(name, document):
    jsonschema.Draft202012Validator(closed(SCHEMAS[name])).validate(document)
    return True


@pytest.fixture(scope="module")
def used(shared):
    """Tokens with everything that can be null set, and with nothing of it."""
    token = shared.make("everything is set", "--expires", "3d", "--from", "192.0.2.0/24",
                        "--description", "for the schema", scope="mail:read,ssh:login")
    shared.verify(token, service="imap", login="alice", address="192.0.2.7")
    shared.verify(token, service="imap", login="alice", address="198.51.100.1")
    shared.make("nothing is set")
    shared.say("revoke", "--yes", id_of(shared.make("gone already")), "--reason", "unused")
    return token


DOCUMENTS = [
    ("list", ["list"]), ("list", ["list", "--all"]), ("list", ["list", "--name", "no such"]),
    ("list", ["list", "--group-by", "scope"]), ("list", ["list", "--group-by", "status", "--all"]),
    ("list", ["list", "--sort", "-expires", "--limit", "1"]),
    ("purge", ["purge", "--dry-run"]), ("purge", ["purge"]),
    ("list", ["timeline"]), ("list", ["revoke", "--dry-run", "nothing is set"]),
    ("show", ["show", "everything is set"]), ("show", ["show", "nothing is set"]),
    ("uses", ["uses"]), ("uses", ["uses", "everything is set"]), ("uses", ["uses", "-u", "carol"]),
    ("uses", ["uses", "nothing is set"]),
    ("stats", ["stats"]), ("stats", ["stats", "--by", "user"]), ("stats", ["stats", "--by", "token"]),
    ("notify", ["notify", "--dry-run"]), ("notify", ["notify", "--exec", "cat > /dev/null"]),
    ("scan", ["scan", "-"]), ("sessions", ["sessions"]), ("sessions", ["sessions", "nothing is set"]),
    ("status", ["status"]), ("status", ["status", "-t", "acme"]),
    ("users", ["user", "list"]), ("scopes", ["scope", "list"]),
    ("services", ["service", "list"]), ("service", ["service", "show", "su"]),
    ("service-map", ["service", "map"]),
    ("options", ["config", "show"]), ("paths", ["config", "paths"]),
    ("whoami", ["whoami"]), ("settings", ["settings"]), ("settings", ["settings", "acme"]), ("log", ["log"]), ("log", ["log", "--host"]),
    ("tenants", ["tenant", "list"]), ("tenant", ["tenant", "show", "acme"]),
    ("tenant", ["tenant", "set", "acme", "--contact", "room 7"]),
    ("tenant", ["tenant", "enable", "acme"]),
    ("check", ["explain", "nothing is set", "--scope", "mail:read"]),
]


@pytest.mark.parametrize("name, arguments", DOCUMENTS, ids=str)
def test_a_document_is_as_its_schema_says(shared, used, name, arguments):
    assert holds(name, shared.json(*arguments))
    if name == "list":
        for line in shared.say(*arguments, "--jsonl").splitlines():
            assert holds("list", {"v": 1, "tokens": [json.loads(line)]})


def test_decisions(shared, used):
    for arguments, status in ((["--rhost", "192.0.2.7"], 0), (["--rhost", "198.51.100.1"], 5)):
        ask = ["--service", "imap", "-u", "alice", *arguments, "--json"]
        checked = shared.ctl("check", *ask, stdin=used, check=status)
        assert holds("check", json.loads(checked.stdout))
        explained = shared.ctl("explain", id_of(used), *ask, check=status)
        assert holds("check", json.loads(explained.stdout))
    unknown = shared.ctl("check", "--service", "imap", "--json", stdin=UNUSED, check=5)
    assert holds("check", json.loads(unknown.stdout))


def test_a_tenant_that_is_made_and_goes(host):
    assert holds("tenant", host.json("tenant", "create", "lab", "--scopes", "mail:*", "--networks",
                                     "192.0.2.0/24", "--max-lifetime", "30d"))
    assert holds("tenant-delete", host.json("tenant", "delete", "lab", "--dry-run"))
    assert holds("tenant-delete", host.json("tenant", "delete", "lab", "--yes"))


def test_what_is_made_changed_and_ended(host):
    made = host.json("create", "alice", "--name", "for the schema", "--scope", "mail:read,mail:send",
                     "--expires", "90d")
    assert holds("create", made) and "token" in made
    for arguments in (["edit", made["id"], "--remove-scope", "mail:send"],):
        assert holds("create", host.json(*arguments))
    for command in ("suspend", "resume"):
        done = host.json(command, made["id"])
        assert list(done) == ["v", f"{command}{'d' if command == 'resume' else 'ed'}"]
        assert holds("list", {"v": 1, "tokens": list(done.values())[1]})
    host.verify(made["token"], service="imap", login="alice")
    host.make("made by a thief")
    revoked = host.json("revoke", "--yes", "--compromised", made["id"])
    assert holds("revoke", revoked) and len(revoked["made_since"]) == 1
    assert holds("revoke", host.json("revoke", "--yes", "made by a thief"))


def test_entries_that_are_shown_alone(host):
    """One user, scope or option is as those of its list."""
    for name, arguments in (
            ("users", ["user", "show", "alice"]), ("users", ["user", "role", "carol", "auditor"]),
            ("users", ["user", "set", "carol", "--contact", "x@example.org"]),
            ("scopes", ["scope", "add", "um:read", "--label", "Read"]),
            ("scopes", ["scope", "show", "um:read"]),
            ("options", ["config", "get", "service.imap.scope"])):
        assert holds(name, {"v": 1, name: [host.json(*arguments)]})
    assert holds("forget", host.json("user", "forget", "carol", "--dry-run"))
    assert holds("forget", host.json("user", "forget", "carol", "--yes"))


def test_findings(shared, used):
    done = shared.ctl("review", "--json", "--age", "1s", check=9)
    document = json.loads(done.stdout)
    assert holds("review", document)
    assert sum(document["counts"].values()) == len(document["findings"]) > 0
    nothing = json.loads(shared.ctl("review", "--json", "-u", "carol", check=0).stdout)
    assert holds("review", nothing) and nothing["findings"] == []


@pytest.mark.parametrize("status, arguments", [
    (2, ["list", "--limit", "0"]), (2, ["frobnicate"]), (2, ["list", "--json=frob"]),
    (3, ["show", "nothing like it"]), (6, ["revoke", "--yes", "gone already"]),
    (6, ["edit", "nothing is set", "--remove-scope", "sudo:run"]),
    (7, ["--socket", "/nonexistent", "list"]),
], ids=str)
def test_failures(shared, used, status, arguments):
    assert holds("error", json.loads(shared.fails(status, *arguments, "--json")))


def test_a_schema_is_not_satisfied_by_anything():
    """The tests above could fail."""
    for name in SCHEMAS:
        for wrong in ({}, [], None, {"v": 2}, {"v": 1, "surplus": 1}):
            with pytest.raises(jsonschema.ValidationError):
                holds(name, wrong)


def test_schemas_are_schemas_and_all_of_them_are_installed():
    listed = (SOURCE / "doc/doc.mk").read_text()
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert f"doc/schema/{name}.json" in listed
        assert schema["title"] and schema["description"]
    assert len(SCHEMAS) >= 11
