"""The end of a turn: its reply is stored, then what it cost, how it ended, and its answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from common.conversations.answers import answer_json, chat_answer, error_event, message_id, turn_end
from common.conversations.reply.earlier_turns import own_notes
from common.conversations.reply.outcome import chat_outcome, speak_error, speak_outcome
from common.conversations.running_turn import RunningTurn
from common.conversations.settlement import SettleTurn, StoreReply
from common.conversations.turn_book import TurnBook
from common.domain.conversations.conversation_update import ConversationUpdate
from common.domain.errors import OprinaError
from common.domain.turn import Outcome, TurnRecord
from common.observability.log import log
from common.schemas.answers import SpeakAnswer
from common.schemas.base import Answer
from common.schemas.events import DoneEvent, UsageEvent
from common.transactions.account import usage_of

Turn = RunningTurn[Any]


async def store_reply(turn: Turn, book: TurnBook) -> None:
    """Store a whole reply: from here on a crash loses nothing.

    A failure is left to the settlement.
    """
    try:
        await book.commit(StoreReply(turn.record, turn.progress(), _update(turn)))
    except OprinaError as error:
        log.warning("the reply is not stored yet: %s", error.code)


async def settle_turn(turn: Turn, book: TurnBook) -> TurnRecord | None:
    """Commit what the turn cost, how it ended, and its answer. Then emit its last events.

    Retried for 15 s; then the sweep does it. Return the turn as it stands then; None if this process
    did not settle it, or does not know.
    """
    settled = None
    progress, outcome = turn.progress(), _outcome(turn)
    cut = turn.interruption.reason is not None and turn.reply.finished is None
    settle = SettleTurn(turn.record, turn.record.holder, outcome, progress, cut=cut, answer=None)
    charged = settle.charge(book.known(), progress)
    usage = UsageEvent(
        agent_tokens=charged.get("agent_tokens", 0),
        voice_characters=charged.get("voice_characters", 0),
        transcribed_seconds=charged.get("transcribed_seconds", 0),
        usage=usage_of(turn.admitted.ledger, used=charged),
    )
    done = DoneEvent(
        ended=turn_end(outcome),
        turn_id=turn.record.id,
        message_id=message_id(turn.record) if progress.text else None,
        text=progress.text,
        spoken=progress.spoken,
    )
    answer = _answer(turn, usage, done)
    update = _update(turn, [] if turn.handover.notes_told else own_notes(turn))
    try:
        settled = await book.commit(replace(settle, answer=answer_json(answer), update=update))
        turn.events.emit(usage)
    except OprinaError as error:
        turn.events.emit(error_event(error))
    finally:
        turn.events.emit(done)
    turn.result = _result(turn, answer, outcome)
    return settled


def _outcome(turn: Turn) -> Outcome:
    reason = turn.interruption.reason
    if turn.content.message is not None:
        return chat_outcome(reason, turn.reply)
    return speak_outcome(reason, turn.speech, turn.admitted.characters)


def _answer(turn: Turn, usage: UsageEvent, done: DoneEvent) -> Answer:
    if turn.content.message is not None:
        return chat_answer([*turn.events.kept, usage, done])
    speech = turn.speech
    return SpeakAnswer(
        utterance_id=speech.first_utterance if speech else None,
        seconds=round(speech.playback.seconds, 2) if speech else 0.0,
        ended=speech.end if speech else "failed",
        usage=usage.usage,
    )


def _result(turn: Turn, answer: Answer, outcome: Outcome) -> Answer | OprinaError:
    """Return what the caller is answered. The events tell a settlement that failed, too."""
    if turn.content.message is not None:
        error, was_spoken = turn.reply.error, turn.record.heard is not None
        is_failure = error is not None and not turn.reply.text and not was_spoken
        return error if error and is_failure else chat_answer(turn.events.kept)
    if outcome == "unreached":
        over = turn.speech is not None and turn.speech.session_is_over
        return speak_error(turn.events.kept, over=over)
    return answer


def _update(turn: Turn, notes: Sequence[dict[str, Any]] = ()) -> ConversationUpdate:
    reply = turn.reply
    return ConversationUpdate(
        reply.prompt,
        reply.kept_session,
        reply.session.expires_at,
        tuple(notes),
        reply.tools.names,
        taken_back=_outcome(turn) == "unreached",
    )
