"""Speaking a given text: the same as a turn (see admission.py), without the agent.

    read ──► decide ──► the line opens and interrupts ∥ commit: characters charged ──► speak

What a text costs is known beforehand, so one commit charges it, before anything is spent; if no
voice could be had at all, a second one gives it back.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.conversations.admission import Admission, Decided
from common.domain.avatar_session import (
    AvatarSession,
    session_among,
    session_path,
    session_paths,
    touch,
)
from common.domain.conversation import CurrentAvatar, conversation_path
from common.domain.documents import Create, Document, Fields, Increment, Update, Version, Write
from common.domain.errors import Conflict, Invalid, OprinaError, SessionOver, Unavailable, Upstream
from common.domain.ids import AvatarSessionId
from common.domain.quota import Ledger
from common.domain.user import User
from common.observability.log import best_effort
from common.observability.request_trace import annotate, trace_sentences
from common.ports.dependencies import Dependencies
from common.schemas.answers import SpeakAnswer
from common.schemas.events import SentenceEvent, SpeechEvent
from common.schemas.requests import SpeakRequest
from common.sessions.avatar_sessions import read_owned_live
from common.sessions.end import SessionEnder
from common.speech.interruption import ActiveSpeakers, Interruptible
from common.speech.speech_output import SpeechOutput
from common.text import loading
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey

CHARACTERS_A_SECOND = 15
"""Of speech, about: what an event says of its length before it was heard."""


class Speech(Interruptible):
    """One text on its way to the avatar's ears and mouth, or only an interruption."""

    def __init__(
        self,
        deps: Dependencies,
        face: CurrentAvatar,
        characters: Callable[[], Awaitable[int]],
        *,
        wait: bool,
    ) -> None:
        super().__init__()
        self.error: SpeechEvent | None = None
        emit = trace_sentences(self._heed)
        self.speaking = SpeechOutput(
            deps, face, characters, emit, wait=wait, on_interrupted=lambda: self.cut("interrupted")
        )

    def _heed(self, event: SentenceEvent | SpeechEvent) -> None:
        if isinstance(event, SpeechEvent) and event.state in {"unavailable", "skipped"}:
            self.error = self.error or event

    async def run(self, sentences: list[str]) -> None:
        speaking = self.speaking
        for sentence in sentences:
            speaking.say(sentence)
        speaking.finish()
        work = asyncio.create_task(speaking.run())
        if await self.until_interrupted(work) is not None:
            await speaking.interrupt()
            work.cancel()
            await asyncio.wait({work})
        self.silenced.set()
        if not work.cancelled():
            work.result()


@dataclass(frozen=True)
class SpeakUseCase:
    deps: Dependencies
    floor: ActiveSpeakers
    ending: SessionEnder

    async def speak(
        self, caller: User, request: SpeakRequest, once: IdempotencyKey
    ) -> "SpeechInProgress | SpeakAnswer":
        """A speech that runs, to be followed to its end or left. Refuses with `NotFound`,
        `SessionOver`, `QuotaExceeded` or `Invalid`."""
        if request.text is None and not request.interrupt:
            raise Invalid(
                "There is nothing to do.",
                fields=[("text", "give a text, or `interrupt`, or both")],
            )
        way = SpeechAdmission(self.deps, self.floor, self.ending, caller, request, once)
        return await way.admit()


