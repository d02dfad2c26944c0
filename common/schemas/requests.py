from typing import Annotated

from pydantic import Field

from common.schemas.base import Id, Language, Name, Quality, Request, Text

MAX_MESSAGE = 8_000
MAX_SPEECH = 4_000


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


class StartAvatarRequest(Request):
    """Without a conversation, a new one is begun."""

    conversation_id: Id | None = None
    avatar_id: Id | None = None
    voice: Name | None = None
    quality: Quality | None = None
    language: Language | None = None


class ChatRequest(Request):
    """`speak`: false keeps the avatar silent; true asks for a word on why, if it cannot speak; left
    out, the avatar speaks if there is one. `wait`: false answers when all audio was handed over,
    and does not stay until the avatar has finished."""

    message: Annotated[Text, Field(max_length=MAX_MESSAGE)]
    conversation_id: Id | None = None
    speak: bool | None = None
    wait: bool = True


class SpeakRequest(Request):
    """`interrupt` stops the avatar first, which any new speech does anyway; alone, only that."""

    avatar_session_id: Id
    text: Annotated[Text, Field(max_length=MAX_SPEECH)] | None = None
    interrupt: bool = False
    wait: bool = True


class KeepAliveRequest(Request):
    avatar_session_id: Id


class EndSessionRequest(Request):
    avatar_session_id: Id


class SweepRequest(Request):
    """With a session: looks at that one only."""

    avatar_session_id: Id | None = None


class HealthRequest(Request):
    """`deep`: whether the services behind us answer; else only whether we do."""

    deep: bool = False
