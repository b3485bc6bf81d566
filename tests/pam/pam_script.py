# SPDX-License-Identifier: BSD-2-Clause
"""The scripts of tests/pam/scripts: reading them, and running one case. README has the format."""
import itertools
import re
import time
from dataclasses import dataclass, field

from pam_rig import ASKERS, EXACT, IGNORED, fresh_address
from pam_world import OWNER, SERVICES, junk

SECTIONS = ("for", "setup", "stack", "talk", "run", "probe", "env", "syslog", "patd")
services = itertools.cycle(SERVICES)
SETUP = ("as", "service", "user", "rhost", "option")


@dataclass
class Case:
    title: str
    name: str
    variables: dict
    asker: str
    setup: dict
    sections: dict = field(default_factory=dict)


def pair(line, separator):
    left, found, right = line.partition(separator)
    assert found, f"{line!r} has no {separator!r}"
    return left.strip(), right.strip()


def read(path):
    """The sections of a script, each a list of its lines, and its title."""
    title, sections, lines = [], {}, None
    for line in path.read_text("ascii").splitlines():
        heading = re.fullmatch(r"\[([a-z]+)\]", line)
        if heading:
            assert heading[1] in SECTIONS and heading[1] not in sections, f"{path.name}: {line}"
            lines = sections.setdefault(heading[1], [])
        elif line.startswith("#"):
            title.append(line.lstrip("# ")) if lines is None else None
        elif line.strip():
            assert lines is not None, f"{path.name}: {line!r} stands in no section"
            lines.append(line.strip())
    assert len(title) > 1 and "stack" in sections and "run" in sections, path.name
    return " ".join(title[1:]), sections


def cases(path):
    """Every case of a script: each combination of its variables, by each who may ask."""
    title, sections = read(path)
    axes = [[(name, value) for value in values.split()]
            for name, values in (pair(line, "=") for line in sections.pop("for", []))]
    setup = dict(pair(line, "=") for line in sections.pop("setup", []))
    assert set(setup) <= set(SETUP), path.name
    askers = [setup["as"]] if "as" in setup else ASKERS
    for combination in itertools.product(*axes):
        for asker in askers:
            name = "-".join([path.stem, *(value for _, value in combination), asker])
            yield Case(title, name, dict(combination), asker, setup, sections)


class Names:
    """What stands for a {name} in a script."""

    ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "s": " ", "b": "\b", "\\": "\\"}

    def __init__(self, rig, case):
        world = rig.world
        self.variables = case.variables
        self.fixed = {"PAT": rig.pat(), "MODULE": str(rig.module), "PROBE": rig.probe(),
                      "STOP": rig.stop, "PASSWORD": rig.password, "service": next(services), "EXACT": EXACT, "IGNORED": IGNORED,
                      "address": fresh_address(), "socket": str(rig.socket), "owner": OWNER,
                      "directory": str(rig.directory)}
        self.made = {
            "token": lambda kind: world.tokens[kind],
            "upper": lambda kind: world.tokens[kind].upper(),
            "alike": lambda kind: self.alike(world.tokens[kind]),
            "padded": lambda number: world.tokens["accepted"].ljust(int(number)),
            "id": world.id_of,
            "junk": lambda number: junk(int(number)),
            "long": lambda number: ("password" * int(number))[:int(number)],
            "spaces": lambda number: " " * int(number),
        }

    @staticmethod
    def alike(token):
        """A token as somebody types it who takes 1 for l, and 0 for O."""
        head = token.rindex("_") + 1
        return token[:head] + token[head:].replace("1", "l").replace("0", "O")

    def vary(self, text):
        """The case's values in place of the names of [for]."""
        for name, value in self.variables.items():
            text = text.replace("{" + name + "}", value)
        return text

    def value(self, match):
        kind, dot, rest = match[1].partition(".")
        return self.made[kind](rest) if dot else self.fixed[kind]

    def expand(self, text):
        return re.sub(r"\{([A-Za-z0-9.-]+)\}", self.value, self.vary(text))

    def plain(self, text):
        """Escapes (\\n \\r \\t \\b \\s \\\\ \\xNN) and names in place."""
        return self.expand(re.sub(
            r"\\(?:x([0-9a-f]{2})|(.))",
            lambda match: chr(int(match[1], 16)) if match[1] else self.ESCAPES[match[2]],
            self.vary(text)))


def escaped(text):
    """As tests/pam/printable.c writes a word."""
    return "".join(c if "!" <= c <= "~" and c != "\\" else f"\\x{ord(c):02x}" for c in text)


def expected_probe(names, line):
    """A line of [probe]: the call, and the words that must be among those of the call."""
    call, *words = line.split()
    return call, [key + "=" + (value if value == "(none)" else escaped(names.plain(value)))
                  for key, value in (pair(word, "=") for word in words)]


def found_probe(lines, expected):
    """The same words of what the probe wrote."""
    found = []
    for number, line in enumerate(lines):
        call, *words = line.split(" ")
        keys = [word.partition("=")[0] for word in expected[number][1]] \
            if number < len(expected) else []
        values = dict(word.split("=", 1) for word in words)
        found.append(" ".join([call, *(f"{key}={values.get(key)}" for key in keys)]))
    return found


def poll_verdicts(world, begin, count, wait=2):
    deadline = time.monotonic() + wait
    while len(world.verdicts(begin)) < count and time.monotonic() < deadline:
        time.sleep(0.005)
    return world.verdicts(begin)


def run(rig, case):
    """Runs a case and compares everything that its script says."""
    names, sections, setup = Names(rig, case), case.sections, case.setup
    talk = [line.partition("=>") for line in sections.get("talk", [])]
    answers = [names.plain(answer.strip()) for _, found, answer in talk if found]
    names.fixed["junk"] = junk(len(answers[-1])) if answers else ""
    steps = [line.partition("->") for line in sections["run"]]
    rhost = names.plain(setup.get("rhost", "{address}"))
    operations = [] if rhost == "none" else [f"set:rhost={rhost}"]
    operations += [names.plain(step.strip()) for step, _, _ in steps]
    user = setup.get("user", "root")
    begin = rig.world.patd.log.stat().st_size

    result = rig.run([names.expand(line) for line in sections["stack"]], operations,
                     answers=answers, service=names.expand(setup.get("service", "{service}")),
                     user=None if user == "none" else names.plain(user), asker=case.asker,
                     options=setup.get("option", "").split())

    outcomes = [pair(outcome, ",") if "," in outcome else (outcome.strip(), "")
                for _, _, outcome in steps]
    verdicts = [names.expand(verdict) for verdict in sections.get("patd", [])]
    probe = [expected_probe(names, line) for line in sections.get("probe", [])]
    wanted = {
        "codes": [names.expand(code) or "PAM_SUCCESS" for code, _ in outcomes],
        "talk": [names.expand(prompt).strip() for prompt, _, _ in talk],
        "syslog": [names.plain(line) for line in sections.get("syslog", [])],
        "patd": verdicts,
        "probe": [" ".join([call, *words]) for call, words in probe],
    }
    found = {
        "codes": [code for _, code in result.codes][-len(steps):],
        "talk": result.talk,
        "syslog": result.syslog,
        "patd": poll_verdicts(rig.world, begin, len(verdicts)),
        "probe": found_probe(result.probe, probe),
    }
    if any(note for _, note in outcomes):
        wanted["delays"] = [note.removeprefix("delay ") for _, note in outcomes if note]
        found["delays"] = result.delays
    if "env" in sections:
        wanted["env"] = [names.plain(line) for line in sections["env"]]
        found["env"] = result.variables
    assert found == wanted