class SpeechAdmission(Admission[SpeakRequest, Speech, int, "SpeechInProgress | SpeakAnswer"]):
    def __post_init__(self) -> None:
        super().__post_init__()
        self._session_id = AvatarSessionId(self._request.avatar_session_id)
        self._path = session_path(self._session_id)
        self._witness = f"{self._path}/events/{self._deps.new_id()}"
        self._paths = session_paths(self._session_id)

    def _held(self, witness: Document) -> bool:
        return witness.exists

    def _replayed(self, stored: Fields) -> SpeakAnswer:
        return SpeakAnswer.model_validate(stored)

    async def _decide(
        self, documents: dict[str, Document], ledger: Ledger, now: datetime
    ) -> "Decided[SpeechInProgress | SpeakAnswer]":
        found = session_among(documents, self._session_id)
        session = read_owned_live(found, self._caller.uid, now)
        annotate(conversation_id=session.conversation_id)
        pieces = self._split(session)
        price = await self._price(session, pieces)
        if refusal := ledger.short_of("voice_characters", price):
            raise refusal
        speech = self._work = self._work or self._set_off(session, pieces)

        def then(version: Version) -> SpeechInProgress:
            self._has_floor(session.conversation_id, speech, price, elsewhere=True)
            shared = self._deps, self._ending, self._once
            return SpeechInProgress(
                *shared, session.id, speech, price, ledger, self._witness, version
            )

        return self._writes(documents, session, ledger, price, now), then

    def _split(self, session: AvatarSession) -> list[str]:
        sentences = loading.sentences(session.language)
        return sentences.feed(self._request.text or "") + sentences.end()

    async def _price(self, session: AvatarSession, pieces: list[str]) -> int:
        """In characters as they are said: that is what the voice costs."""
        if not pieces:
            return 0
        speakable = await asyncio.to_thread(loading.speakable, session.language)
        return sum(len(speakable.say(piece)) for piece in pieces)

    def _set_off(self, session: AvatarSession, pieces: list[str]) -> Speech:
        """The avatar is interrupted at once; it says nothing before it is paid for."""
        speech = Speech(
            self._deps,
            CurrentAvatar.of(session),
            lambda: asyncio.shield(self._admitted),
            wait=self._request.wait,
        )
        self._speaking = speech.speaking
        speech.begin(speech.run(pieces))
        return speech

    def _writes(
        self,
        documents: dict[str, Document],
        session: AvatarSession,
        ledger: Ledger,
        price: int,
        now: datetime,
    ) -> list[Write]:
        about = timedelta(seconds=price / CHARACTERS_A_SECOND)
        idle = timedelta(seconds=self._deps.settings.idle_seconds) + about
        line = {
            "kind": "speaking" if price else "interrupted",
            "at": now,
            "seconds": round(about.total_seconds(), 2),
            "cost": {"voice_characters": price} if price else {},
        }
        writes: list[Write] = [
            Update(
                self._path,
                touch(session.expires_at, now, idle),
                read=documents[self._path].version,
            ),
            # Whoever had the turn has it no more, wherever their process is.
            Update(conversation_path(session.conversation_id), {"lease": None}),
            Create(self._witness, line),
            *self._once.claim(documents, now),
        ]
        if price:
            writes.append(ledger.charge({"voice_characters": price}))
        return writes


@dataclass(frozen=True)
class SpeechInProgress:
    """Charged already; the log's line says so, which stood in that version then."""

    _deps: Dependencies
    _ending: SessionEnder
    _once: IdempotencyKey
    _session: AvatarSessionId
    _speech: Speech
    _charged: int
    _ledger: Ledger
    _line: str
    _version: Version

    async def answer(self) -> SpeakAnswer:
        """When it was heard, cut, or handed over; what was not made is not charged. `Unavailable`:
        not a word could be spoken."""
        await self._speech.over()
        speaking, now = self._speech.speaking, self._deps.clock.now()
        spent = speaking.spent
        if self._charged and not spent and self._speech.why is None:
            await self._give_back(spent, released=True)
            raise await self._unspoken()
        if spent < self._charged:
            await self._give_back(spent, released=False)
        answer = SpeakAnswer(
            utterance_id=speaking.first,
            seconds=round(speaking.seconds, 2),
            ended=speaking.how,
            usage=usage_of(self._ledger, used={"voice_characters": spent}),
        )
        if kept := self._once.answered(answer.model_dump(mode="json"), now):
            await best_effort("keeping an answer", self._deps.store.commit(kept))
        return answer

    async def cancel(self) -> None:
        await self._speech.cancel()

    async def _unspoken(self) -> OprinaError:
        if self._speech.speaking.gone:
            gone = self._ending.end(self._session, "gone")
            await best_effort("ending a session that is gone", gone)
            return SessionOver("The avatar session has ended; start another one.")
        error = self._speech.error
        service = "voice" if error and error.state == "skipped" else "avatar"
        why = (error and error.detail) or "nothing could be spoken"
        return Unavailable(service, why, retry_after=2)

    async def _give_back(self, spent: int, *, released: bool) -> None:
        """Once: whoever gives it back changes the log's line."""
        line = {"kind": "speaking" if spent else "failed", "cost": {"voice_characters": spent}}
        back = {"voice_characters_used": Increment(spent - self._charged)}
        writes: list[Write] = [
            Update(self._line, line, read=self._version),
            Update(self._ledger.document.path, back),
            *(self._once.released() if released else ()),
        ]
        with contextlib.suppress(Conflict):  # it was done, and nobody confirmed it
            try:
                await self._deps.store.commit(writes)
            except Upstream:
                await best_effort("giving characters back", self._deps.store.commit(writes))
