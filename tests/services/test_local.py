# SPDX-License-Identifier: BSD-2-Clause
"""Programs by which people log in on the host itself, set up as doc/local-logins says (M9)."""
import re

from host import tool
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

    def set_up(self):
        self.host.write("/etc/pam.d/screen", self.host.of_this_build(quick(
            PAGE["/etc/pam.d/screen"])))

    def command(self, name):
        home = f"/home/{name}"
        return ["env", f"SCREENDIR={home}/{next(self.host.numbers)}", "PS1=ready: ",
                tool("screen"), "-c", "/dev/null", "-s", "/bin/sh"]

    def until_asked(self, terminal):
        terminal.expect("ready: ")
        terminal.send(IN + "\n")
        assert terminal.expect("in as ")
        terminal.send("\x01x")
        return super().until_asked(terminal)


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
        for number, command in enumerate((
                [tool("dbus-daemon"), "--system", "--nofork", "--nopidfile"],
                ["/usr/lib/polkit-1/polkitd", "--no-debug"])):
            self.host.children.append(subprocess.Popen(
                self.host.enter(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env={"PATH": SEARCH}))
            wait_for(self.ready[number], command[0])


class TestLocal(Logins):
    SERVICES = [Su, SuL, Sudo, SudoI, Login]
