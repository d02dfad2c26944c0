"""Helpers for Google's asynchronous gRPC clients: loading, connecting, translation of errors."""

import asyncio
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.adapters.google.credentials import default_credentials
from common.domain import errors

CHANNEL_OPTIONS = (
    # By default gRPC waits up to 120 s before it tries an unreachable server again.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
NO_PROXY = ("grpc.enable_http_proxy", 0)
"""For local addresses: gRPC sends even 127.0.0.1 through the environment's `http_proxy`."""

_importing = threading.Lock()


async def import_client(module: str) -> Any:  # noqa: ANN401 - a module has any attributes
    """Import a module in a thread, so that the event loop is not blocked.

    One module at a time: two threads that enter the same circle of imports at different points can
    see half-initialised modules.
    """

    def load() -> Any:  # noqa: ANN401 - as above
        with _importing:
            return importlib.import_module(module)

    return await asyncio.to_thread(load)


async def connect_client(client: Any, address: str | None, service: str) -> Any:  # noqa: ANN401 - any of Google's
    """Return an instance of one of Google's client classes.

    It uses the default credentials, or none if a local `address` (`host:port`) is given. Raises
    `Failed` if there are no credentials.
    """
    transport = client.get_transport_class("grpc_asyncio")
    if address:
        grpc_aio = await import_client("grpc.aio")
        channel = grpc_aio.insecure_channel(address, options=(*CHANNEL_OPTIONS, NO_PROXY))
        return client(transport=transport(host=address, channel=channel))
    auth = await import_client("google.auth")
    try:  # in a thread: it may ask the metadata server
        credentials = await asyncio.to_thread(default_credentials)
    except auth.exceptions.GoogleAuthError as error:
        raise errors.Failed(service, "no credentials") from error
    host = client.DEFAULT_ENDPOINT
    channel = transport.create_channel(host, credentials=credentials, options=CHANNEL_OPTIONS)
    return client(transport=transport(host=host, channel=channel))


@contextmanager
def translate_errors(service: str, *, writing: bool, done: str = "") -> Iterator[None]:
    """Translate the exceptions of Google's clients to `Upstream` errors.

    `done` is a status that means that the goal is reached already; it is ignored. Google's messages
    are dropped, because they name resources.
    """
    from google.api_core import exceptions as google  # noqa: PLC0415 - takes 0.1 s

    try:
        yield
    except google.GoogleAPICallError as error:
        status = error.grpc_status_code.name if error.grpc_status_code else type(error).__name__
        if status != done:
            raise _translation(service, status, writing=writing) from error


def _translation(service: str, status: str, *, writing: bool) -> errors.Upstream:
    if status == "NOT_FOUND":
        return errors.UpstreamNotFound(service, status)
    if status == "RESOURCE_EXHAUSTED":
        return errors.Busy(service, status)
    if status not in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "CANCELLED"}:
        return errors.Failed(service, status)
    return (errors.Ambiguous if writing else errors.Unavailable)(service, status)
