"""The LITE websocket's endpoint: admission, and one connection after another to a session."""

from starlette.responses import Response
from starlette.websockets import WebSocket

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.lite.connection import LiteConnection
from infra.local.simulators.liveavatar.refusal import RequestRefusedError
from infra.local.simulators.liveavatar.session import LiveAvatarSession


class LiteSocket:
    """Serves the websockets of all sessions."""

    def __init__(self, account: LiveAvatarAccount) -> None:
        self.account = account
        self._opened = 0
        self._open: dict[str, list[LiteConnection]] = {}

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one websocket, or refuse it with an HTTP answer."""
        try:
            session = self._admit(websocket)
        except RequestRefusedError as refusal:
            await websocket.send_denial_response(Response(refusal.message, refusal.status))
            return
        await websocket.accept()
        self._opened += 1
        await self._serve(LiteConnection(self.account, session, websocket, self._opened))

    async def _serve(self, connection: LiteConnection) -> None:
        others = self._open.setdefault(connection.session.id, [])
        if self.account.settings.second_socket_closes_first:
            for other in others:
                other.close_for_another()
        others.append(connection)
        try:
            await connection.run()
        finally:
            others.remove(connection)

    def _admit(self, websocket: WebSocket) -> LiveAvatarSession:
        token = websocket.query_params.get("token", "")
        session = self.account.authenticate(token, "socket")
        if session.id != websocket.path_params["session_id"]:
            raise RequestRefusedError(403, 4030, "The token is another session's")
        if session.state != "running":
            raise RequestRefusedError(404, 4004, "Session is not running")
        return session
