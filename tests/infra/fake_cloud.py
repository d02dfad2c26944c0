"""A project in the cloud as `infra.deploy.rollout` sees it through its commands.

An `infra.deploy.shell.Run`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.deploy.shell import FailedError

URLS = '{"chat":"https://chat-1.us-central1.run.app"}'
TRAFFIC = "update-traffic"


@dataclass
class FakeCloud:
    """`serves` is what each service sends to which revision; `applied` is what an apply makes of it,
    even if it fails; `keys` are the versions of the provider's key. A command with one of the words in
    `fails` does."""

    serves: dict[str, dict[str, int]]
    applied: dict[str, dict[str, int]]
    planned: Sequence[str] = ("start-avatar", "chat")
    fails: set[str] = field(default_factory=set)
    builds: list[dict[str, Any]] = field(default_factory=list)
    keys: int = 1
    secrets: Sequence[str] = ("liveavatar-api-key",)
    ran: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __call__(self, command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        line = " ".join(command)
        self.ran.append(line)
        self.seconds += seconds
        if " apply " in line:
            self.serves |= self.applied
        if any(word in line for word in self.fails):
            raise FailedError(f"{line.split()[0]} ended with 1")
        if TRAFFIC in command:
            revisions = command[-2].removeprefix("--to-revisions=").split(",")
            self.serves[command[4]] = {r: int(p) for r, p in (x.split("=") for x in revisions)}
        assert read == any(word in line for word in ("show", "list", "output"))
        return self._read(line) if read else ""

    def _read(self, line: str) -> str:
        if " show " in line:
            return json.dumps(self._plan())
        if "builds list" in line:
            return json.dumps(self.builds)
        if "secrets list" in line:
            return json.dumps([{"name": f"projects/1/secrets/{name}"} for name in self.secrets])
        if "versions list" in line:
            return json.dumps([{"state": "ENABLED"}] * self.keys)
        return json.dumps(self._services()) if "services list" in line else URLS + "\n"

    def _plan(self) -> dict[str, Any]:
        functions = [
            {"type": "google_cloudfunctions2_function", "values": {"name": name}}
            for name in self.planned
        ]
        bucket = {"type": "google_storage_bucket", "values": {"name": "packages"}}
        return {
            "variables": {"project": {"value": "oprina-test"}, "region": {"value": "us-central1"}},
            "planned_values": {"root_module": {"resources": [bucket, *functions]}},
        }

    def _services(self) -> list[dict[str, Any]]:
        """As Cloud Run lists them: also a tag, which has no percent, and somebody else's."""
        tagged = {"revisionName": "chat-00000-old", "tag": "old"}
        listed = {"somebody-elses": {"somebody-elses-00001": 100}, **self.serves}
        return [
            {
                "metadata": {"name": name},
                "status": {
                    "traffic": [
                        *({"revisionName": r, "percent": p} for r, p in split.items()),
                        tagged,
                    ]
                },
            }
            for name, split in listed.items()
        ]

    def sent(self) -> list[str]:
        """The changes of traffic that were asked for."""
        return [line for line in self.ran if TRAFFIC in line]
