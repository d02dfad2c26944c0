"""Run every measurement, one after the other, and print one table.

    python -m bench.run [--runs 5] [first_speech sweep ...]

Each measurement runs in a process of its own, so that earlier ones do not affect it. Without names,
all but `page` run, and bench/results/latest.json and latest.md are written. The exit code is 1 if a
bar was missed or a measurement failed."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from bench.frameworks.processes import describe
from bench.table import Row, explanations, markdown

ROOT: Final = Path(__file__).parent.parent
RESULTS: Final = ROOT / "bench/results"
BENCHES: Final = (
    "first_speech",
    "sentence_ends",
    "cold_start_sdk",
    "start_avatar",
    "throughput",
    "sweep",
)
ON_REQUEST: Final = ("page",)
"""Measurements that need more than Python, so that they run only if they are named."""
MAX_SECONDS: Final = 1_800.0
"""Time-out of one measurement."""


@dataclass(frozen=True)
class BenchResult:
    """The rows of one measurement, or why there are none."""

    bench: str
    rows: list[Row]
    failure: str = ""


def run_bench(bench: str, runs: int) -> BenchResult:
    """Run a measurement in another process. Its output is shown as it comes."""
    with tempfile.NamedTemporaryFile("r") as answer:
        command = [
            sys.executable,
            "-m",
            "bench.run",
            "--runs",
            str(runs),
            "--into",
            answer.name,
            bench,
        ]
        try:
            subprocess.run(command, cwd=ROOT, check=True, timeout=MAX_SECONDS, env=_environment())
            return BenchResult(bench, [_row(fields) for fields in json.load(answer)])
        except subprocess.CalledProcessError as failed:
            return BenchResult(bench, [], f"exit code {failed.returncode}; see its output above")
        except subprocess.TimeoutExpired:
            return BenchResult(bench, [], f"it took more than {MAX_SECONDS:g} s")


def _environment() -> dict[str, str]:
    """Return the environment without PYTHONDONTWRITEBYTECODE: cold starts need compiled files."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _row(fields: dict[str, Any]) -> Row:
    """Return the row of which JSON made `fields`: tuples became lists."""
    spreads = {name: (low, high) for name, (low, high) in fields["spreads"].items()}
    return Row(**{**fields, "spread": tuple(fields["spread"]), "spreads": spreads})


def write_rows(file: Path, bench: str, runs: int) -> None:
    """Run a measurement in this process and write its rows to `file`."""
    rows: list[Row] = import_module(f"bench.{bench}").measure(runs)
    file.write_text(json.dumps([asdict(row) for row in rows]), "utf-8")


# ── the report ───────────────────────────────────────────────────────────────────────────────────


def circumstances(runs: int) -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "runs": f"{runs}; medians, with the lowest and the highest in brackets",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        **describe(),
    }


def report(results: Sequence[BenchResult], facts: dict[str, str]) -> str:
    """Return the report as Markdown."""
    rows = [row for each in results for row in each.rows]
    listed = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    failures = "".join(f"- {each.bench}: {each.failure}\n" for each in results if each.failure)
    not_measured = f"\n## Not measured\n\n{failures}" if failures else ""
    return (
        "# The bench's latest results\n\nOne run. Compare figures within one line only."
        f" `bench/README.md` says what each figure means.\n\n{listed}\n\n{markdown(rows)}\n"
        f"{not_measured}\n## What was measured\n\n{explanations(rows)}\n"
    )


def save(results: Sequence[BenchResult], facts: dict[str, str]) -> None:
    """Write latest.json and latest.md."""
    RESULTS.mkdir(exist_ok=True)
    document = {
        "about": facts,
        "benches": {each.bench: [asdict(row) for row in each.rows] for each in results},
        "not measured": {each.bench: each.failure for each in results if each.failure},
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "latest.json").write_text(text, "utf-8")
    (RESULTS / "latest.md").write_text(report(results, facts), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--into", type=Path, help="run one measurement here, write its rows there")
    names = f"of {', '.join(BENCHES)} (default: all), {', '.join(ON_REQUEST)}"
    parser.add_argument("benches", nargs="*", help=names)
    options = parser.parse_args()
    if options.into:
        write_rows(options.into, options.benches[0], options.runs)
        return 0
    facts = circumstances(options.runs)
    results = []
    for bench in options.benches or BENCHES:
        print(f"measuring {bench} ...", file=sys.stderr, flush=True)
        results.append(run_bench(bench, options.runs))
    if not options.benches:
        save(results, facts)
    print(report(results, facts))
    missed = any(row.held is False for each in results for row in each.rows)
    return 1 if missed or any(each.failure for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
