# SPDX-License-Identifier: BSD-2-Clause
"""pam_pat.so and libpat.so as guests: what they need, which system calls they make, what a fork
leaves of them (R19), and whether many lives of them leave anything behind (R15, R16)."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sasl"))
pytest.register_assert_rewrite("sasl_rig")

import pam_rig  # noqa: E402
import sasl_rig  # noqa: E402
from figures import figure, tier  # noqa: E402
from pat import BUILD, PAM_MODULE, Patd  # noqa: E402
from sasl_rig import BADAUTH, MECHS, OK, PLUGIN, messages, words  # noqa: E402

LIVES = tier(300, 10_000)
GROWTH = 1024  # KiB, over all of them
CONFIGURED = re.search(r"^PAT_CFLAGS = (.*)$", (BUILD / "Makefile").read_text(), re.M)[1]
PLAIN = not re.search(r"-fsanitize|--coverage", CONFIGURED)  # these bring symbols of their own

# --- what they need ---

LIBC = set("""
    clock_gettime close connect errno_location explicit_bzero geteuid getrandom getsockopt inet_pton
    memchr memcmp memcpy memmove memset nanosleep recv send setsockopt socket stack_chk_fail stat
    strchr strcmp strcspn strlen strncmp strnlen strrchr strspn
""".split())
PAM = LIBC | set("""
    free malloc strdup
    pam_fail_delay pam_get_authtok pam_get_data pam_get_item pam_get_user pam_getenv
    pam_modutil_getpwnam pam_putenv pam_set_data pam_set_item pam_syslog
    pam_info pam_prompt snprintf
""".split())
SASL = LIBC | {"sasl_version_info", "strcasecmp", "strncasecmp"}  # memory is the application's
LOADER = {"ITM_deregisterTMCloneTable", "ITM_registerTMCloneTable", "cxa_finalize", "gmon_start"}


def needed(library):
    """Names that a library takes from others, as the source writes them."""
    text = subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True,
                          check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in text.splitlines()}
    return {re.sub(r"_chk$|__$", "", name.strip("_")) if name != "__stack_chk_fail"
            else "stack_chk_fail" for name in names}


@pytest.mark.parametrize("library, allowed", [(PAM_MODULE, PAM), (PLUGIN, SASL)],
                         ids=["pam_pat.so", "libpat.so"])
def test_they_need_nothing_else(library, allowed):
    """Every name that is not on the list is a new power: put it there when it must be."""
    found = needed(library)
    assert {"socket", "connect", "send", "recv"} <= found
    if PLAIN:
        assert found - allowed - LOADER == set()


# --- what they do ---

# An exchange with patd, call by call; some machines have other names for them.
EXCHANGE = ("getrandom socket setsockopt connect getsockopt stat sendto setsockopt recvfrom "
            "close").split()
ALIASES = {"newfstatat": "stat", "fstatat64": "stat", "statx": "stat", "send": "sendto",
           "recv": "recvfrom", "clock_gettime": None, "clock_gettime64": None, "brk": None,
           "mmap": None, "munmap": None}  # None: time and memory


def trace(directory, uid, command, run):
    """Runs something whose command is put behind strace; (what it says, the lines of strace)."""
    file = Path(directory) / "strace"
    file.write_text("")
    file.chmod(0o666)

    def traced(*arguments):
        return ["strace", "-f", "-qq", "-s", "200", "-o", str(file), *command(*arguments)]
    result = run(traced)
    return result, [line.split(" ", 1)[1].strip() for line in file.read_text().splitlines()]


def calls(lines):
    names = [ALIASES.get(name, name) for name in (line.split("(", 1)[0] for line in lines)]
    return [name for name in names if name]


def between(lines, begin, end):
    """The lines behind the first that has begin, up to one that has end."""
    first = next(i for i, line in enumerate(lines) if begin in line) + 1
    return lines[first:next(i for i, line in enumerate(lines) if i >= first and end in line)]


def judge_exchange(lines, path):
    """The socket is a Unix one that no program inherits, nobody waits for ever, no signal comes."""
    text = "\n".join(lines)
    assert "socket(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0)" in text
    assert f'sun_path="{path}"' in text
    assert "SO_SNDTIMEO" in text and "SO_RCVTIMEO" in text and "SO_PEERCRED" in text
    assert re.search(r"sendto\(.*MSG_NOSIGNAL", text)
    assert re.search(r"getrandom\(.* GRND_NONBLOCK\)", text)


@pytest.fixture(scope="module")
def pam():
    rig = pam_rig.Rig()
    yield rig
    rig.close()


def login(pam, monkeypatch, arguments, kind, service, **named):
    """The driver's result, and what it called between the answer to the prompt and the verdict."""
    plain = Patd.as_uid

    def run(traced):
        with monkeypatch.context() as patch:
            patch.setattr(pam_rig.Patd, "as_uid", traced)
            return pam.run([f"auth required {pam.pat(arguments)}"], ["authenticate"],
                           service=service, answers=[pam.world.tokens[kind]], **named)
    result, lines = trace(pam.directory, None, plain, run)
    return result, between(lines, 'write(16, "hidden ', 'write(16, "delay')


AUDIT = "NETLINK_AUDIT"  # libpam's own, behind the module


def own(lines):
    for number, line in enumerate(lines):
        if AUDIT in line:
            return lines[:number]
    return lines


