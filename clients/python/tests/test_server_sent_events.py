"""The parser of event streams, by the HTML standard."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.python.oprina.errors import UnexpectedAnswerError
from clients.python.oprina.models import TextEvent
from clients.python.oprina.received import Received, read_event
from clients.python.oprina.server_sent_events import MOST_CHARACTERS, EventParser, StreamedEvent

STREAM = (
    "\ufeff: a comment\n\n"
    'event: text\ndata: {"text": "Zwölf — 十二 🙂"}\n\n'
    "id: 1\nretry: 5\nevent:done\ndata:first\ndata: second\n\n"
    "event: nothing\n\n"
    "event: unfinished\ndata: never"
)
EXPECTED = [
    StreamedEvent("text", '{"text": "Zwölf — 十二 🙂"}'),
    StreamedEvent("done", "first\nsecond"),
]


def parse(chunks: list[bytes]) -> list[StreamedEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_stream_may_be_cut_at_every_byte(line_end: str) -> None:
    data = STREAM.replace("\n", line_end).encode()
    for at in range(len(data) + 1):
        assert parse([data[:at], data[at:]]) == EXPECTED
    assert parse([data[at : at + 1] for at in range(len(data))]) == EXPECTED


@given(st.lists(st.integers(0, len(STREAM.encode()))), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_chunks_give_the_same_events(places: list[int], line_end: str) -> None:
    data = STREAM.replace("\n", line_end).encode()
    ends = [0, *sorted(places), len(data)]
    chunks = [data[start:end] for start, end in pairwise(ends)]
    assert parse(chunks) == EXPECTED


def test_an_endless_event_is_refused() -> None:
    line = b"data: " + b"x" * 1000 + b"\n"
    with pytest.raises(UnexpectedAnswerError, match="too long"):
        parse([line] * (MOST_CHARACTERS // 1000 + 1))


def test_an_event_of_a_newer_api_is_skipped() -> None:
    assert read_event(StreamedEvent("weather", '{"sun": true}')) is None


@pytest.mark.parametrize("data", ["[]", "not json", '{"text": 1}', "{}"])
def test_an_event_that_the_api_does_not_describe_is_an_error(data: str) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_event(StreamedEvent("text", data))


@given(st.text(), st.lists(st.integers(0, 30)), st.integers(0, 30))
def test_a_text_told_again_in_other_pieces_is_told_once(
    reply: str, places: list[int], cut: int
) -> None:
    received = Received()
    received.begin_stream()
    told = [received.add(TextEvent(text=reply[:cut]))] if reply[:cut] else []
    received.begin_stream()
    ends = [0, *sorted(places), max([len(reply), *places])]
    for start, end in pairwise(ends):
        if reply[start:end]:
            told.append(received.add(TextEvent(text=reply[start:end])))
    assert "".join(e.text for e in told if isinstance(e, TextEvent)) == reply == received.text
