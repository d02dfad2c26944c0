"""Speaking a given text: the same as a turn, without the agent.

    read ──► decide ──► the line opens and interrupts ∥ commit: characters charged ──► speak

What a text costs is known beforehand, so one commit charges it, before anything is spent; if no
voice could be had at all, a second one gives it back.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.domain.conversations import Face, conversation_path
from common.domain.documents import Create, Document, Increment, Update, Version, Write
from common.domain.errors import (
    Conflict,
    Invalid,
    OprinaError,
    SessionOver,
    Unavailable,
    Upstream,
)
from common.domain.ids import AvatarSessionId
from common.domain.quota import Ledger
from common.domain.sessions import (
    AvatarSession,
    session_among,
    session_path,
    session_paths,
    touch,
)
from common.domain.user import User
from common.models import SentenceEvent, Speak, SpeechEvent, Spoken
from common.services.accounts import account_paths, ledger_of, usage_of
from common.services.attempts import read, until_held
from common.services.avatars import owned_and_live
from common.services.ending import Ending
from common.services.floor import Cuttable, Floor
from common.services.idempotency import Once
from common.services.notes import noted, noting_sentences
from common.services.outside import Outside, best_effort
from common.services.speaking import How, Speaking
from common.speech import preparing

CHARACTERS_A_SECOND = 15
"""Of speech, about: what an event says of its length before it was heard."""


class Speech(Cuttable):
    """One text on its way to the avatar's ears and mouth, or only an interruption."""

    def __init__(self) -> None:
        super().__init__()
        self.error: SpeechEvent | None = None
        self.speaking: Speaking | None = None

    def heed(self, event: SentenceEvent | SpeechEvent) -> None:
        if isinstance(event, SpeechEvent) and event.state in {"unavailable", "skipped"}:
            self.error = self.error or event

    async def run(self, speaking: Speaking, sentences: list[str]) -> None:
        self.speaking = speaking
        for sentence in sentences:
            speaking.say(sentence)
        speaking.finish()
        work = asyncio.create_task(speaking.run())
        if await self.until_cut(work) is not None:
            await speaking.interrupt()
            work.cancel()
            await asyncio.wait({work})
        self.silenced.set()
        if not work.cancelled():
            work.result()

    @property
    def how(self) -> How:
        return self.speaking.how if self.speaking else "failed"


class Speeches:
    def __init__(self, outside: Outside, floor: Floor, ending: Ending) -> None:
        self._outside = outside
        self._floor = floor
        self._ending = ending

    async def speak(self, caller: User, request: Speak, once: Once) -> "SpeechUnderWay | Spoken":
        """A speech that runs, to be followed to its end or left. Refuses with `NotFound`,
        `SessionOver`, `QuotaExceeded` or `Invalid`."""
        if request.text is None and not request.interrupt:
            raise Invalid(
                "There is nothing to do.",
                fields=[("text", "give a text, or `interrupt`, or both")],
            )
        rostrum = Rostrum(self._outside, self._floor, self._ending, caller, request, once)
        return await rostrum.step_up()


@dataclass(frozen=True)
class Charge:
    """What was charged: the log's line says so, which stood in that version then."""

    characters: int
    line: str
    version: Version
    ledger: Ledger
    session: AvatarSessionId


