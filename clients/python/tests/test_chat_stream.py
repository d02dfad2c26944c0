"""A turn over a network that fails: no word is lost, none comes twice, and the agent is asked once."""

from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from clients.python.oprina import AsyncOprina, ConflictError, InvalidRequestError
from clients.python.oprina.models import (
    ChatEvent,
    DoneEvent,
    TextEvent,
    ToolEvent,
    TurnEvent,
    UsageEvent,
)
from clients.python.tests.broken_network import BrokenNetwork, Way
from clients.python.tests.dying_process import dying_process
from clients.python.tests.people import person, soon
from infra.local.simulators.agent_engine import Message, Pause, Step, Text
from tests.end_to_end.scene import Scene

QUESTION = "What time is it?"


def texts(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextEvent))


def asked(scene: Scene) -> int:
    return scene.faults.count("agent-engine", "streamQuery")


async def collect(ada: AsyncOprina) -> list[ChatEvent]:
    async with ada.chat(QUESTION, speak=False) as turn:
        return [event async for event in turn]


async def stored(ada: AsyncOprina, conversation: str) -> list[tuple[str, str]]:
    page = await ada.conversations.messages(conversation)
    return [(message.role, message.text) for message in page.messages]


async def test_the_events_are_typed_and_end_with_done(scene: Scene) -> None:
    async with person(scene) as ada:
        events = await collect(ada)
    assert isinstance(events[0], TurnEvent)
    assert isinstance(events[-1], DoneEvent)
    assert [type(event) for event in events].count(UsageEvent) == 1
    assert [event.state for event in events if isinstance(event, ToolEvent)] == [
        "called",
        "answered",
    ]
    assert texts(events) == events[-1].text != ""


@pytest.mark.parametrize("way", get_args(Way))
async def test_a_stream_cut_at_every_event_loses_no_word_and_repeats_none(
    scene: Scene, way: Way
) -> None:
    network = BrokenNetwork(way=way)
    async with person(scene, network) as ada:
        count = len(await collect(ada))
        for cut in range(count):
            before = asked(scene)
            network.cuts = [cut]
            turn = ada.chat(QUESTION, speak=False)
            events = [event async for event in turn]
            assert asked(scene) - before <= 1
            assert [type(event) for event in events].count(TurnEvent) == 1
            assert [type(event) for event in events].count(UsageEvent) <= 1
            done = events[-1]
            assert isinstance(done, DoneEvent)
            assert texts(events) == turn.text == done.text
            assert turn.turn is not None
            replies = [("assistant", done.text)] if done.text else []
            messages = await stored(ada, turn.turn.conversation_id)
            assert messages in ([("user", QUESTION), *replies], replies)
            if way == "unnoticed":
                assert done.ended == "complete"


async def test_a_connection_is_used_again_after_a_turn(scene: Scene) -> None:
    network = BrokenNetwork()
    async with person(scene, network) as ada:
        for _ in range(3):
            await ada.chat(QUESTION, speak=False).finish()
        assert len(network._inner._pool.connections) == 1


async def test_words_after_the_last_checkpoint_of_a_dead_process_are_kept() -> None:
    async with (
        httpx.AsyncClient(transport=dying_process()) as http,
        AsyncOprina("http://oprina.test", "token", http=http, sleep=soon) as ada,
    ):
        turn = ada.chat("Tell me a story.")
        events = [event async for event in turn]
    assert texts(events) == turn.text == "Once upon a time "
    assert isinstance(events[-1], DoneEvent)
    assert (events[-1].ended, events[-1].text) == ("lost", "Once ")


async def test_a_stream_cut_again_and_again_tells_every_word_once(scene: Scene) -> None:
    network = BrokenNetwork(way="unnoticed")
    async with person(scene, network) as ada:
        network.cuts = [3, 0, 1, 1, 0]
        turn = ada.chat(QUESTION, speak=False)
        events = [event async for event in turn]
        done = events[-1]
        assert isinstance(done, DoneEvent)
        assert texts(events) == done.text != ""
        assert network.cuts == []


async def test_a_lost_answer_is_found_again_under_its_key(scene: Scene) -> None:
    network = BrokenNetwork(lose_answers=2)
    async with person(scene, network) as ada:
        before = asked(scene)
        turn = ada.chat(QUESTION, speak=False)
        done = await turn.finish()
        keys = {request.headers["idempotency-key"] for request in network.requests}
        assert keys >= {turn.key}
        assert asked(scene) - before <= 1
        assert done.text == turn.text


async def test_a_spoken_turn_is_taken_up_too(scene: Scene) -> None:
    network = BrokenNetwork()
    async with person(scene, network) as ada:
        started = await ada.start_avatar()
        for cut in (0, 2, 5, 9):
            network.cuts = [cut]
            turn = ada.chat(QUESTION, conversation_id=started.conversation_id)
            assert (await turn.finish()).text == turn.text
        ended = await ada.end_session(started.avatar_session_id)
        assert ended.state == "ended"


async def test_one_key_used_twice_at_once_asks_the_agent_once(scene: Scene) -> None:
    async with person(scene) as ada:
        before = asked(scene)
        first = ada.chat(QUESTION, speak=False, key="one-intention")
        second = ada.chat(QUESTION, speak=False, key="one-intention")
        await anext(first)
        told = [event async for event in second]
        rest = [event async for event in first]
        assert asked(scene) - before == 1
        assert texts(told) == texts(rest) == first.text == second.text


async def test_a_key_of_another_message_is_refused(scene: Scene) -> None:
    async with person(scene) as ada:
        await ada.chat(QUESTION, speak=False, key="k").finish()
        with pytest.raises(InvalidRequestError) as refused:
            await ada.chat("Another one.", speak=False, key="k").finish()
        assert refused.value.code == "key_reused"


def endless(_: Message) -> Iterator[Step]:
    yield Text("Once upon a time ")
    yield Pause(60)


async def test_a_stream_that_is_left_ends_its_turn(scene: Scene) -> None:
    async with person(scene, script=endless) as ada:
        async with ada.chat("Tell me a story, please.", speak=False) as turn:
            await anext(turn)
        assert turn.turn is not None
        conversation = turn.turn.conversation_id

        async def is_over() -> bool:
            last = (await ada.conversations.read(conversation)).last_turn
            return last is not None and last.ended == "cancelled"

        await scene.until(is_over)


async def test_a_refusal_before_the_stream_is_a_typed_error(scene: Scene) -> None:
    async with person(scene) as ada:
        with pytest.raises(ConflictError) as refused:
            await ada.stop(await collect_conversation(ada))
        assert refused.value.code == "no_turn"


async def collect_conversation(ada: AsyncOprina) -> str:
    turn = ada.chat(QUESTION, speak=False)
    await turn.finish()
    assert turn.turn is not None
    return turn.turn.conversation_id
