# SPDX-License-Identifier: BSD-2-Clause
"""The systemd units: they are well formed, they confine patd, and patd works within them."""
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from pat import BUILD, Patd  # noqa: E402

UNITS = BUILD / "packaging" / "systemd"


def options(name):
    """The lines of a unit, by option, in order."""
    found = {}
    for line in (UNITS / name).read_text().splitlines():
        match = re.match(r"(\w+)=(.*)", line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_exposure_is_at_most_1_5():
    run("systemd-analyze", "security", "--offline=true", "--threshold=15",
        str(UNITS / "patd.service"))


def test_peers_keep_their_uids_and_the_clock_stays_readable():
    service = options("patd.service")
    assert "PrivateUsers" not in service
    assert "ProtectClock" not in service


def test_each_protocol_has_its_socket_unit():
    for name, kind in (("verify", "ListenSequentialPacket"), ("manage", "ListenStream"),
                       ("authdaemon", "ListenStream"), ("mux", "ListenStream")):
        unit = options(f"patd-{name}.socket")
        assert unit["FileDescriptorName"] == [name]
        assert unit["Service"] == ["patd.service"] and unit["SocketMode"] == ["0666"]
        path, = unit[kind]
        place = "manage" if name == "manage" else "verify"
        assert path.endswith(f"/pat/{place}/" + ("sock" if name in ("verify", "manage") else name))


def test_sockets_of_other_protocols_are_for_the_administrator_to_enable():
    """patd works without them; where they are enabled, it is given them whenever it starts."""
    service = options("patd.service")
    for option in ("Requires", "Wants", "Also", "BindsTo"):
        assert not re.search("authdaemon|mux", " ".join(service.get(option, [])))
    for name in ("authdaemon", "mux"):
        assert options(f"patd-{name}.socket")["WantedBy"] == ["sockets.target"]


def expand(group):
    """The system calls of a filter group, groups within it resolved."""
    calls = set()
    for line in run("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= expand(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed_calls():
    allowed = set()
    for line in options("patd.service")["SystemCallFilter"]:
        deny = line.startswith("~")
        for word in line.lstrip("~").split():
            calls = expand(word) if word.startswith("@") else {word}
            allowed = allowed - calls if deny else allowed | calls
    # what systemd always allows, so that a filter cannot break exec itself
    return allowed | {"execve", "exit", "exit_group", "rt_sigreturn", "brk", "mmap", "munmap"}


def test_patd_stays_within_the_system_call_filter(tmp_path):
    """A day of patd in seconds, under strace: every call it makes is allowed by the unit."""
    trace = tmp_path / "trace"
    assert shutil.which("strace"), "strace is missing"
    daemon = Patd()
    plain = daemon.command
    daemon.command = lambda *a: ["strace", "-f", "-qq", "-o", str(trace), *plain(*a)]
    try:
        daemon.start(wait=30)
        daemon.tenant()
        daemon.user("alice", grants=["mail:*"])
        token, record = daemon.token(scopes=["mail:read"])
        assert daemon.verify(token, service="imap", login="alice")["class"] == "accepted"
        daemon.call("List", more=True)
        daemon.call("Uses", token=record["id"])
        daemon.call("LogVerify", more=True)
        daemon.call("Revoke", tokens=[record["id"]])
        pid = int(re.search(r"event=start .*pid=(\d+)", daemon.log_text())[1])
        os.kill(pid, signal.SIGHUP)
        daemon.call("WhoAmI")
        os.kill(pid, signal.SIGTERM)
        assert daemon.process.wait(10) == 0
        daemon.process = None
    finally:
        daemon.close()
    # patd raises and drops rights only when it is root; under the unit it never is
    as_root = {"capset", "setgroups", "setresgid", "setresuid", "setuid", "chown", "lchown", "fchownat"}
    made = set(re.findall(r"^\d+\s+(?:<\.\.\. )?(\w+)[( ]", trace.read_text(), re.M))
    launcher = {"setpriv"} | as_root
    assert made - allowed_calls() - launcher == set()
