"""Output of the demo: 80 columns, and colours on a terminal."""

import os
import sys
import textwrap
from collections.abc import Mapping
from typing import TextIO

WIDTH = 80
INDENT = "   "
RESERVED_COLUMNS = 2
"""Columns that a word leaves free for a comma or a quotation mark that may follow."""
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def use_colours(out: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to use colours: on a terminal, unless `NO_COLOR` is set (https://no-color.org)."""
    wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return out.isatty() and wanted


class TerminalPage:
    """Writes titles, lines, rows and streamed text. `colours` None: on a terminal only."""

    def __init__(self, out: TextIO = sys.stdout, *, colours: bool | None = None) -> None:
        self._out = out
        self._colours = use_colours(out) if colours is None else colours
        self._steps = 0
        self._column = 0

    def title(self, text: str, below: str) -> None:
        self._write(f"{self._style(text, 'bold')}\n{self._style(below, 'dim')}\n")

    def step(self, text: str) -> None:
        """Write a numbered heading."""
        self._steps += 1
        self._write(f"\n{self._style(f'{self._steps}  {text}', 'bold')}\n")

    def line(self, text: str, style: str = "") -> None:
        for part in textwrap.wrap(text, WIDTH - len(INDENT)):
            self._write(f"{INDENT}{self._style(part, style)}\n")

    def row(self, *cells: str) -> None:
        """Write a row of a table: a wide first column for the name, narrow ones for figures."""
        name, *figures = cells
        self._write(f"{INDENT}{name:<18}{''.join(f'{figure:>11}' for figure in figures)}\n")

    def short_line(self, text: str, after: str = "") -> None:
        """Write one line. The text is shortened so that `after` fits."""
        width = WIDTH - len(INDENT) - len(after) - 1
        shown = text if len(text) <= width else f"{text[: width - 3].rstrip()}..."
        self._write(f"{INDENT}{shown} {self._style(after, 'dim')}\n")

    def token(self, text: str, style: str = "") -> None:
        """Append a token of a streamed text. Lines are broken between words."""
        is_word = text.startswith((" ", "["))
        if self._column + len(text) > WIDTH - (RESERVED_COLUMNS if is_word else 0):
            self.end_text()
        if self._column == 0:
            text = INDENT + text.lstrip()
        self._column += len(text)
        self._write(self._style(text, style))

    def end_text(self) -> None:
        if self._column:
            self._write("\n")
        self._column = 0

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and self._colours else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
