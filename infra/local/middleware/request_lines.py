"""One short line for each request, as `make run` prints it: `201 start_avatar 0.07 s ada`."""

import logging
import re
import sys
import time
from collections.abc import Collection
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.observability.log import log
from common.observability.request_trace import current_trace
from infra.local.demo.terminal import STYLES, use_colours

UID_SUFFIX = re.compile(r"-[0-9a-f]{12}$")
"""The part of a local user's id that is not the name; see `sign_in.uid_of`."""
FIRST_CLIENT_ERROR, FIRST_SERVER_ERROR = 400, 500


def show_requests(out: TextIO = sys.stdout) -> None:
    """Print a line for each request and for each warning of ours to `out`."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(RequestLineFormatter(colours=use_colours(out)))
    handler.addFilter(_is_worth_a_line)
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


class RequestLineFormatter(logging.Formatter):
    def __init__(self, *, colours: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        fields = vars(record)
        if fields.get("event") != "request":
            return super().format(record)
        status, seconds = fields["status"], fields["seconds"]
        name = fields.get("operation") or fields["function"]
        parts = [self._paint(status), name, f"{seconds:.2f} s", _user(), fields.get("code", "")]
        return " ".join(filter(None, parts))

    def _paint(self, status: int) -> str:
        style = "red" if status >= FIRST_SERVER_ERROR else "yellow"
        style = style if status >= FIRST_CLIENT_ERROR else "green"
        return f"\x1b[{STYLES[style]}m{status}\x1b[0m" if self._colours else str(status)


def _user() -> str:
    trace = current_trace()
    return UID_SUFFIX.sub("", trace.user) if trace and trace.user else ""


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out successful sweeps that found nothing to do: the scheduler calls one each minute."""
    fields = vars(record)
    is_sweep = fields.get("function") == "sweep_expired"
    if not is_sweep or fields.get("status") != 200:  # noqa: PLR2004 - OK
        return True
    return any(fields.get("did", {}).values())


class LogRequests:
    """Logs the requests of an app, except those whose path begins with a prefix in `quiet`."""

    def __init__(self, app: ASGIApp, quiet: Collection[str] = ()) -> None:
        self._app = app
        self._quiet = tuple(quiet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._quiet):
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            fields = {
                "event": "request",
                "function": scope["path"],
                "status": status,
                "seconds": time.monotonic() - began,
            }
            log.info("%s %s", status, scope["path"], extra=fields)
