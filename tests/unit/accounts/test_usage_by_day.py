"""Days add up to meters after random operations under faults, also over a change of month."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random

from common.domain.errors import Ambiguous, OprinaError, Unavailable
from common.domain.ids import UserId
from common.domain.quota import METERS, ledger_path, used_by_day
from common.domain.user import User
from tests.support.harness import Harness, advance, end, new_harness, speak, sweep

OPERATIONS = 1_000
PEOPLE = [User(UserId(f"person-{number}")) for number in range(4)]


async def operate(harness: Harness, chance: Random, sessions: list[tuple[str, User]]) -> None:
    user = chance.choice(PEOPLE)
    match chance.randrange(6):
        case 0:
            started = await harness.start(user)
            sessions.append((started.avatar_session_id, user))
        case 1 if sessions:
            await end(harness.app, *sessions.pop(chance.randrange(len(sessions))))
        case 2 if sessions:
            session, owner = chance.choice(sessions)
            await speak(harness.app, session, "Good to see you.", owner)
        case 3:
            await sweep(harness.app)
        case _:
            await harness.whole_chat("Tell me a story.", user)


async def test_days_add_up_to_the_meters_after_random_operations() -> None:
    chance = Random(11)  # noqa: S311 - a test
    harness = new_harness(
        allowance_avatar_seconds=10**6, allowance_agent_tokens=10**7, turns_per_user=1_000
    )
    harness.clock.epoch += datetime(2026, 11, 29, tzinfo=UTC) - harness.clock.now()
    sessions: list[tuple[str, User]] = []
    failing = [0]

    async def fault(kind: str) -> None:
        if failing[0] and chance.random() < 0.05:
            raise Ambiguous("store", "lost") if kind == "commit" else Unavailable("store", "away")

    harness.store.before = fault
    for _ in range(OPERATIONS):
        failing[0] = chance.random() < 0.3
        with suppress(OprinaError):
            await operate(harness, chance, sessions)
        advance(harness.clock, chance.uniform(0, 600))
    harness.store.before = None
    advance(harness.clock, 3_600)
    for _ in range(3):
        await sweep(harness.app)
        advance(harness.clock, 120)
    months = {"2026-11", f"{harness.clock.now():%Y-%m}"}
    assert len(months) == 2
    used = 0
    for user in PEOPLE:
        for month in months:
            (ledger,) = await harness.store.get([ledger_path(user.uid, month)])
            days = used_by_day(ledger)
            for meter in METERS:
                total = ledger.get(f"{meter}_used", 0)
                assert sum(day[meter] for day in days.values()) == total, (user.uid, month, meter)
                used += total
    assert used > 0
