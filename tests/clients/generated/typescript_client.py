"""A client of types that openapi-typescript generates, in each layout of addresses."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.clients.report import ClientAddresses, NotRun, Report, check

FOLDER = Path(__file__).parent / "typescript"
NEEDS = f"npm ci in {FOLDER.name}, which needs Node 20"


def main() -> None:
    address = ClientAddresses.from_arguments()
    packages = json.loads((FOLDER / "package.json").read_text())
    client = f"openapi-typescript {packages['devDependencies']['openapi-typescript']}"
    built = False
    with Report(client).call("generate, and check the types of the visit"):
        if not (FOLDER / "node_modules" / ".installed").exists():
            check("CI" not in os.environ, NEEDS)
            raise NotRun(NEEDS)
        for script in ("generate", "build"):
            run("npm", "run", "--silent", script)
        built = True
    if built:
        given = {**asdict(address), "client": client}
        sys.stdout.write(run("node", "built/visit.js", json.dumps(given)))


def run(*command: str) -> str:
    """Run a command in the folder and return its output. Raises AssertionError if it fails."""
    ran = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    check(ran.returncode == 0, ran.stdout + ran.stderr)
    return ran.stdout


if __name__ == "__main__":
    main()
