"""Split a text into sentences while it is being written."""

import re
from typing import Final

from common.text.languages import find
from common.text.script import language_code
from common.text.sentences.boundary import complete, judge, likely
from common.text.sentences.end_marks import MARK
from common.text.sentences.quotes import inside

_CLAUSE: Final = r"(?:[,;:–—]|(?<=\s)-)[\"'”’»*_)]*(?=\s)|[，、；：—]+(?=[\w“「『《])"
"""Compiled at the first use: first clauses are seldom asked for."""


class Sentences:
    """A stream of text in, whole sentences out.

    A sentence is released as soon as it is certain that it is over: at the first token of the next
    word, or at once where a line ends. The pieces are the text without the white space around
    sentences, and do not depend on how many tokens arrive at once. A piece may have nothing to say
    (a rule, a fence, an emoji on a line of its own).

    `language` is ISO 639. Without one, and where the text is in another script, the script decides.
    With a `first_clause` the first piece may be a clause of at least so many characters.
    """

    def __init__(self, language: str | None, first_clause: int = 0) -> None:
        code = language_code(language)
        self._language = find(code) if code else None
        self._first_clause = first_clause
        self._text = ""
        self._from = 0
        """The position at which the search for the next mark begins. No sentence ends before it."""

    def feed(self, text: str) -> list[str]:
        """Add text. Return the sentences that are certainly over."""
        self._text += text
        return self._release()

    def pause(self) -> list[str]:
        """Return what ends like a sentence, because the writer has stopped for a while."""
        mark = MARK.search(self._text, self._from)
        if mark is None or not complete(self._text, mark, self._language):
            return []
        return self._rest()

    def likely(self) -> str:
        """Return the sentence that most likely ends here, so that its speech can be prepared.

        Return "" where there is none, or where too little tells it.
        """
        mark = MARK.search(self._text, self._from)
        if mark is None or not likely(self._text, mark, self._language):
            return ""
        return self._text.strip()

    def end(self) -> list[str]:
        """Return all that is left."""
        self._text += "\n"
        return [*self._release(), *self._rest()]

    def _release(self) -> list[str]:
        pieces: list[str] = []
        while end := self._next_end():
            pieces.append(self._text[:end].strip())
            self._text, self._from = self._text[end:], 0
            if pieces[-1]:
                self._first_clause = 0
        return [piece for piece in pieces if piece]

    def _next_end(self) -> int:
        """Return where the first sentence or clause ends that is certainly over; 0 if none is."""
        while mark := MARK.search(self._text, self._from):
            if end := self._clause_end(mark.start()):
                return end
            verdict = judge(self._text, mark, self._language)
            if isinstance(verdict, int):
                return verdict
            self._from = mark.start() if verdict == "wait" else mark.end()
            if verdict == "wait":
                return 0
        self._from = len(self._text)
        return self._clause_end(len(self._text))

    def _clause_end(self, before: int) -> int:
        if not self._first_clause:
            return 0
        clauses = re.compile(_CLAUSE).finditer(self._text, self._first_clause, before + 1)
        ends = (c.end() for c in clauses if c.end() <= before and not inside(self._text[: c.end()]))
        return next(ends, 0)

    def _rest(self) -> list[str]:
        rest, self._text, self._from = self._text.strip(), "", 0
        self._first_clause = 0 if rest else self._first_clause
        return [rest] if rest else []
