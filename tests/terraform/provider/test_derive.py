"""Tests with a small generated module that has one of each kind of attribute and block."""

from pathlib import Path
from typing import Any

import pytest

from tests.terraform.provider.derive import Module, render

SCRIPT = """
function shelfBoxToHclTerraform(struct) {
    const attrs = {
        size: {
            value: cdktf.numberToHclTerraform(struct.size),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
    return attrs;
}
class ShelfBoxOutputReference extends cdktf.ComplexObject {
    // label - computed: true, optional: false, required: false
    get label() {
        return this.getStringAttribute('label');
    }
}
class Shelf extends cdktf.TerraformResource {
    // url - computed: true, optional: false, required: false
    get url() {
        return this.getListAttribute('url');
    }
    // boxes - computed: true, optional: false, required: false
    this._boxes = new ShelfBoxList(this, "boxes", true);
    synthesizeHclAttributes() {
        const attrs = {
            name: {
                value: cdktf.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            project: {
                value: cdktf.stringToHclTerraform(this._project),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            zones: {
                value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(this._zones),
                isBlock: false,
                type: "set",
                storageClassType: "stringList",
            },
            box: {
                value: shelfBoxToHclTerraform(this._box.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "ShelfBoxList",
            },
        };
    }
}
Shelf.tfResourceType = "google_shelf";
"""
DECLARED = """
export interface ShelfConfig extends cdktf.TerraformMetaArguments {
    /**
    * Name of the shelf. Possible values: ["high", "low"]
    *
    * Docs at Terraform Registry: {@link https://example.com/shelf#name Shelf#name}
    */
    readonly name: string;
    /**
    * Docs at Terraform Registry: {@link https://example.com/shelf#project Shelf#project}
    */
    readonly project?: string;
    /**
    * Docs at Terraform Registry: {@link https://example.com/shelf#zones Shelf#zones}
    */
    readonly zones?: string[];
    /**
    * box block
    *
    * Docs at Terraform Registry: {@link https://example.com/shelf#box Shelf#box}
    */
    readonly box: ShelfBox;
}
export interface ShelfBox {
    /**
    * Docs at Terraform Registry: {@link https://example.com/shelf#size Shelf#size}
    */
    readonly size?: number;
}
"""


@pytest.fixture
def block(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "index.js").write_text(SCRIPT)
    (tmp_path / "index.d.ts").write_text(DECLARED)
    return Module(tmp_path).block()


def test_argument_without_question_mark_is_required(block: dict[str, Any]) -> None:
    name = {"type": "string", "required": True, "one_of": ["high", "low"]}
    assert block["attributes"]["name"] == name
    assert block["attributes"]["zones"] == {"type": ["set", "string"], "optional": True}


def test_project_is_optional_and_computed(block: dict[str, Any]) -> None:
    project = {"type": "string", "optional": True, "computed": True}
    assert block["attributes"]["project"] == project


def test_output_is_computed(block: dict[str, Any]) -> None:
    boxes = ["set", ["object", {"label": "string"}]]
    assert block["attributes"]["url"] == {"type": ["list", "string"], "computed": True}
    assert block["attributes"]["boxes"] == {"type": boxes, "computed": True}


def test_nested_block_has_arguments_and_outputs(block: dict[str, Any]) -> None:
    assert block["blocks"]["box"] == {
        "nesting": "list",
        "min": 1,
        "max": 1,
        "attributes": {
            "size": {"type": "number", "optional": True},
            "label": {"type": "string", "computed": True},
        },
        "blocks": {},
    }


def test_schema_is_rendered_with_one_line_per_type(block: dict[str, Any]) -> None:
    text = render({"provider": block, "resources": {"b": block, "a": block}, "data_sources": {}})
    assert [line[:4] for line in text.splitlines() if line.startswith('"')] == [
        '"pro', '"res', '"a":', '"b":', '"dat',
    ]  # fmt: skip
