"""The work is linear in the text, for any text."""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from common.text import languages
from common.text.languages import find
from common.text.sentences.splitter import Sentences
from common.text.spoken import blocks, formulas, markdown, speakable, urls
from common.text.spoken.rules import Group
from common.text.spoken.speakable import Speakable

pytest.importorskip("num2words")

parser: Any = importlib.import_module("re._parser")
codes: Any = importlib.import_module("re._constants")
REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
CODES = sorted(path.stem for path in Path(languages.__file__).parent.glob("[a-z]*"))
SIGNS = {"_AFTER", "_CLOSING"}
"""Texts that are no patterns."""
MODULES: list[ModuleType] = [urls, blocks, formulas, markdown, speakable]


def patterns() -> Iterator[str]:
    """The patterns of every rule, and of the modules that have patterns without a rule."""
    here = [each for module in MODULES for each in vars(module).values()]
    groups = [each for each in here if isinstance(each, Group)]
    groups += [group for code in CODES for group in find(code).spoken("")]
    for group in groups:
        yield group.when
        yield from (rule.pattern for rule in group.rules)
    names = [(name, each) for module in MODULES[:2] for name, each in vars(module).items()]
    texts = {
        name: each for name, each in names if isinstance(each, str) and name[:2].count("_") == 1
    }
    yield from (each for name, each in texts.items() if name not in SIGNS)


def read_again(parsed: Iterable[tuple[Any, Any]], *, begins: bool = True) -> Iterator[str]:
    """Yield the endless repetitions that can begin again at every place.

    If the text after such a repetition does not match, the work grows with the square.
    """
    parts, guarded = list(parsed), False
    for number, (code, what) in enumerate(parts):
        endless = code in REPEATS and what[1] is codes.MAXREPEAT and number + 1 < len(parts)
        if endless and code is not codes.POSSESSIVE_REPEAT:
            yield f"is given up again: {what}"
        elif endless and begins and not guarded:
            yield f"begins at every place: {what}"
        for inner in _inside(code, what):
            outermost = begins and not guarded and code not in REPEATS
            yield from read_again(inner, begins=outermost)
        guarded = guarded or (code in {codes.ASSERT, codes.ASSERT_NOT} and what[0] < 0)
        begins = begins and code in {codes.AT, codes.ASSERT, codes.ASSERT_NOT}


def _inside(code: Any, what: Any) -> list[Any]:
    if code is codes.BRANCH:
        return list(what[1])
    if code in REPEATS or code is codes.SUBPATTERN:
        return [what[-1]]
    return []


ANCHORED = {blocks._FENCE_AT_END, blocks._QUOTE, blocks._RULE, blocks._SEPARATOR}
"""Matched at the beginning of a line only."""


@pytest.mark.parametrize("pattern", sorted(set(patterns())))
def test_no_rule_reads_anything_again_and_again(pattern: str) -> None:
    if pattern not in ANCHORED:
        assert list(read_again(parser.parse(pattern))) == []


@pytest.mark.parametrize(
    ("pattern", "careless"),
    [
        (r"a+b", True),
        (r"a++b", True),
        (r"(?:xa*b)", True),
        (r"(?<!a)a++b", False),
        (r"a{1,9}b", False),
        (r"b++", False),
        (r"xa++b", False),
        (r"(?:a|b++c)", True),
    ],
)
def test_the_test_before_knows_a_careless_pattern(pattern: str, careless: bool) -> None:
    assert bool(list(read_again(parser.parse(pattern)))) == careless


RUNS = [
    "*", "**", "_", "`", "[", "](", "![", "<", "# ", "| a ", "- ", "\n- ", "\n| ", "> ", "(", "$",
    "\\frac{", ".", "…", "! ", ". ", "? ", "。", "!?", '"', "“", '."', ". *", "1.", "１", "St. ",
    "J. ", "U.S. ", "p.m. ", "😀", " :) ", "[1]", "https://a.b/", "5 km ", "$1,000 ", "a", " ",
]  # fmt: skip


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, in Python and in C: a count that no other load on the machine changes."""
    counted = 0

    def count(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def fed(text: str) -> list[str]:
    sentences = Sentences("en")
    pieces = [
        piece for each in re.findall(".{1,4}", text, re.DOTALL) for piece in sentences.feed(each)
    ]
    return pieces + sentences.end()


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("work", [fed, Speakable("en").say, Speakable("zh").say])
def test_four_times_the_text_is_four_times_the_work(
    run: str, work: Callable[[str], object]
) -> None:
    short, long = (f"x {run * (size // len(run))} y." for size in (500, 2_000))
    work(short)  # fills the caches
    assert calls(lambda: work(long)) <= 5 * calls(lambda: work(short)) + 100


def scanned(text: str) -> int:
    """Signs that the splitter looks through for the end of a sentence, again and again."""
    sentences, looked = Sentences("en"), 0
    for each in re.findall(".{1,4}", text, re.DOTALL):
        sentences.feed(each)
        looked += len(sentences._text) - sentences._from
    return looked


@pytest.mark.parametrize("run", RUNS)
def test_a_long_sentence_is_not_read_from_its_beginning_again(run: str) -> None:
    """The text that waits is at most a mark with its tail, or the white space behind it."""
    text = f"x {run * (2_000 // len(run))} y."
    assert scanned(text) <= 60 * len(text)
