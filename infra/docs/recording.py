"""Run `make demo` and write its output, with its timing, to `docs/demo.svg`.

`python -m infra.docs.recording`. The picture plays once and then shows the whole output.
"""

import asyncio
import io
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from infra.docs.openapi import DOCUMENT
from infra.local.demo.__main__ import show
from infra.local.demo.terminal import STYLES, WIDTH, TerminalPage

PICTURE = DOCUMENT.parent / "demo.svg"
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 19, 16
"""Pixels."""
STEP_SECONDS = 0.1
"""Text of one line that is written within this time appears together."""
STYLE_NAMES = {code: name for name, code in STYLES.items()}
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="Output of make demo">
<style>
  text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d6deeb; \
white-space: pre; animation: appear 0s both; }}
  .bold {{ font-weight: bold; fill: #ffffff; }}
  .dim {{ fill: #8b98b1; }}
  .red {{ fill: #ff6b6b; }}
  .green {{ fill: #8fd694; }}
  .cyan {{ fill: #7fdbff; }}
  @keyframes appear {{ from {{ opacity: 0; }} }}
  @media (prefers-reduced-motion) {{ text {{ animation: none; }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1424"/>
"""


@dataclass
class TextRun:
    """Text of one style in one line, that appears at once."""

    seconds: float
    row: int
    column: int
    style: str
    text: str

    def follows(self, other: "TextRun") -> bool:
        """Return whether this piece can be appended to the other one."""
        together = self.seconds - other.seconds < STEP_SECONDS
        return together and (self.row, self.style, self.column) == (
            other.row,
            other.style,
            other.column + len(other.text),
        )


class Recorder(io.StringIO):
    """A terminal that keeps what is written, and when."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._row = self._column = 0
        self.pieces: list[TextRun] = []

    def write(self, text: str) -> int:
        seconds, style = time.monotonic() - self._began, ""
        for code, line_end, words in re.findall(r"\x1b\[(\d+)m|(\n)|([^\x1b\n]+)", text):
            if line_end:
                self._row, self._column = self._row + 1, 0
            elif words:
                self._add(TextRun(seconds, self._row, self._column, style, words))
            else:
                style = STYLE_NAMES.get(code, "")
        return len(text)

    def _add(self, piece: TextRun) -> None:
        self._column += len(piece.text)
        if self.pieces and piece.follows(self.pieces[-1]):
            self.pieces[-1].text += piece.text
        else:
            self.pieces.append(piece)


def render(pieces: list[TextRun]) -> str:
    """Return the SVG document."""
    rows = max(piece.row for piece in pieces) + 1
    width = round(WIDTH * CELL_WIDTH + 2 * MARGIN)
    height = rows * CELL_HEIGHT + 2 * MARGIN
    return "".join([HEAD.format(width=width, height=height), *_texts(pieces), "</svg>\n"])


def _texts(pieces: list[TextRun]) -> Iterator[str]:
    for piece in pieces:
        blank = len(piece.text) - len(piece.text.lstrip())
        text = piece.text.strip()
        if text:
            x = MARGIN + (piece.column + blank) * CELL_WIDTH
            y = MARGIN + piece.row * CELL_HEIGHT + 14
            style = f' class="{piece.style}"' if piece.style else ""
            yield (
                f'<text{style} x="{x:.1f}" y="{y}" textLength="{len(text) * CELL_WIDTH:.1f}"'
                f' style="animation-delay:{piece.seconds:.1f}s">{escape(text)}</text>\n'
            )


def main() -> int:
    recorder = Recorder()
    code = asyncio.run(show(TerminalPage(recorder, colours=True)))
    if code == 0:
        PICTURE.write_text(render(recorder.pieces), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
