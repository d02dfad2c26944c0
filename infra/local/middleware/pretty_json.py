import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TERMINAL_CLIENTS = ("curl/", "HTTPie/", "Wget/", "xh/")
JSON = ("application/json", "application/problem+json")


class PrettyJson:
    """Indents JSON answers, and ends them with a newline, for clients that print to a terminal.

    A client is recognised by its user agent. Event streams and other clients' answers pass
    unchanged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_terminal = scope["type"] == "http" and Headers(scope=scope).get(
            "user-agent", ""
        ).startswith(TERMINAL_CLIENTS)
        await self._app(scope, receive, Indent(send) if is_terminal else send)


class Indent:
    """Sends one answer. A JSON answer is held back until it is complete."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._head = message
        elif message["type"] == "http.response.body" and self._head is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._head)
        else:
            await self._send(message)

    async def _finish(self, head: Message) -> None:
        body = _indent(self._body)
        headers = MutableHeaders(scope=head)
        if body != self._body and "content-length" in headers:
            headers["content-length"] = str(len(body))
        await self._send(head)
        await self._send({"type": "http.response.body", "body": body})


def _is_json(head: Message) -> bool:
    kind = Headers(raw=head["headers"]).get("content-type", "")
    return kind.partition(";")[0].strip() in JSON


def _indent(body: bytes) -> bytes:
    """Return the JSON text indented. Text that is not JSON (a fault's) is returned unchanged."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
