import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from common.adapters.google.grpc_client import connect_client, import_client, translate_errors
from common.domain.errors import Failed
from common.domain.ids import AvatarSessionId

if TYPE_CHECKING:
    from google.cloud.tasks_v2 import CloudTasksAsyncClient

SERVICE = "cloud_tasks"
TIMEOUT = 3.0
"""Seconds for a call to Cloud Tasks."""
DISPATCH_SECONDS = 60
"""How long Cloud Tasks waits for an answer of `sweep_expired` before it tries again."""


class CloudTasksQueue:
    """The queue in Cloud Tasks of the tasks that end sessions in time.

    `queue` is the last part of the queue's name. `account` is the service account that may call
    `url`, which is also the audience of its token, as Cloud Run services expect.
    `address` (`host:port`) is the local emulator, called without encryption and credentials.

    Google's client is built at the first call: importing it takes 0.5 s of a cold start.
    """

    def __init__(
        self,
        *,
        project: str,
        location: str,
        queue: str,
        url: str,
        account: str,
        address: str | None = None,
    ) -> None:
        self._queue = f"projects/{project}/locations/{location}/queues/{queue}"
        self._url = url
        self._oidc = {"service_account_email": account, "audience": url}
        self._address = address
        self._client: CloudTasksAsyncClient | None = None
        self._connecting = asyncio.Lock()

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        """Create the session's task. A session has at most one.

        Cloud Tasks keeps a task's name for a day after the task has run, so a second call for the
        same session changes nothing.
        """
        await self._create(_task_id(session), at, {"avatar_session_id": session})

    async def leave(self, session: AvatarSessionId, at: datetime) -> None:
        """Create the task of a session whose page leaves, once for each `at`."""
        name = _task_id(f"{session} leaves {at.isoformat()}")
        await self._create(name, at, {"avatar_session_id": session, "leaving": True})

    async def _create(self, name: str, at: datetime, body: Mapping[str, Any]) -> None:
        client = await self._connect()
        task = {
            "name": f"{self._queue}/tasks/{name}",
            "schedule_time": at,
            "dispatch_deadline": {"seconds": DISPATCH_SECONDS},
            "http_request": {
                "http_method": "POST",
                "url": self._url,
                "headers": {"Content-Type": "application/json"},
                "body": json.dumps(body).encode(),
                "oidc_token": self._oidc,
            },
        }
        request = {"parent": self._queue, "task": task}
        with translate_errors(SERVICE, writing=True, done="ALREADY_EXISTS"):
            await client.create_task(request=request, timeout=TIMEOUT, retry=None)

    async def check(self) -> None:
        """Raise `Failed` if the queue is paused or disabled."""
        client = await self._connect()
        with translate_errors(SERVICE, writing=False):
            queue = await client.get_queue(name=self._queue, timeout=TIMEOUT, retry=None)
        if queue.state.name != "RUNNING":
            raise Failed(SERVICE, "the queue does not run")

    async def close(self) -> None:
        if self._client:
            await self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's
            self._client = None

    async def _connect(self) -> "CloudTasksAsyncClient":
        async with self._connecting:
            if self._client is None:
                library = await import_client("google.cloud.tasks_v2")
                client = library.CloudTasksAsyncClient
                self._client = await connect_client(client, self._address, SERVICE)
            return self._client


def _task_id(name: str) -> str:
    """Return a hash of the name: Cloud Tasks is slower when ids are similar."""
    return hashlib.sha256(name.encode()).hexdigest()
