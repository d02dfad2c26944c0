"""The messages that clients send over the LITE websocket."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

Json = dict[str, Any]


class BadMessageError(Exception):
    """A message that makes no sense. `event_id` is the message's, where it can be read."""

    def __init__(self, message: str, event_id: str | None = None) -> None:
        super().__init__(message)
        self.event_id = event_id


class UnknownMessageError(BadMessageError):
    """A message of an unknown type.

    Unknown: the real provider's answer. Clients that work send such messages (`start`,
    `agent.speak_started`), so that the simulator only warns.
    """


class Audio(BaseModel):
    """A message with audio: base64 on the wire, PCM here."""

    audio: bytes = b""

    @field_validator("audio", mode="before")
    @classmethod
    def _decode(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise ValueError("audio is not base64") from None


class Speak(Audio):
    """A chunk of speech."""

    type: Literal["agent.speak"]
    event_id: str | None = None
    audio: Annotated[bytes, Field(min_length=1)]


class SpeakEnd(Audio):
    """The end of an utterance, perhaps with its last chunk."""

    type: Literal["agent.speak_end"]
    event_id: str | None = None


class Interrupt(BaseModel):
    """A request to stop speaking now."""

    type: Literal["agent.interrupt"]
    event_id: str | None = None


class Listening(BaseModel):
    """A request to take the listening pose, or to leave it."""

    type: Literal["agent.start_listening", "agent.stop_listening"]
    event_id: str | None = None


class KeepAlive(BaseModel):
    """A sign of life."""

    type: Literal["session.keep_alive"]
    event_id: str | None = None


ClientMessage = Annotated[
    Speak | SpeakEnd | Interrupt | Listening | KeepAlive, Field(discriminator="type")
]

_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class _Heading(BaseModel):
    type: str | None = None
    event_id: str | None = None


def parse(text: str | None, most_bytes: int) -> ClientMessage:
    """Return the message in `text`.

    `text` is None for a binary message. Raises `BadMessageError` or `UnknownMessageError` with a
    reason that does not repeat the message.
    """
    if text is None:
        raise BadMessageError("messages are text")
    if len(text) > most_bytes:  # base64 and the JSON around it are ASCII
        raise BadMessageError(f"a message has at most {most_bytes} bytes")
    try:
        return _MESSAGE.validate_json(text)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
    event_id = read_heading(text)["event_id"]
    if first["type"] == "union_tag_invalid":
        raise UnknownMessageError("unknown type", event_id)
    where = ".".join(str(part) for part in first["loc"][1:])
    reason = "not JSON" if first["type"] == "json_invalid" else f"{where} {first['msg']}".strip()
    raise BadMessageError(reason, event_id)


def read_heading(text: str | None) -> Json:
    """Return the type and the id of any message, for the journal. Other values become null."""
    try:
        return _Heading.model_validate_json(text or "").model_dump()
    except ValidationError:
        return _Heading().model_dump()
