"""Admits a turn (see admission.py).

    read ──► decide ──► the agent is asked ∥ the avatar's line opens ∥ commit: lease, reservation
         ──► the turn runs ──► commit: messages, settlement, lease freed (closing.py)

The agent is asked before the commit is confirmed: nothing on the way to its first word waits. If
the commit does not hold, its stream is closed again and the caller is refused. No sound is made
before it.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.conversations.admission import Admission, Decided
from common.conversations.agent_reply import AgentReply
from common.conversations.settlement import OpenTurn, TurnSettlement, turn_path
from common.conversations.turn import Settlement, Turn, TurnIds
from common.domain.avatar_session import session_path, touch
from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
    Lease,
    conversation_path,
    message_path,
    new_conversation_fields,
    title_fields,
)
from common.domain.documents import Create, Document, Fields, Update, Version, Write
from common.domain.errors import TurnInProgress, Upstream
from common.domain.ids import ConversationId, MessageId, TurnId
from common.domain.quota import Amounts, Ledger, month_of
from common.domain.user import User
from common.observability.request_trace import annotate, trace_sentences
from common.ports.dependencies import Dependencies
from common.schemas.answers import ChatAnswer
from common.schemas.events import SpeechEvent
from common.schemas.requests import ChatRequest
from common.sessions.end import SessionEnder
from common.speech.interruption import ActiveSpeakers
from common.speech.speech_output import SpeechOutput
from common.text import loading
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read

CHARACTERS_A_SECOND = 10
"""Of speech, at the slowest: how long what a turn says may take to be heard."""
MARGIN_SECONDS = 30
LOOK_SECONDS = 2.0
"""While it speaks, a turn looks at its lease this often at the most: somebody may have interrupted
it from another process, and whether the provider would tell us, nobody knows."""

OVER = {
    "user": "it was ended",
    "expired": "it reached its longest time",
    "idle": "nobody used it for a while",
    "stuck": "its start was never finished",
    "gone": "the provider ended it",
    "start_failed": "the provider could not start it",
    "start_ambiguous": "the provider did not say whether it started",
}


@dataclass(frozen=True)
class ChatUseCase:
    deps: Dependencies
    floor: ActiveSpeakers
    ending: SessionEnder

    async def chat(
        self, caller: User, request: ChatRequest, once: IdempotencyKey
    ) -> Turn | ChatAnswer:
        """A turn that runs, to be followed to its end or left; or the stored answer of one that the
        same key began before. Refuses with `QuotaExceeded`, `TurnInProgress` or `NotFound`."""
        way = TurnAdmission(self.deps, self.floor, self.ending, caller, request, once)
        return await way.admit()


class TurnAdmission(Admission[ChatRequest, Turn, Settlement, Turn | ChatAnswer]):
    def __post_init__(self) -> None:
        super().__post_init__()
        new_id = self._deps.new_id
        self._asked_id = MessageId(new_id())
        self._names = TurnIds(
            TurnId(new_id()),
            ConversationId(self._request.conversation_id or new_id()),
            MessageId(new_id()),
        )
        self._witness = conversation_path(self._names.conversation_id)
        self._paths = [self._witness]
        self._opened: OpenTurn | None = None
        self._took_from: TurnId | None = None
        self._looked_at = asyncio.get_running_loop().time()

    def _replayed(self, stored: Fields) -> ChatAnswer:
        return ChatAnswer.model_validate(stored)

    def _held(self, witness: Document) -> bool:
        return (witness.get("lease") or {}).get("turn_id") == self._names.turn_id

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────

    async def _decide(
        self, documents: dict[str, Document], ledger: Ledger, now: datetime
    ) -> Decided[Turn | ChatAnswer]:
        conversation = self._conversation(documents[self._witness])
        self._may_speak_now(conversation, now)
        if refusal := ledger.short_of("agent_tokens", self._deps.settings.turn_tokens):
            raise refusal
        face = conversation.running(now) if conversation else None
        reserved = self._reserved(face, ledger)
        turn = self._work = self._work or self._set_off(conversation, face, reserved)
        opened = self._opened = OpenTurn(
            self._caller, self._once, self._names, face, ledger, reserved
        )

        def then(version: Version) -> Turn:
            closing = TurnSettlement(self._deps, self._ending, opened, version)
            elsewhere = self._took_from is not None
            self._has_floor(self._names.conversation_id, turn, closing, elsewhere=elsewhere)
            return turn

        return self._writes(documents, opened, now), then

    def _conversation(self, document: Document) -> Conversation | None:
        if self._request.conversation_id is None and not document.exists:
            return None
        return Conversation.read(document, self._caller.uid)

    def _may_speak_now(self, conversation: Conversation | None, now: datetime) -> None:
        """A turn that speaks may be interrupted, by one at a time; one that does not is waited for."""
        lease = conversation.lease if conversation else None
        if lease is None or lease.until <= now:
            return
        if lease.speaks and self._then is None:
            self._took_from = lease.turn_id
        if not lease.speaks or lease.turn_id != self._took_from:
            raise TurnInProgress("Wait for the answer to your last message.", retry_after=1)

    def _reserved(self, face: CurrentAvatar | None, ledger: Ledger) -> Amounts:
        settings = self._deps.settings
        aloud = face is not None and self._request.speak is not False
        voice = min(settings.turn_characters, ledger.left("voice_characters")) if aloud else 0
        return {"agent_tokens": settings.turn_tokens, "voice_characters": voice}

    # ── what is set off before the commit ────────────────────────────────────────────────────────

    def _set_off(
        self, conversation: Conversation | None, face: CurrentAvatar | None, reserved: Amounts
    ) -> Turn:
        deps, names = self._deps, self._names
        annotate(
            turn_id=names.turn_id,
            conversation_id=names.conversation_id,
            avatar_session_id=face.avatar_session_id if face else None,
        )
        reply = AgentReply(
            deps.agent,
            self._caller.uid,
            names.conversation_id,
            self._request.message,
            new=conversation is None or conversation.agent_session is None,
        )
        language = face.language if face else deps.settings.language
        sentences = loading.sentences(language, deps.settings.first_clause)
        turn = Turn(names, self._request.message, sentences, deps.settings.turn_seconds)
        aloud = reserved["voice_characters"] > 0
        speaking = self._speaking = self._to_speak(turn, face) if face else None
        turn.go(reply, self._admitted, face, speaking, aloud=aloud)
        if why_silent := self._why_silent(conversation, face, aloud=aloud):
            turn.emit(why_silent)
        return turn

    def _to_speak(self, turn: Turn, face: CurrentAvatar) -> SpeechOutput:
        async def characters() -> int:
            await asyncio.shield(self._admitted)
            return self._opened.reserved["voice_characters"] if self._opened else 0

        return SpeechOutput(
            self._deps,
            face,
            characters,
            trace_sentences(turn.emit) if self._request.speak is not False else lambda _: None,
            wait=self._request.wait,
            goes_on=self._still_ours,
            on_interrupted=lambda: turn.cut("interrupted"),
        )

    async def _still_ours(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._looked_at < LOOK_SECONDS:
            return True
        self._looked_at = now
        try:
            documents = await read(self._deps.store, self._witness)
        except Upstream:
            return True
        return self._held(documents[self._witness])

    def _why_silent(
        self, conversation: Conversation | None, face: CurrentAvatar | None, *, aloud: bool
    ) -> SpeechEvent | None:
        if aloud or self._request.speak is False:
            return None
        if face is not None:
            detail = "This month's voice is used up; the answer goes on as text."
            return SpeechEvent(state="unavailable", code="quota_exceeded", detail=detail)
        over = OVER.get((conversation and conversation.avatar_over) or "", "")
        known = conversation.face if conversation else None
        why = "it is on its way" if known and not known.live else over
        detail = f"No avatar is here{': ' + why if why else ''}."
        return SpeechEvent(state="unavailable", code="no_avatar", detail=detail)

    # ── the commit ───────────────────────────────────────────────────────────────────────────────

    def _writes(
        self, documents: dict[str, Document], opened: OpenTurn, now: datetime
    ) -> list[Write]:
        names, settings, uid = self._names, self._deps.settings, self._caller.uid
        face, reserved = opened.face, opened.reserved
        talk = timedelta(seconds=reserved["voice_characters"] / CHARACTERS_A_SECOND)
        until = now + timedelta(seconds=settings.turn_seconds + MARGIN_SECONDS) + talk
        lease = Lease(names.turn_id, until, speaks=face is not None)
        turn = {
            "uid": uid,
            "conversation_id": names.conversation_id,
            "month": month_of(now),
            "reserved": dict(reserved),
            "due_at": until,
        }
        message = {"role": "user", "text": self._request.message, "at": now}
        writes: list[Write] = [
            self._leased(documents[self._witness], lease, now),
            opened.ledger.reserve(reserved),
            Create(turn_path(names.turn_id), turn),
            Create(message_path(names.conversation_id, self._asked_id), message),
            *self._once.claim(documents, now),
        ]
        if face is not None:
            idle = timedelta(seconds=settings.idle_seconds) + talk
            writes.append(
                Update(session_path(face.avatar_session_id), touch(face.expires_at, now, idle))
            )
        return writes

    def _leased(self, document: Document, lease: Lease, now: datetime) -> Write:
        fields = {"lease": lease.fields(), "updated_at": now}
        if not document.exists:
            new = new_conversation_fields(self._caller.uid, now, self._request.message)
            return Create(document.path, {**new, **fields})
        if not document.get("titled", True):
            fields |= title_fields(self._request.message)
        return Update(document.path, fields, read=document.version)
