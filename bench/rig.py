# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmarks run on: a patd of their own, a store of a given size, and logins for it."""
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import zlib
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from pat import BUILD, IS_ROOT, PAM_MODULE, Patd  # noqa: E402

BENCH = BUILD / "bench"
TENANT = "acme"
TOKENS_PER_USER = 20  # as in fill.c
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
ORDINARY_PASSWORD = "ordinary-password-of-somebody"
VOID = 3  # exit status of a measurement that shows nothing


def account():
    """An account of the host that a user may be bound to: ours, or as root the system's first."""
    if not IS_ROOT:
        return pwd.getpwuid(os.getuid())
    return min((a for a in pwd.getpwall() if 0 < a.pw_uid < 65534), key=lambda a: a.pw_uid)


def unknown_token():
    """A well-formed token that no store holds."""
    text = f"pat_{TENANT}_1" + "".join(secrets.choice(DIGITS) for _ in range(34))
    check = zlib.crc32(text.encode())
    return text + "".join(DIGITS[check >> shift & 31] for shift in range(30, -1, -5))


class WrappedPatd(Patd):
    """A patd that is started by another program: wrapper is what stands before its command."""

    wrapper = ()

    def command(self, *arguments):
        command = super().command(*arguments)
        at = command.index(str(self.bin / "patd"))
        return [*command[:at], *self.wrapper, *command[at:]]


class Rig:
    """A patd with so many tokens, and files of credentials in its directory."""

    def __init__(self, tokens):
        self.tokens = tokens
        uids = "" if IS_ROOT else f"uids = {os.getuid()}\n"
        self.patd = WrappedPatd(config=f"[service sshd]\n{uids}\n[service imap]\n{uids}")
        self.credentials = self.patd.directory / "credentials"
        self.filled = {"tokens": 0, "seconds": 0.0}
        try:
            self.prepare()
        except BaseException:
            self.patd.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.patd.close()

    def prepare(self):
        bound = account()
        self.patd.start()
        self.patd.tenant(TENANT)
        self.patd.user("bench", grants=["ssh:login", "mail:*"], account=bound.pw_name,
                       uid=bound.pw_uid, system=True)
        own = [self.patd.token("bench", scopes=["ssh:login", "mail:read"])[0]
               for _ in range(min(self.tokens, TOKENS_PER_USER))]
        self.patd.stop()
        lines = [f"accepted {bound.pw_name} {token}" for token in own]
        lines += [f"{case} {bound.pw_name} {ORDINARY_PASSWORD}"
                  for case in ("permit", "permit-again", "password")]
        lines += [f"refused bench {unknown_token()}" for _ in range(100)]
        if self.tokens > len(own):
            lines += self.fill(self.tokens - len(own))
        else:
            lines += [f"virtual bench {token}" for token in own]
        self.credentials.write_text("\n".join(lines) + "\n")
        self.credentials.chmod(0o600)
        self.patd.start()

    def fill(self, count):
        program = self.patd.bin / "fill"
        shutil.copy2(BENCH / "fill", program)
        command = [program, self.patd.config, TENANT, count]
        done = subprocess.run(self.patd.as_uid(self.patd.uid, command), capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"fill: {done.stderr}")
        self.filled = json.loads(done.stderr)
        return done.stdout.splitlines()

    def restart(self, *wrapper):
        """The same store behind a new patd, started by wrapper; the pid of patd itself."""
        self.stop()
        self.patd.wrapper = [str(word) for word in wrapper]
        self.patd.start(wait=60)
        return self.patd_pid()

    def patd_pid(self):
        return int(re.findall(r"event=start .*pid=(\d+)", self.patd.log_text())[-1])

    def stop(self):
        """Ends patd so that what wraps it ends by itself."""
        os.kill(self.patd_pid(), signal.SIGTERM)
        self.patd.process.wait(60)
        self.patd.process = None

    def pam_command(self, *arguments):
        return [str(word) for word in (
            BENCH / "pam_bench", "--module", PAM_MODULE, "--socket", self.patd.verify_socket,
            "--credentials", self.credentials, *arguments)]

    def pam(self, rounds, *arguments):
        return measure(self.pam_command("--rounds", rounds, "--server", self.patd.process.pid,
                                        *arguments))

    def verify(self, rounds):
        return measure([BENCH / "verify_bench", self.patd.verify_socket, self.patd.process.pid,
                        self.credentials, rounds])

    def sasl(self, rounds, plugins, cases):
        """cases: by name, where what is asked stands."""
        sockets = {"plugin": "sock", "authdaemond": "authdaemon", "mux": "mux"}
        ours = {name: f"{self.patd.verify_socket.with_name(socket)}={self.patd.process.pid}"
                for name, socket in sockets.items()}
        return measure([BENCH / "sasl_bench", "--plugins", plugins, "--credentials",
                        self.credentials, "--rounds", rounds,
                        *(f"{name}={place}" for name, place in {**ours, **cases}.items())])


def measure(command, tries=3):
    """A measurement's results; one that other work on the machine spoilt is tried again."""
    for _ in range(tries):
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode not in (0, VOID):
            raise RuntimeError(f"{command[0]}: exit status {done.returncode}")
        result = json.loads(done.stdout)
        if done.returncode == 0:
            break
    return result
