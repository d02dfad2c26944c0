"""A schema read back from a module that was generated from one. The module here has one of each."""

from pathlib import Path
from typing import Any

import pytest

from tests.terraform.provider.derive import Module, written

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
    * What it is called. Possible values: ["high", "low"]
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


def test_an_argument_is_required_where_its_name_has_no_question_mark(block: dict[str, Any]) -> None:
    name = {"type": "string", "required": True, "one_of": ["high", "low"]}
    assert block["attributes"]["name"] == name
    assert block["attributes"]["zones"] == {"type": ["set", "string"], "optional": True}


def test_google_fills_in_the_project(block: dict[str, Any]) -> None:
    project = {"type": "string", "optional": True, "computed": True}
    assert block["attributes"]["project"] == project


def test_what_nobody_sets_is_computed(block: dict[str, Any]) -> None:
    boxes = ["set", ["object", {"label": "string"}]]
    assert block["attributes"]["url"] == {"type": ["list", "string"], "computed": True}
    assert block["attributes"]["boxes"] == {"type": boxes, "computed": True}


def test_a_block_in_it(block: dict[str, Any]) -> None:
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


def test_it_is_written_a_line_a_type(block: dict[str, Any]) -> None:
    text = written({"provider": block, "resources": {"b": block, "a": block}, "data_sources": {}})
    assert [line[:4] for line in text.splitlines() if line.startswith('"')] == [
        '"pro', '"res', '"a":', '"b":', '"dat',
    ]  # fmt: skip
