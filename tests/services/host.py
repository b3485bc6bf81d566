# SPDX-License-Identifier: BSD-2-Clause
"""A host of the tests' own: private mounts and a private network, real programs.

A process holds two namespaces, and everything else is started inside them. In there /etc is a copy
that useradd and chage may change, /run, /home, /var/log and /dev are empty file systems, and the
loopback is the only network. Nothing outside is touched; what was started ends with close().
"""
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from pat import BUILD, PAM_MODULE, SOURCE, Patd

SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin"
NEEDED = ("sshd", "ssh", "scp", "sftp", "ssh-keygen", "sshpass", "nsenter", "unshare", "setpriv",
          "useradd", "userdel", "usermod", "chage", "chpasswd", "gpasswd", "groupadd", "su", "sudo",
          "prlimit", "bash")
PAM_DIRECTORIES = ("/etc/pam.d", "/usr/lib/pam.d")
PROBE = BUILD / "tests" / "services" / "probe.so"

# As root of the new mount namespace; $1 is the host's directory.
MOUNTS = """
mkdir -p "$1/etc" "$1/dev"
mount -t tmpfs -o mode=755 etc "$1/etc"
cp -a /etc/. "$1/etc"
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=755 dev "$1/dev"
for node in null zero full random urandom tty; do
    : > "$1/dev/$node"
    mount --bind "/dev/$node" "$1/dev/$node"
done
mkdir "$1/dev/pts"
mkdir -m 1777 "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
ln -s "$1/log" "$1/dev/log"
mount --rbind "$1/dev" /dev
for place in /run /home /var/log; do mount -t tmpfs -o mode=755 private "$place"; done
mkdir /run/sshd
: > /var/log/wtmp
: > /var/log/lastlog
: > /var/log/btmp
chmod 600 /var/log/btmp
"""
LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
"""


def tool(name):
    return shutil.which(name, path=SEARCH)


def require():
    """What the tests need is not optional: whatever is missing is an error."""
    if os.geteuid() != 0:
        raise RuntimeError("these tests need root")
    missing = [name for name in NEEDED if tool(name) is None]
    missing += [str(path) for path in (PAM_MODULE, PROBE) if not path.exists()]
    if missing:
        raise RuntimeError("missing: " + " ".join(missing))


def wait_for(condition, what, seconds=30):
    """Polls until the condition holds; its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"in {seconds} s there was no {what}")
        time.sleep(0.02)


