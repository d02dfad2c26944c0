"""Whole replies, as assistants write them, and the text of each piece that the voice gets."""

import json
from pathlib import Path

import pytest

from bench.splitter import tokens
from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable

pytest.importorskip("num2words")

DATA = Path(__file__).parent / "data"
REPLIES = [
    (language, reply, pieces)
    for name in ("replies.json", "unseen_replies.json", "fresh_replies.json")
    for language, replies in json.loads((DATA / name).read_text("utf-8"))["replies"].items()
    for reply, pieces in replies
]


def spoken(reply: str, language: str) -> list[str]:
    sentences, speakable = Sentences(language.partition("-")[0]), Speakable(language)
    pieces = [piece for token in tokens(reply) for piece in sentences.feed(token)]
    return [said for piece in [*pieces, *sentences.end()] if (said := speakable.say(piece))]


@pytest.mark.parametrize(("language", "reply", "pieces"), REPLIES)
def test_a_reply_is_said_word_by_word(language: str, reply: str, pieces: list[str]) -> None:
    assert spoken(reply, language) == pieces
