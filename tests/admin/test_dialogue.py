# SPDX-License-Identifier: BSD-2-Clause
"""create on a terminal: its questions, the one-time screen, and what is left behind of both."""
import os
import re
import signal
import stat
import subprocess
import termios
import time

import pytest

from ctlkit import ADMIN, ALICE, Host, IS_ROOT, TOKEN, fits, id_of
from terminal import Terminal

NAME = "Name (at least 8 characters):"
DESCRIPTION = "Description []:"
EXPIRES = "Expires [in 90 days]:"
SCOPES = "Scopes (numbers or names):"
ADDRESSES = "Only from these addresses []:"
CREATE = "Create it? [Y/n]"
QUESTIONS = [NAME, DESCRIPTION, EXPIRES, SCOPES, ADDRESSES, CREATE]
ANSWERS = dict(zip(QUESTIONS, ["ci-deploy\n", "GitLab runner on build3\n", "6mon\n", "1\n",
                               "10.20.0.0/16\n", "y\n"]))
STORED = '[ ] Type "stored" to confirm, or "discard" to throw the token away:'
FLAGS = ["create", "alice", "--name", "a good name", "--scope", "mail:read"]
SECRET = slice(-33, -7)
SECOND = 1000000


def walk(terminal, until, **other):
    """Answers every question in front of one."""
    for question in QUESTIONS[:QUESTIONS.index(until)]:
        terminal.answer(question, other.get(question, ANSWERS[question]))
    return terminal.wait_for(lambda: terminal.cursor_line.endswith(until))


def shown_token(terminal):
    """The token on the one-time screen, as soon as its question is there."""
    terminal.wait_for(lambda: terminal.cursor_line.startswith("[ ] Type") or
                      terminal.cursor_line == ">" or "Press Enter" in terminal.cursor_line)
    return TOKEN.findall(terminal.shown.replace("\n", ""))[0]


def no_trace(terminal, token):
    """The secret is nowhere but on the alternate screen."""
    return token[SECRET] not in terminal.kept and token[SECRET] not in terminal.printed


def count(host, user="alice"):
    return len(host.json("list", "--all", "-u", user)["tokens"])


# --- the questions ---

def test_the_dialogue_as_people_see_it(host):
    """A26, A35, A38, A40, M2."""
    with Terminal(host, "create", "alice") as terminal:
        walk(terminal, CREATE)
        assert fits(terminal.shown) == []
        text = terminal.kept
        assert text.startswith(
            "New personal access token for alice in tenant acme\n"
            "  0 of 25 tokens used.  Enter keeps the [default], ? explains, ^C cancels.\n\n"
            f"{NAME} ci-deploy\n{DESCRIPTION} GitLab runner on build3\n{EXPIRES} 6mon\n  → ")
        assert re.search(r"\n  → \w{3} .* UTC \(in \d+ days\)\nScopes you may grant:\n"
                         r"  1 \[ \] mail:read +read mail", text)
        assert re.search(r"\n\n  ci-deploy · mail:read · from 10\.20\.0\.0/16 · until ", text)
        terminal.answer(CREATE, "\n")
        token = shown_token(terminal)
        assert terminal.is_alternate and host.state_of(id_of(token)) == "pending"
        host.say("check", "--scope", "mail:read", stdin=token, check=5)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0 and no_trace(terminal, token)
        last = terminal.kept[terminal.kept.index("✓"):].strip().splitlines()
    assert last[0] == f"✓ {id_of(token)} ci-deploy is active. It works at once on this host."
    assert last[-1] == f"  Undo:      patctl revoke {id_of(token)}"
    assert "  Test it:   patctl check --scope mail:read --user alice   (paste the token)" in last
    host.say("check", "--scope", "mail:read", "--rhost", "10.20.1.2", stdin=token)
    record = host.call("Show", token=id_of(token))["token"]
    assert (record["name"], record["description"], record["scopes"], record["addresses"]) == \
        ("ci-deploy", "GitLab runner on build3", ["mail:read"], ["10.20.0.0/16"])
    assert 180 < (record["expires"] - record["created"]) / 86400 / SECOND < 186


