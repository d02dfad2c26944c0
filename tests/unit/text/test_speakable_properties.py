"""Whatever an agent may write."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text.languages import find
from common.text.languages.en import short_forms
from common.text.sentences.splitter import Sentences
from common.text.spoken.rules import table
from common.text.spoken.speakable import Speakable
from tests.unit.text.spoken import speakable

pytest.importorskip("num2words")

LANGUAGES = st.sampled_from("en en-GB de es fr it pt pt-BR nl ru tr zh ja ko hi ar xx".split())  # noqa: SIM905 - one string reads better
MARKUP = re.compile(r"[*_`#|\[\]{}\\~]|://|<[A-Za-z/]|<!(?:--|(?i:doctype))")
EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿⬀-⯿⌀-⏿™ℹ‼⁉⇐-⇿️⃣©®]")

FRAGMENTS = st.sampled_from([
    "**", "*", "_", "__", "`", "```", "```python\n", "\n```\n", "~~~", "# ", "\n- ", "\n1. ", "> ",
    "[", "](", "](https://x.com)", "![", "]", "(", ")", "| a | b |", "|---|", "<b>", "</b>", "<!--",
    "-->", "&amp;", "&lt;", "http://", "https://a.b/c?d=e", "www.a.com", "a@b.com", "@me", "#tag",
    "😀", "👨‍👩‍👧", "🇩🇪", "1️⃣", "✓", "©", "$", "€", "5", "3.14", "1,234", "$5", "5 km", "72°F", "%",
    "1/2", "½", "9:30", "a.m.", "p.m.", "2026-11-23", "5/12/2026", "Jan. 5", "555-123-4567", "v1.2",
    "Dr.", "St.", "e.g.", "etc.", "No. 5", "VIII", "Henry", "->", "→", "==", "<", ">", "...", "!?",
    "\n", "\t", " ", "\\", "\\*", "{", "}", "^2", "²", "٣", "\ud800", "\u200d", "हिन्दी", "中文。", "و",
    "ſ", "ß", "İ", "\x00", "\u2028",
    "&#8217;", "&#96;", "&lt;b&gt;", "&mdash;", "10²³", "x⁻¹", "2x", "↑", "★", '27"', " x ", "−",
    "$\\frac{1}{2}$", "^{10}", "^\\circ", "- [x] ", "Mon–Fri", "Jan–Mar", "5–7 May", " > ", "XXIe",
])  # fmt: skip
ANYTHING = st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=25).map("".join)

_SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyz",
    "äéñçøßœ",
    "абвгджзиклмн",
    "αβγδεζ",
    "אבגדה",
    "ابتثج",
    "中文字",
)
ABBREVIATED = {
    part.strip(".").lower()
    for code in ("de", "es", "fr", "it", "pt", "nl", "ru", "tr", "ko", "hi", "ar", "ja", "zh")
    for key in table(find(code).in_full or "x", "=")
    for part in re.split(r"[ /.]", key)
} | {
    part.strip(".").lower()
    for shorts in (short_forms._ANYWHERE, short_forms._TIMES, short_forms._AFTER_A_NAME)
    for key in [*shorts, *short_forms._TITLES]
    for part in re.split(r"[ /.]", key)
} | {"st", "ms", "m", "p", "pp", "etc", "et", "al"}  # fmt: skip
WORDS = st.sampled_from(_SCRIPTS).flatmap(lambda letters: st.text(letters, min_size=1, max_size=9))
PLAIN_WORDS = st.one_of(WORDS, WORDS.map(str.capitalize)).filter(
    lambda word: word.lower() not in ABBREVIATED and not re.fullmatch("[IVXL]+", word)
)
"""Words that mean themselves: no abbreviation of any language, no Roman numeral."""


LONGEST_UNIT = 4


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


@st.composite
def prose(draw: st.DrawFn) -> str:
    """Sentences as in a book: words, spaces, the usual punctuation."""
    parts = draw(st.lists(PLAIN_WORDS, min_size=1, max_size=15))
    between = st.sampled_from(
        [" ", " ", " ", ", ", "; ", ": ", ". ", "! ", "? ", " (", ") ", ' "', '" ']
    )
    text = "".join(word + draw(between) for word in parts[:-1])
    return text + parts[-1] + draw(st.sampled_from(".!?"))


@st.composite
def decorated(draw: st.DrawFn) -> tuple[str, list[str]]:
    """The same words, dressed in markdown."""
    dresses = st.sampled_from(
        ["{}", "**{}**", "*{}*", "_{}_", "***{}***", "~~{}~~", "`{}`", "[{}](https://example.com/a_b)",
         "<b>{}</b>", "\n- {}", "\n1. {}", "\n\n# {}\n\n", "\n> {}", "{} 😀", "{}\n"]
    )  # fmt: skip
    plain = draw(st.lists(PLAIN_WORDS, min_size=1, max_size=12))
    return " ".join(draw(dresses).format(word) for word in plain), plain


@settings(max_examples=400, deadline=None)
@given(st.lists(ANYTHING, max_size=4), LANGUAGES)
def test_whatever_comes_in_no_markup_comes_out(pieces: list[str], language: str) -> None:
    reply = Speakable(language)
    # Outside English inline code and mail addresses keep their signs; "＃" is a key of a telephone.
    for piece in pieces:
        signs = "[＊＃]" if language == "en" else "[`＊＃_]" if "@" in piece else "[`＊＃]"
        said = reply.say(re.sub(signs, "", piece))
        assert MARKUP.search(said) is None
        assert language != "en" or not re.search("[<>^]", said)
        assert EMOJI.search(said) is None
        assert said == " ".join(said.split())
        assert said == "" or any(char.isalnum() for char in said)
        said.encode()


@settings(max_examples=300, deadline=None)
@given(prose(), LANGUAGES)
def test_prose_keeps_each_word_in_its_place(text: str, language: str) -> None:
    said = speakable(text, language)
    assert words(said) == words(text)
    assert speakable(said, language) == said


@settings(max_examples=300, deadline=None)
@given(decorated(), LANGUAGES)
def test_markdown_takes_no_word_away(text: tuple[str, list[str]], language: str) -> None:
    written, plain = text
    said = [word for word in words(speakable(written, language)) if word != "one"]
    assert said == [word for word in plain if word != "one"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            PLAIN_WORDS.filter(lambda word: len(word) > LONGEST_UNIT),
            st.integers(0, 10**9).map("{:,}".format),
            st.decimals(0, 9999, places=2).map("${}".format),
            st.dates().map(str),
            st.times().map("{:%H:%M}".format),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_english_figures_become_words_that_stay(parts: list[str]) -> None:
    said = speakable(" ".join(parts) + ".", "en")
    assert re.search(r"\d", said) is None
    assert speakable(said, "en") == said
    assert set(words(" ".join(parts))) <= set(words(said))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["at", "to", "of", "from", "below", "and"]))
def test_a_dash_before_a_figure_behind_a_preposition_is_its_sign(figure: int, word: str) -> None:
    for sign in "–−-":
        assert speakable(f"Keep it {word} {sign}{figure} °C now.", "en").startswith(
            f"Keep it {word} minus "
        )


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 98), PLAIN_WORDS.filter(lambda word: len(word) > LONGEST_UNIT))
def test_only_a_bracket_that_closes_nothing_is_dropped(number: int, word: str) -> None:
    assert ")" not in speakable(f"You need: {number}) {word}; {number + 1}) {word}.", "en")
    assert speakable(f"See this (or {number}) {word}.", "en").count(")") == 1


@settings(max_examples=100, deadline=None)
@given(
    st.integers(100, 9999),
    st.sampled_from(["RFC ", "IEEE ", "DIN ", "order no. ", "Conf. # "]),
)
def test_figures_that_are_names_are_read_by_digits(figures: int, name: str) -> None:
    digits = [speakable(digit, "en") for digit in str(figures)]
    assert (
        speakable(f"See {name}{figures}, please.", "en").split(",")[0].split()[-len(digits) :]
        == digits
    )


RUNS = [
    "1", "1,", "111,", "1.", "1-", "1 ", "a", "a.", "A.", "*", "**", "_", "`", "`a", "[", "](",
    "[a](", "[](", "![", "<", "<a ", "<!--", "&", "# ", "| a ", "|-", "- ", "$1-", "+1 ", "+1-",
    "(1)", "1/", "1:", "@", "a@", "a@b.", "a.b.", "://", "a://", "www.", "\\", "\\(", "~", "5 ", "…",
    ".", "! ", "\n|", "\n- ", "\n```", "I", "St. ", "No. 1", "Jan. 1-", "code 1", "=", "--", " ",
    "a b ", "[1, ", "1–", "> ", "\t", "is ≈", "1) a ",
]  # fmt: skip


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_long_runs_come_to_an_end(run: str, language: str) -> None:
    """These would take minutes if a pattern were tried again from every place."""
    said = speakable(f"x {run * (20_000 // len(run))}!", language)
    assert MARKUP.search(said) is None


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["5 {}", "7.5 {}", "Main {}", "Acme {}", "the {}", "12 Elm {}", "at 5th {}"]),
    st.sampled_from([
        *short_forms._ANYWHERE, "etc.", "et al.", *short_forms._TIMES, *short_forms._AFTER_A_NAME,
        "St", "St.", "Ave", "Rd", "s.", "h.", "sec.", "min.", "ft.", "in.", "lb.", "oz.", "gal.",
    ]),
    st.sampled_from("Tuesday Kensington and is 7 Then (or Mr. 5th".split()),  # noqa: SIM905
)  # fmt: skip
def test_a_full_stop_is_said_only_where_a_sentence_ends(form: str, short: str, word: str) -> None:
    splitter = Sentences("en")
    text = f"They saw it {form.format(short)} {word} again."
    for piece in [*splitter.feed(text), *splitter.end()]:
        *inner, _ = speakable(piece, "en").split()
        stopped = {said for said in inner if said.endswith(".")}
        assert stopped <= {*piece.split(), "Mr."}
