"""CPU and memory of importing each function, beside importing the libraries that it names.

    python bench/cold_start.py [--runs 11] [--bar 1.25]

Each figure is the CPU time, user and system, of a fresh interpreter from its first line to its last
import, median of the rounds. The start of Python is not included. In a round every command has its
turn, and a ratio compares two neighbours of one round, so that a slow moment of the machine affects
both. The bar is for the median of the ratios. `import pydantic` alone loads almost nothing, so the
second row adds a first model, the minimum for each user of pydantic."""

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
    """Return the CPU seconds and the megabytes of importing `what`."""
    probe = [sys.executable, "-c", PROBE.format(what=what)]
    answer = subprocess.run(probe, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    cpu, megabytes, _ = answer.split()
    return float(cpu), float(megabytes)


def rounds(runs: int) -> dict[str, list[tuple[float, float]]]:
    """Return the CPU seconds and the megabytes of each round, by what is imported."""
    imports = {"libraries": LIBRARIES, "and a model": f"{LIBRARIES}\n{MODEL}"}
    imports |= {name: f"functions.{name}.main" for name in functions()}
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in imports}
    for what in imports.values():
        measure(what)  # fills the caches of compiled files
    for _ in range(runs):
        for name, what in imports.items():
            figures[name].append(measure(what))
    return figures


def summary(rows: dict[str, list[tuple[float, float]]]) -> dict[str, tuple[float, float, float]]:
    """Return the medians: CPU seconds, megabytes, and the ratio to the libraries."""
    base = [cpu for cpu, _ in rows["libraries"]]
    return {
        name: (
            statistics.median(cpu for cpu, _ in figures),
            statistics.median(megabytes for _, megabytes in figures),
            statistics.median(cpu / own for (cpu, _), own in zip(figures, base, strict=True)),
        )
        for name, figures in rows.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--bar", type=float, default=1.25)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = summary(rounds(options.runs))
    if options.json:
        names = ("cpu_seconds", "megabytes", "ratio")
        print(json.dumps({name: dict(zip(names, row, strict=True)) for name, row in found.items()}))
    else:
        print(f"{'':15} {'CPU s':>7} {'MB':>6} {'ratio':>6}   (median of {options.runs})")
        for name, (cpu, megabytes, ratio) in found.items():
            print(f"{name:15} {cpu:7.3f} {megabytes:6.1f} {ratio:6.2f}")
    worst = max(found[name][2] for name in functions())
    print(
        f"worst: {worst:.2f} times the libraries alone; the bar is {options.bar}", file=sys.stderr
    )
    return 0 if worst <= options.bar else 1


if __name__ == "__main__":
    sys.exit(main())
