# SPDX-License-Identifier: BSD-2-Clause
"""A private host on which everything that doctor looks at is wired, and nothing is wrong."""
import contextlib
import ctypes
import json
import os
import shutil
from pathlib import Path

import conftest
import directory
import mail
from host import tool, wait_for
from pat import PAM_MODULE
from servers import Servers

SOCKET = "socket=/run/pat/verify/sock"
BESIDE = conftest.BESIDE_PASSWORDS.replace("pam_pat.so", f"pam_pat.so {SOCKET}")
ONLY = conftest.TOKENS_ONLY.replace("pam_pat.so", f"pam_pat.so {SOCKET}")
DOVECOT = f"""
auth     required                      pam_pat.so {SOCKET} nodelay
account  [success=done default=ignore] pam_pat.so
account  required                      pam_deny.so
"""
SSHD = "\n".join(["UsePAM yes", "PasswordAuthentication yes", "UseDNS no", "MaxAuthTries 6",
                  "HostKey {key}", "Subsystem sftp internal-sftp", ""])
CONFIG = mail.CONFIG + "\n" + directory.PAT_CONF + """
[service imap]
uids = cyrus
"""
PLACES = """
security=$(dirname "$(ls -d /lib/*/security/pam_unix.so)")
mkdir "$1/security"
cp -a "$security/." "$1/security"
install -m 644 "$2" "$1/security/pam_pat.so"
mount --bind "$1/security" "$security"
"""
NO_SYNCHRONISATION = "nobody synchronises the clock"


def is_synchronised():
    """What the kernel says of its clock; the tests cannot change it."""
    buffer = ctypes.create_string_buffer(512)
    return ctypes.CDLL(None).adjtimex(buffer) != 5


class Clinic(Servers):
    def __init__(self):
        self.config_text = CONFIG
        super().__init__(CONFIG, mail.BEFORE)
        self.run(["sh", "-ec", PLACES, "sh", self.directory, PAM_MODULE], check=True)
        self.wire_pam()
        self.wire_sasl()
        self.bound("alice", password="open sesame")
        self.patd.token("alice", ["ssh:login"])
        self.patd.tenant("other", realms=["other.example.org"], makeDefault=False)
        self.without_backup = self.doctor("--only", "backup", status=0)
        self.patd.ctl("db", "backup", self.directory / "backup", check=0)

    def wire_pam(self):
        for service in ("sshd", "su", "sudo"):
            own = self.path(f"/etc/pam.d/{service}").read_text()
            assert own.count("@include common-auth\n") == 1
            self.write(f"/etc/pam.d/{service}", own.replace("@include common-auth\n", BESIDE))
        self.write("/etc/pam.d/dovecot", DOVECOT)
        self.write("/etc/ssh/sshd_config", SSHD.format(key=self.directory / "hostkey"))
        self.write("/etc/sudoers.d/pat", "Defaults timestamp_timeout=0\n", 0o440)

    def wire_sasl(self):
        self.write("/etc/postfix/main.cf", mail.SITE + mail.PAGE["/etc/postfix/main.cf"])
        self.write("/etc/postfix/sasl/smtpd.conf", mail.SMTPD_CONF)
        self.write("/etc/ldap/sasl2/slapd.conf", directory.SASL_CONF)

    # --- looking ---

    def doctor(self, *arguments, status=None, **named):
        """Its findings."""
        done = self.patd.ctl("doctor", *arguments, "--json", **named)
        assert status is None or done.returncode == status, (arguments, done)
        assert done.returncode in (0, 9), done
        found = json.loads(done.stdout)
        for level, count in found["counts"].items():
            assert sum(each["level"] == level for each in found["findings"]) == count
        assert (found["counts"]["problem"] > 0) == (done.returncode == 9)
        return found["findings"]

    def wrong(self, *arguments, **named):
        """What is not in order, but for a clock that this machine does not synchronise."""
        return [each for each in self.doctor(*arguments, **named)
                if each["level"] in ("problem", "warning") and each["what"] != NO_SYNCHRONISATION]

    # --- faults ---

    @contextlib.contextmanager
    def changed(self, inside, change):
        """A file with a fault, for a moment. change: a text, or a function of the one that is."""
        path = self.path(inside)
        existed = path.exists()
        before = path.read_text() if existed else None
        mode = path.stat().st_mode & 0o7777 if existed else 0o644
        after = change(before) if callable(change) else change
        assert after != before, f"{inside} would stay as it is"
        self.write(inside, after, mode)
        try:
            yield
        finally:
            if existed:
                self.write(inside, before, mode)
            else:
                path.unlink()

    @contextlib.contextmanager
    def pam_stack(self, service, stack, old=BESIDE):
        """Other lines in place of ours."""
        with self.changed(f"/etc/pam.d/{service}", lambda text: text.replace(old, stack)):
            yield

    @contextlib.contextmanager
    def without(self, inside):
        path = self.path(inside)
        aside = path.with_name(path.name + ".aside")
        path.rename(aside)
        try:
            yield
        finally:
            aside.rename(path)

    @contextlib.contextmanager
    def mode(self, path, mode, uid=None):
        before = os.stat(path)
        os.chmod(path, mode)
        if uid is not None:
            os.chown(path, uid, -1)
        try:
            yield
        finally:
            os.chown(path, before.st_uid, before.st_gid)
            os.chmod(path, before.st_mode & 0o7777)

    @contextlib.contextmanager
    def stopped_patd(self):
        self.patd.stop()
        try:
            yield
        finally:
            for name in ("sock", "authdaemon", "mux"):
                self.path(f"{mail.CHROOT}/run/pat/verify/{name}").unlink(missing_ok=True)
            self.patd.start()

    @contextlib.contextmanager
    def saslauthd(self, *options):
        """The real one, by PAM."""
        self.run(["mkdir", "-p", "/run/saslauthd"], check=True)
        self.run([tool("saslauthd"), "-a", "pam", "-n", "1", "-m", "/run/saslauthd", *options],
                 check=True)
        pid_file = self.path("/run/saslauthd/saslauthd.pid")
        wait_for(pid_file.exists, "saslauthd")
        pid = int(pid_file.read_text())
        try:
            yield
        finally:
            os.kill(pid, 15)
            wait_for(lambda: not Path(f"/proc/{pid}").exists(), "end of saslauthd")
            shutil.rmtree(self.path("/run/saslauthd"))

    def restart_patd(self, config):
        """Another pat.conf, from its start on."""
        self.patd.configure(config)
        self.patd.stop()
        for name in ("sock", "authdaemon", "mux"):
            self.path(f"{mail.CHROOT}/run/pat/verify/{name}").unlink(missing_ok=True)
        self.patd.start()
