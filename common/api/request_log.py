from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from common.api.streaming import _through
from common.observability.cloud_logging import log_request
from common.observability.request_trace import RequestTrace

GONE = 499
"""The status of a request whose caller had gone before there was one."""


class LoggedResponse(Response):
    """A response, and a line in the log when it is over: before its last byte goes out, since there
    may be no processor for us afterwards; or when its caller has gone away."""

    def __init__(self, response: Response, notes: RequestTrace) -> None:
        super().__init__()
        self._response = response
        self._notes = notes
        self._status = GONE
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def heeded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            elif not message.get("more_body"):
                await self._end()
            await send(message)

        try:
            await _through(self._response(scope, receive, heeded))
        finally:
            await self._end()

    async def _end(self) -> None:
        if self._over:
            return
        self._over, notes = True, self._notes
        notes.ended = notes.now()
        log_request(notes, self._status)
        if notes.exporter is not None:
            await notes.exporter.export(notes, self._status)
