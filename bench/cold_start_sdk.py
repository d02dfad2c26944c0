"""Cold start of each function beside the same function written on `vertexai.agent_engines`.

    python bench/cold_start_sdk.py [--runs 5]

From the spawning of functions-framework to its first answer of success, the CPU that its imports
take, and the most memory that the process that serves held by then. The functions take turns, so
that a slow moment of the machine hits all alike. Compiled files are there; a first deployment
without them is slower, most of all where more is imported.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import cold_start
from bench.served import ROOT, served
from bench.table import Row, markdown, middle

TIME_BAR, MEMORY_BAR = 0.25, 0.5
GIVEN = {"OPRINA_AGENT_ENGINE": "projects/p/locations/us-central1/reasoningEngines/1"}
"""Without it nobody can chat, and a function says so instead of answering."""

Taken = tuple[float, float, float]
"""Seconds until ready, CPU seconds of the imports, megabytes."""


def measure(runs: int) -> list[Row]:
    names = cold_start.functions()
    ours: dict[str, list[Taken]] = {name: [] for name in names}
    theirs: dict[str, list[Taken]] = {name: [] for name in names}
    for run in range(runs + 1):
        for name in names:
            pair = once(name, f"functions.{name}.main"), once(name, "bench.vertexai_functions.main")
            if run:  # the first one fills the caches of compiled files
                ours[name].append(pair[0])
                theirs[name].append(pair[1])
    return [row for name in names for row in _rows(name, ours[name], theirs[name])]


def once(target: str, module: str) -> Taken:
    cpu, _ = cold_start.measure(module)
    source = ROOT / f"{module.replace('.', '/')}.py"
    with served(source, target, GIVEN) as function:
        return function.ready, cpu, function.megabytes()


def _rows(name: str, ours: list[Taken], theirs: list[Taken]) -> list[Row]:
    kinds = (
        ("spawn to first answer", "s", TIME_BAR),
        ("CPU of the imports", "s", TIME_BAR),
        ("memory", "MB", MEMORY_BAR),
    )
    return [
        _row(
            f"cold start, {name}: {what}",
            unit,
            share,
            [t[at] for t in ours],
            [t[at] for t in theirs],
        )
        for at, (what, unit, share) in enumerate(kinds)
    ]


def _row(figure: str, unit: str, share: float, ours: list[float], theirs: list[float]) -> Row:
    (median, spread), (rival, rivals_spread) = middle(ours), middle(theirs)
    return Row(
        figure,
        median,
        unit,
        {"vertexai SDK": rival},
        spread,
        f"at most {share:g} of the SDK's",
        median <= share * rival,
        "Under functions-framework, beside the function of the same name on vertexai.agent_engines"
        " (bench/vertexai_functions).",
        {"vertexai SDK": rivals_spread},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    print(markdown(measure(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
