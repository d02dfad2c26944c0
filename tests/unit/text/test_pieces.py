"""Pieces are bounded, do not depend on the tokens, and hold nothing that is hidden."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text.pieces import MOST_BYTES, beginning, halves
from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from common.text.visible import VisibleText, visible

WORDS = st.sampled_from([
    "we", "went", "straße,", "Привет", "你好", "今日は", "สวัสดี", "नमस्ते", "3.14", "1,234", "$5", "-7",
    "10:30", "and so on;", "— then", "(maybe)", "😀", "a.m.", "U.S.", "Dr.", "Mt.", "Army", "Everest",
    "Yes.", "No!", "what?", "。", "।", "[1]", "**bold**", "`code`", "\n", "- item",
])  # fmt: skip
TEXTS = st.lists(WORDS, max_size=80).map(" ".join)
LANGUAGES = st.sampled_from(["en", "de", "zh", "ja", "th", "hi", "ru", None])
HIDDEN = st.sampled_from([
    "<think>zq zq. zq!</think>", "<thinking>\nzq\n</thinking>", "<reasoning>zq [1] zq</reasoning>",
    '<tool_call>{"zq": 1}</tool_call>', "<|im_end|>", "【4†zq】", "[12]",
    "<function_calls>zq</function_calls>", "<inner_thoughts>zq</inner_thoughts>",
    "<antThinking>zq</antThinking>", "<chain-of-thought>zq. zq</chain-of-thought>",
    "<thought_process>zq</thought_process>", "<reasoning_content>zq zq</reasoning_content>",
    "<|begin_of_thought|>zq, zq<|end_of_thought|>", "<|thinking|>zq<|/thinking|>",
    "<unused94>thought zq<unused95>", "<rationale>zq zq</rationale>",
    "<|channel|>analysis zq zq<|channel|>final",
])  # fmt: skip


def split(text: str, sizes: list[int], language: str | None = "en") -> list[str]:
    sentences, pieces, at, turn = Sentences(language), [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces += sentences.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces + sentences.end()


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=4), LANGUAGES)
def test_any_cut_of_the_text_gives_the_same_pieces(
    text: str, sizes: list[int], language: str | None
) -> None:
    assert split(text, sizes, language) == split(text, [10_000], language)


@settings(max_examples=200, deadline=None)
@given(TEXTS, LANGUAGES)
def test_a_piece_has_at_most_400_bytes_and_no_number_is_cut(
    text: str, language: str | None
) -> None:
    pieces = split(text, [4], language)
    assert all(len(piece.encode()) <= MOST_BYTES for piece in pieces)
    numbers = re.findall(r"[-$]?\d[\d.,:]*\d|[-$]\d", visible(text))
    assert [
        n for piece in pieces for n in re.findall(r"[-$]?\d[\d.,:]*\d|[-$]\d", piece)
    ] == numbers


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a" * 3_000,
            "好" * 3_000,
            "ก" * 3_000,
            "word " * 600,
            "好，" * 900,
            "é" * 900,
            "1" * 3_000,
        ),
        *(
            "1," * 1_500,
            "12:" * 900,
            "e\u0301" * 900,
            "\u0301" * 1_000,
            f"https://a.b/{'c/' * 900}",
        ),
    ],
)
def test_a_text_without_an_end_is_cut(text: str) -> None:
    pieces = split(text, [7])
    assert max(len(piece.encode()) for piece in pieces) <= MOST_BYTES
    assert "".join("".join(pieces).split()) == "".join(text.split())


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["Hello there.", "It is on", "fine;"]), HIDDEN), max_size=5),
    st.integers(1, 9),
)
def test_a_hidden_passage_is_neither_shown_nor_spoken(
    parts: list[tuple[str, str]], size: int
) -> None:
    text = " ".join(f"{shown} {hidden}" for shown, hidden in parts)
    stream, speakable = VisibleText(holds_spaces=False), Speakable("en")
    shown = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size))
    words = " ".join(shown for shown, _ in parts).split()
    assert (shown + stream.end()).split() == words == visible(text).split()
    said = " ".join(map(speakable.say, split(text, [size])))
    assert re.findall(r"[a-z]+", said.lower()) == re.findall(r"[a-z]+", " ".join(words).lower())


@pytest.mark.parametrize(
    "text", ["if x < y and z > 3", "Hello <name>", "use <T> here", "5 <6", "a [b] c", "xs[1] = 2"]
)
def test_other_brackets_are_shown(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("size", [1, 3, 7, 2_000])
def test_a_tool_call_with_its_name_is_neither_shown_nor_spoken(size: int) -> None:
    call = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
    text = f"Let me see. function_call: {call}\n\ntool_call: {call}\nIt is 4 degrees."
    assert split(text, [size]) == ["Let me see.", "It is 4 degrees."]


@pytest.mark.parametrize("size", [1, 3, 7, 2_000])
def test_a_sentence_ends_without_a_space_behind_it(size: int) -> None:
    text = "I booked it.Your code is K7P-22Q.Is that all?Just ask!"
    pieces = ["I booked it.", "Your code is K7P-22Q.", "Is that all?", "Just ask!"]
    assert split(text, [size]) == pieces
    names = "Node.js, example.Com and J.R.R.Tolkien are names."
    assert split(names, [size]) == [names]


def test_brackets_add_to_a_sentence_but_count_items() -> None:
    added = "Mars is 140 million mi. (225 million km) away."
    assert split(added, [2]) == [added]
    assert split("(a) One pear. (b) One plum.", [2]) == ["(a) One pear.", "(b) One plum."]


def test_nothing_is_said_of_the_rest_of_an_address_that_was_cut() -> None:
    pieces = split(f"See https://a.example/{'path/' * 200} now. Done.", [7])
    said = list(map(Speakable("en").say, pieces))
    assert [text for text in said if text] == ["See", "a link to a dot example", "now.", "Done."]


def test_halves_and_beginnings_end_between_words() -> None:
    assert halves("one two, three four") == ("one two,", "three four")
    assert halves("word") in {("wo", "rd"), None}
    assert beginning("one two three", 8) == "one two"
    assert beginning("one two three", 2) == ""
    assert beginning("one", 3) == "one"
