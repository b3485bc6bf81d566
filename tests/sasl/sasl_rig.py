# SPDX-License-Identifier: BSD-2-Clause
"""libsasl2's server side with our plugin, played by tests/sasl/driver, and what clients send."""
import os
import shutil
import subprocess
import zlib
from pathlib import Path

from pat import BUILD, Patd

DRIVER = BUILD / "tests" / "sasl" / "driver"
PLUGIN = BUILD / ".libs" / "libpat.so"

# sasl/sasl.h
OK, CONTINUE, FAIL, NOMECH, BADPROT, BADAUTH, NOAUTHZ, ENCRYPT, NOUSER, UNAVAIL = \
    0, 1, -1, -4, -5, -13, -14, -16, -20, -24
CODES = {OK, CONTINUE, BADPROT, BADAUTH, NOAUTHZ, UNAVAIL}  # ours

BEARER = ("OAUTHBEARER", "XOAUTH2")
PASSWORD = ("PLAIN", "LOGIN")
MECHS = BEARER + PASSWORD
REFUSAL = {"OAUTHBEARER": b'{"status":"invalid_token"}',
           "XOAUTH2": b'{"status":"401","schemes":"bearer"}'}
DUMMY = {"OAUTHBEARER": b"\1", "XOAUTH2": b""}


DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def with_check(text):
    """The text of a token and its check: DESIGN.md section 3."""
    number = zlib.crc32(text.encode())
    return text + "".join(DIGITS[number >> shift & 31] for shift in range(30, -1, -5))


def stock_folder():
    """Where the distribution keeps the plugins of libsasl2."""
    done = subprocess.run(["pkg-config", "--variable=libdir", "libsasl2"], capture_output=True,
                          text=True, check=True)
    return Path(done.stdout.strip()) / "sasl2"


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def oauthbearer(token, name="", header=None, before=b"", after=b""):
    head = raw(header) if header is not None else \
        b"n," + (b"a=" + raw(name).replace(b"=", b"=3D").replace(b",", b"=2C") if name else b"") \
        + b","
    return head + b"\1" + before + b"auth=Bearer " + raw(token) + b"\1" + after + b"\1"


def xoauth2(token, name):
    return b"user=" + raw(name) + b"\1auth=Bearer " + raw(token) + b"\1\1"


def plain(token, name, act=""):
    return raw(act) + b"\0" + raw(name) + b"\0" + raw(token)


def messages(mech, token, name="alice", act=None):
    """What a client of the mechanism sends, up to the end of what it has to say."""
    if mech == "OAUTHBEARER":
        return [oauthbearer(token, act if act is not None else "")]
    if mech == "XOAUTH2":
        return [xoauth2(token, act if act is not None else name)]
    if mech == "PLAIN":
        return [plain(token, name, act or "")]
    assert act is None
    return [None, raw(name), raw(token)]


def words(steps):
    return " ".join("none" if step is None else raw(step).hex() or "-" for step in steps)


class Said:
    """What the driver printed."""

    def __init__(self, done):
        assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
        assert done.stderr == "", done.stderr
        self.text = done.stdout
        self.lines = [line.partition(" ")[::2] for line in done.stdout.splitlines()]
        self.tries = []
        for key, value in self.lines:
            if key == "try":
                self.tries.append({"codes": [], "outs": [], "errors": []})
            elif self.tries and key == "code":
                self.tries[-1]["codes"].append(int(value))
                self.tries[-1]["outs"].append(None)
            elif self.tries and key == "out":
                self.tries[-1]["outs"][-1] = bytes.fromhex(value)
            elif self.tries and key == "error":
                self.tries[-1]["errors"].append(bytes.fromhex(value).decode())
            elif self.tries and key in ("user", "authid", "mech"):
                self.tries[-1][key] = bytes.fromhex(value).decode()

    def all(self, key):
        return [value for name, value in self.lines if name == key]

    @property
    def mechs(self):
        """Of each list."""
        return [value.split() for value in self.all("mechs")]

    @property
    def logs(self):
        """(level, text), in order."""
        return [(int(value.split()[0]), bytes.fromhex("".join(value.split()[1:])).decode())
                for key, value in self.lines if key in ("log", "syslog")]

    @property
    def passwords(self):
        """What the application's verifier was asked: (user, password)."""
        pairs = zip(self.all("checkpass-user"), self.all("checkpass"))
        return [(bytes.fromhex(user).decode(), bytes.fromhex(word)) for user, word in pairs]

    def last(self):
        """(code, user or None) of the last try."""
        entry = self.tries[-1]
        return entry["codes"][-1], entry.get("user")


