"""The playback queue: utterances in the audio's own time, on a clock that the test owns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.simulators.liveavatar.playback import (
    BYTES_PER_SECOND,
    PlaybackQueue,
    SessionEvent,
)


def audio(seconds: float) -> bytes:
    return bytes(int(seconds * BYTES_PER_SECOND))


def shorten(events: list[SessionEvent]) -> list[tuple[float, str]]:
    return [(round(event.at, 6), f"{event.kind}:{_about(event)}") for event in events]


def _about(event: SessionEvent) -> str:
    if event.poses is not None:
        return event.poses[1]
    return event.source or ""


def test_an_utterance_starts_with_its_first_chunk_and_ends_when_it_was_played() -> None:
    playback = PlaybackQueue(0)
    assert shorten(playback.append(10, "a", audio(1))[1]) == [
        (10, "appended:a"),
        (10, "started:a"),
        (10, "posed:talking"),
    ]
    playback.append(10.5, "a", audio(1))
    assert shorten(playback.finish(10.6, "a")) == [(10.6, "committed:a")]
    assert playback.next_due() == pytest.approx(12)
    assert shorten(playback.advance(11.999)) == []
    assert shorten(playback.advance(20)) == [(12, "ended:a"), (12, "posed:idle")]


def test_without_speak_end_it_does_not_end() -> None:
    playback = PlaybackQueue(0)
    playback.append(0, "a", audio(1))
    assert playback.next_due() is None
    assert playback.advance(100) == []
    assert shorten(playback.finish(100, "a"))[1:] == [(100, "ended:a"), (100, "posed:idle")]
    assert playback.utterances[0].played == 1


def test_late_audio_is_waited_for() -> None:
    playback = PlaybackQueue(0)
    playback.append(0, "a", audio(1))
    playback.append(5, "a", audio(1))
    playback.finish(5, "a")
    assert shorten(playback.advance(9))[0] == (6, "ended:a")
    assert playback.utterances[0].played == 2


def test_an_utterance_that_waits_for_audio_starves_once() -> None:
    playback = PlaybackQueue(0, starvation_seconds=0.5)
    playback.append(0, "a", audio(1))
    assert playback.next_due() == pytest.approx(1.5)
    assert shorten(playback.advance(9)) == [(1.5, "starved:a")]
    assert playback.next_due() is None
    playback.append(10, "a", audio(1))
    assert playback.next_due() == pytest.approx(11.5)
    playback.finish(10.5, "a")
    assert shorten(playback.advance(20)) == [(11, "ended:a"), (11, "posed:idle")]


def test_utterances_queue_and_the_avatar_talks_on_between_them() -> None:
    playback = PlaybackQueue(0)
    for name in ("a", "b"):
        playback.append(0, name, audio(1))
        playback.finish(0, name)
    assert shorten(playback.advance(5)) == [
        (1, "ended:a"),
        (1, "started:b"),
        (2, "ended:b"),
        (2, "posed:idle"),
    ]


def test_interrupt_stops_the_utterance_and_drops_the_queue() -> None:
    playback = PlaybackQueue(0)
    for name in ("a", "b"):
        playback.append(0, name, audio(2))
        playback.finish(0, name)
    assert shorten(playback.interrupt(0.5, "stop")) == [
        (0.5, "interrupted:a"),
        (0.5, "cleared:stop"),
        (0.5, "posed:idle"),
    ]
    first, second = playback.utterances
    assert (first.played, first.interrupted, first.ended) == (0.5, True, 0.5)
    assert (second.played, second.interrupted, second.started) == (0, True, None)
    assert playback.advance(9) == []


def test_a_chunk_after_the_interrupt_begins_another_utterance() -> None:
    playback = PlaybackQueue(0)
    playback.append(0, "a", audio(1))
    playback.interrupt(0.2, None)
    assert (0.3, "started:a") in shorten(playback.append(0.3, "a", audio(1))[1])
    assert [each.name for each in playback.utterances] == ["a", "a"]


@pytest.mark.parametrize(
    "ids",
    [("u1", "u1", "u1", "u1"), ("c1", "c2", "c3", "end"), (None, None, None, None)],
    ids=["one for the utterance", "one for each chunk", "none"],
)
def test_chunks_are_one_utterance_until_speak_end_whatever_their_ids(
    ids: tuple[str | None, ...],
) -> None:
    playback = PlaybackQueue(0)
    events = [event for each in ids[:3] for event in playback.append(0, each, audio(1))[1]]
    events += playback.finish(0, ids[3]) + playback.advance(9)
    seen = [(event.at, event.kind, event.source) for event in events]
    assert [each for each in seen if each[1] in {"started", "ended"}] == [
        (0, "started", ids[0]),
        (3, "ended", ids[0]),
    ]
    [utterance] = playback.utterances
    assert (utterance.chunks, utterance.played) == (3, 3)


def test_the_next_chunk_after_speak_end_begins_an_utterance_whatever_its_id() -> None:
    playback = PlaybackQueue(0)
    for _ in range(2):
        playback.append(0, "same", audio(1))
        playback.finish(0, "same")
    playback.append(0, None, audio(1))
    assert [(each.name, each.chunks) for each in playback.utterances] == [
        ("same", 1),
        ("same", 1),
        ("utterance-3", 1),
    ]


def test_speak_end_without_an_utterance_is_acknowledged_and_does_nothing() -> None:
    playback = PlaybackQueue(0)
    assert shorten(playback.finish(1, "x")) == [(1, "committed:x")]
    assert playback.utterances == []


def test_the_listening_pose_comes_back_after_talking() -> None:
    playback = PlaybackQueue(0)
    assert shorten(playback.listen(0, on=True)) == [(0, "posed:listening")]
    playback.append(0, "a", audio(1))
    playback.finish(0, "a")
    assert shorten(playback.advance(2))[-1] == (1, "posed:listening")
    assert shorten(playback.listen(3, on=False)) == [(3, "posed:idle")]


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
    playback, now, seen = PlaybackQueue(0, starvation_seconds=1.0), 0.0, []
    for step, event_id, seconds in wanted:
        now += seconds
        if step == "append":
            seen += playback.append(now, event_id, audio(seconds + 0.01))[1]
        elif step == "finish":
            seen += playback.finish(now, event_id)
        elif step == "interrupt":
            seen += playback.interrupt(now, event_id)
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
