"""The decision whether an avatar session may start, and every write of its first commit. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.domain.avatar_session import (
    STUCK_SECONDS,
    AvatarSession,
    TakenSlot,
    free_at,
    session_path,
    session_paths,
    slot_path,
)
from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
    active_in,
    conversation_path,
)
from common.domain.conversations.new_conversation import create_conversation
from common.domain.documents import Create, Document, Fields, Write
from common.domain.errors import TooManySessions
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import Ledger, Meter, Rate, month_of
from common.domain.user import User
from common.ports.avatar import SessionToken
from common.sessions.launch import ReservedStart
from common.sessions.wanted_avatar import AvatarChoice, WantedAvatar
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of, preferences_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.limits import Limits
from common.transactions.transaction import Decision, Documents, ReadMore


@dataclass(frozen=True)
class Resume:
    """The conversation has an avatar already."""

    avatar: CurrentAvatar
    ledger: Ledger


@dataclass(frozen=True)
class Replay:
    """The key was used before; `answer` is the stored one."""

    answer: Fields


@dataclass(frozen=True)
class Overdue:
    """A session that should have ended holds what is needed: end it first, and decide again."""

    session: AvatarSessionId


@dataclass(frozen=True)
class MayStart:
    """Nothing stands in the way: so many seconds can be reserved for this session."""

    seconds: int
    wanted: WantedAvatar


@dataclass(frozen=True)
class Overtaken:
    """Our unconfirmed commit held, and the session was ended meanwhile."""


Start = Resume | Replay | Overdue | Overtaken | MayStart | ReservedStart


@dataclass
class StartAdmission:
    """Decide whether an avatar may start (a `Transaction`).

    Without a `token` it only decides; with one it takes the slot and reserves the seconds for the
    session that the token names.
    """

    caller: User
    settings: Settings
    key: IdempotencyKey
    choice: AvatarChoice
    token: SessionToken | None = None
    token_seconds: int = 0
    tokens_tried: list[AvatarSessionId] = field(default_factory=list)

    @property
    def user(self) -> UserId:
        return self.caller.uid

    def paths(self, now: datetime) -> Iterable[str]:
        tried = [path for session in self.tokens_tried for path in session_paths(session)]
        return [
            *account_paths(self.caller, now),
            *self._limits.paths(now),
            *self._slots(),
            conversation_path(self.choice.conversation_id),
            *self.key.paths,
            *tried,
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[Start]:
        ledger = ledger_of(documents, self.caller, self.settings, now)
        if (held := self._recognise_own(documents, ledger)) is not None:
            return Decision(held)
        if (stored := self.key.replay(documents, now)) is not None:
            return Decision(Replay(stored))
        ledger.require_open()
        conversation = self._conversation(documents)
        if (known := self._find_current(conversation, ledger, now)) is not None:
            return Decision(known)
        self._limits.require_spending(documents)
        slot = self._free_slot(documents, now)
        if isinstance(slot, Overdue):
            return Decision(slot)
        ledger.require("avatar_seconds", self.settings.min_session_seconds)
        ledger.require_rate(self._rate)
        seconds = min(self.settings.max_session_seconds, ledger.left("avatar_seconds"))
        wanted: dict[Meter, int] = {"avatar_seconds": seconds}
        share, taken = self._limits.admit(documents, wanted, now)
        if self.token is None or seconds != self.token_seconds:
            choice = self.choice.fill(preferences_of(documents, self.user))
            return Decision(MayStart(seconds, choice))
        reserved = self._reserve(self.token, slot, share, conversation, ledger, documents, now)
        return Decision(reserved.result, [*reserved.writes, *taken])

    @property
    def _limits(self) -> Limits:
        return Limits(self.settings, self.user)

    @property
    def _rate(self) -> Rate:
        return Rate("recent_starts", self.settings.starts_per_hour, 3600, "starts")

    def _slots(self) -> list[str]:
        return [slot_path(self.user, number) for number in range(self.settings.slots_per_user)]

    def _recognise_own(
        self, documents: Documents, ledger: Ledger
    ) -> ReservedStart | Overtaken | None:
        """Recognise a commit of ours that was not confirmed."""
        for session_id in self.tokens_tried:
            live, record = (documents.get(path) for path in session_paths(session_id))
            if record is not None and record.exists:
                return Overtaken()
            if live is not None and live.exists and self.token is not None:
                session = AvatarSession.read(live)
                if session.state != "starting":
                    return Overtaken()
                return ReservedStart(session, self.token, ledger)
        return None

    def _conversation(self, documents: Documents) -> Conversation | None:
        document = documents[conversation_path(self.choice.conversation_id)]
        if not document.exists and not self.choice.given:
            return None
        return Conversation.read(document, self.user)

    def _find_current(
        self, conversation: Conversation | None, ledger: Ledger, now: datetime
    ) -> Resume | Overdue | None:
        avatar = conversation.avatar if conversation else None
        if avatar is None:
            return None
        if avatar.expires_at is not None and avatar.expires_at > now:
            return Resume(avatar, ledger)
        return Overdue(avatar.avatar_session_id)

    def _free_slot(self, documents: Documents, now: datetime) -> int | Overdue:
        taken = []
        for number, path in enumerate(self._slots()):
            if not documents[path].exists:
                return number
            taken.append(TakenSlot.read(documents[path]))
        for slot in taken:
            if slot.avatar_session_id and slot.expires_at <= now:
                return Overdue(slot.avatar_session_id)
        sessions = [slot.avatar_session_id for slot in taken if slot.avatar_session_id]
        talks = [slot.conversation_id for slot in taken if slot.avatar_session_id]
        wanted = [*map(session_path, sessions), *map(conversation_path, talks)]
        if unread := [path for path in wanted if path not in documents]:
            raise ReadMore(*unread)
        free_times = (
            self._free_at(documents[session_path(each)], documents[conversation_path(talk)], now)
            for each, talk in zip(sessions, talks, strict=True)
        )
        first = min(free_times, default=now)
        raise TooManySessions(
            "End one of your avatar sessions first, or wait until one expires.",
            sessions=sessions,
            retry_after=max(1, math.ceil((first - now).total_seconds())),
        )

    def _free_at(self, document: Document, talk: Document, now: datetime) -> datetime:
        """Return when the slot of a session is free at the latest, if the session is not used again."""
        if not document.exists:
            return now
        session = AvatarSession.read(document)
        conversation = Conversation.of(talk) if talk.exists else None
        idle = session.idle(self.settings.idle_seconds)
        return free_at(session, active_in(conversation, session, now), idle)

    def _reserve(
        self,
        token: SessionToken,
        slot: int,
        share: str,
        conversation: Conversation | None,
        ledger: Ledger,
        documents: Documents,
        now: datetime,
    ) -> Decision[Start]:
        choice, seconds = self.choice, self.token_seconds
        wanted = choice.fill(preferences_of(documents, self.user))
        session = AvatarSession(
            id=token.session,
            uid=self.user,
            conversation_id=choice.conversation_id,
            avatar_id=wanted.avatar_id,
            voice=wanted.voice,
            language=wanted.language,
            quality=wanted.quality,
            slot=slot,
            month=month_of(now),
            reserved=seconds,
            share=share,
            state="starting",
            created_at=now,
            last_activity_at=now,
            expires_at=now + timedelta(seconds=seconds),
            due_at=now + timedelta(seconds=min(seconds, STUCK_SECONDS)),
            idle_seconds=self.settings.idle_seconds,
            claim=self.key.path,
        )
        path = conversation_path(choice.conversation_id)
        if conversation is None:
            avatar = CurrentAvatar.of(session).fields()
            link: Write = create_conversation(path, self.user, now, None, avatar=avatar)
        else:
            link = conversation.link_avatar(session, now)
        writes: list[Write] = [
            Create(slot_path(self.user, slot), TakenSlot.of(session).fields()),
            ledger.reserve({"avatar_seconds": seconds}, rate=self._rate),
            Create(session.path, session.fields()),
            link,
            *self.key.claim(documents, now),
        ]
        return Decision(ReservedStart(session, token, ledger), writes)
