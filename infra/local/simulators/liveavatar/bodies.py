"""The bodies that the provider takes. What it does not know it ignores."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from infra.local.simulators.liveavatar.sessions import EndReason, Mode


class VideoSettings(BaseModel):
    quality: Literal["very_high", "high", "medium", "low"] = "high"
    encoding: Literal["H264", "VP8"] = "H264"


class TokenRequest(BaseModel):
    mode: Mode
    avatar_id: UUID
    is_sandbox: bool = False
    video_settings: VideoSettings | None = None
    max_session_duration: Annotated[int, Field(gt=0)] | None = None


class SessionRequest(BaseModel):
    session_id: str | None = None


class StopRequest(SessionRequest):
    reason: EndReason = "UNKNOWN"


class ListRequest(BaseModel):
    type: Literal["active", "historic"]
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class Speak(BaseModel):
    """`audio`: base64."""

    type: Literal["agent.speak"]
    event_id: str | None = None
    audio: Annotated[str, Field(min_length=1)]


class SpeakEnd(BaseModel):
    type: Literal["agent.speak_end"]
    event_id: str | None = None


class Plain(BaseModel):
    type: Literal[
        "agent.interrupt",
        "agent.start_listening",
        "agent.stop_listening",
        "session.keep_alive",
    ]
    event_id: str | None = None


SocketMessage = Annotated[Speak | SpeakEnd | Plain, Field(discriminator="type")]
Json = dict[str, Any]
