"""How the demo looks: 80 columns, and colours where somebody looks at a terminal."""

import os
import sys
import textwrap
from collections.abc import Mapping
from typing import TextIO

WIDTH = 80
INDENT = "   "
ROOM = 2
"""Columns that a word leaves free, for the comma or the quote that may follow it."""
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def coloured(out: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """On a terminal that takes them, unless `NO_COLOR` says no (https://no-color.org)."""
    wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return out.isatty() and wanted


class Page:
    def __init__(self, out: TextIO = sys.stdout, *, colours: bool | None = None) -> None:
        self._out = out
        self._colours = coloured(out) if colours is None else colours
        self._steps = 0
        self._column = 0

    def title(self, text: str, under: str) -> None:
        self._write(f"{self._styled(text, 'bold')}\n{self._styled(under, 'dim')}\n")

    def step(self, what: str) -> None:
        self._steps += 1
        self._write(f"\n{self._styled(f'{self._steps}  {what}', 'bold')}\n")

    def line(self, text: str, style: str = "") -> None:
        for part in textwrap.wrap(text, WIDTH - len(INDENT)):
            self._write(f"{INDENT}{self._styled(part, style)}\n")

    def row(self, *cells: str) -> None:
        """A first column for names, and narrow ones for figures."""
        name, *figures = cells
        self._write(f"{INDENT}{name:<18}{''.join(f'{figure:>11}' for figure in figures)}\n")

    def short(self, text: str, after: str = "") -> None:
        """One line whatever happens: the text gives way to what comes after it."""
        room = WIDTH - len(INDENT) - len(after) - 1
        shown = text if len(text) <= room else f"{text[: room - 3].rstrip()}..."
        self._write(f"{INDENT}{shown} {self._styled(after, 'dim')}\n")

    def token(self, text: str, style: str = "") -> None:
        """A piece of a text that is still being written, broken between words."""
        word = text.startswith((" ", "["))
        if self._column + len(text) > WIDTH - (ROOM if word else 0):
            self.end_text()
        if self._column == 0:
            text = INDENT + text.lstrip()
        self._column += len(text)
        self._write(self._styled(text, style))

    def end_text(self) -> None:
        if self._column:
            self._write("\n")
        self._column = 0

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and self._colours else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
