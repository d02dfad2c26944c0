"""Errors and cost of our sentence splitter and of others.

    make bench ARGS=sentence_ends

All read the same marked replies (tests/unit/text/data) as the same stream of tokens, and are scored by
`bench/splitter.py`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.frameworks.processes import (
    PYTHON,
    SPLITTERS,
    FrameworkProcess,
    includes_all,
    run_frameworks,
)
from bench.splitter import cuts, read_marks, tokens
from bench.table import Row, middle
from common.text.sentences.splitter import Sentences

ROOT: Final = Path(__file__).parent.parent
SETS: Final = {"": "sentences.json", ", own set": "new_sentences.json"}
"""The set that the bars are for, and one that we wrote ourselves: marked before any splitter
was run on it, but in sight while ours was worked on, and so without a bar."""
TIMES: Final = 20
"""How often a run reads the English replies, for a figure of CPU."""
PROBE: Final = (
    "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"
)


@dataclass(frozen=True)
class Ends:
    wrong: int
    missed: int
    places: int


def pieces(replies: Iterable[Sequence[str]], language: str) -> list[list[str]]:
    """Return the pieces of each reply, as our splitter cuts it."""
    made = []
    for reply in replies:
        sentences = Sentences(language)
        fed = [piece for token in reply for piece in sentences.feed(token)]
        made.append(fed + sentences.end())
    return made


def score(replies: Sequence[str], made: Sequence[Sequence[str]]) -> Ends:
    wrong = missed = places = 0
    for reply, cut in zip(replies, made, strict=True):
        _, must, may = read_marks(reply)
        at = set(cuts(cut)) - {0}
        wrong += len(at - must - may)
        missed += len(must - at)
        places += len(must)
    return Ends(wrong, missed, places)


def measure(runs: int) -> list[Row]:
    with run_frameworks() as rivals:
        ends = [row for kind, name in SETS.items() for row in _ends(kind, name, rivals)]
        return [*ends, _cpu(runs, rivals), _imports(runs, list(rivals))]


# ── wrong and missed ─────────────────────────────────────────────────────────────────────────────


def _ends(kind: str, name: str, rivals: dict[str, FrameworkProcess]) -> list[Row]:
    file = ROOT / "tests/unit/text/data" / name
    if not file.exists():
        return []
    marks: dict[str, list[str]] = json.loads(file.read_text("utf-8"))["replies"]
    scored = {language: _scores(replies, language, rivals) for language, replies in marks.items()}
    english = scored.pop("en")
    others = {who: _sum(each[who] for each in scored.values()) for who in english}
    by_language = f"{', '.join(scored)}; replies of {name}: " + _by_language(scored)
    return [
        *_rows(
            f"English{kind}", english, None if kind else 1, f"{len(marks['en'])} replies of {name}"
        ),
        *_rows(f"other languages{kind}", others, None if kind else 2, by_language),
    ]


def _scores(
    replies: list[str], language: str, rivals: dict[str, FrameworkProcess]
) -> dict[str, Ends]:
    """Return the score of each splitter by its name; "" is ours."""
    streams = [tokens(read_marks(reply)[0]) for reply in replies]
    found = {"": score(replies, pieces(streams, language))}
    for name, rival in rivals.items():
        made = rival.ask(ask="split", replies=streams, language=language)["pieces"]
        found[name] = score(replies, made)
    return found


def _sum(scores: Iterable[Ends]) -> Ends:
    columns = zip(*((each.wrong, each.missed, each.places) for each in scores), strict=True)
    return Ends(*(sum(column) for column in columns))


def _by_language(scored: dict[str, dict[str, Ends]]) -> str:
    whose = next(iter(scored.values()))
    return "; ".join(
        f"{name or 'ours'} wrong/missed "
        + ", ".join(
            f"{lang} {each[name].wrong}/{each[name].missed}" for lang, each in scored.items()
        )
        for name in whose
    )


def _rows(figure: str, scores: dict[str, Ends], bar: int | None, how: str) -> list[Row]:
    """Both together are to be fewer than theirs: who never cuts is never wrong, and misses all."""
    places, ours = scores[""].places, scores[""]
    wrong = {name: ends.wrong for name, ends in scores.items()}
    missed = {name: ends.missed for name, ends in scores.items()}
    both = {name: ends.wrong + ends.missed for name, ends in scores.items()}
    fewer = all(ours.wrong + ours.missed < count for name, count in both.items() if name)
    known = includes_all(both) or not fewer
    most = "" if bar is None else f"at most {bar}"
    return [
        _count(
            f"sentence ends wrong, {figure}",
            "",
            wrong,
            how,
            most,
            None if bar is None else ours.wrong <= bar,
        ),
        _count(
            "... missed",
            f" of {places}",
            missed,
            how,
            most,
            None if bar is None else ours.missed <= bar,
        ),
        _count(
            "... both",
            "",
            both,
            how,
            most and "fewer than theirs",
            fewer if known and bar is not None else None,
        ),
    ]


def _count(
    figure: str, unit: str, counts: dict[str, int], how: str, bar: str, held: bool | None
) -> Row:
    ours, spread = float(counts[""]), (float(counts[""]), float(counts[""]))
    theirs = {name: float(count) for name, count in counts.items() if name}
    return Row(figure, ours, f"count{unit}", theirs, spread, bar, held, how)


# ── what it costs ────────────────────────────────────────────────────────────────────────────────


def _cpu(runs: int, rivals: dict[str, FrameworkProcess]) -> Row:
    replies = json.loads((ROOT / "tests/unit/text/data/sentences.json").read_text("utf-8"))[
        "replies"
    ]
    streams = TIMES * [tokens(read_marks(reply)[0]) for reply in replies["en"]]
    per_thousand = 1e6 / sum(map(len, streams))
    taken: dict[str, list[float]] = {"": [], **{name: [] for name in rivals}}
    for _ in range(runs):
        before = time.process_time()
        pieces(streams, "en")
        taken[""].append(per_thousand * (time.process_time() - before))
        for name, rival in rivals.items():
            cpu = rival.ask(ask="split", replies=streams, language="en")["cpu"]
            taken[name].append(per_thousand * cpu)
    return _costs("splitter, CPU for 1,000 tokens", taken, "the English replies, again and again")


def _imports(runs: int, rivals: list[str]) -> Row:
    """Each in a fresh interpreter; one import before them fills the caches of compiled files."""
    wanted = {"": (Path(sys.executable), "common.text.sentences.splitter")}
    wanted |= {name: (PYTHON, SPLITTERS[name]) for name in rivals}
    taken: dict[str, list[float]] = {name: [] for name in wanted}
    for run in range(runs + 1):
        for name, (python, module) in wanted.items():
            probe = [str(python), "-c", PROBE.format(module)]
            found = subprocess.run(probe, cwd=ROOT, check=True, capture_output=True, text=True)
            taken[name] += [1_000 * float(found.stdout.split()[-1])] if run else []
    return _costs("splitter, import", taken, "of the module that holds it, in a fresh interpreter")


def _costs(figure: str, taken: dict[str, list[float]], how: str) -> Row:
    found = {name: middle(figures) for name, figures in taken.items()}
    ours, spread = found.pop("")
    medians = {name: median for name, (median, _) in found.items()}
    return Row(
        figure,
        ours,
        "ms",
        medians,
        spread,
        "",
        None,
        how,
        {n: each for n, (_, each) in found.items()},
    )
