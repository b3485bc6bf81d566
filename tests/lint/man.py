# SPDX-License-Identifier: BSD-2-Clause
"""The manual pages are true (M19): clean, complete against the code's tables, examples that run.

Pages are judged as people see them: rendered, with white space made one blank.
"""
import json
import os
import re
import socket
import struct
import subprocess
import sys

import pytest

from rules import BUILD, SOURCE, code_files
from pat import IS_ROOT, Refused, encode_request

PAGES = {
    "patctl": "admin/patctl.1",
    "pat.conf": "doc/pat.conf.5",
    "pat-settings": "doc/pat-settings.5",
    "pat": "doc/pat.7",
    "pat-protocol": "doc/pat-protocol.7",
    "pat-recovery": "doc/pat-recovery.7",
    "pam_pat": "pam_pat/pam_pat.8",
    "patd": "patd/patd.8",
    "sasl_pat": "sasl_pat/sasl_pat.8",
}
OURS = 4242  # a uid that needs no account: patd asks no name service


def source(name):
    return (SOURCE / PAGES[name]).read_text()


def flat(text):
    """One line; what was broken at a hyphen is joined again."""
    text = re.sub(r"(?<=\w)-\n\s+", "-", text)
    return re.sub(r"\s+", " ", text).strip()


def rendered(name):
    done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=500", SOURCE / PAGES[name]],
                          capture_output=True, text=True, check=True)
    return re.sub(".\b", "", done.stdout).replace("\t", " ")


