# SPDX-License-Identifier: BSD-2-Clause
"""The long form of test_process.py, "make check-sasl-long": 100,000 exchanges in one process."""
from test_process import SANITIZED, many, script_of


def test_a_hundred_thousand_exchanges(rig, world):
    said = rig.play(*script_of(world), "many 1 10000", "many 1 90000", timeout=1800)
    (wrong, tokens, before), (wrong_later, tokens_later, after) = many(said)
    assert (wrong, tokens, wrong_later, tokens_later) == (0, 0, 0, 0)
    assert SANITIZED or after - before < 256


def test_sixteen_threads_for_long(rig, world):
    said = rig.play(*script_of(world), "many 16 10000", timeout=1800)
    assert [entry[:2] for entry in many(said)] == [(0, 0)]
