# SPDX-License-Identifier: BSD-2-Clause
"""Programs by which people log in on the host itself, set up as doc/local-logins says (M9)."""
import re
import signal
import subprocess

from host import SEARCH, tool, wait_for
from logins import Logins, Program
from page import blocks

PAGE = blocks("local-logins")
INCLUDE = "@include common-auth"
IN = "echo in as $(id -un)"


def quick(stack):
    """Without the pause after a refusal, which is PAM's."""
    return re.sub(r"(pam_pat|pam_unix)\.so", r"\1.so nodelay", stack)


LINES = quick(PAGE["Tokens beside passwords"])


class Su(Program):
    """guest becomes somebody else."""

    name, scope = "su", "su:login"
    closes = ("expired",)

    def set_up(self):
        self.host.pam("su", INCLUDE, LINES)

    def caller(self, name):
        return "guest"

    def command(self, name):
        return [tool("su"), name, "-c", IN]


class SuL(Su):
    """The same with a login shell, which is a service of its own that includes su's file."""

    name = "su-l"
    its_users = False  # the same program

    def command(self, name):
        return [tool("su"), "-", name, "-c", IN]


class Sudo(Program):
    name, scope = "sudo", "sudo:run"
    closes = ("expired",)

    def set_up(self):
        self.host.pam(self.name, INCLUDE, LINES)
        self.host.write("/etc/sudoers.d/everybody", "ALL ALL=(ALL) ALL\n", 0o440)

    def command(self, name):
        return [tool("sudo"), "-k", "sh", "-c", IN]

    def becomes(self, name):
        return "root"


class SudoI(Sudo):
    name = "sudo-i"
    its_users = False

    def command(self, name):
        return [tool("sudo"), "-k", "-i", "sh", "-c", IN]


class Login(Program):
    """As getty starts it, on a console."""

    name, scope = "login", "console:login"
    its_users = False

    def set_up(self):
        self.host.pam("login", INCLUDE, LINES)

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
        self.host.write("/etc/pam.d/screen", self.host.of_this_build(quick(
            PAGE["/etc/pam.d/screen"])))

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
        self.host.pam("polkit-1", INCLUDE, LINES)
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
        site.pam("cron", INCLUDE, LINES + "account  [success=ok default=ignore]  pam_pat.so\n")
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