def test_what_was_given_is_not_asked(host):
    """A26."""
    with Terminal(host, "create", "alice", "--name", "given before", "--description", "x",
                  "--expires", "30d", "--from", "192.0.2.0/24") as terminal:
        terminal.answer(SCOPES, "mail:send ssh\n").answer(CREATE, "y\n")
        token = shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
        assert not any(question in terminal.kept for question in (NAME, EXPIRES, ADDRESSES))
        assert re.search(r"Test it:   patctl check --scope mail:send|Test it:   ssh alice@",
                         terminal.kept)
    record = host.call("Show", token=id_of(token))["token"]
    assert sorted(record["scopes"]) == ["mail:send", "ssh:login"] and record["description"] == "x"


@pytest.mark.parametrize("question, wrong, reason", [
    (NAME, "\n", "The name needs at least 8 characters."),
    (NAME, "seven c\n", "The name needs at least 8 characters."),
    (NAME, 65 * "x" + "\n", "The name has 65 characters, and 64 are the most."),
    (NAME, "turned \u202e round\n", "That is no text that people can read."),
    (DESCRIPTION, 1025 * "d" + "\n", "That is too long: 1024 bytes at most."),
    (EXPIRES, "soon\n", "Like 90d, 6mon,"), (EXPIRES, "2020-01-01\n", "That is past."),
    (EXPIRES, "2026-02-30\n", "That is no date, or too far away."),
    (SCOPES, "\n", "A token needs at least one scope."), (SCOPES, "77\n", '"77" is no number'),
    (SCOPES, "sudo:run\n", '"sudo:run" is no number or name'), (SCOPES, "mail\n", '"mail" is no'),
    (ADDRESSES, "here\n", '"here" '), (ADDRESSES, "10.0.0.1/8\n", '"10.0.0.1/8" has bits set'),
    (CREATE, "perhaps\n", "That is neither y nor n."),
], ids=lambda value: repr(value)[:24])
def test_a_wrong_answer_is_asked_again_with_the_reason(shared, question, wrong, reason):
    """A27, A31."""
    with Terminal(shared, "create", "alice") as terminal:
        walk(terminal, question).answer(question, wrong).wait_for(f"✗ {reason}"[:70])
        terminal.wait_for(lambda: terminal.cursor_line.endswith(question)).type("\x03")
        assert terminal.wait() == 130 and not terminal.is_alternate
    assert count(shared) == 0


