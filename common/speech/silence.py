"""Silence an avatar for a turn whose own connection is gone: its process died, or could not know.

Only a process that reads the turn's document knows that no newer turn speaks by now.
"""

import asyncio
import contextlib
from dataclasses import dataclass

from common.domain import deadlines
from common.domain.conversation import Conversation, CurrentAvatar, conversation_path
from common.domain.errors import OprinaError, Upstream
from common.domain.turn import TurnRecord
from common.observability.log import best_effort
from common.ports.dependencies import Dependencies
from common.speech.speech_channel import MayAct
from common.transactions.transaction import Transactions

SILENCE_SECONDS = 3.0
"""Connecting to the avatar and silencing it takes at most this long, in seconds."""
OWN_PROCESS_SECONDS = 2.0
"""A process learns with its next look, at most 1 s later, that its turn was stopped. Then it silences
the avatar and settles the turn. After this many seconds it is taken for dead, or cut off."""
POLL = 0.5
"""Seconds between two looks at the stopped turn."""


async def silence_avatar(deps: Dependencies, avatar: CurrentAvatar, guard: MayAct) -> None:
    """Connect to the avatar, and interrupt it if `guard` allows it then. A failure is logged."""

    async def silence() -> None:
        tokens = await deps.vault.open(avatar.avatar_session_id, avatar.vault)
        connection = await deps.avatars.connect(tokens.ws_url)
        try:
            if await guard.may_act():
                await connection.interrupt()
        finally:
            await best_effort("closing the connection", connection.close())

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SILENCE_SECONDS):
            await best_effort("silencing the avatar", silence())


async def silence_stopped_turn(
    deps: Dependencies, transactions: Transactions, stopped: TurnRecord
) -> None:
    """Silence the avatar of a stopped turn if the turn's own process does not settle the turn.

    That process has `OWN_PROCESS_SECONDS` for it. Does nothing if a newer turn took over: that one
    silences the avatar itself.
    """
    if stopped.avatar_session_id is None or not stopped.reserved.get("voice_characters"):
        return
    turn = _StoppedTurn(deps, transactions, stopped)
    until, avatar = _now() + OWN_PROCESS_SECONDS, None
    while _now() < until:
        await asyncio.sleep(POLL)
        with contextlib.suppress(Upstream):
            if (avatar := await turn.speaking_avatar()) is None:
                return
    if avatar is not None:
        await silence_avatar(deps, avatar, turn)


@dataclass(frozen=True)
class _StoppedTurn:
    """Says whether a stopped turn still speaks, so that its avatar may be silenced (`MayAct`)."""

    deps: Dependencies
    transactions: Transactions
    record: TurnRecord

    async def speaking_avatar(self) -> CurrentAvatar | None:
        """Return the avatar if the turn still runs and no newer one has taken over."""
        paths = self.record.path, conversation_path(self.record.conversation_id)
        documents = await self.transactions.read(*paths)
        found, conversation = TurnRecord.read(documents[paths[0]]), documents[paths[1]]
        if found is None or not found.in_use or not conversation.exists:
            return None
        known = Conversation.of(conversation)
        avatar = known.running_avatar(self.deps.clock.now()) if known.lease == found.id else None
        return avatar if avatar and avatar.avatar_session_id == found.avatar_session_id else None

    async def may_act(self) -> bool:
        sent_at = _now()
        try:
            is_speaking = await self.speaking_avatar() is not None
        except OprinaError:
            return False
        return is_speaking and _now() - sent_at < deadlines.LOOK_IS_FRESH


def _now() -> float:
    return asyncio.get_running_loop().time()
