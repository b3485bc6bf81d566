# SPDX-License-Identifier: BSD-2-Clause
"""Owners hear that their tokens end: 30, 7 and 1 days before, each once, by mail or a program."""
import json
import os
import re
import subprocess
from email import message_from_string

import pytest

from ctlkit import ALICE, FAKETIME, Host, id_of
from pat import BUILD, SOURCE, Refused

SENDMAIL = """#!/bin/sh
number=$(ls "$0.d" | wc -l)
printf '%s\\n' "$*" > "$0.d/$number.words"
tr '\\0' '\\n' < /proc/$$/environ > "$0.d/$number.environ"
cat > "$0.d/$number"
exec test ! -e "$0.broken"
"""
DAY = 86400


class Clock:
    """A host whose patd, and whose patctl, live so many seconds ahead."""

    def __init__(self, host):
        self.host, self.file = host, host.directory / "clock"
        self.set(0)
        words = host.command()
        at = words.index(str(host.bin / "patd"))
        self.env = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self.file),
                    "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
        words[at:at] = ["env", *(f"{name}={value}" for name, value in self.env.items())]
        host.command = lambda *more: [*words, *more]
        host.stop()
        host.start()

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"+{seconds}s\n")
        new.chmod(0o644)
        new.rename(self.file)

    def notify(self, *arguments, check=0):
        return self.host.ctl("notify", *arguments, environment=self.env, check=check)


class Mail:
    """A program in sendmail's place."""

    def __init__(self, directory):
        self.path = directory / "sendmail"
        self.path.write_text(SENDMAIL)
        self.path.chmod(0o755)
        self.kept = directory / "sendmail.d"
        self.kept.mkdir()
        self.way = ["--mail", "--sendmail", str(self.path)]

    def letters(self):
        """What came since the last look."""
        names = sorted((name for name in os.listdir(self.kept) if name.isdigit()), key=int)
        found = [(self.kept / name).read_text() for name in names]
        for name in os.listdir(self.kept):
            os.unlink(self.kept / name)
        return found

    def breaks(self, broken=True):
        mark = self.path.with_name("sendmail.broken")
        mark.touch() if broken else mark.unlink()


@pytest.fixture
def mail(tmp_path):
    return Mail(tmp_path)


@pytest.fixture
def clock(host):
    return Clock(host)


def told(mail):
    """Recipient and subject of every letter."""
    letters = [message_from_string(text) for text in mail.letters()]
    return [(letter["To"], letter["Subject"]) for letter in letters]


def test_each_step_is_told_once(host, clock, mail):
    """S7: thirty, seven and one day before the end, by a clock that goes on."""
    id_ = id_of(host.make("ends in forty days", "--expires", "40d"))
    host.make("never ends", "--expires", "never")
    seen = []
    for day in range(0, 41):
        for hour in (0, 12):
            clock.set(day * DAY + hour * 3600)
            clock.notify(*mail.way)
            seen += [(day, hour, *letter) for letter in told(mail)]
    assert seen == [(10, 0, "alice", f"Token {id_} expires in 30 days"),
                    (33, 0, "alice", f"Token {id_} expires in 7 days"),
                    (39, 0, "alice", f"Token {id_} expires in 1 day")]


def test_only_the_step_that_fits(host, clock, mail):
    """S7: who hears of seven days first is not told of thirty afterwards; other steps are others."""
    id_ = id_of(host.make("ends in five days", "--expires", "5d"))
    clock.notify(*mail.way)
    assert told(mail) == [("alice", f"Token {id_} expires in 5 days")]
    clock.notify(*mail.way, "--days", "30,14,7")
    assert told(mail) == []
    clock.notify(*mail.way, "--days", "5")
    assert told(mail) == [("alice", f"Token {id_} expires in 5 days")]
    host.stop()
    host.start()
    clock.notify(*mail.way)
    assert told(mail) == []  # it is remembered


def test_whom_it_concerns(host, clock, mail):
    """S7: live tokens that are not replaced, of users that are not disabled."""
    host.user("dora", grants=["mail:*"], contact="dora@example.org")
    made = {name: id_of(host.make(name, "--expires", "3d")) for name in (
        "is still alive", "is suspended", "is revoked", "is replaced")}
    host.make("of a disabled user", "--expires", "3d", user="dora")
    host.say("suspend", made["is suspended"])
    host.say("revoke", "--yes", made["is revoked"])
    host.call("Rotate", token=made["is replaced"], grace=2 * DAY * 1_000_000)
    successor = host.call("Show", token=made["is replaced"])["token"]["successor"]
    host.say("user", "disable", "dora")
    host.call("Create", user="alice", name="is pending yet", scopes=["mail:read"], pending=True,
              expires=host.call("Status")["now"] + 3 * DAY * 1_000_000)
    clock.notify(*mail.way)
    assert {subject.split()[1] for _, subject in told(mail)} == {made["is still alive"], successor}
    host.say("resume", made["is suspended"])
    clock.notify(*mail.way)
    assert {subject.split()[1] for _, subject in told(mail)} == {made["is suspended"]}


