"""The lines of a reply: headings, lists, quotes, code blocks, tables.

A reply comes in pieces, and a code block or a table extends over many of them: what a line is
depends on the lines before it. Each piece is taken to begin a line.
"""

import re
from typing import NamedTuple

from common.text.language import Language
from common.text.pieces import MOST_BYTES
from common.text.spoken.rules import table

_QUOTE = re.compile(r"(?:>(?![\d=])[ \t]?)+")
_BULLET = re.compile(r"[-*+•‣◦▪–→➜►▶][ \t]++(?:\[([ xX])\][ \t]++)?")
_NUMBERED = re.compile(
    r"(?!\(?\d{1,4}\)[ \t]*\d{3})(?!\d{1,2}\. [^\W\d_]{3,12}\.?,? \d{4})"  # a telephone number, a date
    r"\(?(\d{1,3})[.)]++[ \t]++(?=\S)"
)
_HEADING = re.compile(r"(?:#{1,6}(?:\s+|$))++")
_SEPARATOR = re.compile(r"(?=[^-]*+-)(?=[^|]*+\|)[|:\-\s]++$")
_SILENT = re.compile(  # rules, and definitions of links
    r"(?:[-*_=][ \t]*+){3,}+$|=++$|\[[^\]\s]{1,80}\]:[ \t]*+<?(?:[a-z]{1,10}://|[/#])"
)
_BARS = str.maketrans("│┃║┌├└╔╠╚╭╰┬╦┳┼╬╋┴╩┻┐┤┘╗╣╝╮╯─━═", "|" * 28 + "---")  # of drawn boxes
_BOX = re.compile("[\u2500-\u257f]")
_OPENING = re.compile(
    r"(?:>\s?|[-*+] )*(?:(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*|[^`]*(`{3,})([\w+#]*)[ \t]*)"
)
_CAPITALS = """Python JavaScript TypeScript shell PowerShell JSON YAML TOML XML HTML CSS SQL C Java
  Kotlin Go Rust Ruby PHP Swift R Scala Lua Perl Terraform GraphQL Haskell Matlab Dart Elixir"""
_LANGUAGES = {name.lower(): name for name in _CAPITALS.split()} | table("""py Python|python3 Python
  |js JavaScript|jsx JavaScript|ts TypeScript|tsx TypeScript|sh shell|bash shell|zsh shell|console shell
  |yml YAML|scss CSS|cpp C plus plus|c++ C plus plus|cs C sharp|csharp C sharp|c# C sharp|f# F sharp
  |golang Go|rs Rust|rb Ruby|tf Terraform|hcl Terraform|dockerfile Docker""")
_DISPLAY = re.compile(r"(?:\$\$(?=\\|$)|\\\[)(?!.*(?:\$\$|\\\]))")  # a formula on lines of its own
_STOPPED = tuple(".!?…:;,。！？；：、।—")
_CLOSING = "*_~`\"'”’»)] \t"


class _Line(NamedTuple):
    """The spoken text of a line. `apart`: the voice rests before and after it."""

    text: str = ""
    apart: bool = True


class Blocks:
    """The lines of one reply, read piece by piece. What is said still has markdown in it."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._fence = ""
        self._display = False  # whether the lines are in a displayed formula
        self._table = False
        self._row_open = False
        self._address = False  # whether the piece before was cut within an address

    def read(self, piece: str) -> str:
        """Return what is said of the next piece."""
        lines = (piece.partition(" ")[2] if self._address else piece).splitlines() or [""]
        whole = len(piece.encode(errors="replace")) > MOST_BYTES - 4 and " " not in piece
        self._address = whole and (self._address or "://" in piece)
        said, rest = [""], False
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            for text, apart in self._line(line.strip(), following):
                said[-1] = self._stopped(said[-1]) if rest or apart else said[-1]
                said += [text] if text else []
                rest = apart
        said[-1] = self._stopped(said[-1]) if rest else said[-1]
        return " ".join(said).lstrip()

    def _stopped(self, text: str) -> str:
        stopped = text.rstrip(_CLOSING).endswith(_STOPPED) or not text.rstrip(_CLOSING)
        return text if stopped else text.rstrip() + self._language.full_stop

    def _line(self, line: str, following: str | None) -> list[_Line]:
        if self._fence:
            return self._in_code(line)
        if self._display or _DISPLAY.match(line):
            self._display = not self._display or not (not line or "$$" in line or r"\]" in line)
            return [_Line(f"$${line}$$" if (line := line.strip("$")) else "")]
        if quote := _QUOTE.match(line):
            line = line[quote.end() :].lstrip()
        row = line.translate(_BARS) if _BOX.search(line) else line
        if (self._table or "|" in row) and (said := self._tabular(row, following)):
            return said
        if code := opening(line):
            self._fence, language, start = code
            before, phrases = line[:start].lstrip(">*+- \t").rstrip(), self._language.said
            announced = phrases.code_in.format(language) if language else phrases.code
            return [*([_Line(before, apart=False)] if before else []), _Line(announced)]
        return [_Line() if _SILENT.match(line) else self._prose(line)]

    def _in_code(self, line: str) -> list[_Line]:
        """Say only what stands after the end of the code."""
        if not closes(line, self._fence):
            return [_Line()]
        rest = line.lstrip(self._fence[0]).strip() if line.startswith(self._fence) else ""
        self._fence = ""
        return [_Line(), *self._line(rest, None)] if rest else [_Line()]

    def _tabular(self, row: str, following: str | None) -> list[_Line]:
        """Announce a table: a row of dashes here or next, or two rows that begin with "| ".

        Return nothing for a line that is no row: rows may come in pieces.
        """
        if self._table:
            self._table = self._row_open or "|" in row
            self._row_open = not row.endswith("|") and (self._row_open or row.startswith("|"))
            return [_Line()] if self._table else []
        after = "|" if following is None else following.strip()
        rows = "|" in after and row.startswith(("| ", "|\t")) and row.count("|") > 1
        if not (rows or _SEPARATOR.match(row) or _SEPARATOR.match(after)):
            return []
        self._table = True
        self._row_open = row.startswith("|") and not row.endswith("|")
        phrases = self._language.said
        columns = row.removeprefix("|").removesuffix("|").replace(r"\|", "").count("|") + 1
        return [_Line((phrases.table if self._row_open else phrases.table_of).format(columns))]

    def _prose(self, line: str) -> _Line:
        if heading := _HEADING.match(line):
            return _Line(self._prose(line[heading.end() :].rstrip("#").rstrip()).text)
        if bullet := _BULLET.match(line):
            text = line[bullet.end() :]
            done = text and (bullet[1] or "").strip()
            return _Line(self._language.said.done.format(text) if done else text)
        if number := _NUMBERED.match(line):
            counts = self._language.ordinal_digits
            return _Line(line if counts else f"{number[1]}: {line[number.end() :]}")
        return _Line(line, apart=not line)


def opening(line: str) -> tuple[str, str, int] | None:
    """Return the fence that a line opens, the programming language, and where the fence stands."""
    found = _OPENING.fullmatch(line) if "```" in line or "~~~" in line else None
    if not found:
        return None
    fence = 1 if found[1] else 3
    language = _LANGUAGES.get(found[fence + 1].lower().strip("{}."), "")
    return found[fence], language, found.start(fence)


def closes(line: str, fence: str) -> bool:
    """Return whether a line ends the block of `fence`. Where breaks were lost, more stands in it."""
    after = line.lstrip(fence[0])[:1] if line.startswith(fence) else "x"
    return not after.strip() or line.endswith(fence)
