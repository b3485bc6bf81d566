# SPDX-License-Identifier: BSD-2-Clause
"""Services that people log in to, and what holds for every one of them: one table for all.

A module of tests names its services, and each service says how one logs in to it:

    class TestThese(Logins):
        SERVICES = [Su, Sudo]

Each is set up once, as its page of doc/ says. The rows of the table are functions of a service.
They run at the same time, and each test tells how its row went: what has to wait, for PAM's delay
after a refusal or for a patd that hangs, waits together.
"""
import contextlib
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import tokens
from host import Host, tool, wait_for
from saslkit import Owner, assert_no_secret, assert_said, run_page
from terminal import Terminal

TOGETHER = 16
PASSWORD = "ordinary sesame"
# A token's login waits three seconds for a patd that hangs; the rest is for a machine that is busy.
HUNG_SECONDS = 15
ONE_BY_ONE = threading.Lock()  # useradd takes no turns


class Site(Host):
    """A private host with two tenants; config: pat.conf of its patd, which is running."""

    def __init__(self, config=""):
        super().__init__()
        try:
            self.run(["mount", "-t", "tmpfs", "-o", "mode=700", "private", "/root"], check=True)
            self.without_pauses()
            self.patd.configure(config)
            self.patd.start()
            self.patd.tenant("acme")
            self.patd.tenant("lab", makeDefault=False)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def without_pauses(self):
        """Refusals of pam_unix cost no time here."""
        file = "/etc/pam.d/common-auth"
        self.write(file, re.sub(r"(pam_unix\.so.*)", r"\1 nodelay", self.path(file).read_text()))

    def wire(self, service, stack, replace="@include common-auth", of=None):
        """Puts a stack of a page, less its pauses, in place of a line; replace=None: of all.

        of: the service whose file it is, when it is not of that name.
        """
        stack = re.sub(r"(pam_pat\.so)(?! nodelay)", r"\1 nodelay", stack)
        if replace is None:
            self.write(f"/etc/pam.d/{service}", self.of_this_build(stack))
        else:
            self.pam(service, replace, stack, of)
            file = f"/etc/pam.d/{service}"
            self.write(file, self.path(file).read_text().replace("delay=3000000", "delay=0"))


class Holder(Owner):
    """An owner with an account of the host, which has the ordinary password."""

    def __post_init__(self):
        with ONE_BY_ONE:
            uid = self.host.account(self.name, self.password)
        self.host.patd.user(self.name, grants=[self.scope, "other:login"], account=self.name,
                            uid=uid)
        self.token, record = self.host.patd.token(self.name, [self.scope])
        self.id = record["id"]


@dataclass
class Entry:
    """How a login ended, and all that whoever tried it was told."""

    accepted: bool
    said: str


class Service:
    """One way in. name: PAM's; closes: what keeps tokens and passwords of an account out."""

    name = scope = ""
    whole = True  # else another one's rows show most of it
    local = True  # logs in to accounts of the host
    its_users = False  # a program that its user starts, stops and limits: see Program
    has_addresses = False  # PAM is told the client's
    closes = ("expired", "nologin")
    page = None  # of doc/, when its commands are run by the table
    shows = ""  # what its test command prints

    def __init__(self, host):
        self.host = host
        self.set_up()
        self.owner = self.person()

    def set_up(self):
        """What the page says, and what a site has beside it."""

    def enter(self, name, secret):
        """One login, as an Entry."""
        raise NotImplementedError

    def person(self):
        """Somebody new with a token, and a password that works beside it."""
        kind = Holder if self.local else Owner
        return kind(self.host, f"p{next(self.host.numbers)}x", self.scope, PASSWORD)

    def prepare(self, name):
        """What a user of the page's needs beside the page's commands."""

    def on_this_host(self, command):
        """The page's test command, with the names of this host."""
        return command

    def by_password(self, person, password=PASSWORD):
        """A login with the ordinary password."""
        return self.enter(person.name, password)