def test_what_failed_is_due_again(host, clock, mail):
    """S7: only what the program took counts."""
    host.make("ends in two days", "--expires", "2d")
    host.make("ends in three days", "--expires", "3d")
    mail.breaks()
    failed = clock.notify(*mail.way, check=8)
    assert "ended with 1" in failed.stderr and "the next run tries them again" in failed.stderr
    assert len(told(mail)) == 2
    clock.notify(*mail.way, check=8)
    assert len(told(mail)) == 2
    mail.breaks(False)
    clock.notify(*mail.way)
    assert len(told(mail)) == 2
    assert clock.notify(*mail.way).stdout == "0 notices sent.\n" and told(mail) == []
    host.make("ends in four days", "--expires", "4d")
    missing = clock.notify("--mail", "--sendmail", "/nonexistent/sendmail", check=8)
    assert "/nonexistent/sendmail: No such file or directory" in missing.stderr
    assert clock.notify("--exec", "exit 3", check=8).stderr.count("ended with 3") == 1
    assert clock.notify("--exec", "kill -9 $$", check=8).stderr.count("ended by signal 9") == 1
    assert len(json.loads(clock.notify("--dry-run", "--json").stdout)["notices"]) == 1


RECIPIENTS = {
    # a contact: where the mail of carol goes, who has no account
    "carol@example.org": "carol@example.org",
    "o'brien+pat=1@mail.example.org": "o'brien+pat=1@mail.example.org",
    "": "carol@lab.example", "tel. 123": "carol@lab.example", "carol": "carol@lab.example",
    "Carol <carol@example.org>": "carol@lab.example",
    "carol@example.org, root@example.org": "carol@lab.example",
    "|/bin/sh@example.org": "carol@lab.example", "-C/etc/passwd@example.org": "carol@lab.example",
    "/tmp/x@example.org": "carol@lab.example", ":include:x@example.org": "carol@lab.example",
    "a@b@c": "carol@lab.example", "a..b@example.org": "carol@lab.example",
    "carol@-example.org": "carol@lab.example", "carol@[192.0.2.1]": "carol@lab.example",
    "carol@example..org": "carol@lab.example", '"x y"@example.org': "carol@lab.example",
    f"{'a' * 65}@example.org": "carol@lab.example", "carol@example.org\u00a0": "carol@lab.example",
}


def test_whom_mail_goes_to(host, clock, mail):
    """S7: contacts are texts of people; no header is made of them, nor an option or a program."""
    host.tenant("lab", realms=["lab.example"], makeDefault=False)
    wanted = {}
    for number, (contact, recipient) in enumerate(RECIPIENTS.items()):
        user = f"carol{number}"
        host.user(user, grants=["mail:*"], tenant="lab", contact=contact)
        made = host.token(user, ["mail:read"], tenant="lab",
                          expires=host.call("Status")["now"] + DAY * 1_000_000)[1]
        wanted[made["id"]] = recipient.replace("carol@lab", f"{user}@lab")
    clock.notify(*mail.way)
    assert all((mail.kept / f"{name}.words").read_text() == "-oi -t\n"
               for name in os.listdir(mail.kept) if name.isdigit())
    found = {subject.split()[1]: to for to, subject in told(mail)}
    assert found == wanted


def test_nobody_to_tell(host, clock, mail):
    """A virtual user without contact and realm: said, and due until somebody does something."""
    host.make("ends in two days", "--expires", "2d", user="carol")
    assert "of carol: the user has no mail address, account or realm" in \
        clock.notify(*mail.way, check=8).stderr
    rows = json.loads(clock.notify("--dry-run", "--json").stdout)["notices"]
    assert [(row["user"], row["to"], row["sent"]) for row in rows] == [("carol", None, False)]


def test_a_letter_is_whole_and_hostile_names_stay_in_it(host, clock, mail):
    """S7: names of tokens are texts of people, too."""
    names = ["To: root@example.org", "$(reboot) `id` ; | & > x", "\u00fcml\u00e4ut & <b>HTML</b>",
             ". a line of its own", "%s%n%d %1000000x"]
    ids = {id_of(host.make(name, "--expires", "2d")): name for name in names}
    clock.notify(*mail.way)
    letters = mail.letters()
    assert len(letters) == len(names)
    for text in letters:
        letter = message_from_string(text)
        assert letter.keys() == ["To", "Subject", "MIME-Version", "Content-Type",
                                 "Content-Transfer-Encoding", "Auto-Submitted"]
        assert letter["To"] == "alice" and letter["Auto-Submitted"] == "auto-generated"
        id_, = re.fullmatch(r"Token (\w{8}) expires in 2 days", letter["Subject"]).groups()
        body = letter.get_payload()
        assert f"\n    {id_}   {ids[id_]}   (tenant acme)\n" in body
        assert f"\n    patctl rotate {id_}\n" in body and "\nexpires in 2 days: " in body
        assert not re.search(r"pat_\w+_1\w{20}", text) and max(map(len, text.splitlines())) < 200


