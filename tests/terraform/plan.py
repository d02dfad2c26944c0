"""A plan, as `terraform show -json` has it: what will stand there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Values = Mapping[str, Any]


class Resource(NamedTuple):
    address: str
    type: str
    key: str
    """Of `for_each`, or empty."""
    values: Values


class Grant(NamedTuple):
    """`function` is whose account it is, or empty; `on` the resource, `project` for all of it."""

    address: str
    role: str
    member: str
    function: str
    on: str
    condition: str


ON = ("secret_id", "service_account_id", "bucket", "repository", "name")


@dataclass(frozen=True)
class Plan:
    json: Mapping[str, Any]

    def resources(self, *types: str) -> list[Resource]:
        """Of these types, or all of them."""
        return [
            Resource(each["address"], each["type"], str(each.get("index", "")), each["values"])
            for each in self.json["planned_values"]["root_module"]["resources"]
            if not types or each["type"] in types
        ]

    def one(self, address: str) -> Values:
        return next(each.values for each in self.resources() if each.address == address)

    @property
    def variables(self) -> Mapping[str, Any]:
        return {name: given["value"] for name, given in self.json["variables"].items()}

    @property
    def outputs(self) -> Mapping[str, Any]:
        found = self.json["planned_values"]["outputs"]
        return {name: output.get("value") for name, output in found.items()}

    def references(self, type_: str, argument: str) -> dict[str, list[str]]:
        """By address, without keys: what the argument is made of, where its value is not known."""
        return {
            each["address"]: each["expressions"].get(argument, {}).get("references", [])
            for each in self.json["configuration"]["root_module"]["resources"]
            if each["type"] == type_
        }

    def functions(self) -> dict[str, Values]:
        """By name, as in `functions/`."""
        return {each.key: each.values for each in self.resources("google_cloudfunctions2_function")}

    def grants(self) -> list[Grant]:
        members = (each for each in self.resources() if each.type.endswith("_iam_member"))
        return [self._grant(each) for each in members]

    def settings(self, function: str) -> dict[str, str]:
        """The environment that it runs in."""
        (service,) = self.functions()[function]["service_config"]
        return dict(service["environment_variables"])

    def _grant(self, each: Resource) -> Grant:
        values = each.values
        whole = each.type == "google_project_iam_member"
        on = "project" if whole else next(str(values[key]) for key in ON if values.get(key))
        condition = "".join(given["expression"] for given in values.get("condition") or [])
        owner = self._owners().get(values["member"], "")
        return Grant(each.address, values["role"], values["member"], owner, on, condition)

    def _owners(self) -> dict[str, str]:
        return {
            f"serviceAccount:{values['service_config'][0]['service_account_email']}": name
            for name, values in self.functions().items()
        }


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, with where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from strings(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings(inner, f"{path}[{index}]")
