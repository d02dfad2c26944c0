"""The turns before this one: their streams are closed first, and the agent is told what was heard."""

import asyncio
import contextlib
from typing import Any

from common.conversations.reply.outcome import notes_for_agent
from common.conversations.running_turn import RunningTurn
from common.domain import deadlines
from common.domain.conversation import Conversation, conversation_path
from common.domain.errors import Upstream
from common.transactions.transaction import Transactions

POLL = 0.1
HEARD_NOTE_SECONDS = 0.3
"""A newer turn waits this long to learn what was heard of the one that it interrupted."""

Notes = list[dict[str, Any]]


async def wait_for_earlier_turns(
    turn: RunningTurn[Any], earlier: RunningTurn[Any] | None, transactions: Transactions
) -> tuple[Notes, bool]:
    """Wait until the streams of earlier turns are closed. Return what was heard of those turns.

    The second value is True if there were open streams, and all were closed: the agent got their
    messages, or the notes tell of them.

    Usually the earlier turn only speaks, and its stream is closed: then nothing is awaited.
    `earlier` is the turn of this process that `turn` superseded.
    """
    before, waiting = turn.admitted.conversation, set(turn.record.earlier)
    notes = list(before.notes) if before else []
    if not waiting:
        return [*notes, *await _take_notes(earlier)], False
    loop = asyncio.get_running_loop()
    until = loop.time() + deadlines.EARLIER_STREAM
    while waiting and loop.time() < until and turn.interruption.reason is None:
        await asyncio.sleep(POLL)
        if (found := await _read_conversation(turn, transactions)) is not None:
            waiting &= set(found.asking)
            notes = [*(before.notes if before else ()), *found.notes]
    return notes, not waiting


def own_notes(turn: RunningTurn[Any]) -> Notes:
    """Return what the agent must be told of this turn with its next message."""
    heard = turn.progress().spoken if turn.speech and turn.speech.is_spoken else None
    return notes_for_agent(turn.content.message, turn.reply, turn.interruption.reason, heard)


async def _take_notes(earlier: RunningTurn[Any] | None) -> Notes:
    """Take over the notes of a turn of this process, which then does not store them."""
    if earlier is None:
        return []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_NOTE_SECONDS):
            await earlier.handover.silenced.wait()
    earlier.handover.notes_told = True
    return own_notes(earlier)


async def _read_conversation(
    turn: RunningTurn[Any], transactions: Transactions
) -> Conversation | None:
    path = conversation_path(turn.record.conversation_id)
    try:
        document = (await transactions.read(path))[path]
    except Upstream:
        return None
    return Conversation.of(document) if document.exists else None
