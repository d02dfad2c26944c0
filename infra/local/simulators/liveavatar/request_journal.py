from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.simulators.liveavatar.account import LiveAvatarAccount


class Arrivals:
    """Writes each HTTP call into the journal when it arrives, and its status when it is answered.

    What the call was about is added by whoever understood it, at `request.state.entry`.
    """

    def __init__(self, app: ASGIApp, world: LiveAvatarAccount) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not path.startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        entry = self.world.journal.add(
            self.world.now, "request", method=scope["method"], path=path, status=None
        )
        scope.setdefault("state", {})["entry"] = entry

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        await self.app(scope, receive, noting)
