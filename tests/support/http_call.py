"""One HTTP request to a function, in process, with the time of each byte of its answer."""

import asyncio
import json
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from starlette.types import ASGIApp, Message

from common.app import App
from infra.local.functions import load_functions


@cache
def functions() -> dict[str, ASGIApp]:
    """Return each function as Google's framework serves it."""
    return load_functions()


@dataclass
class RecordedAnswer:
    """`chunks` holds each piece of the body with its time; times are of the loop's clock."""

    began: float
    ended: float = 0.0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(chunk for _, chunk in self.chunks)

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def longest_silence(self) -> float:
        """The longest time without a byte, from the request to the end of the answer, in seconds."""
        times = [self.began, *(at for at, chunk in self.chunks if chunk), self.ended]
        return max(later - earlier for earlier, later in pairwise(times))


async def post(
    app: App,
    function: str,
    body: object,
    *,
    user: str = "ada",
    key: str | None = None,
    events: bool = False,
    leave_after: float | None = None,
    stall: bool = False,
) -> RecordedAnswer:
    """Send a POST and read the answer to its end.

    `events` asks for a stream. `leave_after`: the caller disconnects after so many seconds. `stall`:
    the body does not arrive.
    """
    loop = asyncio.get_running_loop()
    answer = RecordedAnswer(began=loop.time())
    raw = json.dumps(body).encode()
    headers = [
        (b"authorization", f"Bearer {user}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(raw)).encode()),
        (b"accept", b"text/event-stream" if events else b"application/json"),
    ]
    if key is not None:
        headers.append((b"idempotency-key", key.encode()))
    unread: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> Message:
        if unread and not stall:
            return unread.pop()
        if leave_after is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(answer.began + leave_after - loop.time())
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.chunks.append((loop.time(), message.get("body", b"")))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("oprina.test", 80),
        "oprina.app": app,
    }
    await functions()[function](scope, receive, send)
    answer.ended = loop.time()
    return answer
