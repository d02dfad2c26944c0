"""The audio clock: utterances in the audio's own time, on a clock that the test owns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.simulators.liveavatar.playback import BYTES_PER_SECOND, Event, Playback


def audio(seconds: float) -> bytes:
    return bytes(int(seconds * BYTES_PER_SECOND))


def short(events: list[Event]) -> list[tuple[float, str]]:
    return [
        (round(event.at, 6), f"{event.type.removeprefix('agent.')}:{_about(event)}")
        for event in events
    ]


def _about(event: Event) -> str:
    return str(event.fields.get("event_id") or event.fields.get("state", ""))


def test_an_utterance_begins_with_its_first_chunk_and_ends_when_it_was_heard() -> None:
    playback = Playback(0)
    assert short(playback.append(10, "a", audio(1))[1]) == [
        (10, "audio_buffer_appended:a"),
        (10, "speak_started:a"),
        (10, "state_updated:talking"),
    ]
    playback.append(10.5, "a", audio(1))
    assert short(playback.finish(10.6, "a")) == [(10.6, "audio_buffer_committed:a")]
    assert playback.next_due() == pytest.approx(12)
    assert short(playback.advance(11.999)) == []
    assert short(playback.advance(20)) == [(12, "speak_ended:a"), (12, "state_updated:idle")]


def test_without_speak_end_it_does_not_end() -> None:
    playback = Playback(0)
    playback.append(0, "a", audio(1))
    assert playback.next_due() is None
    assert playback.advance(100) == []
    assert short(playback.finish(100, "a"))[1:] == [
        (100, "speak_ended:a"),
        (100, "state_updated:idle"),
    ]
    assert playback.utterances[0].played == 1


def test_audio_that_comes_late_is_waited_for() -> None:
    playback = Playback(0)
    playback.append(0, "a", audio(1))
    playback.append(5, "a", audio(1))
    playback.finish(5, "a")
    assert short(playback.advance(9))[0] == (6, "speak_ended:a")
    assert playback.utterances[0].played == 2


def test_utterances_queue_and_the_avatar_talks_on_between_them() -> None:
    playback = Playback(0)
    for name in ("a", "b"):
        playback.append(0, name, audio(1))
        playback.finish(0, name)
    assert short(playback.advance(5)) == [
        (1, "speak_ended:a"),
        (1, "speak_started:b"),
        (2, "speak_ended:b"),
        (2, "state_updated:idle"),
    ]


def test_interrupt_silences_what_plays_and_drops_what_waits() -> None:
    playback = Playback(0)
    for name in ("a", "b"):
        playback.append(0, name, audio(2))
        playback.finish(0, name)
    assert short(playback.interrupt(0.5)) == [
        (0.5, "speak_interrupted:a"),
        (0.5, "audio_buffer_cleared:"),
        (0.5, "state_updated:idle"),
    ]
    heard, waited = playback.utterances
    assert (heard.played, heard.interrupted, heard.ended) == (0.5, True, 0.5)
    assert (waited.played, waited.interrupted, waited.started) == (0, True, None)
    assert playback.advance(9) == []


def test_a_chunk_that_comes_after_the_interrupt_is_spoken() -> None:
    playback = Playback(0)
    playback.append(0, "a", audio(1))
    playback.interrupt(0.2)
    assert (0.3, "speak_started:a") in short(playback.append(0.3, "a", audio(1))[1])
    assert [each.event_id for each in playback.utterances] == ["a", "a"]


def test_chunks_without_an_id_are_one_utterance_until_speak_end() -> None:
    playback = Playback(0)
    playback.append(0, None, audio(1))
    playback.append(0, None, audio(1))
    playback.finish(0, None)
    playback.append(0, None, audio(1))
    assert [(each.event_id, each.chunks) for each in playback.utterances] == [
        ("utterance-1", 2),
        ("utterance-2", 1),
    ]


def test_an_id_for_each_chunk_plays_too() -> None:
    playback = Playback(0)
    for number in range(3):
        playback.append(0, f"chunk-{number}", audio(1))
    playback.finish(0, "chunk-2")
    assert short(playback.advance(9))[-2] == (3, "speak_ended:chunk-2")


def test_the_listening_pose_comes_back_after_talking() -> None:
    playback = Playback(0)
    assert short(playback.listen(0, on=True)) == [(0, "state_updated:listening")]
    playback.append(0, "a", audio(1))
    playback.finish(0, "a")
    assert short(playback.advance(2))[-1] == (1, "state_updated:listening")
    assert short(playback.listen(3, on=False)) == [(3, "state_updated:idle")]


steps = st.lists(
    st.tuples(
        st.sampled_from(["append", "finish", "interrupt", "wait"]),
        st.sampled_from(["a", "b", None]),
        st.floats(0, 3),
    ),
    max_size=30,
)


@given(steps)
def test_it_never_plays_more_than_it_got_nor_faster_than_time(
    wanted: list[tuple[str, str | None, float]],
) -> None:
    playback, now, seen = Playback(0), 0.0, []
    for step, event_id, seconds in wanted:
        now += seconds
        if step == "append":
            seen += playback.append(now, event_id, audio(seconds + 0.01))[1]
        elif step == "finish":
            seen += playback.finish(now, event_id)
        elif step == "interrupt":
            seen += playback.interrupt(now)
        else:
            seen += playback.advance(now)
        assert sum(each.played for each in playback.utterances) <= now + 1e-3
        assert (due := playback.next_due()) is None or due >= now - 1e-3
    for utterance in playback.utterances:
        assert -1e-9 <= utterance.played <= utterance.seconds + 1e-9
        if utterance.ended is not None and not utterance.interrupted:
            assert utterance.played == utterance.seconds
    moments = [event.at for event in seen]
    assert moments == sorted(moments)
