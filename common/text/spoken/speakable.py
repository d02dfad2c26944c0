"""The spoken form of an agent's text.

    a piece ──► lines (blocks) ──► markdown, addresses (inline) ──► rules of the language ──► plain

Only the voice gets the spoken form. The transcript keeps the written one.
"""

import re
import unicodedata
from copy import copy
from functools import cache, lru_cache, partial

from common.text.language import Language
from common.text.languages import find, language_code
from common.text.pieces import MOST_BYTES
from common.text.spoken.blocks import Blocks
from common.text.spoken.inline import LINE_RULES, inline_rules, punctuation_rules
from common.text.spoken.rules import AS_WRITTEN, RAISED, Rules, apply, read_rules
from common.text.spoken.signs import sign_rules
from common.text.visible import visible

_SPACES = re.compile("[\xa0\u2007\u2009\u200a\u202f\t]")  # before units
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_SAID = dict(zip("‼⁉＊＃₀₁₂₃₄₅₆₇₈₉", "!?*#0123456789", strict=True))
_SAID |= {char: char for char in (*f"°℃℉№^{_JOINERS}", *map(chr, AS_WRITTEN.values()))}
_SHOWN = {private: code for code, private in AS_WRITTEN.items()}
_SILENT = re.compile(  # markup and pictures: clocks, dingbats, arrows, emoji
    r"[*_`#|\[\]{}\\~｜￤ℹ〰\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
)
_UNUSUAL = re.compile(  # all but letters and digits, their marks, and usual punctuation
    r"[\W_₀-₉ℹ❶-➓\U0001f100-\U0001f10c](?<![\s!\"$-)+-/:-@^¡-¥§«»¿\u0300-\u036f\u060c\u061f"
    r"\u064b-\u065f\u0900-\u0965\u0e31-\u0e3a\u0e3f-\u0e4f\u1037-\u103e‐-‧、-〃〈-】！％-），-／：；？])"
)


class Speakable:
    """The spoken form of one reply. `language` is BCP 47: "en" or "en-GB".

    A code block and a table extend over many pieces: the first one announces them, and the others
    say nothing. So give it all pieces in their order, also those without a letter ("```").
    """

    def __init__(self, language: str) -> None:
        region = language.replace("_", "-").partition("-")[2]
        record = find(language_code(language) or "")
        self._blocks = Blocks(record)
        self._spoken = partial(_spoken, *rules_of(record, region.upper()))
        self._recent = lru_cache(16)(self._spoken)  # also of pieces that were foreseen

    def say(self, piece: str) -> str:
        """Return the spoken form of a piece; "" if there is nothing to say."""
        if "<" in piece or "[" in piece[:-1] or "【" in piece:
            piece = apply(LINE_RULES, visible(piece))
        if not (prose := _SPACES.sub(" ", self._blocks.read(piece))):
            return ""
        return (self._recent if len(prose) <= MOST_BYTES else self._spoken)(prose)

    def foresee(self, piece: str) -> str:
        """Return what `say` would return, and change nothing."""
        blocks, self._blocks = self._blocks, copy(self._blocks)
        said, self._blocks = self.say(piece), blocks
        return said


def _spoken(rules: Rules, tidying: Rules, prose: str) -> str:
    text = " ".join(apply(tidying, plain(apply(rules, prose))).translate(_SHOWN).split())
    return text if any(map(str.isalnum, text)) else ""


@cache
def rules_of(language: Language, region: str) -> tuple[Rules, Rules]:
    """Return the rules of a language in a region, and those that tidy the text after them."""
    own = (language.spoken or sign_rules)(language, region)
    return inline_rules(language) + read_rules(language.own, {}) + own, punctuation_rules(language)


def plain(text: str) -> str:
    """Return letters, digits, punctuation, and signs that mean something; one space for all others."""
    if _UNUSUAL.search(text):
        text = "".join(map(_kept, text))
        # Joiners shape letters in Arabic and the scripts of India; elsewhere they join emoji.
        text = re.sub(f"[{_JOINERS}](?<![\u0600-\u109f\u1780-\u18af].)", "", text)
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def _kept(char: str) -> str:
    if char in _SAID:
        return _SAID[char]
    if "\u3371" <= char <= "\u33df":  # units in one character: ㎍, ㎥
        return unicodedata.normalize("NFKC", char).translate(RAISED)
    category = unicodedata.category(char)
    if category in {"Cf", "Me"} or "\ufe00" <= char <= "\ufe0f":
        return ""  # visible only: directions, enclosing marks, variants of a glyph
    kept = category[0] in "LMNP" or category in {"Sc", "Sm"}
    return char if kept and not _SILENT.match(char) else " "
