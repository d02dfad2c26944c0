"""The audio that the journal keeps."""

import io
import wave
from collections import deque

from infra.local.simulators.liveavatar.playback import SAMPLE_RATE, AvatarUtterance
from infra.local.simulators.liveavatar.session import LiveAvatarSession


class AudioShelf:
    """Keeps at most `limit` bytes of audio: the oldest utterances lose theirs first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: deque[AvatarUtterance] = deque()

    def keep(self, utterance: AvatarUtterance, by: int) -> None:
        """Count `by` bytes more of an utterance, and forget what is over the limit."""
        if utterance.audio is None:
            return
        self._kept.append(utterance)
        self._size += by
        while self._size > self._limit:
            oldest = self._kept.popleft()
            self._size -= len(oldest.audio or b"")
            oldest.audio = None


def wav(session: LiveAvatarSession, name: str) -> bytes | None:
    """Return all audio of the utterances of this name, in order. None if not all of it is kept."""
    named = [each for each in session.playback.utterances if each.name == name]
    kept = [each.audio for each in named if each.audio is not None]
    if not kept or len(kept) < len(named):
        return None
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(b"".join(kept))
    return file.getvalue()