class Program(Service):
    """A service that is a program on a terminal. caller: who starts it, None for root."""

    its_users = True
    refusal = "ncorrect|ailure|orry"

    def command(self, name):
        raise NotImplementedError

    def caller(self, name):
        return name

    def becomes(self, name):
        return name

    def start(self, name, prefix=()):
        """The program on a terminal; prefix: what its caller does to it."""
        caller = self.caller(name)
        uid = None if caller is None else self.host.uid_of(caller)
        return Terminal(self.host, [*prefix, *self.command(name)], uid)

    def until_asked(self, terminal):
        """Whether it asks for the password."""
        found = terminal.expect(rf"(assword[^:\n]*:)|{self.refusal}")
        if found is None or found.group(1) is None:
            return False
        wait_for(terminal.hides, "terminal that hides a secret")
        return True

    def after(self, terminal, name):
        """Whether it lets in, when the secret has been typed."""
        found = terminal.expect(f"in as ([a-z0-9]+)|{self.refusal}")
        return found is not None and found.group(1) == self.becomes(name)

    def enter(self, name, secret, prefix=()):
        with self.start(name, prefix) as terminal:
            accepted = False
            if self.until_asked(terminal):
                terminal.send(secret + "\n")
                accepted = self.after(terminal, name)
            return Entry(accepted, terminal.text[:terminal.seen])