def sections(name):
    """Heading to text, of .Sh; the text begins with a newline."""
    parts = re.split(r"^([A-Z][A-Z ]+)$", rendered(name), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def subsections(text):
    """Heading to text, of .Ss; what stands in front of the first one is under the empty name."""
    parts = re.split(r"^   (\S.*)$", text, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}


def entries(name, macro, section):
    """The names of the list entries of a section, as they stand in the source."""
    text = source(name)
    start = text.index(f"\n{section}\n")
    end = re.compile(r"^\.S[hs] ", re.M).search(text, start + len(section) + 2)
    body = text[start:end.start() if end else len(text)]
    return re.findall(rf"^\.It {macro} (\S+)", body, re.M)


def literals(name, section):
    """The literal blocks of a section, as they are to be copied."""
    text = source(name)
    body = text[text.index(f"\n.Sh {section}\n"):]
    body = re.split(r"^\.Sh ", body[1:], flags=re.M)[1]
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", body, re.M | re.S):
        for escape, plain in ((r"\(dq", '"'), (r"\(aq", "'"), (r"\&", ""), (r"\e", "\\")):
            block = block.replace(escape, plain)
        yield block


def says(text, words):
    """Whether a text has these words, the first letter in either case."""
    return re.search(rf"(?<!\w)[{words[0].upper()}{words[0].lower()}]{re.escape(words[1:])}", text)


# --- form ---

@pytest.mark.parametrize("page", PAGES.values())
def test_pages_are_clean(page):
    for command in (["mandoc", "-T", "lint", "-W", "warning"],
                    ["groff", "-mdoc", "-Tutf8", "-ww", "-z"]):
        done = subprocess.run([*command, SOURCE / page], capture_output=True, text=True,
                              check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), command


def test_every_page_is_known_and_installed():
    """A13."""
    found = {str(path.relative_to(SOURCE)) for folder in ("admin", "doc", "pam_pat", "patd", "sasl_pat")
             for path in (SOURCE / folder).glob("*.[1-8]")}
    listed = re.search(r"dist_man_MANS\s*=((?:.*\\\n)*.*)", (SOURCE / "doc/doc.mk").read_text())
    assert found == set(PAGES.values())
    assert set(listed[1].replace("\\", " ").split()) == found


def test_references_between_pages_hold():
    numbers = {name: path[-1] for name, path in PAGES.items()}
    wrong = [f"{page}: {name}({number})" for page in PAGES
             for name, number in re.findall(r"^\.Xr (\S+) (\d)", source(page), re.M)
             if name.startswith(("pa", "sasl_pa")) and numbers.get(name, number) != number]
    assert wrong == []
    for name in PAGES:
        assert any(f".Xr {name} " in source(other) for other in PAGES if other != name), name


def test_readme_fits_a_terminal():
    readme = (SOURCE / "README").read_text()
    assert [line for line in readme.splitlines() if len(line) > 79] == []
    assert "\t" not in readme


# --- patctl(1) against the table of commands ---

def patctl(*arguments):
    return subprocess.run([BUILD / "admin/patctl", *arguments], capture_output=True, text=True,
                          check=True).stdout


def read_options(text):
    """Options of a help text: (letter or empty, name, argument as printed, help)."""
    options = []
    for line in text.splitlines():
        match = re.match(r"  (?:-(\w), |    )--([a-z-]+)(\S*(?: \S+)?)(?:\s{2,}(.*))?$", line)
        if match:
            options.append([match[1] or "", match[2], match[3].strip(), match[4] or ""])
        elif options and line.startswith(28 * " "):
            options[-1][3] = f"{options[-1][3]} {line.strip()}".strip()
        elif line and not line.startswith(" ") and options:
            break
    return options


def read_commands():
    overview = patctl("--help")
    commands = re.findall(r"^  ([a-z]+(?: [a-z-]+)?)\s{2,}(\S.*)$", overview, re.M)
    assert len(commands) >= 20
    return commands, read_options(overview[overview.index("Options of every command"):])


def described(letter, name, argument, words):
    """How an option stands in the page: its form, then the words of the help."""
    form = (f"-{letter}, " if letter else "") + f"--{name}" + \
        (argument if argument.startswith("[") else f" {argument}" if argument else "")
    return form, words


def check_option(text, option):
    form, words = described(*option)
    assert option[3], option
    assert re.search(re.escape(form) + r" ", text), form
    after = text[re.search(re.escape(form) + r" ", text).end():]
    assert says(after[:len(words) + 1], words), f"{form}: {words}"


def test_patctl_has_every_command_and_option_in_the_same_words():
    commands, options = read_commands()
    every = sections("patctl")
    pages = {}
    for heading in ("TOKENS", "LOOKING", "USERS AND TENANTS", "SCOPES AND CONFIGURATION",
                    "WIRING", "BACKUP AND RECOVERY", "THIS PROGRAM"):
        pages.update(subsections(every[heading]))
    assert set(pages) - {""} == {name for name, _ in commands}
    for option in options:
        check_option(flat(every["OPTIONS"]), option)
    helps = {name: patctl(*name.split(), "--help") for name, _ in commands}
    known = {name: {option[1] for option in read_options(text) + options}
             for name, text in helps.items()}
    for name, summary in commands:
        text, help_text = flat(pages[name]), helps[name]
        usage = re.match(r"Usage: (.*)\n", help_text)[1]
        # setup has no options of its own, and needs a global one
        assert text.startswith(usage + (" --tenant TENANT" if name == "setup" else "")), name
        assert says(text, summary), name
        for option in read_options(help_text):
            check_option(text, option)
        # its own ones, or as in "patctl log --verify" those of the command that is named
        said = re.findall(r"(?:patctl ([a-z]+(?: [a-z][a-z-]*)?) )?--([a-z-]+)", text)
        assert [pair for pair in said if pair[1] not in known.get(pair[0] or name, ())] == [], name
        for paragraph in help_text.split("\n\n")[2:]:
            if paragraph.startswith("See also\n"):
                others = re.findall(r"^  (\S+ \S+)  ", paragraph, re.M)
                assert f"See also {' and '.join(others)}." in text, name
            elif not re.match(r"Options|Examples", paragraph):
                for sentence in re.split(r"(?<=\.)\s", flat(paragraph)):
                    assert sentence.rstrip(".") in text, sentence
        alias = re.search(r"^Also called: (.*)$", help_text, re.M)
        if alias:
            assert f"Also called: {alias[1].replace(' ', ', ')}." in text


def test_patctl_has_no_option_that_does_not_exist():
    commands, options = read_commands()
    for name, _ in commands:
        options += read_options(patctl(*name.split(), "--help"))
    text = rendered("patctl")
    assert set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text)) == {row[1] for row in options}
    letters = {row[0] for row in options} - {""}
    assert set(re.findall(r"(?<![\w-])-([A-Za-z])(?![\w-])", text)) == letters


