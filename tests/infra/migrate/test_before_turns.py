"""Documents of before turns are read by the present version after the migration."""

import pytest

from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import Create, Delete, Query
from common.domain.user import User
from common.ports.store import Store
from common.schemas.conversations import ListConversationsRequest, ListMessagesRequest
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey
from tests.infra.migrate.before_turns import (
    LIVE,
    OVER,
    PLAN,
    STORY,
    WRITTEN_AT,
    Killed,
    KilledStore,
    contents,
    load,
    old_documents,
    run,
)
from tests.support.harness import ADA, Harness, chat_answer, new_harness, sweep
from tests.unit.accounts.people import EVE

KILLS_ON_FIRESTORE = 4
"""One commit of so many is killed there: a run over the emulator takes a second."""
TOLD = [
    ("user", "Tell me a story about the sea."),
    ("assistant", "You said: Tell me a story about the sea.."),
    ("user", "Go on."),
    ("assistant", "You said: Go on.."),
    ("user", "What is the moral?"),
    ("assistant", "You said: What is the moral?."),
    ("user", "Count slowly."),
    ("assistant", "One. Two. "),
    ("user", "Stop. What time is it?"),
    ("assistant", "You said: Stop. What time is it?."),
]


@pytest.fixture
async def store(store: Store) -> Store:
    await load(store)
    return store


def present(store: Store) -> Harness:
    """Return the present version on the store, at the time after the migration."""
    harness = new_harness(store)
    harness.clock.epoch += OVER - harness.clock.now()
    return harness


async def test_messages_are_numbered_in_the_order_of_the_talk(store: Store) -> None:
    assert await run(store)
    harness = present(store)
    page = await harness.app.history.messages(ADA, ListMessagesRequest(conversation_id=STORY))
    assert [(each.role, each.text) for each in page.messages] == TOLD
    assert page.messages[7].ended == "interrupted"
    before = ListMessagesRequest(conversation_id=STORY, before=page.messages[4].message_id, limit=3)
    older = await harness.app.history.messages(ADA, before)
    assert [(each.role, each.text) for each in older.messages] == TOLD[1:4]


async def test_an_old_conversation_goes_on_and_is_found(store: Store) -> None:
    await run(store)
    harness = present(store)
    listed = await harness.app.history.page(ADA, ListConversationsRequest(q="wee"))
    assert [each.title for each in listed.conversations] == ["Plan my week"]
    await chat_answer(harness.app, "And then?", conversation_id=STORY)
    assert (await harness.messages(STORY))[-2] == ("user", "And then?")
    assert (await harness.document(f"conversations/{STORY}"))["next_number"] == 7


async def test_a_lost_turn_is_charged_once_and_its_avatar_for_its_seconds(store: Store) -> None:
    await run(store)
    harness = present(store)
    eve = User(EVE.uid)
    assert await harness.used("agent_tokens", eve) == (10 + 8_192, 0)
    assert await harness.used("voice_characters", eve) == (4_000, 0)
    assert (await harness.document(f"conversations/{LIVE}"))["lease"] is None
    session = await harness.session("avatar-session-2")
    assert session["live_at"] == session["started_at"]
    harness.clock.epoch += OVER - WRITTEN_AT
    await sweep(harness.app)
    used, reserved = await harness.used("avatar_seconds", eve)
    assert used > 0
    assert reserved == 0


async def test_days_add_up_to_the_meters(store: Store) -> None:
    await run(store)
    harness = present(store)
    for user in (ADA, User(EVE.uid)):
        usage = await harness.app.accounts.usage(user)
        for meter, total in usage.usage.meters.items():
            assert sum(day.meters[meter] for day in usage.days) == total.used


async def test_a_key_of_a_message_still_has_its_answer(store: Store) -> None:
    await run(store)
    harness = present(store)
    harness.clock.epoch -= OVER - WRITTEN_AT
    request = ChatRequest(message="Plan my week")
    key = IdempotencyKey.of(ADA.uid, "chat", "plan-1", b'{"message": "Plan my week"}')
    again = await harness.app.conversations.chat(ADA, request, key)
    assert getattr(again, "text", None) == "You said: Plan my week."
    assert getattr(again, "conversation_id", None) == PLAN
    assert harness.agent.asked == []
    messages = await harness.app.history.messages(ADA, ListMessagesRequest(conversation_id=PLAN))
    assert getattr(again, "message_id", None) == messages.messages[1].message_id


