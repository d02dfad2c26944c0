"""The contract of `AvatarProvider`: the fake, and LiveAvatar's client against the simulator."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from common.domain import errors
from common.domain.ids import AvatarSessionId, UtteranceId
from tests.contract.avatar_accounts import AVATAR, Account, Reader, account_at

UNKNOWN = AvatarSessionId("11111111-2222-4333-8444-555555555555")


@pytest.fixture(params=["fake", "liveavatar"])
async def account(request: pytest.FixtureRequest) -> AsyncIterator[Account]:
    async with account_at(request.param) as account:
        yield account


async def test_session_token_does_not_run(account: Account) -> None:
    token = await account.avatars.create_session_token(AVATAR, "high", 60)
    assert token.session
    assert await account.avatars.active() == []


async def test_started_session_runs_until_it_is_stopped(account: Account) -> None:
    token, running = await account.start_session()
    assert running.livekit_url
    assert running.livekit_token
    assert await account.avatars.active() == [token.session]
    assert (await account.avatars.record(token.session)).running
    account.pass_time(30)
    await account.avatars.stop(token.session, "user")
    assert await account.avatars.active() == []
    record = await account.avatars.record(token.session)
    assert not record.running
    assert record.seconds is not None
    assert 29 <= record.seconds <= 32


async def test_credits_are_used_by_running_sessions_only(account: Account) -> None:
    before = await account.avatars.credits()
    assert await account.avatars.credits() == before > 1
    token, _ = await account.start_session()
    account.pass_time(61)
    await account.avatars.stop(token.session, "user")
    assert before - 2 <= await account.avatars.credits() <= before - 1


async def test_stop_that_has_nothing_to_stop_is_answered_or_refused(account: Account) -> None:
    """A refusal is no proof: the record says that the session is over."""
    token, _ = await account.start_session()
    await account.avatars.stop(token.session, "user")
    for session in (token.session, UNKNOWN):
        with suppress(errors.Failed, errors.UpstreamNotFound):
            await account.avatars.stop(session, "user")
    assert not (await account.avatars.record(token.session)).running


async def test_stopped_session_token_does_not_start(account: Account) -> None:
    token = await account.avatars.create_session_token(AVATAR, "high", 60)
    await account.avatars.stop(token.session, "user")
    with pytest.raises(errors.Failed):
        await account.avatars.start(token)


async def test_session_ends_by_itself_at_its_longest_duration(account: Account) -> None:
    token, _ = await account.start_session(seconds=60)
    account.pass_time(61)
    assert await account.avatars.active() == []
    seconds = (await account.avatars.record(token.session)).seconds
    assert seconds is not None
    assert 59 <= seconds <= 60


async def test_idle_session_ends_unless_it_is_kept_alive(account: Account) -> None:
    kept, _ = await account.start_session(seconds=3000)
    left, _ = await account.start_session(seconds=3000)
    account.pass_time(200)
    await account.avatars.keep_alive(kept.session)
    account.pass_time(200)
    assert await account.avatars.active() == [kept.session]
    with pytest.raises((errors.UpstreamNotFound, errors.Failed)):
        await account.avatars.keep_alive(left.session)
    assert not (await account.avatars.record(left.session)).running


async def test_session_beyond_the_plans_limit_is_busy(account: Account) -> None:
    first, _ = await account.start_session()
    await account.start_session()
    with pytest.raises(errors.Busy) as busy:
        await account.start_session()
    assert busy.value.retry_after == 2
    await account.avatars.stop(first.session, "user")
    await account.start_session()


async def test_unknown_session_is_not_found(account: Account) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.record(UNKNOWN)
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.keep_alive(UNKNOWN)


async def test_repr_shows_no_token(account: Account) -> None:
    token, running = await account.start_session()
    for secret in (token.token, running.livekit_token, running.ws_url):
        assert secret not in repr((token, running))


async def test_connection_keeps_its_session_alive(account: Account) -> None:
    token, running = await account.start_session(seconds=3000)
    reader = Reader(await account.avatars.connect(running.ws_url))
    await reader.until("connected")
    account.pass_time(200)
    await reader.connection.keep_alive()
    await reader.connection.speak(
        UtteranceId("u1"), bytes(96)
    )  # its event arrives after that of the other
    await reader.until("started")
    account.pass_time(200)
    assert await account.avatars.active() == [token.session]
    await reader.connection.close()
