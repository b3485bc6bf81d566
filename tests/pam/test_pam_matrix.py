# SPDX-License-Identifier: BSD-2-Clause
"""Every outcome of pam_pat.so under every common control, and beside modules that let all in (M8).

What a stack makes of the module's code stands in a table here. A test of its own holds the table
against libpam, with pam_debug.so in the module's place.
"""
import concurrent.futures
import itertools

import pytest

pytest.register_assert_rewrite("pam_rig")

from fakepatd import FakePatd, hangs_up, silent  # noqa: E402
from pam_rig import EXACT, IGNORED, Rig, fresh_address  # noqa: E402
from pam_world import REFUSALS, SERVICES, junk  # noqa: E402

SAME = "the module's code"
SUCCESS = "PAM_SUCCESS"

# lines, {} being the module; what the stack says when the module fails, and when it does not
STYLES = {
    "required": (["required {}"], SAME, SUCCESS),
    "requisite": (["requisite {}"], SAME, SUCCESS),
    "sufficient": (["sufficient {}", "required pam_deny.so"], "PAM_AUTH_ERR", SUCCESS),
    "sufficient, alone": (["sufficient {}"], "PAM_PERM_DENIED", SUCCESS),
    "jump": (["[success=1 default=ignore] {}", "requisite pam_deny.so", "required pam_permit.so"],
             "PAM_AUTH_ERR", SUCCESS),
    "die": (["[success=done ignore=ignore default=die] {}", "required pam_permit.so"], SAME,
            SUCCESS),
    "done or bad": (["[success=done new_authtok_reqd=done ignore=ignore default=bad] {}",
                     "optional pam_permit.so"], SAME, SUCCESS),
    "exact": ([EXACT + " {}", "required @STOP@"], SAME, SUCCESS),
    "optional": (["optional {}"], "PAM_PERM_DENIED", SUCCESS),
    "optional, deny": (["optional {}", "required pam_deny.so"], "PAM_AUTH_ERR", "PAM_AUTH_ERR"),
    # Whoever writes this asks for it: "optional" decides nothing beside a line that does.
    "optional, permit": (["optional {}", "required pam_permit.so"], SUCCESS, SUCCESS),
}

# Modules that stand beside pam_pat.so in real stacks; true: they say PAM_SUCCESS to anybody, so
# that a PAM_IGNORE of ours would be a login.
NEIGHBOURS = {
    "pam_permit": ("pam_permit.so", True),
    "pam_shells": ("pam_shells.so", True),
    "pam_faillock": ("pam_faillock.so preauth silent dir=@DIRECTORY@/tally", True),
    "pam_succeed_if": ("pam_succeed_if.so quiet uid >= 0", True),
    "pam_access": ("pam_access.so accessfile=@DIRECTORY@/access.conf", True),
    "pam_localuser": ("pam_localuser.so", True),
    "pam_echo": ("pam_echo.so Welcome", True),
    "pam_warn": ("pam_warn.so", False),
}
for neighbour, (line, _) in NEIGHBOURS.items():
    STYLES[f"required, {neighbour}"] = (["required {}", f"required {line}"], SAME, SUCCESS)
    STYLES[f"{neighbour}, required"] = ([f"required {line}", "required {}"], SAME, SUCCESS)

