"""What is deployed: the files, and how Agent Engine is to run them.

As source, not as a pickled object: what runs is what is checked in, on a Python that is named here
and not the one of whoever deploys; it needs no bucket; and whoever deploys needs no ADK. Google's
client is given a folder and packs it: so the files are laid out in one, and nothing else is in it.
"""

import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = "infra/agent/assistant"
REQUIREMENTS = "infra/agent/requirements.txt"
PYTHON = "3.13"
"""As the functions have it; Agent Engine would take 3.10 to 3.14."""

STREAM_QUERY = {
    "name": "async_stream_query",
    "api_mode": "async_stream",
    "description": "A turn: a message of the user, and the agent's events as they come.",
    "parameters": {
        "type": "object",
        "properties": {
            "message": {"anyOf": [{"type": "string"}, {"type": "object"}]},
            "user_id": {"type": "string"},
            "session_id": {"type": "string", "nullable": True},
            "run_config": {"type": "object", "nullable": True},
        },
        "required": ["message", "user_id"],
    },
}
"""The one method that is called. Sessions are made over their own API, which has more quota."""


def files() -> list[str]:
    """What goes into the deployment, from the root of the project."""
    code = [path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py")]
    return sorted([*code, "infra/__init__.py", "infra/agent/__init__.py", REQUIREMENTS])


@contextmanager
def laid_out() -> Iterator[dict[str, Any]]:
    """The settings of a deployment, good for as long as the block runs: in it, the working folder is
    the one that they speak of."""
    with TemporaryDirectory() as folder:
        for file in files():
            target = Path(folder, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, target)
        with chdir(folder):
            yield {
                "source_packages": ["infra"],
                "entrypoint_module": "infra.agent.assistant.app",
                "entrypoint_object": "app",
                "requirements_file": REQUIREMENTS,
                "class_methods": [STREAM_QUERY],
                "agent_framework": "google-adk",
                "python_version": PYTHON,
            }
