# SPDX-License-Identifier: BSD-2-Clause
"""The code beside a specification of a few hundred lines: whatever is done, both say the same.

model.py and decision.py are written from DESIGN.md alone, host.c runs the code itself, with a clock
of its own. Sequences are chance (sequences.py), one in N_DISK on files, with restarts, kills and
races. Where the two differ, the shortest such sequence is shown as a table.
"""
import collections
import itertools
import random
from concurrent.futures import ProcessPoolExecutor

import both
from decision import LADDER, decide
from figures import figure, seeded, tier
from sequences import WELL, Steps, decision, rows_of

SEQUENCES = tier(50000, 500000)
DECISIONS = tier(100000, 1000000)
N_DISK = tier(200, 100)
BATCH = 1000
SHOWN = 3  # differences


def batches(count, work, seed):
    """What each batch counted and found; the same for the same seed, however many run at once."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(work, [f"{seed} {number}" for number in range(count // BATCH)]))


# --- sequences ---

def run_sequences(seed):
    chance = random.Random(seed)
    many = [Steps(chance, number % N_DISK == 0).operations for number in range(BATCH)]
    counted, different = collections.Counter(), []
    try:
        replies = iter(both.ask([both.line(each) for operations in many for each in operations]))
    except both.Crashed:
        alone = (each for each in many if both.difference(each) is not None)
        return counted, list(itertools.islice(alone, 1))
    for operations in many:
        program = [next(replies) for _ in operations]
        model = both.answers(operations, program)
        counted.update(zip([each[0] for each in operations], [said.partition(" ")[0]
                                                              for said in model]))
        if model != program:
            different.append(operations)
    return counted, different


def test_sequences():
    """A24, M5, M12: what is done, and what is answered then, to whom and when."""
    seed = seeded("model").random()
    counted, different = collections.Counter(), []
    for some, found in batches(SEQUENCES, run_sequences, seed):
        counted += some
        different += found
    figure("model", f"{SEQUENCES:,} sequences of {counted.total():,} operations, "
           f"{counted['verify', 'accepted']:,} accepted, {counted['restart', 'ok']:,} restarts, "
           f"{sum(many for (name, _), many in counted.items() if name == 'race'):,} races, "
           f"{len(different)} differences")
    shown = "\n\n".join(both.table(both.shrink(each)) for each in different[:SHOWN])
    assert not different, f"{len(different)} sequences differ, for example\n\n{shown}\n"
    reached(counted)


def reached(counted):
    """Chance that never comes to a refusal shows nothing of it."""
    said = {outcome for _, outcome in counted}
    missing = REFUSALS | {verdict for verdict, _ in LADDER} - NOT_HERE
    assert sorted(missing - said) == []


NOT_HERE = {"bad-seal"}
REFUSALS = set("""
    denied tenant.unknown user.unknown token.unknown enable.foreign policy.scopes grant.unknown
    realm.taken policy.lifetime policy.realms policy.loosen tenant.disabled user.disabled
    name.length name.in-use scope.none scope.tenant scope.grant self-service.off
    scope.self-service policy.addresses policy.expiry expires.past expires.far limit.lifetime
    not-before.late limit.tokens grace.range token.suspended token.pending token.revoked
    rotate.twice token.not-pending token.too-late rotate.none token.expired token.not-active
    token.not-suspended resume.foreign scope.wider address.wider expires.later edit.nothing
    not-permitted not-a-token malformed
    """.split())


def test_a_difference_is_found_and_shown(monkeypatch):
    """With one condition of the model another one: to the microsecond, and in a few lines."""
    wrong = [(verdict, condition) if verdict != "expired" else (
        verdict, lambda f: f.token.expires is None or f.now <= f.token.expires)
        for verdict, condition in LADDER]
    monkeypatch.setattr("decision.LADDER", wrong)
    _, different = run_sequences("a wrong model")
    shown = both.table(both.shrink(different[0])).split("\n")
    assert len(shown) <= 8 and shown[-1].startswith(">  verify") and "expired" in shown[-1]


# --- decisions ---

def run_decisions(seed):
    chance = random.Random(seed)
    many = [decision(chance) for _ in range(BATCH)]
    begin = both.line(("begin", "memory", 1))
    program = both.ask([begin] + [both.line(("decide", *each.values())) for each in many])[1:]
    model = [decide(rows_of(each)) for each in many]
    return collections.Counter(model), [
        each for each in zip(many, model, program) if each[1] != each[2]]


def unusual(fields):
    """What is not as in an ordinary login."""
    return ", ".join(f"{name}={both.say(value)}" for name, value in fields.items()
                     if value != WELL[name])


def oddness(different):
    return sum(value != WELL[name] for name, value in different[0].items())


def test_decisions():
    """A4, A5, A6: the decision alone, also on rows and requests that no sequence leads to."""
    seed = seeded("decisions").random()
    counted, different = collections.Counter(), []
    for some, found in batches(DECISIONS, run_decisions, seed):
        counted += some
        different += found
    figure("decisions", f"{counted.total():,} random ones, {counted['accepted']:,} accepted, "
           f"{len(different)} differences")
    shown = "\n".join(f"{unusual(fields)}\n    the model says {model}, the program {program}"
                      for fields, model, program in sorted(different, key=oddness)[:SHOWN])
    assert not different, f"{len(different)} decisions differ, for example\n{shown}"
    assert {verdict for verdict, _ in LADDER} | {"accepted"} == set(counted)
