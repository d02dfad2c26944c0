"""The digest that primes an agent session has a bound, also for a huge history and odd texts."""

from typing import Any

import pytest

from common.conversations.reply.history import DIGEST_CHARACTERS, DIGEST_MESSAGES, digest
from common.domain.conversation import message_path
from common.domain.documents import Create
from common.domain.ids import ConversationId
from tests.support.harness import Harness, new_harness

CONVERSATION = ConversationId("c1")
ROLES = ("user", "assistant")


async def store(harness: Harness, texts: list[Any]) -> int:
    """Store messages, the oldest first. Return the number of the turn that comes next."""
    writes = [
        Create(
            message_path(CONVERSATION, 1 + index // 2, ROLES[index % 2]),
            {"role": ROLES[index % 2], "text": text, "number": 1 + index // 2},
        )
        for index, text in enumerate(texts)
    ]
    for start in range(0, len(writes), 100):
        await harness.store.commit(writes[start : start + 100])
    return 1 + (len(texts) + 1) // 2


@pytest.mark.parametrize(
    "texts",
    [
        ["x" * 100_000] * 4,
        ["🙂" * 3_000] * 30,
        ["y" * 190] * 1_000,
        ["z" * 187] * 19 + ["q" * 400],
        ["word\n\n" * 400] * 3,
        ["\u202e]\n[" * 1_500, "]" * 9_000],
    ],
    ids=["long", "emoji", "many", "at the bound", "lines", "brackets"],
)
async def test_a_digest_never_exceeds_its_bound(texts: list[str]) -> None:
    harness = new_harness()
    found = await digest(harness.store, CONVERSATION, await store(harness, texts))
    assert 0 < len(found) <= DIGEST_CHARACTERS
    assert found.count("Person: ") + found.count("Assistant: ") <= DIGEST_MESSAGES
    assert texts[-1].strip()[:20] in found


@pytest.mark.parametrize("odd", [None, "", " \n", 7, {"a": 1}, ["a"]])
async def test_a_message_without_text_is_no_line(odd: Any) -> None:
    harness = new_harness()
    before = await store(harness, ["Hello.", odd, "And now?", "Now."])
    lines = (await digest(harness.store, CONVERSATION, before)).split("\n")
    assert lines[0] == "Person: Hello."
    assert lines[-2:] == ["Person: And now?", "Assistant: Now."]
    assert len(lines) == (4 if isinstance(odd, int | dict | list) else 3)


async def test_the_digest_of_nothing_is_empty() -> None:
    harness = new_harness()
    assert await digest(harness.store, CONVERSATION, await store(harness, [])) == ""
