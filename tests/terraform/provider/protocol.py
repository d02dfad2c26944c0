"""The part of Terraform's plugin protocol 6 that a provider without resources needs.

The messages are built at import time from the names, numbers and types of their fields. So neither
the protobuf compiler nor generated code is needed.
"""

import re
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "tfplugin6"
SERVICE = f"{PACKAGE}.Provider"

# One message per line, with fields as `name=number type`. [] marks a list, {} a map.
MESSAGES = """
DynamicValue: msgpack=1 bytes, json=2 bytes
RawState: json=1 bytes
Step: attribute_name=1 string, element_key_int=3 int64
AttributePath: steps=1 Step[]
Diagnostic: severity=1 int32, summary=2 string, attribute=4 AttributePath
Attribute: name=1 string, type=2 bytes, required=4 bool, optional=5 bool, computed=6 bool
NestedBlock: type_name=1 string, block=2 Block, nesting=3 int32, min_items=4 int64, max_items=5 int64
Block: attributes=2 Attribute[], block_types=3 NestedBlock[]
Schema: version=1 int64, block=2 Block
Nothing:
Diagnosed: diagnostics=1 Diagnostic[]
Prepared: diagnostics=2 Diagnostic[]
Schemas: provider=1 Schema, resource_schemas=2 Schema{}, data_source_schemas=3 Schema{}
Configuration: config=2 DynamicValue
Resource: type_name=1 string, config=2 DynamicValue
Stored: type_name=1 string, raw_state=3 RawState
Upgraded: upgraded_state=1 DynamicValue
Current: type_name=1 string, current_state=2 DynamicValue
State: state=1 DynamicValue
Proposed: type_name=1 string, prior_state=2 DynamicValue, proposed_new_state=3 DynamicValue
Planned: planned_state=1 DynamicValue, legacy_type_system=5 bool
Change: type_name=1 string, planned_state=3 DynamicValue
Applied: new_state=1 DynamicValue, legacy_type_system=4 bool
"""

CALLS = {
    "GetProviderSchema": ("Nothing", "Schemas"),
    "ValidateProviderConfig": ("Nothing", "Prepared"),
    "ConfigureProvider": ("Configuration", "Diagnosed"),
    "StopProvider": ("Nothing", "Nothing"),
    "ValidateResourceConfig": ("Resource", "Diagnosed"),
    "ValidateDataResourceConfig": ("Resource", "Diagnosed"),
    "UpgradeResourceState": ("Stored", "Upgraded"),
    "ReadResource": ("Current", "State"),
    "PlanResourceChange": ("Proposed", "Planned"),
    "ApplyResourceChange": ("Change", "Applied"),
    "ReadDataSource": ("Resource", "State"),
}
"""Request and answer of each call. Names are not sent, so equal messages share one name here."""

Field = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "bytes": Field.TYPE_BYTES,
    "string": Field.TYPE_STRING,
    "bool": Field.TYPE_BOOL,
    "int32": Field.TYPE_INT32,  # encoded like an enumeration
    "int64": Field.TYPE_INT64,
}
FIELD = re.compile(r"(\w+)=(\d+) (\w+)(\[\]|\{\})?")


def _build_messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="provider.proto", package=PACKAGE, syntax="proto3"
    )
    for line in MESSAGES.strip().splitlines():
        name, _, fields = line.partition(":")
        message = file.message_type.add(name=name)
        for field in FIELD.findall(fields):
            _add_field(message, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes = message_factory.GetMessageClassesForFiles([file.name], pool)
    return {name.removeprefix(f"{PACKAGE}."): found for name, found in classes.items()}


def _add_field(message: Any, name: str, number: str, type_: str, many: str) -> None:
    field = message.field.add(name=name, number=int(number))
    field.label = Field.LABEL_REPEATED if many else Field.LABEL_OPTIONAL
    if many == "{}":
        type_ = _add_entry(message, name, type_)
    if type_ in SCALARS:
        field.type = SCALARS[type_]
    else:
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{type_}"


def _add_entry(message: Any, name: str, type_: str) -> str:
    """Add the entry message of a map field, and return its name. Protobuf prescribes the name."""
    entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
    entry.options.map_entry = True
    _add_field(entry, "key", "1", "string", "")
    _add_field(entry, "value", "2", type_, "")
    return f"{message.name}.{entry.name}"


messages = _build_messages()
