"""Text that the agent gets beside the new message.

Stored messages prime a session that was lost. Notes say what was heard of the last reply."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.domain.conversations.branches import Branches
from common.domain.conversations.messages import MessagePlace, message_page
from common.domain.documents import Document
from common.domain.ids import ConversationId
from common.ports.store import Store

DIGEST_MESSAGES = 20
DIGEST_CHARACTERS = 4_000
DIGEST_ROUNDS = 5
"""Queries for one digest. Each skips a whole range of replaced messages."""
NOTE_CHARACTERS = 400


async def digest(
    store: Store, conversation: ConversationId, before: int, branches: Branches | None = None
) -> str:
    """Return the last stored messages before message `before`, as text of at most 4,000 characters.

    It primes an agent session that was lost, or that is new. Replaced messages are left out, then the
    oldest ones.
    """
    lines: list[str] = []
    left = DIGEST_CHARACTERS
    for message in await last_messages(store, conversation, before, branches or Branches()):
        who = "Person" if message.get("role") == "user" else "Assistant"
        if left > 0 and (text := str(message.get("text") or "").strip()):
            lines.insert(0, f"{who}: {text}"[:left])
            left -= len(lines[0]) + len("\n")
    return "\n".join(lines)


async def last_messages(
    store: Store, conversation: ConversationId, before: int, branches: Branches
) -> list[Document]:
    """Return the last messages before message `before` that were not replaced, the newest first."""
    found: list[Document] = []
    place = MessagePlace(before, 0)
    for _ in range(DIGEST_ROUNDS):
        page = await store.query(message_page(conversation, DIGEST_MESSAGES, before=place))
        kept = [each for each in page if not _is_replaced(each, branches)]
        found += kept
        if len(page) < DIGEST_MESSAGES or len(found) >= DIGEST_MESSAGES:
            break
        last = MessagePlace.parse(page[-1].id) or place
        place = branches.before(last)
    return found[:DIGEST_MESSAGES]


def _is_replaced(message: Document, branches: Branches) -> bool:
    place = MessagePlace.parse(message.id)
    return place is not None and branches.is_replaced(place)


def with_history(message: str, history: str) -> str:
    """Put the history of the conversation before the message."""
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
