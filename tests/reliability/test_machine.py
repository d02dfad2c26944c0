"""Invariants 1 to 3 hold whatever happens in whatever order; mutants show that a breach is found.

`RELIABILITY=long` runs many more examples, each time others.
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

ORDINARY = settings(
    max_examples=5_000 if LONG else 100,
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


def test_invariants_hold_whatever_happens() -> None:
    run_state_machine_as_test(Life, settings=ORDINARY)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_is_found(mutant: Callable[[Dependencies], App]) -> None:
    mutated = type("MutatedLife", (Life,), {"compose": staticmethod(mutant)})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(mutated, settings=HUNT)