class Syslog(threading.Thread):
    """Whoever listens on /dev/log of the host; .lines are what was sent."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.start()

    def run(self):
        while True:
            try:
                line = self.socket.recv(65536)
            except OSError:
                return
            if not line:
                return
            self.lines.append(line.decode(errors="replace"))

    def matching(self, *patterns, since=0):
        return [line for line in self.lines[since:]
                if all(re.search(pattern, line) for pattern in patterns)]

    def wait(self, *patterns, since=0):
        """The last line that has all of the patterns, as soon as there is one."""
        return wait_for(lambda: self.matching(*patterns, since=since),
                        f"log line with {patterns}")[-1]

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self.socket.close()


class HostPatd(Patd):
    """patd of the host: started as root there, it becomes the user patd."""

    def __init__(self, host, config=""):
        self.host = host
        (host.directory / "patd").mkdir()
        super().__init__(directory=host.directory / "patd", config=config)
        self.configure(config)

    def configure(self, config=""):
        """Writes pat.conf; a running patd must be told (reload)."""
        self.config.write_text(f"[patd]\nstate_dir = {self.state}\nkeys_dir = {self.keys}\n"
                               f"runtime_dir = /run/pat\n\n{config}")
        os.chown(self.config, 0, 0)

    def reload(self):
        since = len(self.host.syslog.lines)
        self.process.send_signal(signal.SIGHUP)
        self.host.syslog.wait("event=reload", since=since)

    def as_uid(self, uid, command):
        return self.host.enter(command, uid=uid)

    def command(self, *arguments):
        return self.host.enter([self.bin / "patd", "--config", self.config, "--foreground",
                                *arguments])

    @property
    def verify_socket(self):
        return self.host.path("/run/pat/verify/sock")

    @property
    def manage_socket(self):
        return self.host.path("/run/pat/manage/sock")

    def ctl(self, *arguments, **named):
        """patctl as it finds patd by its configuration, on the host."""
        words = ["--config", str(self.config), *map(str, arguments)]
        env = {"PATH": SEARCH, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}
        done = self.host.run([self.bin / "patctl", *words], env=env, uid=named.get("uid"),
                             stdin=named.get("stdin", ""))
        if named.get("check") is not None:
            assert done.returncode == named["check"], (arguments, done)
        return done


class Host:
    def __init__(self):
        require()
        self.directory = Path(tempfile.mkdtemp(prefix="pat-host-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.holder = self.sshd = self.syslog = self.patd = None
        self.numbers = itertools.count(1)
        self.children = []
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    def open(self):
        self.syslog = Syslog(self.directory / "log")
        for module in (PAM_MODULE, PROBE):
            shutil.copy2(module, self.directory / module.name)
        script = MOUNTS + f"{tool('python3')} -c '{LOOPBACK_UP}'\necho ready\nexec cat\n"
        self.holder = subprocess.Popen(
            [tool("unshare"), "--mount", "--net", "--propagation", "private", "sh", "-ec", script,
             "sh", str(self.directory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError("cannot make private namespaces")
        self.forget_people()
        self.run([tool("useradd"), "--system", "--shell", "/usr/sbin/nologin", "patd"], check=True)
        self.account("guest")
        self.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / "hostkey"],
                 check=True)
        self.patd = HostPatd(self)

    def close(self):
        if self.patd is not None:
            self.patd.close()
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        if self.holder is not None:
            self.end_everything()
            self.holder.stdin.close()
            self.holder.wait(10)
        if self.syslog is not None:
            self.syslog.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def processes(self):
        """The processes of the host, by their mount namespace."""
        ours = os.readlink(f"/proc/{self.holder.pid}/ns/mnt")
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "ns" / "mnt") == ours:
                    yield int(entry.name)
            except OSError:
                pass  # it ended meanwhile

    def watch(self, process):
        """What each process shows of itself until this one ends: their names, and all texts."""
        names, texts = set(), set()
        while process.poll() is None:
            for pid in self.processes():
                try:
                    names.add(Path(f"/proc/{pid}/comm").read_text().strip())
                    texts |= {Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
                              for name in ("cmdline", "environ")}
                except OSError:
                    pass  # it ended meanwhile
        return names, texts

    def end_everything(self):
        for pid in list(self.processes()):
            if pid != self.holder.pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    # --- files and commands ---

    def path(self, inside):
        """Where a file of the host is seen from outside."""
        return Path(f"/proc/{self.holder.pid}/root{inside}")

    def write(self, inside, text, mode=0o644, owner=None):
        path = self.path(inside)
        # Seen from outside, a link to an absolute path would lead out of the host.
        for part in (Path(inside), *Path(inside).parents):
            place = self.path(part)
            assert part == Path("/") or not place.is_symlink() or \
                not os.path.isabs(os.readlink(place)), f"{part} is a link"
        path.write_text(text)
        path.chmod(mode)
        if owner is not None:
            uid = self.uid_of(owner)
            os.chown(path, uid, uid)
        return Path(inside)

    def enter(self, command, uid=None):
        """The command line that runs a command on the host, as root or as a uid."""
        become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--init-groups"] if uid else []
        return [str(word) for word in (tool("nsenter"), f"--target={self.holder.pid}", "--mount",
                                       "--net", "--", *become, *command)]

    def run(self, command, uid=None, stdin="", env=None, timeout=60, check=False):
        done = subprocess.run(self.enter(command, uid), input=stdin, capture_output=True, text=True,
                              env=env or {"PATH": SEARCH, "LC_ALL": "C.UTF-8", "HOME": "/"},
                              timeout=timeout, check=False)
        if check:
            assert done.returncode == 0, (command, done)
        return done

    # --- accounts ---

    def forget_people(self):
        """Leaves the system's own accounts and groups only; the copy came with others."""
        def is_system(line):
            name, _, number, *_ = line.split(":")
            return name != "patd" and (int(number) < 1000 or int(number) == 65534)

        for numbered, shadow in (("passwd", "shadow"), ("group", "gshadow")):
            lines = self.path(f"/etc/{numbered}").read_text().splitlines(keepends=True)
            kept = [line for line in lines if is_system(line)]
            names = {line.split(":")[0] for line in kept}
            secrets = self.path(f"/etc/{shadow}").read_text().splitlines(keepends=True)
            self.path(f"/etc/{numbered}").write_text("".join(kept))
            self.path(f"/etc/{shadow}").write_text(
                "".join(line for line in secrets if line.split(":")[0] in names))

    def uid_of(self, name):
        for line in self.path("/etc/passwd").read_text().splitlines():
            fields = line.split(":")
            if fields[0] == name:
                return int(fields[2])
        raise KeyError(name)

    def account(self, name, password=None, uid=None):
        """A new account with a home directory; its uid."""
        number = ["--uid", str(uid)] if uid else []
        self.run([tool("useradd"), "--create-home", "--user-group", "--shell", "/bin/sh", *number,
                  name], check=True)
        if password is not None:
            self.run([tool("chpasswd"), "--crypt-method", "SHA512"], stdin=f"{name}:{password}\n",
                     check=True)
        return self.uid_of(name)

    def bound(self, name, password=None, grants=("ssh:login",), **parameters):
        """A new account and the user of the same name that is bound to it."""
        uid = self.account(name, password)
        return self.patd.user(name, grants=grants, account=name, uid=uid, **parameters)

    def key(self, name):
        """A key of guest's that opens the account; the file."""
        file = Path(f"/home/guest/key-{name}")
        self.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file],
                 uid=self.uid_of("guest"), check=True)
        directory = self.path(f"/home/{name}/.ssh")
        directory.mkdir(mode=0o700, exist_ok=True)
        os.chown(directory, self.uid_of(name), self.uid_of(name))
        self.write(f"/home/{name}/.ssh/authorized_keys", self.path(f"{file}.pub").read_text(),
                   0o600, name)
        return file

    # --- PAM ---

    def of_this_build(self, stack):
        """The same lines, with the modules of this build."""
        stack = re.sub(r"\bpam_pat\.so\b", f"{self.directory}/pam_pat.so "
                       "socket=/run/pat/verify/sock", stack)
        return stack.replace("probe.so", f"{self.directory}/probe.so")

    def pam(self, service, replace, stack, of=None):
        """Puts a stack in place of one line of a service's own file, or of another's."""
        stack = self.of_this_build(stack)
        own = next(path for path in (Path(place, of or service) for place in PAM_DIRECTORIES)
                   if path.exists()).read_text()
        lines = [stack.rstrip() if line.split() == replace.split() else line
                 for line in own.splitlines()]
        assert lines != own.splitlines(), f"/etc/pam.d/{service} has no line {replace!r}"
        self.write(f"/etc/pam.d/{service}", "\n".join(lines) + "\n")

    # --- sshd ---

    def start_sshd(self, config, port=22, log_level="VERBOSE"):
        """Another sshd, until close(); its process and the file it logs to."""
        number = next(self.numbers)
        log = self.directory / f"sshd-{number}.log"
        file = self.directory / f"sshd-{number}.conf"
        file.write_text(f"{config}\nPort {port}\nListenAddress 127.0.0.1\nPidFile none\n"
                        f"HostKey {self.directory}/hostkey\nLogLevel {log_level}\n"
                        "MaxStartups 1000\nSubsystem sftp internal-sftp\n")
        with open(log, "wb") as stream:
            process = subprocess.Popen(
                self.enter([tool("sshd"), "-D", "-e", "-f", file]), stdin=subprocess.DEVNULL,
                stderr=stream, env={"PATH": SEARCH})
        self.children.append(process)

        def listens():
            assert process.poll() is None, log.read_text()
            return "Server listening" in log.read_text()

        wait_for(listens, "sshd that listens")
        return process, log
