"""Days add up to the meters after random operations under faults and crashes, over both stores.

On Firestore's emulator an operation takes a tenth of a second, so the gate runs fewer of them there.
With `RELIABILITY=long` (`make reliability`) both stores get 1,000 operations, from three seeds each.
"""

import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from common.app import App
from common.conversations.running_turn import RunningChat
from common.domain import errors
from common.domain.ids import UserId
from common.domain.quota import METERS, RUNNING, ledger_path, used_by_day
from common.domain.user import User
from common.schemas.requests import ChatRequest, SynthesizeRequest, TranscribeRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import advance, answer_of, chat, end, speak, start, sweep
from tests.support.recordings import wav_file
from tests.support.simulation.faults import Effect, die, fail, unconfirmed
from tests.support.simulation.process import ProcessDied
from tests.support.simulation.simulation import Simulation

LONG = os.environ.get("RELIABILITY") == "long"
OPERATIONS = {"sqlite": 1_000, "firestore": 1_000 if LONG else 120}
SEEDS = (11, 12, 13) if LONG else (11,)
PEOPLE = [User(UserId(f"person-{number}")) for number in range(4)]
LAST_DAY = datetime(2026, 11, 29, tzinfo=UTC)
FAULTS = (
    *("store.commit", "store.commit", "store.get", "agent.reply", "voice.synthesize"),
    *("recognition.recognize", "avatars.stop", "connection.speak"),
)


@dataclass
class RandomUse:
    """Random operations of four people in processes that fail and die."""

    simulation: Simulation
    random: Random
    sessions: list[tuple[str, User]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    deaths: int = 0

    async def step(self) -> None:
        """Do one operation in a process of its own, which may meet a fault or die."""
        simulation, process = self.simulation, self.simulation.process()
        simulation.faults.clear()
        if self.random.random() < 0.4:
            nth = self.random.randrange(1, 6)
            simulation.faults.add(
                self.random.choice(FAULTS), self._effect(), nth=nth, process=process
            )
        name, work = self._operation(process.app)
        try:
            with suppress(errors.OprinaError):
                await process.run(work)
                self.done[name] = self.done.get(name, 0) + 1
        except ProcessDied:
            self.deaths += 1
        process.die()
        await process.bury()
        simulation.processes.remove(process)

    def _effect(self) -> Effect:
        return self.random.choice(
            [
                die("before"),
                die("after"),
                die("after"),
                fail(errors.Unavailable("store", "away")),
                unconfirmed(held=True),
                unconfirmed(held=False),
            ]
        )

    def _operation(self, app: App) -> tuple[str, Any]:
        user = self.random.choice(PEOPLE)
        name = self.random.choice(
            ["start", "end", "speak", "sweep", "chat", "chat", "hear", "transcribe", "synthesize"]
        )
        if name in {"end", "speak"} and not self.sessions:
            name = "start"
        if name in {"end", "speak"}:
            return name, self._in_session(app, name)
        works: dict[str, Callable[[], Any]] = {
            "start": lambda: self._start(app, user),
            "sweep": lambda: sweep(app),
            "hear": lambda: self._hear(app, user),
            "transcribe": lambda: app.transcripts.transcribe(
                user, TranscribeRequest(audio=self._sound()), IdempotencyKey()
            ),
            "synthesize": lambda: app.syntheses.synthesize(
                user, SynthesizeRequest(text="A sentence to be said.")
            ),
            "chat": lambda: self._chat(app, user),
        }
        return name, works[name]()

    def _in_session(self, app: App, name: str) -> Any:
        place = self.random.randrange(len(self.sessions))
        if name == "end":
            return end(app, *self.sessions.pop(place))
        session, owner = self.sessions[place]
        return speak(app, session, "Good to see you.", owner)

    def _sound(self) -> bytes:
        return wav_file(self.random.uniform(0.5, 9))

    async def _start(self, app: App, user: User) -> None:
        started = await start(app, user)
        self.sessions.append((started.avatar_session_id, user))

    async def _chat(self, app: App, user: User) -> None:
        await answer_of(await chat(app, "Tell me a story.", user))

    async def _hear(self, app: App, user: User) -> None:
        request = ChatRequest(audio=self._sound())
        turn = await app.conversations.chat(user, request, IdempotencyKey())
        assert isinstance(turn, RunningChat)
        await turn.answer()


@pytest.mark.parametrize("seed", SEEDS)
async def test_days_add_up_to_meters_after_random_operations(
    simulation: Simulation, request: pytest.FixtureRequest, seed: int
) -> None:
    harness = simulation.harness
    wide: dict[str, Any] = {f"allowance_{meter}": 10**7 for meter in METERS}
    wide |= {"turns_per_minute": 1_000, "starts_per_hour": 1_000, "turns_per_user": 1_000}
    harness.settings = harness.settings.model_copy(update=wide)
    harness.clock.epoch += LAST_DAY - harness.clock.now()
    use = RandomUse(simulation, Random(seed))  # noqa: S311 - a test
    kind = "firestore" if "firestore" in request.node.name else "sqlite"
    for _ in range(OPERATIONS[kind]):
        await use.step()
        is_long = use.random.random() < 0.1  # the other pauses leave sessions running
        advance(
            harness.clock, use.random.uniform(0, 6_000_000 / OPERATIONS[kind] if is_long else 60)
        )
    simulation.faults.clear()
    app = harness.another()
    for _ in range(4):
        advance(harness.clock, 3_600)
        await sweep(app)
    assert use.deaths > OPERATIONS[kind] / 60
    assert len(use.done) == 8
    months = {"2026-11", f"{harness.clock.now():%Y-%m}"}
    assert len(months) == 2
    used = dict.fromkeys(METERS, 0)
    for user in PEOPLE:
        for month in months:
            ledger = await harness.document(ledger_path(user.uid, month))
            (document,) = await harness.store.inner.get([ledger_path(user.uid, month)])
            days = used_by_day(document).values()
            assert ledger.get(RUNNING, 0) == 0, (user.uid, month)
            for meter in METERS:
                total = ledger.get(f"{meter}_used", 0)
                assert sum(day[meter] for day in days) == total, (user.uid, month, meter)
                assert ledger.get(f"{meter}_reserved", 0) == 0, (user.uid, month, meter)
                used[meter] += total
    assert all(used.values()), used
    heard = sum(math.ceil(recording.seconds) for recording, _ in harness.recognition.heard)
    assert used["transcribed_seconds"] <= heard
