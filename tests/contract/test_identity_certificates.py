"""The certificates with which ID tokens are verified: fetched, kept and renewed."""

import asyncio
from pathlib import Path

import httpx
import pytest

from common.adapters.google.identity import (
    CERTIFICATES,
    DEFAULT_MAX_AGE,
    MAX_BYTES,
    RETRY_SECONDS,
    FirebaseIdentity,
    from_file,
    from_google,
)
from common.adapters.http.request import HttpAnswer
from common.domain import errors
from infra.local.identity import LocalIdentity
from tests.support.fakes.http import Server
from tests.support.fakes.vault import Seconds

PROJECT = "demo-oprina"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("identity"), PROJECT)


class CertificateSource:
    """Returns or raises `answer` while `open` is set, and counts the calls."""

    def __init__(self, answer: HttpAnswer | Exception) -> None:
        self.answer = answer
        self.calls = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> HttpAnswer:
        self.calls += 1
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_concurrent_callers_share_one_fetch(local: LocalIdentity) -> None:
    source = CertificateSource(await local.certificates())
    identity = FirebaseIdentity(PROJECT, source)
    token = local.mint("ada", "Ada")
    users = await asyncio.gather(*(identity.verify(token) for _ in range(20)))
    assert [user.uid for user in users] == ["ada"] * 20
    assert source.calls == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("public, max-age=120, must-revalidate", 120.0),
        ("MAX-AGE=60", 60.0),
        ("", DEFAULT_MAX_AGE),
        ("no-transform", DEFAULT_MAX_AGE),
        ("max-age=x", DEFAULT_MAX_AGE),
        ("max-age=²", DEFAULT_MAX_AGE),
    ],
)
async def test_certificates_are_fetched_again_after_their_max_age(
    local: LocalIdentity, header: str, seconds: float
) -> None:
    clock = Seconds()
    source = CertificateSource(
        HttpAnswer(200, body=(await local.certificates()).body, cache_control=header)
    )
    identity = FirebaseIdentity(PROJECT, source, now=clock)
    for step, calls in ((0.0, 1), (seconds - 1, 1), (2.0, 2)):
        clock.advance(step)
        await identity.verify(local.mint("ada", "Ada"))
        assert source.calls == calls


BAD_ANSWERS: dict[str, HttpAnswer | Exception] = {
    "refused": ConnectionRefusedError(),
    "timed out": TimeoutError(),
    "upstream error": errors.Unavailable("identity", "cannot be reached"),
    "an error page": HttpAnswer(503, body=b"{}"),
    "no JSON": HttpAnswer(200, body=b"<html>"),
    "a list": HttpAnswer(200, body=b"[]"),
    "nothing in it": HttpAnswer(200, body=b"{}"),
    "no certificates": HttpAnswer(200, body=b'{"k": "text"}'),
    "another form": HttpAnswer(200, body=b'{"keys": []}'),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_missing_certificates_are_unavailable_not_unauthenticated(
    local: LocalIdentity, answer: HttpAnswer | Exception
) -> None:
    source = CertificateSource(answer)
    identity = FirebaseIdentity(PROJECT, source)
    with pytest.raises(errors.Unavailable) as caught:
        await identity.verify(local.mint("ada", "Ada"))
    assert caught.value.status == 503
    source.answer = await local.certificates()
    assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"


async def test_old_certificates_are_used_while_fetching_fails(local: LocalIdentity) -> None:
    clock = Seconds()
    source = CertificateSource(await local.certificates())
    identity = FirebaseIdentity(PROJECT, source, now=clock)
    await identity.verify(local.mint("ada", "Ada"))
    source.answer = ConnectionResetError()
    clock.advance(DEFAULT_MAX_AGE + 1)
    for _ in range(5):
        assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"
    assert source.calls == 2
    clock.advance(RETRY_SECONDS + 1)
    await identity.verify(local.mint("ada", "Ada"))
    assert source.calls == 3


async def test_unknown_key_is_unavailable_while_certificates_are_outdated(
    local: LocalIdentity, tmp_path: Path
) -> None:
    clock = Seconds()
    source = CertificateSource(await local.certificates())
    identity = FirebaseIdentity(PROJECT, source, now=clock)
    rotated = LocalIdentity(tmp_path, PROJECT)
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(rotated.mint("ada", "Ada"))
    clock.advance(DEFAULT_MAX_AGE + 1)
    source.answer = ConnectionResetError()
    with pytest.raises(errors.Unavailable):
        await identity.verify(rotated.mint("ada", "Ada"))
    source.answer = await rotated.certificates()
    clock.advance(RETRY_SECONDS + 1)
    assert (await identity.verify(rotated.mint("ada", "Ada"))).uid == "ada"


async def test_cancelled_caller_does_not_stop_the_shared_fetch(local: LocalIdentity) -> None:
    source = CertificateSource(await local.certificates())
    source.open.clear()
    identity = FirebaseIdentity(PROJECT, source)
    token = local.mint("ada", "Ada")
    first, second = (asyncio.create_task(identity.verify(token)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    source.open.set()
    assert (await second).uid == "ada"
    assert source.calls == 1


async def test_certificates_are_fetched_through_the_http_client(local: LocalIdentity) -> None:
    body = (await local.certificates()).body
    server = Server(httpx.Response(200, content=body, headers={"Cache-Control": "max-age=7"}))
    fetch = from_google(server.http_client)
    assert (await FirebaseIdentity(PROJECT, fetch).verify(local.mint("ada", "A"))).uid == "ada"
    assert [str(request.url) for request in server.requests] == [CERTIFICATES]
    assert (await fetch()).cache_control == "max-age=7"


async def test_certificates_beyond_the_size_cap_are_unavailable(local: LocalIdentity) -> None:
    server = Server(httpx.Response(200, content=b"{" + b" " * MAX_BYTES + b"}"))
    with pytest.raises(errors.Unavailable):
        await FirebaseIdentity(PROJECT, from_google(server.http_client)).verify(
            local.mint("ada", "A")
        )


async def test_certificates_are_read_from_a_file(local: LocalIdentity, tmp_path: Path) -> None:
    identity = FirebaseIdentity(PROJECT, from_file(local.certificates_file))
    assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"
    with pytest.raises(errors.Unavailable):
        await FirebaseIdentity(PROJECT, from_file(tmp_path / "none")).verify("a.b.c")
