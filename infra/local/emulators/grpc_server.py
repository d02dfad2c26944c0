"""gRPC services made of plain functions, without generated servicers, on the running event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from grpc import StatusCode
from grpc import aio as grpc_aio

T = TypeVar("T")

Fault = Callable[[str, str], str | None]
"""Asked before each call with the service's name (`secret-manager`) and the method's
(`AccessSecretVersion`): how shall it fail? None: it shall not.

`refuse`, `reset`, `429`, `500` and `garbage` fail before anything is done; `timeout` does nothing
and never answers; `slow` does it and answers late; `truncate` does it and loses the answer.
"""


class Refusal(Exception):
    """How a method says no: the status and the message that the caller sees."""

    def __init__(self, status: StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Method:
    """`answer` takes a `request` and gives a `response` (both types), or raises `Refusal`."""

    answer: Callable[[Any], Any]
    request: Any
    response: Any


@dataclass(frozen=True)
class Service:
    """`name` is what `Fault` hears, `wire_name` what clients call."""

    name: str
    wire_name: str
    methods: Mapping[str, Method]


RESET = (StatusCode.UNAVAILABLE, "recvmsg:Connection reset by peer")
BEFORE = {
    "refuse": (StatusCode.UNAVAILABLE, "failed to connect to all addresses"),
    "reset": RESET,
    "429": (StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric"),
    "500": (StatusCode.INTERNAL, "Internal error encountered."),
    "garbage": (StatusCode.INTERNAL, "Exception deserializing response!"),
}


SLOW = 2.0
"""Seconds; less than what our own calls wait for."""


GRACE_SECONDS = 0.3
"""For calls under way when the server ends. Without it gRPC calls its end a failure, and a client
that is still connected writes so to the terminal: "Got goaway [2] err=UNAVAILABLE"."""


def no_fault(_service: str, _method: str) -> None:
    return None


@asynccontextmanager
async def serve(
    *services: Service, address: str = "127.0.0.1:0", fault: Fault = no_fault
) -> AsyncIterator[str]:
    """Serves until the block is left, and gives the address where it listens, `127.0.0.1:50123`.

    Without encryption or credentials: clients need an insecure channel.
    """
    server = grpc_aio.server()
    server.add_generic_rpc_handlers(tuple(_handlers(service, fault) for service in services))
    port = server.add_insecure_port(address)
    await server.start()
    try:
        yield f"{address.rpartition(':')[0]}:{port}"
    finally:
        await server.stop(GRACE_SECONDS)


def _handlers(service: Service, fault: Fault) -> grpc.GenericRpcHandler:
    rpcs = {name: _rpc(service.name, name, m, fault) for name, m in service.methods.items()}
    return grpc.method_handlers_generic_handler(service.wire_name, rpcs)


def _rpc(service: str, name: str, method: Method, fault: Fault) -> grpc.RpcMethodHandler:
    async def call(request: Any, context: grpc_aio.ServicerContext) -> Any:  # noqa: ANN401 - any message
        try:
            return await _answer(method, request, fault(service, name))
        except Refusal as no:
            await context.abort(no.status, no.message)

    return grpc.unary_unary_rpc_method_handler(
        call,
        request_deserializer=_from_bytes(method.request),
        response_serializer=_to_bytes(method.response),
    )


async def _answer(method: Method, request: Any, mode: str | None) -> Any:  # noqa: ANN401 - any message
    if mode == "timeout":
        await asyncio.Event().wait()  # until the caller's deadline cancels this
    if mode in BEFORE:
        refuse(*BEFORE[mode])
    answer = method.answer(request)
    if mode == "truncate":
        refuse(*RESET)
    if mode == "slow":
        await asyncio.sleep(SLOW)
    return answer


def _from_bytes(message: Any) -> Any:  # noqa: ANN401 - proto-plus, or plain protobuf, which has another name
    return getattr(message, "deserialize", None) or message.FromString


def _to_bytes(message: Any) -> Any:  # noqa: ANN401 - as above
    return getattr(message, "serialize", None) or message.SerializeToString


def refuse(status: StatusCode, message: str) -> NoReturn:
    raise Refusal(status, message)


def seconds(message: Any, name: str) -> float | None:  # noqa: ANN401 - any proto-plus message
    """A field that is a time (since 1970) or a duration; None where it is not set."""
    raw = type(message).pb(message)
    return getattr(raw, name).ToNanoseconds() / 1e9 if raw.HasField(name) else None


def set_seconds(message: Any, name: str, value: float) -> None:  # noqa: ANN401 - as above
    getattr(type(message).pb(message), name).FromNanoseconds(round(value * 1e6) * 1000)


def page(
    items: Sequence[tuple[int, T]], size: int, token: str, largest: int
) -> tuple[list[T], str]:
    """One page of `items`, whose keys ascend, and the next page's token ("" after the last)."""
    try:
        left = [item for item in items if not token or item[0] > int(token)]
    except ValueError:
        refuse(StatusCode.INVALID_ARGUMENT, "Invalid page token.")
    if size < 0:
        refuse(StatusCode.INVALID_ARGUMENT, "Page size must not be negative.")
    shown = left[: min(size or largest, largest)]
    more = len(left) > len(shown)
    return [item for _, item in shown], str(shown[-1][0]) if more else ""
