"""The bodies and queries that the provider's calls take. Unknown fields are ignored."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from infra.local.simulators.liveavatar.session import (
    Encoding,
    EndReason,
    Mode,
    Quality,
    Room,
    SessionPlan,
)

Json = dict[str, Any]


class VideoSettings(BaseModel):
    """Quality and codec of the video."""

    quality: Quality = "high"
    encoding: Encoding = "H264"


class LiveKitConfig(BaseModel):
    """The caller's own LiveKit room, which the avatar joins."""

    livekit_url: str
    livekit_room: str
    livekit_client_token: str


class AgoraConfig(BaseModel):
    """The caller's own Agora channel, which the avatar joins."""

    agora_app_id: str
    agora_token: str
    agora_channel: str
    agora_uid: str


class HostedAgentConfig(BaseModel):
    """An agent that the provider runs, instead of the caller's."""

    secret_id: UUID


class TokenRequest(BaseModel):
    """The terms of a new session."""

    mode: Mode
    avatar_id: UUID
    is_sandbox: bool = False
    video_settings: VideoSettings | None = None
    max_session_duration: Annotated[int, Field(gt=0)] | None = None
    avatar_persona: Json | None = None
    livekit_config: LiveKitConfig | None = None
    agora_config: AgoraConfig | None = None
    elevenlabs_agent_config: HostedAgentConfig | None = None
    openai_realtime_config: HostedAgentConfig | None = None
    gemini_realtime_config: HostedAgentConfig | None = None

    @model_validator(mode="after")
    def _check_persona(self) -> Self:
        if self.mode == "FULL" and self.avatar_persona is None:
            raise ValueError("avatar_persona is required in FULL mode")
        return self

    def plan(self) -> SessionPlan:
        """Return the terms in the simulator's words. FULL mode ignores the configs of LITE."""
        lite = self.mode == "LITE"
        hosted = (
            self.elevenlabs_agent_config,
            self.openai_realtime_config,
            self.gemini_realtime_config,
        )
        room: Room = "provider"
        if lite and self.livekit_config:
            room = "livekit"
        elif lite and self.agora_config:
            room = "agora"
        video = self.video_settings or VideoSettings()
        return SessionPlan(
            mode=self.mode,
            avatar_id=str(self.avatar_id),
            sandbox=self.is_sandbox,
            max_seconds=self.max_session_duration,
            room=room,
            hosted_agent=lite and any(hosted),
            quality=video.quality,
            encoding=video.encoding,
        )


class SessionRequest(BaseModel):
    """A call about one session."""

    session_id: UUID | None = None


class StopRequest(SessionRequest):
    """The end of one session."""

    reason: EndReason = "USER_CLOSED"


class PageRequest(BaseModel):
    """The query of a list."""

    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class SessionListRequest(PageRequest):
    """The query of the list of sessions."""

    type: Literal["active", "historic"]


class SessionPath(BaseModel):
    """The path of one session."""

    session_id: UUID