class Rig:
    """Plugins in two directories, a patd perhaps, and programs that load the first."""

    plays = 0

    def __init__(self, directory, patd=None, stock=("libplain.so", "liblogin.so", "libsasldb.so",
                                                    "libscram.so", "libanonymous.so")):
        self.patd = patd
        self.directory = Path(directory)
        self.ours, self.stock = self.directory / "ours", self.directory / "stock"
        self.ours.mkdir()
        self.stock.mkdir()
        shutil.copy(PLUGIN, self.ours / "libpat.so")
        for name in stock:
            assert (stock_folder() / name).exists(), name
            (self.stock / name).symlink_to(stock_folder() / name)
        self.options = {"sasldb_path": str(self.directory / "sasldb2")}
        if patd is not None:
            self.options["pat_socket"] = str(patd.verify_socket)
            self.options["pat_override"] = "yes"

    @property
    def path(self):
        return f"{self.ours}:{self.stock}"

    def command(self):
        return [str(DRIVER)]

    def play(self, *script, path=None, options=None, service="imap", remote=None, realm=None,
             passwords=(("alice", "ordinary"), ("bob", "bobs")), uid=None, timeout=120,
             environment=None, version=None):
        """Runs the driver: its plugins and options, one connection, then the script."""
        lines = [f"path {path or self.path}", f"service {service}"]
        chosen = {**self.options, **(options or {})}
        lines += [f"option {name} {value}" for name, value in chosen.items() if value is not None]
        lines += [f"password {user} {raw(word).hex()}" for user, word in passwords]
        if remote is None:  # each from elsewhere, or patd would let refusals wait
            Rig.plays += 1
            remote = f"10.{Rig.plays // 250}.{Rig.plays % 250}.1;4242"
        lines += [f"remote {remote}"] if remote else []
        lines += [f"realm {realm}"] if realm else []
        lines += [f"version {version}"] if version else []
        lines += ["init", "new", *script]
        command = self.command()
        if uid is not None:
            command = [shutil.copy(DRIVER, self.directory), *command[1:]]
            command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
        done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True,
                              text=True, timeout=timeout, check=False,
                              env={**os.environ, **(environment or {})})
        return Said(done)

    def attempt(self, mech, *steps, **named):
        """One exchange with these messages."""
        return self.play(f"try {mech} {words(steps)}", **named)

    def present(self, mech, token, name="alice", act=None, **named):
        """A token or password by way of a mechanism, to the end: code, user, and what was said."""
        steps = messages(mech, token, name, act)
        script = f"try {mech} {words(steps)}"
        said = self.play(script, **named)
        if mech in BEARER and said.tries[-1]["codes"][-1] == CONTINUE:
            assert said.tries[-1]["outs"][-1] == REFUSAL[mech]
            said = self.play(script + " " + words([DUMMY[mech]]), **named)
        return *said.last(), said


def mail_patd(**named):
    """A patd whose mail services our uid may ask for."""
    uids = f"{os.getuid()} 4242"
    config = "".join(f"[service {name}]\ntenants = acme lab@\nuids = {uids}\n" for name in ("imap", "smtp", "pop"))
    return Patd(config=config, **named)
