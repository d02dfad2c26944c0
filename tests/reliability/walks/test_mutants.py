"""Each rule of turns and avatar sessions is taken out, and a walk shows it.

The same walks keep every invariant while the rule is in force: test_walks.py runs the first ones,
and `make reliability` all. Rules that random walks seldom need are in test_rules.py.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.reliability.walks import mutants, session_mutants
from tests.reliability.walks.mutants import Mutant
from tests.reliability.walks.test_session_walks import broken_in_session_walk
from tests.reliability.walks.test_walks import broken_in_walk

TURNS: dict[Mutant, tuple[str, int]] = {
    mutants.asks_before_its_commit_holds: ("calm", 0),
    mutants.takes_every_turn_of_its_key_for_its_own: ("calm", 0),
    mutants.acts_though_superseded: ("calm", 3),
    mutants.does_not_recognise_its_own_commit: ("unconfirmed", 2),
    mutants.settles_without_retry: ("calm", 1),
    mutants.settles_a_settled_turn_again: ("unconfirmed", 1),
    mutants.keeps_its_reservation: ("calm", 0),
    mutants.is_charged_in_the_month_of_its_end: ("harsh", 0),
    mutants.corrects_to_a_shorter_message: ("frozen", 20),
    mutants.runs_beyond_the_limit_of_its_user: ("frozen", 17),
    mutants.takes_no_lease: ("calm", 1),
    mutants.does_not_tell_the_older_turn: ("calm", 3),
    mutants.asks_while_an_older_stream_is_open: ("calm", 3),
    mutants.stands_in_asking_for_ever: ("calm", 0),
    mutants.does_not_renew_its_deadline: ("calm", 33),
    mutants.checkpoints_over_a_document_that_it_did_not_read: ("mild", 4),
    mutants.is_never_swept: ("harsh", 11),
    mutants.is_not_counted_as_running: ("calm", 0),
    mutants.is_swept_before_its_deadline: ("calm", 1),
    mutants.takes_the_unknown_for_nothing: ("crashing", 60),
    mutants.asks_while_its_document_says_that_it_does_not: ("calm", 18),
    mutants.loses_what_was_written: ("frozen", 4),
    mutants.forgets_the_usage_reported_last: ("frozen", 4),
    mutants.keeps_its_key_after_the_sweep: ("crashing", 3),
    mutants.runs_again_after_the_sweep: ("harsh", 11),
    mutants.charges_nothing_for_what_it_synthesised: ("frozen", 4),
    mutants.keeps_the_message_of_a_turn_that_runs_again: ("harsh", 14),
}
"""The mix, and the first seed of the walks, one of which shows each mutant."""
SESSIONS: dict[Mutant, tuple[str, int]] = {
    session_mutants.stops_before_it_commits_ending: ("calm", 0),
    session_mutants.starts_before_it_commits_the_session: ("calm", 0),
    session_mutants.settles_a_dead_start_without_a_stop: ("harsh", 0),
    session_mutants.is_ended_as_gone_without_asking: ("harsh", 1),
    session_mutants.is_settled_though_its_stop_failed: ("frozen", 10),
    session_mutants.forgets_a_start_that_was_not_confirmed: ("harsh", 20),
    session_mutants.keeps_its_slot: ("calm", 0),
    session_mutants.keeps_its_reserved_seconds: ("calm", 0),
}

MOST_WALKS = 25


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("mutant", "shown"), TURNS.items(), ids=name)
async def test_a_walk_shows_a_turn_without_a_rule(
    mutant: Mutant, shown: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    assert await shows(broken_in_walk, *shown)


@pytest.mark.parametrize(("mutant", "shown"), SESSIONS.items(), ids=name)
async def test_a_walk_shows_a_session_without_a_rule(
    mutant: Mutant, shown: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    assert await shows(broken_in_session_walk, *shown)


async def shows(broken: Callable[[int, str], Awaitable[list[str]]], mix: str, first: int) -> bool:
    """Run walks until one breaks an invariant. A change of the code changes what a seed makes."""
    for seed in range(first, first + MOST_WALKS):
        if await broken(seed, mix):
            return True
    return False
