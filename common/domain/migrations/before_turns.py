"""Migration 1: documents of before a turn was claim, heartbeat and answer in one. Pure.

Their shapes:

    conversations/{id}             no `next_number`; lease {turn_id, until, speaks}
    conversations/{id}/messages/*  a random id (a ULID), no `number`, `uid`, `turn_id`
    turns/{id}                     a reservation that is not settled; no `state`
    avatar_sessions/{id}           `started_at` is when it went live; no `live_at`
    users/{uid}/usage/{month}      no days
    idempotency/{hash}             also the keys of messages, which stand in `turns` now

A function returns the writes that bring one document forward, and nothing for a document that has
the new shape. So each of them can be repeated.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from common.domain.conversation import Conversation, message_path
from common.domain.conversations.messages import MessagePlace, messages_path
from common.domain.conversations.new_conversation import new_conversation_fields
from common.domain.conversations.title import beginnings
from common.domain.documents import NEVER, Create, Delete, Document, Query, Update, Write
from common.domain.ids import ConversationId, TurnId, UserId
from common.domain.quota import METERS, day_field, ledger_path, settle, used_by_day
from common.domain.turn import Outcome, TurnRecord, turn_path

AT_ONCE = 200
"""Messages that are moved in one commit."""
MARGIN = "9"
"""Sorts after both kinds of a message's number."""

_ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


# ── turns ────────────────────────────────────────────────────────────────────────────────────────


def is_old_turn(turn: Document) -> bool:
    return turn.exists and "state" not in (turn.fields or {})


def old_turn_paths(turn: Document) -> list[str]:
    """Return the paths of the conversation and the ledger of an old turn."""
    user, month = UserId(turn.get("uid", "")), turn.get("month", "")
    return [f"conversations/{turn.get('conversation_id')}", ledger_path(user, month)]


def settle_old_turn(turn: Document, conversation: Document, ledger: Document) -> list[Write]:
    """Settle a turn whose process is gone. Its use is unknown, so its reservation is charged."""
    reserved = {m: n for m, n in (turn.get("reserved") or {}).items() if m in METERS and n}
    writes: list[Write] = [
        Delete(turn.path, read=turn.version, must_exist=True),
        settle(
            UserId(turn.get("uid", "")),
            turn.get("month", ""),
            reserved,
            reserved,
            admitted_at=turn.get("due_at"),
            missing=not ledger.exists,
        ),
    ]
    if (conversation.get("lease") or {}).get("turn_id") == turn.id:
        writes.append(Update(conversation.path, {"lease": None}, read=conversation.version))
    return writes


# ── avatar sessions ──────────────────────────────────────────────────────────────────────────────


def upgrade_session(session: Document) -> list[Write]:
    """Note since when a session is live: a session that never was costs nothing at its end."""
    if "live_at" in (session.fields or {}):
        return []
    started = session.get("started_at")
    return [Update(session.path, {"live_at": started}, read=session.version)]


# ── conversations ────────────────────────────────────────────────────────────────────────────────


def old_messages(conversation: Document, after: Document | None) -> Query:
    """Return the query of the next old messages: their ids sort after those of the new shape."""
    newest = f"{conversation.get('next_number', 1):010d}-{MARGIN}"
    path = f"{messages_path(ConversationId(conversation.id))}/{newest}"
    return Query(
        messages_path(ConversationId(conversation.id)),
        limit=AT_ONCE,
        after=after or Document(path, {}),
    )


@dataclass(frozen=True)
class MovedMessages:
    """The writes of one commit, and the last message that it moves. None: nothing is left."""

    writes: list[Write]
    last: Document | None


def upgrade_conversation(
    conversation: Document, found: Sequence[Document], lease_turn: Document | None
) -> MovedMessages:
    """Give numbers to the messages that were `found`, and to the conversation what it lacks.

    `lease_turn` is the document of the turn that the lease names.
    """
    old = [each for each in found if MessagePlace.parse(each.id) is None]
    chunk = _whole_exchanges(old, is_last=len(found) < AT_ONCE)
    number = conversation.get("next_number", 1) - 1
    user = UserId(conversation.get("uid", ""))
    writes: list[Write] = []
    taken = {"assistant"}
    for message in chunk:
        role = "assistant" if message.get("role") == "assistant" else "user"
        if role == "user" or role in taken:
            number, taken = number + 1, set()
        taken.add(role)
        path = message_path(ConversationId(conversation.id), number, role)
        fields = {"turn_id": None, **(message.fields or {}), "number": number, "uid": user}
        writes += [Create(path, fields), Delete(message.path, read=message.version)]
    changed = _missing_fields(conversation)
    if number + 1 != conversation.get("next_number"):
        changed["next_number"] = number + 1
    if _is_left_over(conversation.get("lease"), lease_turn):
        changed["lease"] = None
    if changed or writes:
        # A write that changes nothing guards nothing: the number always moves with messages.
        writes.append(Update(conversation.path, changed, read=conversation.version))
    ids = {message.path for message in chunk}
    last = max((each for each in found if each.path in ids), key=lambda each: each.id, default=None)
    return MovedMessages(writes, last)


