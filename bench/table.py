"""One figure of a measurement, and the table of all figures."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

VERDICTS: Final = {True: "held", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Row:
    """One figure.

    `ours` and each value of `others` is the median of its runs, in `unit`. A framework that cannot
    be measured is not in `others`. `spread` is the lowest and the highest of our runs, `spreads`
    those of the others. `bar` is the promised limit, or "" if nothing is promised. `held` is
    whether the limit was kept, or None without a bar. `how` says in one sentence what was measured.
    """

    figure: str
    ours: float
    unit: str
    others: dict[str, float]
    spread: tuple[float, float]
    bar: str
    held: bool | None
    how: str
    spreads: dict[str, tuple[float, float]] = field(default_factory=dict)


def middle(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Return the median, and the lowest and the highest value."""
    return statistics.median(values), (min(values), max(values))


WHOLE_FROM: Final = 100
"""A number from here on is written without decimals."""


def format_number(value: float) -> str:
    """Return three significant digits, and whole numbers from 100."""
    if value and abs(value) < WHOLE_FROM:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def markdown(rows: Sequence[Row]) -> str:
    """Return a table with one column per framework, in the order of their appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row.others))
    head = ["figure", "unit", "ours", *names, "bar", ""]
    return _table([head, *(_cells(row, names) for row in rows)])


def _cells(row: Row, names: Iterable[str]) -> list[str]:
    others = [
        _median(row.others[name], row.spreads.get(name)) if name in row.others else "-"
        for name in names
    ]
    ours = _median(row.ours, row.spread)
    return [row.figure, row.unit, ours, *others, row.bar, VERDICTS[row.held]]


def _median(value: float, spread: tuple[float, float] | None) -> str:
    if spread is None or spread[0] == spread[1]:
        return format_number(value)
    low, high = spread
    return f"{format_number(value)} ({format_number(low)} to {format_number(high)})"


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


def explanations(rows: Iterable[Row]) -> str:
    """Return one line per figure that says what was measured. Repetitions are left out."""
    seen = {""}
    lines = []
    for row in rows:
        if row.how not in seen:
            lines.append(f"- **{row.figure}**: {row.how}")
        seen.add(row.how)
    return "\n".join(lines)
