"""When sentences are released, and that nothing depends on how the text is portioned."""

from itertools import cycle, islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.splitter import tokens
from common.text.sentences.splitter import Sentences
from common.text.visible import VisibleText, visible

LANGUAGES = st.sampled_from(
    ["en", "de", "fr", "zh", "ja", "ko", "hi", "el", "it", "auto", "", None]
)
_SIGNS = ".!?… \n\"'()*`:;-–。！？」「”“„«»|#"
_WORDS = [
    "p.m.",
    "Mon",
    "U.S.",
    "Dr.",
    "1.",
    "2.",
    "他们",
    "[1]",
    "Mai",
    "e.g.",
    "Inc.",
    "- ",
    "# ",
]
_BITS = [
    ":)",
    "I",
    "A",
    "Th",
    "é",
    "i",
    "P",
    "ok",
    "5",
    "と",
    "说",
    "你好",
    "😀",
    "\r\n",
    "\u00a0",
    "\u2028",
]
_MARKS = "<think> </think> <|im_start|> <|a|> [1] 【4†a】 ` tool <a x < [ \ue200 \ue201"
MARKS = st.sampled_from(
    [*_MARKS.split(), "\n", " ", "```\n", "tool: ", '{"name": "f", "input": {}}']
)
SPICE = st.sampled_from([*_WORDS, *_BITS, *_SIGNS])
TEXTS = st.one_of(st.text(), st.lists(SPICE, max_size=40).map("".join))
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def all_of(portions: list[str], language: str | None, first_clause: int = 0) -> list[str]:
    sentences = Sentences(language, first_clause)
    return [piece for portion in portions for piece in sentences.feed(portion)] + sentences.end()


def released(text: str, language: str = "en") -> list[str]:
    """As soon as this much is there."""
    return Sentences(language).feed(text)


def paused(text: str, language: str = "en") -> list[str]:
    sentences = Sentences(language)
    return sentences.feed(text) + sentences.pause()


@given(TEXTS, st.lists(st.integers(1, 5), min_size=1), LANGUAGES, st.sampled_from([0, 8, 24]))
def test_it_does_not_matter_how_many_tokens_come_at_once(
    text: str, sizes: list[int], language: str | None, first_clause: int
) -> None:
    whole, size = tokens(text), cycle(sizes)
    some = iter(whole)
    portions = list(iter(lambda: "".join(islice(some, next(size))), ""))
    assert "".join(portions) == text
    assert all_of(portions, language, first_clause) == all_of(whole, language, first_clause)


@given(ANY_TEXT, LANGUAGES, st.sampled_from([0, 8]))
def test_nothing_is_lost_and_nothing_raises(
    text: str, language: str | None, first_clause: int
) -> None:
    pieces = all_of(list(text), language, first_clause)
    assert "".join("".join(pieces).split()) == "".join(visible(text).split())
    assert all(piece and piece == piece.strip() for piece in pieces)


@given(st.lists(st.one_of(MARKS, SPICE), max_size=20).map("".join), st.data())
@example("Wait <|im_start|>user\nhere", None)
@example("So <think>hm</think>that", None)
def test_the_visible_text_does_not_depend_on_the_cuts(
    text: str, data: st.DataObject | None
) -> None:
    places = data.draw(st.sets(st.integers(0, len(text)))) if data else range(len(text))
    ends = sorted({*places, len(text)})
    stream = VisibleText()
    shown = "".join(stream.feed(text[at:end]) for at, end in zip([0, *ends], ends, strict=False))
    assert shown + stream.end() == visible(text)


@given(st.lists(st.one_of(SPICE, st.none())), LANGUAGES)
def test_pauses_lose_nothing(events: list[str | None], language: str | None) -> None:
    sentences, pieces = Sentences(language), []
    for event in events:
        pieces += sentences.pause() if event is None else sentences.feed(event)
    pieces += sentences.end()
    written = visible("".join(event or "" for event in events))
    assert "".join("".join(pieces).split()) == "".join(written.split())