def _whole_exchanges(old: Sequence[Document], *, is_last: bool) -> list[Document]:
    """Return the messages in the order in which they were said, without an exchange that is cut off."""
    ordered = sorted(old, key=_when)
    if is_last:
        return ordered
    cut = _when(max(old, key=lambda each: each.id))[0] if old else None
    whole = [each for each in ordered if _when(each)[0] != cut]
    while whole and whole[-1].get("role") != "assistant":
        whole.pop()
    return whole or ordered


def _when(message: Document) -> tuple[str, bool, str]:
    """Order messages by their request, a question before its answer.

    Both ids of an exchange were made when its request came, so answers that were written out of order
    stand with their questions.
    """
    at = message.get("at")
    time = message.id[:10] if _ULID.fullmatch(message.id) else (at.isoformat() if at else "")
    return time, message.get("role") == "assistant", message.id


def _missing_fields(conversation: Document) -> dict[str, Any]:
    stored = conversation.fields or {}
    used_at = stored.get("updated_at") or stored.get("created_at") or NEVER
    whole = new_conversation_fields(UserId(stored.get("uid", "")), used_at, None)
    missing = {name: value for name, value in whole.items() if name not in stored}
    missing.pop("next_number", None)
    if "titled" in missing:
        missing["titled"] = "title" in stored
    if "title_words" in missing and (stored.get("titled", True) and "title" in stored):
        missing["title_words"] = beginnings(stored["title"])
    return missing


def _is_left_over(lease: Any, turn: Document | None) -> bool:  # noqa: ANN401 - a stored map
    """Tell whether a lease of the old shape belongs to a turn that is gone."""
    return bool(lease) and "until" in lease and (turn is None or not turn.exists)


def lease_turn_path(conversation: Document) -> str | None:
    """Return the path of the turn that an old lease names."""
    lease = conversation.get("lease") or {}
    return turn_path(TurnId(lease["turn_id"])) if lease.get("turn_id") else None


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


def upgrade_ledger(ledger: Document) -> list[Write]:
    """Count use of which no day is known for the first day of the month, so that days add up."""
    days = used_by_day(ledger).values()
    fields = {}
    for meter in METERS:
        unknown = int(ledger.get(f"{meter}_used", 0)) - sum(day[meter] for day in days)
        if unknown > 0:
            first = day_field(meter, 1)
            fields[first] = int(ledger.get(first, 0)) + unknown
    return [Update(ledger.path, fields, read=ledger.version)] if fields else []


# ── keys of messages ─────────────────────────────────────────────────────────────────────────────


def answered_conversation(claim: Document) -> ConversationId | None:
    """Return the conversation of a message whose key this is. None: another function's key."""
    answer = _answer(claim)
    return answer.get("conversation_id") if "turn_id" in answer and "text" in answer else None


def upgrade_claim(
    claim: Document, turn: Document, conversation: Document, messages: Sequence[Document]
) -> list[Write]:
    """Move the key of an answered message into a settled turn, where a request looks for it now."""
    if turn.exists or not conversation.exists:
        return [Delete(claim.path, read=claim.version)]
    answer = _answer(claim)
    text, spoken, ended = (answer.pop(each, "") for each in ("text", "spoken", "ended"))
    answer.pop("message_id", None)
    places = [MessagePlace.parse(each.id) for each in messages if each.get("text") == text]
    number = max((each.number for each in places if each and each.kind == 1), default=0)
    outcome: Outcome = ended if ended in get_args(Outcome) else "complete"
    record = TurnRecord(
        id=TurnId(claim.id),
        fingerprint=claim.get("fingerprint") or "",
        uid=Conversation.of(conversation).uid,
        conversation_id=ConversationId(conversation.id),
        number=number,
        state="settled",
        started_at=claim.get("claimed_at"),
        asked=True,
        text=text,
        spoken=spoken,
        outcome=outcome,
        settled_by="migration",
        answer=json.dumps(answer),
        expires_at=claim.get("expires_at"),
    )
    return [record.claim(turn), Delete(claim.path, read=claim.version)]


def _answer(claim: Document) -> dict[str, Any]:
    stored = claim.get("answer")
    found = json.loads(stored) if stored else {}
    return dict(found)
