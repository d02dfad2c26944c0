"""Nothing that was written is lost on the way to the voice: neither words nor figures."""

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from tests.unit.text.spoken import speakable
from tests.unit.text.test_speakable_properties import (
    ABBREVIATED,
    LANGUAGES,
    PLAIN_WORDS,
    decorated,
    words,
)

num2words = pytest.importorskip("num2words").num2words

Said = tuple[str, list[str]]
"""A written text, and the words that must be heard, in this order."""


def in_words(number: int, to: str = "cardinal") -> list[str]:
    """By the library itself, without our hands."""
    return [word for word in words(num2words(number, to=to)) if word != "and"]


def counted(number: int, one: str, many: str) -> list[str]:
    return [*in_words(number), one if number == 1 else many]


def money(cents: int, before: str, per: str) -> Said:
    dollars, rest = divmod(cents, 100)
    heard = counted(dollars, "dollar", "dollars") if dollars or not rest else []
    heard += counted(rest, "cent", "cents") if rest else []
    rate = f"/{per}" if per else ""
    return f"{before}${dollars:,}.{rest:02}{rate}", [*words(before), *heard, *words(f" {per}")]


def day(date: dt.date) -> Said:
    month = f"{date:%B}"
    return f"{month} {date.day}", [month, *in_words(date.day, "ordinal")]


def clock(time: dt.time) -> Said:
    minutes = in_words(time.minute) if time.minute else []
    return f"{time:%H:%M}", [*(in_words(time.hour) if minutes else []), *minutes]


def measured(figure: int, unit: tuple[str, str, str]) -> Said:
    written, one, many = unit
    return f"{figure:,}{written}", counted(figure, one, many)


def fraction(whole: int, digits: str, sign: str) -> Said:
    minus = ["minus"] if sign else []
    point = ["point", *(word for digit in digits for word in in_words(int(digit)))]
    return f"{sign}{whole:,}.{digits}", [*minus, *in_words(whole), *point]


def between(first: int, more: int, dash: str, unit: tuple[str, str, str]) -> Said:
    written, _, many = unit
    until = [*in_words(first), "to", *in_words(first + more), many]
    return f"{first}{dash}{first + more}{written}", until


UNITS = st.sampled_from([
    (" km", "kilometer", "kilometers"), (" kg", "kilogram", "kilograms"),
    ("°C", "degree", "degrees"), (" GB", "gigabyte", "gigabytes"), (" hrs", "hour", "hours"),
    ("%", "percent", "percent"), (" EUR", "euro", "euros"), (" mph", "mile", "miles"),
])  # fmt: skip
FIGURES: st.SearchStrategy[Said] = st.one_of(
    st.integers(0, 10**9).map(lambda number: (f"{number:,}", in_words(number))),
    st.integers(1, 999).map(lambda number: (_nth(number), in_words(number, "ordinal"))),
    st.builds(
        money,
        st.integers(0, 10**8),
        st.sampled_from(["", "a "]),
        st.sampled_from(["", "day", "month"]),
    ),
    st.dates().map(day),
    st.times().map(clock),
    st.builds(measured, st.integers(0, 10**6), UNITS),
    st.builds(
        fraction,
        st.integers(0, 10**6),
        st.text("0123456789", min_size=1, max_size=6),
        st.sampled_from(["", "-", "−"]),
    ),
    st.builds(between, st.integers(1, 500), st.integers(1, 500), st.sampled_from("-–"), UNITS),
)
LONG_WORDS: st.SearchStrategy[Said] = (
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=9)  # no unit, and no short form
    .filter(lambda word: word not in ABBREVIATED)
    .map(lambda word: (word, [word]))
)
LINES = st.lists(st.tuples(LONG_WORDS, FIGURES), min_size=1, max_size=6)


def _nth(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def is_heard(expected: list[str], said: list[str]) -> bool:
    """In this order, with others in between."""
    rest = iter(said)
    return all(word in rest for word in expected)


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_each_figure_is_heard_where_it_was_written(line: list[tuple[Said, Said]]) -> None:
    parts = [part for pair in line for part in pair]
    said = speakable("; ".join(written for written, _ in parts) + ".", "en")
    assert is_heard([word for _, heard in parts for word in heard], words(said)), said
    assert not re.search(r"[\d$€%°]", said)


LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=9)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(LETTERS, min_size=1, max_size=3), LETTERS, st.sampled_from(["{}", "<{}>", "**{}**"])
)
def test_each_part_of_an_address_is_heard(names: list[str], host: str, dress: str) -> None:
    mail = dress.format(f"{'.'.join(names)}@{host}.com")
    parts = " dot ".join(names)
    assert speakable(f"Write to {mail}.", "en") == f"Write to {parts} at {host} dot com."
    link = dress.format(f"https://{host}.com/{names[0]}?a=1")
    assert speakable(f"See {link}.", "en") == f"See a link to {host} dot com."


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(PLAIN_WORDS, st.integers(0, 9999)), min_size=1, max_size=6),
    st.sampled_from(["{}%", "${}", "€{}", "{} km", "{} kg", "{}°C", "¥{}", "₹{}", "{}"]),
    st.sampled_from("de es fr it pt pt-BR nl ru tr zh ja hi ko ar xx".split()),  # noqa: SIM905 - one string reads better
)
def test_where_figures_stay_figures_each_one_stays(
    parts: list[tuple[str, int]], form: str, language: str
) -> None:
    written = ", ".join(f"{word}, {form.format(figure)}" for word, figure in parts)
    figures = re.findall(r"\d+", speakable(written, language))
    assert figures == [str(figure) for _, figure in parts]


@settings(max_examples=200, deadline=None)
@given(decorated(), st.integers(1, 9), LANGUAGES)
def test_a_reply_that_comes_in_portions_keeps_each_word(
    text: tuple[str, list[str]], size: int, language: str
) -> None:
    written, plain = text
    sentences, reply = Sentences(language.partition("-")[0]), Speakable(language)
    portions = [written[at : at + size] for at in range(0, len(written), size)]
    pieces = [piece for portion in portions for piece in sentences.feed(portion)]
    said = " ".join(reply.say(piece) for piece in [*pieces, *sentences.end()])
    assert [word for word in words(said) if word != "one"] == [w for w in plain if w != "one"]
