"""A project's Cloud Run services and their IAM policies, behind a `CommandRunner`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.access.public_access import UNCHECKED, spending_services
from infra.deploy.shell import FailedError

NEVER_TOUCHED = frozenset({"end-session", "another-service"})
SERVICES = tuple(sorted({*spending_services(), *NEVER_TOUCHED}))


@dataclass
class FakeProject:
    """`is_open` are the services that `allUsers` may call, `unchecked` those that check no caller.

    `restricted`: the organisation refuses allUsers. A command with a word of `fails` fails.
    """

    is_open: set[str] = field(default_factory=lambda: set(SERVICES))
    services: Sequence[str] = SERVICES
    unchecked: set[str] = field(default_factory=set)
    restricted: bool = False
    fails: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)

    def __call__(self, command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        assert seconds <= 60
        line = " ".join(command)
        self.ran.append(line)
        if any(word in line for word in self.fails):
            raise FailedError("gcloud ended with 1")
        if "access" in command:
            return "canary-key\n"
        if "list" in command:
            return json.dumps([self._service(name) for name in self.services])
        if "scheduler" in command:
            return ""
        assert command[5:7] == ["--project=oprina-test", "--region=europe-west1"]
        return self._policy(command[3], command[4]) if read else self._change(command)

    def _service(self, name: str) -> dict[str, object]:
        labels = {"cloud.googleapis.com/location": "europe-west1"}
        annotations = {UNCHECKED: "true"} if name in self.unchecked else {}
        return {"metadata": {"name": name, "labels": labels, "annotations": annotations}}

    def _policy(self, verb: str, service: str) -> str:
        assert verb == "get-iam-policy"
        viewers = {"role": "roles/run.viewer", "members": ["allUsers"]}
        invokers = {"role": "roles/run.invoker", "members": ["allUsers"]}
        return json.dumps({"bindings": [viewers, *([invokers] * (service in self.is_open))]})

    def _change(self, command: Sequence[str]) -> str:
        """Change the policy or the check. As at Google, removing a missing binding fails."""
        if command[3] == "update":
            change = self.unchecked.add if "--no-invoker" in command[7] else self.unchecked.discard
            change(command[4])
            return ""
        assert command[7:] == ["--member=allUsers", "--role=roles/run.invoker", "--quiet"]
        if command[3] == "add-iam-policy-binding":
            if self.restricted:
                raise FailedError(
                    "One or more users named in the policy do not belong to a permitted"
                )
            self.is_open.add(command[4])
        elif command[4] not in self.is_open:
            raise FailedError("Policy binding not found")
        else:
            self.is_open.remove(command[4])
        return ""
