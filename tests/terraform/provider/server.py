"""Providers with the schemas of hashicorp/google and hashicorp/time.

Terraform validates, plans and applies against them without a network. They create nothing.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # no types

from tests.terraform.provider.protocol import CALLS, SERVICE, messages
from tests.terraform.provider.schema import SCHEMAS, Block, read_schema
from tests.terraform.provider.values import (
    Values,
    fill_applied,
    fill_planned,
    find_problems,
    pack,
    unpack,
)

NAMES = "registry.terraform.io/hashicorp"
NESTING = {"single": 1, "list": 2, "set": 3}
ERROR = 1
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
PROJECT_NUMBER = "123456789012"

NAMED_BY = {
    "google_compute_backend_service": "name",
    "google_compute_region_network_endpoint_group": "name",
    "google_compute_security_policy": "name",
    "google_compute_target_http_proxy": "name",
    "google_compute_target_https_proxy": "name",
    "google_compute_url_map": "name",
    "google_monitoring_slo": "slo_id",
}
"""Types whose id a plan has here, and the attribute that the id ends with. So a check can follow a
reference. Google's provider knows an id only after `apply`."""

Answer = dict[str, Any]


class SchemaProvider:
    """Handlers of the protocol's calls. Each returns the fields of its answer."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._defaults: Values = {}
        self._schemas = messages["Schemas"](
            provider=_schema(schema["provider"]),
            resource_schemas={name: _schema(block) for name, block in schema["resources"].items()},
            data_source_schemas={
                name: _schema(block) for name, block in schema["data_sources"].items()
            },
        )

    def get_provider_schema(self, _: Any) -> Any:
        """Return the prepared message: every command asks for it."""
        return self._schemas

    def configure_provider(self, request: Any) -> Answer:
        self._defaults = unpack(request.config)
        return {}

    def validate_resource_config(self, request: Any) -> Answer:
        found = find_problems(self._resource(request), unpack(request.config))
        return {"diagnostics": [_diagnostic(path, text) for path, text in found]}

    def upgrade_resource_state(self, request: Any) -> Answer:
        return {"upgraded_state": {"json": request.raw_state.json}}

    def read_resource(self, request: Any) -> Answer:
        return {"state": {"msgpack": request.current_state.msgpack}}

    def plan_resource_change(self, request: Any) -> Answer:
        values = unpack(request.proposed_new_state)
        if values is not None and unpack(request.prior_state) is None:
            values = fill_planned(
                self._resource(request), self._computed(request.type_name, values)
            )
        return {"planned_state": pack(values), "legacy_type_system": True}

    def apply_resource_change(self, request: Any) -> Answer:
        values = unpack(request.planned_state)
        if values is not None:
            values = fill_applied(self._resource(request), values)
        return {"new_state": pack(values), "legacy_type_system": True}

    def read_data_source(self, request: Any) -> Answer:
        block = self._schema["data_sources"][request.type_name]
        values = fill_applied(block, fill_planned(block, unpack(request.config)))
        return {"state": pack({**values, "number": PROJECT_NUMBER})}

    def _resource(self, request: Any) -> Block:
        block: Block = self._schema["resources"][request.type_name]
        return block

    def _computed(self, type_: str, values: Values) -> Values:
        """Add the values that Google's provider computes during a plan."""
        if "project" in values:
            values["project"] = values["project"] or self._defaults["project"]
        if type_ == "google_service_account":
            email = f"{values['account_id']}@{values['project']}.iam.gserviceaccount.com"
            values |= {"email": email, "member": f"serviceAccount:{email}"}
        if type_ in NAMED_BY:
            values["id"] = f"{type_}/{values[NAMED_BY[type_]]}"
        return values


@contextmanager
def serve_providers(folder: Path) -> Iterator[str]:
    """Serve each provider on a socket in `folder`. Yield the value of TF_REATTACH_PROVIDERS."""
    with ExitStack() as running:
        served = {
            f"{NAMES}/{name}": running.enter_context(_serve(folder / f"{name}.sock", name))
            for name in SCHEMAS
        }
        yield json.dumps(served)


@contextmanager
def _serve(path: Path, name: str) -> Iterator[Answer]:
    """Serve one provider. Yield how Terraform reaches it."""
    provider = SchemaProvider(read_schema(name))
    with ThreadPoolExecutor(4) as threads:
        sizes = [
            (f"grpc.max_{way}_message_length", MAX_MESSAGE_BYTES) for way in ("send", "receive")
        ]
        server = grpc.server(threads, options=sizes)
        rpcs = {
            call: _rpc(provider, call, *messages_of_call)
            for call, messages_of_call in CALLS.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, rpcs),))
        server.add_insecure_port(f"unix:{path}")
        server.start()
        address = {"Network": "unix", "String": str(path)}
        process = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True}
        try:
            yield {**process, "Addr": address}
        finally:
            server.stop(None).wait()


def _rpc(
    provider: SchemaProvider, call: str, request_name: str, answer_name: str
) -> grpc.RpcMethodHandler:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in call)[1:]
    answer = getattr(provider, name, _nothing)
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _: _message(answer_name, answer(request)),
        request_deserializer=messages[request_name].FromString,
        response_serializer=partial(messages[answer_name].SerializeToString),
    )


def _message(name: str, answer: Any) -> Any:
    return messages[name](**answer) if isinstance(answer, dict) else answer


def _nothing(_: Any) -> Answer:
    return {}


def _schema(block: Block) -> Answer:
    return {"block": _block(block)}


def _block(block: Block) -> Answer:
    attributes = [_attribute(name, found) for name, found in block["attributes"].items()]
    nested = [
        {
            "type_name": name,
            "nesting": NESTING[found["nesting"]],
            "min_items": found.get("min", 0),
            "max_items": found.get("max", 0),
            "block": _block(found),
        }
        for name, found in block["blocks"].items()
    ]
    return {"attributes": attributes, "block_types": nested}


def _attribute(name: str, found: dict[str, Any]) -> Answer:
    kinds = {kind: True for kind in ("required", "optional", "computed") if found.get(kind)}
    return {"name": name, "type": json.dumps(found["type"]).encode(), **kinds}


def _diagnostic(path: tuple[str | int, ...], text: str) -> Answer:
    steps = [
        {"attribute_name": step} if isinstance(step, str) else {"element_key_int": step}
        for step in path
    ]
    return {"severity": ERROR, "summary": text, "attribute": {"steps": steps}}