@pytest.mark.parametrize("key, status", [("\x03", 130), ("\x04", 10)], ids=["^C", "^D"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_can_be_left(shared, question, key, status):
    head = shared.head()
    with Terminal(shared, "create", "alice") as terminal:
        walk(terminal, question).type(key)
        assert terminal.wait() == status
        assert ("Nothing changed." in terminal.kept) == (status == 10)
    assert count(shared) == 0 and shared.head() == head


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_mark_explains(shared, question):
    with Terminal(shared, "create", "alice") as terminal:
        walk(terminal, question)
        before = terminal.printed
        terminal.answer(question, "?\n")
        terminal.wait_for(lambda: terminal.cursor_line.endswith(question))
        assert re.search(r"\n  [A-Z][^\n]{30,}", terminal.printed[len(before):].replace("\r", ""))
        assert fits(terminal.shown) == []
        terminal.type("\x03")
        assert terminal.wait() == 130


def test_no_at_the_end_changes_nothing(shared):
    head = shared.head()
    with Terminal(shared, "create", "alice") as terminal:
        walk(terminal, CREATE).answer(CREATE, "n\n")
        assert terminal.wait() == 10 and "Nothing changed." in terminal.kept
    assert shared.head() == head


@pytest.mark.parametrize("name, kept", [
    ("部署脚本的令牌名字", "部署脚本的令牌名字"), ("🔑 key of the CI 🏗️", "🔑 key of the CI 🏗️"),
    ("na\u0308chtliche Sicherung", "na\u0308chtliche Sicherung"),
    ("  trimmed name  ", "trimmed name"),
    ("müll\x7f\x7f\x7f\x7fwith é\x7fe rubbed out", "with e rubbed out"),
    ("thrown away\x15what is left", "what is left"),
], ids=["cjk", "emoji", "combining", "blanks", "rubbed out", "killed"])
def test_names_are_typed_as_people_type(host, name, kept):
    with Terminal(host, "create", "alice") as terminal:
        terminal.answer(NAME, name + "\n").answer(DESCRIPTION, "\n")
        for question in (EXPIRES, SCOPES, ADDRESSES, CREATE):
            terminal.answer(question, ANSWERS[question] if question == SCOPES else "\n")
        token = shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0 and f"{id_of(token)} {kept} is active" in terminal.kept
    assert host.call("Show", token=id_of(token))["token"]["name"] == kept


def test_a_name_in_use_is_asked_again_and_the_answers_are_kept(host):
    host.make("ci-deploy")
    with Terminal(host, "create", "alice") as terminal:
        walk(terminal, CREATE).answer(CREATE, "y\n")
        terminal.answer(f"{NAME[:-1]} [ci-deploy]:", "another deploy\n")
        for question in ("Description [GitLab runner on build3]:", "Expires [6mon]:",
                         "Scopes (numbers or names) [mail:read]:",
                         "Only from these addresses [10.20.0.0/16]:", CREATE):
            terminal.answer(question, "\n")
        token = shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    record = host.call("Show", token=id_of(token))["token"]
    assert (record["name"], record["addresses"]) == ("another deploy", ["10.20.0.0/16"])


def test_never_is_warned_about_and_rules_are_told(host):
    """A28."""
    host.tenant("strict", makeDefault=False, contact="helpdesk@example.org", policy={
        "nameMin": 12, "requireExpiry": True, "requireAddresses": True,
        "maxLifetime": 30 * 86400 * SECOND, "maxTokens": 2})
    host.user("dave", grants=["mail:read"], tenant="strict")
    with Terminal(host, "create", "dave", "-t", "strict") as terminal:
        terminal.answer("Name (at least 12 characters):", "a name of twelve\n")
        terminal.answer(DESCRIPTION, "\n").answer("Expires [in 30 days]:", "never\n")
        terminal.wait_for("✗ Tokens of this tenant must expire.").answer("30 days]:", "31d\n")
        terminal.wait_for("✗ Tokens of this tenant live 30 days at most.").answer("30 days]:", "\n")
        terminal.answer("Scopes (numbers or names) [1]:", "\n")
        terminal.answer(ADDRESSES, "\n").wait_for("✗ Tokens of this tenant must be bound to")
        terminal.answer(ADDRESSES, "192.0.2.7\n").answer(CREATE, "y\n")
        token = shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    assert host.state_of(id_of(token)) in ("active", "expiring")
    host.make("the second and last", "-t", "strict", "--expires", "1d", "--from", "192.0.2.7",
              user="dave")
    with Terminal(host, "create", "dave", "-t", "strict") as terminal:
        assert terminal.wait() == 6 and NAME[:4] not in terminal.kept
        assert "2 tokens" in terminal.kept


@pytest.mark.parametrize("option, value, told", [
    ("--name", "short", "--name: the name needs"), ("--expires", "soon", "--expires: like 90d"),
    ("--from", "there", '--from: "there"')])
def test_what_was_given_is_judged_before_anybody_answers(shared, option, value, told):
    with Terminal(shared, "create", "alice", option, value) as terminal:
        assert terminal.wait() == 2 and told in terminal.kept and SCOPES not in terminal.kept


def test_a_preset_leaves_the_name_to_be_asked(host):
    """C11."""
    with Terminal(host, "create", "alice", "--preset", "phone") as terminal:
        terminal.answer(NAME, "the new phone\n").answer(ADDRESSES, "\n")
        terminal.wait_for("the new phone · mail:read,mail:send · until").answer(CREATE, "\n")
        token = shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    record = host.call("Show", token=id_of(token))["token"]
    assert record["scopes"] == ["mail:read", "mail:send"] and "phone" in record["description"]


def test_asked_on_the_terminal_printed_to_a_pipe(host):
    """Standard output is somewhere else: there is no screen, and the token works at once."""
    ours, theirs = os.pipe()
    with Terminal(host, "create", "alice", stdout=theirs) as terminal:
        os.close(theirs)
        walk(terminal, CREATE).answer(CREATE, "y\n")
        assert terminal.wait() == 0
        with os.fdopen(ours) as pipe:
            token = pipe.read().rstrip("\n")
        assert TOKEN.fullmatch(token) and token[SECRET] not in terminal.everything
        assert "shown once" in terminal.kept
    assert host.state_of(id_of(token)) == "active"


@pytest.mark.parametrize("arguments", [["--no-input"], ["--no-input", "--name", "no scope"]])
def test_no_input_asks_nothing(shared, arguments):
    """A35."""
    with Terminal(shared, "create", "alice", *arguments) as terminal:
        assert terminal.wait() == 2
        assert re.search(r"create: missing .*--scope.*\(no terminal to ask on\)", terminal.kept)


def test_forty_columns_are_enough(host):
    with Terminal(host, "create", "alice", columns=40) as terminal:
        walk(terminal, CREATE).answer(CREATE, "y\n")
        token = shown_token(terminal)
        assert "┌" not in terminal.shown and token[:40] in terminal.shown.splitlines()
        terminal.answer(">", "stored\n")
        assert terminal.wait() == 0 and no_trace(terminal, token)
    assert host.state_of(id_of(token)) == "active"


# --- the one-time screen ---

def test_the_screen_as_people_see_it(host):
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        lines = terminal.shown.splitlines()
        assert lines[0] == "┌ Your new token " + 48 * "─" + " shown once ┐"
        assert lines[2] == f"│  {token:<74}│" and lines[8] == "└" + 76 * "─" + "┘"
        assert lines[10] == STORED and {len(line) for line in lines[:9]} == {78}
        assert terminal.main.lines[0] == ""
        terminal.type("\x03")
        assert terminal.wait() == 130 and no_trace(terminal, token)


@pytest.mark.parametrize("leave, status, told", [
    ("discard\n", 10, "Discarded: the token was revoked."),
    ("\x04", 10, "Discarded: the token was revoked."),
    ("\x03", 130, "Interrupted: the token was revoked."),
    ("stor\x03", 130, "Interrupted: the token was revoked."),
    ("no\nstored \ndiscard\n", 10, "Discarded: the token was revoked."),
], ids=["discard", "^D", "^C", "^C within the word", "wrong words"])
def test_what_is_not_stored_is_revoked(host, leave, status, told):
    """A40."""
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        terminal.type(leave)
        assert terminal.wait() == status and terminal.kept.strip() == told
        assert no_trace(terminal, token) and not terminal.is_alternate
    assert host.state_of(id_of(token)) == "revoked"


def ended(terminal, host, id_):
    """Whoever watched has gone: what patd says in the end."""
    terminal.process.wait(30)
    return host.state_of(id_)


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}], ids=["screen", "dumb"])
@pytest.mark.parametrize("how", ["hang up", "SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT"])
def test_a_signal_or_a_hang_up_revokes(host, how, environment):
    with Terminal(host, *FLAGS, environment=environment) as terminal:
        token = shown_token(terminal)
        if how == "hang up":
            terminal.hang_up()
        else:
            terminal.signal(signal.Signals[how])
            terminal.wait()
        assert ended(terminal, host, id_of(token)) == "revoked"
        assert terminal.process.returncode == 130