if PLAIN:
    @pytest.mark.parametrize("kind, code", [
        ("accepted", "PAM_SUCCESS"), ("revoked", "PAM_AUTH_ERR"), ("malformed", "PAM_AUTH_ERR")])
    def test_what_a_pam_login_calls(pam, monkeypatch, kind, code):
        """The exchange, and for an accepted local login the account by NSS; nothing else."""
        result, lines = login(pam, monkeypatch, "", kind, "sshd")
        assert result.code == code
        lines = own(lines)
        found = calls(lines)
        if kind == "malformed":
            assert found == ["openat", "write", "close"]  # a line of the log; patd is not asked
            return
        assert found[:len(EXCHANGE)] == EXCHANGE
        judge_exchange(lines, pam.socket)
        behind = [line for line in lines[lines.index(next(
            line for line in lines if line.startswith("recvfrom"))) + 2:] if calls([line])]
        assert kind == "accepted" or behind == []
        for line in behind:
            assert re.match(r"(socket\(AF_UNIX, .*SOCK_CLOEXEC|connect\(\d+, {sa_family=AF_UNIX|"
                            r"openat\(AT_FDCWD, \".*\", O_RDONLY\|O_CLOEXEC|"
                            r"(newfstatat|fstatat64|statx|fstat|lseek|_llseek|read|pread64|close|"
                            r"access|faccessat|faccessat2|mprotect|poll|sendto|recvmsg)\()",
                            line), line


@pytest.fixture(scope="module")
def sasl(tmp_path_factory):
    """A rig and two tokens: one is revoked."""
    place = tmp_path_factory.mktemp("sasl")
    place.chmod(0o755)
    with sasl_rig.mail_patd() as patd:
        patd.tenant()
        patd.tenant("lab", makeDefault=False, realms=["lab.example"])
        patd.user("alice", grants=["mail:*"])
        rig = sasl_rig.Rig(place, patd)
        rig.good, _ = patd.token(scopes=["mail:read"])
        rig.dead, record = patd.token(scopes=["mail:read"])
        patd.call("Revoke", tokens=[record["id"]])
        yield rig


if PLAIN:
    @pytest.mark.parametrize("mech", MECHS)
    def test_what_a_sasl_exchange_calls(sasl, monkeypatch, mech):
        def run(traced):
            with monkeypatch.context() as patch:
                patch.setattr(sasl, "command", traced)
                return sasl.play(f"try {mech} {words(messages(mech, sasl.good))}")
        said, lines = trace(sasl.directory, None, sasl.command, run)
        assert said.last() == (OK, "alice")
        begin = next(i for i, line in enumerate(lines) if "SOCK_SEQPACKET" in line)
        while not lines[begin].startswith("getrandom("):
            begin -= 1
        end = next(i for i, line in enumerate(lines) if i > begin and line.startswith("write(1,"))
        assert calls(lines[begin:end]) == EXCHANGE
        judge_exchange(lines[begin:end], sasl.patd.verify_socket)


# --- forks ---

def test_a_plugin_survives_a_fork(sasl):
    """R19: a child has its own exchange, and what it did is nothing to its parent."""
    good, dead = (words(messages("PLAIN", token)) for token in (sasl.good, sasl.dead))
    said = sasl.play(f"fork PLAIN {good}", f"try PLAIN {dead}")
    assert [entry["codes"][-1] for entry in said.tries] == [OK, BADAUTH]
    said = sasl.play(f"fork PLAIN {dead}", f"try PLAIN {good}")
    assert [entry["codes"][-1] for entry in said.tries] == [BADAUTH, OK]
    assert said.last() == (OK, "alice")


@pytest.mark.parametrize("kind, code", [("accepted", "PAM_SUCCESS"), ("revoked", "PAM_AUTH_ERR")])
def test_a_module_survives_a_fork(pam, kind, code):
    """As sshd forks between authentication and account: the handle's copy is whole."""
    stack = [f"auth required {pam.pat()}", f"account required {pam.pat()}"]
    result = pam.run(stack, ["fork", "authenticate"], answers=[pam.world.tokens[kind]])
    assert result.code == code


# --- many lives ---

def test_many_lives_of_the_pam_module(pam):
    """Each is loaded by a new handle, asks patd, and is unloaded."""
    stack = [f"auth required {pam.pat('putenv')}", f"account required {pam.pat()}"]
    result = pam.run(stack, ["authenticate", "acct_mgmt", "setcred:establish"],
                     answers=[pam.world.tokens["accepted"]], options=["--cycles", str(LIVES)],
                     timeout=600)
    before, after = result.values("memory")
    opened, left = result.values("descriptors")
    assert result.lines[0] == f"authenticate PAM_SUCCESS {LIVES + LIVES // 8}"
    assert left == opened
    assert not PLAIN or after - before < GROWTH
    figure("lives of pam_pat.so", f"{LIVES:,} loaded, asked and unloaded, "
           f"{left - opened} descriptors left, {after - before} KiB more")


def test_many_lives_of_the_sasl_plugin(sasl):
    """Each between sasl_server_init() and sasl_done()."""
    lines = [f"exchange {OK} alice {mech} {words(messages(mech, sasl.good))}" for mech in MECHS]
    lines.append(f"exchange {BADAUTH} - PLAIN {words(messages('PLAIN', sasl.dead))}")
    said = sasl.play(*lines, f"again {LIVES // 8}", "init", "many 1 1", f"again {LIVES}", "init",
                     "many 1 1", timeout=900)
    (wrong, tokens, before), (wrong_later, _, after) = (
        [int(number) for number in re.findall(r"=(\d+)", value)] for value in said.all("many"))
    assert said.all("again") == [str(LIVES // 8), str(LIVES)]
    assert (wrong, tokens, wrong_later) == (0, 0, 0)
    assert not PLAIN or after - before < GROWTH
    figure("lives of libpat.so", f"{LIVES:,} loaded, asked and unloaded, {after - before} KiB more")
