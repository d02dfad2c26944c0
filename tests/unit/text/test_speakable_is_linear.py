"""The work is linear in the text, for any text."""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from common.text import languages
from common.text.languages import find
from common.text.sentences.splitter import Sentences
from common.text.spoken import formulas
from common.text.spoken.inline import LINE_RULES
from common.text.spoken.rules import Group, Rules
from common.text.spoken.speakable import Speakable, rules_of
from common.text.visible import visible

pytest.importorskip("num2words")

parser: Any = importlib.import_module("re._parser")
codes: Any = importlib.import_module("re._constants")
REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
CODES = sorted(path.stem for path in Path(languages.__file__).parent.glob("[a-z]*"))


def patterns(rules: Rules) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, Group):
            yield rule.when.pattern
            yield from patterns(rule.rules)
        else:
            yield rule.pattern.pattern


def all_patterns() -> Iterator[str]:
    """Yield the patterns of each rule of each language."""
    for rules in (LINE_RULES, formulas.DELIMITERS, formulas.INNERMOST, formulas.COMMANDS):
        yield from patterns(rules)
    for language in map(find, CODES):
        for rules in rules_of(language, ""):
            yield from patterns(rules)


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


@pytest.mark.parametrize("pattern", sorted(set(all_patterns())))
def test_no_rule_reads_anything_again_and_again(pattern: str) -> None:
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
    "<", "<a ", "<think>", "【", '{"name": ', "<|", "x^", "1-2 ", "\n", "ก ", "@", '5" ', "1:2 ",
    "1. ", "$1 ", "a.", "|", "12 ", "<b>x</b> ", "<i>", "1/2 ", "10:30 ", "Jan. 5 ", "```\n", "好，",
    "1", "A.", "]", "{", "「", "【4", "<|a|>", "\ue200", "No. ", "г. ", "z. B. ", "tool", "&",
]  # fmt: skip


MOST_CALLS = 40  # for a character, of functions in Python and in C


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
@pytest.mark.parametrize("work", [fed, visible, Speakable("en").say, Speakable("zh").say])
def test_four_times_the_text_is_four_times_the_work(
    run: str, work: Callable[[str], object]
) -> None:
    short, long = (f"x {run * (size // len(run))} y." for size in (500, 2_000))
    work(short)  # fills the caches
    assert calls(lambda: work(long)) <= 5 * calls(lambda: work(short)) + 100


@pytest.mark.parametrize("run", RUNS)
def test_no_text_costs_the_splitter_more_than_a_few_calls_per_character(run: str) -> None:
    text = run * (2_000 // len(run))
    fed(text)  # fills the caches
    assert calls(lambda: fed(text)) <= MOST_CALLS * len(text)
