"""Announced blocks are not read, and the text around them is."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from tests.unit.text.test_speakable_keeps import LONG_WORDS
from tests.unit.text.test_speakable_properties import words

pytest.importorskip("num2words")

PLAIN = LONG_WORDS.map(lambda word: word[0])
SILENT = PLAIN.map(lambda word: f"q{word}q")
"""Words that are nowhere else."""
CODE, TABLE = "some Python code", "a table with two columns"


class Part(NamedTuple):
    lines: list[str]
    heard: list[str]


def spoken(line: list[str]) -> Part:
    return Part([" ".join(line) + "."], line)


def code(lines: list[str], fence: str) -> Part:
    return Part([f"{fence}python", *lines, fence], words(CODE))


def table(rows: list[tuple[str, str]]) -> Part:
    bars = [f"| {left} | {right} |" for left, right in rows]
    return Part([bars[0], "|---|---|", *bars[1:]], words(TABLE))


PROSE = st.lists(PLAIN, min_size=1, max_size=5).map(spoken)
LINES = st.lists(st.one_of(SILENT, SILENT.map("x = '{}. And'".format), st.just("")), max_size=4)
BLOCKS = st.one_of(
    st.builds(code, LINES, st.sampled_from(["```", "~~~", "````"])),
    st.lists(st.tuples(SILENT, SILENT), min_size=1, max_size=4).map(table),
)
REPLIES = st.lists(st.tuples(BLOCKS, PROSE), min_size=1, max_size=4).map(
    lambda pairs: [part for pair in pairs for part in pair]
)


def by_lines(parts: list[Part]) -> list[str]:
    """As a splitter that cuts at every line would give it."""
    return [line for part in parts for line in [*part.lines, ""]]


def by_sentences(parts: list[Part]) -> list[str]:
    sentences = Sentences("en")
    return [*sentences.feed("\n".join(by_lines(parts))), *sentences.end()]


@settings(max_examples=200, deadline=None)
@given(REPLIES, st.sampled_from([by_lines, by_sentences]))
def test_a_block_is_announced_and_the_prose_around_it_read(
    parts: list[Part], pieces: Callable[[list[Part]], list[str]]
) -> None:
    reply = Speakable("en")
    said = " ".join(reply.say(piece) for piece in pieces(parts))
    assert words(said) == [word for part in parts for word in part.heard]
