"""Split a text into sentences while it is being written."""

import re
from typing import Final

from common.text.languages import find, language_code
from common.text.pieces import MOST_BYTES, bounded
from common.text.sentences.boundary import complete, judge, likely
from common.text.sentences.end_marks import LINE_END, MARK, NEWLINES, PHRASE_END, STOP, inside
from common.text.spoken.blocks import closes, opening
from common.text.visible import VisibleText

_CLAUSE: Final = re.compile(r"(?:[,;:–—]|(?<=\s)-)[\"'”’»*_)]*(?=\s)|[，、；：—]+(?=[\w“「『《])")
_PORTION: Final = re.compile("(?s).{1,1000}")  # read at a time, so that the time is linear
_MOST_MARKS: Final = 40  # end marks inside a sentence; a text with more of them is no prose
_PHRASE: Final = 40  # characters after which a space ends a piece in scripts that have no full stop


class Sentences:
    """A stream of text in, whole sentences out.

    A sentence is released as soon as it is certainly over: at the first token of the next word, or
    at once where a line ends. After an abbreviation the whole next word is needed. A sentence that
    is longer than a voice takes is cut (`pieces.py`). The pieces do not depend on the tokens. They
    are the visible text (`visible.py`) without the white space between sentences. A piece may have
    nothing to say (a rule, a fence, an emoji).

    `language` is ISO 639. Without one, and where the text is in another script, the script decides.
    With a `first_clause` the first piece may be a clause of at least so many characters.
    """

    def __init__(self, language: str | None, first_clause: int = 0) -> None:
        code = language_code(language)
        self._language = find(code) if code else None
        self._first_clause = first_clause
        self._visible = VisibleText()
        self._buffer = self._text = ""
        self._from = 0  # where the search for the next mark begins: no sentence ends before
        self._fence = ""  # what closes the code block, inside which only lines end
        self._searched = False  # whether text without a stop can wait in the buffer
        self._room = 0  # bytes of it until the text is read, because it may have to be cut
        self._inner_marks = 0  # end marks in the sentence that do not end it

    def feed(self, text: str) -> list[str]:
        """Add text. Return the sentences that are certainly over."""
        self._buffer = buffer = self._buffer + text
        fits = self._searched and self._room > len(buffer) * (1 if buffer.isascii() else 4)
        stop = STOP.search(text) if fits else None
        if fits and not stop:
            return []
        visible = self._visible.feed(buffer)
        if not visible or (stop and stop.end() == len(text) and stop[0] not in NEWLINES):
            self._text, self._buffer, self._searched = self._text + visible, "", False
            return []  # there is no more to see, or the next word decides whether this is an end
        return self._add(visible)

    def pause(self) -> list[str]:
        """Return what ends like a sentence, because the writer has stopped for a while."""
        mark = self._mark()
        over = mark and complete(self._text, mark, self._language)
        return self._take(len(self._text)) if over else []

    def likely(self) -> str:
        """Return the sentence that most likely ends here, to prepare its speech; "" if unknown."""
        mark = self._mark()
        return self._text.strip() if mark and likely(self._text, mark, self._language) else ""

    def end(self) -> list[str]:
        """Return all that is left."""
        visible = self._visible.feed(self._buffer) + self._visible.end()
        return [*self._add(visible + "\n"), *self._take(len(self._text))]

    def _add(self, text: str) -> list[str]:
        self._buffer = ""
        pieces: list[str] = []
        for portion in _PORTION.findall(text) if len(text) > MOST_BYTES else (text,):
            self._text += portion
            while self._text and (end := self._next_end()):
                pieces += self._take(end)
        held = self._visible.held if not self._text.isascii() else self._visible.held.strip()
        self._searched = self._from == len(self._text) and not (held or self._first_clause)
        if self._searched:
            self._room = max(MOST_BYTES // 4, MOST_BYTES - len(self._text.encode(errors="replace")))
        return pieces

    def _take(self, end: int) -> list[str]:
        """Remove a piece from the text, and return it if there is anything in it."""
        piece, self._text = self._text[:end].strip(), self._text[end:].lstrip(NEWLINES)
        self._from, self._inner_marks = 0, 0
        if piece:
            self._first_clause = 0
            if self._fence:
                self._fence = "" if closes(piece, self._fence) else self._fence
            elif found := opening(piece):
                self._fence = found[0]
        return [piece] if piece else []

    def _mark(self) -> re.Match[str] | None:
        only_lines = self._fence or self._inner_marks > _MOST_MARKS
        return (LINE_END if only_lines else MARK).search(self._text, self._from)

    def _next_end(self) -> int:
        """Return where the first sentence or clause ends that is certainly over; 0 if none is."""
        least = min(self._first_clause or _PHRASE, _PHRASE)
        while mark := self._mark():
            before = mark.start()
            if before >= least and (end := self._early_end(before)):
                return end
            verdict = judge(self._text, mark, self._language)
            if isinstance(verdict, int):
                return bounded(self._text[:verdict]) or verdict
            self._from = before if verdict == "wait" else mark.end()
            if verdict == "wait":
                return 0
            self._inner_marks += 1
        self._from = len(self._text)
        return self._early_end(self._from) if self._from >= least else 0

    def _early_end(self, before: int) -> int:
        """Return where a clause or a phrase ends, or where a text that is too long is cut."""
        if self._first_clause:
            for clause in _CLAUSE.finditer(self._text, self._first_clause, before + 1):
                if clause.end() <= before and not inside(self._text[: clause.end()]):
                    return clause.end()
        text = self._text[:before]
        if not text.isascii() and (phrase := PHRASE_END.search(self._text, _PHRASE, before + 1)):
            return phrase.end()
        return bounded(text)
