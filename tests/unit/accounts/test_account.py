from dataclasses import replace
from datetime import UTC, datetime

import pytest

from common.domain.documents import Create
from common.domain.errors import AccountClosing, Invalid, QuotaExceeded, Unavailable
from common.domain.quota import day_of, grant, ledger_path, months_until
from common.schemas.account import ChangeAccountRequest
from common.schemas.connections import ConnectGoogleRequest
from tests.support.harness import ADA, Harness, advance, keep_alive, new_harness
from tests.unit.accounts.people import EVE, fill

DAY = 24 * 3600


async def change(harness: Harness, **fields: object) -> None:
    request = ChangeAccountRequest.model_validate(fields)
    await harness.app.accounts.change(EVE, request)


async def test_first_read_creates_the_account() -> None:
    harness = new_harness()
    account = await harness.app.accounts.read(EVE)
    assert (account.name, account.email, account.plan) == ("Eve", "eve@example.test", "default")
    advance(harness.clock, DAY)
    assert await harness.app.accounts.read(EVE) == account


async def test_change_keeps_what_is_left_out_and_null_resets() -> None:
    harness = new_harness()
    await change(harness, name="Eva", preferences={"language": "de-DE", "captions": True})
    await change(harness, preferences={"captions": None, "speed": 1.5})
    account = await harness.app.accounts.read(EVE)
    assert account.name == "Eva"
    assert account.preferences.model_dump(exclude_none=True) == {"language": "de-DE", "speed": 1.5}


async def test_preferred_voice_must_be_offered_and_fit_the_language() -> None:
    harness = new_harness()
    await change(harness, preferences={"language": "de-DE"})
    for voice in ("nonsense", "en-US-Chirp3-HD-Kore", "fr-FR-Neural2-A"):
        with pytest.raises(Invalid) as refused:
            await change(harness, preferences={"voice": voice})
        assert [name for name, _ in refused.value.fields] == ["preferences.voice"]


async def test_preferences_are_the_defaults_of_a_start() -> None:
    harness = new_harness()
    wanted = {"voice": "de-DE-Neural2-F", "language": "de-DE", "quality": "low", "avatar_id": "x"}
    await change(harness, preferences=wanted)
    started = await harness.start(EVE)
    session = await harness.session(started.avatar_session_id)
    assert {name: session[name] for name in wanted} == wanted


async def test_request_wins_over_preferences() -> None:
    harness = new_harness()
    await change(harness, preferences={"voice": "de-DE-Neural2-F", "quality": "low"})
    started = await harness.start(EVE, language="fr-FR", quality="medium")
    session = await harness.session(started.avatar_session_id)
    assert (session["voice"], session["language"], session["quality"]) == ("", "fr-FR", "medium")


async def test_preferred_voice_that_is_no_longer_offered_is_left_out() -> None:
    harness = new_harness()
    await change(harness, preferences={"voice": "de-DE-Neural2-F"})
    harness.settings = harness.settings.model_copy(update={"voices": ()})
    harness.app = harness.another()
    started = await harness.start(EVE)
    session = await harness.session(started.avatar_session_id)
    assert session["voice"] == harness.settings.voice


async def test_preferences_cost_no_round_trip() -> None:
    harness = new_harness()
    await change(harness, preferences={"quality": "low"})
    harness.store.trips.clear()
    await harness.start(EVE)
    assert (harness.store.trips["read"], harness.store.trips["commit"]) == (1, 2)


async def test_usage_has_each_day_until_today_and_twelve_months() -> None:
    harness = new_harness()
    await fill(harness)
    usage = await harness.app.accounts.usage(EVE)
    assert len(usage.months) == 12
    assert usage.months[0].month == usage.usage.month
    assert len(usage.days) == harness.clock.now().day
    for meter, used in usage.usage.meters.items():
        assert sum(day.meters[meter] for day in usage.days) == used.used
        assert usage.months[0].meters[meter] == used.used
    assert usage.usage.meters["agent_tokens"].used > 0


async def test_granted_seconds_raise_the_allowance_of_one_month() -> None:
    harness = new_harness(allowance_avatar_seconds=20, max_session_seconds=20)
    now = harness.clock.now()
    path = ledger_path(ADA.uid, f"{now:%Y-%m}")
    (ledger,) = await harness.store.get([path])
    await harness.store.commit([grant(ledger, f"{now:%Y-%m}", "avatar_seconds", 100)])
    await harness.start()
    usage = await harness.app.accounts.usage(ADA)
    assert usage.usage.meters["avatar_seconds"].allowance == 120


async def test_plan_decides_the_allowance() -> None:
    harness = new_harness(plans={"tiny": {"agent_tokens": 100}})
    await harness.store.commit([Create("users/ada", {"uid": "ada", "plan": "tiny"})])
    with pytest.raises(QuotaExceeded):
        await harness.whole_chat()


async def test_an_account_that_closes_spends_nothing_and_can_be_restored() -> None:
    harness = new_harness()
    started = await harness.start(EVE)
    deletion = await harness.app.accounts.request_deletion(EVE)
    assert (deletion.deletes_at - deletion.requested_at).days == 7
    assert await harness.app.accounts.request_deletion(EVE) == deletion
    with pytest.raises(AccountClosing):
        await harness.whole_chat("Hello.", EVE)
    with pytest.raises(AccountClosing):
        await harness.start(EVE)
    with pytest.raises(AccountClosing):
        await keep_alive(harness.app, started.avatar_session_id, EVE)
    with pytest.raises(AccountClosing):
        await change(harness, name="Eva")
    with pytest.raises(AccountClosing):
        await harness.app.connections.ask(EVE, ConnectGoogleRequest(mail=True, calendar=True))
    assert (await harness.app.accounts.read(EVE)).deletion == deletion
    assert (await harness.app.accounts.restore(EVE)).deletion is None
    await harness.whole_chat("Hello.", EVE)


async def test_without_the_key_only_a_new_month_is_refused() -> None:
    harness = new_harness()
    unknown = replace(EVE, former=None)
    with pytest.raises(Unavailable):
        await harness.whole_chat("Hello.", unknown)
    await harness.whole_chat("Hello.", EVE)
    await harness.whole_chat("Hello.", unknown)


def test_a_day_lies_in_the_month_of_its_ledger() -> None:
    at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    assert day_of("2026-11", at) == 30
    assert day_of("2026-12", at) == day_of("2026-12", None) == 1


def test_months_go_back_over_the_year() -> None:
    months = months_until(datetime(2026, 2, 1, tzinfo=UTC), 12)
    assert (months[0], months[2], months[-1]) == ("2026-02", "2025-12", "2025-03")