def test_nobody_answers_in_time(host):
    """As long as the tenant lets tokens be pending."""
    host.tenant("hasty", makeDefault=False, policy={"pendingLifetime": 2 * SECOND})
    host.user("dave", grants=["mail:read"], tenant="hasty")
    for environment in ({}, {"TERM": "dumb"}):
        with Terminal(host, "create", "dave", "-t", "hasty", *FLAGS[2:],
                      environment=environment) as terminal:
            begin = time.monotonic()
            token = shown_token(terminal)
            assert terminal.wait() == 10 and time.monotonic() - begin > 1
            assert "No answer in time: the token was revoked." in terminal.kept
        assert host.call("Show", token=id_of(token), tenant="hasty")["token"]["state"] == "revoked"


def test_a_failing_confirmation_is_told_with_the_next_step(host):
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        host.call("Revoke", tokens=[id_of(token)])
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 6 and no_trace(terminal, token)
        assert "The token is not confirmed." in terminal.kept
        assert f"patctl show {id_of(token)}" in terminal.kept and "is active" not in terminal.kept


def test_patd_may_start_again_while_people_think(host):
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        host.stop()
        host.start()
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    assert host.state_of(id_of(token)) == "active"


@pytest.mark.parametrize("option", ["--no-confirm", "--yes"])
@pytest.mark.parametrize("leave", ["\n", "\x03", "\x04", "hang up"], ids=repr)
def test_without_confirmation_it_works_at_once(host, option, leave):
    """A38."""
    with Terminal(host, *FLAGS, option) as terminal:
        token = shown_token(terminal)
        assert terminal.is_alternate and host.state_of(id_of(token)) == "active"
        if leave == "hang up":
            terminal.hang_up()
            terminal.process.wait(30)
        else:
            terminal.type(leave)
            assert terminal.wait() == 0 and no_trace(terminal, token)
            assert f"{id_of(token)} a good name is active" in terminal.kept
    assert host.state_of(id_of(token)) == "active"


