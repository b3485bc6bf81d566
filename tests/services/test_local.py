# SPDX-License-Identifier: BSD-2-Clause
"""Programs by which people log in on the host itself, set up as doc/local-logins says (M9)."""
import re
import signal
import subprocess
from dataclasses import dataclass

import pytest

from host import SEARCH, tool, wait_for
from logins import Logins, Program
from page import Page
from saslkit import run_page
from terminal import Terminal

PAGE = Page("local-logins")
LINES = PAGE["In /etc/pam.d/su, sudo, sudo-i and login, in place of @include common-auth"]
IN = "echo in as $(id -un)"


class Su(Program):
    """guest becomes somebody else."""

    name, scope = "su", "su:login"
    closes = ("expired",)

    def set_up(self):
        self.host.wire("su", LINES)

    def caller(self, name):
        return "guest"

    def command(self, name):
        return [tool("su"), name, "-c", IN]


class SuL(Su):
    """The same with a login shell, which is a service of its own that includes su's file."""

    name = "su-l"
    whole = its_users = False

    def command(self, name):
        return [tool("su"), "-", name, "-c", IN]


class Sudo(Program):
    name, scope = "sudo", "sudo:run"
    closes = ("expired",)

    def set_up(self):
        self.host.wire(self.name, LINES)
        self.host.write("/etc/sudoers.d/everybody", "ALL ALL=(ALL) ALL\n", 0o440)

    def command(self, name):
        return [tool("sudo"), "-k", "sh", "-c", IN]

    def becomes(self, name):
        return "root"


class SudoI(Sudo):
    name = "sudo-i"
    whole = its_users = False

    def command(self, name):
        return [tool("sudo"), "-k", "-i", "sh", "-c", IN]


class Login(Program):
    """As getty starts it, on a console."""

    name, scope = "login", "console:login"
    its_users = False

    def set_up(self):
        self.host.wire("login", LINES)

    def caller(self, name):
        return None

    def command(self, name):
        return [tool("login"), name]

    def person(self):
        """Whose shell says who it is, and ends."""
        person = super().person()
        self.host.write(f"/home/{person.name}/.profile", f"{IN}\nexit\n", owner=person.name)
        return person


class Screen(Program):
    """GNU screen locks its terminal, as its user and no more; it asks no account lines."""

    name, scope = "screen", "screen:login"
    closes = ()
    refusal = "assword:"  # and again

    def set_up(self):
        self.host.wire("screen", PAGE["A new file /etc/pam.d/screen"], replace=None)

    def command(self, name):
        home = f"/home/{name}"
        return ["env", f"SCREENDIR={home}/{next(self.host.numbers)}", "PS1=ready: ",
                tool("screen"), "-c", "/dev/null", "-s", "/bin/sh"]

    def until_asked(self, terminal):
        if terminal.expect("ready: ") is None:
            return False
        terminal.send(IN + "\n")
        terminal.expect("in as [a-z0-9]+\\s+ready: ")
        terminal.send("\x01x")
        return super().until_asked(terminal)


# The agent closes descriptor 3 when polkitd knows it.
AGENT = f"""
mkfifo "$1"
pkttyagent --process $$ --notify-fd 3 3> "$1" &
cat "$1"
pkcheck --action-id org.freedesktop.policykit.exec --process $$ --allow-user-interaction && {IN}
"""


