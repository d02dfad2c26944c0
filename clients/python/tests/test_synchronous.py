"""The client without async, in a thread beside the stack."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from clients.python.oprina import AuthenticationError, NotFoundError, Oprina
from clients.python.oprina.models import ChatEvent, DoneEvent, TextEvent, TurnEvent
from clients.python.tests.dying_process import dying_process
from tests.end_to_end.scene import Scene

QUESTION = "What time is it?"


@dataclass
class CuttingNetwork(httpx.BaseTransport):
    """Cuts the next event streams after so many events."""

    cuts: list[int] = field(default_factory=list)
    _inner: httpx.HTTPTransport = field(default_factory=httpx.HTTPTransport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        if not is_stream or not self.cuts:
            return answer
        assert isinstance(answer.stream, httpx.SyncByteStream)
        stream = _ShortStream(answer.stream, self.cuts.pop(0))
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

    def close(self) -> None:
        self._inner.close()


class _ShortStream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, events: int) -> None:
        self._inner = inner
        self._events = events

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for chunk in self._inner:
            *whole, rest = (rest + chunk).split(b"\n\n")
            for event in whole:
                if self._events == 0:
                    raise httpx.ReadError("cut")
                self._events -= 1
                yield event + b"\n\n"

    def close(self) -> None:
        self._inner.close()


def token_of(scene: Scene) -> str:
    return scene.person().headers["authorization"].removeprefix("Bearer ")


def talk(address: str, token: str, cut: int) -> tuple[list[ChatEvent], str, list[str]]:
    """Return the events of a turn that is cut, its text, and the stored messages."""
    with (
        httpx.Client(transport=CuttingNetwork([cut])) as http,
        Oprina(address, token, http=http) as ada,
        ada.chat(QUESTION, speak=False) as turn,
    ):
        events = list(turn)
        assert turn.turn is not None
        page = ada.conversations.messages(turn.turn.conversation_id)
        return events, turn.text, [message.text for message in page.messages]


@pytest.mark.parametrize("cut", [0, 1, 4, 9, 1000])
async def test_a_cut_stream_loses_no_word_and_repeats_none(scene: Scene, cut: int) -> None:
    events, text, stored = await asyncio.to_thread(talk, scene.local.url, token_of(scene), cut)
    assert "".join(event.text for event in events if isinstance(event, TextEvent)) == text
    assert [type(event) for event in events].count(TurnEvent) == 1
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].text == text
    assert [each for each in stored if each != QUESTION] == ([text] if text else [])


def test_words_after_the_last_checkpoint_of_a_dead_process_are_kept() -> None:
    with (
        httpx.Client(transport=dying_process()) as http,
        Oprina("http://oprina.test", "token", http=http, sleep=lambda _: None) as ada,
        ada.chat("Tell me a story.") as turn,
    ):
        assert (turn.finish().ended, turn.text) == ("lost", "Once upon a time ")


async def test_a_token_is_renewed_after_a_refusal(scene: Scene) -> None:
    tokens = iter(["expired", token_of(scene)])

    def read() -> str:
        with Oprina(scene.local.url, lambda: next(tokens)) as ada:
            return ada.account.read().plan

    assert await asyncio.to_thread(read)
    assert list(tokens) == []


async def test_errors_are_the_same(scene: Scene) -> None:
    def read(token: str) -> None:
        with Oprina(scene.local.url, token) as ada:
            assert ada.health().status == "ok"
            assert list(ada.conversations.all()) == []
            ada.conversations.read("unknown")

    with pytest.raises(NotFoundError):
        await asyncio.to_thread(read, token_of(scene))
    with pytest.raises(AuthenticationError):
        await asyncio.to_thread(read, "no token")
