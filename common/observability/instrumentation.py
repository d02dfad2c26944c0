"""Notes how long each call of the outside world takes: around the ports, once, where the house is put
together. A method that is not in `PARTS` goes through as it is.
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
        name: name
        for name in (
            "create_session_token",
            "start",
            "stop",
            "keep_alive",
            "active",
            "record",
            "credits",
        )
    },
    "agent": {"create_session": "agent_session", "reply": "agent"},
    "voice": {"synthesize": "voice"},
    "vault": dict.fromkeys(("prepare", "keep", "open", "forget"), "vault"),
    "tasks": {"expire": "task"},
}
"""By port and method, under what name its time is noted."""


class Timed:
    """A port, with its calls timed."""

    def __init__(self, port: object, parts: Mapping[str, str]) -> None:
        self._port = port
        self._parts = parts

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        method = getattr(self._port, name)
        part = self._parts.get(name)
        if part is None:
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the port's
            with timed(part):
                return await method(*args, **kwargs)

        setattr(self, name, call)
        return call


class TimedAvatarProvider(Timed):
    async def connect(self, ws_url: str) -> AvatarConnection:
        with timed("line"):
            line = await cast("AvatarProvider", self._port).connect(ws_url)
        return TimedConnection(line)


class TimedConnection:
    """Notes the first sound that was handed over."""

    def __init__(self, line: AvatarConnection) -> None:
        self._line = line
        self.finish = line.finish
        self.interrupt = line.interrupt
        self.keep_alive = line.keep_alive
        self.close = line.close

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        await self._line.speak(utterance, pcm)
        if (notes := current_trace()) is not None:
            notes.sound()

    def events(self) -> AsyncIterator[AvatarEvent]:
        return self._line.events()


def instrument(deps: Dependencies) -> Dependencies:
    """The same, timed; what is timed already is left as it is."""
    kinds: dict[str, type[Timed]] = {"avatars": TimedAvatarProvider}
    ports = {name: getattr(deps, name) for name in PARTS}
    wrapped: dict[str, Any] = {
        name: port if isinstance(port, Timed) else kinds.get(name, Timed)(port, PARTS[name])
        for name, port in ports.items()
    }
    return replace(deps, **wrapped)