def test_a_program_reads_json(host, clock, mail, tmp_path):
    """S7: once for every notice; the command is as it was given, the data stands on its input."""
    ids = [id_of(host.make(f"a 'quoted' \"name\" {n}", "--expires", f"{n + 2}d")) for n in range(2)]
    shown = clock.notify("--exec", str(mail.path), "--json").stdout
    environments = [(mail.kept / name).read_text() for name in os.listdir(mail.kept)
                    if name.endswith(".environ")]
    assert {(mail.kept / name).read_text() for name in os.listdir(mail.kept)
            if name.endswith(".words")} == {"\n"}
    assert len(environments) == 2 and not any("quoted" in text or ids[0] in text
                                              for text in environments)
    notices = [json.loads(text) for text in mail.letters()]
    assert {notice["id"] for notice in notices} == set(ids)
    for notice in notices:
        assert set(notice) == {"v", "id", "tenant", "user", "name", "masked", "expires", "days",
                               "contact", "to", "sent"}
        assert (notice["v"], notice["user"], notice["tenant"], notice["to"], notice["days"]) == \
            (1, "alice", "acme", "alice", 7)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", notice["expires"])
    rows = json.loads(shown)["notices"]
    assert [row["sent"] for row in rows] == [True, True]
    assert clock.notify("--exec", f"cat > {tmp_path}/never").stdout == "0 notices sent.\n"
    assert not (tmp_path / "never").exists()


def test_dry_run_changes_nothing(host, clock, mail):
    host.make("ends in two days", "--expires", "2d")
    for way in ([], mail.way, ["--exec", "exit 1"]):
        text = clock.notify("--dry-run", *way).stdout
        assert "ends in two days" in text and "1 notice is due.  Nothing was sent" in text
    assert told(mail) == []
    clock.notify(*mail.way)
    assert len(told(mail)) == 1


WRONG = {
    "no way": [], "two ways": ["--mail", "--exec", "true"], "sendmail alone": ["--sendmail", "/x"],
    "no days": ["--mail", "--days", ""], "a word": ["--mail", "--days", "30,soon"],
    "nothing": ["--mail", "--days", "0"], "too many": ["--mail", "--days", "366"],
    "below": ["--mail", "--days", "-1"], "far too many": ["--mail", "--days", "1,2,3,4,5,6,7,8,9"],
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_words(shared, case):
    assert shared.fails(2, "notify", *WRONG[case]).startswith("patctl: ")


def test_operators_only(shared):
    """Who is to be told of what is the operator's business, and so is what was told."""
    token = shared.token("alice", ["mail:read"])[1]["id"]
    if os.getuid() == 0:
        assert "may not do this" in shared.ctl("notify", "--dry-run", uid=ALICE, check=4).stderr
    for parameters in ({}, {"days": []}, {"days": [0]}, {"days": ["7"]}, {"days": 7},
                       {"days": [366]}, {"days": list(range(1, 10))}):
        with pytest.raises(Refused):
            shared.call("Notices", parameters, more=True)
    for days in (None, 0, 366, "7"):
        with pytest.raises(Refused):
            shared.call("NoticeSent", token=token, days=days)
    assert shared.call("NoticeSent", token=token, days=365) == {}
    with pytest.raises(Refused, match="NotFound"):
        shared.call("NoticeSent", token="zzzzzzzz", days=1)


def test_without_a_patd(tmp_path):
    host = Host()
    try:
        done = host.ctl("notify", "--mail", check=7)
        assert "does not answer" in done.stderr and done.stdout == ""
    finally:
        host.close()


def test_the_units_say_so(build_units):
    """The timer is there, off, and its service runs what the manual page says."""
    service, timer = build_units
    assert re.search(r"^ExecStart=\S+/patctl notify --mail --quiet$", service, re.M)
    assert "Persistent=true" in timer and "OnCalendar=daily" in timer


@pytest.fixture
def build_units():
    units = "packaging/systemd/pat-notify."
    return (BUILD / f"{units}service").read_text(), (SOURCE / f"{units}timer").read_text()


def test_systemd_takes_the_units(build_units, tmp_path):
    for kind, text in zip(("service", "timer"), build_units):
        (tmp_path / f"pat-notify.{kind}").write_text(
            re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           tmp_path / "pat-notify.timer", tmp_path / "pat-notify.service"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == "", done
