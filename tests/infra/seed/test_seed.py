"""The seed: two people with three weeks of use, in the shapes that functions write."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from common.adapters.sqlite.store import SqliteStore
from common.domain.accounts import belongings
from common.domain.accounts.profile import profile_path
from common.domain.documents import Query
from common.domain.ids import UserId
from common.domain.user import User
from common.ports.store import Store
from common.schemas.conversations import ListConversationsRequest, ListMessagesRequest
from common.settings import Settings
from infra.local.simulators.faults import ServiceFault
from infra.local.stack import stack
from infra.seed.__main__ import parse, seed
from infra.seed.talks import PEOPLE
from infra.seed.weeks import Seed
from infra.target import RefusedCommandError, local_settings
from tests.infra.migrate.before_turns import Killed, KilledStore
from tests.support.harness import Harness, advance, chat_answer, new_harness, sweep

UNTIL = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
ADA = User(UserId("ada"), former=("hash-uid",))
BEN = User(UserId("ben"), former=("hash-ben",))


async def write(store: Store, number: int = 1) -> list[str]:
    return await Seed(store, Settings(), UNTIL, number).write([ADA, BEN])


async def everything(store: Store, user: User) -> dict[str, object]:
    found: dict[str, object] = {}
    [profile] = await store.get([profile_path(user.uid)])
    if profile.exists:
        found[profile.path] = profile.fields
    queries = [belongings.documents_of(each, user.uid) for each in belongings.OWNED]
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
        headers = local.sign_in("Ada")
        before = (await client.get("/api/account/usage", headers=headers)).json()
        again = await seed(local_settings(tmp_path), parse([]), now + timedelta(hours=1))
        assert [line.partition(": ")[2] for line in again if "user" in line] == [
            "has three weeks of use already"
        ] * 2
        assert (await client.get("/api/account/usage", headers=headers)).json() == before
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


async def test_the_people_of_a_stack_have_connected_google_and_a_second_seed_connects_again(
    tmp_path: Path,
) -> None:
    async with (
        stack(tmp_path, scheduled=False) as local,
        httpx.AsyncClient(base_url=local.url, trust_env=False) as client,
    ):
        first = await seed(local_settings(tmp_path), parse([]), datetime.now(UTC))
        assert first[2:] == [
            "Ada: Google connected: ada@gmail.example, mail and calendar",
            "Ben: Google connected: ben@gmail.example, calendar",
        ]
        for name, on in (("Ada", (True, True)), ("Ben", (False, True))):
            headers = local.sign_in(name)
            shown = (await client.get("/api/connections/google", headers=headers)).json()
            assert shown["state"] == "connected"
            assert (shown["mail"]["on"], shown["calendar"]["on"]) == on
        again = await seed(local_settings(tmp_path), parse([]), datetime.now(UTC))
        assert [line.partition("Google ")[2] for line in again[2:]] == ["is connected already"] * 2
        headers = local.sign_in("Ada")
        await client.delete("/api/connections/google", headers=headers)
        third = await seed(local_settings(tmp_path), parse([]), datetime.now(UTC))
        assert third[2].startswith("Ada: Google connected")
        local.simulators.faults.add(
            ServiceFault(service="google-accounts", path="/token", mode="503", times=9)
        )
        await client.delete("/api/connections/google", headers=headers)
        failed = await seed(local_settings(tmp_path), parse([]), datetime.now(UTC))
        assert failed[2].startswith("Ada: Google google_")


# ── kills ────────────────────────────────────────────────────────────────────────────────────────


async def whole_seed() -> tuple[dict[str, object], dict[str, object], list[int]]:
    """Return the documents of both people, and the numbers of the commits."""
    counted = KilledStore(SqliteStore(":memory:"))
    await write(counted)
    found = await everything(counted.inner, ADA), await everything(counted.inner, BEN)
    await counted.close()
    return *found, [number for number, call in enumerate(counted.calls) if call == "commit"]


async def is_whole_after_a_kill(store: Store, number: int, *, after: bool) -> None:
    ada, ben, _ = await whole_seed()
    with pytest.raises(Killed):
        await write(KilledStore(store, number, after))
    later_on = Seed(store, Settings(), UNTIL + timedelta(days=1), 5)
    await later_on.write([ADA, BEN])
    assert await everything(store, ADA) == ada
    [profile] = await store.get([profile_path(BEN.uid)])
    if profile.get("seed")["until"] == UNTIL:  # the seed of Ben had begun
        assert await everything(store, BEN) == ben
    lines = await later_on.write([ADA, BEN])
    assert all(line.endswith("already") for line in lines)


async def test_a_seed_that_is_killed_at_any_commit_is_completed_by_the_next() -> None:
    *_, commits = await whole_seed()
    assert len(commits) > 100
    chosen = [*commits[:3], *commits[3:-3:17], *commits[-3:]]
    for place, number in enumerate(chosen):
        store = SqliteStore(":memory:")
        await is_whole_after_a_kill(store, number, after=place % 2 == 0)
        await store.close()


async def test_a_seed_that_is_killed_on_firestore(firestore_store: Store) -> None:
    *_, commits = await whole_seed()
    await is_whole_after_a_kill(firestore_store, commits[len(commits) // 3], after=True)


async def test_a_kill_while_half_a_person_is_deleted() -> None:
    ada, *_ = await whole_seed()
    for number in (0, 7, 14, 21, 28, 35):
        store = SqliteStore(":memory:")
        with pytest.raises(Killed):
            await write(KilledStore(store, 200))
        with pytest.raises(Killed):
            await write(KilledStore(store, 8 + number, after=False))
        await write(store)
        assert await everything(store, ADA) == ada
        await store.close()
