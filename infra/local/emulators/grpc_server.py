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


class RpcRefusal(Exception):
    """A call is refused with a status and a message that the caller sees."""

    def __init__(self, status: StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Method:
    """A unary method. `answer` turns a `request` into a `response` (types), or raises RpcRefusal."""

    answer: Callable[[Any], Any]
    request: Any
    response: Any


@dataclass(frozen=True)
class RpcService:
    """A service. Faults know it by `name`, clients by `wire_name`."""

    name: str
    wire_name: str
    methods: Mapping[str, Method]


RESET = (StatusCode.UNAVAILABLE, "recvmsg:Connection reset by peer")
BEFORE = {
    "refuse": (StatusCode.UNAVAILABLE, "failed to connect to all addresses"),
    "reset": RESET,
    "429": (StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric"),
    "500": (StatusCode.INTERNAL, "Internal error encountered."),
    "503": (StatusCode.UNAVAILABLE, "The service is currently unavailable."),
    "garbage": (StatusCode.INTERNAL, "Exception deserializing response!"),
}
LATE_SECONDS = 2.0
"""Default delay. The product's own calls wait longer."""


@dataclass(frozen=True)
class RpcFailure:
    """The way in which one call fails.

    refuse, reset, 429, 500, 503, garbage: fails before anything is done. 4xx: fails so with
    OUT_OF_RANGE and `message`. nonsense: does nothing and answers a message without fields.
    timeout: does nothing and never answers. late: acts `delay_seconds` late, also when the caller
    has left. slow, lags: acts, and answers `delay_seconds` late. truncate, lost: acts and loses the
    answer. silent: acts and never answers.
    """

    mode: str
    delay_seconds: float = LATE_SECONDS
    message: str = "The request was not understood"


RpcFault = Callable[[str, str], RpcFailure | str | None]
"""Called before each call with the service's name (`secret-manager`) and the method's
(`AccessSecretVersion`). Returns how the call fails, as a mode alone or with its options, or None.
"""
HOST = "127.0.0.1"
GRACE_SECONDS = 0.3
"""Seconds that calls under way have when the server ends.

Without them a client that is still connected prints "Got goaway [2] err=UNAVAILABLE".
"""


def no_fault(_service: str, _method: str) -> None:
    """Let every call succeed."""
    return


@asynccontextmanager
async def serve(*services: RpcService, fault: RpcFault = no_fault) -> AsyncIterator[str]:
    """Serve while the block runs, and yield the address, such as `127.0.0.1:50123`.

    There is no encryption and no credential: clients need an insecure channel.
    """
    server = grpc_aio.server()
    server.add_generic_rpc_handlers(tuple(_handlers(service, fault) for service in services))
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    try:
        yield f"{HOST}:{port}"
    finally:
        await server.stop(GRACE_SECONDS)


def _handlers(service: RpcService, fault: RpcFault) -> grpc.GenericRpcHandler:
    rpcs = {name: _rpc(service.name, name, m, fault) for name, m in service.methods.items()}
    return grpc.method_handlers_generic_handler(service.wire_name, rpcs)


def _rpc(service: str, name: str, method: Method, fault: RpcFault) -> grpc.RpcMethodHandler:
    async def call(request: Any, context: grpc_aio.ServicerContext) -> Any:  # noqa: ANN401 - any message
        try:
            failure = fault(service, name)
            if failure is None:
                return method.answer(request)
            return await _fail(
                method, request, RpcFailure(failure) if isinstance(failure, str) else failure
            )
        except RpcRefusal as refusal:
            await context.abort(refusal.status, refusal.message)

    return grpc.unary_unary_rpc_method_handler(
        call,
        request_deserializer=_from_bytes(method.request),
        response_serializer=_to_bytes(method.response),
    )


async def _fail(method: Method, request: Any, failure: RpcFailure) -> Any:  # noqa: ANN401 - any message
    mode = failure.mode
    if mode in BEFORE:
        refuse(*BEFORE[mode])
    if mode == "4xx":
        refuse(StatusCode.OUT_OF_RANGE, failure.message)
    if mode == "nonsense":
        return method.response()
    if mode == "timeout":
        await _never()
    if mode == "late":
        # Shielded: the caller's deadline cancels this call, and must not undo what it asked for.
        return await asyncio.shield(asyncio.ensure_future(_act_late(method, request, failure)))
    answer = method.answer(request)
    if mode in {"truncate", "lost"}:
        refuse(*RESET)
    if mode == "silent":
        await _never()
    await asyncio.sleep(failure.delay_seconds)
    return answer


async def _act_late(method: Method, request: Any, failure: RpcFailure) -> Any:  # noqa: ANN401 - any message
    await asyncio.sleep(failure.delay_seconds)
    return method.answer(request)


async def _never() -> None:
    """Wait until the caller's deadline cancels the call."""
    await asyncio.Event().wait()


# A proto-plus message has other names for these two than a plain protobuf message.
def _from_bytes(message: Any) -> Any:  # noqa: ANN401 - any message type
    return getattr(message, "deserialize", None) or message.FromString


def _to_bytes(message: Any) -> Any:  # noqa: ANN401 - any message type
    return getattr(message, "serialize", None) or message.SerializeToString


def refuse(status: StatusCode, message: str) -> NoReturn:
    """Raise RpcRefusal."""
    raise RpcRefusal(status, message)


def get_seconds(message: Any, name: str) -> float | None:  # noqa: ANN401 - any proto-plus message
    """Return a time (since 1970) or a duration in seconds; None if it is not set."""
    raw = type(message).pb(message)
    return getattr(raw, name).ToNanoseconds() / 1e9 if raw.HasField(name) else None


def set_seconds(message: Any, name: str, value: float) -> None:  # noqa: ANN401 - as above
    """Set a time or a duration, to the microsecond."""
    getattr(type(message).pb(message), name).FromNanoseconds(round(value * 1e6) * 1000)


def paginate(
    items: Sequence[tuple[int, T]], size: int, token: str, largest: int
) -> tuple[list[T], str]:
    """Return one page of `items`, whose keys ascend, and the next token ("" after the last page).

    Raises RpcRefusal(INVALID_ARGUMENT).
    """
    try:
        left = [item for item in items if not token or item[0] > int(token)]
    except ValueError:
        refuse(StatusCode.INVALID_ARGUMENT, "Invalid page token.")
    if size < 0:
        refuse(StatusCode.INVALID_ARGUMENT, "Page size must not be negative.")
    shown = left[: min(size or largest, largest)]
    more = len(left) > len(shown)
    return [item for _, item in shown], str(shown[-1][0]) if more else ""