def all_at_once(jobs):
    """Runs the jobs of a dict; what each of them came to, once one asks."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        return {key: pool.submit(job) for key, job in jobs.items()}


# --- the table ---

def a_token_gets_in(service):
    """A1, A7."""
    since = len(service.host.syslog.lines)
    entry = service.enter(service.owner.name, service.owner.token)
    assert entry.accepted, entry
    service.host.syslog.wait(
        f"event=verify verdict=accepted token={service.owner.id} .* service={service.name} ",
        since=since)


def an_ordinary_password_gets_in(service):
    """A2."""
    entry = service.by_password(service.owner)
    assert entry.accepted, entry


def another_password_does_not(service):
    entry = service.by_password(service.owner, "not " + PASSWORD)
    assert not entry.accepted, entry


def bad_tokens_are_refused_alike_and_the_log_says_why(service):
    """A4, A5, A6, A53, M12."""
    since = len(service.host.syslog.lines)
    wrong = service.owner.refused()
    entries = all_at_once({secret: lambda secret=secret: service.enter(service.owner.name, secret)
                           for secret in ["not the password", *wrong]})
    usual = entries["not the password"].result()
    for secret, verdict in wrong.items():
        entry = entries[secret].result()
        assert not entry.accepted, (verdict, entry)
        assert entry.said == usual.said, (verdict, entry, usual)
        assert_said(service.host, secret, verdict, service.name, since)


def a_revoked_token_is_refused_at_the_next_login(service):
    """A46, K4, M7."""
    person = service.person()
    entry = service.enter(person.name, person.token)
    assert entry.accepted, entry
    service.host.patd.ctl("revoke", person.id, "--yes", check=0)
    entry = service.enter(person.name, person.token)
    assert not entry.accepted, entry


def an_expired_account_is_closed_to_tokens_as_to_passwords(service):
    """E12."""
    person = service.person()
    service.host.run([tool("chage"), "--expiredate", "0", person.name], check=True)
    open_to_it = "expired" not in service.closes
    for entry in service.enter(person.name, person.token), service.by_password(person):
        assert entry.accepted == open_to_it, entry


def nologin_holds_for_tokens_as_for_passwords(service):
    """E12."""
    open_to_it = "nologin" not in service.closes
    for entry in (service.enter(service.owner.name, service.owner.token),
                  service.by_password(service.owner)):
        assert entry.accepted == open_to_it, entry


def a_token_is_refused_soon(service):
    """A53: and the module says why."""
    began = time.monotonic()
    entry = service.enter(service.owner.name, service.owner.token)
    assert not entry.accepted, entry
    assert time.monotonic() - began < HUNG_SECONDS
    service.host.syslog.wait(rf"pam_pat\({service.name}:auth\): cannot ask patd")


def a_password_gets_in_soon(service):
    began = time.monotonic()
    an_ordinary_password_gets_in(service)
    assert time.monotonic() - began < HUNG_SECONDS


def a_token_for_some_addresses_works_from_them(service):
    """S1: from no others, see the tokens that are refused."""
    token, _ = service.owner.another(addresses=["127.0.0.0/8"])
    entry = service.enter(service.owner.name, token)
    assert entry.accepted, entry


def the_commands_of_the_page_work(service):
    """A15: a user and a token, what patd says of it, and the test."""
    name = f"a{next(service.host.numbers)}x"
    if service.local:
        with ONE_BY_ONE:
            service.host.account(name)
    service.prepare(name)
    made = run_page(service.host, service.page["A user and a token"], name)
    token = tokens.FORM.search(made[1])[0]
    check, test = (service.page[next(title for title in service.page if words in title)]
                   for words in ("What patd says", "paste the token"))
    service.host.patd.ctl(*check.splitlines()[0].replace("alice", name).split()[1:], stdin=token,
                          check=0)
    command = service.on_this_host(test.replace("alice", name))
    with Terminal(service.host, ["sh", "-c", command],
                  service.host.uid_of("guest")) as terminal:
        assert terminal.expect("assword[^:]*:"), terminal.text
        wait_for(terminal.hides, "terminal that hides a secret")
        terminal.send(token + "\n")
        assert terminal.expect(service.shows.replace("NAME", name)), terminal.text


# Of a program that its caller starts.

LIMITS = ("--fsize=0", "--memlock=0", "--nofile=4")
BREAKING = "--nofile=4"
HOSTILE = ("env", "SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22", "PAM_RHOST=10.0.0.1", "PAM_TTY=ssh",
           "PAT_SOCKET=/nonexistent", "PAT_ID=0", "SQLITE_TMPDIR=/nonexistent",
           "LD_PRELOAD=/nonexistent.so", "LD_LIBRARY_PATH=/nonexistent")


def its_callers_limits_let_nobody_in_and_hold_nobody_up(service):
    """S16: they may break the caller's own program, and no more."""
    def limited(limit):
        person = service.person()
        prefix = [tool("prlimit"), limit]
        entry = service.enter(person.name, person.token, prefix=prefix)
        assert entry.accepted == (limit != BREAKING), (limit, entry)
        service.host.patd.ctl("revoke", person.id, "--yes", check=0)
        entry = service.enter(person.name, person.token, prefix=prefix)
        assert not entry.accepted, (limit, entry)

    for ended in all_at_once({limit: lambda limit=limit: limited(limit)
                              for limit in LIMITS}).values():
        ended.result()


def its_callers_environment_says_nothing(service):
    """Neither an address for a token that is limited to some, nor another patd."""
    limited, _ = service.owner.another(addresses=["10.0.0.0/8"])
    entry = service.enter(service.owner.name, limited, prefix=HOSTILE)
    assert not entry.accepted, entry
    entry = service.enter(service.owner.name, service.owner.token, prefix=HOSTILE)
    assert entry.accepted, entry


def stopped_before_it_asks_it_holds_up_no_revocation(service):
    person = service.person()
    with service.start(person.name) as terminal:
        assert service.until_asked(terminal)
        terminal.signal("STOP")
        service.host.patd.ctl("revoke", person.id, "--yes", check=0)
        terminal.signal("CONT")
        terminal.send(person.token + "\n")
        assert not service.after(terminal, person.name)


def stopped_while_it_asks_it_holds_up_no_revocation(service):
    """patd hangs, so that it asks for long enough; then patd goes on, and it does not."""
    person = service.person()
    with service.start(person.name) as terminal:
        assert service.until_asked(terminal)
        service.meeting.wait()  # patd is stopped when all of them are here
        terminal.send(person.token + "\n")
        wait_for(terminal.asks_patd, "question to patd")
        terminal.signal("STOP")
        service.meeting.wait()  # and goes on
        service.host.patd.ctl("revoke", person.id, "--yes", check=0)
        entry = service.enter(person.name, person.token)
        assert not entry.accepted, entry
        terminal.signal("CONT")


