"""The contract of `AvatarConnection`: the fake, and LiveAvatar's websocket against the simulator.

The simulator runs with each dialect and each habit of ids, and with websockets that close each
other.
"""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, get_args

import pytest

from common.domain import errors
from common.domain.ids import UtteranceId
from infra.local.simulators.liveavatar.settings import Dialect, IdHabit
from tests.contract.avatar_accounts import SETTINGS, Account, Reader, account_at

U1, U2 = UtteranceId("u1"), UtteranceId("u2")


FORMS: list[dict[str, Any]] = [
    {"dialect": dialect, "ids": ids}
    for dialect, ids in itertools.product(get_args(Dialect), get_args(IdHabit))
]
ALONE: list[dict[str, Any]] = [
    {"second_socket_closes_first": True, "dialect": dialect} for dialect in get_args(Dialect)
]
PROVIDERS = [None, *FORMS, *ALONE]


def name_of(settings: dict[str, Any] | None) -> str:
    return "fake" if settings is None else "-".join(map(str, settings.values()))


@pytest.fixture(params=PROVIDERS, ids=name_of)
async def account(request: pytest.FixtureRequest) -> AsyncIterator[Account]:
    kind = "fake" if request.param is None else "liveavatar"
    async with account_at(kind, replace(SETTINGS, **request.param or {})) as account:
        yield account


def sound(seconds: float) -> bytes:
    return bytes(2 * int(24_000 * seconds))


async def test_utterance_starts_and_ends_once(account: Account) -> None:
    async with account.connection() as reader:
        await reader.connection.speak(U1, sound(0.05))
        await reader.connection.speak(U1, sound(0.05))
        await reader.connection.finish(U1)
        await reader.until("ended")
        await reader.connection.close()
        await reader.until("closed")
    assert reader.kinds == ["connected", "started", "ended", "closed"]
    assert [event.utterance for event in reader.heard[1:3]] == [U1, U1]


async def test_utterances_play_one_after_the_other(account: Account) -> None:
    async with account.connection() as reader:
        for utterance in (U1, U2):
            await reader.connection.speak(utterance, sound(0.04))
            await reader.connection.finish(utterance)
        await reader.until("ended")
        await reader.until("ended")
    assert [(event.kind, event.utterance) for event in reader.heard[1:]] == [
        ("started", U1),
        ("ended", U1),
        ("started", U2),
        ("ended", U2),
    ]


async def test_interruption_drops_all_queued_speech(account: Account) -> None:
    async with account.connection() as reader:
        for utterance in (U1, U2):
            await reader.connection.speak(utterance, sound(5))
            await reader.connection.finish(utterance)
        await reader.until("started")
        await reader.connection.interrupt()
        await reader.until("interrupted")
        await reader.connection.speak(UtteranceId("u3"), sound(0.02))
        await reader.connection.finish(UtteranceId("u3"))
        await reader.until("ended")
    assert reader.kinds == ["connected", "started", "interrupted", "started", "ended"]


async def test_second_connection_interrupts_the_first_or_closes_it(
    account: Account, request: pytest.FixtureRequest
) -> None:
    settings = request.node.callspec.params["account"] or {}
    _, running = await account.start_session()
    first = Reader(await account.avatars.connect(running.ws_url))
    await first.until("connected")
    await first.connection.speak(U1, sound(5))
    await first.until("started")
    second = Reader(await account.avatars.connect(running.ws_url))
    await second.until("connected")
    await second.connection.interrupt()
    if settings.get("second_socket_closes_first"):
        await first.until("closed")
    else:
        interrupted = await first.until("interrupted")
        assert interrupted.utterance == U1
    await second.connection.speak(U2, sound(0.05))
    await second.connection.finish(U2)
    assert (await second.until("ended")).utterance == U2
    await first.connection.close()
    await second.connection.close()


async def test_ended_session_closes_its_connections(account: Account) -> None:
    token, running = await account.start_session()
    reader = Reader(await account.avatars.connect(running.ws_url))
    await reader.until("connected")
    await account.avatars.stop(token.session, "user")
    await reader.until("closed")
    for send in (reader.connection.speak(U1, sound(0.1)), reader.connection.interrupt()):
        with pytest.raises(errors.Unavailable):
            await send
    await reader.connection.close()


async def test_session_that_does_not_run_has_no_connection(account: Account) -> None:
    token, running = await account.start_session()
    await account.avatars.stop(token.session, "user")
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.connect(running.ws_url)


async def test_chunk_over_the_limit_is_a_value_error(account: Account) -> None:
    async with account.connection() as reader:
        with pytest.raises(ValueError, match="700 KB"):
            await reader.connection.speak(U1, bytes(700_002))
