"""Files of the deployed agent, and settings for Agent Engine.

The agent is deployed as source code, not as a pickled object. So the checked-in code runs, on the
Python that this module names, without a bucket, and the deploying machine needs no ADK. Google's
client packs a whole folder, so the files are copied to an empty one.
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
"""The functions' version. Agent Engine supports 3.10 to 3.14."""

STREAM_QUERY = {
    "name": "async_stream_query",
    "api_mode": "async_stream",
    "description": "Run a turn: take a message of the user, and stream the agent's events.",
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
"""The only method that is called. Sessions have an API of their own with a higher quota."""


def files() -> list[str]:
    """Return the paths of the deployed files, relative to the root of the project."""
    code = [path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py")]
    return sorted([*code, "infra/__init__.py", "infra/agent/__init__.py", REQUIREMENTS])


@contextmanager
def staged_source() -> Iterator[dict[str, Any]]:
    """Copy the files to a temporary folder, and yield the settings for Agent Engine.

    Inside the block this folder is the working directory, because the settings contain relative
    paths.
    """
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