USUALLY = {
    a_token_gets_in: "name",
    an_ordinary_password_gets_in: "name",
    another_password_does_not: "name",
    bad_tokens_are_refused_alike_and_the_log_says_why: "whole",
    a_revoked_token_is_refused_at_the_next_login: "name",
    a_token_for_some_addresses_works_from_them: "has_addresses",
    an_expired_account_is_closed_to_tokens_as_to_passwords: "local",
    the_commands_of_the_page_work: "page",
    its_callers_limits_let_nobody_in_and_hold_nobody_up: "its_users",
    its_callers_environment_says_nothing: "its_users",
    stopped_before_it_asks_it_holds_up_no_revocation: "its_users",
}
OUTAGE = {a_token_is_refused_soon: "whole", a_password_gets_in_soon: "whole"}


@contextlib.contextmanager
def nothing(site, services):
    yield


@contextlib.contextmanager
def meeting(site, services):
    """What stopped_while_it_asks needs: all of them meet, twice."""
    numbers = iter((signal.SIGSTOP, signal.SIGCONT))
    place = threading.Barrier(sum(service.its_users for service in services) or 1,
                              lambda: site.patd.process.send_signal(next(numbers)), 60)
    for service in services:
        service.meeting = place
    yield
    site.patd.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def patd_hangs(site, services):
    site.patd.process.send_signal(signal.SIGSTOP)
    yield
    site.patd.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def patd_is_away(site, services):
    site.patd.stop()
    yield
    site.patd.start()


@contextlib.contextmanager
def nologin(site, services):
    site.write("/etc/nologin", "closed for maintenance\n")
    yield
    site.path("/etc/nologin").unlink()


# What happens meanwhile: the rows, and of which services.
PHASES = (
    ("", nothing, USUALLY),
    ("stopped", meeting, {stopped_while_it_asks_it_holds_up_no_revocation: "its_users"}),
    ("while patd hangs", patd_hangs, OUTAGE),
    ("while patd is away", patd_is_away, OUTAGE),
    ("with patd back", nothing, {a_token_gets_in: "whole"}),
    ("while nologin is there", nologin, {nologin_holds_for_tokens_as_for_passwords: "local"}),
)


def cases(kind):
    """The rows of a kind of service: what happens meanwhile, and the function."""
    return [(word, row) for word, _, rows in PHASES for row, needed in rows.items()
            if getattr(kind, needed)]


class Logins:
    SERVICES = ()
    CONFIG = ""

    def pytest_generate_tests(self, metafunc):
        if "row" in metafunc.fixturenames:
            table = [(kind, *case) for kind in self.SERVICES for case in cases(kind)]
            metafunc.parametrize("kind, word, row", table, ids=[
                " ".join(filter(None, (kind.__name__, word, row.__name__)))
                for kind, word, row in table])

    @pytest.fixture(scope="class")
    def site(self, request):
        with Site(request.cls.CONFIG) as host:
            yield host

    @pytest.fixture(scope="class")
    def services(self, request, site):
        return {kind: kind(site) for kind in request.cls.SERVICES}

    @pytest.fixture(scope="class")
    def ended(self, site, services):
        """All rows of all services, as futures that have ended."""
        found = {}
        for word, meanwhile, rows in PHASES:
            with meanwhile(site, services.values()):
                found.update(all_at_once({
                    (kind, word, row): lambda row=row, service=service: row(service)
                    for row, needed in rows.items() for kind, service in services.items()
                    if getattr(kind, needed)}))
        return found

    def test_that(self, ended, kind, word, row):
        ended[kind, word, row].result()

    def test_no_token_is_in_any_log(self, site, ended):
        assert_no_secret(site, 0)
