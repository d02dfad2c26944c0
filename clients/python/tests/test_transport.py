"""Requests that are refused, lost and sent again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clients.python.oprina import (
    ApiError,
    AsyncOprina,
    AuthenticationError,
    ConflictError,
    ConnectionLostError,
    InvalidRequestError,
    LimitReachedError,
    NotFoundError,
    PermissionDeniedError,
    ProblemError,
    ServiceError,
    UnexpectedAnswerError,
)
from clients.python.oprina.errors import problem_of
from clients.python.tests.broken_network import BrokenNetwork, bare, problem
from clients.python.tests.people import person
from tests.end_to_end.scene import Scene


class Waits(list[float]):
    """A sleep that takes no time, and what was waited."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@asynccontextmanager
async def network_of(
    scene: Scene, network: BrokenNetwork, **given: Any
) -> AsyncIterator[tuple[AsyncOprina, Waits]]:
    waits = Waits()
    async with person(scene, network, sleep=waits, **given) as ada:
        yield ada, waits


async def test_a_refusal_with_retry_after_is_waited_for(scene: Scene) -> None:
    network = BrokenNetwork(answers=[problem(503, "store_unavailable", retry_after=3)])
    async with network_of(scene, network) as (ada, waits):
        assert (await ada.account.read()).plan
        assert waits == [3.0]


async def test_a_refusal_longer_than_the_patience_says_when_to_come_back(scene: Scene) -> None:
    network = BrokenNetwork(answers=[problem(503, "voice_busy", retry_after=40)])
    async with network_of(scene, network) as (ada, waits):
        before = datetime.now(UTC)
        with pytest.raises(ServiceError) as refused:
            await ada.start_avatar()
        assert (refused.value.code, refused.value.retry_after, waits) == ("voice_busy", 40, [])
        assert refused.value.come_back_at is not None
        assert refused.value.come_back_at >= before + timedelta(seconds=40)


async def test_a_chat_waits_for_a_refusal_before_its_stream(scene: Scene) -> None:
    network = BrokenNetwork(answers=[problem(429, "too_many_turns", retry_after=2)])
    async with network_of(scene, network) as (ada, waits):
        done = await ada.chat("Hello!", speak=False).finish()
        assert (done.ended, waits) == ("complete", [2.0])
        keys = [request.headers["idempotency-key"] for request in network.requests]
        assert len(set(keys)) == 1


async def test_a_refusal_without_retry_after_is_final(scene: Scene) -> None:
    network = BrokenNetwork(answers=[problem(503, "spending_stopped")])
    async with network_of(scene, network) as (ada, waits):
        with pytest.raises(ServiceError):
            await ada.chat("Hello!").finish()
        assert waits == []
        assert len(network.requests) == 1


@pytest.mark.parametrize("fault", [bare(503), bare(504), bare(429, **{"retry-after": "1"})])
async def test_a_front_end_that_is_busy_is_asked_again(scene: Scene, fault: Any) -> None:
    network = BrokenNetwork(answers=[fault, fault])
    async with network_of(scene, network) as (ada, waits):
        assert (await ada.account.read()).plan
        assert len(waits) == 2


async def test_a_lost_network_is_waited_for_as_long_as_the_patience(scene: Scene) -> None:
    network = BrokenNetwork(refuse_connections=3)
    async with network_of(scene, network) as (ada, waits):
        assert (await ada.account.read()).plan
        assert len(waits) == 3
    network = BrokenNetwork(refuse_connections=1000)
    async with network_of(scene, network, patience=5.0) as (ada, waits):
        with pytest.raises(ConnectionLostError):
            await ada.account.read()
        assert 0 < sum(waits) <= 5


async def test_a_request_that_is_not_safe_to_repeat_is_sent_once(scene: Scene) -> None:
    network = BrokenNetwork(lose_answers=1)
    async with network_of(scene, network) as (ada, _):
        with pytest.raises(ConnectionLostError):
            await ada.voice.synthesize("Hello.")
        assert len(network.requests) == 1


async def test_an_unclear_result_is_asked_again_only_under_a_key(scene: Scene) -> None:
    ambiguous = problem(503, "store_ambiguous", retry_after=1)
    network = BrokenNetwork(answers=[ambiguous])
    async with network_of(scene, network) as (ada, _):
        with pytest.raises(ServiceError):
            await ada.voice.synthesize("Hello.")
    network = BrokenNetwork(answers=[ambiguous])
    async with network_of(scene, network) as (ada, waits):
        started = await ada.start_avatar()
        assert waits == [1.0]
        await ada.end_session(started.avatar_session_id)


