"""End marks in a text, and what stands around them."""

import re
from typing import Final, NamedTuple

from common.text.script import language_of

AT_ONCE: Final = "。！？｡．।॥։።፧။؟۔‼⁇⁈⁉"
"""End marks that need no white space after them."""
NEWLINES: Final = "\n\r\u2028\u2029"
_MUTE: Final = r"\0-/:-@\[-`{-\xbf\u2000-\u2fff\U0001f000-\U0001faff"
"""What is neither a letter nor a digit."""
_FACES: Final = "\U0001f600-\U0001f64f\U0001f389\U0001f38a\U0001f44b-\U0001f44f\u2728"
_FACE: Final = re.compile(f"[{_FACES}]")
MARK: Final = re.compile(
    f"[{NEWLINES}.!?…;{AT_ONCE}{_FACES}](?:(?<=[{NEWLINES}])"
    f"|(?<=[.!?…;{AT_ONCE}])[.!?…;{AT_ONCE}]{{0,39}}"
    f"|(?:(?<=[^{_MUTE}].)|(?<=[^{_MUTE}] .))(?<=[{_FACES}])[{_FACES}]{{0,39}})"
)
"""A smile behind a word may be a full stop as well: くださいね😊いってらっしゃい. What stands longer in
a row is no punctuation; and nothing is read twice for its sake. It begins with one set of signs,
which is what makes the search quick."""

REACH: Final = 400
"""Characters of the sentence, and LOOKAHEAD after it, that any rule looks at."""
LOOKAHEAD: Final = 24

_EMOJI: Final = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
)
_QUOTES: Final = '"”’»«›‹“」』'
_TAIL: Final = re.compile(
    rf"(?:[\"”’»«›‹」』'）)\]】》}}*_~`]|\[\d{{1,3}}\]|[ \u00a0\u202f](?=[»›])|(?<=[.!?…])“(?=[\s.,!?])"
    rf"|[ \t]*[{_EMOJI}]|[ \t]*[:;]-?[)(DP](?!\w)){{0,40}}"
)
"""What stays with the sentence that it closes: quotes, brackets, markup, [1], emoji, :-). The sign
“ closes in German alone, and opens elsewhere."""
_UNFINISHED_TAIL: Final = re.compile(r"(?<=[.!?…])“|[ \t]*[:;]-?[)(DP]?|\[\d{0,3}")
_SPACE: Final = re.compile(r"[^\S\n\r\u2028\u2029]*")


class EndMark(NamedTuple):
    """A mark in its text, as far as the text is there."""

    language: str
    before: str
    """The sentence so far, at most its last few hundred characters."""
    mark: str
    tail: str
    after: str
    """From the first sign that is not white space; empty if it is not there yet."""
    spaced: bool
    in_table: bool
    end: int
    """Where the sentence would end."""

    @property
    def strong(self) -> bool:
        """More than dots."""
        return any(sign not in ".…" for sign in self.mark)

    @property
    def elliptic(self) -> bool:
        return not self.strong and self.mark != "."

    @property
    def smiling(self) -> bool:
        return _FACE.match(self.mark) is not None

    @property
    def quoted(self) -> bool:
        return any(sign in _QUOTES for sign in self.tail)

    @property
    def needs_no_space(self) -> bool:
        if self.mark[-1] in AT_ONCE or re.search(f"[{_EMOJI}]", self.tail):
            return True
        return self.strong and self.after[0] > "\u2e7f" and self.after[0].isalpha()  # 好的!我来


def place_of(text: str, mark: re.Match[str], language: str | None) -> EndMark:
    """Of a match of MARK in `text`, which begins with the sentence in question."""
    end = _tail_end(text, mark.end())
    space = _SPACE.match(text, end)
    begin = space.end() if space else end
    unfinished = _UNFINISHED_TAIL.fullmatch(text, end)
    before = text[max(0, mark.start() - REACH) : mark.start()]
    return EndMark(
        language=language_of(before, language),
        before=before,
        mark=mark[0],
        tail=text[mark.end() : end],
        after="" if unfinished else text[begin : begin + LOOKAHEAD],
        spaced=begin > end or text[end : end + 1] in NEWLINES,
        in_table=text[:8].lstrip().startswith("|"),
        end=end,
    )


def _tail_end(text: str, start: int) -> int:
    if text.startswith('"', start) and text.count('"', max(0, start - REACH), start) % 2 == 0:
        return start  # it opens what comes
    tail = _TAIL.match(text, start)
    return tail.end() if tail else start
