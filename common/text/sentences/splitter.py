"""Split a text into sentences while it is being written."""

import re
from typing import Final

from common.text.languages import find
from common.text.pieces import bounded
from common.text.script import language_code
from common.text.sentences.boundary import complete, judge, likely
from common.text.sentences.end_marks import LINE_END, MARK, PHRASE_END
from common.text.sentences.quotes import inside
from common.text.spoken.fences import closes, opening
from common.text.visible import VisibleText

_CLAUSE: Final = r"(?:[,;:–—]|(?<=\s)-)[\"'”’»*_)]*(?=\s)|[，、；：—]+(?=[\w“「『《])"
"""Compiled at the first use: first clauses are seldom asked for."""
_PORTION: Final = 1_000
"""Characters that are read at a time. Then the time is proportional to the length of the text."""
_MOST: Final = 2_000
"""Characters of an address or a number. The rest of it is dropped."""
_MUCH_SPACE: Final = 40
_WORDS: Final = re.compile(r"[^.!?;\n\r\u0530-\U0010ffff]*")
_BUFFERED: Final = (
    100  # characters of words that are read together, because no sentence ends in them
)
_PHRASE: Final = 40  # characters after which a space ends a piece in scripts that have no full stop


class Sentences:
    """A stream of text in, whole sentences out.

    A sentence is released as soon as it is certain that it is over: at the first token of the next
    word, or at once where a line ends. After an abbreviation it waits for the whole next word. What
    becomes longer than a voice takes is cut (`pieces.py`). The pieces do not depend on how the text
    is cut into tokens. They are the text without what is not for people (`visible.py`) and without
    the white space around sentences. A piece may have nothing to say (a rule, a fence, an emoji).

    `language` is ISO 639. Without one, and where the text is in another script, the script decides.
    With a `first_clause` the first piece may be a clause of at least so many characters.
    """

    def __init__(self, language: str | None, first_clause: int = 0) -> None:
        code = language_code(language)
        self._language = find(code) if code else None
        self._first_clause = first_clause
        self._visible = VisibleText()
        self._buffer = self._text = ""
        self._buffers = False  # whether all of the text was searched
        self._from = 0  # where the search for the next mark begins: no sentence ends before
        self._fence = ""  # what closes the code block, inside which only lines end
        self._dropping = False

    def feed(self, text: str) -> list[str]:
        """Add text. Return the sentences that are certainly over."""
        if self._buffers and _WORDS.fullmatch(text):
            self._buffer += text
            if len(self._buffer) < _BUFFERED:
                return []
            text = ""
        return self._add(self._visible.feed(self._buffer + text))

    def pause(self) -> list[str]:
        """Return what ends like a sentence, because the writer has stopped for a while."""
        mark = MARK.search(self._text, self._from)
        return self._rest() if mark and complete(self._text, mark, self._language) else []

    def likely(self) -> str:
        """Return the sentence that most likely ends here, so that its speech can be prepared.

        Return "" where there is none, or where too little tells it.
        """
        mark = MARK.search(self._text, self._from)
        return self._text.strip() if mark and likely(self._text, mark, self._language) else ""

    def end(self) -> list[str]:
        """Return all that is left."""
        visible = self._visible.feed(self._buffer) + self._visible.end()
        return [*self._add(visible + "\n"), *self._rest()]

    def _add(self, text: str) -> list[str]:
        pieces: list[str] = []
        for start in range(0, len(text), _PORTION):
            self._text += self._needed(text[start : start + _PORTION])
            while end := self._next_end():
                piece, self._text = self._text[:end].strip(), self._text[end:]
                self._from = 0
                if piece:
                    pieces.append(piece)
                    self._first_clause = 0
                    self._follow_code(piece)
        self._buffer = ""
        self._buffers = self._from == len(self._text) and not self._first_clause
        return pieces

    def _needed(self, text: str) -> str:
        """Drop the rest of an endless address, and endless spaces."""
        if self._dropping:
            text = re.sub(r"\A\S+", "", text)
            self._dropping = not text
        endless = len(self._text) >= _MUCH_SPACE and self._text[-_MUCH_SPACE:].isspace()
        return text.lstrip(" \t\xa0") if endless else text

    def _next_end(self) -> int:
        """Return where the first sentence or clause ends that is certainly over; 0 if none is."""
        while mark := (LINE_END if self._fence else MARK).search(self._text, self._from):
            if end := self._early_end(mark.start()):
                return end
            verdict = judge(self._text, mark, self._language)
            if isinstance(verdict, int):
                return bounded(self._text[:verdict]) or verdict
            self._from = mark.start() if verdict == "wait" else mark.end()
            if verdict == "wait":
                return 0
        self._from = len(self._text)
        end = self._early_end(self._from)
        self._dropping = not end and self._from > _MOST
        return self._from if self._dropping else end

    def _early_end(self, before: int) -> int:
        """Return where a clause or a phrase ends, or where a text that is too long is cut."""
        if self._first_clause:
            for clause in re.compile(_CLAUSE).finditer(self._text, self._first_clause, before + 1):
                if clause.end() <= before and not inside(self._text[: clause.end()]):
                    return clause.end()
        if before <= _PHRASE:
            return 0
        text = self._text[:before]
        if not text.isascii() and (phrase := PHRASE_END.search(self._text, _PHRASE, before + 1)):
            return phrase.end()
        return bounded(text)

    def _follow_code(self, piece: str) -> None:
        if self._fence:
            self._fence = "" if closes(piece, self._fence) else self._fence
        elif found := opening(piece):
            self._fence = found[0]

    def _rest(self) -> list[str]:
        rest, self._text, self._from = self._text.strip(), "", 0
        self._first_clause = 0 if rest else self._first_clause
        return [rest] if rest else []