class Rostrum:
    """One text's way to the avatar, through as many attempts as it takes."""

    def __init__(
        self,
        outside: Outside,
        floor: Floor,
        ending: Ending,
        caller: User,
        request: Speak,
        once: Once,
    ) -> None:
        self._outside = outside
        self._floor = floor
        self._ending = ending
        self._caller = caller
        self._request = request
        self._once = once
        self._event_id = outside.new_id()
        self._session_id = AvatarSessionId(request.avatar_session_id)
        self._path = session_path(self._session_id)
        self._speech: Speech | None = None
        self._speaking: Speaking | None = None
        self._pieces: list[str] = []
        self._paid: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def step_up(self) -> "SpeechUnderWay | Spoken":
        try:
            return await until_held(self._attempt, self._outside.pause)
        finally:
            if not self._paid.done():
                self._paid.cancel()
                if self._speech is not None:
                    await self._speech.leave()

    async def _attempt(self, number: int) -> "SpeechUnderWay | Spoken":
        outside, now = self._outside, self._outside.clock.now()
        event_path = f"{self._path}/events/{self._event_id}"
        witness = [event_path] if number else []
        documents = await read(
            outside.store,
            *session_paths(self._session_id),
            *account_paths(self._caller.uid, now),
            *self._once.paths,
            *witness,
        )
        ledger = ledger_of(documents, self._caller.uid, outside.settings, now)
        held = bool(witness) and documents[event_path].exists
        if not held and (stored := self._once.replay(documents, now)):
            return Spoken.model_validate(stored)
        found = session_among(documents, self._session_id)
        session = owned_and_live(found, self._caller.uid, now)
        noted(conversation_id=session.conversation_id)
        self._pieces = self._split(session)
        price = await self._price(session)
        refusal = ledger.short_of("voice_characters", price)
        if refusal and not held:
            raise refusal
        if self._speech is None:
            self._speech = self._set_off(session)
        if held:
            line = documents[event_path].version
        else:
            versions = await outside.store.commit(
                self._writes(documents, session, ledger, price, now)
            )
            line = versions[event_path]
        before = self._floor.take(session.conversation_id, self._speech)
        if self._speaking is not None:
            self._speaking.after(before, elsewhere=before is None)
        self._paid.set_result(price)
        charge = Charge(price, event_path, line, ledger, session.id)
        return SpeechUnderWay(outside, self._ending, self._speech, charge, self._once)

    def _split(self, session: AvatarSession) -> list[str]:
        sentences = preparing.sentences(session.language)
        return sentences.feed(self._request.text or "") + sentences.end()

    async def _price(self, session: AvatarSession) -> int:
        """In characters as they are said: that is what the voice costs."""
        if not self._pieces:
            return 0
        speakable = await asyncio.to_thread(preparing.speakable, session.language)
        return sum(len(speakable.say(piece)) for piece in self._pieces)

    def _set_off(self, session: AvatarSession) -> Speech:
        """The avatar is interrupted at once; it says nothing before it is paid for."""
        speech = Speech()
        self._speaking = speaking = Speaking(
            self._outside,
            Face.of(session),
            lambda: asyncio.shield(self._paid),
            noting_sentences(speech.heed),
            wait=self._request.wait,
            on_cut=lambda: speech.cut("interrupted"),
        )
        speech.begin(speech.run(speaking, self._pieces))
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
        idle = timedelta(seconds=self._outside.settings.idle_seconds) + about
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
            Create(f"{self._path}/events/{self._event_id}", line),
            *self._once.claim(documents, now),
        ]
        if price:
            writes.append(ledger.charge({"voice_characters": price}))
        return writes


class SpeechUnderWay:
    def __init__(
        self, outside: Outside, ending: Ending, speech: Speech, charge: Charge, once: Once
    ) -> None:
        self._outside = outside
        self._ending = ending
        self._speech = speech
        self._charge = charge
        self._once = once

    async def answer(self) -> Spoken:
        """When it was heard, cut, or handed over; what was not made is not charged. `Unavailable`:
        not a word could be spoken."""
        await self._speech.over()
        speaking, now, paid = self._speech.speaking, self._outside.clock.now(), self._charge
        spent = speaking.spent if speaking else 0
        if paid.characters and not spent and self._speech.why is None:
            await self._give_back(spent, released=True)
            raise await self._unspoken()
        if spent < paid.characters:
            await self._give_back(spent, released=False)
        answer = Spoken(
            utterance_id=speaking.first if speaking else None,
            seconds=round(speaking.seconds, 2) if speaking else 0,
            ended=self._speech.how,
            usage=usage_of(paid.ledger, used={"voice_characters": spent}),
        )
        if kept := self._once.answered(answer.model_dump(mode="json"), now):
            await best_effort("keeping an answer", self._outside.store.commit(kept))
        return answer

    async def leave(self) -> None:
        await self._speech.leave()

    async def _unspoken(self) -> OprinaError:
        if self._speech.speaking and self._speech.speaking.gone:
            gone = self._ending.end(self._charge.session, "gone")
            await best_effort("ending a session that is gone", gone)
            return SessionOver("The avatar session has ended; start another one.")
        error = self._speech.error
        service = "voice" if error and error.state == "skipped" else "avatar"
        why = (error and error.detail) or "nothing could be spoken"
        return Unavailable(service, why, retry_after=2)

    async def _give_back(self, spent: int, *, released: bool) -> None:
        """Once: whoever gives it back changes the log's line."""
        charge = self._charge
        line = {"kind": "speaking" if spent else "failed", "cost": {"voice_characters": spent}}
        back = {"voice_characters_used": Increment(spent - charge.characters)}
        writes: list[Write] = [
            Update(charge.line, line, read=charge.version),
            Update(charge.ledger.document.path, back),
            *(self._once.released() if released else ()),
        ]
        with contextlib.suppress(Conflict):  # it was done, and nobody confirmed it
            try:
                await self._outside.store.commit(writes)
            except Upstream:
                await best_effort("giving characters back", self._outside.store.commit(writes))
