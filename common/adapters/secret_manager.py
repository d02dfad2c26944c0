import asyncio
import importlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import google_crc32c

from common.domain import errors

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceAsyncClient

SERVICE = "secret_manager"
TIMEOUT = 3.0
"""Seconds for each call; without one a client waits for minutes in an outage."""
REMEMBERED = 300.0
"""Seconds for which `read` believes what it read."""
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


@dataclass(frozen=True, repr=False)
class Secret:
    """One version of a secret. `version` is its number, also where `latest` was asked for."""

    version: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode().strip()


class SecretManager:
    """Google's own client, made at the first call: importing it takes 0.4 s of a cold start.

    `address` (`127.0.0.1:50123`) is a local stand-in, called without encryption or credentials.
    `now` gives seconds, of any origin.
    """

    def __init__(
        self,
        project: str,
        *,
        address: str | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parent = f"projects/{project}"
        self._address = address
        self._now = now
        self._client: SecretManagerServiceAsyncClient | None = None
        self._making = asyncio.Lock()
        self._read: dict[tuple[str, str], tuple[float, Secret]] = {}

    async def read(self, name: str, version: str = "latest", *, refresh: bool = False) -> Secret:
        """Like `access`, from memory where it was read in the last minutes; `refresh` asks again.

        What was read before still serves while Secret Manager is `Unavailable`.
        """
        until, known = self._read.get((name, version), (0.0, None))
        if known and not refresh and self._now() < until:
            return known
        try:
            found = await self.access(name, version)
        except errors.Unavailable:
            if known is None or refresh:
                raise
            return known
        for asked in (version, found.version):
            self._read[name, asked] = (self._now() + REMEMBERED, found)
        return found

    async def access(self, name: str, version: str = "latest") -> Secret:
        """`Missing`: no such secret or version. `Failed`: it is disabled, or arrived damaged."""
        client = await self._ready()
        path = f"{self._parent}/secrets/{name}/versions/{version}"
        with translated(SERVICE, writing=False):
            answer = await client.access_secret_version(name=path, timeout=TIMEOUT, retry=None)
        data = answer.payload.data
        if answer.payload.data_crc32c != google_crc32c.value(data):
            raise errors.Failed(SERVICE, "checksum")
        return Secret(answer.name.rpartition("/")[2], data)

    async def create(self, name: str, expires_at: datetime | None = None) -> None:
        """A secret without a version, which Google deletes at `expires_at`. There already: fine."""
        client = await self._ready()
        secret: dict[str, Any] = {"replication": {"automatic": {}}}
        if expires_at:
            secret["expire_time"] = expires_at
        request = {"parent": self._parent, "secret_id": name, "secret": secret}
        with translated(SERVICE, writing=True, done="ALREADY_EXISTS"):
            await client.create_secret(request=request, timeout=TIMEOUT, retry=None)

    async def add(self, name: str, data: bytes) -> str:
        """The new version's number, "1" for the first. `Missing`: no such secret."""
        client = await self._ready()
        payload = {"data": data, "data_crc32c": google_crc32c.value(data)}
        request = {"parent": f"{self._parent}/secrets/{name}", "payload": payload}
        with translated(SERVICE, writing=True):
            added = await client.add_secret_version(request=request, timeout=TIMEOUT, retry=None)
        return added.name.rpartition("/")[2]

    async def delete(self, name: str) -> None:
        """With all its versions. Gone already: fine."""
        client = await self._ready()
        path = f"{self._parent}/secrets/{name}"
        with translated(SERVICE, writing=True, done="NOT_FOUND"):
            await client.delete_secret(name=path, timeout=TIMEOUT, retry=None)

    async def close(self) -> None:
        if self._client:
            await self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's
            self._client = None

    async def _ready(self) -> "SecretManagerServiceAsyncClient":
        async with self._making:
            if self._client is None:
                library = await imported("google.cloud.secretmanager_v1")
                made = library.SecretManagerServiceAsyncClient
                self._client = await connected(made, self._address, SERVICE)
            return self._client


async def imported(module: str) -> Any:  # noqa: ANN401 - a module, whatever it holds
    """Imports without holding up the event loop.

    One at a time: two threads that enter the same circle of imports from different sides can see
    half-made modules.
    """

    def load() -> Any:  # noqa: ANN401 - as above
        with _importing:
            return importlib.import_module(module)

    return await asyncio.to_thread(load)


async def connected(client: Any, address: str | None, service: str) -> Any:  # noqa: ANN401 - any of Google's
    """One of Google's async clients, made of its class, with the credentials of where we run, or of
    none at a local `address`."""
    transport = client.get_transport_class("grpc_asyncio")
    if address:
        grpc_aio = await imported("grpc.aio")
        channel = grpc_aio.insecure_channel(address, options=LOCAL_CHANNEL)
        return client(transport=transport(host=address, channel=channel))
    auth = await imported("google.auth")
    try:  # in a thread: finding them may ask the metadata server, and waits for it
        credentials, _ = await asyncio.to_thread(auth.default, scopes=SCOPES)
    except auth.exceptions.GoogleAuthError as error:
        raise errors.Failed(service, "no credentials") from error
    host = client.DEFAULT_ENDPOINT
    channel = transport.create_channel(host, credentials=credentials, options=CHANNEL)
    return client(transport=transport(host=host, channel=channel))


@contextmanager
def translated(service: str, *, writing: bool, done: str = "") -> Iterator[None]:
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
        return errors.Missing(service, status)
    if status == "RESOURCE_EXHAUSTED":
        return errors.Busy(service, status)
    if status not in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "CANCELLED"}:
        return errors.Failed(service, status)
    return (errors.Ambiguous if writing else errors.Unavailable)(service, status)
