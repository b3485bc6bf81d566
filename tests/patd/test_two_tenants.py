# SPDX-License-Identifier: BSD-2-Clause
"""Two tenants and random operations of their people (S1, M14, A8): nothing of one is visible to or
changed by the other, caps hold, the logs equal the state, and no tampering goes unnoticed.

PAT_STEPS operations are made (2,000); PAT_SEED repeats a run, as far as the clock lets it.
"""
import os
import secrets
import sys

import pytest

from model_checks import Checked
from model_steps import OPERATOR
from pat import IS_ROOT

STEPS = int(os.environ.get("PAT_STEPS", "2000"))
SEED = int(os.environ.get("PAT_SEED") or secrets.randbelow(1 << 32))


def test_root_was_not_forgotten():
    """Peers of several uids can be made by root only."""
    assert IS_ROOT or os.environ.get("PAT_REQUIRE_ROOT") != "1"


class Failed(Exception):
    """Says how to repeat it."""


def look(world, step):
    if step % 50 == 0:
        world.sync()
    if step % 250 == 0:
        world.check_views()
    if step % 500 == 0:
        world.check_state()
        world.check_proof()
    if step % 10000 == 0:
        world.check_store()
        print(f"{step} of {STEPS} steps", file=sys.__stderr__, flush=True)


def look_at_everything(world):
    world.check_state()
    world.check_views()
    world.check_proof()
    world.check_store()
    world.verify_some(200)


def checked(world, work):
    """Runs it; a failure tells the seed, the step and the operation."""
    try:
        return work()
    except Exception as error:
        raise Failed(f"PAT_SEED={world.seed}, step {world.step} of {STEPS}: {world.doing}\n"
                     f"{type(error).__name__}: {error}") from error


if IS_ROOT:
    @pytest.fixture(scope="module")
    def world():
        print(f"PAT_SEED={SEED} PAT_STEPS={STEPS}", file=sys.__stderr__, flush=True)
        world = Checked(SEED)
        try:
            checked(world, world.begin)
            yield world
        finally:
            world.close()

    def test_random_operations(world):
        checked(world, lambda: world.run(STEPS, lambda step: look(world, step)))
        checked(world, lambda: look_at_everything(world))
        print(sorted(world.calls.items()))

    def test_everything_again_after_a_restart(world):
        world.hang_up()
        world.daemon.restart()
        checked(world, lambda: look_at_everything(world))
        checked(world, lambda: world.run(100))
        checked(world, lambda: look_at_everything(world))
