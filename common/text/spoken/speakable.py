"""The spoken form of an agent's text.

    a piece ──► lines (blocks) ──► markdown, addresses (markup) ──► the language's rules ──► plain

Only the voice hears this; the transcript keeps the written form.
"""

from copy import copy
from functools import cache

from common.text.language import Language
from common.text.languages import find
from common.text.script import language_code
from common.text.spoken import formulas, markdown, number_words, urls
from common.text.spoken.blocks import Blocks
from common.text.spoken.rules import Group, Rule, apply
from common.text.spoken.symbols import plain

_SPACES = str.maketrans(dict.fromkeys("\xa0\u2007\u2009\u200a\u202f\t", " "))
"""Narrow and unbreakable ones, which stand between a number and its unit."""

_PUNCTUATION = Group(
    r"[.!?,…:(！？。，、；：। ]{2}|[ (]\)|:/|--",
    (
        Rule(r":[ ]?/[ ]?/[/ ]*", " "),
        Rule(r"([!?！？]) ?[!?！？]{1,}+", lambda match: _loudest(match[0])),
        Rule(r"[.…]{2,}+", "…"),
        Rule(r"(?<!\S)--++(?!\S)", "—"),
        Rule(r",(?:[ ]?,)++", ","),
        Rule(r"\([ ]++", "("),
        Rule(r"(?<! )[ ]++\)", ")"),
        Rule(r"\(\)", ""),
        Rule(r"(?<! )[ ]++([,.](?!\w)|[。，、！？；：।])", r"\1"),
        Rule(r"(?<=[.!?…])[.](?=\s|$)", ""),
    ),
)
_SPACED = Group(r" [!?;:]", (Rule(r"(?<! )[ ]++([!?;:])", r"\1"),))


class Speakable:
    """One reply, as it is said. `language` is BCP 47: "en" or "en-GB".

    A code block and a table go over many pieces: they are announced at the first, and the rest of
    them is silence. So give it every piece in order, those without a letter too ("```").
    """

    def __init__(self, language: str) -> None:
        region = language.replace("_", "-").partition("-")[2]
        self._language = find(language_code(language) or "")
        self._blocks = Blocks(self._language)
        self._rules = _rules(self._language, region.upper())

    def say(self, piece: str) -> str:
        """Return the spoken form of a piece; "" if there is nothing to say."""
        text = self._blocks.read(piece).translate(_SPACES)
        text = apply(self._rules, markdown.strip_markdown(text, self._language.phrases))
        text = _PUNCTUATION.apply(plain(text))
        if not self._language.space_before_marks:
            text = _SPACED.apply(text)
        text = " ".join(text.split())
        return text if any(char.isalnum() for char in text) else ""

    def foresee(self, piece: str) -> str:
        """Return the answer that `say` would give, and leave the state as it is."""
        blocks = copy(self._blocks)
        try:
            return self.say(piece)
        finally:
            self._blocks = blocks

    def warm(self) -> None:
        """Compile and load the rules that the first sentences need, in about 80 ms.

        Call it in a thread while the agent thinks.
        """
        for group in (*self._rules, _PUNCTUATION, _SPACED):
            group.warm()
        markdown.warm()
        urls.warm()
        formulas.warm()
        if self._language.number_words:
            number_words.warm(self._language.code)


@cache
def _rules(language: Language, region: str) -> tuple[Group, ...]:
    return language.spoken(region)


def speakable(sentence: str, language: str) -> str:
    """One sentence for itself. For a reply that comes in pieces, `Speakable`."""
    return Speakable(language).say(sentence)


def _loudest(marks: str) -> str:
    for mark in "?？!":
        if mark in marks:
            return mark
    return marks[0]
