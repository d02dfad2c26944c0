"""Invariants 1 to 3 hold whatever happens in whatever order; mutants show that a breach is found.

`RELIABILITY=long` runs many more examples, each time others, in parts that run on several cores.
"""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from common.app import App
from common.ports.dependencies import Dependencies
from tests.reliability.machine.life import Life
from tests.reliability.machine.mutants import MUTANTS

LONG = os.environ.get("RELIABILITY") == "long"

PARTS = 10 if LONG else 1
ORDINARY = settings(
    max_examples=500 if LONG else 100,
    stateful_step_count=60 if LONG else 30,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(
    ORDINARY,
    max_examples=400,
    stateful_step_count=30,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("part", range(PARTS))
def test_invariants_hold_whatever_happens(part: int) -> None:  # noqa: ARG001 - each part draws others
    run_state_machine_as_test(Life, settings=ORDINARY)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_is_found(mutant: Callable[[Dependencies], App]) -> None:
    mutated = type("MutatedLife", (Life,), {"compose": staticmethod(mutant)})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(mutated, settings=HUNT)
