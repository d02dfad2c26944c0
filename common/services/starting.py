"""Starts an avatar, so that there is never a session that nobody knows of.

    read ∥ ticket ──► commit: slot, reservation, session `starting` ──► start ∥ task ∥ secret
                                                        ──► secret's tokens ──► commit: `live`

The ticket gives the provider's id while nothing runs yet, and the first commit is made before
anything bills. A process that dies at any point leaves a document from which a sweep stops it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from common.domain.conversations import (
    Conversation,
    Face,
    begun,
    conversation_path,
)
from common.domain.documents import Create, Document, Fields, Update, Version, Write
from common.domain.errors import (
    Ambiguous,
    AvatarStarting,
    Conflict,
    OprinaError,
    SessionOver,
    TooManySessions,
    Unavailable,
    Upstream,
)
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import Ledger, month_of
from common.domain.sessions import (
    STOP_AGAIN_SECONDS,
    STUCK_SECONDS,
    AvatarSession,
    EndReason,
    gone_live,
    session_path,
    slot_path,
)
from common.domain.user import User
from common.models import AvatarStarted, StartAvatar
from common.services.accounts import account_paths, ledger_of, usage_of
from common.services.attempts import read, until_held
from common.services.ending import Ending
from common.services.idempotency import Once
from common.services.outside import Outside, best_effort, log
from common.services.ports import Running, Ticket
from common.services.vault import SessionTokens


@dataclass(frozen=True)
class Admitted:
    """The first commit held: the slot is ours, the seconds are reserved, nothing bills yet."""

    session: AvatarSession
    version: Version
    ticket: Ticket
    ledger: Ledger


class Tickets:
    """The ticket is asked for while the store is read, for the longest session; if less is left, for
    a second one: an unused ticket costs nothing."""

    def __init__(self, outside: Outside, avatar: str, quality: str) -> None:
        self._avatars, self._avatar, self._quality = outside.avatars, avatar, quality
        self._asked: dict[int, asyncio.Task[Ticket]] = {}
        self._begin(outside.settings.max_session_seconds)

    def _begin(self, seconds: int) -> asyncio.Task[Ticket]:
        if seconds not in self._asked:
            self._asked[seconds] = asyncio.create_task(
                self._avatars.ticket(self._avatar, self._quality, seconds)
            )
        return self._asked[seconds]

    async def get(self, seconds: int) -> Ticket:
        return await self._begin(seconds)

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


class Starting:
    def __init__(self, outside: Outside, ending: Ending) -> None:
        self._outside = outside
        self._ending = ending

    async def start(self, caller: User, request: StartAvatar, once: Once) -> AvatarStarted:
        """Refuses with `QuotaExceeded`, `TooManySessions`, `AvatarStarting` or `NotFound`; a
        conversation whose avatar runs is given that one again."""
        settings = self._outside.settings
        tickets = Tickets(
            self._outside,
            request.avatar_id or settings.avatar_id,
            request.quality or settings.quality,
        )
        new = ConversationId(self._outside.new_id())
        tried: dict[str, AvatarSession] = {}

        async def attempt(_: int) -> Admitted | AvatarStarted:
            return await self._admit(caller, request, once, tickets, new, tried)

        try:
            admitted = await until_held(attempt, self._outside.pause)
        finally:
            await tickets.close()
        if isinstance(admitted, AvatarStarted):
            return admitted
        return await self._run(admitted, once)

    # ── the first commit ─────────────────────────────────────────────────────────────────────────

    async def _admit(
        self,
        caller: User,
        request: StartAvatar,
        once: Once,
        tickets: Tickets,
        new: ConversationId,
        tried: dict[str, AvatarSession],
    ) -> Admitted | AvatarStarted:
        settings, now = self._outside.settings, self._outside.clock.now()
        conversation_id = ConversationId(request.conversation_id or new)
        slots = [slot_path(caller.uid, n) for n in range(settings.slots_per_user)]
        documents = await read(
            self._outside.store,
            *account_paths(caller.uid, now),
            *slots,
            conversation_path(conversation_id),
            *once.paths,
            *tried,
        )
        ledger = ledger_of(documents, caller.uid, settings, now)
        for path in tried:
            if (found := documents[path]).exists:  # nobody confirmed it, but it held
                session = AvatarSession.read(found)
                if session.state != "starting":
                    raise _overtaken()
                ticket = await tickets.get(session.reserved)
                return Admitted(session, found.version, ticket, ledger)
        if stored := once.replay(documents, now):
            return await self._again(stored)
        conversation = documents[conversation_path(conversation_id)]
        if request.conversation_id:
            known = Conversation.read(conversation, caller.uid)
            if known.face and known.face.expires_at > now:
                return await self._resume(known.face, conversation_id, ledger)
            if known.face:  # ended later, it would take its successor out of the conversation
                await self._overdue(known.face.avatar_session_id)
        slot = await self._free_slot([documents[path] for path in slots], now)
        refusal = ledger.short_of("avatar_seconds", settings.min_session_seconds)
        if refusal:
            raise refusal
        reserved = min(settings.max_session_seconds, ledger.left("avatar_seconds"))
        ticket = await tickets.get(reserved)
        session = AvatarSession(
            id=ticket.session,
            uid=caller.uid,
            conversation_id=conversation_id,
            avatar_id=request.avatar_id or settings.avatar_id,
            voice=request.voice or settings.voice,
            language=request.language or settings.language,
            quality=request.quality or settings.quality,
            slot=slot,
            month=month_of(now),
            reserved=reserved,
            state="starting",
            created_at=now,
            last_activity_at=now,
            expires_at=now + timedelta(seconds=reserved),
            due_at=now + timedelta(seconds=min(reserved, STUCK_SECONDS)),
        )
        tried[session.path] = session
        writes: list[Write] = [
            Create(slot_path(caller.uid, slot), _slot(session)),
            ledger.reserve({"avatar_seconds": reserved}),
            Create(session.path, session.fields()),
            _linked(conversation, session, now),
            *once.claim(documents, now),
        ]
        versions = await self._outside.store.commit(writes)
        return Admitted(session, versions[session.path], ticket, ledger)

    async def _free_slot(self, slots: list[Document], now: datetime) -> int:
        for number, slot in enumerate(slots):
            if not slot.exists:
                return number
        for slot in slots:
            if slot.get("expires_at") <= now:
                await self._overdue(AvatarSessionId(slot.get("avatar_session_id")))
        held = [AvatarSessionId(slot.get("avatar_session_id")) for slot in slots]
        first = min(slot.get("expires_at") for slot in slots)
        raise TooManySessions(
            "End one of your avatar sessions first, or wait until one expires.",
            sessions=held,
            retry_after=max(1, int((first - now).total_seconds()) + 1),
        )

    async def _overdue(self, session: AvatarSessionId) -> NoReturn:
        """Ends what a sweep has not come to yet."""
        after = await self._ending.end(session, "expired")
        if after.state != "ended":
            raise Unavailable("avatar", "it did not confirm a stop", retry_after=STOP_AGAIN_SECONDS)
        raise Conflict("a session was overdue; look again")

    # ── the provider, and the second commit ──────────────────────────────────────────────────────

    async def _run(self, admitted: Admitted, once: Once) -> AvatarStarted:
        session, outside = admitted.session, self._outside
        asked_at = outside.clock.now()
        session = _from(session, asked_at)
        started, _, _ = await asyncio.gather(
            outside.avatars.start(admitted.ticket),
            best_effort("the expiry task", outside.tasks.expire(session.id, session.expires_at)),
            best_effort("a secret", outside.vault.prepare(session.id, session.expires_at)),
            return_exceptions=True,
        )
        if isinstance(started, BaseException):
            return await self._did_not_start(admitted, once, started)
        try:
            return await self._go_live(admitted, session, started, once)
        except Conflict:
            await self._abandon(session, "start_failed", once)
            raise _overtaken() from None
        except OprinaError:
            await self._abandon(session, "start_failed", once)
            raise

    async def _go_live(
        self, admitted: Admitted, session: AvatarSession, running: Running, once: Once
    ) -> AvatarStarted:
        outside, ticket = self._outside, admitted.ticket
        tokens = SessionTokens(
            ws_url=running.ws_url,
            livekit_url=running.livekit_url,
            livekit_token=running.livekit_token,
            session_token=ticket.token,
        )
        vault = await outside.vault.keep(session.id, tokens, session.expires_at)
        now = outside.clock.now()
        live = gone_live(session, now, timedelta(seconds=outside.settings.idle_seconds), vault)
        answer = _answer(live, running, admitted.ledger)
        stored = answer.model_dump(mode="json", exclude={"livekit_token"})
        event = {"kind": "started", "at": now, "seconds": 0, "cost": {}}
        await outside.store.commit(
            [
                Update(live.path, live.fields(), read=admitted.version),
                Update(conversation_path(live.conversation_id), {"avatar": Face.of(live).fields()}),
                Create(f"{live.path}/events/{outside.new_id()}", event),
                *once.answered(stored, now),
            ]
        )
        return answer

    async def _did_not_start(
        self, admitted: Admitted, once: Once, error: BaseException
    ) -> AvatarStarted:
        if not isinstance(error, Upstream):
            raise error
        if isinstance(error, Ambiguous):
            await self._abandon(admitted.session, "start_ambiguous", once)
            raise Unavailable("avatar", "it did not say whether it started", retry_after=5)
        await self._ending.never_ran(
            admitted.session, admitted.version, "start_failed", extra=lambda _: once.released()
        )
        raise error

    async def _abandon(self, session: AvatarSession, reason: EndReason, once: Once) -> None:
        """Stops what may run. Where even the store is gone, or somebody else has ended it before it
        ran, the provider is told all the same; a sweep settles the rest."""
        try:
            after = await self._ending.end(session.id, reason, extra=lambda _: once.released())
            if after.end_reason == reason:
                return
        except OprinaError as error:
            log.warning("not abandoned: %s", error.code)
        stop = self._outside.avatars.stop(session.id, "SERVER_ERROR")
        await best_effort("stopping what was not confirmed", stop)

    # ── what runs already ────────────────────────────────────────────────────────────────────────

    async def _resume(
        self, face: Face, conversation: ConversationId, ledger: Ledger
    ) -> AvatarStarted:
        if not face.live:
            raise AvatarStarting("The conversation's avatar is being started.", retry_after=2)
        session = await self._running(face.avatar_session_id)
        tokens = await self._outside.vault.open(session.id, session.vault)
        return AvatarStarted(
            avatar_session_id=session.id,
            conversation_id=conversation,
            livekit_url=tokens.livekit_url,
            livekit_token=tokens.livekit_token,
            expires_at=session.expires_at,
            reserved_seconds=session.reserved,
            usage=usage_of(ledger),
            resumed=True,
        )

    async def _again(self, stored: Fields) -> AvatarStarted:
        """The same answer to the same key. Its token was never stored with it."""
        session = await self._running(AvatarSessionId(stored["avatar_session_id"]))
        tokens = await self._outside.vault.open(session.id, session.vault)
        return AvatarStarted.model_validate({**stored, "livekit_token": tokens.livekit_token})

    async def _running(self, session: AvatarSessionId) -> AvatarSession:
        path = session_path(session)
        found = AvatarSession.read((await read(self._outside.store, path))[path])
        if found.state != "live":
            raise SessionOver("The avatar session has ended; start another one.")
        return found


def _overtaken() -> SessionOver:
    return SessionOver("The avatar session was ended before it was ready; start another one.")


def _from(session: AvatarSession, asked_at: datetime) -> AvatarSession:
    """Its end is counted from the asking, so that we are there before the provider's own limit."""
    return replace(session, expires_at=asked_at + timedelta(seconds=session.reserved))


def _slot(session: AvatarSession) -> Mapping[str, Any]:
    return {
        "avatar_session_id": session.id,
        "conversation_id": session.conversation_id,
        "since": session.created_at,
        "expires_at": session.expires_at,
    }


def _linked(document: Document, session: AvatarSession, now: datetime) -> Write:
    link = {"avatar": Face.of(session).fields(), "updated_at": now}
    if document.exists:
        return Update(document.path, link, read=document.version)
    return Create(document.path, {**begun(session.uid, now, None), **link})


def _answer(live: AvatarSession, running: Running, ledger: Ledger) -> AvatarStarted:
    return AvatarStarted(
        avatar_session_id=live.id,
        conversation_id=live.conversation_id,
        livekit_url=running.livekit_url,
        livekit_token=running.livekit_token,
        expires_at=live.expires_at,
        reserved_seconds=live.reserved,
        usage=usage_of(ledger, reserved={"avatar_seconds": live.reserved}),
    )
