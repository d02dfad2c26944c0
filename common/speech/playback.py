"""The audio that was sent to the avatar, and how much of it was heard.

Times are the event loop's, in seconds. They follow from the length of the audio, corrected by what
the avatar reports. Some avatars report each utterance, some only that they talk and that they are
idle.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent
from common.speech import audio

PAUSE_SECONDS = 0.8
"""Speech has a pause between two words in such a time."""


@dataclass(frozen=True)
class Piece:
    """A sentence as it was written, and as it is said."""

    written: str
    said: str


class PlacedSentence(NamedTuple):
    """A sentence with its place in the utterance, in seconds."""

    text: str
    offset: float
    seconds: float


@dataclass
class Utterance:
    """Sentences that were synthesised in one request. `pcm` is dropped once it is sent.

    `starts` and `ends` are when its audio plays, as far as known.
    """

    id: UtteranceId
    pieces: list[Piece]
    pcm: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    starts: float | None = None
    ends: float = 0.0
    heard: Literal["no", "started", "ended"] = "no"
    cut: bool = False

    @property
    def said(self) -> str:
        return " ".join(piece.said for piece in self.pieces)

    @property
    def characters(self) -> int:
        return sum(len(piece.said) for piece in self.pieces)

    def captions(self) -> list[PlacedSentence]:
        """Place each sentence in the utterance, by its share of the characters."""
        total, offset, found = max(1, self.characters), 0.0, []
        for piece in self.pieces:
            seconds = self.seconds * len(piece.said) / total
            found.append(PlacedSentence(piece.written, round(offset, 2), round(seconds, 2)))
            offset += seconds
        return found

    def cut_in_two(self, seconds: float, rest: UtteranceId) -> "tuple[Utterance, Utterance]":
        """Return the parts before and after a pause, which lies shortly before `seconds`.

        The words are cut at the same share of their characters. The second part has the id `rest`.
        """
        at = audio.quietest(self.pcm, seconds - PAUSE_SECONDS, seconds)
        left = self.characters * at / max(1, len(self.pcm))
        before, after = [], []
        for piece in self.pieces:
            head, tail = _halves(piece, left)
            before += [head] if head.written else []
            after += [tail] if tail.written else []
            left -= len(piece.said)
        return (
            Utterance(self.id, before, self.pcm[:at], audio.seconds(self.pcm[:at])),
            Utterance(rest, after, self.pcm[at:], audio.seconds(self.pcm[at:])),
        )

    def heard_seconds(self, now: float) -> float:
        return 0.0 if self.starts is None else max(0.0, min(self.ends, now) - self.starts)

    def heard_text(self, now: float) -> str:
        """Return what was heard, as it was written, up to the last whole word."""
        if self.heard == "ended" and not self.cut:
            return " ".join(piece.written for piece in self.pieces)
        share = min(1.0, self.heard_seconds(now) / self.seconds) if self.seconds else 0.0
        left = share * self.characters
        heard = []
        for piece in self.pieces:
            heard.append(_heard_part(piece, left))
            left -= len(piece.said)
        return " ".join(text for text in heard if text)


class Playback:
    """The utterances of one turn, in the order in which they were sent."""

    def __init__(self, now: float) -> None:
        self.sent: list[Utterance] = []
        self.quiet_at = now
        """When the audio that was sent finishes."""
        self.sent_seconds = 0.0
        self.made_seconds = 0.0

    def ahead(self, now: float) -> float:
        """Seconds of audio that are made and not yet played."""
        return max(0.0, self.quiet_at - now) + self.made_seconds - self.sent_seconds

    def begin(self, utterance: Utterance) -> None:
        self.sent.append(utterance)

    def add(self, utterance: Utterance, chunk: bytes, now: float) -> None:
        """Count a chunk that was sent."""
        if utterance.starts is None:
            utterance.starts = self.quiet_at = max(now, self.quiet_at)
        length = audio.seconds(chunk)
        self.sent_seconds += length
        self.quiet_at += length
        utterance.ends = self.quiet_at

    def note_start(self, utterance: Utterance, now: float) -> None:
        """Note that the avatar began an utterance. A late begin delays all audio after it."""
        utterance.heard = "started"
        late = now - (now if utterance.starts is None else utterance.starts)
        if late > 0:
            for each in self.sent[self.sent.index(utterance) :]:
                if each.starts is not None:
                    each.starts += late
                    each.ends += late
            self.quiet_at += late

    def note_end(self, utterance: Utterance, now: float) -> None:
        """Note that the avatar finished an utterance, and so those before it.

        A later one counts as heard, too, if its audio has had time to play.
        """
        place = self.sent.index(utterance)
        for number, each in enumerate(self.sent):
            if number <= place or (each.starts is not None and each.ends <= now):
                each.heard = "ended"

    def cut(self, now: float) -> None:
        """Note that the avatar was silenced."""
        for utterance in self.sent:
            if utterance.heard != "ended" and (utterance.starts is None or now < utterance.ends):
                utterance.ends = min(utterance.ends, now)
                utterance.cut = True
        self.quiet_at = min(self.quiet_at, now)

    def settle(self, now: float) -> None:
        """Count what has had time to play as heard. For the end, when no more reports come."""
        for utterance in self.sent:
            if utterance.starts is not None and not utterance.cut and utterance.ends <= now:
                utterance.heard = "ended"

    @property
    def is_unreported(self) -> bool:
        """Return True if the avatar did not report the end of the last utterance."""
        return bool(self.sent) and self.sent[-1].heard != "ended"

    def forget_unreported(self) -> None:
        """Count the utterances whose end was not reported as not heard."""
        for utterance in self.sent:
            if utterance.heard != "ended":
                utterance.ends = utterance.starts if utterance.starts is not None else 0.0
                utterance.cut = True

    @property
    def seconds(self) -> float:
        return sum(utterance.seconds for utterance in self.sent)

    def heard_text(self, now: float) -> str:
        heard = (utterance.heard_text(now) for utterance in self.sent)
        return " ".join(text for text in heard if text)

    def is_done(self, now: float) -> bool:
        """Return True if all was heard.

        Where the avatar reports one end for several utterances, the clock decides.
        """
        if not self.sent or self.sent[-1].heard == "ended":
            return True
        return self.quiet_at <= now and any(u.heard == "ended" for u in self.sent)

    def current(self, now: float) -> UtteranceId | None:
        """Return the utterance that plays now, or played last."""
        begun = [u for u in self.sent if u.starts is not None and u.starts <= now]
        return begun[-1].id if begun else None

    def find(self, event: AvatarEvent, heard: Literal["no", "started"]) -> Utterance | None:
        """Return the utterance that an event is about: the one it names, else the next in turn.

        An event that names another utterance belongs to another connection.
        """
        if event.utterance is not None:
            return next((u for u in self.sent if u.id == event.utterance), None)
        return next((u for u in self.sent if u.heard == heard), None)

    def is_ours(self, event: AvatarEvent) -> bool:
        """Return False for an interruption from before our first sound: we asked for that one."""
        if event.utterance is not None:
            return any(u.id == event.utterance for u in self.sent)
        return any(u.heard == "started" for u in self.sent)


def _heard_part(piece: Piece, left: float) -> str:
    """Return what of a piece was heard, if `left` characters of its spoken form were said."""
    if left >= len(piece.said) - 0.5:
        return piece.written
    if left <= 0:
        return ""
    cut = int(len(piece.written) * left / len(piece.said))
    return _whole_words(piece.written, cut)


def _halves(piece: Piece, left: float) -> tuple[Piece, Piece]:
    """Cut a piece after the words whose spoken form has at most `left` characters."""
    head = _heard_part(piece, left)
    said = round(max(0.0, min(left, len(piece.said)))) if head else 0
    tail = piece.written[len(head) :].lstrip()
    return Piece(head, piece.said[:said]), Piece(tail, piece.said[said:])


def _whole_words(text: str, cut: int) -> str:
    """Cut `text` at `cut` or before, never inside a word, a number or an address.

    Scripts without spaces are cut between any two letters.
    """
    if not 0 < cut < len(text):
        return text[:cut].rstrip()
    head = text[:cut]
    if _is_glued(text[cut]):
        while head and _is_glued(head[-1]):
            head = head[:-1]
    while head and _is_mark(text[len(head)]):  # a vowel sign belongs to the letter before it
        head = head[:-1]
    return head.rstrip()


WITHOUT_SPACES = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u2e80", "\u9fff"),  # Chinese, Japanese
    ("\uf900", "\ufaff"),
    ("\uff00", "\uffef"),
    ("\U00020000", "\U0003ffff"),
)
"""Blocks of scripts that do not set words apart."""


def _is_glued(character: str) -> bool:
    """Return True for what belongs to the word beside it, up to the next space."""
    without = any(first <= character <= last for first, last in WITHOUT_SPACES)
    return not without and not character.isspace()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
