# SPDX-License-Identifier: BSD-2-Clause
"""A private host on which linux-pat is installed and nothing is wired: patctl enable does that.

What a package would have put below /usr and /var lies over the host's own directories there, in
the private mounts: the PAM module, the profile of pam-auth-update, and the record of changes.
"""
import os
import re
import shutil
import stat
from pathlib import Path

from host import SEARCH, tool
from page import blocks
from pat import BUILD, SOURCE

CONFIG = "/etc/pat/pat.conf"
PROFILES = "/usr/share/pam-configs"

# As root of the private host: $1 is a tmpfs for what is written, each further word a directory.
LAYERS = """
mkdir "$1"
mount -t tmpfs -o mode=755 layers "$1"
place="$1"
shift
number=0
for directory; do
    number=$((number + 1))
    mkdir "$place/$number" "$place/$number/upper" "$place/$number/work"
    chmod --reference="$directory" "$place/$number/upper"
    mount -t overlay -o "lowerdir=$directory,upperdir=$place/$number/upper,workdir=$place/$number/work" \\
        layer "$directory"
done
"""


def variable(name):
    """A directory variable of the build, expanded."""
    text = (BUILD / "Makefile").read_text()
    value = re.search(rf"^{name} = (.*)$", text, re.M)[1]
    while found := re.search(r"\$[{(](\w+)[)}]", value):
        value = value.replace(found[0], variable(found[1]))
    return value


def record_directory():
    return variable("localstatedir") + "/lib/pat-wiring"


def module_directory():
    return next(path for path in sorted(Path("/usr/lib").glob("*/security"))
                if (path / "pam_unix.so").exists())


def existing(path):
    path = Path(path)
    while not path.exists():
        path = path.parent
    return path


def install(host):
    """As make install and a package would; pat.conf is where administrators have it."""
    runtime = variable("runstatedir")
    places = {str(existing(record_directory())), str(existing(Path(runtime).parent)),
              str(module_directory()), PROFILES, "/var/lib", "/var/cache/debconf"} - {"/"}
    layered = sorted(place for place in places
                     if not any(place != other and place.startswith(other + "/")
                                for other in places))
    assert "/" not in layered and "/usr" not in layered and "/var" not in layered
    host.run(["sh", "-ec", LAYERS, "sh", host.directory / "layers", *layered], check=True)
    shutil.copy2(BUILD / ".libs" / "pam_pat.so", host.path(module_directory()) / "pam_pat.so")
    shutil.copy2(SOURCE / "packaging/pam-configs/pat", host.path(PROFILES) / "pat")
    host.path("/etc/pat").mkdir()
    if not host.path(runtime).exists():  # the socket that is built in, wherever that is
        host.path(runtime).parent.mkdir(parents=True, exist_ok=True)
        host.path(runtime).symlink_to("/run")
    text = host.patd.config.read_text()
    host.write(CONFIG, text.replace("runtime_dir = /run/pat", f"runtime_dir = {runtime}/pat"))
    # The same file seen from outside and from inside, where patd reads it again.
    host.patd.config = host.path(CONFIG)
    host.patd.command = lambda *words: host.enter(
        [host.patd.bin / "patd", "--config", CONFIG, "--foreground", *words])


ONE_COMMAND = "By one command, as root, which shows the difference first and asks"
SHIM = """#!/bin/sh
exec {program} --config {config} --yes "$@"
"""


def run_page(host, page):
    """What a page tells root to type, as it stands; the last service that is then wired."""
    command = blocks(page)[ONE_COMMAND]
    host.write("/home/patctl", SHIM.format(program=host.patd.bin / "patctl", config=CONFIG), 0o755)
    done = host.run(["sh", "-ec", command], env={"PATH": "/home:" + SEARCH, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and " takes tokens" in done.stdout, done
    return command.split()[-1]


def ctl(host, *words, uid=None, stdin="", **environment):
    command = [host.patd.bin / "patctl", "--config", CONFIG, *words]
    return host.run(command, uid=uid, stdin=stdin,
                    env={"PATH": SEARCH, "LC_ALL": "C.UTF-8", "HOME": "/", **environment})


def enable(host, service, *words):
    done = ctl(host, "enable", service, "--yes", *words)
    assert done.returncode == 0, done
    return done.stdout


def disable(host, service, *words):
    done = ctl(host, "disable", service, "--yes", *words)
    assert done.returncode == 0, done
    return done.stdout


def snapshot(host, top="/etc"):
    """Everything below a directory: kind, mode, owner and bytes, by its path."""
    found = {}
    for directory, names, files in os.walk(host.path(top)):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            content = (os.readlink(path) if kind == stat.S_IFLNK else
                       Path(path).read_bytes() if kind == stat.S_IFREG else None)
            found[path.split("/root", 1)[1]] = (status.st_mode, status.st_uid, status.st_gid,
                                                content)
    return found


def differing(before, after):
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def recorded(host):
    place = host.path(record_directory())
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


def put_sudoers(host):
    host.write("/etc/sudoers.d/everybody", "ALL ALL=(ALL) ALL\n", 0o440)


def sudo(host, name, answer, *words):
    done = host.run([tool("sudo"), *words, "-k", "-S", "-p", "", "id", "-un"],
                    uid=host.uid_of(name), stdin=answer + "\n")
    return done.returncode == 0 and done.stdout == "root\n"