@pytest.mark.parametrize(
    ("language", "text", "whole"),
    [
        ("en", "Hello there. How", ["Hello there."]),
        ("en", "Hello there.", []),
        ("en", "Sentence one.Sentence t", ["Sentence one."]),
        ("en", "What is your full name?What c", ["What is your full name?"]),
        ("en", "I booked it.Your c", ["I booked it."]),
        ("en", "It runs on Node.js and example.Com w", []),
        ("en", "We met at 6 P.M. Mr. Smith", ["We met at 6 P.M."]),
        ("en", "Hello there. ", []),
        ("en", "Really? Y", ["Really?"]),
        ("en", "It leaves at 6 p.m. Gate", ["It leaves at 6 p.m."]),
        ("en", "It leaves at 6 p.m. Mon", []),
        ("en", "It leaves at 6 p.m. Satu", []),
        ("en", "It leaves at 6 p.m. Monday", []),
        ("en", "Pi is 3.", []),
        ("en", "Pi is 3.14", []),
        ("en", "Ask Dr. Smith", []),
        ("en", "He left the U.S. The l", ["He left the U.S."]),
        ("en", "He left the U.S. It w", ["He left the U.S."]),
        ("en", "He left the U.S. Army", []),
        ("en", "By J. R. A", []),
        ("en", "By J. W. Herbert", []),
        ("en", "That is plan B. Herbert", ["That is plan B."]),
        ("en", "Read it e.g. w", []),
        ("en", "See Sec. B", []),
        ("en", "See Fig. IV", []),
        ("en", "It was in Jan. I w", ["It was in Jan."]),
        ("it", "Nel sec. XIX", []),
        ("fr", "Il pèse 70 kg. Ce c", ["Il pèse 70 kg."]),
        ("en", "It is on Maple Ave. NW", []),
        ("ru", "Он родился 5 янв. 1990", []),
        ("ru", "Встреча в пн. Он", ["Встреча в пн."]),
        ("sv", "Vi ses 5 okt. 2026", []),
        ("vi", "Tôi ở TP. Hồ", []),
        ("en", "It is out. iPhone", ["It is out."]),
        ("en", "a list\n", ["a list"]),
        ("en", "1.", []),
        ("en", "1. Open it", []),
        ("en", "Done! 🎉", []),
        ("en", "Done! 🎉 N", ["Done! 🎉"]),
        ("en", "**Done.** N", ["**Done.**"]),
        ("zh", "你好！", []),
        ("zh", "你好！我", ["你好！"]),
        ("ja", "「はい。」と", []),
        ("ja", "彼は：「はい。」私", ["彼は：「はい。」"]),
        ("zh", "“好！”他", []),
        ("zh", "他说：“好！”他", ["他说：“好！”"]),
        ("ko", '"응." 그', []),
        ("ko", '그가 말했다. "응." 그', ["그가 말했다."]),
        ("zh", "“好！”。他", ["“好！”。"]),
        ("ja", "どうぞ😊ま", ["どうぞ😊"]),
        ("ja", "どうぞ😊。ま", ["どうぞ😊。"]),
        ("hi", "कमाल है 😊 बहुत", ["कमाल है 😊"]),
        ("en", "Happy birthday 😊 Anna", []),
        ("en", "Happy to help 😊 What a", ["Happy to help 😊"]),
        ("en", "I am happy 🎉🎉 for", []),
        ("vi", "Vui quá 😊 Anna", []),
        ("en", "**9 a.m.** Dentist", []),
        ("en", "- 9 a.m.–10 a.m. Dentist", []),
        ("en", "5 p.m. Shall w", ["5 p.m."]),
        ("de", "am 5. Mai", []),
        ("de", "Es ist am 5. Der M", ["Es ist am 5."]),
        ("hi", "नमस्ते। मैं", ["नमस्ते।"]),
    ],
)
def test_a_sentence_is_released_when_the_next_word_decides(
    language: str, text: str, whole: list[str]
) -> None:
    assert released(text, language) == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("I will look it up.", ["I will look it up."]),
        ("I will look it up. ", ["I will look it up."]),
        ("One moment…", ["One moment…"]),
        ("Shall I? 🙂", ["Shall I? 🙂"]),
        ("Let me look 😊", ["Let me look 😊"]),
        ("He said, “Yes.”", ["He said, “Yes.”"]),
        ("It starts at 5 p.m.", ["It starts at 5 p.m."]),
        ("That is plan B.", ["That is plan B."]),
        ("好的。", ["好的。"]),
        ("First. Second", ["First."]),
        ("I will look it", []),
        ("Ask Dr.", []),
        ("By J. R.", []),
        ("For example, e.g.", []),
        ("1.", []),
        ("- ", []),
        ("He said, “Yes.", []),
        ("", []),
    ],
)
def test_a_pause_releases_what_is_complete(text: str, whole: list[str]) -> None:
    assert paused(text) == whole


def test_what_comes_after_a_pause_begins_anew() -> None:
    sentences = Sentences("en")
    sentences.feed("I will look it up.")
    assert sentences.pause() == ["I will look it up."]
    assert sentences.pause() == []
    assert sentences.feed(" Here it is. It") == ["Here it is."]
    assert sentences.end() == ["It"]
    assert sentences.end() == []


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "After I had looked at all of it, I found nothing, alas. Sorry, really, I am.",
            ["After I had looked at all of it,", "I found nothing, alas.", "Sorry, really, I am."],
        ),
        (
            "Well, yes. After I had looked at it, no.",
            ["Well, yes.", "After I had looked at it, no."],
        ),
        (
            "It would cost you about $1,234,567.00 then.",
            ["It would cost you about $1,234,567.00 then."],
        ),
        (
            "They have it (as I said before, twice) here.",
            ["They have it (as I said before, twice) here."],
        ),
        (
            "我已经查看了您今天所有的电子邮件和日历上的安排，没有发现新的会议。",
            ["我已经查看了您今天所有的电子邮件和日历上的安排，", "没有发现新的会议。"],
        ),
    ],
)
def test_a_first_clause_goes_ahead_of_a_long_sentence(text: str, pieces: list[str]) -> None:
    assert all_of([text], None, first_clause=20) == pieces
    assert all_of([text], None)[0] != pieces[0] or len(all_of([text], None)) == len(pieces)


@pytest.mark.parametrize("language", ["en", "auto", None, "zz", "english?", "en-GB", "EN_us"])
def test_any_language_is_taken(language: str | None) -> None:
    assert all_of(["Hi, Mr. X. Bye."], language) == ["Hi, Mr. X. Bye."]
    assert all_of(["你好！我是。"], language) == ["你好！", "我是。"]
    assert all_of(["Это т. е. Анна. Да."], language) == ["Это т. е. Анна.", "Да."]


def test_what_was_opened_and_never_closed_holds_nothing_up_for_long() -> None:
    text = 'He said "I will come. ' + "And then he went on and on. " * 20
    assert len(all_of([text], "en")) > 10
