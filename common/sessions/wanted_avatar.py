"""The avatar session that a request asks for: its fields, then the person's, then the settings'."""

from dataclasses import dataclass

from common.domain.accounts.profile import Preferences
from common.domain.errors import Invalid
from common.domain.ids import ConversationId
from common.domain.voices import choose_voice
from common.schemas.requests import StartAvatarRequest
from common.settings import Settings


@dataclass(frozen=True)
class WantedAvatar:
    """The session to start, with the defaults filled in."""

    avatar_id: str
    voice: str
    language: str
    quality: str


@dataclass(frozen=True)
class AvatarChoice:
    """A request for an avatar. Without a conversation a new one begins, named `new`."""

    request: StartAvatarRequest
    new: ConversationId
    settings: Settings

    def __post_init__(self) -> None:
        """Raise Invalid for a voice that is not offered, or speaks another language."""
        self.fill(Preferences())

    @property
    def given(self) -> bool:
        """Return True if the caller named the conversation."""
        return self.request.conversation_id is not None

    @property
    def conversation_id(self) -> ConversationId:
        return ConversationId(self.request.conversation_id or self.new)

    def fill(self, preferences: Preferences) -> WantedAvatar:
        request, settings = self.request, self.settings
        voice, language = self._voice(preferences)
        return WantedAvatar(
            avatar_id=request.avatar_id or preferences.avatar_id or settings.avatar_id,
            voice=voice,
            language=language,
            quality=request.quality or preferences.quality or settings.quality,
        )

    def _voice(self, preferences: Preferences) -> tuple[str, str]:
        """Choose by the request, completed by preferences that fit it and are still offered."""
        request, settings = self.request, self.settings
        default = settings.voice, settings.language
        if request.voice is None:
            language = request.language or preferences.language
            for voice in (preferences.voice, None):
                try:
                    return choose_voice(voice, language, default, settings.voices)
                except (
                    Invalid
                ):  # the preferred voice speaks another language, or is not offered now
                    continue
        return choose_voice(request.voice, request.language, default, settings.voices)
