"""The provider's messages become one event each, in every dialect and with every habit of ids."""

import json
from typing import Any

import pytest

from common.adapters.liveavatar.events import EventNormaliser
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent

U1, U2, U3 = (UtteranceId(name) for name in ("u1", "u2", "u3"))
Json = dict[str, Any]
TALKING = {"type": "agent.state_updated", "previous_state": "idle", "new_state": "talking"}
IDLE = {"type": "agent.state_updated", "previous_state": "talking", "new_state": "idle"}
LISTENING = {"type": "agent.state_updated", "state": "listening"}
CUT = {"type": "agent.speak_interrupted", "event_id": "e-9"}
CLEARED = {"type": "agent.audio_buffer_cleared", "event_id": "e-10", "source_event_id": None}
OTHER_CLEARED = {**CLEARED, "source_event_id": "another connection's"}


def started(event_id: str | None = "e-1", **source: str) -> Json:
    return {"type": "agent.speak_started", "event_id": event_id, **source}


def ended(event_id: str | None = "e-2", **source: str) -> Json:
    return {"type": "agent.speak_ended", "event_id": event_id, **source}


class SendingNormaliser:
    """A normaliser that has sent utterances of one second each."""

    def __init__(self, *utterances: UtteranceId, complete: bool = True) -> None:
        self.events = EventNormaliser()
        self.send(*utterances, complete=complete)

    def send(self, *utterances: UtteranceId, complete: bool = True) -> None:
        for utterance in utterances:
            self.events.add_audio(utterance, 0.5)
            self.events.add_audio(utterance, 0.5)
            if complete:
                self.events.complete(utterance)

    def hear(self, *messages: Json | str, at: float = 100.0) -> list[str]:
        texts = [each if isinstance(each, str) else json.dumps(each) for each in messages]
        return [shorten(event) for text in texts for event in self.events.hear(text, at)]

    def advance(self, at: float) -> list[str]:
        return [shorten(event) for event in self.events.advance(at)]


def shorten(event: AvatarEvent) -> str:
    return f"{event.kind} {event.utterance or ''}".strip()


@pytest.mark.parametrize(
    "messages",
    [
        (started(), ended()),
        (TALKING, IDLE),
        (TALKING, LISTENING),
        (started(), TALKING, ended(), IDLE),
        (TALKING, started(), IDLE, ended()),
        (IDLE, started(), TALKING, TALKING, IDLE, LISTENING),
        (started("u1"), ended("u1")),
        (started("e-1", source_event_id="u1"), TALKING, ended("e-2", source_event_id="u1"), IDLE),
    ],
)
def test_an_utterance_starts_and_ends_once_in_each_form(messages: tuple[Json, ...]) -> None:
    assert SendingNormaliser(U1).hear(*messages) == ["started u1", "ended u1"]


@pytest.mark.parametrize(
    "ids", [lambda name: {"event_id": name}, lambda name: {"source_event_id": name}]
)
def test_utterances_are_named_by_either_id(ids: Any) -> None:
    messages = [started(**ids("u1")), ended(**ids("u1")), started(**ids("u2")), ended(**ids("u2"))]
    assert SendingNormaliser(U1, U2).hear(*messages) == [
        "started u1",
        "ended u1",
        "started u2",
        "ended u2",
    ]


def test_unnamed_utterances_are_taken_in_order() -> None:
    messages = (started(), ended(), started(), ended())
    assert SendingNormaliser(U1, U2).hear(*messages) == [
        "started u1",
        "ended u1",
        "started u2",
        "ended u2",
    ]


def test_an_unknown_source_is_another_connections() -> None:
    other = {"source_event_id": "theirs"}
    listener = SendingNormaliser(U1)
    assert listener.hear(started("e-1", **other), ended("e-2", **other), {**CUT, **other}) == []
    assert listener.hear(started(source_event_id="u1")) == ["started u1"]
    assert listener.hear({**CUT, **other}, ended("e-3", **other)) == []
    assert listener.hear(ended(source_event_id="u1")) == ["ended u1"]


def test_speech_that_was_not_sent_here_is_no_event() -> None:
    assert SendingNormaliser().hear(TALKING, started(), ended(), IDLE, CUT, CLEARED) == []


def test_one_utterance_may_begin_before_the_last_has_ended() -> None:
    messages = (started("u1"), started("u2"), ended("u1"), ended("u2"), IDLE)
    assert SendingNormaliser(U1, U2).hear(*messages) == [
        "started u1",
        "started u2",
        "ended u1",
        "ended u2",
    ]


