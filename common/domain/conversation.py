"""A conversation's document: who owns it, which avatar it has now, and whose turn it is."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from common.domain.avatar_session import AvatarSession
from common.domain.documents import Document
from common.domain.errors import NotFound
from common.domain.ids import AvatarSessionId, ConversationId, TurnId, UserId

TITLE_LENGTH = 60


def conversation_path(conversation: ConversationId) -> str:
    return f"conversations/{conversation}"


def message_path(conversation: ConversationId, message: str) -> str:
    return f"{conversation_path(conversation)}/messages/{message}"


@dataclass(frozen=True)
class CurrentAvatar:
    """The conversation's avatar, with what a turn needs to make it speak: kept here so that a turn
    reads one document less. Set and unset in the commits that change the session's state."""

    avatar_session_id: AvatarSessionId
    live: bool
    since: datetime
    expires_at: datetime
    voice: str
    language: str
    vault: dict[str, str] = field(default_factory=dict, repr=False)

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
class Lease:
    """Whose turn it is, until when at the latest. One that speaks may be interrupted at any time."""

    turn_id: TurnId
    until: datetime
    speaks: bool

    def fields(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Conversation:
    id: ConversationId
    uid: UserId
    face: CurrentAvatar | None
    lease: Lease | None
    titled: bool
    avatar_over: str | None
    """Why the last avatar is not there any more."""
    agent_session: str | None
    """None until the agent has a memory of this conversation."""

    @classmethod
    def read(cls, document: Document, user: UserId) -> Self:
        """`NotFound` alike for one that is missing and one that is somebody else's."""
        if document.get("uid") != user:
            raise NotFound("There is no such conversation.")
        face, lease = document.get("avatar"), document.get("lease")
        return cls(
            id=ConversationId(document.id),
            uid=user,
            face=CurrentAvatar(**face) if face else None,
            lease=Lease(**lease) if lease else None,
            titled=document.get("titled", True),
            avatar_over=document.get("avatar_over"),
            agent_session=document.get("agent_session"),
        )

    def running(self, now: datetime) -> CurrentAvatar | None:
        """The avatar that can speak now."""
        face = self.face
        return face if face and face.live and face.expires_at > now else None


UNTITLED = {"title": "New conversation", "titled": False}


def title_fields(message: str) -> dict[str, Any]:
    title = " ".join(message.split())
    if len(title) > TITLE_LENGTH:
        title = title[: TITLE_LENGTH - 1].rstrip() + "…"
    return {"title": title, "titled": True}


def new_conversation_fields(
    user: UserId, now: datetime, first_message: str | None
) -> dict[str, Any]:
    """A new conversation's fields. Its title is its first message, cut."""
    return {
        "uid": user,
        **(title_fields(first_message) if first_message else UNTITLED),
        "created_at": now,
        "updated_at": now,
        "agent_session": None,
        "avatar": None,
        "avatar_over": None,
        "lease": None,
    }
