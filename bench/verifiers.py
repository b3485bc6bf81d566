# SPDX-License-Identifier: BSD-2-Clause
"""What SASL PLAIN is measured against: the ways in which libsasl2 checks an ordinary password.

sasldb and SQL in the process itself, and saslauthd, which is the host's own program with a small
/etc of ours, in a mount namespace of its own. What this host does not have is left out, and why.
"""
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from rig import IS_ROOT, ORDINARY_PASSWORD, account

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sasl"))
from sasl_rig import PLUGIN, stock_folder  # noqa: E402

# Of the ordinary password: yescrypt as Debian sets it up.
SHADOW = "$y$j9T$abcdefghijklmnop0123./$Jv9Xo3S34HPindEQBe4vqP91P6caoCVUCGrzmNejss0"
PLUGINS = {"plain": ("libplain.so",), "plugin": ("libplain.so",),
           "sasldb": ("libplain.so", "libsasldb.so"), "sql": ("libplain.so", "libsql.so")}
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
REFUSING = "".join(f"{kind} required pam_deny.so\n"
                   for kind in ("auth", "account", "password", "session"))


class Missing(Exception):
    """This host does not have it."""


def program(name):
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if found is None:
        raise Missing(f"no {name} here")
    return found


def poll(condition, what, process=None):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        if process is not None and process.poll() not in (None, 0):
            break
        time.sleep(0.01)
    raise Missing(what)


class Saslauthd:
    """The host's saslauthd, one process of it, in a directory of ours."""

    def __init__(self, mechanism, directory, etc):
        self.directory = directory
        self.pid = None
        directory.mkdir()
        script = 'mount --bind "$1" /etc && shift && exec "$@"'
        command = ["unshare", "--mount", "--propagation", "private",
                   *([] if IS_ROOT else ["--map-root-user"]),
                   "sh", "-c", script, "sh", etc, program("saslauthd"),
                   "-a", mechanism, "-n", "1", "-m", directory]
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"saslauthd does not start: {' '.join(done.stderr.split())}")
        self.pid = poll(self.read_pid, "saslauthd does not start")
        poll(self.listens, "saslauthd does not listen")

    @property
    def socket(self):
        return self.directory / "mux"

    def read_pid(self):
        try:
            return int((self.directory / "saslauthd.pid").read_text())
        except (OSError, ValueError):
            return None

    def listens(self):
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.socket)) == 0

    def is_gone(self):
        return not Path(f"/proc/{self.pid}").exists()

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)
            poll(self.is_gone, "saslauthd does not end")


class Verifiers:
    """Cases for sasl_bench beside those of patd; missing: what is left out, and why."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.user = account().pw_name
        self.host = socket.gethostname()
        self.daemons = []
        self.cases = {}
        self.missing = {}
        self.need_plugin("libplain.so")
        self.directory.mkdir()
        self.link_plugins()
        for name, make in (("sasldb", self.sasldb), ("sql", self.sql),
                           ("saslauthd-sasldb", self.saslauthd_sasldb),
                           ("saslauthd-pam", self.saslauthd_pam)):
            try:
                self.cases[name] = make()
            except Missing as reason:
                self.missing[name] = str(reason)

    @property
    def plugins(self):
        return self.directory / "plugins"

    def link_plugins(self):
        for folder, names in PLUGINS.items():
            (self.plugins / folder).mkdir(parents=True)
            for name in names:
                (self.plugins / folder / name).symlink_to(stock_folder() / name)
        (self.plugins / "plugin" / "libpat.so").symlink_to(PLUGIN)

    def need_plugin(self, name):
        if not (stock_folder() / name).exists():
            raise Missing(f"no {name} here")

    def sasldb(self):
        self.need_plugin("libsasldb.so")
        path = self.directory / "sasldb2"
        done = subprocess.run(
            [program("saslpasswd2"), "-p", "-c", "-f", path, "-u", self.host, self.user],
            input=ORDINARY_PASSWORD, capture_output=True, text=True, check=False,
            env={**os.environ, "SASL_PATH": str(self.plugins / "sasldb")})
        if done.returncode != 0:
            raise Missing(f"saslpasswd2: {' '.join(done.stderr.split())}")
        return f"{path}"

    def sql(self):
        self.need_plugin("libsql.so")
        path = self.directory / "users.db"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE users (name TEXT, realm TEXT, userPassword TEXT, "
                             "PRIMARY KEY (name, realm))")
            database.execute("INSERT INTO users VALUES (?, ?, ?)",
                             (self.user, self.host, ORDINARY_PASSWORD))
        database.close()
        return f"{path}"

    def make_etc(self):
        """As much of /etc as saslauthd, PAM and the C library need."""
        etc = self.directory / "etc"
        if etc.exists():
            return etc
        (etc / "pam.d").mkdir(parents=True)
        found = account()
        texts = {"passwd": f"root:x:0:0::/:/bin/sh\n{self.user}:x:{found.pw_uid}:{found.pw_gid}"
                           f"::/:/bin/sh\n",
                 "shadow": f"{self.user}:{SHADOW}:19000:0:99999:7:::\n",
                 "group": "root:x:0:\n", "nsswitch.conf": "passwd: files\nshadow: files\n",
                 "pam.d/other": REFUSING,
                 "pam.d/imap": "auth required pam_unix.so\naccount required pam_unix.so\n"}
        for name, text in texts.items():
            (etc / name).write_text(text)
        (etc / "shadow").chmod(0o600)
        for name in ("ld.so.cache", "localtime"):
            if Path("/etc", name).exists():
                shutil.copy("/etc/" + name, etc / name)
        return etc

    def daemon(self, name, mechanism):
        daemon = Saslauthd(mechanism, self.directory / name, self.make_etc())
        self.daemons.append(daemon)
        return f"{daemon.socket}={daemon.pid}"

    def saslauthd_sasldb(self):
        if "sasldb" not in self.cases:
            raise Missing(self.missing["sasldb"])
        program("saslauthd")
        shutil.copy(self.directory / "sasldb2", self.make_etc() / "sasldb2")
        return self.daemon("saslauthd-sasldb", "sasldb")

    def saslauthd_pam(self):
        return self.daemon("saslauthd-pam", "pam")

    def close(self):
        for daemon in self.daemons:
            daemon.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
