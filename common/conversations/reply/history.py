"""Text that the agent gets beside the new message.

Stored messages prime a session that was lost. Notes say what was heard of the last reply."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.domain.conversation import conversation_path
from common.domain.documents import Query, Where
from common.domain.ids import ConversationId
from common.ports.store import Store

DIGEST_MESSAGES = 20
DIGEST_CHARACTERS = 4_000
NOTE_CHARACTERS = 400


async def digest(store: Store, conversation: ConversationId, before: int) -> str:
    """Return the last stored messages before message `before`, as text of at most 4,000 characters.

    It primes an agent session that was lost. The oldest messages are left out first.
    """
    query = Query(
        f"{conversation_path(conversation)}/messages",
        (Where("number", "<", before),),
        order_by="number",
        descending=True,
        limit=DIGEST_MESSAGES,
    )
    lines: list[str] = []
    left = DIGEST_CHARACTERS
    for message in await store.query(query):
        who = "Person" if message.get("role") == "user" else "Assistant"
        line = f"{who}: {message.get('text', '')}"[:left]
        if line:
            lines.insert(0, line)
        left -= len(line)
    return "\n".join(lines)


def primed(message: str, history: str) -> str:
    """Put the history before the message."""
    if not history:
        return message
    return f"[The conversation so far, from our records:\n{history}\n]\n\n{message}"


def with_notes(message: str, notes: Sequence[Mapping[str, Any]]) -> str:
    """Put before the message what the person heard of earlier replies, and did not hear."""
    lines = [line for note in notes if (line := _line(note))]
    return f"[{' '.join(lines)}]\n\n{message}" if lines else message


def cut_note(text: str, heard: str | None) -> dict[str, Any]:
    """Note a reply that was cut: what of it was heard, and what was not.

    `heard`: None for a reply that was only read.
    """
    if heard is None:
        return {"kind": "read", "read": text[-NOTE_CHARACTERS:]}
    rest = text.removeprefix(heard)
    return {
        "kind": "interrupted",
        "heard": heard[-NOTE_CHARACTERS:],
        "unheard": rest[:NOTE_CHARACTERS].strip(),
    }


def missed_note(message: str) -> dict[str, Any]:
    """Note a message of the person that the agent never received."""
    return {"kind": "missed", "message": message[:NOTE_CHARACTERS]}


def _line(note: Mapping[str, Any]) -> str:
    match note.get("kind"):
        case "interrupted" if note.get("heard"):
            heard, unheard = note["heard"], note.get("unheard", "")
            return f'You were interrupted. The person heard: "{heard}" Not heard: "{unheard}"'
        case "interrupted":
            return f'You were interrupted before the person heard: "{note.get("unheard", "")}"'
        case "read":
            return f'You were interrupted. The person read up to: "{note.get("read", "")}"'
        case "missed":
            return f'An earlier message did not reach you: "{note.get("message", "")}"'
    return ""
