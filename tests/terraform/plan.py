"""The plan of an environment, as `terraform show -json` prints it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Values = Mapping[str, Any]


class Resource(NamedTuple):
    """A planned resource. `key`: the key of `for_each`, or empty."""

    address: str
    type: str
    key: str
    values: Values


class Grant(NamedTuple):
    """A role of one account.

    `function`: the function that runs as this account, or empty. `on`: the resource, or `project`.
    """

    address: str
    role: str
    member: str
    function: str
    on: str
    condition: str


RESOURCE_KEYS = ("secret_id", "service_account_id", "bucket", "repository", "name")


@dataclass(frozen=True)
class Plan:
    """Planned resources, variables and outputs."""

    json: Mapping[str, Any]

    def resources(self, *types: str) -> list[Resource]:
        """Return the resources of these types, or all resources."""
        return [
            Resource(each["address"], each["type"], str(each.get("index", "")), each["values"])
            for each in self.json["planned_values"]["root_module"]["resources"]
            if not types or each["type"] in types
        ]

    def one(self, address: str) -> Values:
        return next(each.values for each in self.resources() if each.address == address)

    @property
    def variables(self) -> Mapping[str, Any]:
        return {name: each["value"] for name, each in self.json["variables"].items()}

    @property
    def outputs(self) -> Mapping[str, Any]:
        outputs = self.json["planned_values"]["outputs"]
        return {name: output.get("value") for name, output in outputs.items()}

    def references(self, type_: str, argument: str) -> dict[str, list[str]]:
        """Return, by address without key, what an argument refers to. For values that no plan knows.

        A dot leads into a block: `build_config.runtime`.
        """
        return {
            each["address"]: _inside(each["expressions"], argument).get("references", [])
            for each in self.json["configuration"]["root_module"]["resources"]
            if each["type"] == type_
        }

    def functions(self) -> dict[str, Values]:
        """Return the deployed functions, by their names in `functions/`."""
        return {each.key: each.values for each in self.resources("google_cloudfunctions2_function")}

    def grants(self) -> list[Grant]:
        members = (each for each in self.resources() if each.type.endswith("_iam_member"))
        return [self._grant(each) for each in members]

    def settings(self, function: str) -> dict[str, str]:
        """Return the environment variables of a function."""
        (service,) = self.functions()[function]["service_config"]
        return dict(service["environment_variables"])

    def has_unknown_setting(self, function: str, setting: str) -> bool:
        """Return True if a function has an environment variable whose value no plan knows."""
        address = f'google_cloudfunctions2_function.this["{function}"]'
        unknown = next(
            each["change"]["after_unknown"]
            for each in self.json["resource_changes"]
            if each["address"] == address
        )
        variables = unknown["service_config"][0]["environment_variables"]
        return isinstance(variables, dict) and bool(variables.get(setting))

    def constant(self, argument: str) -> Any:
        """Return the value of an argument of the provider `google`."""
        provider = self.json["configuration"]["provider_config"]["google"]
        return provider["expressions"].get(argument, {}).get("constant_value")

    def dependencies(self) -> dict[str, set[str]]:
        """Return, by address without key, all resources that a resource waits for, directly or not."""
        every = self.json["configuration"]["root_module"]["resources"]
        known = {each["address"] for each in every}
        direct = {
            each["address"]: {
                found
                for text in [*each.get("depends_on", ()), *_references(each)]
                for found in [".".join(re.split(r"[.\[]", text)[:2])]
                if found in known
            }
            for each in every
        }
        waits: dict[str, set[str]] = {}

        def follow(address: str) -> set[str]:
            if address not in waits:
                waits[address] = set()
                waits[address] = direct[address].union(*map(follow, direct[address]))
            return waits[address]

        return {address: follow(address) for address in direct}

    def _grant(self, each: Resource) -> Grant:
        values = each.values
        whole_project = each.type == "google_project_iam_member"
        named = (str(values[key]) for key in RESOURCE_KEYS if values.get(key))
        on = "project" if whole_project else next(named)
        condition = "".join(each["expression"] for each in values.get("condition") or [])
        owner = self._functions_by_member().get(values["member"], "")
        return Grant(each.address, values["role"], values["member"], owner, on, condition)

    def _functions_by_member(self) -> dict[str, str]:
        return {
            f"serviceAccount:{values['service_config'][0]['service_account_email']}": name
            for name, values in self.functions().items()
        }


def _inside(expressions: Any, argument: str) -> Values:
    for name in argument.split("."):
        expressions = (expressions[0] if isinstance(expressions, list) else expressions).get(
            name, {}
        )
    return dict(expressions)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("references", ())
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each string in `value` with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from strings(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings(inner, f"{path}[{index}]")