# outcomes: what is typed (a kind of token in braces), the module's code, how it is asked
PLAIN = {
    "accepted": ("{accepted}", SUCCESS),
    "ordinary": ("Hunter2pass", "PAM_CRED_INSUFFICIENT"),
    "garbage": ("\x01\xff\x80;'\"--%n%s\x1b[2J", "PAM_CRED_INSUFFICIENT"),
    "almost a token": ("pat_acme_1", "PAM_CRED_INSUFFICIENT"),
    "empty": ("", "PAM_CRED_INSUFFICIENT"),
    "over-long": ("x" * 5000, "PAM_CRED_INSUFFICIENT"),
    "sshd's junk": (junk(48), "PAM_CRED_INSUFFICIENT"),
    "malformed": ("{malformed}", "PAM_AUTH_ERR"),
    **{verdict: (f"{{{verdict}}}", "PAM_AUTH_ERR") for verdict in REFUSALS},
}
# outcome: (module's argument, how the driver asks, code)
OTHERS = {
    "no socket": ("socket=@DIRECTORY@/none/sock", {}, "PAM_AUTHINFO_UNAVAIL"),
    "connection refused": ("socket=@DIRECTORY@/refused", {}, "PAM_AUTHINFO_UNAVAIL"),
    "dead": ("socket=@DEAD@", {}, "PAM_AUTHINFO_UNAVAIL"),
    "hung": ("socket=@HUNG@", {}, "PAM_AUTHINFO_UNAVAIL"),
    "not permitted": ("", {"asker": "stranger", "service": "guarded"}, "PAM_AUTHINFO_UNAVAIL"),
    "no answer": ("", {"conversation": "conv:none"}, "PAM_AUTHTOK_ERR"),
    "wrong option": ("nodely", {}, "PAM_SERVICE_ERR"),
}
OUTCOMES = [*PLAIN, *OTHERS]
CODES = ("success", "auth_err", "cred_insufficient", "authinfo_unavail", "authtok_err",
         "service_err")

services = itertools.cycle(SERVICES)


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    (rig.directory / "tally").mkdir()
    (rig.directory / "tally").chmod(0o1777)
    (rig.directory / "access.conf").write_text("+:ALL:ALL\n")
    with FakePatd(rig.directory / "refused.d") as server:
        server.path.rename(rig.directory / "refused")
    with FakePatd(rig.directory / "hung", silent) as hung, \
         FakePatd(rig.directory / "dead", hangs_up) as dead:
        rig.places = {"@DIRECTORY@": rig.directory, "@HUNG@": hung.path, "@DEAD@": dead.path,
                      "@STOP@": rig.stop}
        yield rig
    rig.close()


def with_places(rig, text):
    for name, path in rig.places.items():
        text = text.replace(name, str(path))
    return text


def stack_of(rig, style, module):
    return [with_places(rig, f"auth {line.replace('{}', module)}") for line in STYLES[style][0]]


def expected(style, code):
    failed, succeeded = STYLES[style][1:]
    if code == SUCCESS:
        return succeeded
    return code if failed is SAME else failed


def outcome(rig, name, style):
    """What the stack of a style says to an outcome."""
    typed = PLAIN.get(name, ("{accepted}",))[0]
    argument, named, _ = OTHERS.get(name, ("", {}, None))
    named = {"service": next(services), **named}
    conversation = [named.pop("conversation")] if "conversation" in named else []
    if typed.startswith("{"):
        typed = rig.world.tokens[typed[1:-1]]
    result = rig.run(stack_of(rig, style, rig.pat(argument)),
                     [f"set:rhost={fresh_address()}", *conversation, "authenticate"],
                     answers=[typed], **named)
    return result.code


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_under_every_control(rig, name):
    code = PLAIN[name][1] if name in PLAIN else OTHERS[name][2]
    workers = len(STYLES) if name == "hung" else 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        found = dict(zip(STYLES, pool.map(lambda style: outcome(rig, name, style), STYLES)))
    assert found == {style: expected(style, code) for style in STYLES}


def with_pam_debug(rig, style, code):
    """What libpam makes of a code in the module's place."""
    place = rig.prepare(stack_of(rig, style, f"pam_debug.so auth={code}"), "sshd")
    process = rig.start(place, ["authenticate"])
    out, _ = process.communicate(timeout=60)
    return out.decode().split("authenticate ")[1].split()[0]


@pytest.mark.parametrize("code", CODES)
def test_the_table_is_libpams(rig, code):
    found = {style: with_pam_debug(rig, style, code) for style in STYLES}
    assert found == {style: expected(style, "PAM_" + code.upper()) for style in STYLES}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_an_ignore_would_be_a_login(rig, neighbour):
    """Why the rows above matter: the neighbours let in whom nobody looked at."""
    lets_in = NEIGHBOURS[neighbour][1]
    found = {with_pam_debug(rig, style, "ignore")
             for style in (f"required, {neighbour}", f"{neighbour}, required")}
    assert found == {SUCCESS if lets_in else "PAM_PERM_DENIED"}


def test_the_exact_style_shows_an_ignore(rig):
    assert with_pam_debug(rig, "exact", "ignore") == IGNORED
