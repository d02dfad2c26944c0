import asyncio
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.domain import errors

CHANNEL = (
    # gRPC waits up to 120 s before it tries again a server that it could not reach.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
LOCAL_CHANNEL = (*CHANNEL, ("grpc.enable_http_proxy", 0))
"""A proxy of the environment's is for the world outside."""
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

_importing = threading.Lock()


async def import_client(module: str) -> Any:  # noqa: ANN401 - a module, whatever it holds
    """Imports without holding up the event loop.

    One at a time: two threads that enter the same circle of imports from different sides can see
    half-made modules.
    """

    def load() -> Any:  # noqa: ANN401 - as above
        with _importing:
            return importlib.import_module(module)

    return await asyncio.to_thread(load)


async def connect_client(client: Any, address: str | None, service: str) -> Any:  # noqa: ANN401 - any of Google's
    """One of Google's async clients, made of its class, with the credentials of where we run, or of
    none at a local `address`."""
    transport = client.get_transport_class("grpc_asyncio")
    if address:
        grpc_aio = await import_client("grpc.aio")
        channel = grpc_aio.insecure_channel(address, options=LOCAL_CHANNEL)
        return client(transport=transport(host=address, channel=channel))
    auth = await import_client("google.auth")
    try:  # in a thread: finding them may ask the metadata server, and waits for it
        credentials, _ = await asyncio.to_thread(auth.default, scopes=SCOPES)
    except auth.exceptions.GoogleAuthError as error:
        raise errors.Failed(service, "no credentials") from error
    host = client.DEFAULT_ENDPOINT
    channel = transport.create_channel(host, credentials=credentials, options=CHANNEL)
    return client(transport=transport(host=host, channel=channel))


@contextmanager
def translate_errors(service: str, *, writing: bool, done: str = "") -> Iterator[None]:
    """What Google's clients raise, in our words. `done` is the status that means it is so already.

    Leaves the messages behind: they name resources, and clients of ours read `why`.
    """
    from google.api_core import exceptions as google  # noqa: PLC0415 - 0.1 s, once a client is there

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
