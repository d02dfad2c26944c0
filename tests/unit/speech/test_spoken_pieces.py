"""No piece for the voice is too long, also where figures become words."""

import asyncio

import pytest

from common.speech.playback import Piece
from common.speech.voice_requests import SpokenPieces
from common.text.pieces import MOST_BYTES
from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable

LONG = [
    "$1,234.56 and " * 60,
    "the quick brown fox jumps over 1,234 lazy dogs and " * 60,
    ", ".join(str(37 * count) for count in range(300)),
    "$" + "x^2 + " * 100 + "y$ is it.",
    "on 11/17/2025 and " * 60,
    "`" + "a+b " * 200 + "`",
]


async def _pieces(sentences: list[str]) -> list[Piece]:
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    for sentence in [*sentences, None]:
        queue.put_nowait(sentence)
    pieces, found = SpokenPieces(queue, Speakable("en")), []
    while piece := await pieces.next():
        found.append(piece)
    return found


@pytest.mark.parametrize("text", LONG)
def test_a_long_spoken_form_is_cut_and_nothing_is_lost(text: str) -> None:
    splitter, voice = Sentences("en"), Speakable("en")
    sentences = [*splitter.feed(text), *splitter.end()]
    pieces = asyncio.run(_pieces(sentences))
    assert max(len(piece.said.encode()) for piece in pieces) <= MOST_BYTES
    assert " ".join(piece.said for piece in pieces) == " ".join(map(voice.say, sentences))
    written = "".join(piece.written for piece in pieces)
    assert "".join(written.split()) == "".join(text.split())
    assert all(piece.written for piece in pieces)


@pytest.mark.parametrize("amount", ["$1,234.56", "1,234,567", "11/17/2025", "3.14159", "555-0123"])
def test_no_amount_is_cut_where_its_spoken_form_is_too_long(amount: str) -> None:
    pieces = asyncio.run(_pieces([f"{amount} and " * 30]))
    assert len(pieces) > 1
    for piece in pieces:
        assert set(piece.written.split()) == {amount, "and"}
