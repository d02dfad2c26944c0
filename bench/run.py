"""Every bench, one after the other, and ONE table of all.

    python -m bench.run [--runs 5] [first_speech sweep ...]

Each runs in a process of its own, so that none measures what another left behind. Where all were
asked for, writes bench/results/latest.json and latest.md. Exits with 1 where a bar was missed or a
bench failed.
"""

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

from bench.frameworks.peers import present
from bench.table import Row, hows, markdown

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
LONGEST_SECONDS: Final = 1_800.0


@dataclass(frozen=True)
class Measured:
    bench: str
    rows: list[Row]
    failure: str = ""


def measured(bench: str, runs: int) -> Measured:
    """In another process; what it prints is shown as it comes."""
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
            subprocess.run(command, cwd=ROOT, check=True, timeout=LONGEST_SECONDS, env=_env())
            return Measured(bench, [_row(fields) for fields in json.load(answer)])
        except subprocess.CalledProcessError as failed:
            return Measured(bench, [], f"it ended with {failed.returncode}; why stands above")
        except subprocess.TimeoutExpired:
            return Measured(bench, [], f"it took more than {LONGEST_SECONDS:g} s")


def _env() -> dict[str, str]:
    """Without the wish that nothing compiled is kept: each cold start would compile everything."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _row(fields: dict[str, Any]) -> Row:
    """JSON knows no tuples."""
    spreads = {name: (low, high) for name, (low, high) in fields["spreads"].items()}
    return Row(**{**fields, "spread": tuple(fields["spread"]), "spreads": spreads})


def into(file: Path, bench: str, runs: int) -> None:
    rows: list[Row] = import_module(f"bench.{bench}").measure(runs)
    file.write_text(json.dumps([asdict(row) for row in rows]), "utf-8")


# ── what is written ──────────────────────────────────────────────────────────────────────────────


def about(runs: int) -> dict[str, str]:
    """What the figures depend on, in words."""
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "runs": f"{runs}; medians, with the lowest and the highest in brackets",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        **present(),
    }


def written(found: Sequence[Measured], circumstances: dict[str, str]) -> str:
    rows = [row for each in found for row in each.rows]
    facts = "\n".join(f"- {name}: {fact}" for name, fact in circumstances.items())
    failures = "".join(f"- {each.bench}: {each.failure}\n" for each in found if each.failure)
    missing = f"\n## Not measured\n\n{failures}" if failures else ""
    return (
        "# The bench's latest results\n\nOne run; only what stands in one line may be compared."
        f" What each figure means: `bench/README.md`.\n\n{facts}\n\n{markdown(rows)}\n"
        f"{missing}\n## What was measured\n\n{hows(rows)}\n"
    )


def save(found: Sequence[Measured], circumstances: dict[str, str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    benches = {each.bench: [asdict(row) for row in each.rows] for each in found}
    failures = {each.bench: each.failure for each in found if each.failure}
    all_of_it = {"about": circumstances, "benches": benches, "not measured": failures}
    text = json.dumps(all_of_it, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "latest.json").write_text(text, "utf-8")
    (RESULTS / "latest.md").write_text(written(found, circumstances), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--into", type=Path, help="run one bench here and write its rows there")
    parser.add_argument("benches", nargs="*", help=f"of {', '.join(BENCHES)}; none: all")
    asked = parser.parse_args()
    if asked.into:
        into(asked.into, asked.benches[0], asked.runs)
        return 0
    circumstances = about(asked.runs)
    found = []
    for bench in asked.benches or BENCHES:
        print(f"measuring {bench} ...", file=sys.stderr, flush=True)
        found.append(measured(bench, asked.runs))
    if not asked.benches:
        save(found, circumstances)
    print(written(found, circumstances))
    missed = any(row.held is False for each in found for row in each.rows)
    return 1 if missed or any(each.failure for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
