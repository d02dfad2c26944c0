"""What importing each function costs, beside importing the libraries that it names, in one run.

    python bench/cold_start.py [--runs 7] [--bar 1.25]

Each figure is a fresh interpreter's own time from its first line to its last import (not the time
to start Python), user and system CPU, median over the runs; the commands take turns, so that a slow
moment of the machine hits all alike. Exits with 1 if a function costs more than `--bar` times the
libraries.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIBRARIES = "functions_framework.aio, google.cloud.firestore, httpx, pydantic, google.auth"
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


def medians(runs: int) -> dict[str, tuple[float, float]]:
    wanted = {"libraries": LIBRARIES} | {n: f"functions.{n}.main" for n in functions()}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for what in wanted.values():
        measure(what)  # fills the caches of compiled files
    for _ in range(runs):
        for name, what in wanted.items():
            taken[name].append(measure(what))
    return {
        name: (
            statistics.median(cpu for cpu, _ in figures),
            statistics.median(megabytes for _, megabytes in figures),
        )
        for name, figures in taken.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--bar", type=float, default=1.25)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = medians(asked.runs)
    base, _ = found["libraries"]
    if asked.json:
        print(
            json.dumps({name: {"cpu_seconds": c, "megabytes": m} for name, (c, m) in found.items()})
        )
    else:
        print(f"{'':15} {'CPU s':>7} {'MB':>6} {'ratio':>6}   (median of {asked.runs})")
        for name, (cpu, megabytes) in found.items():
            print(f"{name:15} {cpu:7.3f} {megabytes:6.1f} {cpu / base:6.2f}")
    worst = max(cpu for cpu, _ in found.values()) / base
    print(f"worst: {worst:.2f} times the libraries alone; the bar is {asked.bar}", file=sys.stderr)
    return 0 if worst <= asked.bar else 1


if __name__ == "__main__":
    sys.exit(main())
