"""The conditions that hold after every walk."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from common.domain.errors import OprinaError, Refused, Unavailable
from common.schemas.answers import ChatAnswer
from tests.reliability.fault_injection import ProcessDied
from tests.reliability.walks.history import broken_in_history
from tests.reliability.walks.walk import PROMPT, Walk
from tests.support.harness import ADA

Turns = list[dict[str, Any]]


async def broken(walk: Walk) -> list[str]:
    """Return a line for each invariant that does not hold."""
    turns = await walk.documents("turns")
    messages = await walk.documents(f"conversations/{walk.conversation}/messages")
    numbers = {m["text"]: m["number"] for m in messages if m["role"] == "user"}
    return [
        *_turns_are_settled(turns),
        *await _ledger_adds_up(walk, turns),
        *await _conversation_is_free(walk),
        *await _messages_are_kept(walk, turns),
        *await _answers_are_stored(walk),
        *_agent_was_asked_once(walk),
        *_every_stream_is_charged(walk, turns, numbers),
        *_the_document_knows_that_the_agent_may_be_asked(walk, numbers),
        *_no_older_turn_asks_after_a_newer_one(walk, numbers),
        *_one_key_has_one_answer(walk),
        *_unchanged_is_true(walk),
        *_the_agent_is_asked_after_the_commit(walk),
        *_everything_ended(walk),
        *broken_in_history(walk, turns),
    ]


def _turns_are_settled(turns: Turns) -> Iterable[str]:
    for turn in turns:
        if turn["state"] not in {"settled", "corrected"}:
            yield f"a turn is left {turn['state']}: {turn['number']}"
        elif turn["due_at"] is not None:
            yield f"a settled turn is due: {turn['number']}"


async def _ledger_adds_up(walk: Walk, turns: Turns) -> list[str]:
    found: list[str] = []
    used: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for turn in turns:
        used[turn["month"]].update(turn["charged"])
    for ledger in await walk.documents(f"users/{ADA.uid}/usage"):
        month = ledger["month"]
        for meter in ("agent_tokens", "voice_characters"):
            if ledger.get(f"{meter}_reserved", 0):
                found.append(f"{meter} reserved is left in {month}: {ledger[f'{meter}_reserved']}")
            if ledger.get(f"{meter}_used", 0) != used[month][meter]:
                found.append(
                    f"{meter} in {month}: {ledger.get(f'{meter}_used', 0)} in the ledger, "
                    f"{used[month][meter]} in the turns"
                )
        if ledger.get("running_turns", 0):
            found.append(f"running turns are left in {month}: {ledger['running_turns']}")
    return found


async def _conversation_is_free(walk: Walk) -> list[str]:
    conversation = await walk.simulation.harness.document(f"conversations/{walk.conversation}")
    found = []
    if conversation.get("lease"):
        found.append("a lease is left")
    if conversation.get("asking"):
        found.append("asking is left")
    return found


async def _messages_are_kept(walk: Walk, turns: Turns) -> list[str]:
    found = []
    messages = await walk.documents(f"conversations/{walk.conversation}/messages")
    order = [(message["number"], message["role"] == "assistant") for message in messages]
    if order != sorted(order):
        found.append(f"messages are out of order: {order}")
    by_number = defaultdict(dict)  # type: ignore[var-annotated]
    for message in messages:
        by_number[message["number"]][message["role"]] = message
    for turn in turns:
        kept = by_number[turn["number"]]
        if turn["function"] == "speak":
            continue
        text = kept.get("assistant", {}).get("text", "")
        if turn["text"] and len(text) < len(turn["text"]):
            found.append(f"a reply was shortened: {len(text)} of {len(turn['text'])}")
        if turn["outcome"] == "unreached" and "user" in kept:
            found.append("the message of a turn that failed before the agent is left")
        if turn["outcome"] != "unreached" and "user" not in kept:
            found.append("a message of the person is gone")
    return found


async def _answers_are_stored(walk: Walk) -> list[str]:
    found = []
    messages = await walk.documents(f"conversations/{walk.conversation}/messages")
    stored = {message["turn_id"]: message for message in messages if message["role"] == "assistant"}
    for request in walk.requests:
        answer = request.answer
        if isinstance(answer, ChatAnswer) and answer.error is None and request.kind != "stop":
            text = stored.get(answer.turn_id, {}).get("text", "")
            if len(text) < len(answer.text):
                found.append(f"answered {len(answer.text)} letters, and {len(text)} are stored")
    return found


def _agent_was_asked_once(walk: Walk) -> Iterable[str]:
    keyed = {request.message for request in walk.requests if request.key is not None}
    for message, times in Counter(ask.message for ask in walk.agent.asks).items():
        if message in keyed and times > 1:
            yield f"the agent was asked {times} times: {message}"


def _every_stream_is_charged(walk: Walk, turns: Turns, numbers: Mapping[str, int]) -> Iterable[str]:
    """A turn that its own process settled is charged at least what the agent told it.

    One that the sweep settled is charged at least its prompt, also if it died before it could say
    that it had asked.
    """
    by_number = {turn["number"]: turn for turn in turns if turn["function"] == "chat"}
    for ask in walk.agent.asks:
        turn = by_number.get(numbers.get(ask.message, 0))
        if turn is None:
            continue
        is_swept = turn["state"] == "settled" and turn["settled_by"] == "sweep"
        charged, used = turn["charged"].get("agent_tokens", 0), PROMPT if is_swept else ask.told
        if charged < used:
            yield f"{ask.message} used {used} tokens and is charged {charged}"


def _the_document_knows_that_the_agent_may_be_asked(
    walk: Walk, numbers: Mapping[str, int]
) -> Iterable[str]:
    """A turn that the agent is asked for has no document that says the opposite."""
    for ask in walk.agent.asks:
        turns: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for at, path, fields in walk.store.written("turns/"):
            if at <= ask.began:
                turns[path].update(fields)
        for turn in turns.values():
            is_its = turn["function"] == "chat" and turn["number"] == numbers.get(ask.message)
            if is_its and turn["asked"] is False:
                yield f"the agent was asked, and its turn says that it was not: {ask.message}"


def _no_older_turn_asks_after_a_newer_one(walk: Walk, numbers: Mapping[str, int]) -> Iterable[str]:
    newest = 0
    for ask in sorted(walk.agent.asks, key=lambda ask: ask.began):
        number = numbers.get(ask.message, 0)
        if number < newest:
            yield f"message {number} was asked after message {newest}"
        newest = max(newest, number)


def _one_key_has_one_answer(walk: Walk) -> Iterable[str]:
    answers = defaultdict(list)
    for request in walk.requests:
        if request.key is not None and isinstance(request.answer, ChatAnswer):
            answers[request.key].append((request.answer.turn_id, request.answer.ended))
    for key, given in answers.items():
        if len({turn for turn, _ in given}) > 1:
            yield f"{key}: several turns: {given}"
        if len(set(given)) > 2:
            yield f"{key}: more than two answers: {given}"


def _unchanged_is_true(walk: Walk) -> Iterable[str]:
    """A request that was refused, or told that the store was away, has changed nothing."""
    admitted = {text for _, text in _admitted(walk)}
    for request in walk.requests:
        alone = sum(r.message == request.message for r in walk.requests) == 1
        error = request.error
        if not alone or request.kind == "stop" or not isinstance(error, OprinaError):
            continue
        away = isinstance(error, Unavailable) and error.service == "store"
        if (away or isinstance(error, Refused)) and request.message in admitted:
            yield f"told that nothing was changed, and it was admitted: {request.message}"


def _the_agent_is_asked_after_the_commit(walk: Walk) -> Iterable[str]:
    admitted = list(_admitted(walk))
    for ask in walk.agent.asks:
        if not any(at <= ask.began and text == ask.message for at, text in admitted):
            yield f"the agent was asked before a commit held: {ask.message}"


def _admitted(walk: Walk) -> Iterable[tuple[float, str]]:
    """Return when and with which text each message of the person was committed."""
    for at, _, fields in walk.store.written("conversations/"):
        if fields.get("role") == "user":
            yield at, fields["text"]


def _everything_ended(walk: Walk) -> Iterable[str]:
    for request in walk.requests:
        if not request.ended:
            yield f"a request hangs: {request.kind} {request.message} in {request.process.name}"
        if not isinstance(request.error, OprinaError | ProcessDied | None):
            yield f"a bug: {request.error!r}"
