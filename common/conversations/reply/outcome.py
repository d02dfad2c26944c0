"""How a turn ended, decided from what its process knows. Pure."""

from typing import Any

from common.conversations.reply.history import cut_note, missed_note
from common.conversations.reply.reply_so_far import ReplySoFar
from common.domain.errors import Failed, OprinaError, SessionOver, Unavailable
from common.domain.turn import Outcome
from common.schemas.events import ChatEvent, SpeechEvent
from common.speech.interruption import InterruptReason
from common.speech.speech_output import SpeechOutput

CUT_BY_OTHERS: dict[InterruptReason, Outcome] = {
    "interrupted": "interrupted",
    "stopped": "interrupted",
    "cancelled": "cancelled",
    "settled": "interrupted",
}


def chat_outcome(reason: InterruptReason | None, reply: ReplySoFar) -> Outcome:
    """Return how a chat turn ended. `reason`: why it was asked to stop, if it was."""
    if reason in CUT_BY_OTHERS:
        return CUT_BY_OTHERS[reason]
    if reason is not None and reply.finished is None:  # its time is over, or the process ends
        return "incomplete" if reply.text else "failed"
    if reply.error is not None:
        return _outcome_of_failure(reply)
    finished = reply.finished
    if finished is not None and finished.waiting:
        return "waiting"
    if finished is not None and finished.unanswered:
        return "incomplete"
    return "complete"


def _outcome_of_failure(reply: ReplySoFar) -> Outcome:
    if reply.text:
        return "incomplete"
    return "failed" if reply.reached else "unreached"


def speak_outcome(
    reason: InterruptReason | None, speech: SpeechOutput | None, characters: int
) -> Outcome:
    """Return how a `speak` ended. One that spoke nothing may run again with the same key."""
    if reason is not None:
        return "cancelled" if reason == "cancelled" else "interrupted"
    if speech is None or (characters and not speech.spent):
        return "unreached"
    return "failed" if speech.end == "failed" else "complete"


def speak_error(events: list[ChatEvent], *, over: bool) -> OprinaError:
    """Return why nothing could be spoken."""
    if over:
        return SessionOver("The avatar session has ended. Start another one.")
    trouble = next(
        (e for e in events if isinstance(e, SpeechEvent) and e.state in {"unavailable", "skipped"}),
        None,
    )
    service = "voice" if trouble is not None and trouble.state == "skipped" else "avatar"
    why = (trouble and trouble.detail) or "Nothing could be spoken."
    return Unavailable(service, why, retry_after=2)


def unanswered_error(reply: ReplySoFar) -> Failed | None:
    """Return the error of a reply without an answer, or without one after its last tool.

    Text that people do not see, such as thoughts, is no answer.
    """
    finished = reply.finished
    if finished is None or finished.waiting or not (finished.unanswered or reply.shown.is_hidden):
        return None
    if not reply.text.strip():
        return Failed("agent", "the reply has no text", kind="empty")
    return Failed("agent", "it did not answer after its tool", kind="unanswered")


def notes_for_agent(
    message: str | None, reply: ReplySoFar, reason: InterruptReason | None, heard: str | None
) -> list[dict[str, Any]]:
    """Return what the agent must be told with the next message.

    `heard`: None for a turn without speech.
    """
    if message is None:
        return []
    if not reply.asked.is_set():
        return [missed_note(message)]
    if reason is None or not reply.text or heard == reply.text:
        return []
    return [cut_note(reply.text, heard)]
