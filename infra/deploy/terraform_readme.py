"""`python -m infra.deploy.terraform_readme` prints the tables of variables and outputs of terraform/.

With `--write` it writes them to terraform/README.md, between the markers there.
"""

import re
import sys
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from infra.deploy.marked_text import replace_marked
from infra.deploy.shell import ROOT

FOLDER = ROOT / "terraform"
README = FOLDER / "README.md"
VARIABLES = (FOLDER / "variables.tf", FOLDER / "function_variables.tf")
GROUP = re.compile(r"^# ── (.+?) ─+$")
BLOCK = re.compile(r'^(?:variable|output) "(\w+)" \{$')
FIELD = re.compile(r"^ {4}(\w+) += (?:optional\(\w+(?:, (.+))?\)|.+)$")
"""A field of an object: its name, and its default, if it has one."""


class Variable(NamedTuple):
    """A variable as the table shows it. `default`: its value in HCL, or empty if there is none."""

    group: str
    name: str
    type: str
    default: str
    description: str


def read_variables(text: str) -> list[Variable]:
    """Read variables from HCL. Each variable belongs to the group of the last header above it."""
    group, variables = "", []
    for block in re.split(r"\n(?=variable |# ──)", text):
        first, *body = block.splitlines()
        if header := GROUP.match(first):
            group = header[1]
        elif name := BLOCK.match(first):
            variables.append(
                Variable(
                    group,
                    name[1],
                    _type(body),
                    _attribute(body, "default"),
                    _description(body),
                )
            )
    return variables


def read_outputs(text: str) -> dict[str, str]:
    """Read outputs from HCL. Return descriptions by name."""
    outputs = {}
    for block in re.split(r"\n(?=output )", text):
        first, *body = block.splitlines()
        if name := BLOCK.match(first):
            outputs[name[1]] = _description(body)
    return outputs


def render_variables() -> str:
    """Return the variables as Markdown: one table for each group."""
    variables = read_variables("\n".join(path.read_text() for path in VARIABLES))
    return "\n".join(_variable_rows(variables)).strip()


def render_outputs() -> str:
    """Return the outputs as a Markdown table."""
    outputs = read_outputs((FOLDER / "outputs.tf").read_text())
    rows = [f"| `{name}` | {description} |" for name, description in outputs.items()]
    return "\n".join(["| output | description |", "| --- | --- |", *rows])


def insert_tables(document: str) -> str:
    """Return the document with the current tables. Raises ValueError if a marker is missing."""
    document = replace_marked(document, "variables", render_variables())
    return replace_marked(document, "outputs", render_outputs())


def _variable_rows(variables: list[Variable]) -> Iterator[str]:
    group = ""
    for each in variables:
        if each.group != group:
            group = each.group
            yield from ("", f"### {group}", "")
            yield from ("| variable | type | default | description |", "| --- | --- | --- | --- |")
        default = f"`{each.default}`" if each.default else "required"
        yield f"| `{each.name}` | `{each.type}` | {default} | {each.description} |"


def _attribute(body: list[str], name: str) -> str:
    """Return the value of an attribute on one line, or an empty string."""
    found = (re.match(rf"  {name} +=\s(.*)", line) for line in body)
    return next((match[1] for match in found if match), "")


def _description(body: list[str]) -> str:
    return _attribute(body, "description").strip('"').replace('\\"', '"').replace("|", "\\|")


def _type(body: list[str]) -> str:
    """Return the type on one line. Fields of an object are listed with their defaults."""
    first = _attribute(body, "type")
    if not first.endswith("({"):
        return first
    lines = takewhile(lambda line: not line.startswith("  }"), body[1:])
    fields = (match.groups() for line in lines if (match := FIELD.match(line)))
    listed = ", ".join(f"{name} = {default}" if default else name for name, default in fields)
    return first.removesuffix("{") + listed + ")" * first.count("(")


def main(arguments: list[str]) -> None:
    """Print the tables, or write them with `--write`."""
    if arguments == ["--write"]:
        README.write_text(insert_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(render_variables(), render_outputs(), sep="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