def test_patctl_lists_exit_codes_and_json_names():
    """A54."""
    header = (SOURCE / "admin/patctl.h").read_text()
    codes = re.findall(r"\bEXIT_\w+ = (\d+)", header)
    exits = re.findall(r"^\s+(\d+)\s+\S", sections("patctl")["EXIT STATUS"], re.M)
    assert exits == codes
    output = flat(sections("patctl")["OUTPUT"])
    fields = (SOURCE / "admin/out/fields.c").read_text()
    for what, rows in (("tokens", "token"), ("users", "user"), ("grants", "grant"),
                       ("tenants", "tenant"), ("changes", "change"), ("uses", "use"),
                       ("findings", "finding"), ("scopes", "scope"),
                       ("options", "option"), ("paths", "path")):
        table = re.search(rf"fields_{rows}\[\] = {{(.*?)OUT_FIELDS_END", fields, re.S)[1]
        names = re.findall(r'^    {"\w+", "(\w+)"', table, re.M)
        assert f" {what} {', '.join(names)}" in output, what
    status = re.search(r"fields_status\[\] = {(.*?)OUT_FIELDS_END", fields, re.S)[1]
    names = re.findall(r'{"\w+", "(\w+)"', status) + ["next_to_expire"]
    assert f" status {', '.join(names)}" in output


# --- options.def ---

def option_rows():
    text = (SOURCE / "core/config/options.def").read_text()
    text = text[text.index("#endif"):]
    files = re.findall(r'^FILE_OPTION\((\w+), (\w+), (\w+), \w+, (\S+), "(.*)"\)$', text, re.M)
    modules = re.findall(r'^PAM_OPTION\((\w+), (\w+), \w+, "(.*)"\)$', text, re.M)
    assert len(files) >= 12 and len(modules) >= 9
    return files, modules


def default_path(name):
    """What a default of the build is where packages put it."""
    text = (SOURCE / "core/base/paths.h").read_text()
    folder, below = re.search(rf'#define {name} PAT_(\w+)DIR "([^"]+)"', text).groups()
    return {"LOCALSTATE": "/var", "RUNSTATE": "/run", "SYSCONF": "/etc"}[folder] + below


def test_pat_conf_has_every_option():
    files, _ = option_rows()
    parts = subsections(sections("pat.conf")["DESCRIPTION"])
    for section in {row[0] for row in files}:
        heading = f"Section [{section}]" if section == "patd" else f"Section [{section} NAME]"
        text = flat(parts[heading])
        rows = [row for row in files if row[0] == section]
        assert entries("pat.conf", "Cm", f".Ss {heading}") == [row[1] for row in rows]
        for _, name, _, default, meaning in rows:
            what = text[text.index(f" {name} " if f" {name} " in text else f"{name} "):]
            assert says(what, meaning), name
            if default.startswith("PAT_"):
                assert f"Default: {default_path(default)}." in what, name
            elif default != '""':
                assert f"Default: {default.strip(chr(34))}." in what, name


