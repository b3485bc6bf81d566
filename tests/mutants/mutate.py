# SPDX-License-Identifier: BSD-2-Clause
"""One change each to a C source: its comparisons, constants, returns, conditions and statements.
together() makes one source of all changes within functions, of which a program takes one when it
starts.

Works on the tokens of code in the project's style (the return type on a line of its own). Comments,
strings and the preprocessor are left alone, and so are the sizes of declared arrays. Of the two ways
in which a condition or a result can be wrong, the one is taken that lets more in: a guard is left
out, a predicate holds.
"""
import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|/\*.*?\*/|//[^\n]*)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.[^']*|[^'\\\n])')
  | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<operator><<=|>>=|\.\.\.|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|[-+*/%&|^!~<>=?:;,.(){}\[\]])
""", re.S | re.X)

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||",
               "||": "&&"}
CALCULATIONS = {"+": "-", "-": "+", "++": "--", "--": "++", "+=": "-=", "-=": "+=", "<<": ">>",
                ">>": "<<", "&": "|", "|": "&", "&=": "|=", "|=": "&=", "%": "/", "^": "|"}
EITHER = {"+", "-", "&", "*"}  # with one operand or two
# Constants that have a contrary; the first that fits. What they become is another of their family.
CONTRARIES = [
    (r"PAT_OK", ("PAT_ERR_INTERNAL",)), (r"PAT_ERR_\w+", ("PAT_OK",)),
    (r"PAT_STATE_ACTIVE", ("PAT_STATE_SUSPENDED",)), (r"PAT_STATE_\w+", ("PAT_STATE_ACTIVE",)),
    (r"PAT_SHAPE_TOKEN", ("PAT_SHAPE_OTHER",)), (r"PAT_SHAPE_\w+", ("PAT_SHAPE_TOKEN",)),
    (r"PAT_VERDICT_ACCEPTED", ("PAT_VERDICT_UNKNOWN",)),
    (r"PAT_VERDICT_\w+", ("PAT_VERDICT_ACCEPTED",)),
    (r"PAT_CLASS_ACCEPTED", ("PAT_CLASS_REFUSED",)), (r"PAT_CLASS_\w+", ("PAT_CLASS_ACCEPTED",)),
    (r"PAM_SUCCESS", ("PAM_AUTH_ERR",)), (r"PAM_\w+", ("PAM_SUCCESS", "PAM_IGNORE")),
    (r"SASL_OK", ("SASL_FAIL",)), (r"SASL_\w+", ("SASL_OK", "SASL_CONTINUE")),
    (r"PAT_ROLE_ADMIN", ("PAT_ROLE_USER",)), (r"PAT_ROLE_\w+", ("PAT_ROLE_ADMIN",)),
    (r"PAT_KEYRING_ROW", ("PAT_KEYRING_SUM",)), (r"PAT_KEYRING_\w+", ("PAT_KEYRING_ROW",)),
    (r"AF_INET", ("AF_INET6",)), (r"AF_INET6", ("AF_INET",)),
    (r"true", ("false",)), (r"false", ("true",)),
    (r"(?:PAT|PATD|EPOLL|SO|SOL|LOG|SOCK|PRIO)_(?:ROW|SCAN|ACT|FIELD)?\w*(?<!_MAX)(?<!_LEN)(?<!_MIN)",
     ()),  # other names of things: no numbers
]
TYPE = r"(?:static|const|char|unsigned|signed|int|long|short|bool|size_t|struct|enum|union|void|" \
       r"u?int\d+_t|uid_t|gid_t|pid_t|socklen_t|FILE)"
RETURNS = [
    (r"bool", ("true",)),
    (r"enum pat_err", ("PAT_OK",)),
    (r"enum pat_verdict", ("PAT_VERDICT_ACCEPTED",)),
    (r"enum pat_class", ("PAT_CLASS_ACCEPTED",)),
    (r"enum pat_shape", ("PAT_SHAPE_TOKEN",)),
    (r".*\*", ("NULL",)),
    (r"(?:size_t|int|unsigned|u?int\d+_t)", ("({}) + 1",)),
]


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    function: str = ""
    returns: str = ""
    declares: bool = False  # within the size of an array that is declared
    inside: int = 0  # how many parentheses

    @property
    def end(self):
        return self.start + len(self.text)


@dataclasses.dataclass(eq=False)
class Mutant:
    path: str
    function: str
    kind: str
    start: int
    end: int
    new: str
    key: str = ""

    def applied(self, text):
        return text[:self.start] + self.new + text[self.end:]


def tokens(text):
    """The tokens that count, each with the function or table that it stands in."""
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"no token at {text[at:at + 20]!r}")
        if match.lastgroup not in ("space", "directive"):
            found.append(Token(match.lastgroup, match[0], at))
        at = match.end()
    place_all(found)
    return found


def partner(found, at, step):
    """The bracket that belongs to the one at this place."""
    depth = 0
    while True:
        if found[at].kind == "operator":
            depth += (found[at].text in "([{") - (found[at].text in ")]}")
        if depth == 0:
            return at
        at += step


def place_all(found):
    depth, inside, head, place, returns = 0, 0, 0, "", ""
    for i, token in enumerate(found):
        inside += (token.text == "(") - (token.text == ")")
        token.inside = inside
        if token.kind == "operator" and token.text == "{":
            if depth == 0:
                place, returns = opened(found[head:i])
            depth += 1
        token.function, token.returns = place, returns
        token.declares = declares_size(found, i)
        if token.kind == "operator" and token.text == "}":
            depth -= 1
        if depth == 0 and token.kind == "operator" and token.text in ("}", ";"):
            head, place, returns = i + 1, "", ""


def opened(head):
    """(name, return type) of the function or the table whose brace follows; "" for a type."""
    texts = [token.text for token in head]
    if "=" in texts:
        name = next((j for j, text in enumerate(texts) if text in ("=", "[")), 0)
        return texts[name - 1], ""
    if texts and texts[-1] == ")":
        begin = partner(head, len(head) - 1, -1)
        kind = " ".join(text for text in texts[:begin - 1] if text not in ("static", "const"))
        return texts[begin - 1], kind
    if "struct" in texts[:3] and texts[:2] == ["static", "const"]:
        return "(table)", ""  # a table whose rows are described beside it
    return "", ""


@dataclasses.dataclass
class Function:
    """A definition: text[start:body] is its head, text[body:end] what is in its braces."""
    start: int
    body: int
    end: int
    parameters: list


def functions(text):
    """{name: where it stands} of those whose parameters have names."""
    found, made, head, depth = tokens(text), {}, 0, 0
    for i, token in enumerate(found):
        if token.kind != "operator":
            continue
        if token.text == "{" and depth == 0 and token.returns:
            last = found[partner(found, i, 1)]
            made[token.function] = Function(found[head].start, token.start, last.end,
                                            parameters(found[head:i]))
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.text in ("}", ";"):
            head = i + 1
    return made


def parameters(head):
    """The names in the last parentheses of a head: what stands last in each, but for its size."""
    begin, names = partner(head, len(head) - 1, -1), [""]
    for token in head[begin + 1:-1]:
        if token.text == ",":
            names.append("")
        elif token.kind == "name" and not names[-1].endswith("["):
            names[-1] = token.text
        elif token.text == "[":
            names[-1] += "["
    return [name.rstrip("[") for name in names if name != "void"]


def statement_start(found, at):
    while at > 0 and found[at - 1].text not in (";", "{", "}"):
        at -= 1
    return at


def declares_size(found, at):
    begin = statement_start(found, at)
    if not re.fullmatch(TYPE, found[begin].text):
        return False
    depth = 0
    for token in found[begin:at + 1]:
        if token.text == "=" and depth == 0:
            return False
        depth += (token.text == "[") - (token.text == "]")
    return depth > 0


# --- the changes ---------------------------------------------------------------------------------

def is_binary(found, i):
    """Whether an operator stands behind an operand."""
    before = found[i - 1]
    return before.kind in ("number", "char") or before.text in (")", "]") or (
        before.kind == "name" and before.text not in ("return", "case", "sizeof"))


def of_operator(found, i):
    text = found[i].text
    if text in COMPARISONS:
        yield "comparison", found[i], found[i], COMPARISONS[text]
    elif text in CALCULATIONS and (text not in EITHER or is_binary(found, i)):
        if text in ("&", "*", "-", "+") and found[i - 1].text == ")" and \
                re.fullmatch(TYPE, found[partner(found, i - 1, -1) + 1].text):
            return  # behind a cast
        yield "calculation", found[i], found[i], CALCULATIONS[text]
    elif text == "!":
        yield "condition", found[i], found[i], ""
    elif text == "?":
        begin = i - 1
        while True:
            if found[begin].text in (")", "]"):
                begin = partner(found, begin, -1)
            if found[begin - 1].text in ("=", "return", ",", "(", ";", "{", "?", ":", "["):
                break
            begin -= 1
        yield "condition", found[begin], found[i - 1], "false"


def is_measured(found, i):
    """Whether an index stands behind sizeof, which looks at the type alone."""
    at = i - 2
    while found[at].text in (".", "->") or found[at].kind == "name" and found[at].text != "sizeof":
        at -= 1
    return found[i - 1].text == "[" and found[at].text == "sizeof"


def of_constant(found, i):
    token = found[i]
    if token.kind == "number" and is_measured(found, i):
        return
    if token.kind == "number":
        value = int(re.match(r"0[xX][0-9a-fA-F]+|\d+", token.text)[0], 0)
        yield "constant", token, token, str(value - 1 if value > 0 else 1)
    elif token.kind == "char" and len(token.text) == 3:
        yield "constant", token, token, f"'{chr(ord(token.text[1]) + 1)}'"
    elif token.kind == "char":
        yield "constant", token, token, f"({token.text} + 1)"
    elif re.fullmatch(r"[A-Z][A-Z0-9_]{2,}|true|false", token.text):
        if found[i + 1].text == "(" or token.text in ("NULL", "PAT_LOG", "INT64_C"):
            return
        for pattern, others in CONTRARIES:
            if re.fullmatch(pattern, token.text):
                yield from (("constant", token, token, other) for other in others)
                return
        yield "constant", token, token, f"({token.text} - 1)"


def of_statement(text, found, i):
    token = found[i]
    after = found[i + 1].text if i + 1 < len(found) else ""
    if token.text in ("if", "while") and after == "(":
        end = partner(found, i + 1, 1)
        yield "condition", found[i + 2], found[end - 1], "false"
    elif token.text == "for" and after == "(":
        first = next(j for j in range(i + 2, len(found)) if found[j].text == ";") + 1
        last = next(j for j in range(first, len(found)) if found[j].text == ";") - 1
        yield "condition", found[first], found[last], "false"
    elif token.text == "return" and after != ";":
        end = next(j for j in range(i, len(found)) if found[j].text == ";") - 1
        old = text[found[i + 1].start:found[end].end]
        for pattern, values in RETURNS:
            if re.fullmatch(pattern, token.returns):
                yield from (("return", found[i + 1], found[end], new.format(old)) for new in values
                            if new != old and not (end == i + 1 and re.fullmatch(
                                r"true|false|PAT_\w+", old)))
                break
    elif found[i - 1].text in (";", "{", "}", ")", "else") and token.inside == 0:
        yield from of_deletion(found, i)


def of_deletion(found, i):
    """A call or an assignment that is left out; never a declaration."""
    if found[i].text in ("else", "do", "case", "default", "break", "switch", "if", "for", "while",
                         "return") or re.fullmatch(TYPE, found[i].text):
        return
    if found[i - 1].text == ")" and found[partner(found, i - 1, -1) - 1].text not in (
            "if", "for", "while"):
        return
    if found[i].text != "goto" and found[i + 1].kind == "name" or found[i + 1].text in ("*", ":"):
        return
    end = next(j for j in range(i, len(found)) if found[j].text in (";", "{"))
    if found[end].text == ";" and partner_free(found[i:end]):
        yield "statement", found[i], found[end - 1], ""


def partner_free(part):
    """Whether all brackets that open also close, so that it is a whole statement."""
    depth = 0
    for token in part:
        if token.kind == "operator":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth < 0:
            return False
    return depth == 0


def changes(text, found, i):
    token = found[i]
    if token.kind == "operator":
        yield from of_operator(found, i)
    elif token.kind in ("number", "char"):
        yield from of_constant(found, i)
    else:
        yield from of_constant(found, i)
        yield from of_statement(text, found, i)


# --- their names ---------------------------------------------------------------------------------

def describe(text, mutant):
    """The line, or lines, of the change with the change in them: what was -> what is."""
    begin = text.rfind("\n", 0, mutant.start) + 1
    end = text.find("\n", mutant.end)
    old = text[mutant.start:mutant.end]
    line = f"{text[begin:mutant.start]}[{old} -> {mutant.new or 'nothing'}]{text[mutant.end:end]}"
    line = re.sub(r"/\*.*?(\*/|$)", "", line, flags=re.S)
    return " ".join(line.split())


def of_verdicts(path, text):
    """The table of verdicts: each class, and each value one bit away from being accepted."""
    rows = list(re.finditer(r"^VERDICT\((\w+), (0x[0-9a-f]+)U, (\w+),", text, re.M))
    accepted = next(int(row[2], 0) for row in rows if row[1] == "ACCEPTED")
    for row in rows:
        other = "REFUSED" if row[3] == "ACCEPTED" else "ACCEPTED"
        yield Mutant(path, row[1], "constant", row.start(3), row.end(3), other)
        yield Mutant(path, row[1], "constant", row.start(2), row.end(2), hex(accepted ^ 1))


def of_code(path, text, functions):
    found = tokens(text)
    for i, token in enumerate(found):
        if not token.function or token.declares or token.kind == "string" or \
                functions and token.function not in functions:
            continue
        for kind, first, last, new in changes(text, found, i):
            yield Mutant(path, token.function, kind, first.start, last.end, new)


def mutants(path, text, functions=None):
    """Every mutant of a file, or of these functions; two of the same key are numbered."""
    seen, result = {}, []
    made = of_verdicts(path, text) if path.endswith(".def") else of_code(path, text, functions)
    for mutant in made:
        key = f"{path} {mutant.function}: {describe(text, mutant)}"
        seen[key] = seen.get(key, 0) + 1
        mutant.key = key if seen[key] == 1 else f"{key} ({seen[key]})"
        result.append(mutant)
    return result


# --- all in one ----------------------------------------------------------------------------------

CHOICE = "PAT_MUTANT"
CHOOSE = f"""#include <stdlib.h>
static int pat_mutant;
static void __attribute__((constructor))
choose_pat_mutant(void)
{{
    pat_mutant = getenv("{CHOICE}") == NULL ? 0 : atoi(getenv("{CHOICE}"));
}}
"""


def variant(text, place, name, number, mutant=None):
    """A function with a change, by another name."""
    head = re.sub(rf"^static |\b{name}(?=\()", lambda word: "" if word[0] == "static " else
                  f"{name}__{number}", text[place.start:place.body])
    body = text[place.body:place.end]
    if mutant:
        body = body[:mutant.start - place.body] + mutant.new + body[mutant.end - place.body:]
    return f"\nstatic {head}{body}\n"


def together(text, chosen):
    """The source in which {number: mutant} are functions of their own, and [number] of its lines."""
    source, at, lines = CHOOSE, 0, []

    def put(part, number=0):
        nonlocal source
        source += part
        lines.extend([number] * (source.count("\n") - len(lines)))

    for name, place in functions(text).items():
        mine = {number: mutant for number, mutant in chosen.items() if mutant.function == name}
        if not mine:
            continue
        put(text[at:place.start] + variant(text, place, name, 0))
        for number, mutant in mine.items():
            put(variant(text, place, name, number, mutant), number)
        call = f"({', '.join(place.parameters)});"
        put(text[place.start:place.body] + "{\n    switch (pat_mutant) {\n" + "".join(
            f"    case {number}: return {name}__{number}{call}\n" for number in mine) +
            f"    default: return {name}__0{call}\n    }}\n}}\n")
        at = place.end
    put(text[at:] + "\n")
    return source, lines
