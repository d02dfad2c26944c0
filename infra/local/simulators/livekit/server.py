"""The endpoints of a LiveKit server: `/rtc` and `/rtc/v1`, and the checks that clients make first."""

import asyncio
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from infra.local.simulators.livekit.access import AccessRefusedError, RoomGrant

if TYPE_CHECKING:
    from infra.local.simulators.livekit.room import LiveKitRoom

MEDIA = ("aiortc", "av", "livekit.protocol", "numpy", "PIL")
"""The packages without which there is no room."""
SIGNALLING = "infra.local.simulators.livekit.signalling"


def media_missing() -> list[str]:
    """Return the packages of the media that are not installed."""
    return [name for name in MEDIA if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the parent of a dotted name
        return False


class Rooms(Protocol):
    """The rooms of a server, and who may join them. Each method may raise `AccessRefusedError`."""

    def authorize(self, token: str) -> RoomGrant:
        """Return the grant of an access token, for a room that exists."""

    def open_room(self, grant: RoomGrant) -> "LiveKitRoom":
        """Return the room. It is called after the media packages have been imported."""


class LiveKitServer:
    """Serves rooms to LiveKit's clients."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[BaseRoute]:
        """Return the routes. There is none if a package of the media is missing."""
        if media_missing():
            return []
        return [
            Route("/rtc/v1/validate", self.validate, methods=["GET"]),
            Route("/rtc/validate", self.validate, methods=["GET"]),
            WebSocketRoute("/rtc/v1", self.signal),
            WebSocketRoute("/rtc", self.signal),
        ]

    async def validate(self, request: Request) -> Response:
        """Tell a client whose websocket was refused why."""
        try:
            self._rooms.authorize(request.query_params.get("access_token", ""))
        except AccessRefusedError as refusal:
            return PlainTextResponse(refusal.text, refusal.status)
        return PlainTextResponse("success")

    async def signal(self, websocket: WebSocket) -> None:
        """Serve a client's signalling."""
        token = websocket.query_params.get("access_token", "")
        try:
            self._rooms.authorize(token)
            signalling = await asyncio.to_thread(import_module, SIGNALLING)
            grant = self._rooms.authorize(token)  # the import may take a second
            room = self._rooms.open_room(grant)
        except AccessRefusedError as refusal:
            await websocket.send_denial_response(PlainTextResponse(refusal.text, refusal.status))
            return
        await signalling.serve(websocket, grant, room)
