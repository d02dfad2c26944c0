"""ASGI that writes the provider's HTTP calls into the journal."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.simulators.liveavatar.account import LiveAvatarAccount


class RequestJournal:
    """Adds an entry when a call arrives, and its status when it is answered.

    The handler adds what the call was about to the entry, at `request.state.entry`.
    """

    def __init__(self, app: ASGIApp, account: LiveAvatarAccount) -> None:
        self.app = app
        self.account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not path.startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        journal = self.account.journal
        journal.count_call(scope["method"], path)
        entry = journal.add(
            self.account.now, "request", method=scope["method"], path=path, status=None
        )
        scope.setdefault("state", {})["entry"] = entry

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        await self.app(scope, receive, send_and_note)
