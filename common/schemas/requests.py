"""The requests of the functions. Unknown fields are refused, and types are strict."""

from typing import Annotated

from pydantic import Field

from common.schemas.base import Id, Language, Name, Quality, Request, Text

MAX_MESSAGE = 8_000
MAX_SPEECH = 4_000


class StartAvatarRequest(Request):
    """Without `conversation_id` a new conversation begins."""

    conversation_id: Id | None = None
    avatar_id: Id | None = None
    voice: Name | None = None
    quality: Quality | None = None
    language: Language | None = None


class ChatRequest(Request):
    """A message to the agent.

    `speak` is optional: by default the avatar speaks if the conversation has one, `false` keeps it
    silent, and with `true` the answer says why there is no speech. `wait: false` answers as soon as the
    avatar has all audio, without waiting until it has finished speaking.
    """

    message: Annotated[Text, Field(max_length=MAX_MESSAGE)]
    conversation_id: Id | None = None
    speak: bool | None = None
    wait: bool = True


class SpeakRequest(Request):
    """A text for the avatar.

    `interrupt` without a text only interrupts the avatar. A new text interrupts it in any case.
    """

    avatar_session_id: Id
    text: Annotated[Text, Field(max_length=MAX_SPEECH)] | None = None
    interrupt: bool = False
    wait: bool = True


class KeepAliveRequest(Request):
    avatar_session_id: Id


class EndSessionRequest(Request):
    avatar_session_id: Id


class SweepRequest(Request):
    """Without `avatar_session_id` the sweep covers everything that is overdue."""

    avatar_session_id: Id | None = None


class HealthRequest(Request):
    """With `deep` the services behind the function are asked as well."""

    deep: bool = False