def test_a_pause_within_an_utterance_is_no_end() -> None:
    listener = SendingNormaliser(U1, complete=False)
    assert listener.hear(TALKING, IDLE, TALKING) == ["started u1"]
    listener.events.complete(U1)
    assert listener.hear(IDLE) == ["ended u1"]


# ── interruptions ────────────────────────────────────────────────────────────────────────────────

ENDS = [
    (CUT,),
    (CUT, CLEARED, IDLE),
    (CLEARED, CUT, IDLE),
    (CLEARED, IDLE),
    (IDLE,),
    (ended(), CUT, IDLE),
    (ended(source_event_id="u1"), CLEARED),
    (CUT, ended(), CLEARED),
    (CUT, ended(source_event_id="u1"), CLEARED, IDLE),
]


@pytest.mark.parametrize("end", ENDS)
def test_an_end_that_we_asked_for_is_one_interruption(end: tuple[Json, ...]) -> None:
    listener = SendingNormaliser(U1, U2)
    assert listener.hear(started()) == ["started u1"]
    listener.events.expect_interruption()
    assert listener.hear(*end) == ["interrupted u1"]
    listener.send(U3)
    assert listener.hear(started(), ended()) == ["started u3", "ended u3"]


def test_an_interruption_without_an_answer_is_reported_with_the_next_start() -> None:
    listener = SendingNormaliser(U1)
    listener.hear(started())
    listener.events.expect_interruption()
    listener.send(U2)
    assert listener.hear(started()) == ["interrupted u1", "started u2"]


@pytest.mark.parametrize("end", [(CUT, CLEARED, IDLE), (CLEARED, CUT, IDLE), (OTHER_CLEARED, IDLE)])
def test_another_connection_may_interrupt(end: tuple[Json, ...]) -> None:
    listener = SendingNormaliser(U1, U2)
    assert listener.hear(TALKING) == ["started u1"]
    assert listener.hear(*end) == ["interrupted u1"]
    listener.send(U3)
    assert listener.hear(TALKING, IDLE) == ["started u3", "ended u3"]


def test_an_interruption_of_nothing_does_not_change_the_next_end() -> None:
    listener = SendingNormaliser()
    listener.events.expect_interruption()
    listener.send(U1)
    assert listener.hear(CLEARED, TALKING, IDLE) == ["started u1", "ended u1"]


def test_a_provider_that_acknowledges_no_interruption_is_heard() -> None:
    listener = SendingNormaliser()
    listener.events.expect_interruption()
    listener.send(U1, U2)
    messages = ({"type": "agent.speak_started"}, {"type": "agent.speak_ended"})
    assert listener.hear(*messages, *messages) == [
        "started u1",
        "ended u1",
        "started u2",
        "ended u2",
    ]


def test_the_next_interruption_is_known_after_one_that_was_dropped() -> None:
    listener = SendingNormaliser()
    listener.events.expect_interruption()  # before `connected`: no answer comes
    assert listener.hear({"type": "session.state_updated", "state": "connected"}) == ["connected"]
    listener.send(U1)
    assert listener.hear(TALKING, CLEARED, IDLE) == ["started u1", "interrupted u1"]


def test_an_early_start_of_another_utterance_is_taken_back() -> None:
    listener = SendingNormaliser()
    listener.events.expect_interruption()
    listener.send(U1)
    assert listener.hear(TALKING) == ["started u1"], "another connection's, and on its way before"
    assert listener.hear(IDLE, CLEARED, IDLE) == []
    assert listener.hear(TALKING, IDLE) == ["ended u1"]


def test_a_start_that_comes_after_its_interruption_is_no_event() -> None:
    listener = SendingNormaliser(U1)
    listener.events.expect_interruption()
    listener.send(U2)
    assert listener.hear(started("u1"), {**CUT, "event_id": "u1"}, CLEARED) == []
    assert listener.hear(started("u2"), ended("u2")) == ["started u2", "ended u2"]


# ── a provider that sends states alone ───────────────────────────────────────────────────────────


def test_ends_between_utterances_are_computed_where_only_states_come() -> None:
    listener = SendingNormaliser(U1, U2, U3)
    assert listener.hear(TALKING, at=100.0) == ["started u1"]
    assert listener.events.next_due() == 101.0
    assert listener.advance(100.9) == []
    assert listener.advance(101.2) == ["ended u1", "started u2"]
    assert listener.events.next_due() == 102.0
    assert listener.advance(102.0) == ["ended u2", "started u3"]
    assert listener.events.next_due() is None
    assert listener.hear(IDLE, at=103.1) == ["ended u3"]


