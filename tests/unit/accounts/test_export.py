import asyncio
import json

import pytest

from common.accounts.export import FileWriter
from common.domain import deadlines
from common.domain.errors import Unavailable
from tests.support.harness import BOB, Harness, new_harness
from tests.unit.accounts.people import EVE, fill


async def export(harness: Harness) -> dict[str, object]:
    chunks = [chunk async for chunk in await harness.app.exports.begin(EVE)]
    found = json.loads(b"".join(chunks))
    assert isinstance(found, dict)
    return found


async def test_export_has_everything_of_the_person_and_no_secret() -> None:
    harness = new_harness()
    conversation = await fill(harness)
    await harness.whole_chat("A message of Bob.", BOB)
    found = await export(harness)
    assert list(found) == [
        *("format", "exported_at", "profile", "usage", "connections", "sessions"),
        *("conversations", "complete"),
    ]
    assert found["complete"] is True
    talks = {talk["id"]: talk for talk in found["conversations"]}  # type: ignore[attr-defined]
    assert len(talks) == 2
    assert [each["role"] for each in talks[conversation]["messages"]] == ["user", "assistant"]
    text = json.dumps(found)
    assert "Bob" not in text
    assert "livekit" not in text
    assert "vault" not in text


async def test_export_ends_with_a_problem_where_the_store_fails() -> None:
    harness = new_harness()
    await fill(harness)
    whole = await export(harness)
    harness.store.trips.clear()
    await export(harness)
    queries = harness.store.trips["query"]
    for number in range(1, queries + 1):
        harness.store.trips.clear()

        async def fail(kind: str, at: int = number) -> None:
            if kind == "query" and harness.store.trips["query"] == at:
                raise Unavailable("store", "away")

        harness.store.before = fail
        cut = await export(harness)
        harness.store.before = None
        assert (cut["complete"], cut["problem"]) == (False, "store_unavailable")
        assert cut["profile"] == whole["profile"]


@pytest.mark.parametrize("last", [False, True])
async def test_export_ends_before_its_function_where_the_store_hangs(last: bool) -> None:
    harness, loop = new_harness(), asyncio.get_running_loop()
    await fill(harness)
    harness.store.trips.clear()
    await export(harness)
    number = harness.store.trips["query"] if last else 1
    harness.store.trips.clear()

    async def hang(kind: str) -> None:
        if kind == "query" and harness.store.trips["query"] == number:
            await asyncio.Event().wait()

    harness.store.before = hang
    began = loop.time()
    async with asyncio.timeout(deadlines.FUNCTION):
        cut = await export(harness)
    assert (cut["complete"], cut["problem"]) == (False, "deadline_exceeded")
    assert loop.time() - began <= deadlines.FUNCTION - deadlines.ANSWER


async def test_export_ends_before_its_function_where_each_page_is_slow() -> None:
    harness, loop = new_harness(), asyncio.get_running_loop()
    await fill(harness)

    async def wait(kind: str) -> None:
        if kind == "query":
            await asyncio.sleep(160.0)

    harness.store.before = wait
    began = loop.time()
    cut = await export(harness)
    assert (cut["complete"], cut["problem"]) == (False, "deadline_exceeded")
    assert loop.time() - began <= deadlines.FUNCTION - deadlines.ANSWER


async def test_export_ends_before_its_function_where_the_caller_reads_slowly() -> None:
    harness, loop = new_harness(), asyncio.get_running_loop()
    await fill(harness)
    began, chunks = loop.time(), []
    async for chunk in await harness.app.exports.begin(EVE):
        chunks.append(chunk)
        await asyncio.sleep(20.0)
    cut = json.loads(b"".join(chunks))
    assert (cut["complete"], cut["problem"]) == (False, "deadline_exceeded")
    assert loop.time() - began <= deadlines.FUNCTION


def test_writer_can_close_the_file_at_any_place() -> None:
    writer = FileWriter()
    text = writer.begin(None, "{") + writer.begin("a", "[") + writer.begin(None, "{")
    text += writer.item("b", 1) + writer.end_to(1) + writer.item("complete", value=False)
    assert json.loads(text + writer.end()) == {"a": [{"b": 1}], "complete": False}