def test_pat_settings_has_every_option():
    text = (SOURCE / "admin/apply/settings.def").read_text()
    rows = re.findall(r'^SETTING\((\w+), "([\w-]+)", \w+, "[^"]*", (NULL|"\w+"), "(.*)"\)$', text, re.M)
    assert len(rows) == len(re.findall(r"^SETTING\(", text, re.M)) >= 27
    parts = subsections(sections("pat-settings")["DESCRIPTION"])
    for kind, name in (("TENANT", "tenant NAME"), ("USER", "user TENANT/NAME"),
                       ("GROUP", "group TENANT/NAME"), ("SCOPE", "scope AREA:VERB")):
        text = flat(parts[f"Section [{name}]"])
        own = [row for row in rows if row[0] == kind]
        assert entries("pat-settings", "Cm", f".Ss Section [{name}]") == [row[1] for row in own]
        for _, option, none, meaning in own:
            what = text[re.search(rf"(?<![\w-]){option} (?=[A-Zynua])", text).end():]
            words = [meaning] if meaning not in what else []
            for part in re.split(r": ", meaning, maxsplit=1) if words else []:
                assert says(what, part), option
            if none != "NULL":
                assert f", or {none.strip(chr(34))}." in what, option


def test_pat_settings_example_is_good(tmp_path):
    """What it says is judged before patd is looked for."""
    block, *_ = literals("pat-settings", "EXAMPLES")
    file = tmp_path / "settings"
    for text, said in ((block, "does not answer"), (block + "nonsense\n", ":27: neither [section]")):
        file.write_text(text)
        done = subprocess.run([BUILD / "admin/patctl", "--socket", tmp_path / "none", "apply", file],
                              capture_output=True, text=True, check=False)
        assert said in done.stderr


def test_pam_pat_has_every_option():
    _, modules = option_rows()
    every = sections("pam_pat")
    assert entries("pam_pat", "Cm", ".Sh OPTIONS") == [row[0] for row in modules]
    options, synopsis = flat(every["OPTIONS"]), flat(every["SYNOPSIS"])
    for name, kind, meaning in modules:
        form = re.search(rf"(?<!\w){name}(=[A-Z]+)? ", options)
        assert (form[1] is not None) == (kind == "TEXT"), name
        assert f"[{form[0].strip()}]" in synopsis, name
        assert says(options[form.end():form.end() + len(meaning) + 1], meaning), name
    assert len(re.findall(r"\[", synopsis)) == len(modules)


def test_pam_pat_has_every_code_it_returns():
    """A54."""
    text = "".join((SOURCE / "pam_pat" / name).read_text()
                   for name in ("auth.c", "entry.c", "result.c"))
    returned = set(re.findall(r"(?:return|code = |: |\?) *(PAM_[A-Z_]+)", text))
    returned |= set(re.findall(r"{PAT_CLASS_\w+, (PAM_\w+)}", text))
    returned -= {"PAM_IGNORE", "PAM_CONV_AGAIN"}  # of the account phase; of libpam
    page = sections("pam_pat")["RETURN CODES"]
    assert set(re.findall(r"^\s+(PAM_\w+)  ", page, re.M)) == returned


def test_sasl_pat_has_every_option():
    text = (SOURCE / "core/config/options.def").read_text()
    rows = re.findall(r'^SASL_OPTION\((\w+), \w+, "(.*)", "(.*)"\)$', text, re.M)
    assert len(rows) == len(re.findall(r"^SASL_OPTION", text, re.M)) >= 3
    every = sections("sasl_pat")
    assert entries("sasl_pat", "Cm", ".Sh OPTIONS") == [row[0] for row in rows]
    assert re.findall(r"(pat_\w+):", every["SYNOPSIS"]) == [row[0] for row in rows]
    options = flat(every["OPTIONS"])
    for name, takes, meaning in rows:
        what = options[re.search(rf"(?<!\w){name}: (?:PATH|MECHANISM \.\.\.|yes \| no) ", options).end():]
        assert says(what[:len(meaning) + 1], meaning + "."), name
        assert f"It takes {takes}" in what, name