async def test_a_turn_that_may_run_is_left_for_a_later_run(store: Store) -> None:
    lines: list[str] = []
    assert not await run(store, at=WRITTEN_AT, lines=lines)
    assert "1 documents are in use" in lines[-1]
    assert (await present(store).document(f"conversations/{LIVE}"))["lease"] is not None
    assert await run(store)
    assert await run(store, lines=lines)
    assert "done on" in lines[-1]


async def test_a_dry_run_prints_every_write_and_writes_nothing(store: Store) -> None:
    lines: list[str] = []
    before = await contents(store)
    assert await run(store, dry_run=True, lines=lines)
    assert await contents(store) == before
    moved = [line for line in lines if line.startswith(f"  create conversations/{STORY}/messages/")]
    assert len(moved) == len(TOLD)
    real: list[str] = []
    await run(store, lines=real)
    [would_write] = [line for line in lines if line.startswith("migration 1 ")]
    assert would_write.replace("would write", "wrote") == real[0]


async def test_a_second_run_changes_nothing(store: Store) -> None:
    await run(store)
    after = await contents(store)
    for document in await store.query(Query("migrations")):
        await store.commit([Delete(document.path)])
    lines: list[str] = []
    await run(store, lines=lines)
    assert all(line.endswith("wrote nothing") for line in lines)
    assert await contents(store) == after


async def test_long_conversations_are_moved_in_several_commits() -> None:
    store = SqliteStore(":memory:")
    many = 450
    path = f"conversations/{STORY}"
    found = [each for each in old_documents() if each.path == path]
    found += [
        Create(
            # A ULID: both of an exchange have its time, and end with random digits.
            f"{path}/messages/01k{n // 2:07d}{n * 7_919 % 1_009:016d}",
            {"role": ("user", "assistant")[n % 2], "text": f"{n}", "at": WRITTEN_AT},
        )
        for n in range(many)
    ]
    for first in range(0, len(found), 100):
        await load(store, found[first : first + 100])
    await run(store)
    moved = await store.query(Query(f"{path}/messages", limit=500))
    assert [each.get("text") for each in moved] == [f"{n}" for n in range(many)]
    assert [each.get("number") for each in moved] == [n // 2 + 1 for n in range(many)]
    await store.close()


# ── kills ────────────────────────────────────────────────────────────────────────────────────────


async def whole_run() -> tuple[dict[str, dict[str, object]], list[str]]:
    store = SqliteStore(":memory:")
    await load(store)
    counted = KilledStore(store)
    await run(counted)
    found = await contents(store)
    await store.close()
    return found, counted.calls


async def killed_at(store: Store, number: int, *, after: bool) -> dict[str, dict[str, object]]:
    """Kill a run at a call of the store, run again, and return what is stored."""
    with pytest.raises(Killed):
        await run(KilledStore(store, number, after))
    assert await run(store)
    return await contents(store)


@pytest.mark.parametrize("after", [False, True])
async def test_a_run_that_is_killed_at_any_call_is_finished_by_the_next(after: bool) -> None:
    expected, calls = await whole_run()
    assert calls.count("commit") > 20
    for number, call in enumerate(calls):
        if after and call != "commit":
            continue
        store = SqliteStore(":memory:")
        await load(store)
        assert await killed_at(store, number, after=after) == expected, (number, call)
        await store.close()


async def test_kills_on_firestore(firestore_store: Store) -> None:
    expected, calls = await whole_run()
    commits = [number for number, call in enumerate(calls) if call == "commit"]
    for index, number in enumerate(commits[::KILLS_ON_FIRESTORE]):
        before = {each.path for each in old_documents()} | (await contents(firestore_store)).keys()
        await firestore_store.commit([Delete(path) for path in sorted(before)])
        await load(firestore_store)
        found_after = await killed_at(firestore_store, number, after=index % 2 == 0)
        assert found_after == expected, number
