"""The seed: two people with three weeks of use, in the shapes that functions write."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import pytest

from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.domain.accounts import belongings
from common.domain.documents import Query
from common.domain.ids import UserId
from common.domain.user import User
from common.ports.store import Store
from common.schemas.conversations import ListConversationsRequest, ListMessagesRequest
from common.settings import Settings
from infra.local.stack import stack
from infra.seed.__main__ import parse, seed
from infra.seed.talks import PEOPLE
from infra.seed.weeks import Seed
from infra.target import RefusedCommandError, local_settings
from tests.support.harness import Harness, advance, chat_answer, new_harness, sweep

UNTIL = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
ADA = User(UserId("ada"), former=("hash-uid",))
BEN = User(UserId("ben"), former=("hash-ben",))


async def write(store: Store, number: int = 1) -> list[str]:
    return await Seed(store, Settings(), UNTIL, Random(number)).write([ADA, BEN])  # noqa: S311 - no secret


@pytest.fixture(params=["sqlite", "firestore"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "firestore":
        address = request.getfixturevalue("firestore_address")
        project = request.getfixturevalue("firestore_project")
        made: Store = FirestoreStore(project, emulator=address, deadline_seconds=20.0)
    else:
        made = SqliteStore(tmp_path / "oprina.sqlite3")
    yield made
    await made.close()


async def everything(store: Store, user: User) -> dict[str, object]:
    found: dict[str, object] = {}
    queries = [belongings.owned(each, user.uid) for each in belongings.OWNED]
    queries += [belongings.below(user.uid, each) for each in belongings.BELOW]
    for query in queries:
        for document in await store.query(replace(query, limit=500)):
            found[document.path] = document.fields
            if document.path.startswith("conversations/"):
                messages = await store.query(Query(f"{document.path}/messages", limit=500))
                found |= {each.path: each.fields for each in messages}
    return found


def later(store: Store) -> Harness:
    harness = new_harness(store)
    assert harness.clock.now() > UNTIL
    return harness


async def test_both_people_have_conversations_sessions_and_ratings(store: Store) -> None:
    lines = await write(store)
    assert [line.split(" (")[0] for line in lines] == [person.name for person in PEOPLE]
    harness = later(store)
    for user, person in zip((ADA, BEN), PEOPLE, strict=True):
        page = await harness.app.history.page(user, ListConversationsRequest(limit=50))
        assert len(page.conversations) == len(person.talks)
        days = {each.updated_at.date() for each in page.conversations}
        assert len(days) == len(person.talks)
        assert max(days) - min(days) > timedelta(days=7)
    stored = await everything(store, ADA)
    assert any("feedback" in str(each) for each in stored.values())
    assert sum(path.startswith("ended_sessions/") for path in stored) >= 5
    assert not any(path.startswith("avatar_sessions/") for path in stored)
    account = await harness.app.accounts.read(BEN)
    assert account.preferences.language == "de-DE"
    assert account.created_at is not None


async def test_days_add_up_to_meters_and_nothing_is_reserved(store: Store) -> None:
    await write(store)
    harness = later(store)
    for user in (ADA, BEN):
        usage = await harness.app.accounts.usage(user)
        for meter, total in usage.usage.meters.items():
            assert total.used > 0, meter
            assert total.reserved == 0
            assert sum(day.meters[meter] for day in usage.days) == total.used
        assert usage.months[1].meters["agent_tokens"] > 0


async def test_a_seeded_conversation_goes_on(store: Store) -> None:
    await write(store)
    harness = later(store)
    listed = await harness.app.history.page(ADA, ListConversationsRequest(q="interv"))
    [found] = listed.conversations
    before = ListMessagesRequest(conversation_id=found.conversation_id)
    known = await harness.app.history.messages(ADA, before)
    await chat_answer(harness.app, "One more.", ADA, conversation_id=found.conversation_id)
    assert "Which part of your last project" in harness.agent.asked[-1].message
    now = await harness.app.history.messages(ADA, before)
    assert len(now.messages) == len(known.messages) + 2


async def test_deleting_a_seeded_account_leaves_nothing(store: Store) -> None:
    await write(store)
    harness = later(store)
    others = await everything(store, BEN)
    await harness.app.accounts.request_deletion(ADA)
    advance(harness.clock, 8 * 24 * 3600)
    assert (await sweep(harness.app)).accounts_deleted == 1
    assert await everything(store, ADA) == {}
    assert await everything(store, BEN) == others


async def test_the_same_number_writes_the_same_documents() -> None:
    found = []
    for number in (1, 1, 2):
        store = SqliteStore(":memory:")
        await write(store, number)
        found.append(await everything(store, ADA))
        await store.close()
    assert found[0] == found[1]
    assert found[0] != found[2]


async def test_people_with_data_are_refused_and_nothing_is_written() -> None:
    store = SqliteStore(":memory:")
    harness = new_harness(store)
    await harness.whole_chat("Hello.", BEN)
    before = await everything(store, BEN)
    with pytest.raises(RefusedCommandError, match="User ben has data already"):
        await write(store)
    assert await everything(store, ADA) == {}
    assert await everything(store, BEN) == before


async def test_the_page_of_a_running_stack_is_alive_after_it(tmp_path: Path) -> None:
    async with (
        stack(tmp_path, scheduled=False) as local,
        httpx.AsyncClient(base_url=local.url) as client,
    ):
        now = datetime.now(UTC)
        await seed(local_settings(tmp_path), parse([]), now)
        with pytest.raises(RefusedCommandError):
            await seed(local_settings(tmp_path), parse([]), now)
        headers = local.sign_in("Ada")
        listed = (await client.get("/api/conversations", headers=headers)).json()
        assert len(listed["conversations"]) == len(PEOPLE[0].talks)
        usage = (await client.get("/api/account/usage", headers=headers)).json()
        assert sum(month["meters"]["avatar_seconds"] for month in usage["months"]) > 0
        newest = listed["conversations"][0]["conversation_id"]
        asked = {"message": "What time is it?", "conversation_id": newest}
        answer = await client.post("/api/chat", headers=headers, json=asked, timeout=30)
        assert answer.json()["ended"] == "complete", answer.text


async def test_a_deployment_needs_two_addresses(tmp_path: Path) -> None:
    async with stack(tmp_path, scheduled=False) as local:
        with pytest.raises(RefusedCommandError, match="--email"):
            await seed(local.settings, parse(["--project", "p"]), UNTIL)
        emails = ["--email", "ada@example.com", "--email", "ben@example.com"]
        lines = await seed(local.settings, parse(["--project", "p", *emails]), UNTIL)
        assert len(lines) == 2
