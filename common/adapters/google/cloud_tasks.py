import asyncio
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING

from common.adapters.google.grpc_client import connect_client, import_client, translate_errors
from common.domain.errors import Failed
from common.domain.ids import AvatarSessionId

if TYPE_CHECKING:
    from google.cloud.tasks_v2 import CloudTasksAsyncClient

SERVICE = "cloud_tasks"
TIMEOUT = 3.0
"""Seconds for the call that makes a task."""
DISPATCH_SECONDS = 60
"""How long Cloud Tasks waits for `sweep_expired` to answer before it tries again."""


class CloudTasksQueue:
    """Google's own client, made at the first call: importing it takes 0.5 s of a cold start.

    `queue` is the last part of its name. `account` is the service account that may call `url`,
    `audience` what its token is for (`url` itself, for a Cloud Run service). `address` is a local
    stand-in, called without encryption or credentials.
    """

    def __init__(
        self,
        *,
        project: str,
        location: str,
        queue: str,
        url: str,
        account: str,
        audience: str | None = None,
        address: str | None = None,
    ) -> None:
        self._queue = f"projects/{project}/locations/{location}/queues/{queue}"
        self._url = url
        self._oidc = {"service_account_email": account, "audience": audience or url}
        self._address = address
        self._client: CloudTasksAsyncClient | None = None
        self._making = asyncio.Lock()

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        """Once a session: a name stays taken for a day after its task ran, and that is as well."""
        client = await self._ready()
        task = {
            "name": f"{self._queue}/tasks/{_hashed(session)}",
            "schedule_time": at,
            "dispatch_deadline": {"seconds": DISPATCH_SECONDS},
            "http_request": {
                "http_method": "POST",
                "url": self._url,
                "headers": {"Content-Type": "application/json"},
                "body": json.dumps({"avatar_session_id": session}).encode(),
                "oidc_token": self._oidc,
            },
        }
        request = {"parent": self._queue, "task": task}
        with translate_errors(SERVICE, writing=True, done="ALREADY_EXISTS"):
            await client.create_task(request=request, timeout=TIMEOUT, retry=None)

    async def check(self) -> None:
        """The queue is there, and runs what is put into it: `Failed` where somebody paused it."""
        client = await self._ready()
        with translate_errors(SERVICE, writing=False):
            queue = await client.get_queue(name=self._queue, timeout=TIMEOUT, retry=None)
        if queue.state.name != "RUNNING":
            raise Failed(SERVICE, "the queue does not run")

    async def close(self) -> None:
        if self._client:
            await self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's
            self._client = None

    async def _ready(self) -> "CloudTasksAsyncClient":
        async with self._making:
            if self._client is None:
                library = await import_client("google.cloud.tasks_v2")
                made = library.CloudTasksAsyncClient
                self._client = await connect_client(made, self._address, SERVICE)
            return self._client


def _hashed(session: AvatarSessionId) -> str:
    """Cloud Tasks wants names that are spread evenly."""
    return hashlib.sha256(session.encode()).hexdigest()
