"""What every bench measures, and the one table of it."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

HELD: Final = {True: "held", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Row:
    """One figure. `ours` and each of the `rivals` is the median of its runs, in `unit`; a rival that
    could not be measured is not in it. `spread` is the lowest and the highest of our runs. `bar` is
    what was promised ("" where nothing was) and `held` whether it was (None: no bar). `how` says in
    a sentence what was measured. `spreads` are the rivals', where they were taken.
    """

    figure: str
    ours: float
    unit: str
    rivals: dict[str, float]
    spread: tuple[float, float]
    bar: str
    held: bool | None
    how: str
    spreads: dict[str, tuple[float, float]] = field(default_factory=dict)


def middle(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median, and the spread."""
    return statistics.median(values), (min(values), max(values))


def number(value: float) -> str:
    """Three digits that count, whole above a hundred."""
    if value and abs(value) < 100:  # noqa: PLR2004 - as the docstring says
        return f"{value:.3g}"
    return f"{value:,.0f}"


def markdown(rows: Sequence[Row]) -> str:
    """A table with a column for each rival that any row names, in the order they appear."""
    rivals = _rivals(rows)
    head = ["figure", "unit", "ours", *rivals, "bar", ""]
    return _table([head, *(_cells(row, rivals) for row in rows)])


def _cells(row: Row, rivals: Iterable[str]) -> list[str]:
    theirs = [
        _median(row.rivals[name], row.spreads.get(name)) if name in row.rivals else "-"
        for name in rivals
    ]
    ours = _median(row.ours, row.spread)
    return [row.figure, row.unit, ours, *theirs, row.bar, HELD[row.held]]


def _median(value: float, spread: tuple[float, float] | None) -> str:
    if spread is None or spread[0] == spread[1]:
        return number(value)
    return f"{number(value)} ({number(spread[0])} to {number(spread[1])})"


def _rivals(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.rivals))


def _table(cells: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
    rule = ["-" * max(3, width) for width in widths]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )


def hows(rows: Iterable[Row]) -> str:
    """What was measured, a line a figure; what continues a figure ("...") often has nothing to add."""
    seen = {""}
    lines = []
    for row in rows:
        if row.how not in seen:
            lines.append(f"- **{row.figure}**: {row.how}")
        seen.add(row.how)
    return "\n".join(lines)