def test_sasl_pat_has_every_code_it_returns():
    """A54: of the plugin's steps; code.c has the list."""
    header = (SOURCE / "sasl_pat/code.h").read_text()
    codes = re.search(r"leave the plugin: ([A-Z, ]+)\.", header)[1].split(", ")
    page = sections("sasl_pat")["RETURN CODES"]
    assert re.findall(r"^\s+SASL_(\w+)  ", page, re.M) == codes
    steps = "".join((SOURCE / "sasl_pat" / name).read_text()
                    for name in ("bearer.c", "exchange.c", "plain.c"))
    table = re.search(r"rows\[\] = {(.*?)};", (SOURCE / "sasl_pat/code.c").read_text(), re.S)[1]
    used = set(re.findall(r"SASL_(\w+)", table)) | set(
        re.findall(r"(?:return|params,|code ==|code !=) SASL_(\w+)", steps))
    assert used <= set(codes)


@pytest.mark.parametrize("number", range(4))
def test_pat_conf_examples_are_good(number, tmp_path):
    blocks = list(literals("pat.conf", "EXAMPLES"))
    assert len(blocks) == 4
    config = tmp_path / "pat.conf"
    config.write_text(re.sub(r"^(operators|uids) = \w+$", r"\1 = 0", blocks[number], flags=re.M))
    config.chmod(0o644)
    done = subprocess.run([BUILD / "patd/patd", "--config", config, "--check"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# --- patd(8) ---

def test_patd_has_its_options_and_signals():
    text = subprocess.run([BUILD / "patd/patd", "--help"], capture_output=True, text=True,
                          check=True).stdout
    page = flat(subsections(sections("patd")["DESCRIPTION"])[""])
    options = re.findall(r"^  (?:-(\w), |    )(--\S+(?: [A-Z]+)?)", text, re.M)
    assert len(options) == 6
    for letter, form in options:
        assert (f"-{letter}, {form} " if letter else f" {form} ") in page, form
    assert set(re.findall(r"--[a-z-]+", page)) == {form.split()[0] for _, form in options}
    watched = set(re.findall(r"sigaddset\(&set, (SIG\w+)\)",
                             (SOURCE / "patd/main.c").read_text()))
    assert set(re.findall(r"SIG[A-Z]+", sections("patd")["SIGNALS"])) == watched


def test_patd_has_every_event():
    events = re.findall(r'^EVENT\("([^"]+)", [01], "([^"]+)"\)',
                        (SOURCE / "core/audit/keys.def").read_text(), re.M)
    assert len(events) >= 40
    code = "".join(path.read_text() for path in code_files())
    text, _, rest = flat(sections("patd")["LOG"]).partition("These names are reserved;")
    reserved = set(re.findall(r"[a-z]+\.[a-z-]+", rest))
    for name, meaning in events:
        if f'"{name}"' in code:
            entry = text[re.search(rf"(?<![\w.]){re.escape(name)} (?=[A-Zp])", text).end():]
            assert says(entry[:len(meaning) + 1], meaning + "."), name
        else:
            assert name in reserved, f"{name}: nothing writes it"
    assert reserved <= {name for name, _ in events if f'"{name}"' not in code}


# --- pat(7) ---

def test_pat_has_every_built_in_service():
    rows = re.findall(r'{"([\w-]+)", "([a-z:]+)", (true|false)}',
                      (SOURCE / "core/policy/scope.c").read_text())
    assert len(rows) >= 18
    table = subsections(sections("pat")["DESCRIPTION"])["Services"]
    found = re.findall(r"^\s+(\S+)\s+([a-z]+:[a-z]+)\s+(local|virtual)$", table, re.M)
    assert found == [(name, scope, "local" if local == "true" else "virtual")
                     for name, scope, local in rows]


def test_pat_has_the_ladder_in_its_order():
    ladder = re.findall(r'PAT_VERDICT_(\w+), "[^"]+"},',
                        (SOURCE / "core/policy/decide.c").read_text())
    rungs = re.findall(r"^\s+(\d+)\.\s+\S", subsections(sections("pat")["DESCRIPTION"])
                       ["The decision"], re.M)
    assert len(rungs) == len(ladder)


def test_pat_tells_scanners_what_a_token_is(acme):
    """C23, M22."""
    rule = re.search(r"\\b(pat_\S+)\\b", rendered("pat"))[1]
    for _ in range(20):
        token, record = acme.token(scopes=["mail:read"])
        assert re.fullmatch(rule, token)
        acme.call("Revoke", tokens=[record["id"]])


# --- pat-protocol(7) ---

def test_protocol_has_every_verdict():
    rows = re.findall(r'^VERDICT\(\w+, 0x\w+U, (\w+), "([^"]+)", "([^"]+)"\)',
                      (SOURCE / "core/policy/verdict.def").read_text(), re.M)
    assert len(rows) >= 26
    parts = subsections(sections("pat-protocol")["VERIFICATION"])
    found = re.findall(r"^\s+([a-z-]+)\s{2,}([a-z-]+)\s{2,}(\S.*)$", parts["Verdicts"], re.M)
    assert found[1:] == [(name, kind.lower().replace("_", "-"), sentence)
                         for kind, name, sentence in rows]


def test_protocol_has_every_class():
    rows = re.findall(r"PAT_CLASS_(\w+) = (?:\(int\))?(0x\w{8})",
                      (SOURCE / "core/policy/verdict.h").read_text())
    parts = subsections(sections("pat-protocol")["VERIFICATION"])
    found = re.findall(r"^\s+([a-z-]+)\s+(0x\w{8})\s", parts["Classes"], re.M)
    assert found == [(name.lower().replace("_", "-"), value) for name, value in rows]


def test_protocol_shows_real_packets():
    parts = subsections(sections("pat-protocol")["VERIFICATION"])
    shown = [re.split(r"\s{2,}", line.strip())[0]
             for line in parts["Bytes of an exchange"].splitlines()
             if re.match(r"\s+(?:[0-9a-f]{2}|\.\.)[ .0-9a-f]*\s{2,}", line)]
    packet = encode_request("pat_" + 47 * "x", service="sshd", login="alice",
                            address="192.0.2.7", nonce=bytes(16))
    pieces = [packet[:4], packet[20:27], packet[27:35], packet[35:47], packet[47:54]]
    request = [piece.hex(" ") for piece in pieces]
    assert shown[:6] == [request[0], "..", *request[1:4], request[4] + " .."]
    answer = b"".join(struct.pack(">BH", tag, len(value)) + value for tag, value in (
        (1, b"3rjhkwz5"), (2, b"alice"), (3, b"acme"), (5, struct.pack(">I", 4242))))
    answer = struct.pack(">BBH16xI", 1, 2, 24 + len(answer), 0x5AC3963C) + answer
    assert shown[6:] == [piece.hex(" ") if piece else ".." for piece in (
        answer[:4], b"", answer[20:24], answer[24:35], answer[35:43], answer[43:50], answer[50:])]


def interface():
    """(kind, name) to its text, with white space made one blank."""
    text = (SOURCE / "core/wire/io.linuxpat.Manage.varlink").read_text()
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    items = re.findall(r"^(type|method|error) (\w+)(.*?)(?=^(?:type|method|error) |\Z)", text,
                       re.M | re.S)
    return {(kind, name): flat(rest).replace("( ", "(").replace(" )", ")")
            for kind, name, rest in items}


def documented_methods():
    later = subsections(sections("pat-protocol")["MANAGEMENT"])["Methods of later versions"]
    return re.findall(r"^\.It Ic (\w+)\n\.Bd", source("pat-protocol"), re.M), \
        re.findall(r"[A-Z]\w+(?=[,.])", later.split("to them:")[1])


def test_protocol_has_every_method_and_type():
    page = flat(sections("pat-protocol")["MANAGEMENT"])
    now, later = documented_methods()
    names = [name for kind, name in interface() if kind == "method"]
    assert len(names) >= 40
    assert sorted(now + later) == sorted(names)
    for (kind, name), text in interface().items():
        if kind == "method" and name in now:
            assert f"{name} {name}{text} For " in page, name
        elif kind == "type":
            assert f"type {name} {text}" in page, name
        elif kind == "error":
            assert re.search(rf"(?<!\w){name} \d ", page), name


def test_protocol_knows_which_methods_there_are(patd):
    now, later = documented_methods()
    missing = []
    for name in now + later:
        try:
            patd.call(name, more=True)
        except Refused as refused:
            if refused.error == "MethodNotImplemented":
                missing.append(name)
    assert missing == later


def taken(patd, method, parameters):
    """Whether the first reply is not that a parameter is invalid; there may be no last one."""
    message = {"method": f"io.linuxpat.Manage.{method}", "parameters": parameters, "more": True}
    reply = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(patd.manage_socket))
        connection.sendall(json.dumps(message).encode() + b"\0")
        while b"\0" not in reply:
            data = connection.recv(65536)
            assert data, parameters
            reply += data
    return not json.loads(reply.split(b"\0")[0]).get("error", "").endswith(".InvalidParameter")


def test_protocol_knows_which_parameters_are_taken(acme):
    """All that the interface names, and nothing else."""
    values = {"bool": True, "int": 1, "[]State": ["active"], "string": "acme"}
    page = flat(sections("pat-protocol")["MANAGEMENT"])
    members = dict(re.findall(r"(\w+): \?([\w\[\]]+)", interface()["type", "Filter"]))
    said = re.search(r"All members of the filter that are given must hold: (.*?) Errors: ", page)[1]
    for name, kind in members.items():
        assert taken(acme, "List", {"filter": {name: values[kind]}}), name
        assert re.search(rf"(?<!\w){name}(?!\w)", said), name
    members = re.findall(r"(\w+): \?(\w+)", interface()["method", "Log"].split("->")[0])
    assert len(members) >= 10 and "This version does not" not in page
    assert [name for name, kind in members if not taken(acme, "Log", {name: values[kind]})] == []
    assert not taken(acme, "Log", {"frob": True})


def test_protocol_has_every_error_id():
    """Each word, in the row of its error."""
    words = r'"([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)"'
    code = "".join(path.read_text() for folder in ("core/api", "patd")
                   for path in sorted((SOURCE / folder).glob("*.c")))
    events = set(re.findall(r'^EVENT\("([^"]+)"',
                            (SOURCE / "core/audit/keys.def").read_text(), re.M))
    ids = {word for word in re.findall(words, code) if not word.startswith("pat.db")} - events
    rows = subsections(sections("pat-protocol")["MANAGEMENT"])["Errors"]
    table = {error: set(re.findall(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*", line))
             for error, line in re.findall(r"^\s+([A-Z]\w+)\s+\d\s+(.*)$", rows, re.M)}
    assert set().union(*table.values()) == ids
    errors = {"SYNTAX": "Invalid", "RANGE": "Invalid", "NOT_FOUND": "NotFound",
              "DENIED": "NotPermitted", "EXISTS": "Conflict", "CONFLICT": "Conflict",
              "LIMIT": "Limit", "POLICY": "Policy", "BUSY": "Unavailable",
              "ROLLBACK": "Unavailable", "SEAL": "Unavailable", "UNAVAILABLE": "Unavailable",
              "VERSION": "Unavailable"}
    pairs = re.findall(rf"PAT_ERR_(\w+),\s*{words}", code)
    assert len(pairs) >= 30
    for err, word in pairs:
        assert word in table[errors[err]], word
    now = flat(sections("pat-protocol")["MANAGEMENT"]).split("Methods of later versions")[0]
    assert {word for word in ids if word not in now} == set()


# --- examples that run ---

def python_examples():
    blocks = [block for block in literals("pat-protocol", "EXAMPLES")
              if block.startswith("import ")]
    assert len(blocks) == 2
    assert all(len(block.splitlines()) <= 30 for block in blocks)
    return blocks


def run_python(patd, number, *arguments, stdin=""):
    program = python_examples()[number].replace('"/run/pat/', f'"{patd.run}/')
    return subprocess.run([sys.executable, "-B", "-c", program, *arguments], input=stdin,
                          capture_output=True, text=True, timeout=30, check=False)


def own_uid():
    """Whose account a user must be bound to, so that we may ask about it."""
    return OURS if IS_ROOT else os.getuid()


def test_python_example_asks_about_a_token(patd):
    patd.tenant()
    patd.user("alice", account="alice", uid=own_uid(), system=True)
    token, record = patd.token(expires=None)
    done = run_python(patd, 0, "sshd", "alice", "192.0.2.7", stdin=token + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 b'{record['id']}'\n2 b'alice'\n3 b'acme'\n" \
        f"5 {struct.pack('>I', own_uid())}\n"
    patd.call("Revoke", tokens=[record["id"]])
    done = run_python(patd, 0, "sshd", "alice", "192.0.2.7", stdin=token + "\n")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "not accepted\n")


def test_python_example_lists_tokens(acme):
    records = [acme.token(scopes=["mail:read"], name=f"number {n:04}")[1] for n in range(3)]
    done = run_python(acme, 1, "alice")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"{record['id']} active {record['name']}\n"
                                  for record in reversed(records))
    done = run_python(acme, 1, "nobody@nowhere")
    assert (done.returncode, done.stdout) == (0, "")


def test_python_example_revokes_what_is_not_used(acme):
    """What was made since then cannot be called unused."""
    ids = [acme.token(scopes=["mail:read"], name=f"number {n}")[1]["id"] for n in range(2)]
    for days, states in (("1", ["active", "active"]), ("0", ["revoked", "revoked"])):
        done = run_python(acme, 1, "alice", days)
        assert (done.returncode, done.stderr) == (0, "")
        assert [acme.call("Show", token=id_)["token"]["state"] for id_ in ids] == states
    assert done.stdout == "".join(f"{ids[n]} revoked number {n}\n" for n in (1, 0))


def commands_of(name):
    """The command lines of EXAMPLES, continuation lines joined."""
    for block in literals(name, "EXAMPLES"):
        lines = block.replace("\\\n", "").splitlines()
        assert all(re.match(r"[#$] ", line) for line in lines), block
        yield from (line[2:] for line in lines)


def prepare_examples(patd):
    """What the examples of patctl(1) take for granted; the id they show, and the real one."""
    patd.ctl("setup", "--tenant", "acme", "--yes", "--quiet", check=0)
    patd.user("me", account="me", uid=os.getuid(), system=True, allowRoot=os.getuid() == 0)
    patd.user("bob", grants=["ssh:login", "mail:*"])
    for name in ("laptop-mail", "laptop-ssh"):
        patd.token("bob", scopes=["mail:read"], name=name)
    return "3rjhkwz5", patd.token("bob", scopes=["mail:read"])[1]["id"]


# These are run on a host of their own: tests/services/test_enable.py.
CHANGE_THE_HOST = r"patctl (enable|disable|drill) "


def test_patctl_examples_run(patd, tmp_path):
    """A15: as they stand, but for the socket, the confirmations, an id, and the account's name."""
    shown, real = prepare_examples(patd)
    folder = tmp_path / "bin"
    folder.mkdir()
    shim = folder / "patctl"
    shim.write_text(f'#!/bin/sh\nexec "{patd.bin}/patctl" --socket "{patd.manage_socket}" '
                    '--yes "$@"\n')
    shim.chmod(0o755)
    lines = list(commands_of("patctl"))
    assert len(lines) >= 25 and all("patctl " in line for line in lines)
    for line in lines:
        if re.match(CHANGE_THE_HOST, line):
            continue
        command = line.replace(shown, real).replace("--account alice", "--account bin --system")
        command = command.replace("--user alice < token", "--user bin < token")
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False,
                              env={"PATH": f"{folder}:{os.environ['PATH']}", "HOME": "/",
                                   "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    names = {name for name, _ in read_commands()[0]}
    words = [re.search(r"patctl (\w+)((?: [\w-]+)?)", line).groups() for line in lines]
    used = {first + second if first + second in names else first for first, second in words}
    assert used <= names
    assert names - used == {"db restore", "help", "version", "whoami", "user list"}
