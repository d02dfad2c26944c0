"""A conversation's document: its owner, its avatar, whose turn it is, and what the agent knows."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from common.domain.avatar_session import AvatarSession
from common.domain.conversations.branches import Branches
from common.domain.conversations.messages import MessagePlace
from common.domain.conversations.title import longest_beginning, title_fields, titled_fields
from common.domain.documents import NEVER, Document, Fields, Query, Update, Where, known_fields
from common.domain.errors import NotFound
from common.domain.ids import NO_SESSION, AvatarSessionId, ConversationId, TurnId, UserId
from common.domain.turn import TurnRecord

NOTES_KEPT = 5
"""Notes for the agent's next message; older ones are dropped."""


def conversation_path(conversation: ConversationId) -> str:
    return f"conversations/{conversation}"


def message_path(conversation: ConversationId, number: int, role: str) -> str:
    """Message ids sort in the order of the conversation: ten digits, then 0 user or 1 assistant."""
    kind = 0 if role == "user" else 1
    return f"{conversation_path(conversation)}/messages/{number:010d}-{kind}"


@dataclass(frozen=True)
class CurrentAvatar:
    """The conversation's avatar session, with what a turn needs to speak through it.

    A copy, so that a turn reads one document less. It changes in the commits that change the
    session.
    """

    avatar_session_id: AvatarSessionId = NO_SESSION
    live: bool = False
    since: datetime | None = None
    expires_at: datetime | None = None
    voice: str = ""
    language: str = ""
    vault: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, stored: Fields | None) -> Self | None:
        """Return the avatar in a conversation's document. None if no session is named there."""
        found = cls(**known_fields(cls, stored or {}))
        return found if found.avatar_session_id else None

    @classmethod
    def of(cls, session: AvatarSession) -> Self:
        return cls(
            avatar_session_id=session.id,
            live=session.state == "live",
            since=session.started_at or session.created_at,
            expires_at=session.expires_at,
            voice=session.voice,
            language=session.language,
            vault=session.vault,
        )

    def fields(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Conversation:
    """A conversation as it was read.

    `lease` names the turn that may run; `asking` are the holders of turns whose agent stream may be
    open. `last_prompt` is the size of the last prompt in tokens.

    `proposed_in` is the newest turn whose tools proposed something.

    `notes` tell the agent with the next message what a person heard, did not hear, or wrote in
    vain.
    """

    document: Document
    id: ConversationId
    uid: UserId
    avatar: CurrentAvatar | None
    avatar_over: str | None
    lease: TurnId | None
    asking: tuple[str, ...]
    next_number: int
    last_prompt: int
    agent_session: str | None
    agent_session_expires_at: datetime | None
    active_at: datetime | None
    notes: tuple[dict[str, Any], ...]
    branches: Branches
    last_turn: TurnId | None
    """The newest turn with the agent, running or over."""
    proposed_in: TurnId | None = None
    proposed_number: int = 0

    @classmethod
    def read(cls, document: Document, user: UserId) -> Self:
        """Raise NotFound where nothing stands, and where the conversation is another user's."""
        if document.get("uid") != user:
            raise NotFound("There is no such conversation.")
        return cls.of(document)

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a conversation that exists, without asking whose it is."""
        lease = document.get("lease") or {}
        return cls(
            document=document,
            id=ConversationId(document.id),
            uid=UserId(document.get("uid", "")),
            avatar=CurrentAvatar.read(document.get("avatar")),
            avatar_over=document.get("avatar_over"),
            lease=TurnId(lease["turn_id"]) if lease.get("turn_id") else None,
            asking=tuple(document.get("asking") or ()),
            next_number=document.get("next_number") or _later_number(document),
            last_prompt=document.get("last_prompt", 0),
            agent_session=document.get("agent_session"),
            agent_session_expires_at=document.get("agent_session_expires_at"),
            active_at=document.get("active_at"),
            notes=tuple(document.get("notes") or ()),
            branches=Branches.of(document),
            last_turn=document.get("last_turn"),
            proposed_in=document.get("proposed_in"),
            proposed_number=document.get("proposed_number", 0),
        )

    def running_avatar(self, now: datetime) -> CurrentAvatar | None:
        """Return the avatar that can speak now."""
        avatar = self.avatar
        if avatar is None or not avatar.live or avatar.expires_at is None:
            return None
        return avatar if avatar.expires_at > now else None

    def take_lease(
        self, record: TurnRecord, now: datetime, message: str | None, *, asks: bool
    ) -> Update:
        """Give the lease to a turn, count its message, and note that it asks the agent.

        A turn that begins a branch leaves the agent session to the old one.
        """
        fields: dict[str, Any] = {"lease": {"turn_id": record.id}, "active_at": now}
        if (begins := record.begins) is not None:
            fields |= {"branches": begins.number, "replaced": begins.replaced}
            fields |= {"agent_session": None, "agent_session_expires_at": None, "proposed_in": None}
        if message is not None:
            fields |= {"next_number": record.number + 1, "updated_at": now}
            if not self.document.get("titled", True):
                fields |= title_fields(message)
            elif "title_words" not in (self.document.fields or {}):
                fields |= titled_fields(self.document.get("title", ""))
        if asks:
            asking = [*self.asking, record.holder]
            fields |= {"asking": asking, "notes": [], "last_turn": record.id}
        if record.confirms is not None:  # a tool acts in this turn
            fields["wrote_at"] = record.number
        return Update(self.document.path, fields, read=self.document.version)

    def restorable(self) -> dict[str, Any]:
        """Return the fields that come back if a branch fails before the agent is reached."""
        return {
            "replaced": list(self.branches.replaced),
            "agent_session": self.agent_session,
            "agent_session_expires_at": self.agent_session_expires_at,
            "notes": list(self.notes),
            "proposed_in": self.proposed_in,
        }

    def release(self, record: TurnRecord, now: datetime, **more: Any) -> Update | None:  # noqa: ANN401 - fields are JSON-like
        """Take a turn out of the lease and out of `asking`. None if there is nothing to write."""
        fields: dict[str, Any] = dict(more)
        if self.lease == record.id:
            fields |= {"lease": None, "active_at": now}
        if record.holder in self.asking:
            fields["asking"] = [holder for holder in self.asking if holder != record.holder]
        if not fields:
            return None
        return Update(self.document.path, fields, read=self.document.version)

    def close_stream(self, record: TurnRecord, **more: Any) -> Update | None:  # noqa: ANN401 - fields are JSON-like
        """Take a turn out of `asking`, and keep its lease.

        With it go the earlier turns for which it waited in vain.
        """
        gone = {record.holder, *record.earlier}
        fields: dict[str, Any] = dict(more)
        if gone & set(self.asking):
            fields["asking"] = [holder for holder in self.asking if holder not in gone]
        if not fields:
            return None
        return Update(self.document.path, fields, read=self.document.version)

    def proposal_fields(self, record: TurnRecord, *, any_proposal: bool) -> dict[str, Any]:
        """Return the fields that name the newest turn with a proposal."""
        is_replaced = self.branches.is_replaced(MessagePlace.of(record.number, "assistant"))
        if not any_proposal or is_replaced or record.number < self.proposed_number:
            return {}
        return {"proposed_in": record.id, "proposed_number": record.number}

    def with_notes(self, notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*self.notes, *notes][-NOTES_KEPT:]

    def expire_agent_session(self, now: datetime) -> Update:
        """Note that the agent session is made again: it may have lost what it knew."""
        fields = {"agent_session_expires_at": now}
        return Update(self.document.path, fields, read=self.document.version)

    def rename(self, title: str) -> Update:
        """Give the conversation a title. It keeps its place among the others."""
        return Update(self.document.path, titled_fields(title), read=self.document.version)

    def link_avatar(self, session: AvatarSession, now: datetime) -> Update:
        """Make `session` the conversation's avatar."""
        link = {"avatar": CurrentAvatar.of(session).fields(), "updated_at": now, "active_at": now}
        return Update(self.document.path, link, read=self.document.version)

    def unlink_avatar(self, session: AvatarSessionId, reason: str) -> Update | None:
        """Take `session` out of the conversation. None if another one, or none, stands there."""
        if self.avatar is None or self.avatar.avatar_session_id != session:
            return None
        over = {"avatar": None, "avatar_over": reason}
        return Update(self.document.path, over, read=self.document.version)


def _later_number(document: Document) -> int:
    """Return a number after all messages of a conversation that lacks its counter.

    The time of its last use in seconds has ten digits, too, and is greater than any count.
    """
    times = (document.get(name, NEVER) for name in ("created_at", "active_at", "updated_at"))
    return max(1, *(int(time.timestamp()) for time in times))


def active_in(
    conversation: Conversation | None, session: AvatarSession, now: datetime
) -> datetime | None:
    """Return when a conversation was last active with `session`: now, while a turn runs in it."""
    avatar = conversation.avatar if conversation else None
    if conversation is None or avatar is None or avatar.avatar_session_id != session.id:
        return None
    return now if conversation.lease is not None else conversation.active_at


def conversations_of(
    user: UserId, limit: int, words: list[str] | None, after: Document | None
) -> Query:
    """Return the query of a user's conversations, the newest first.

    `words` are normalised words of a search, the longest one first, by which the store looks.
    """
    where = [Where("uid", "==", user)]
    if words:
        where.append(Where("title_words", "contains", longest_beginning(words[0])))
    return Query("conversations", where, "updated_at", descending=True, limit=limit, after=after)


def unused_conversations(since: datetime, limit: int) -> Query:
    """Return the query of the conversations that were not used since a time, the oldest first."""
    return Query("conversations", (Where("updated_at", "<=", since),), "updated_at", limit=limit)
