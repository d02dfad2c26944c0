import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1)(:\d+)?")
ALLOW = "access-control-allow-origin"


class AllowLocalOrigins:
    """Lets pages of any port of this machine call the functions.

    The functions compare an origin letter by letter with their settings. So they are shown
    `origin`, which the settings allow, and the answer then names the page's own origin.
    """

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = MutableHeaders(scope=scope).get("origin", "") if scope["type"] == "http" else ""
        if not LOCAL_ORIGIN.fullmatch(page):
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get(ALLOW) == self._origin:
                    headers[ALLOW] = page
            await send(message)

        shown = MutableHeaders(raw=list(scope["headers"]))
        shown["origin"] = self._origin
        await self._app({**scope, "headers": shown.raw}, receive, answer)
