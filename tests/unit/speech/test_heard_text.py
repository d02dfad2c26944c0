"""How much of an utterance was heard: whole words, wherever it was cut."""

import pytest

from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent
from common.speech.playback import Piece, Playback, Utterance

SECONDS = 4.0
NFD = "Le cafe\u0301 est ferme\u0301 a\u0300 pre\u0301sent."
TEXTS = [
    "Shall I book the ten o'clock train for you?",
    "It costs $1,984.50, at 10:30, on example.com/a-b, i.e. twice.",
    "क्या मैं आपके लिए दस बजे की ट्रेन बुक करूँ?",
    "আমি কি আপনার জন্য টিকিট কাটব?",
    "هل أحجز لك قطار الساعة العاشرة؟",
    "می‌خواهم بلیط بخرم.",
    "열 시 기차를 예약할까요?",
    "Soll ich den Zug um zehn Uhr für Sie buchen?",
    NFD,
]


def playing(*pieces: str) -> Playback:
    """Return the playback of one utterance that begins at 0 s and takes 4 s."""
    playback = Playback(0.0)
    utterance = Utterance(UtteranceId("u1"), [Piece(text, text) for text in pieces])
    utterance.seconds, utterance.starts, utterance.ends = SECONDS, 0.0, SECONDS
    playback.begin(utterance)
    playback.quiet_at = SECONDS
    return playback


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_heard_never_ends_inside_a_word(text: str) -> None:
    words, seen = text.split(), set()
    for moment in range(401):
        playback = playing(text)
        playback.note_start(playback.sent[0], 0.0)
        playback.cut(moment / 100)
        heard = playback.heard_text(10.0)
        assert heard.split() == words[: len(heard.split())]
        seen.add(heard)
    assert {"", text} <= seen
    assert len(seen) == len(words) + 1


@pytest.mark.parametrize("text", ["我可以帮你订票吗", "จองตั๋วให้ไหม", "ខ្ញុំអាចជួយអ្នក", "明日の予定です"])
def test_a_script_without_spaces_is_cut_between_letters(text: str) -> None:
    playback = playing(text)
    playback.note_start(playback.sent[0], 0.0)
    playback.cut(SECONDS / 2)
    heard = playback.heard_text(10.0)
    assert text.startswith(heard)
    assert 0 < len(heard) < len(text)


@pytest.mark.parametrize("begins", [1000.0 + index * 0.137 for index in range(0, 200, 7)])
def test_all_is_heard_when_the_audio_has_had_time_to_play(begins: float) -> None:
    """Also where the avatar reports only that it talks and that it is idle."""
    playback = Playback(begins)
    for number, seconds in enumerate((0.45, 1.01, 1.66)):
        utterance = Utterance(UtteranceId(f"u{number}"), [Piece(f"Part {number} of it.", "x" * 15)])
        playback.begin(utterance)
        utterance.seconds = seconds
        playback.add(utterance, bytes(2 * round(24_000 * seconds)), begins)
    playback.note_start(playback.sent[0], begins)
    playback.settle(begins + 3.2)
    assert playback.heard_text(begins + 3.2) == "Part 0 of it. Part 1 of it. Part 2 of it."


def test_captions_say_when_each_sentence_of_an_utterance_is_spoken() -> None:
    (utterance,) = playing("Five.", "A longer sentence.").sent
    placed = utterance.captions()
    assert [caption.text for caption in placed] == ["Five.", "A longer sentence."]
    assert placed[0].offset == 0.0
    assert placed[1].offset == pytest.approx(placed[0].seconds)
    assert placed[1].offset + placed[1].seconds == pytest.approx(SECONDS, abs=0.02)


def test_an_event_about_another_connections_utterance_is_not_ours() -> None:
    playback = playing("Hello.")
    foreign = AvatarEvent("started", UtteranceId("other"))
    assert playback.find(foreign, "no") is None
    assert not playback.is_ours(AvatarEvent("interrupted", UtteranceId("other")))
