"""Attacks on the consent, with page and API on one origin and on two: each is a named problem."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from common.domain.google.consent import LIFE, consent_id, consent_path
from infra.local.demo.google_browser import result_of
from infra.local.plain_http import plain_client
from infra.local.simulators.faults import ServiceFault
from tests.end_to_end.google.conftest import GoogleScene, Person, google_scene, query_of


async def callback_of(person: Person, **allow: Any) -> str:
    """Return the address that Google sends the browser to after the person has allowed."""
    form = await person.form()
    return await person.browser.allow(form, **allow)


async def nothing_is_stored(scene: GoogleScene) -> None:
    assert scene.secrets() == []
    for person in scene.people.values():
        assert (await person.state())["state"] == "none"


def with_query(address: str, **changes: str | None) -> str:
    query = {**query_of(address), **changes}
    kept = {name: value for name, value in query.items() if value is not None}
    return f"{address.partition('?')[0]}?{urlencode(kept)}"


async def test_connected_and_back_on_the_page(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    answer = await scene.ada.http.get(callback)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{scene.ada.return_to}?google=connected"
    assert (await scene.ada.state())["state"] == "connected"
    assert len(scene.secrets()) == 1


@pytest.mark.parametrize("state", [None, "", "nonsense", "a.b", "01m8nhbrq55wznd3mj8j8kyw5k.x"])
async def test_state_that_is_not_ours(scene: GoogleScene, state: str | None) -> None:
    callback = with_query(await callback_of(scene.ada), state=state)
    answer = await scene.ada.http.get(callback)
    assert answer.status_code == 400
    assert answer.json()["code"] == "google_state_unknown"
    await nothing_is_stored(scene)


async def test_state_with_a_wrong_secret(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    state = f"{consent_id(query_of(callback)['state'])}.guess"
    assert await scene.ada.browser.finish(with_query(callback, state=state)) == (
        "google_state_unknown"
    )
    await nothing_is_stored(scene)
    assert await scene.ada.browser.finish(callback) == "connected"


async def test_state_is_used_once(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    assert await scene.ada.browser.finish(callback) == "connected"
    assert await scene.ada.browser.finish(callback) == "google_state_used"
    assert len(scene.secrets()) == 1


async def test_state_of_another_user_and_cookie_of_another_browser(scene: GoogleScene) -> None:
    await scene.bob.form()
    callback = await callback_of(scene.ada)
    assert await scene.bob.browser.finish(callback) == "google_wrong_browser"
    await nothing_is_stored(scene)


async def test_a_callback_without_its_cookie_is_refused(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    async with plain_client() as other:
        answer = await other.get(callback)
        assert result_of(answer.headers["location"]) == "google_wrong_browser"
        answer = await other.get(f"{callback}&cookie=oprina_google=x")
        assert result_of(answer.headers["location"]) == "google_wrong_browser"
    await nothing_is_stored(scene)


async def test_state_expires_after_ten_minutes(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    name = consent_id(query_of(callback)["state"])
    assert name is not None
    store = scene.local.app.sweeps._deps.store
    (document,) = await store.get([consent_path(name)])
    assert document.fields is not None
    from common.domain.documents import Update  # noqa: PLC0415 - only this test writes a document

    earlier = document.fields["created_at"] - LIFE
    await store.commit([Update(document.path, {"created_at": earlier})])
    assert await scene.ada.browser.finish(callback) == "google_state_expired"
    await nothing_is_stored(scene)


async def test_one_use_address_is_used_once(scene: GoogleScene) -> None:
    url = await scene.ada.ask()
    await scene.ada.browser.open(url)
    answer = await scene.bob.http.get(url)
    assert result_of(answer.headers["location"]) == "google_state_used"
    assert "set-cookie" not in answer.headers
    changed = await scene.bob.http.get(f"{url}x")
    assert result_of(changed.headers["location"]) == "google_state_unknown"


async def test_one_use_address_behind_a_link_of_another_site(scene: GoogleScene) -> None:
    """The visitor would connect their account to the user of an attacker."""
    url = await scene.ada.ask()
    for referer in ({}, {"referer": "https://evil.test/page"}):
        headers = {"sec-fetch-site": "cross-site", **referer}
        answer = await scene.bob.http.get(url, headers=headers)
        assert result_of(answer.headers["location"]) == "google_wrong_browser"
    own = {"sec-fetch-site": "cross-site", "referer": scene.ada.return_to or ""}
    answer = await scene.ada.http.get(url, headers=own)
    assert "/o/oauth2/v2/auth" in answer.headers["location"]


async def test_code_of_another_consent_and_a_replayed_code(scene: GoogleScene) -> None:
    first = await callback_of(scene.bob)
    code = query_of(first)["code"]
    callback = with_query(await callback_of(scene.ada), code=code)
    assert await scene.ada.browser.finish(callback) == "google_code_rejected"  # PKCE
    await nothing_is_stored(scene)
    scene.google.grants.codes[code].used = True
    assert await scene.bob.browser.finish(first) == "google_code_rejected"
    await nothing_is_stored(scene)


@pytest.mark.parametrize("code", [None, "", "nonsense"])
async def test_code_missing_or_unknown(scene: GoogleScene, code: str | None) -> None:
    callback = with_query(await callback_of(scene.ada), code=code)
    assert await scene.ada.browser.finish(callback) == "google_code_rejected"
    assert await scene.ada.browser.finish(callback) == "google_state_used"
    await nothing_is_stored(scene)


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.test/",
        "//evil.test/",
        "javascript:alert(1)",
        "http://localhost:5173@evil.test/",
        "http://localhost:5173\\@evil.test/",
        "http://localhost:5173.evil.test/",
        "/relative",
    ],
)
async def test_redirect_that_is_not_ours(scene: GoogleScene, return_to: str) -> None:
    asked = {"mail": True, "calendar": True, "return_to": return_to}
    answer = await scene.ada.api.post("/api/connections/google", json=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "return_to"


async def test_redirect_address_at_google_is_exact(scene: GoogleScene) -> None:
    answer = await scene.ada.http.get(await scene.ada.ask())
    consent = answer.headers["location"]
    wrong = with_query(consent, redirect_uri="https://evil.test/callback")
    assert (await scene.ada.http.get(wrong)).status_code == 400


async def test_every_tick_removed(scene: GoogleScene) -> None:
    without = ["gmail.readonly", "gmail.send", "calendar.events"]
    callback = await callback_of(scene.ada, without=without)
    assert await scene.ada.browser.finish(callback) == "google_nothing_allowed"
    await nothing_is_stored(scene)
    assert scene.google.grants.refresh_tokens == []


async def test_one_tick_removed_is_shown(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada, without=["gmail.send"])
    assert await scene.ada.browser.finish(callback) == "partial"
    state = await scene.ada.state()
    assert state["mail"] == {"allowed": False, "on": False}
    assert state["calendar"] == {"allowed": True, "on": True}
    answer = await scene.ada.api.patch("/api/connections/google", json={"mail": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "google_not_allowed")


async def test_cancelled_at_google(scene: GoogleScene) -> None:
    callback = await scene.ada.browser.cancel(await scene.ada.form())
    assert await scene.ada.browser.finish(callback) == "google_denied"
    assert await scene.ada.browser.finish(callback) == "google_state_used"
    await nothing_is_stored(scene)


async def test_another_account_on_reconnect(scene: GoogleScene) -> None:
    assert await scene.ada.connect() == "connected"
    before = scene.secrets()
    callback = await callback_of(scene.ada, account="ada.work@gmail.example")
    assert await scene.ada.browser.finish(callback) == "google_other_account"
    assert (await scene.ada.state())["account"] == "ada@gmail.example"
    assert scene.secrets() == before
    assert len(scene.google.grants.refresh_tokens) == 1


async def test_lost_answer_of_the_exchange(scene: GoogleScene) -> None:
    callback = await callback_of(scene.ada)
    fault = ServiceFault(service="google-accounts", path="/token", mode="lost")
    scene.local.simulators.faults.add(fault)
    assert await scene.ada.browser.finish(callback) == "google_ambiguous"
    await nothing_is_stored(scene)


async def test_no_token_lies_in_clear(scene: GoogleScene, tmp_path: Path) -> None:
    assert await scene.ada.connect() == "connected"
    (token,) = scene.google.grants.refresh_tokens
    accesses = list(scene.google.grants.access_tokens)
    stored = (tmp_path / "oprina.sqlite3").read_bytes()
    wal = tmp_path / "oprina.sqlite3-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert b"sealed" in stored
    for secret in (token.text, *accesses):
        assert secret.encode() not in stored


async def test_disconnect_revokes_and_deletes_also_by_the_sweep(scene: GoogleScene) -> None:
    assert await scene.ada.connect() == "connected"
    scene.local.simulators.faults.add(
        ServiceFault(service="google-accounts", path="/revoke", mode="503", times=3)
    )
    answer = await scene.ada.api.delete("/api/connections/google")
    assert answer.json()["state"] == "disconnecting"
    refused = await scene.ada.api.post(
        "/api/connections/google", json={"mail": True, "calendar": True}
    )
    assert refused.json()["code"] == "google_disconnecting"
    from common.connections.disconnect import ReleaseConsents  # noqa: PLC0415 - as a later sweep

    deps = scene.local.app.sweeps._deps
    (name,) = scene.secrets()
    await ReleaseConsents(deps).finish_one(name.partition("google-grant-")[2])
    await nothing_is_stored(scene)
    assert scene.google.grants.refresh_tokens == []
    assert scene.google.grants.access_tokens == {}


async def test_secure_cookie_where_the_address_is_https(tmp_path: Path) -> None:
    url = "https://talk.example.test/api/connections"
    async with google_scene(tmp_path, connections_url=url) as scene:
        asked = await scene.ada.ask()
        assert asked.startswith(f"{url}/google/begin?ticket=")
        local = f"{scene.local.url}{urlsplit(asked).path}?{urlsplit(asked).query}"
        cookie = (await scene.ada.http.get(local)).headers["set-cookie"]
        assert cookie.startswith("__Host-oprina_google=")
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
