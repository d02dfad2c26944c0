"""A person finds every conversation by its title, also those of earlier versions, on both stores."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from common.adapters.sqlite.store import SqliteStore
from common.domain.conversations.title import beginnings, longest_beginning, matches, searched_words
from common.domain.documents import Create, Update
from common.ports.store import Store
from common.schemas.conversations import ListConversationsRequest, RenameConversationRequest
from infra.migrate.runner import MigrationRun
from infra.migrate.steps import migrations
from tests.infra.migrate.before_turns import FixedClock, Killed, KilledStore, no_pause, run
from tests.support.harness import ADA, Harness, new_harness

TITLE = "Reise nach Málaga im Frühling"
KANJI = "来週の東京出張のための新幹線と旅館の予約について相談したいことがあります"
GREETING = "conversations/old-00"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(store: Store) -> Store:
    await store.commit(old_conversations(new_harness(store)))
    return store


def old_conversations(harness: Harness) -> list[Create]:
    """Return conversations in the shapes that earlier versions wrote."""
    now = harness.clock.now()
    fields: dict[str, Any] = {"uid": ADA.uid, "created_at": now, "updated_at": now}
    numbered = {**fields, "next_number": 3, "lease": None, "asking": [], "notes": []}
    said = {"number": 1, "role": "user", "text": "Wie wird das Wetter?", "at": now, "uid": ADA.uid}
    return [
        Create(GREETING, {**fields, "title": TITLE, "titled": True}),
        Create("conversations/old-01", {**numbered, "title": TITLE, "titled": True}),
        Create("conversations/old-02", {**numbered, "title": TITLE}),
        Create("conversations/old-03", {**numbered, "title": TITLE, "title_words": ["r", "re"]}),
        Create("conversations/old-04", {**numbered, "title": KANJI, "title_words": ["来"]}),
        Create("conversations/old-05", numbered),
        Create("conversations/old-05/messages/0000000001-0", said),
        Create("conversations/old-06", {**numbered, "title": "New conversation", "titled": False}),
        Create("conversations/old-06/messages/0000000001-0", {**said, "text": "!"}),
        Create("conversations/old-06/messages/0000000002-0", {**said, "number": 2}),
    ]


async def found(store: Store, words: str) -> list[str]:
    page = await new_harness(store).app.history.page(ADA, ListConversationsRequest(q=words))
    return sorted(each.conversation_id for each in page.conversations)


async def all_are_found(store: Store) -> None:
    four = [f"old-0{number}" for number in range(4)]
    for words in ("reise", "NACH", "malaga", "früh", "r nach f"):
        assert await found(store, words) == four, words
    for words in ("来週", "東京", "旅館の予約", "相談したいことがあ"):
        assert await found(store, words) == ["old-04"], words
    assert await found(store, "wetter") == ["old-05", "old-06"]
    assert await found(store, "olida") == []


async def test_a_migration_makes_every_old_conversation_searchable(store: Store) -> None:
    assert await run(store)
    await all_are_found(store)
    lines: list[str] = []
    assert await run(store, lines=lines)
    assert all("done on" in line for line in lines)


async def test_a_conversation_is_searchable_after_its_next_message_or_name(store: Store) -> None:
    harness = new_harness(store)
    await harness.whole_chat("Und im Herbst?", conversation_id="old-01")
    assert await found(store, "malag") == ["old-01"]
    name = RenameConversationRequest(conversation_id="old-04", title=KANJI)
    await harness.app.history.rename(ADA, name)
    assert await found(store, "旅館") == ["old-04"]


async def test_a_migration_that_is_done_runs_again_if_asked(store: Store) -> None:
    await run(store)
    (document,) = await store.get([GREETING])
    await store.commit([Update(GREETING, {"title": "Written by an older version"})])
    lines: list[str] = []
    over = MigrationRun(store, FixedClock(), no_pause, lines.append)
    assert await over.run(migrations(store))
    assert await found(store, "older") == []
    assert await over.run(migrations(store), again=2)
    assert await found(store, "older") == ["old-00"]
    assert lines[-1].endswith("wrote 1 changed")
    assert document.exists


async def test_a_migration_that_is_killed_at_any_commit_is_finished_by_the_next() -> None:
    documents = old_conversations(new_harness())
    counted = KilledStore(SqliteStore(":memory:"))
    await counted.inner.commit(documents)
    await run(counted)
    commits = [number for number, call in enumerate(counted.calls) if call == "commit"]
    for number in commits:
        for after in (False, True):
            store = SqliteStore(":memory:")
            await store.commit([replace(each) for each in documents])
            with pytest.raises(Killed):
                await run(KilledStore(store, number, after))
            assert await run(store)
            await all_are_found(store)
            await store.close()


@pytest.mark.parametrize(
    "alphabet", ["abcde 'é-", "漢字カナひら ", "กขคง ", "가나다 라", "ab 漢字1_ "]
)
def test_every_beginning_of_every_word_finds_a_title_of_any_script(alphabet: str) -> None:
    random = Random(7)  # noqa: S311 - a test
    for _ in range(200):
        title = "".join(random.choices(alphabet, k=random.randint(1, 100)))
        known = beginnings(title)
        for word in searched_words(title):
            for length in range(1, len(word) + 1):
                asked = searched_words(word[:length])
                assert longest_beginning(asked[0]) in known, (title, word[:length])
                assert matches(title, asked)
