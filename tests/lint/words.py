# SPDX-License-Identifier: BSD-2-Clause
"""Vocabularies: log events and keys, SQL, the Varlink interface, and words that do not belong."""
import re
import subprocess

from rules import BUILD, SOURCE, code_files, without_comments


def vocabulary(kind):
    text = (SOURCE / "core/audit/keys.def").read_text()
    return set(re.findall(rf'^{kind}\("([^"]+)"', text, re.M))


def test_logged_events_and_keys_are_in_the_vocabulary():
    events, keys, wrong = vocabulary("EVENT"), vocabulary("KEY"), []
    for path in code_files():
        text = path.read_text()
        for match in re.finditer(r'PAT_LOG\(\s*[^,]+,\s*"([^"]+)"(.*?)\);', text, re.S):
            used = re.findall(r'\{"([a-z_]+)",', match[2])
            if match[1] not in events:
                wrong.append(f"{path.name}: event {match[1]}")
            wrong += [f"{path.name}: key {key}" for key in used if key not in keys]
        wrong += [f"{path.name}: event {event}" for event in
                  re.findall(r'\.event = (?:\w+ \? )?"([^"]+)"', text) if event not in events]
    assert wrong == []


def test_the_vocabulary_is_used_or_promised():
    """No key stands in the vocabulary that nothing in the code could write."""
    text = "".join(p.read_text() for p in code_files())
    unused = [key for key in vocabulary("KEY") if f'"{key}"' not in text and f"{key}=" not in text]
    assert unused == []


def test_sql_is_constant():
    """SQL words stand in the rooms of statements; nothing prints into a statement."""
    rooms = {"core/store/sqlite_sql.c", "core/store/sqlite_schema.c", "core/store/sqlite_usage_open.c",
             "core/store/sqlite_usage_sql.c", "admin/drill/places_postgresql.c"}
    found = set()
    for path in code_files():
        if re.search(r'"(SELECT|INSERT|UPDATE|DELETE|CREATE) ', path.read_text()):
            found.add(str(path.relative_to(SOURCE)))
    assert found <= rooms
    for path in rooms:
        for match in re.finditer(r"(sqlite3_mprintf|snprintf)\((.*?)\)",
                                 (SOURCE / path).read_text(), re.S):
            assert not re.search(r'"(SELECT|INSERT|UPDATE|DELETE) ', match[2]), path


def interface():
    text = (SOURCE / "core/wire/io.linuxpat.Manage.varlink").read_text()
    text = re.sub(r"#[^\n]*", "", text)
    return {name: set(re.findall(r"(\w+)\s*:", parameters)) for name, parameters in
            re.findall(r"method (\w+)\((.*?)\)\s*->", text, re.S)}


def test_methods_take_what_the_interface_says():
    methods = interface()
    table = (SOURCE / "patd/manage_table.c").read_text()
    rows = re.findall(r'\{"(\w+)", PATD_\w+, \w+,\s*"([^"]*)"', table)
    assert len(rows) >= 20
    for name, words in rows:
        assert name in methods, name
        assert set(words.split()) <= methods[name], name


def test_the_interface_is_served_as_it_stands():
    built = (BUILD / "core/wire/varlink_interface.c").read_text()
    strings = re.findall(r'^\s+"(.*)\\n"$', built, re.M)
    text = "".join(line.replace('\\"', '"').replace("\\\\", "\\") + "\n" for line in strings)
    assert text == (SOURCE / "core/wire/io.linuxpat.Manage.varlink").read_text()


def test_no_word_of_where_it_was_made():
    """The project speaks of itself alone: no path of a machine, no open ends."""
    wrong = []
    for path in code_files():
        text = path.read_text()
        if re.search(r"/(work|home|root|farm)/|\b(TODO|FIXME|XXX)\b", text):
            wrong.append(str(path))
    assert wrong == []


def test_exports_of_the_module():
    done = subprocess.run(["nm", "-D", "--defined-only", str(BUILD / ".libs/pam_pat.so")],
                          capture_output=True, text=True, check=True)
    names = {line.split()[2] for line in done.stdout.splitlines() if line.split()[1] in "TDBR"}
    assert names == {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt"}


def test_the_module_needs_libc_and_libpam_only():
    done = subprocess.run(["readelf", "-d", str(BUILD / ".libs/pam_pat.so")],
                          capture_output=True, text=True, check=True)
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout))
    sanitizers = {name for name in needed if name.startswith(("libasan", "libubsan"))}
    assert needed - sanitizers == {"libc.so.6", "libpam.so.0"}
    if not sanitizers:
        assert re.search(r"FLAGS_1.*NODELETE", done.stdout)
        assert re.search(r"FLAGS_1.*NOW", done.stdout)


def test_comments_say_what_a_room_is():
    """Every .c opens with a paragraph about the room."""
    wrong = [str(p.relative_to(SOURCE)) for p in code_files() if p.suffix == ".c" and
             not p.read_text().splitlines()[1].startswith("/*")]
    assert wrong == []
    assert without_comments("a /* b */ c").split() == ["a", "c"]
