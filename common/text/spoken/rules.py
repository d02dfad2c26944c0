"""Rewriting by rules. A rule is a pattern and the words that replace it.

The text comes from outside, and is matched in the middle of a conversation. So each repetition is
bounded, is possessive, or can begin at one place only. That keeps the work linear in the text.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

Put = Callable[[re.Match[str]], str]


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compiled at the first use: a hundred patterns at import time would cost a cold start 50 ms."""
    return re.compile(pattern, flags)


@dataclass(frozen=True)
class Rule:
    pattern: str
    put: Put | str
    flags: int = 0

    def apply(self, text: str) -> str:
        return compiled(self.pattern, self.flags).sub(self.put, text)


@dataclass(frozen=True)
class Group:
    """Rules that can only match where `when` is found: one look spares them all."""

    when: str
    rules: tuple[Rule, ...]

    def apply(self, text: str) -> str:
        if compiled(self.when).search(text) is None:
            return text
        for rule in self.rules:
            text = rule.apply(text)
        return text

    def warm(self) -> None:
        compiled(self.when)
        for rule in self.rules:
            compiled(rule.pattern, rule.flags)


def apply(groups: Iterable[Group], text: str) -> str:
    for group in groups:
        text = group.apply(text)
    return text


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of the words, the longest first, so that no word hides a longer one."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def full_words(
    table: Mapping[str, str],
    before: str = r"(?<!\w)",
    after: str = "",
    *,
    ending: Container[str] = (),
) -> Rule:
    """Return a rule that says abbreviations in full.

    A point at the end of the text also ends a sentence, and stays. So does a point before a
    capital, after the abbreviations in `ending`, which often are the last word.
    """
    words = {short.replace(" ", ""): full for short, full in table.items()}

    def put(match: re.Match[str]) -> str:
        short = match[1].replace(" ", "")
        rest = match.string[match.end() : match.end() + 8]
        ends = short.endswith(".") and (
            not rest.strip("\"'”’)*_ ") or (short in ending and ends_sentence(match))
        )
        return words[short] + ("." if ends else "")

    # "z. B." is also written "z.B."
    shorts = any_of(table).replace(r"\ ", " ?")
    return Rule(f"{before}({shorts})(?!\\w){after}", put)


def ends_sentence(match: re.Match[str]) -> bool:
    """Return whether a point at the end of the match ends a sentence.

    It does if nothing, or a capital, follows.
    """
    rest = match.string[match.end() : match.end() + 3]
    return not rest.strip() or (rest[0].isspace() and rest.strip()[0].isupper())
