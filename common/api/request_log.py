from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from common.api.streaming import contain_errors
from common.observability.cloud_logging import log_request
from common.observability.request_trace import RequestTrace

CLIENT_CLOSED = 499
"""Status in the log of a request whose caller left before the response began. Nginx's code."""


class LoggedResponse(Response):
    """A response that writes the request's log line and exports its trace.

    Both happen before the last byte is sent, because Cloud Run may take the CPU away afterwards; or
    when the caller leaves.
    """

    def __init__(self, response: Response, trace: RequestTrace) -> None:
        super().__init__()
        self._response = response
        self._trace = trace
        self._status = CLIENT_CLOSED
        self._logged = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            elif not message.get("more_body"):
                await self._log()
            await send(message)

        try:
            await contain_errors(self._response(scope, receive, watch))
        finally:
            await self._log()

    async def _log(self) -> None:
        if self._logged:
            return
        self._logged, trace = True, self._trace
        trace.ended = trace.now()
        log_request(trace, self._status)
        if trace.exporter is not None:
            await trace.exporter.export(trace, self._status)
