"""The effects of the agent's tools, counted: a mail is sent at most once for a message."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from common.domain.errors import Ambiguous, Conflict, KeyInFlight, OprinaError, Refused, Unavailable
from common.ports.agent import Finished
from common.schemas.answers import ChatAnswer
from tests.reliability.fault_injection import (
    Effect,
    Simulation,
    delay,
    die,
    fail,
    freeze,
    refuse,
    unconfirmed,
)
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.fakes.agent import Step, ToolEffect
from tests.support.harness import chat_answer

MAIL: list[Step] = [ToolEffect("send_mail", 0.3), 1.0, "Sent.", Finished(700)]
WAYS: dict[str, Callable[[], Effect]] = {
    "refuses": refuse,
    "held unconfirmed": lambda: unconfirmed(held=True),
    "lost unconfirmed": lambda: unconfirmed(held=False),
    "held late": lambda: unconfirmed(held=True, late=4),
    "conflicts": lambda: fail(Conflict("changed meanwhile")),
    "is slow": lambda: delay(4.0, "after"),
    "dies before": lambda: die("before"),
    "dies after": lambda: die("after"),
    "freezes before": lambda: freeze(50, "before"),
    "freezes after": lambda: freeze(50, "after"),
}
COMMITS = range(1, 5)
"""A turn with a tool makes four: admission, two checkpoints, settlement."""
CASES = [
    *(("sqlite", way, nth) for way in WAYS for nth in COMMITS),
    *(("firestore", way, 1 + number % len(COMMITS)) for number, way in enumerate(WAYS)),
]
"""Store, way and commit: every pair on SQLite, and every way once on Firestore's emulator."""
UNCHANGED = (Refused, Unavailable)
"""Errors that say that nothing was changed."""


@pytest.mark.parametrize(("simulation", "way", "nth"), CASES, indirect=["simulation"])
async def test_a_mail_is_sent_at_most_once_and_never_for_a_refused_message(
    simulation: Simulation, way: str, nth: int
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app))
    harness.agent.replies.extend([MAIL] * 4)
    simulation.faults.add("store.commit", WAYS[way](), nth=nth)
    said: dict[str, Any] = {"conversation_id": first.conversation_id, "key": "k"}
    answers = await asyncio.gather(
        here.run(chat_answer(here.app, "Mail my boss.", **said), "mail"),
        there.run(chat_answer(there.app, "Mail my boss.", **said), "mail"),
        return_exceptions=True,
    )
    sent = sum(simulation.journal.tool_effects("mail").values())
    refused = [
        isinstance(each, UNCHANGED) and not isinstance(each, KeyInFlight) for each in answers
    ]
    assert sent == 0 if all(refused) else sent <= 1
    simulation.faults.clear()
    last = simulation.process()
    await sweeps(last)
    again = await last.run(chat_answer(last.app, "Mail my boss.", **said), "mail")
    assert isinstance(again, ChatAnswer)
    died_before_it_asked = (way, nth) == ("dies after", 1)
    in_all = sum(simulation.journal.tool_effects("mail").values())
    assert in_all == (0 if died_before_it_asked else 1)
    assert str(again.ended) in ({"lost"} if in_all == 0 else {"lost", "complete"})
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("way", ["refuses", "lost unconfirmed", "conflicts"])
async def test_no_mail_is_sent_while_the_store_takes_no_commit(
    simulation: Simulation, way: str
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.append(MAIL)
    simulation.faults.add("store.commit", WAYS[way]())
    with pytest.raises(OprinaError) as refused:
        await here.run(chat_answer(here.app, "Mail my boss.", key="k"), "mail")
    assert isinstance(refused.value, Ambiguous) == (way == "lost unconfirmed")
    assert refused.value.retry_after
    assert simulation.journal.tool_effects("mail") == {}
    assert await harness.documents("turns") == []
