"""End marks in a text, what is around them, and the quotes and brackets they stand in."""

import re
from typing import Final, NamedTuple

from common.text.language import Language
from common.text.languages import language_of

AT_ONCE: Final = "。！？｡．।॥։።፧။؟۔‼⁇⁈⁉"  # end marks after which no white space is needed
NEWLINES: Final = "\n\r\u2028\u2029"
LINE_END: Final = re.compile(f"[{NEWLINES}]")
_NO_STOPS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
PHRASE_END: Final = re.compile(f" (?<=[{_NO_STOPS}] ) *(?=[{_NO_STOPS}])")
_MUTE: Final = r"\0-/:-@\[-`{-\xbf\u2000-\u2fff\U0001f000-\U0001faff"  # no letters, no digits
_FACES: Final = "\U0001f600-\U0001f64f\U0001f389\U0001f38a\U0001f44b-\U0001f44f\u2728"
FACE: Final = re.compile(f"[{_FACES}]")
MARK: Final = re.compile(
    f"[{NEWLINES}.!?…;{AT_ONCE}{_FACES}](?:(?<=[{NEWLINES}])"
    f"|(?<=[.!?…;{AT_ONCE}])(?:[.!?…;{AT_ONCE}]{{1,39}}|(?<!\\.)|(?![^\\W¹²³⁰⁴-⁹])"
    "|(?<=[a-z\\dA-Z)]\\.)(?=[A-Z](?:[a-z]|\\Z)))"
    f"|(?:(?<=[^{_MUTE}].)|(?<=[^{_MUTE}] .))(?<=[{_FACES}])[{_FACES}]{{0,39}})"
)
"""A smile after a word may end a sentence, too (ね😊いって). The bounds keep the search linear."""
STOP: Final = re.compile(  # what may end a sentence or a phrase
    f"[{NEWLINES}.!?…;{AT_ONCE}{_FACES} ](?:(?<! )|(?=[{_NO_STOPS}])|(?<![^{_NO_STOPS}] )\\Z)"
)

SCRIPT_REACH: Final = 48  # characters before a mark whose script tells the language
REACH: Final = 400  # characters before a mark, and LOOKAHEAD after it, that rules look at
LOOKAHEAD: Final = 24
_EMOJI: Final = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
)
_HAS_EMOJI: Final = re.compile(f"[{_EMOJI}]")
_QUOTES: Final = frozenset('"”’»«›‹“」』')
_NO_TAIL: Final = re.compile(f"()[^\\S{NEWLINES}]*")
_TAIL: Final = re.compile(
    rf"((?:[\"”’»«›‹」』'）)\]】》}}*_~`¹²³⁰⁴-⁹]|\[(?:\d{{1,3}}|\^[^\]\s]{{1,40}})\]"
    rf"|[ \u00a0\u202f](?=[»›])|(?<=[.!?…])“(?=[\s.,!?])"
    rf"|[ \t]*[{_EMOJI}]|[ \t]*[:;]-?[)(DP](?!\w)){{0,40}})[^\S{NEWLINES}]*"
)
"""Signs that belong to the sentence before them. In German, “ closes a quotation."""
_OPEN_TAIL: Final = re.compile(r"(?<=[.!?…])“|[ \t]*[:;]-?[)(DP]?|\[\d{0,3}|\[\^[^\]\s]{0,40}")
_BARS: Final = frozenset("|│┃║┌├└╔╠╚")  # what the row of a table begins with
_CLOSERS: Final = (*")]}）」』】》”", "“”", *'»«›"`')
_CLOSES: Final = dict(zip('([{（「『【《“„«»‹"`', _CLOSERS, strict=True))
_PAIRED: Final = re.compile(  # the second group is a letter, or the eyes of a smiley :( before it
    '([][(){}（）「」『』【】《》“”„«»‹›"`])(?:(?<=([^\\W_]|[:;.,!?-]).)|)(?:(?<=`)`+)?'
)
_OPENING: Final = '"“„«»‹「『'
_INTRODUCING: Final = (":", "：", ",", "，", "、", "،")
_WIDE: Final = frozenset("（「『【《“")
_FAR: Final = 160  # characters; a mark that was opened longer ago is a mistake


class EndMark(NamedTuple):
    """A mark in the text that has arrived so far."""

    conversation: Language | None
    before: str  # the sentence before the mark, at most its last characters
    mark: str
    tail: str
    after: str  # the text after the white space; "" if none has arrived yet
    spaced: bool
    needs_no_space: bool  # whether a sentence may follow at once
    in_table: bool
    quoted: bool  # whether the mark ends a quotation
    strong: bool  # whether the mark is more than dots
    end: int  # where the sentence would end

    @property
    def language(self) -> Language:
        return language_of(self.before[-SCRIPT_REACH:], self.conversation)


def place_of(text: str, mark: re.Match[str], language: Language | None) -> EndMark:
    """Describe `mark`, a match of MARK in `text`, which begins with the sentence in question."""
    start, end = mark.span()
    begin = end + 1
    if text[end:begin] != " " or not text[begin : begin + 1].isalnum():  # mostly a word follows
        opens = text.startswith('"', end) and text.count('"', max(0, end - REACH), end) % 2 == 0
        between = next((_NO_TAIL if opens else _TAIL).finditer(text, end))
        end, begin = between.end(1), between.end()
    sign, before, tail = mark[0], text[max(0, start - REACH) : start], text[mark.end() : end]
    after = "" if _OPEN_TAIL.fullmatch(text, end) else text[begin : begin + LOOKAHEAD]
    strong = bool(sign.strip(".…"))
    wide = strong and after[:1] > "\u2e7f" and after[:1].isalpha()  # 好的!我来
    spaced = begin > end or text[end : end + 1] in NEWLINES
    at_once = wide or sign[-1] in AT_ONCE or bool(tail and _HAS_EMOJI.search(tail))
    table, quoted = text[:8].lstrip()[:1] in _BARS, bool(tail) and not _QUOTES.isdisjoint(tail)
    # By their places, which is faster than by names.
    return EndMark(language, before, sign, tail, after, spaced, at_once, table, quoted, strong, end)


def inside(text: str) -> bool:
    """Return whether a mark of the last characters is still open at the end of `text`."""
    expected: list[str] = []
    for sign, joined in _PAIRED.findall(text, max(0, len(text) - _FAR)):
        if expected and sign in expected[-1]:
            expected.pop()
        elif sign in _CLOSES and (sign in _WIDE or not joined):
            expected.append(_CLOSES[sign])
    return bool(expected)


def quotation_is_introduced(text: str, *, spaced: bool) -> bool:
    """Return whether words introduce the quotation that ends `text`: she said, "Yes.".

    Then the sentence is over. Without such words, as after 「はい。」, the speaker may still be named.
    Where no white space follows the quotation, only a colon or a comma introduces it.
    """
    for opening in reversed(list(_PAIRED.finditer(text, max(0, len(text) - _FAR)))):
        if opening[0] in _OPENING:
            before = text[: opening.start()].rstrip()
            return before.endswith(_INTRODUCING) or (spaced and any(map(str.isalnum, before)))
    return False
