"""What importing each function costs, beside importing the libraries that it names, in one run.

    python bench/cold_start.py [--runs 11] [--bar 1.25]

Each figure is a fresh interpreter's own time from its first line to its last import (not the time
to start Python), user and system CPU, median over the rounds. In a round every command has its turn,
and a ratio is that of two neighbours in one round, so that a slow moment of the machine hits both;
the median of these is held against the bar. `import pydantic` alone loads next to nothing: the
second row is the libraries and one first model, which is the least that anybody pays who uses it.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIBRARIES = "functions_framework.aio, google.cloud.firestore, httpx, pydantic, google.auth"
MODEL = "class Model(pydantic.BaseModel):\n    field: int"
PROBE = """
import resource, sys
before = resource.getrusage(resource.RUSAGE_SELF)
import {what}
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(cpu, after.ru_maxrss / 1024, len(sys.modules))
"""


def functions() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))


def measure(what: str) -> tuple[float, float]:
    """CPU seconds and megabytes."""
    probe = [sys.executable, "-c", PROBE.format(what=what)]
    answer = subprocess.run(probe, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    cpu, megabytes, _ = answer.split()
    return float(cpu), float(megabytes)


def rounds(runs: int) -> dict[str, list[tuple[float, float]]]:
    wanted = {"libraries": LIBRARIES, "and a model": f"{LIBRARIES}\n{MODEL}"}
    wanted |= {name: f"functions.{name}.main" for name in functions()}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for what in wanted.values():
        measure(what)  # fills the caches of compiled files
    for _ in range(runs):
        for name, what in wanted.items():
            taken[name].append(measure(what))
    return taken


def summary(taken: dict[str, list[tuple[float, float]]]) -> dict[str, tuple[float, float, float]]:
    """CPU seconds, megabytes, and the ratio to the libraries."""
    base = [cpu for cpu, _ in taken["libraries"]]
    return {
        name: (
            statistics.median(cpu for cpu, _ in figures),
            statistics.median(megabytes for _, megabytes in figures),
            statistics.median(cpu / own for (cpu, _), own in zip(figures, base, strict=True)),
        )
        for name, figures in taken.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--bar", type=float, default=1.25)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = summary(rounds(asked.runs))
    if asked.json:
        names = ("cpu_seconds", "megabytes", "ratio")
        print(json.dumps({name: dict(zip(names, row, strict=True)) for name, row in found.items()}))
    else:
        print(f"{'':15} {'CPU s':>7} {'MB':>6} {'ratio':>6}   (median of {asked.runs})")
        for name, (cpu, megabytes, ratio) in found.items():
            print(f"{name:15} {cpu:7.3f} {megabytes:6.1f} {ratio:6.2f}")
    worst = max(found[name][2] for name in functions())
    print(f"worst: {worst:.2f} times the libraries alone; the bar is {asked.bar}", file=sys.stderr)
    return 0 if worst <= asked.bar else 1


if __name__ == "__main__":
    sys.exit(main())
