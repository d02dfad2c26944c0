"""The lines of a reply: headings, lists, quotes, code blocks, tables.

A reply comes in pieces, and a code block or a table goes over many of them: what a line is depends
on the lines before it. Each piece is assumed to begin a line.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from common.text.language import Language
from common.text.spoken.programming import PROGRAMMING
from common.text.spoken.rules import compiled

_FENCE = r"(`{3,}+|~{3,}+)[ \t]*+([^\s`]*+)[^`]*+$"
_FENCE_AT_END = r"[^`]++(`{3,}+)([A-Za-z0-9+#]*+)[ \t]*+$"
_QUOTE = r"(?:>(?![\d=])[ \t]?)+"
_BULLET = r"(?:[-*+•‣◦▪–][ \t]++)(?:\[([ xX])\][ \t]++)?"
_NUMBERED = r"(?!\(\d{3})\(?(\d{1,3})[.)][ \t]++(?=\S)"
_HEADING = r"#{1,6}(?=\s|$)"
_RULE = r"(?:[-*_=][ \t]*+){3,}+$|=++$"
_SEPARATOR = r"(?=[^-]*+-)(?=[^|]*+\|)[|:\-\s]++$"
_DEFINITION = r"\[[^\]\s]{1,80}\]:[ \t]*+<?(?:[a-z]{1,10}://|[/#])"

_STOPPED = tuple(".!?…:;,。！？；：、।—")
_CLOSING = "*_~`\"'”’»)] \t"


class _Line(NamedTuple):
    """`apart`: it stands for itself, so that the voice must rest before and after it."""

    text: str
    apart: bool = False


_NOTHING = _Line("", apart=True)


class Blocks:
    """The lines of one reply, piece by piece. Returns the text to be said, with its inline markdown."""

    def __init__(self, language: Language) -> None:
        self._phrases = language.phrases
        self._language = language
        self._stop = language.full_stop
        self._fence = ""
        self._table = False
        self._row_open = False

    def read(self, piece: str) -> str:
        lines = piece.splitlines() or [""]
        following = [*lines[1:], None]
        read = [
            said
            for line, after in zip(lines, following, strict=True)
            for said in self._line(line.strip(), after)
        ]
        return " ".join(self._joined(read))

    def _joined(self, lines: Iterable[_Line]) -> list[str]:
        said: list[str] = []
        apart = False
        for line in lines:
            if (line.apart or apart) and said:
                said[-1] = self._stopped(said[-1])
            if line.text:
                said.append(line.text)
            apart = line.apart
        if apart and said:
            said[-1] = self._stopped(said[-1])
        return said

    def _stopped(self, text: str) -> str:
        core = text.rstrip(_CLOSING)
        return text if not core or core.endswith(_STOPPED) else text.rstrip() + self._stop

    def _line(self, line: str, following: str | None) -> list[_Line]:
        if self._fence:
            return self._in_code(line)
        if quote := compiled(_QUOTE).match(line):
            line = line[quote.end() :].lstrip()
        if self._table or "|" in line:
            silent, announced = self._tabular(line, following)
            if silent:
                return announced
        if fence := compiled(_FENCE).match(line):
            return [self._code_begins(fence)]
        if fence := compiled(_FENCE_AT_END).match(line):
            return [_Line(line[: fence.start(1)].rstrip()), self._code_begins(fence)]
        if compiled(_RULE).match(line) or compiled(_DEFINITION).match(line):
            return [_NOTHING]
        return [self._prose(line)]

    # ── code ─────────────────────────────────────────────────────────────────────────────────────

    def _code_begins(self, fence: re.Match[str]) -> _Line:
        self._fence = fence[1]
        name = fence[2].lower().strip("{}.")
        language = PROGRAMMING.get(name)
        said = self._phrases.code_in.format(language) if language else self._phrases.code
        return _Line(said, apart=True)

    def _in_code(self, line: str) -> list[_Line]:
        """Skip a line of code.

        A fence closes alone on its line. If pieces have lost the line's break, the text behind the
        fence, after a space, is prose again.
        """
        mark = self._fence
        if line.startswith(mark):
            rest = line.lstrip(mark[0])
            if not rest or rest[0].isspace():
                self._fence = ""
                return [_NOTHING, *self._line(rest.strip(), None)]
        elif line.endswith(mark):
            self._fence = ""
        return [_NOTHING]

    # ── tables ───────────────────────────────────────────────────────────────────────────────────

    def _tabular(self, line: str, following: str | None) -> tuple[bool, list[_Line]]:
        """Return whether the line belongs to a table, and the lines to say. The first announces it."""
        if self._table:
            row = "|" in line or self._row_open
            self._row_open = "|" in line and line.startswith("|") and not line.endswith("|")
            self._table = row
            return row, [_NOTHING]
        if not _begins_table(line, following):
            return False, []
        self._table = True
        whole = line.endswith("|") or not line.startswith("|")
        self._row_open = not whole
        phrase = self._phrases.table_of if whole else self._phrases.table
        return True, [_Line(phrase.format(_columns(line)), apart=True)]

    # ── prose ────────────────────────────────────────────────────────────────────────────────────

    def _prose(self, line: str) -> _Line:
        if heading := compiled(_HEADING).match(line):
            return _Line(line[heading.end() :].strip().rstrip("#").rstrip(), apart=True)
        if bullet := compiled(_BULLET).match(line):
            return _Line(self._item(line[bullet.end() :], bullet[1] or ""), apart=True)
        if number := compiled(_NUMBERED).match(line):
            if self._language.sentences.ordinal_digits:
                return _Line(line, apart=True)
            return _Line(f"{number[1]}: {line[number.end() :]}", apart=True)
        return _Line(line, apart=not line)

    def _item(self, text: str, box: str) -> str:
        return self._phrases.done.format(text) if box.strip() and text else text


def _begins_table(line: str, following: str | None) -> bool:
    """Return whether a table begins: by a row of dashes, or by a line with two bars or more."""
    separator = compiled(_SEPARATOR)
    if separator.match(line) or (following is not None and separator.match(following.strip())):
        return True
    next_may_be = following is None or "|" in following
    return next_may_be and line.startswith(("| ", "|\t")) and line.count("|") > 1


def _columns(row: str) -> int:
    inner = row.removeprefix("|").removesuffix("|")
    return inner.replace(r"\|", "").count("|") + 1
