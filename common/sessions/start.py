"""Starts an avatar, so that there is never a session that nobody knows of.

    read ∥ ticket ──► commit: slot, reservation, session `starting` ──► launch (launching.py)

The ticket gives the provider's id while nothing runs yet, and the first commit is made before
anything bills. A process that dies at any point leaves a document from which a sweep stops it.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

from common.domain.avatar_session import (
    STOP_AGAIN_SECONDS,
    STUCK_SECONDS,
    AvatarSession,
    session_paths,
    slot_path,
)
from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
    conversation_path,
    new_conversation_fields,
)
from common.domain.documents import Create, Document, Update, Write
from common.domain.errors import Conflict, TooManySessions, Unavailable
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import Ledger, month_of
from common.domain.user import User
from common.ports.avatar import SessionToken
from common.ports.dependencies import Dependencies
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import StartAvatarRequest
from common.sessions.end import SessionEnder
from common.sessions.launch import ReservedStart, SessionLaunch, again, overtaken, resume
from common.transactions.account import account_paths, ledger_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read, until_held


class SessionTokenPrefetch:
    """The ticket is asked for while the store is read, for the longest session; if less is left, for
    a second one: an unused ticket costs nothing."""

    def __init__(self, deps: Dependencies, avatar: str, quality: str) -> None:
        self._avatars, self._avatar, self._quality = deps.avatars, avatar, quality
        self._asked: dict[int, asyncio.Task[SessionToken]] = {}
        self._begin(deps.settings.max_session_seconds)

    def _begin(self, seconds: int) -> asyncio.Task[SessionToken]:
        if seconds not in self._asked:
            self._asked[seconds] = asyncio.create_task(
                self._avatars.create_session_token(self._avatar, self._quality, seconds)
            )
        return self._asked[seconds]

    async def get(self, seconds: int) -> SessionToken:
        return await self._begin(seconds)

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


class SessionStart:
    """One request's way to a running avatar, through as many attempts as it takes."""

    def __init__(
        self,
        deps: Dependencies,
        ending: SessionEnder,
        caller: User,
        request: StartAvatarRequest,
        once: IdempotencyKey,
    ) -> None:
        settings = deps.settings
        self._deps = deps
        self._ending = ending
        self._uid = caller.uid
        self._once = once
        self._given = request.conversation_id is not None
        self._conversation_id = ConversationId(request.conversation_id or deps.new_id())
        self._conversation_path = conversation_path(self._conversation_id)
        self._slots = [slot_path(caller.uid, n) for n in range(settings.slots_per_user)]
        self._avatar = request.avatar_id or settings.avatar_id
        self._voice = request.voice or settings.voice
        self._language = request.language or settings.language
        self._quality = request.quality or settings.quality
        self._tickets = SessionTokenPrefetch(deps, self._avatar, self._quality)
        self._tried: set[str] = set()
        """Where sessions stand whose commit may have held although nobody confirmed it."""

    async def start(self) -> StartAvatarAnswer:
        """Refuses with `QuotaExceeded`, `TooManySessions`, `AvatarStarting` or `NotFound`; a
        conversation whose avatar runs is given that one again."""
        try:
            admitted = await until_held(lambda _: self._admit(), self._deps.pause)
        finally:
            await self._tickets.close()
        if isinstance(admitted, StartAvatarAnswer):
            return admitted
        return await SessionLaunch(self._deps, self._ending, self._once, admitted).launch()

    async def _admit(self) -> ReservedStart | StartAvatarAnswer:
        deps, now = self._deps, self._deps.clock.now()
        documents = await read(
            deps.store,
            *account_paths(self._uid, now),
            *self._slots,
            self._conversation_path,
            *self._once.paths,
            *self._tried,
        )
        ledger = ledger_of(documents, self._uid, deps.settings, now)
        if held := await self._held(documents, ledger):
            return held
        if stored := self._once.replay(documents, now):
            return await again(deps, stored)
        if running := await self._running(documents, ledger, now):
            return running
        slot = await self._free_slot([documents[path] for path in self._slots], now)
        if refusal := ledger.short_of("avatar_seconds", deps.settings.min_session_seconds):
            raise refusal
        return await self._commit(documents, ledger, slot, now)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────

    async def _held(
        self, documents: Mapping[str, Document], ledger: Ledger
    ) -> ReservedStart | None:
        for document in (documents[path] for path in self._tried):
            if document.exists:
                session = AvatarSession.read(document)
                if session.state != "starting":
                    raise overtaken()
                ticket = await self._tickets.get(session.reserved)
                return ReservedStart(session, document.version, ticket, ledger)
        return None

    async def _running(
        self, documents: Mapping[str, Document], ledger: Ledger, now: datetime
    ) -> StartAvatarAnswer | None:
        if not self._given:
            return None
        known = Conversation.read(documents[self._conversation_path], self._uid)
        if known.face and known.face.expires_at > now:
            return await resume(self._deps, known.face, self._conversation_id, ledger)
        if known.face:  # ended later, it would take its successor out of the conversation
            await self._overdue(known.face.avatar_session_id)
        return None

    async def _free_slot(self, slots: list[Document], now: datetime) -> int:
        for number, slot in enumerate(slots):
            if not slot.exists:
                return number
        for slot in slots:
            if slot.get("expires_at") <= now:
                await self._overdue(AvatarSessionId(slot.get("avatar_session_id")))
        first = min(slot.get("expires_at") for slot in slots)
        raise TooManySessions(
            "End one of your avatar sessions first, or wait until one expires.",
            sessions=[AvatarSessionId(slot.get("avatar_session_id")) for slot in slots],
            retry_after=max(1, int((first - now).total_seconds()) + 1),
        )

    async def _overdue(self, session: AvatarSessionId) -> NoReturn:
        """Ends what a sweep has not come to yet."""
        after = await self._ending.end(session, "expired")
        if after.state != "ended":
            raise Unavailable("avatar", "it did not confirm a stop", retry_after=STOP_AGAIN_SECONDS)
        raise Conflict("a session was overdue; look again")

    # ── the first commit ─────────────────────────────────────────────────────────────────────────

    async def _commit(
        self, documents: dict[str, Document], ledger: Ledger, slot: int, now: datetime
    ) -> ReservedStart:
        reserved = min(self._deps.settings.max_session_seconds, ledger.left("avatar_seconds"))
        ticket = await self._tickets.get(reserved)
        session = AvatarSession(
            id=ticket.session,
            uid=self._uid,
            conversation_id=self._conversation_id,
            avatar_id=self._avatar,
            voice=self._voice,
            language=self._language,
            quality=self._quality,
            slot=slot,
            month=month_of(now),
            reserved=reserved,
            state="starting",
            created_at=now,
            last_activity_at=now,
            expires_at=now + timedelta(seconds=reserved),
            due_at=now + timedelta(seconds=min(reserved, STUCK_SECONDS)),
        )
        self._tried.update(session_paths(session.id))
        writes: list[Write] = [
            Create(slot_path(self._uid, slot), _slot(session)),
            ledger.reserve({"avatar_seconds": reserved}),
            Create(session.path, session.fields()),
            _linked(documents[self._conversation_path], session, now),
            *self._once.claim(documents, now),
        ]
        versions = await self._deps.store.commit(writes)
        return ReservedStart(session, versions[session.path], ticket, ledger)


def _slot(session: AvatarSession) -> Mapping[str, Any]:
    return {
        "avatar_session_id": session.id,
        "conversation_id": session.conversation_id,
        "since": session.created_at,
        "expires_at": session.expires_at,
    }


def _linked(document: Document, session: AvatarSession, now: datetime) -> Write:
    link = {"avatar": CurrentAvatar.of(session).fields(), "updated_at": now}
    if document.exists:
        return Update(document.path, link, read=document.version)
    return Create(document.path, {**new_conversation_fields(session.uid, now, None), **link})
