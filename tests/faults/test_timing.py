# SPDX-License-Identifier: BSD-2-Clause
"""R5, R6: no branch and no address depends on a secret, and refusals take the same time."""
import re
import subprocess

import pytest

from figures import FULL, figure, tier
from pat import BUILD
from patdkit import Daemon, unknown_token, wait_until, with_other_secret

PROGRAM = BUILD / "tests" / "faults" / "constant_time"
CLOCK = BUILD / "tests" / "faults" / "refusal_times"
SANITIZED = re.search(r"-fsanitize=", (BUILD / "config.status").read_text())
FOUND = 9


def under_valgrind(way, tmp_path):
    tmp_path.chmod(0o700)
    return subprocess.run(
        ["valgrind", "-q", f"--error-exitcode={FOUND}", PROGRAM, tmp_path, way],
        capture_output=True, text=True, timeout=300, check=False)


if not SANITIZED:
    def test_verification_depends_on_no_secret(tmp_path):
        """Keys, the secret and the stored verifier are hidden from memcheck: it sees no use."""
        done = under_valgrind("ours", tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        count = int(re.match(r"(\d+) verifications", done.stdout)[1])
        figure("constant time", f"{count} verifications with hidden secrets under valgrind, "
               "0 branches or addresses depend on one")

    @pytest.mark.parametrize("way, function", [
        ("memcmp", "by_memcmp"), ("difference", "by_first_difference"), ("table", "by_table"),
        ("length", "by_length")])
    def test_the_check_finds_what_it_is_for(tmp_path, way, function):
        """One mistake in the place of our comparison, and memcheck names it."""
        done = under_valgrind(way, tmp_path)
        assert done.returncode == FOUND and function in done.stderr, done.stderr[-2000:]


# --- the clock ---

ROUNDS = tier(2_000, 100_000)  # of each kind
REPEATS = tier(1, 5)
LEAK = 4.5  # |t| of a difference that is there


def times(daemon, kinds, rounds):
    """{(kind, kind): (t, standard error in ns)}, what was answered, and what was said."""
    done = subprocess.run(
        ["taskset", "-c", "0", CLOCK, daemon.verify_socket, "imap", "alice", str(rounds)],
        input="".join(f"{name} {text}\n" for name, text in kinds.items()), capture_output=True,
        text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    answers = {words[1]: int(words[2], 16) for words in lines if words[0] == "kind"}
    return {tuple(words[1:3]): (float(words[3]), float(words[4])) for words in lines
            if words[0] == "pair"}, answers, done.stdout


@pytest.fixture(scope="module")
def timed():
    """A patd on a processor of its own where there are two, and a token of each kind."""
    with Daemon() as daemon:
        subprocess.run(["taskset", "-a", "-p", "-c", "1", str(daemon.pid)], capture_output=True,
                       check=False)
        daemon.tenant()
        for user in ("alice", "bob"):
            daemon.user(user, grants=["mail:*"])
        good, _ = daemon.token("alice", ["mail:read"])
        revoked, record = daemon.token("alice", ["mail:read"])
        daemon.call("Revoke", tokens=[record["id"]])
        foreign, _ = daemon.token("bob", ["mail:read"])
        daemon.kinds = {"unknown": unknown_token(), "bad-secret": with_other_secret(good),
                        "revoked": revoked, "wrong-user": foreign}
        assert wait_until(lambda: daemon.events("checked"))  # it works beside us until then
        yield daemon


def test_the_clock_sees_a_difference(timed):
    """One kind is answered late: if that does not show, nothing would."""
    kinds = {"late": timed.kinds["revoked"], "revoked": timed.kinds["revoked"]}
    for rounds in (500, 2000, 8000):  # a busy machine hides it from few
        found, _, said = times(timed, kinds, rounds)
        if found["late", "revoked"][0] > LEAK:
            return
    pytest.fail(said)


def test_refusals_take_the_same_time(timed):
    """Unknown, wrong, revoked and another's: of every pair the median of the runs' |t|.

    In the short form nothing is judged: two thousand of a kind on a busy machine prove nothing.
    """
    runs = []
    for _ in range(REPEATS):
        found, answers, said = times(timed, timed.kinds, ROUNDS)
        assert len(set(answers.values())) == 1, said  # one class for all: nothing to see there
        runs.append(found)
    medians = {pair: sorted(abs(run[pair][0]) for run in runs)[REPEATS // 2] for pair in runs[0]}
    worst = max(medians, key=medians.get)
    seen = max(sorted(run[pair][1] for run in runs)[REPEATS // 2] for pair in medians) * LEAK
    figure("times of refusals", f"{ROUNDS:,} of each of {len(timed.kinds)} kinds, "
           f"{REPEATS} times, {len(medians)} pairs: largest median |t| {medians[worst]:.1f} "
           f"({' and '.join(worst)}); a difference of {seen:,.0f} ns would show")
    if FULL:
        assert medians[worst] < LEAK, (runs, said)
