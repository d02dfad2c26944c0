"""Timing of calls to other services: `instrument` wraps the ports once, in the composition root.

A method that `PARTS` does not list passes through unchanged.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, cast

from common.domain.ids import UtteranceId
from common.observability.request_trace import current_trace, timed
from common.ports.avatar import AvatarConnection, AvatarEvent, AvatarProvider
from common.ports.dependencies import Dependencies

PARTS: Mapping[str, Mapping[str, str]] = {
    "store": {"get": "read", "query": "read", "commit": "commit"},
    "avatars": {
        "create_session_token": "session_token",
        "start": "start",
        "stop": "stop",
        "keep_alive": "keep_alive",
        "active": "active",
        "record": "record",
        "credits": "credits",
    },
    "agent": {"create_session": "agent_session", "reply": "agent"},
    "voice": {"synthesize": "voice"},
    "recognition": {"recognize": "recognition"},
    "vault": dict.fromkeys(("prepare", "keep", "open", "forget"), "vault"),
    "tasks": dict.fromkeys(("expire", "leave"), "task"),
    "sign_ins": dict.fromkeys(("delete_user", "invite"), "sign_in"),
    "google": dict.fromkeys(("exchange", "refresh", "revoke"), "google"),
    "grants": dict.fromkeys(("keep", "open", "forget", "seal", "unseal"), "vault"),
}
"""The name under which a call's time is recorded, by port and method."""


class TimedPort:
    """A port whose listed methods record their time in the current request's trace."""

    def __init__(self, port: object, parts: Mapping[str, str]) -> None:
        self._port = port
        self._parts = parts

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the port
        method = getattr(self._port, name)
        part = self._parts.get(name)
        if part is None:
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the port's method
            with timed(part):
                return await method(*args, **kwargs)

        setattr(self, name, call)
        return call


class TimedAvatarProvider(TimedPort):
    async def connect(self, ws_url: str) -> AvatarConnection:
        with timed("connection"):
            connection = await cast("AvatarProvider", self._port).connect(ws_url)
        return TimedConnection(connection)


class TimedConnection:
    """An avatar connection that records when the first audio was sent."""

    def __init__(self, connection: AvatarConnection) -> None:
        self._connection = connection
        self.finish = connection.finish
        self.interrupt = connection.interrupt
        self.keep_alive = connection.keep_alive
        self.close = connection.close

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        await self._connection.speak(utterance, pcm)
        if (trace := current_trace()) is not None:
            trace.add_audio()

    def events(self) -> AsyncIterator[AvatarEvent]:
        return self._connection.events()


def instrument(deps: Dependencies) -> Dependencies:
    """Return the dependencies with every port timed. Timed ports are not wrapped again."""
    kinds: dict[str, type[TimedPort]] = {"avatars": TimedAvatarProvider}
    ports = {name: getattr(deps, name) for name in PARTS}
    wrapped: dict[str, Any] = {
        name: port if isinstance(port, TimedPort) else kinds.get(name, TimedPort)(port, PARTS[name])
        for name, port in ports.items()
    }
    return replace(deps, **wrapped)