class Polkit(Program):
    """pkcheck wants to know, polkitd asks pkttyagent, which starts polkit-agent-helper-1."""

    name, scope = "polkit-1", "polkit:act"
    closes = ("expired",)
    refusal = "AUTHENTICATION FAILED|Not authorized"

    def set_up(self):
        self.host.run(["sh", "-ec", PAGE["Before the change, for polkit"]], check=True)
        self.host.wire("polkit-1", LINES)
        self.host.write("/etc/polkit-1/rules.d/00-self.rules", "polkit.addRule("
                        "function(action, subject) { return polkit.Result.AUTH_SELF; });\n")
        self.host.run(["mkdir", "/run/dbus"], check=True)
        self.daemon(tool("dbus-daemon"), "--system", "--nofork", "--nopidfile")
        wait_for(lambda: self.on_bus("org.freedesktop.DBus"), "bus")
        self.daemon("/usr/lib/polkit-1/polkitd", "--no-debug")
        wait_for(lambda: self.on_bus("org.freedesktop.PolicyKit1"), "polkitd")

    def daemon(self, *command):
        self.host.children.append(subprocess.Popen(
            self.host.enter(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": SEARCH, "LC_ALL": "C.UTF-8"}))

    def on_bus(self, name):
        return self.host.run(["dbus-send", "--system", "--print-reply",
                              "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
                              "org.freedesktop.DBus.GetNameOwner", f"string:{name}"]
                             ).returncode == 0

    def command(self, name):
        return ["sh", "-c", AGENT, "sh", f"/home/{name}/{next(self.host.numbers)}"]


class TestLocal(Logins):
    SERVICES = [Su, SuL, Sudo, SudoI, Login, Screen, Polkit]

    def test_cron_runs_its_jobs_whatever_patd_does(self, site):
        """Nobody logs in: it asks the account lines, where pam_pat has no opinion."""
        site.wire("cron", LINES + "account  [success=ok default=ignore]  pam_pat.so\n")
        site.run(["sh", "-ec", "rm -f /etc/cron.d/*; mount -t tmpfs private /var/spool/cron"],
                 check=True)
        for name in ("cora", "eve"):
            site.account(name)
        site.run([tool("chage"), "--expiredate", "0", "eve"], check=True)
        site.write("/etc/crontab", "".join(f"@reboot {name} {IN} > /home/{name}/job\n"
                                           for name in ("eve", "cora")))
        site.patd.process.send_signal(signal.SIGSTOP)
        try:
            site.children.append(subprocess.Popen(site.enter([tool("cron"), "-f"]),
                                                  env={"PATH": SEARCH}))
            job = site.path("/home/cora/job")
            wait_for(lambda: job.exists() and job.read_text() == "in as cora\n", "job of cora")
            site.syslog.wait(r"pam_unix\(cron:account\): account eve has expired")
        finally:
            site.patd.process.send_signal(signal.SIGCONT)
        assert not site.path("/home/eve/job").exists()

    # --- what the page says beside that ---

    @pytest.fixture(scope="class")
    def alice(self, site, services):
        """Made by the page's commands; her token is good for su and sudo, once it has both."""
        site.account("alice", "open sesame")
        made = run_page(site, PAGE["A token with two of these scopes"], "alice")
        return Person(site, re.search(r"pat_\w+", made[1])[0])

    def test_the_page_makes_a_token_that_works_with_its_commands(self, site, alice):
        """A15."""
        words = PAGE["What patd says about a token without a login, and what was said to sudo"]
        site.patd.ctl(*words.splitlines()[0].split()[1:], stdin=alice.token, check=0)
        su, sudo = PAGE["Each asks for the password; paste the token"].splitlines()
        with alice.shell() as shell:
            assert "uid=0(root)" in shell.answers(sudo, alice.token)
            assert "uid" not in shell.answers(su, alice.token), "another scope"
            assert "(alice)" in shell.answers(su, site.patd.token("alice", ["su:login"])[0])

    def test_sudo_remembers_until_it_is_told_otherwise(self, site, alice):
        """The trap, and both ways out of it."""
        with alice.shell() as shell:
            shell.answers("sudo -k; sudo id", alice.token)
            site.patd.ctl("revoke", "admin work", "--yes", check=0)
            assert "uid=0(root)" in shell.answers("sudo -n id"), "it was revoked"
            site.run(["sh", "-ec", PAGE["For one user, at once"]], check=True)
            assert "password is required" in shell.answers("sudo -n id")
            site.write("/etc/sudoers.d/pat", PAGE["In a new file /etc/sudoers.d/pat, mode 0440"],
                       0o440)
            other, _ = site.patd.token("alice", ["sudo:run"])
            assert "uid=0(root)" in shell.answers("sudo id", other)
            assert "password is required" in shell.answers("sudo -n id")

    def test_a_disabled_user(self, site, services):
        su = services[Su]
        person = su.person()
        run_page(site, PAGE['Tokens of one user, until "user enable"'], person.name)
        assert not su.enter(person.name, person.token).accepted
        assert su.by_password(person).accepted

    def test_every_block_of_the_page_was_used(self):
        assert PAGE.unused == set()


@dataclass
class Person:
    host: object
    token: str

    def shell(self):
        return Shell(self.host, ["env", "PS1=ready: ", "sh"], self.host.uid_of("alice"))


class Shell(Terminal):
    def answers(self, line, secret=None):
        """What a line prints; secret: what it asks for, after which it may ask no more."""
        self.expect("ready: ")
        before = self.seen
        self.send(line + "\n")
        if secret is not None:
            self.expect("assword[^:]*: ")
            wait_for(self.hides, "terminal that hides a secret")
            self.send(secret + "\n")
        if not self.expect("(?=ready: )|try again"):
            return self.text[before:]
        if self.text[:self.seen].endswith("try again"):
            self.send("\x03")
        return self.text[before:self.seen]
