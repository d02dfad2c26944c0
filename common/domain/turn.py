"""A turn's document: claim, heartbeat and answer in one.

    transcribing ──► running ──► answered ──► settled ──► corrected
          └────────────┴───────────────────────▲

`transcribing`: the words of a recording are awaited; the turn has no lease. `running`: its process
works. `answered`: the reply is stored and its tokens are charged; speech
goes on. `settled`: everything is charged and the answer stands. `corrected`: the sweep had settled
a turn whose process was alive after all, and that process corrected the charge, once.

Every write of a turn's document is built here. No I/O, no clock.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from common.domain import deadlines
from common.domain.conversations.branches import NewBranch
from common.domain.documents import NEVER, Create, Document, Fields, Update, Version, read_fields
from common.domain.errors import KeyInFlight, KeyReused
from common.domain.google.proposal import Proposal, merge
from common.domain.ids import (
    LOST_CONVERSATION,
    NO_CONVERSATION,
    NO_USER,
    AvatarSessionId,
    ConversationId,
    TurnId,
    UserId,
)
from common.domain.quota import Amounts, Meter, month_of

TurnState = Literal["transcribing", "running", "answered", "settled", "corrected"]
TurnFunction = Literal["chat", "speak", "transcribe", "synthesize"]
Outcome = Literal[
    "complete",
    "interrupted",
    "incomplete",
    "failed",
    "cancelled",
    "waiting",
    "lost",
    "not_heard",
    "unreached",
]
"""How a turn ended. `unreached`: it failed before the agent was reached, so the same key runs
again. `lost`: its process died. `waiting`: a long-running tool has not answered yet."""

SWEEP = "sweep"
STOP = "stop"
"""In `superseded_by`: a person stopped the turn, and no newer turn follows."""
KEPT = timedelta(hours=24)
"""How long a settled turn, and so its key, lives."""
CHARACTERS_PER_TOKEN = 4
"""To estimate what an agent used that was cut before it said so. English text; rounded up."""
RETRY_KEY_SECONDS = 2
"""The least time after which a key whose turn runs is worth another try."""
IN_USE: tuple[TurnState, ...] = ("transcribing", "running", "answered")


def turn_path(turn: TurnId) -> str:
    return f"turns/{turn}"


@dataclass(frozen=True)
class Progress:
    """How far a turn has come: as its own process knows it, or as its document does.

    `asked`: the agent was asked; None if only the turn's process knew that. `tokens` is the usage
    that the agent last reported; None if it reported none. `is_final`: it was reported at the
    end of the reply. `prompt` is the size of the prompt of its last model call. `characters` were
    synthesised. `proposals` are what the agent's tools proposed.
    """

    asked: bool | None = False
    tokens: int | None = None
    prompt: int = 0
    text: str = ""
    spoken: str = ""
    characters: int = 0
    tools: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    is_final: bool = False


@dataclass(frozen=True)
class TurnRecord:
    """The document `turns/{id}`. Times are UTC.

    `number` orders the messages of the conversation; `last_prompt` is what the conversation's last
    prompt took in tokens when the turn was admitted; `attempt` counts reruns of the same key.
    """

    id: TurnId
    holder: str = ""
    fingerprint: str = ""
    uid: UserId = NO_USER
    function: TurnFunction = "chat"
    conversation_id: ConversationId = NO_CONVERSATION
    avatar_session_id: AvatarSessionId | None = None
    month: str = ""
    number: int = 0
    branch: dict[str, Any] = field(default_factory=dict)
    """The branch that the turn begins (`NewBranch`). Empty: the turn goes on in the conversation."""
    attempt: int = 0
    state: TurnState = "running"
    reserved: dict[Meter, int] = field(default_factory=dict)
    last_prompt: int = 0
    earlier: tuple[str, ...] = ()
    """Holders of turns that stood in `asking` when this one was admitted."""
    started_at: datetime | None = None
    deadline_at: datetime | None = None
    """Its process starts nothing after this: `deadlines.TURN` after its request came. None for a
    request of `voice`, whose settlement by the sweep is never corrected."""
    due_at: datetime | None = None
    """The sweep may settle the turn `deadlines.SWEEP_AFTER_DUE` after this."""
    asked: bool | None = None
    """The agent was asked. With None it may have been asked: no further write stands before it. With
    False the turn waits for an older stream, and writes None before it asks."""
    tokens: int | None = None
    prompt: int = 0
    characters: int = 0
    tools: tuple[str, ...] = ()
    """Names of the tools that the agent called."""
    text: str = ""
    spoken: str = ""
    outcome: Outcome | None = None
    superseded_by: str | None = None
    share: str = ""
    """The path of the shard that holds its tokens of the project's ceiling."""
    settled_by: str | None = None
    charged: dict[Meter, int] = field(default_factory=dict)
    answer: str | None = None
    """JSON of the answer without its text, which stands in `text`."""
    heard: dict[str, Any] | None = None
    """The `text`, `confidence` and `seconds` of a spoken message; None for a typed one."""
    expires_at: datetime | None = None
    proposals: tuple[Proposal, ...] = ()
    confirms: str | None = None
    """The proposal that this turn answers with yes: its tool acts in this turn."""

    @classmethod
    def read(cls, document: Document) -> Self | None:
        """Return the turn at `document`, or None if there is none."""
        if not document.exists:
            return None
        found = read_fields(cls, document)
        found |= {name: tuple(found.get(name, ())) for name in ("earlier", "tools")}
        found.setdefault("conversation_id", LOST_CONVERSATION)
        found.setdefault("month", month_of(found.get("started_at") or NEVER))
        found["proposals"] = tuple(map(Proposal.read, found.get("proposals") or ()))
        return cls(id=TurnId(document.id), **found)

    @property
    def path(self) -> str:
        return turn_path(self.id)

    @property
    def in_use(self) -> bool:
        return self.state in IN_USE

    @property
    def begins(self) -> NewBranch | None:
        """Return the branch that the turn begins."""
        return NewBranch.of(self.branch)

    @property
    def message_number(self) -> int:
        """Return the number of the message that the turn answers."""
        begins = self.begins
        return (begins.answers if begins else 0) or self.number

    @property
    def updated_at(self) -> datetime | None:
        """Return when the turn last wrote its document, or was settled. None in old documents."""
        if self.expires_at is not None:
            return self.expires_at - KEPT
        if self.due_at is not None:
            return self.due_at - timedelta(seconds=deadlines.DUE)
        return self.started_at

    def is_final(self, now: datetime) -> bool:
        """Return True if no process writes the document any more.

        The process of a turn that the sweep settled may correct that, within `deadlines.SETTLE`
        after the turn's deadline.
        """
        if self.in_use:
            return False
        if self.state != "settled" or self.settled_by != SWEEP or self.deadline_at is None:
            return True
        return now >= self.deadline_at + timedelta(seconds=deadlines.SETTLE)

    def check_key(self, fingerprint: str, now: datetime) -> None:
        """Raise KeyReused for another request, and KeyInFlight while the turn runs."""
        if self.fingerprint != fingerprint:
            raise KeyReused("Use a new Idempotency-Key for a new request.")
        if self.in_use:
            seconds = math.ceil((self.due_at - now).total_seconds()) if self.due_at else 0
            raise KeyInFlight(
                "The first request with this Idempotency-Key still runs.",
                retry_after=max(RETRY_KEY_SECONDS, seconds),
                turn_id=self.id,
                conversation_id=self.conversation_id or None,
            )

    def is_overdue(self, now: datetime) -> bool:
        """Return True if the sweep may settle the turn."""
        grace = timedelta(seconds=deadlines.SWEEP_AFTER_DUE)
        return self.in_use and self.due_at is not None and self.due_at + grace <= now

    @property
    def transcribed(self) -> dict[Meter, int]:
        """Return the seconds of its recording that the turn was charged for. Empty for a typed one."""
        seconds = self.charged.get("transcribed_seconds")
        return {"transcribed_seconds": seconds} if seconds else {}

    @property
    def outcome_if_lost(self) -> Outcome:
        """Return how the turn ends if its process has died."""
        if self.state == "transcribing":
            return "unreached"
        return (self.outcome or "interrupted") if self.state == "answered" else "lost"

    def claim(self, over: Document) -> Create | Update:
        """Write the turn where nothing stands, or over an earlier attempt of the same key."""
        fields = {name: value for name, value in vars(self).items() if name != "id"}
        fields |= {"earlier": list(self.earlier), "tools": list(self.tools)}
        fields["proposals"] = merge(self.proposals, ())
        if over.exists:
            return Update(self.path, fields, read=over.version)
        return Create(self.path, fields)

    def checkpoint(
        self, progress: Progress, now: datetime, version: Version, *, may_ask: bool = False
    ) -> Update:
        """Renew `due_at` and note the progress. `may_ask`: the agent may be asked from now on."""
        fields = {
            "asked": True if progress.asked else None if may_ask else self.asked,
            "tokens": progress.tokens,
            "prompt": progress.prompt,
            "characters": progress.characters,
            "spoken": progress.spoken,
            "tools": list(progress.tools),
            "proposals": merge(self.proposals, progress.proposals),
            "due_at": now + timedelta(seconds=deadlines.DUE),
        }
        if self.state == "running":
            fields["text"] = progress.text
        return Update(self.path, fields, read=version)

    def complete_reply(self, progress: Progress, now: datetime, version: Version) -> Update:
        """Note that the reply is whole. Its tokens are charged in the same commit."""
        tokens = self.tokens_used(progress, cut=False)
        fields = {
            "state": "answered",
            "asked": progress.asked,
            "tokens": tokens,
            "prompt": progress.prompt,
            "text": progress.text,
            "charged": {**self.charged, "agent_tokens": tokens},
            "proposals": merge(self.proposals, progress.proposals),
            "due_at": now + timedelta(seconds=deadlines.DUE),
        }
        return Update(self.path, fields, read=version)

    def settle(
        self,
        by: str,
        outcome: Outcome,
        progress: Progress,
        charged: Amounts,
        answer: str | None,
        now: datetime,
        version: Version,
    ) -> Update:
        """Note how the turn ended, what it was charged and what its key answers."""
        fields = {
            "state": "settled",
            "settled_by": by,
            "outcome": outcome,
            "asked": progress.asked,
            "tokens": charged.get("agent_tokens", 0),
            "prompt": progress.prompt,
            "characters": progress.characters,
            "text": progress.text,
            "spoken": progress.spoken,
            "charged": dict(charged),
            "answer": answer,
            "proposals": merge(self.proposals, progress.proposals),
            "due_at": None,
            "expires_at": now + KEPT,
        }
        return Update(self.path, fields, read=version)

    def correct(
        self,
        outcome: Outcome,
        progress: Progress,
        charged: Amounts,
        answer: str | None,
        version: Version,
    ) -> Update:
        """Correct what the sweep settled while this turn's process was alive.

        The text only grows.
        """
        text = max(progress.text, self.text, key=len)
        fields = {
            "state": "corrected",
            "outcome": outcome,
            "text": text,
            "spoken": progress.spoken,
            "characters": progress.characters,
            "charged": dict(charged),
            "answer": answer,
            "proposals": merge(self.proposals, progress.proposals),
            "due_at": None,
        }
        return Update(self.path, fields, read=version)

    def known_progress(self) -> Progress:
        """Return the progress that the document knows of."""
        return Progress(
            asked=self.asked,
            tokens=self.tokens,
            prompt=self.prompt,
            text=self.text,
            spoken=self.spoken,
            characters=self.characters,
            tools=self.tools,
            proposals=self.proposals,
        )

    def tokens_used(self, progress: Progress, *, cut: bool) -> int:
        """Return what the agent used, in tokens.

        Before the agent is asked: 0. A turn that was cut, or failed, is charged the usage last
        reported, at least the last prompt and the text. Without any figure, a turn that was cut is
        charged its reservation, and a turn whose agent failed 0. A turn of which it is not known
        whether it asked is charged its reservation, too.
        """
        if progress.asked is False:
            return 0
        if progress.tokens is not None and progress.is_final and not cut:
            return progress.tokens
        written = -(-len(progress.text) // CHARACTERS_PER_TOKEN)
        known = max(self.last_prompt, progress.prompt)
        if not (progress.tokens or progress.text or (progress.asked and known)):
            return self.reserved.get("agent_tokens", 0) if cut else 0
        return max(progress.tokens or 0, known + written)


def supersede(turn: TurnId, by: str) -> Update:
    """Write into a running turn that a newer turn (`by` is its id) or a person (`STOP`) stopped it.

    The write holds only if the document exists.
    """
    return Update(turn_path(turn), {"superseded_by": by})


def begin_turn(
    record: TurnRecord, now: datetime, deadline_at: datetime | None = None
) -> TurnRecord:
    """Set the times of a turn that is admitted now. `deadline_at` is None for one of `voice`."""
    return replace(
        record,
        started_at=now,
        deadline_at=deadline_at,
        due_at=now + timedelta(seconds=deadlines.DUE),
    )


def message_fields(
    role: Literal["user", "assistant"],
    record: TurnRecord,
    text: str,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> Fields:
    """Return the document of one message. `number` and the role order a conversation's messages."""
    return {
        "role": role,
        "text": text,
        "at": now,
        "number": record.number,
        "turn_id": record.id,
        "uid": record.uid,
        **(more or {}),
    }