def test_the_clipboard_of_the_terminal(host):
    """A36."""
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        assert terminal.clipboard is None
        terminal.type("c")
        terminal.wait_for("Sent to the clipboard")
        assert terminal.clipboard == token
        terminal.answer(STORED, "discard\n")
        assert terminal.wait() == 10
    with Terminal(host, *FLAGS, "--copy") as terminal:
        token = shown_token(terminal)
        assert terminal.clipboard == token and "Sent to the clipboard" in terminal.shown
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    with Terminal(host, "create", "alice", "--name", "quietly copied", *FLAGS[4:], "-q",
                  "--copy") as terminal:
        assert terminal.wait() == 0 and not terminal.is_alternate
        assert terminal.clipboard == TOKEN.findall(terminal.kept)[0]


def modules(lines):
    """Dark or light, from half blocks whose drawn parts are light."""
    rows = []
    for line in lines:
        cells = [{"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}[cell] for cell in line]
        rows += [[cell[0] for cell in cells], [cell[1] for cell in cells]]
    size = len(rows[0])
    return [row[2:-2] for row in rows[2:size - 2]]


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=["colour", "none"])
def test_the_qr_code_is_the_token(host, environment):
    """S17."""
    host.tenant("x" * 16, makeDefault=False)
    host.user("alice", grants=["mail:read"], tenant="x" * 16)
    for tenant in ("acme", "x" * 16):
        with Terminal(host, *FLAGS, "-t", tenant, environment=environment) as terminal:
            token = shown_token(terminal)
            terminal.type("q")
            terminal.wait_for("A key goes back.")
            lines = [line.ljust(len(terminal.screen.line(0))) for line in terminal.screen.lines
                     if line and "key" not in line]
            assert "┌" not in terminal.shown
            assert ("\x1b[97;40m" in terminal.everything) == (not environment)
            terminal.type("x")
            terminal.answer(STORED, "discard\n")
            assert terminal.wait() == 10 and no_trace(terminal, token) and "█" not in terminal.kept
        drawn = subprocess.run(["qrencode", "-8", "-l", "L", "-m", "0", "-t", "ASCII", "-o", "-"],
                               input=token, capture_output=True, text=True, check=True).stdout
        assert modules(lines) == [[int(cell == "#") for cell in line[::2]]
                                  for line in drawn.splitlines()]


def test_where_there_is_no_room_for_a_qr_code(host):
    with Terminal(host, *FLAGS, columns=80, rows=18) as terminal:
        shown_token(terminal)
        terminal.type("q")
        terminal.wait_for("The QR code takes 33 columns and 20 rows.")
        terminal.answer(STORED, "discard\n")
        assert terminal.wait() == 10
    with Terminal(host, *FLAGS, "--qr") as terminal:
        terminal.wait_for("A key goes back.").type(" ")
        shown_token(terminal)
        terminal.answer(STORED, "discard\n")
        assert terminal.wait() == 10


def test_a_file_of_the_screen(host, tmp_path):
    tmp_path.chmod(0o777)
    path, taken, link = tmp_path / "token", tmp_path / "taken", tmp_path / "link"
    taken.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    with Terminal(host, *FLAGS, environment={"HOME": str(tmp_path)}) as terminal:
        token = shown_token(terminal)
        for wrong, reason in ((taken, "File exists"), (link, "File exists"),
                              (tmp_path / "no" / "where", "No such file")):
            terminal.type("f")
            terminal.wait_for("A new file for it:").type(f"{wrong}\n")
            terminal.wait_for(lambda: reason in terminal.shown.replace("\n", " "))
            shown_token(terminal)
        terminal.type("f")
        terminal.wait_for("A new file for it:").type("\n")  # nothing after all
        shown_token(terminal)
        terminal.type("f")
        terminal.wait_for("A new file for it:").type("~/tokem\x7fn\n")
        terminal.wait_for(lambda: "(0600)" in "".join(terminal.screen.lines[10:14]))
        assert path.read_text() == token + "\n" and stat.S_IMODE(path.stat().st_mode) == 0o600
        shown_token(terminal)
        terminal.type("f")
        terminal.wait_for("already.").answer(STORED, "stored\n")
        assert terminal.wait() == 0 and f"✓ It is in {path}." in terminal.kept.replace("\n", "")
    assert taken.read_text() == "mine" and not (tmp_path / "elsewhere").exists()


def test_a_file_of_a_discarded_token_is_removed(host, tmp_path):
    for leave in ("discard\n", "\x03"):
        with Terminal(host, *FLAGS) as terminal:
            shown_token(terminal)
            terminal.type("f")
            terminal.wait_for("A new file for it:").type(f"{tmp_path}/token\n")
            terminal.wait_for(lambda: (tmp_path / "token").exists())
            shown_token(terminal)
            terminal.type(leave)
            assert terminal.wait() in (10, 130) and not (tmp_path / "token").exists()


def test_the_window_may_change_its_size(host):
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        terminal.type("stor")
        terminal.wait_for(lambda: terminal.cursor_line.endswith(" stor"))
        terminal.columns = terminal.other.columns = 40
        terminal.resize(40, 24)
        terminal.signal(signal.SIGWINCH)
        terminal.wait_for(lambda: "┌" not in terminal.shown and terminal.cursor_line == "> stor")
        terminal.type("ed\n")
        assert terminal.wait() == 0 and no_trace(terminal, token)


def test_keys_that_are_no_letters_do_no_harm(host):
    with Terminal(host, *FLAGS) as terminal:
        shown_token(terminal)
        terminal.type("\x1b[A\x1b[C\x1bOP")
        terminal.type("st\x1b[Dored\x7fd\x08d")
        terminal.wait_for(lambda: terminal.cursor_line.endswith(" stored")).type("\n")
        assert terminal.wait() == 0


@pytest.mark.parametrize("leave", ["stored\n", "\x03", "\x04"], ids=repr)
def test_the_terminal_is_put_back(host, leave):
    """And nobody walks away from a secret with ^Z."""
    with Terminal(host, *FLAGS) as terminal:
        before = terminal.settings
        shown_token(terminal)
        during = terminal.settings
        assert not during[3] & (termios.ECHO | termios.ICANON) and during[3] & termios.ISIG
        assert during[6][termios.VSUSP] == b"\0" != before[6][termios.VSUSP]
        terminal.type("\x1a" + leave)
        terminal.wait_for(lambda: not terminal.is_alternate)
        terminal.wait_for(lambda: terminal.takes_lines)
        assert terminal.settings == before
        terminal.wait()


# --- terminals of all kinds ---

def test_a_terminal_without_an_alternate_screen_is_wiped(host):
    """A40: it ignores the sequences: then the lines themselves are erased."""
    with Terminal(host, *FLAGS, environment={"TERM": "vt100"}, hides=False) as terminal:
        token = shown_token(terminal)
        terminal.type("q")
        terminal.wait_for("A key goes back.").type(" ")
        shown_token(terminal)
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0 and token[SECRET] not in terminal.kept
        assert "█" not in terminal.kept and "is active" in terminal.kept


@pytest.mark.parametrize("term", ["dumb", "", "unknown", None])
def test_a_terminal_that_only_prints(host, term):
    with Terminal(host, *FLAGS, environment={"TERM": term or ""} if term is not None else
                  {"TERM": "dumb"}) as terminal:
        token = shown_token(terminal)
        assert not terminal.is_alternate and "\x1b" not in terminal.everything
        assert "stays on the screen and in the scroll-back" in terminal.shown.replace("\n", " ")
        assert host.state_of(id_of(token)) == "pending"
        terminal.answer(STORED, "stroed\n")
        terminal.wait_for("Type the word stored").answer(STORED, "stored\n")
        assert terminal.wait() == 0 and terminal.kept.count(token[SECRET]) == 1
    assert host.state_of(id_of(token)) == "active"
    with Terminal(host, *FLAGS, "--copy", environment={"TERM": "dumb"}) as terminal:
        assert terminal.wait() == 2 and "--copy needs a terminal" in terminal.kept


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_without_utf8_everything_is_ascii(host, locale):
    with Terminal(host, "create", "alice", environment={"LC_ALL": locale}) as terminal:
        walk(terminal, CREATE).answer(CREATE, "y\n")
        token = shown_token(terminal)
        assert terminal.shown.startswith("+ Your new token ---") and "QR" not in terminal.shown
        terminal.type("q")
        terminal.wait_for("There is no QR code here.").answer(STORED, "stored\n")
        assert terminal.wait() == 0 and terminal.everything.isascii() and no_trace(terminal, token)
    with Terminal(host, *FLAGS, "--qr", environment={"LC_ALL": locale}) as terminal:
        assert terminal.wait() == 2 and "with UTF-8" in terminal.kept


@pytest.mark.parametrize("columns, rows", [(64, 24), (66, 13), (100, 40), (63, 24), (30, 8)])
def test_every_size_shows_the_whole_token(host, columns, rows):
    with Terminal(host, *FLAGS, columns=columns, rows=rows) as terminal:
        token = shown_token(terminal)
        assert ("┌" in terminal.shown) == (columns >= 64 and rows >= 14)
        assert fits(terminal.shown, columns) == []
        terminal.type("stored\n")
        assert terminal.wait() == 0 and no_trace(terminal, token)
    assert host.state_of(id_of(token)) == "active"


# --- the secret ---

def test_the_secret_is_in_no_process_and_no_log(host):
    """M2."""
    with Terminal(host, *FLAGS) as terminal:
        token = shown_token(terminal)
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{terminal.process.pid}/{name}", "rb") as file:
                    assert token[SECRET].encode() not in file.read()
            except PermissionError:
                assert name == "environ"  # nobody else may look: the process cannot be dumped
        terminal.answer(STORED, "stored\n")
        assert terminal.wait() == 0
    for path in (host.state, host.keys, host.directory):
        for file in path.rglob("*"):
            if file.is_file() and file.parent != host.bin:
                assert token[SECRET].encode() not in file.read_bytes(), file


def end_by_abort(process):
    """What the kernel says of its end: killed, or killed and dumped."""
    process.send_signal(signal.SIGABRT)
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_code


def test_while_it_is_shown_there_is_no_core_file(host, tmp_path):
    """Such a process cannot be dumped: even its files in /proc belong to root."""
    tmp_path.chmod(0o777)
    command = host.as_uid(ALICE if IS_ROOT else None, [
        "prlimit", "--core=unlimited", host.bin / "patctl", "--socket", host.manage_socket,
        "create", "--name", "a good name", "--scope", "mail:read"])
    if not IS_ROOT:
        command.insert(command.index("create") + 1, "alice")
    with Terminal(host, program=command, directory=tmp_path) as terminal:
        shown_token(terminal)
        assert os.stat(f"/proc/{terminal.process.pid}/environ").st_uid == 0
        assert end_by_abort(terminal.process) == os.CLD_KILLED
    assert list(tmp_path.iterdir()) == []


# --- who ---

if IS_ROOT:
    @pytest.fixture(scope="module")
    def people():
        with Host() as patd:
            patd.user("adam", grants=["mail:*"], account="adam", uid=ADMIN, role="admin")
            yield patd

    def test_a_user_makes_a_token_of_their_own(people):
        with Terminal(people, "create", uid=ALICE) as terminal:
            walk(terminal, CREATE)
            assert "New personal access token for alice in tenant acme" in terminal.kept
            terminal.answer(CREATE, "y\n")
            token = shown_token(terminal)
            terminal.answer(STORED, "stored\n")
            assert terminal.wait() == 0
        record = people.call("Show", token=id_of(token))["token"]
        assert (record["user"], record["creator"]) == ("alice", "alice")

    def test_an_administrator_makes_one_for_somebody(people):
        with Terminal(people, "create", "carol", uid=ADMIN) as terminal:
            walk(terminal, CREATE).answer(CREATE, "y\n")
            token = shown_token(terminal)
            terminal.answer(STORED, "discard\n")
            assert terminal.wait() == 10
        assert people.state_of(id_of(token)) == "revoked"

    def test_nobody_makes_one_for_somebody_else(people):
        with Terminal(people, "create", "carol", uid=ALICE) as terminal:
            assert terminal.wait() in (3, 4) and NAME not in terminal.kept
