"""Lists, pages, titles, feedback: the calls that read and name conversations."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from common.domain import errors
from common.domain.conversations.title import (
    TITLE_LENGTH,
    beginnings,
    make_title,
    matches,
    searched_words,
)
from common.schemas.account import ChangeAccountRequest
from common.schemas.conversations import (
    ConversationAnswer,
    ConversationList,
    ListConversationsRequest,
    ListMessagesRequest,
    MessageList,
    RateMessageRequest,
    ReadConversationRequest,
    RenameConversationRequest,
)
from common.schemas.requests import SweepRequest
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, BOB, Harness, advance, collect_events, new_harness


async def page(harness: Harness, **fields: Any) -> ConversationList:
    return await harness.app.history.page(ADA, ListConversationsRequest(**fields))


async def titles(harness: Harness, **fields: Any) -> list[str]:
    return [each.title for each in (await page(harness, **fields)).conversations]


async def read(harness: Harness, conversation: str) -> ConversationAnswer:
    request = ReadConversationRequest(conversation_id=conversation)
    return await harness.app.history.read(ADA, request)


async def messages(harness: Harness, conversation: str, **fields: Any) -> MessageList:
    request = ListMessagesRequest(conversation_id=conversation, **fields)
    return await harness.app.history.messages(ADA, request)


async def talk(harness: Harness, *said: str) -> list[str]:
    """Begin a conversation with each of the messages, a minute apart. Return their ids."""
    found = []
    for message in said:
        found.append((await harness.whole_chat(message)).conversation_id)
        advance(harness.clock, 60)
    return found


async def test_the_newest_conversation_is_first() -> None:
    harness = new_harness()
    first, *_ = await talk(harness, "One", "Two", "Three")
    await harness.whole_chat("Bob's", BOB)
    assert await titles(harness) == ["Three", "Two", "One"]
    await harness.whole_chat("More", conversation_id=first)
    assert await titles(harness) == ["One", "Three", "Two"]


async def test_pages_show_each_conversation_once_although_some_change_meanwhile() -> None:
    harness = new_harness()
    ids = await talk(harness, *(f"Number {n}" for n in range(10)))
    first = await page(harness, limit=4)
    advance(harness.clock, 60)
    await harness.whole_chat("More", conversation_id=ids[9])
    advance(harness.clock, 60)
    await harness.whole_chat("More", conversation_id=ids[2])
    second = await page(harness, limit=4, cursor=first.next)
    third = await page(harness, limit=4, cursor=second.next)
    seen = [each.title for part in (first, second, third) for each in part.conversations]
    assert seen == [f"Number {n}" for n in (9, 8, 7, 6, 5, 4, 3, 1, 0)]
    assert third.next is None
    assert (await titles(harness, limit=2)) == ["Number 2", "Number 9"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "a" * 400,
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"[1, 2]").decode(),
        base64.urlsafe_b64encode(json.dumps(["2026-01-01", "c1"]).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps(["2026-01-01T00:00:00Z", "a/b"]).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps(["0001-01-01T00:00:00+09:00", "c"]).encode()).decode(),
    ],
)
async def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        await page(new_harness(), cursor=cursor)
    assert [name for name, _ in refused.value.fields] == ["cursor"]


async def test_the_cursor_of_another_user_shows_nothing_of_theirs() -> None:
    harness = new_harness()
    await talk(harness, "One", "Two")
    cursor = (await page(harness, limit=1)).next
    bobs = ListConversationsRequest(cursor=cursor)
    assert (await harness.app.history.page(BOB, bobs)).conversations == []


async def test_search_finds_beginnings_of_words_whatever_case_and_accents() -> None:
    harness = new_harness()
    await talk(harness, "Übungen für die Straße", "Plan a holiday in Málaga", "Straight holidays")
    assert await titles(harness, q="STRASSE") == ["Übungen für die Straße"]
    assert await titles(harness, q="malaga hol") == ["Plan a holiday in Málaga"]
    assert await titles(harness, q="holiday") == ["Straight holidays", "Plan a holiday in Málaga"]
    assert await titles(harness, q="uebungen") == []
    assert await titles(harness, q="olida") == []
    assert await titles(harness, q="...") == []


async def test_pages_of_a_search_find_everything() -> None:
    harness = new_harness()
    for n in range(30):
        await talk(harness, f"Straightforward {'apples' if n % 5 == 0 else 'pears'} number {n}")
    found: list[str] = []
    request: dict[str, Any] = {"q": "straightforw app", "limit": 2}
    while True:
        part = await page(harness, **request)
        found += [each.title for each in part.conversations]
        if part.next is None:
            break
        request["cursor"] = part.next
    assert found == [f"Straightforward apples number {n}" for n in (25, 20, 15, 10, 5, 0)]


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Hi!", "Hi!"),
        ("Hi! Can you plan a trip to Rome? I leave soon.", "Hi! Can you plan a trip to Rome?"),
        ("# Shopping list\n\n- buy **milk**\n- eggs", "Shopping list buy milk"),
        ("Ask Dr. Smith, e.g. on Monday. Then call.", "Ask Dr. Smith, e.g. on Monday"),
        ("```python\nprint(1)\n```\nWhy does this fail?", "Why does this fail?"),
        ("See [the docs](https://x.y/z) of `make`.", "See the docs of make"),
        ("今日は東京に行きます。明日は大阪です。", "今日は東京に行きます"),
        ("What is 3.5 * 4_000 in snake_case_name?", "What is 3.5 * 4_000 in snake_case_name?"),
        ("🙂 ... !", ""),
        ("Red\0 green\x1b \u202eblue.", "Red green blue"),
    ],
)  # fmt: skip
def test_a_title_is_the_first_sentence_without_markdown(message: str, title: str) -> None:
    assert make_title(message) == title


@pytest.mark.parametrize("message", ["word " * 40, "a" * 200, "*" * 1000, "[" * 1000, "漢" * 200])
def test_a_title_and_its_beginnings_are_bounded(message: str) -> None:
    title = make_title(message)
    assert len(title) <= TITLE_LENGTH
    assert not title.startswith(" ")
    assert len(beginnings(message)) <= 400


def test_a_long_title_ends_between_words() -> None:
    title = make_title("Please explain the difference between concurrency and parallelism to me")
    assert title == "Please explain the difference between concurrency and…"


def test_words_of_scripts_without_spaces_are_found_within() -> None:
    assert matches("東京旅行", searched_words("旅行"))
    assert "旅行" in beginnings("東京旅行")


async def test_rename_keeps_the_place_and_is_found() -> None:
    harness = new_harness()
    first, _ = await talk(harness, "One", "Two")
    request = RenameConversationRequest(conversation_id=first, title="  Summer\n plans ")
    renamed = await harness.app.history.rename(ADA, request)
    assert renamed.title == "Summer plans"
    assert await titles(harness) == ["Two", "Summer plans"]
    assert await titles(harness, q="summ") == ["Summer plans"]
    await harness.whole_chat("Another sentence.", conversation_id=first)
    assert (await read(harness, first)).title == "Summer plans"


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x85", "\u202e", "\u2066", "\n"])
def test_titles_and_names_have_no_control_characters(sign: str) -> None:
    typed = f"{sign}Summer{sign}plans{sign}"
    title = RenameConversationRequest(conversation_id="c1", title=typed).title
    assert title == ChangeAccountRequest(name=typed).name == "Summer plans"


async def test_messages_are_paged_in_both_directions() -> None:
    harness = new_harness()
    (conversation,) = await talk(harness, "1")
    for n in range(2, 8):
        await harness.whole_chat(str(n), conversation_id=conversation)
    newest = await messages(harness, conversation, limit=4)
    assert [m.text for m in newest.messages] == ["6", "You said: 6.", "7", "You said: 7."]
    assert newest.more
    before = newest.messages[0].message_id
    older = await messages(harness, conversation, limit=9, before=before)
    assert [m.text for m in older.messages][:2] == ["You said: 1.", "2"]
    assert older.more
    oldest = await messages(harness, conversation, before=older.messages[0].message_id)
    assert [m.text for m in oldest.messages] == ["1"]
    assert not oldest.more
    later = await messages(harness, conversation, limit=3, after=oldest.messages[0].message_id)
    assert [m.text for m in later.messages] == ["You said: 1.", "2", "You said: 2."]
    assert later.more
    last = await messages(harness, conversation, after=newest.messages[-1].message_id)
    assert (last.messages, last.more) == ([], False)


async def test_feedback_is_kept_changed_and_taken_back() -> None:
    harness = new_harness()
    answer = await harness.whole_chat("Hello.")

    async def rate(rating: Any, comment: str | None = None, who: Any = ADA) -> Any:
        request = RateMessageRequest(
            conversation_id=answer.conversation_id,
            message_id=str(answer.message_id),
            rating=rating,
            comment=comment,
        )
        return (await harness.app.history.rate(who, request)).feedback

    found = await rate("bad", "Too\nshort ")
    assert (found.rating, found.comment) == ("bad", "Too short")
    kept = (await messages(harness, answer.conversation_id)).messages[1].feedback
    assert kept == found
    assert await rate(None) is None
    assert (await messages(harness, answer.conversation_id)).messages[1].feedback is None
    with pytest.raises(errors.NotFound):
        await rate("good", who=BOB)


async def test_feedback_on_a_message_of_the_person_is_refused() -> None:
    harness = new_harness()
    answer = await harness.whole_chat("Hello.")
    ids = [m.message_id for m in (await messages(harness, answer.conversation_id)).messages]
    for message, error in ((ids[0], errors.Invalid), ("0000000009-1", errors.NotFound)):
        request = RateMessageRequest(
            conversation_id=answer.conversation_id, message_id=message, rating="good"
        )
        with pytest.raises(error):
            await harness.app.history.rate(ADA, request)


async def test_a_reload_gets_the_running_avatar_again() -> None:
    harness = new_harness()
    started = await harness.start()
    found = await read(harness, started.conversation_id)
    assert found.avatar is not None
    assert found.avatar.avatar_session_id == started.avatar_session_id == found.avatar_session_id
    assert found.avatar.livekit_url == started.livekit_url
    assert found.avatar.livekit_token == started.livekit_token
    assert found.avatar.expires_at == started.expires_at
    assert found.usage.meters["avatar_seconds"].reserved == started.reserved_seconds
    assert started.livekit_token not in repr(found)


async def test_a_conversation_can_be_read_while_the_vault_is_away() -> None:
    harness = new_harness()
    started = await harness.start()
    harness.vault.failing = errors.Unavailable("vault", "away")
    found = await read(harness, started.conversation_id)
    assert found.avatar is None
    assert found.avatar_session_id == started.avatar_session_id


async def test_an_avatar_that_expired_is_not_handed_out() -> None:
    harness = new_harness()
    started = await harness.start()
    harness.clock.epoch += timedelta(hours=1)
    assert (await read(harness, started.conversation_id)).avatar is None
    await harness.app.sweeps.sweep(SweepRequest())
    assert (await read(harness, started.conversation_id)).avatar_session_id is None


async def test_the_last_turn_is_shown_while_it_runs_and_when_it_has_ended() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 7.0, "Two."]))
    turn = await harness.chat("Count.")

    await asyncio.sleep(6)
    running = (await read(harness, turn.record.conversation_id)).last_turn
    assert running is not None
    assert (running.state, running.text, running.ended) == ("running", "One. ", None)
    assert running.updated_at >= harness.clock.now() - timedelta(seconds=5)
    await collect_events(turn)
    ended = (await read(harness, turn.record.conversation_id)).last_turn
    assert ended is not None
    assert (ended.state, ended.text, ended.ended) == ("ended", "One. Two.", "complete")
    kept = (await messages(harness, turn.record.conversation_id)).messages
    assert [ended.user_message_id, ended.message_id] == [m.message_id for m in kept]


@pytest.mark.parametrize("conversation", ["missing", "bobs"])
async def test_foreign_and_missing_conversations_get_the_same_answer(conversation: str) -> None:
    harness = new_harness()
    if conversation == "bobs":
        conversation = (await harness.whole_chat("Mine", BOB)).conversation_id
    history = harness.app.history
    name: dict[str, Any] = {"conversation_id": conversation}
    calls = [
        history.read(ADA, ReadConversationRequest(**name)),
        history.messages(ADA, ListMessagesRequest(**name)),
        history.rename(ADA, RenameConversationRequest(**name, title="x")),
        history.rate(ADA, RateMessageRequest(**name, message_id="0000000001-1", rating="good")),
    ]
    problems = []
    for call in calls:
        with pytest.raises(errors.NotFound) as refused:
            await call
        problems.append(json.dumps(refused.value.problem()))
    assert set(problems) == {
        json.dumps(errors.NotFound("There is no such conversation.").problem())
    }
