"""Derive the schema of the resources that `terraform/` uses, without Google's provider.

    npm pack @cdktf/provider-google@16.12.1 && tar xzf cdktf-provider-google-16.12.1.tgz
    python -m tests.terraform.provider.derive google package

The npm package was generated from the schema of hashicorp/google 6.50.0 and names each argument
with its kind. @cdktf/provider-time@11.0.1 is that of hashicorp/time 0.13.1. This module reads the
schema back. Run it again when `terraform/` uses a new resource type.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.terraform.provider.schema import SCHEMAS, used_types

ARGUMENT = re.compile(
    r"^ {8,12}['\"]?(?P<name>\w+)['\"]?: \{\s*value: (?P<value>.+?),\s*"
    r"isBlock: (?P<is_block>true|false),\s*type: \"(?P<kind>\w+)\",\s*"
    r"storageClassType: \"(?P<storage>\w+)\",\s*\}",
    re.MULTILINE | re.DOTALL,
)
OUTPUT = re.compile(
    r"// (\w+) - computed: true, optional: false, required: false\s*\n\s*"
    r"(?:get \w+\(\) \{\s*return ([^\n]*?);|this\._\w+ = ([^\n]*?);)"
)
INTERFACE = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.DOTALL)
PROPERTY = re.compile(r"/\*\*(.*?)\*/\s*readonly \w+(\??): [^;]+;", re.DOTALL)
POSSIBLE = re.compile(r"Possible values: \[([^\]]*)\]")
NESTED = re.compile(r"new (\w+?)(List|OutputReference|Map)?\(this, \"\w+\"(?:, (true|false))?\)")

COMPUTED_IF_UNSET = ("id", "project", "address")
"""Optional arguments that Google sets if the configuration does not. The package does not mark them."""

STORAGE_TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
}
GETTER_TYPES = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "AnyMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}


class Module:
    """One resource type: a folder of the npm package."""

    def __init__(self, folder: Path) -> None:
        scripts = [folder / "index.js", *sorted((folder / "index-structs").glob("*.js"))]
        text = "".join(path.read_text() for path in scripts)
        self._text = re.sub(r"\b(?:index_)?structs\w*\.", "", text)
        self._properties: dict[str, dict[str, tuple[bool, str]]] = {}
        for path in [folder / "index.d.ts", *sorted((folder / "index-structs").glob("*.d.ts"))]:
            self._properties.update(_properties(path.read_text()))
        self._renderers = dict(
            re.findall(
                r"^function (\w+?)ToHclTerraform\(struct\) \{(.*?)^\}",
                self._text,
                re.MULTILINE | re.DOTALL,
            )
        )
        self._classes = dict(
            re.findall(
                r"^class (\w+) extends [^\n]*\{\n(.*?)^\}", self._text, re.MULTILINE | re.DOTALL
            )
        )
        self._spelled = {name.lower(): name for name in self._properties}

    def block(self) -> dict[str, Any]:
        """Return the block of the resource."""
        found = re.search(r"^(\w+)\.tfResourceType = ", self._text, re.MULTILINE)
        assert found, "the folder must define one resource"
        body = self._classes[found[1]]
        block = self._block(
            body.partition("synthesizeHclAttributes() {")[2], f"{found[1]}Config", body
        )
        for name in COMPUTED_IF_UNSET:
            if block["attributes"].get(name, {}).get("optional"):
                block["attributes"][name]["computed"] = True
        return block

    def _block(self, arguments: str, interface: str, body: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        properties = self._properties.get(interface, {})
        for argument in ARGUMENT.finditer(arguments):
            required, document = properties.get(argument["name"], (False, ""))
            if argument["is_block"] == "true":
                blocks[argument["name"]] = self._nested(argument, required)
            else:
                attributes[argument["name"]] = _attribute(argument, required, document)
        for name, type_ in self._outputs(body).items():
            attributes.setdefault(name, {"type": type_, "computed": True})
        return {"attributes": attributes, "blocks": blocks}

    def _nested(self, argument: re.Match[str], required: bool) -> dict[str, Any]:
        rendered = re.search(r"(\w+)ToHclTerraform", argument["value"])
        assert rendered, "each block must have its own render function"
        name = self._spelled.get(rendered[1].lower(), rendered[1])
        body = self._classes.get(f"{name}OutputReference", "")
        block = self._block(self._renderers[rendered[1]], name, body)
        if argument["name"] == "timeouts":
            return {"nesting": "single", **block}
        nesting = "set" if argument["kind"] == "set" else "list"
        max_items = 0 if "listMapperHcl" in argument["value"] else 1
        return {"nesting": nesting, "min": int(required), "max": max_items, **block}

    def _outputs(self, body: str) -> dict[str, Any]:
        """Return the types of attributes that only Google sets."""
        found = OUTPUT.findall(body)
        return {name: self._output(one or other) for name, one, other in found}

    def _output(self, expression: str) -> Any:
        if getter := re.search(r"this\.get(\w+?)Attribute\(", expression):
            type_ = GETTER_TYPES[getter[1]]
            return ["set", type_[1]] if "Fn.tolist" in expression else type_
        if mapped := re.search(r"cdktf\.(\w+Map)(List)?\(", expression):
            return ["list", GETTER_TYPES[mapped[1]]] if mapped[2] else GETTER_TYPES[mapped[1]]
        nested = NESTED.search(expression)
        if nested is None:
            return "dynamic"
        fields = ["object", self._outputs(self._classes.get(f"{nested[1]}OutputReference", ""))]
        if nested[2] == "List":
            return ["set" if nested[3] == "true" else "list", fields]
        return ["map", fields] if nested[2] == "Map" else fields


def _properties(text: str) -> dict[str, dict[str, tuple[bool, str]]]:
    """Return (required, documentation) by interface and argument. A `?` marks an optional argument."""
    found: dict[str, dict[str, tuple[bool, str]]] = {}
    for interface, body in INTERFACE.findall(text):
        found[interface] = {}
        for document, optional in PROPERTY.findall(body):
            if link := re.search(r"#(\w+) \w+#(\w+)\}", document):
                found[interface][link[2]] = (not optional, " ".join(document.split()))
    return found


def _attribute(argument: re.Match[str], required: bool, document: str) -> dict[str, Any]:
    storage = argument["storage"]
    type_: Any = STORAGE_TYPES.get(storage)
    if type_ is None:
        type_ = [
            "set" if argument["kind"] == "set" else "list",
            STORAGE_TYPES[storage.removesuffix("List")],
        ]
    attribute = {"type": type_, "required" if required else "optional": True}
    if possible := POSSIBLE.search(document):
        attribute["one_of"] = re.findall(r'"([^"]*)"', possible[1])
    return attribute


def derive(provider: str, package: Path) -> dict[str, Any]:
    """Return the schema of a provider and of all its used types."""
    resources, data_sources = used_types(provider)
    folders = {path.parent.name: path.parent for path in package.glob("lib/*/index.js")}
    return {
        "provider": Module(folders["provider"]).block(),
        "resources": {name: Module(folders[_folder(provider, name)]).block() for name in resources},
        "data_sources": {
            name: Module(folders[f"data-{provider}-{_folder(provider, name)}"]).block()
            for name in data_sources
        },
    }


def _folder(provider: str, type_: str) -> str:
    return type_.removeprefix(f"{provider}_").replace("_", "-")


def render(schema: dict[str, Any]) -> str:
    """Return the schema as JSON with one line for each type, so that diffs stay readable."""

    def lines(blocks: dict[str, Any]) -> str:
        each = (f"{json.dumps(name)}:{_minified(block)}" for name, block in sorted(blocks.items()))
        return "{\n" + ",\n".join(each) + "\n}"

    parts = [f'"provider":{_minified(schema["provider"])}']
    parts += [f'"{kind}":{lines(schema[kind])}' for kind in ("resources", "data_sources")]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _minified(block: dict[str, Any]) -> str:
    return json.dumps(block, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    _, name, folder = sys.argv
    SCHEMAS[name].write_text(render(derive(name, Path(folder))))