def test_a_message_comes_after_what_fell_due_before_it() -> None:
    listener = SendingNormaliser(U1, U2)
    listener.hear(TALKING, at=100.0)
    assert listener.hear(CLEARED, at=101.5) == ["ended u1", "started u2", "interrupted u2"]


def test_silence_ends_all_that_must_have_been_played() -> None:
    listener = SendingNormaliser(U1, U2)
    listener.hear(TALKING, at=100.0)
    assert listener.hear(IDLE, at=101.9) == ["ended u1", "started u2", "ended u2"]


def test_messages_that_come_late_end_short_utterances_together() -> None:
    listener = SendingNormaliser()
    for utterance in (U1, U2):
        listener.events.add_audio(utterance, 0.1)
        listener.events.complete(utterance)
    listener.send(U3)
    events = listener.hear(TALKING, IDLE, at=100.0)
    assert events == ["started u1", "ended u1", "started u2", "ended u2"]


def test_silence_does_not_end_what_is_on_its_way() -> None:
    listener = SendingNormaliser(U1)
    listener.hear(TALKING, at=100.0)
    listener.send(U2)
    assert listener.hear(IDLE, at=100.99) == ["ended u1"]
    assert listener.hear(TALKING, at=101.1) == ["started u2"]
    assert listener.hear(IDLE, at=102.1) == ["ended u2"]


def test_a_short_pause_after_a_computed_start_does_not_end_it() -> None:
    listener = SendingNormaliser(U1, U2)
    listener.hear(TALKING, at=100.0)
    assert listener.advance(101.0) == ["ended u1", "started u2"]
    assert listener.hear(IDLE, at=101.05) == []
    assert listener.hear(TALKING, at=101.1) == []
    assert listener.hear(IDLE, at=102.1) == ["ended u2"]


def test_nothing_is_computed_where_the_provider_names_utterances() -> None:
    listener = SendingNormaliser(U1, U2)
    assert listener.hear(started(), TALKING) == ["started u1"]
    assert listener.events.next_due() is None
    assert listener.advance(900.0) == []
    assert listener.hear(ended(), IDLE, at=900.0) == ["ended u1"]


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────


def test_connected_comes_once_and_forgets_what_was_dropped() -> None:
    state = {"type": "session.state_updated"}
    connected = {**state, "state": "connected"}
    listener = SendingNormaliser(U1)
    assert listener.hear({**state, "state": "connecting"}, connected, connected) == ["connected"]
    listener.send(U2)
    assert listener.hear(TALKING) == ["started u2"]


def test_unknown_messages_are_passed_over() -> None:
    messages = ("{", "1", "[]", "{}", '{"type": []}', '{"type": "new.thing"}', "[" * 9999)
    warning = {"type": "warning", "warning": {"type": "unknown_event", "message": "x"}}
    assert SendingNormaliser(U1).hear(*messages, warning, {"type": "agent.idle_started"}) == []


@pytest.mark.parametrize("error", ["canary", {"type": "server_error", "message": "canary"}])
def test_an_error_is_reported_without_its_text(error: Any) -> None:
    message = json.dumps({"type": "error", "error": error})
    (event,) = EventNormaliser().hear(message, 0.0)
    assert event.kind == "error"
    assert "canary" not in repr(event)


def test_an_event_that_comes_twice_is_one() -> None:
    once = [started(source_event_id=U1), ended(source_event_id=U1)]
    twice = [message for message in once for _ in range(2)]
    assert SendingNormaliser(U1, U2).hear(*twice, *once) == ["started u1", "ended u1"]
    unnamed = [started(None), started(None), ended(None), ended(None)]
    assert SendingNormaliser(U1, U2).hear(*unnamed) == ["started u1", "ended u1"]


def test_events_out_of_order_end_every_utterance() -> None:
    """An end that comes before its start is no event: the next end, or the clock, ends it."""
    early = [ended(source_event_id=U1), started(source_event_id=U1)]
    later = [started(source_event_id=U2), ended(source_event_id=U2)]
    heard = SendingNormaliser(U1, U2).hear(*early, *later)
    assert heard == ["started u1", "started u2", "ended u2"]
