"""A fake of the programs `gcloud` and `terraform`, and of the project that they work on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.deploy.shell import FailedError

URLS = '{"chat":"https://chat-1.us-central1.run.app"}'
TRAFFIC = "update-traffic"
READING = ("show", "list", "output", "print-access-token", "describe", "get-iam-policy")


@dataclass
class FakeGoogleCloud:
    """An `infra.deploy.shell.CommandRunner` that changes a project in memory.

    `serves`: the traffic split of each service. `applied`: the splits after an apply, also after a
    failed one. `keys`: number of versions of the LiveAvatar key. `empty`: random keys without a
    version. `way`: the variable public_access.
    `policy`: the organisation's. `unchecked`: services that check no caller. `fails`: a command that
    contains one of these strings fails, with the text after it, if there is one. `ran`: all commands.
    """

    serves: dict[str, dict[str, int]]
    applied: dict[str, dict[str, int]]
    planned: Sequence[str] = ("start-avatar", "chat")
    fails: dict[str, str] = field(default_factory=dict)
    builds: list[dict[str, Any]] = field(default_factory=list)
    keys: int = 1
    empty: set[str] = field(default_factory=set)
    way: str = "all_users"
    policy: dict[str, Any] = field(default_factory=dict)
    unchecked: set[str] = field(default_factory=set)
    secrets: Sequence[str] = ("liveavatar-api-key",)
    ran: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __call__(self, command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        line = " ".join(command)
        self.ran.append(line)
        self.seconds += seconds
        if " apply " in line:
            self.serves |= self.applied
        for words, reason in self.fails.items():
            if words in line:
                raise FailedError(f"{line.split()[0]} ended with 1{reason}")
        if "versions add" in line:
            self.empty.discard(line.partition("versions add ")[2].split()[0])
        if TRAFFIC in command:
            revisions = command[-2].removeprefix("--to-revisions=").split(",")
            self.serves[command[4]] = {r: int(p) for r, p in (x.split("=") for x in revisions)}
        if "--no-invoker-iam-check" in command:
            self.unchecked.add(command[4])
        assert read == any(word in line for word in READING)
        return self._answer(line) if read else ""

    def _answer(self, line: str) -> str:
        answers: dict[str, Any] = {
            " show ": self._plan(),
            "builds list": self.builds,
            "org-policies": self.policy,
            "secrets list": [{"name": f"projects/1/secrets/{name}"} for name in self.secrets],
            **{f"versions list {name} ": [] for name in self.empty},
            "versions list liveavatar-api-key ": [{"state": "ENABLED"}] * self.keys,
            "versions list ": [{"state": "DISABLED"}],
            "services list": self._services(),
        }
        found = (json.dumps(answer) for words, answer in answers.items() if words in line)
        return next(found, "canary-of-a-token\n" if "print-access-token" in line else URLS + "\n")

    def _plan(self) -> dict[str, Any]:
        functions = [
            {"type": "google_cloudfunctions2_function", "values": {"name": name}}
            for name in self.planned
        ]
        bucket = {"type": "google_storage_bucket", "values": {"name": "packages"}}
        return {
            "variables": {
                "project": {"value": "oprina-test"},
                "region": {"value": "us-central1"},
                "public_access": {"value": self.way},
            },
            "planned_values": {"root_module": {"resources": [bucket, *functions]}},
        }

    def _services(self) -> list[dict[str, Any]]:
        """Return services as Cloud Run lists them, with a tag without traffic and a foreign service."""
        tagged = {"revisionName": "chat-00000-old", "tag": "old"}
        listed = {"another-app": {"another-app-00001": 100}, **self.serves}
        return [
            {
                "metadata": {
                    "name": name,
                    "labels": {"cloud.googleapis.com/location": "us-central1"},
                },
                "status": {
                    "traffic": [
                        *({"revisionName": r, "percent": p} for r, p in split.items()),
                        tagged,
                    ]
                },
            }
            for name, split in listed.items()
        ]

    def traffic_changes(self) -> list[str]:
        """Return the commands that changed traffic."""
        return [line for line in self.ran if TRAFFIC in line]
