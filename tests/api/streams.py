"""An agent that a test controls, a reader of event streams, and conditions to wait for."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from common.domain.ids import UserId
from common.ports.agent import Delta, Finished, OnEvent
from tests.api.sse import ServerSentEvent, events
from tests.support.fakes.agent import AgentCall, FakeAgent
from tests.support.harness import Harness


class HeldAgent(FakeAgent):
    """An agent that replies with the items of `says` as the test adds them. None ends the reply."""

    def __init__(self) -> None:
        super().__init__()
        self.says: asyncio.Queue[str | BaseException | None] = asyncio.Queue()

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: object = None,  # noqa: ARG002 - no tool reads it here
    ) -> None:
        self.asked.append(AgentCall(user, session, message))
        whole = False
        try:
            while (said := await self.says.get()) is not None:
                if isinstance(said, BaseException):
                    whole = True
                    raise said
                take(Delta(said))
            whole = True
            take(Finished(10))
        finally:
            self.ended += whole
            self.left += not whole


class EventReader:
    """Reads a stream event by event. Each chunk of the response holds whole events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._chunks = response.aiter_raw()
        self._received: list[ServerSentEvent] = []
        self.body = b""

    async def next(self) -> ServerSentEvent:
        while not self._received:
            chunk = await anext(self._chunks)
            self.body += chunk
            self._received = events(chunk)
        return self._received.pop(0)

    async def rest(self) -> list[ServerSentEvent]:
        self.body += b"".join([chunk async for chunk in self._chunks])
        return events(self.body)


async def wait_until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1_000):
        if await holds():
            return
        await asyncio.sleep(0.003)
    raise AssertionError("the condition never held")


async def wait_until_settled(harness: Harness, conversation: str) -> None:
    """Wait until the lease is free and no turn holds a reservation."""

    async def is_settled() -> bool:
        lease = (await harness.document(f"conversations/{conversation}")).get("lease")
        held = [(await harness.used(meter))[1] for meter in ("agent_tokens", "voice_characters")]
        return lease is None and held == [0, 0]

    await wait_until(is_settled)
    assert {turn["state"] for turn in await harness.documents("turns")} == {"settled"}
    assert not await harness.unsettled_turns()


async def wait_until_speaking(harness: Harness, session: str) -> None:
    async def is_speaking() -> bool:
        return any(said.started for said in harness.avatars.session(session).player.played.values())

    await wait_until(is_speaking)


def was_interrupted(harness: Harness, session: str) -> bool:
    player = harness.avatars.session(session).player
    return any(said.interrupted for said in player.played.values())


async def stored_reply(harness: Harness, conversation: str) -> dict[str, object]:
    messages = await harness.documents(f"conversations/{conversation}/messages")
    (reply,) = [message for message in messages if message["role"] == "assistant"]
    return reply
