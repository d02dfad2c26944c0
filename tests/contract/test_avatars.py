"""What every `Avatars` does: the fake, and LiveAvatar's client against the simulator."""

from collections.abc import AsyncIterator

import pytest

from common.domain import errors
from common.domain.ids import AvatarSessionId, UtteranceId
from tests.contract.avatar_accounts import AVATAR, Account, Reader, account_at

UNKNOWN = AvatarSessionId("11111111-2222-4333-8444-555555555555")


@pytest.fixture(params=["fake", "liveavatar"])
async def account(request: pytest.FixtureRequest) -> AsyncIterator[Account]:
    async with account_at(request.param) as account:
        yield account


async def test_a_ticket_does_not_run(account: Account) -> None:
    ticket = await account.avatars.create_session_token(AVATAR, "high", 60)
    assert ticket.session
    assert await account.avatars.active() == []


async def test_a_started_session_runs_until_it_is_stopped(account: Account) -> None:
    ticket, running = await account.started()
    assert running.livekit_url
    assert running.livekit_token
    assert await account.avatars.active() == [ticket.session]
    assert (await account.avatars.record(ticket.session)).running
    account.pass_time(30)
    await account.avatars.stop(ticket.session, "user")
    assert await account.avatars.active() == []
    record = await account.avatars.record(ticket.session)
    assert not record.running
    assert 29 <= record.seconds <= 32


async def test_credits_are_used_up_by_what_runs_and_not_by_asking(account: Account) -> None:
    before = await account.avatars.credits()
    assert await account.avatars.credits() == before > 1
    ticket, _ = await account.started()
    account.pass_time(61)
    await account.avatars.stop(ticket.session, "user")
    assert before - 2 <= await account.avatars.credits() <= before - 1


async def test_stopping_twice_or_what_never_was_is_fine(account: Account) -> None:
    ticket, _ = await account.started()
    for session in (ticket.session, ticket.session, UNKNOWN):
        await account.avatars.stop(session, "user")


async def test_a_ticket_that_was_stopped_does_not_start(account: Account) -> None:
    ticket = await account.avatars.create_session_token(AVATAR, "high", 60)
    await account.avatars.stop(ticket.session, "user")
    with pytest.raises(errors.Failed):
        await account.avatars.start(ticket)


async def test_a_session_ends_by_itself_at_its_longest(account: Account) -> None:
    ticket, _ = await account.started(seconds=60)
    account.pass_time(61)
    assert await account.avatars.active() == []
    assert 59 <= (await account.avatars.record(ticket.session)).seconds <= 60


async def test_an_idle_session_ends_unless_it_is_kept_alive(account: Account) -> None:
    kept, _ = await account.started(seconds=3000)
    left, _ = await account.started(seconds=3000)
    account.pass_time(200)
    await account.avatars.keep_alive(kept.session)
    account.pass_time(200)
    assert await account.avatars.active() == [kept.session]
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.keep_alive(left.session)


async def test_one_session_more_than_the_plan_has_is_busy(account: Account) -> None:
    first, _ = await account.started()
    await account.started()
    with pytest.raises(errors.Busy) as busy:
        await account.started()
    assert busy.value.retry_after == 2
    await account.avatars.stop(first.session, "user")
    await account.started()


async def test_what_never_was_is_missing(account: Account) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.record(UNKNOWN)
    with pytest.raises(errors.UpstreamNotFound):
        await account.avatars.keep_alive(UNKNOWN)


async def test_no_token_shows_in_a_repr(account: Account) -> None:
    ticket, running = await account.started()
    for secret in (ticket.token, running.livekit_token, running.ws_url):
        assert secret not in repr((ticket, running))


async def test_a_line_keeps_its_session_alive_too(account: Account) -> None:
    ticket, running = await account.started(seconds=3000)
    reader = Reader(await account.avatars.connect(running.ws_url))
    await reader.until("connected")
    account.pass_time(200)
    await reader.line.keep_alive()
    await reader.line.speak(UtteranceId("u1"), bytes(96))  # once it is heard, so was the other
    await reader.until("started")
    account.pass_time(200)
    assert await account.avatars.active() == [ticket.session]
    await reader.line.close()