async def test_a_lost_start_starts_one_session(scene: Scene) -> None:
    network = BrokenNetwork(lose_answers=1)
    before = len(scene.provider.sessions)
    async with network_of(scene, network) as (ada, _):
        started = await ada.start_avatar()
        assert len(scene.provider.sessions) - before == 1
        await ada.end_session(started.avatar_session_id)


async def test_a_refused_token_is_renewed_once_for_many_requests(scene: Scene) -> None:
    user = scene.person()
    good = user.headers["authorization"].removeprefix("Bearer ")
    tokens = iter(["expired", good, "not asked for"])
    calls = 0

    async def token() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        return next(tokens)

    async with AsyncOprina(f"{scene.local.url}/api", token) as ada:
        answers = await asyncio.gather(*(ada.account.read() for _ in range(20)))
        done = await ada.chat("Hello!", speak=False).finish()
    assert {answer.uid for answer in answers} == {user.uid}
    assert done.ended == "complete"
    assert calls == 2


async def test_a_token_expires_while_a_stream_is_taken_up(scene: Scene) -> None:
    user = scene.person()
    good = user.headers["authorization"].removeprefix("Bearer ")
    network = BrokenNetwork(cuts=[2], way="unnoticed")
    tokens = iter([good, good])

    async def token() -> str:
        return next(tokens)

    waits = Waits()
    async with (
        httpx.AsyncClient(transport=network) as http,
        AsyncOprina(f"{scene.local.url}/api", token, http=http, sleep=waits) as ada,
    ):
        turn = ada.chat("Hello!", speak=False)
        await anext(turn)
        network.answers.append(problem(401, "unauthenticated"))
        with pytest.raises(AuthenticationError):
            await turn.finish()  # the new token is the refused one


async def test_a_token_that_cannot_be_renewed_is_refused(scene: Scene) -> None:
    async with AsyncOprina(f"{scene.local.url}/api", "not a token") as ada:
        with pytest.raises(AuthenticationError) as refused:
            await ada.account.read()
    assert refused.value.come_back_at is None


async def test_every_function_may_have_a_host_of_its_own(scene: Scene) -> None:
    names = ("account", "chat", "conversations", "health")
    hosts = {name: f"{scene.local.url}/{name}" for name in names}
    async with person(scene) as ada, httpx.AsyncClient() as http:
        token = await ada._transport.tokens.current()
        async with AsyncOprina(hosts, token, http=http) as apart:
            done = await apart.chat("Hello!", speak=False).finish()
            assert done.ended == "complete"
            assert [c async for c in apart.conversations.all()]
            assert (await apart.health()).status == "ok"
            with pytest.raises(LookupError, match="start_avatar"):
                await apart.start_avatar()


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="not an address"):
        AsyncOprina("talk.example.com")


async def test_an_answer_of_another_form_is_an_error(scene: Scene) -> None:
    def other(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"hello": 1}, request=request)

    network = BrokenNetwork(answers=[other, other])
    async with network_of(scene, network) as (ada, _):
        with pytest.raises(UnexpectedAnswerError):
            await ada.account.read()
        with pytest.raises(UnexpectedAnswerError):
            await ada.chat("Hello!").finish()


KINDS: dict[int, type[ProblemError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: ConflictError,
    413: InvalidRequestError,
    418: ProblemError,
    422: InvalidRequestError,
    425: LimitReachedError,
    429: LimitReachedError,
    500: ServiceError,
    501: ServiceError,
    503: ServiceError,
}


@pytest.mark.parametrize("status", KINDS)
def test_a_status_has_an_error_of_its_own(status: int) -> None:
    request = httpx.Request("GET", "https://talk.example.com/api/account")
    found = problem_of(problem(status, "some_code")(request))
    assert type(found) is KINDS[status]
    assert isinstance(found, ApiError)
    assert str(found) == f"GET /api/account answered {status} some_code. No."


def test_a_problem_keeps_all_its_members() -> None:
    request = httpx.Request("POST", "https://talk.example.com/api/chat")
    members = {
        "errors": [{"field": "message", "problem": "must not be empty"}],
        "resets_at": "2026-12-01T00:00:00Z",
        "still_works": "Text chat.",
        "meter": "agent_tokens",
    }
    found = problem_of(problem(429, "quota_exceeded", **members)(request))
    assert found.come_back_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert [(field.field, field.problem) for field in found.fields] == [
        ("message", "must not be empty")
    ]
    assert found.still_works == "Text chat."
    assert found.members["meter"] == "agent_tokens"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"resets_at": "soon"}'])
def test_a_body_that_is_no_problem_document_is_no_surprise(body: bytes) -> None:
    request = httpx.Request("GET", "https://talk.example.com/api/account")
    found = problem_of(httpx.Response(502, content=body, request=request))
    assert (found.code, found.detail, found.come_back_at) == ("unknown", "", None)
