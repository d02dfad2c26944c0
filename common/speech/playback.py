"""What was handed to the avatar, and how much of it was heard: on the event loop's clock, from the
length of the audio and from what the avatar says itself.
"""

from dataclasses import dataclass, field
from typing import Literal

from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent
from common.speech import audio


@dataclass(frozen=True)
class Piece:
    """A sentence as it was written, and as it is said."""

    written: str
    said: str


@dataclass
class Utterance:
    """One or more sentences that were made in one request. `starts` and `ends`: when its audio
    plays, as far as it is known."""

    id: UtteranceId
    pieces: list[Piece]
    pcm: bytes = field(default=b"", repr=False)
    starts: float | None = None
    ends: float = 0.0
    heard: Literal["no", "started", "ended"] = "no"

    @property
    def said(self) -> str:
        return " ".join(piece.said for piece in self.pieces)

    @property
    def seconds(self) -> float:
        return audio.seconds(self.pcm)

    def heard_seconds(self, now: float) -> float:
        return 0.0 if self.starts is None else max(0.0, min(self.ends, now) - self.starts)

    def heard_text(self, now: float) -> str:
        """As it was written, up to the last whole word: speech is taken to run evenly."""
        if self.heard == "ended" or not self.seconds:
            share = 1.0 if self.heard == "ended" else 0.0
        else:
            share = min(1.0, self.heard_seconds(now) / self.seconds)
        left = share * sum(len(piece.said) for piece in self.pieces)
        heard = []
        for piece in self.pieces:
            heard.append(_begun(piece, left))
            left -= len(piece.said)
        return " ".join(text for text in heard if text)


class Playback:
    def __init__(self, now: float) -> None:
        self.sent: list[Utterance] = []
        self.quiet_at = now
        """When all that was handed over will have been played."""
        self.added = 0.0
        """Seconds of sound that were handed over."""

    def hand_over(self, utterance: Utterance) -> None:
        self.sent.append(utterance)

    def add(self, utterance: Utterance, chunk: bytes, now: float) -> None:
        if utterance.starts is None:
            utterance.starts = self.quiet_at = max(now, self.quiet_at)
        self.added += audio.seconds(chunk)
        self.quiet_at += audio.seconds(chunk)
        utterance.ends = self.quiet_at

    def began(self, utterance: Utterance, now: float) -> None:
        """The avatar says so: what it began later than was thought, it ends later as well."""
        utterance.heard = "started"
        late = now - (now if utterance.starts is None else utterance.starts)
        if late > 0:
            for each in self.sent[self.sent.index(utterance) :]:
                if each.starts is not None:
                    each.starts += late
                    each.ends += late
            self.quiet_at += late

    def cut(self, now: float) -> None:
        for utterance in self.sent:
            utterance.ends = min(utterance.ends, now)

    @property
    def seconds(self) -> float:
        return sum(utterance.seconds for utterance in self.sent)

    def heard_seconds(self, now: float) -> float:
        return sum(utterance.heard_seconds(now) for utterance in self.sent)

    def heard_text(self, now: float) -> str:
        heard = (utterance.heard_text(now) for utterance in self.sent)
        return " ".join(text for text in heard if text)

    def done(self, now: float) -> bool:
        """All was heard. Some avatars say so once for several utterances: then the clock decides."""
        if not self.sent or self.sent[-1].heard == "ended":
            return True
        return self.quiet_at <= now and any(u.heard == "ended" for u in self.sent)

    def current(self, now: float) -> UtteranceId | None:
        """The one that plays now, or played last."""
        begun = [u for u in self.sent if u.starts is not None and u.starts <= now]
        return begun[-1].id if begun else None

    def which(self, event: AvatarEvent, heard: Literal["no", "started"]) -> Utterance | None:
        """The utterance that an event is about: the one it names, else the next in turn. What it
        says of utterances that are not in here is somebody else's."""
        if event.utterance is not None:
            return next((u for u in self.sent if u.id == event.utterance), None)
        return next((u for u in self.sent if u.heard == heard), None)

    def is_about_us(self, event: AvatarEvent) -> bool:
        """An interruption from before our first sound is one that we asked for."""
        if event.utterance is not None:
            return any(u.id == event.utterance for u in self.sent)
        return any(u.heard == "started" for u in self.sent)


def _begun(piece: Piece, left: float) -> str:
    """What of a piece was heard, if `left` characters of it and what follows were said."""
    if left >= len(piece.said):
        return piece.written
    if left <= 0:
        return ""
    cut = int(len(piece.written) * left / len(piece.said))
    head = piece.written[:cut]
    if cut < len(piece.written) and not piece.written[cut].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip()
