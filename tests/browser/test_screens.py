"""Each screen of the page: axe finds nothing, nothing scrolls sideways, and it has its picture."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from infra.local.plain_http import plain_client
from infra.local.stack import Stack
from tests.browser.conftest import LAPTOP, NARROW, PHONE, picture, record, sign_in, visit, write
from tests.browser.screen import check_screen

SCHEMES = ("light", "dark")
LANGUAGES = {"en-GB": "ltr", "de-DE": "ltr", "es-ES": "ltr", "ja-JP": "ltr", "ar-EG": "rtl"}
TITLES = (
    ("Dentist on Thursday", 0),
    ("A walk around the lake", 0),
    ("What a dendrologist does", 1),
    ("Garden plan for March", 1),
    ("Sweden by night train", 4),
    ("Student card for Noor", 5),
    ("First week in the new town", 60),
)


async def screen(page: Page, name: str) -> None:
    await check_screen(page)
    await picture(page, name)


async def inject(local: Stack, **fault: Any) -> None:
    async with plain_client(base_url=local.url) as client:
        (await client.post("/simulators/faults", json=fault)).raise_for_status()


async def rewrite(page: Page, pattern: str, change: Mapping[str, Any]) -> None:
    """Change fields of an answer of the API, so that a screen shows what takes days to come about."""

    async def handle(route: Route) -> None:
        if route.request.method != "GET":
            await route.fallback()
            return
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), **change})

    await page.route(pattern, handle)


async def report(local: Stack, page: Page) -> Any:
    """Return this person's usage, as the API answers it."""
    person = json.loads(await page.evaluate("localStorage['oprina.person']"))
    headers = {"authorization": f"Bearer {person['id_token']}"}
    async with plain_client(base_url=local.url) as client:
        return (await client.get("/api/account/usage", headers=headers)).json()


def conversations() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "conversation_id": f"c{index}",
            "title": title,
            "created_at": (now - timedelta(days=days, minutes=7 * index)).isoformat(),
            "updated_at": (now - timedelta(days=days, minutes=7 * index)).isoformat(),
            "avatar_session_id": None,
        }
        for index, (title, days) in enumerate(TITLES)
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_signing_in_and_the_list(browser: Browser, local: Stack, scheme: str) -> None:
    async with visit(browser, local, color_scheme=scheme, reduced_motion="reduce") as page:
        await page.get_by_label("Your name").wait_for()
        await screen(page, f"signed-out-{scheme}")
        await page.set_viewport_size({"width": 640, "height": 400})  # 1280 x 800 at 200 %
        await screen(page, f"zoomed-signed-out-{scheme}")
        await page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        await sign_in(page)
        await screen(page, f"new-conversation-{scheme}")
        await rewrite(page, "**/api/conversations?*", {"conversations": conversations()})
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.get_by_role("button", name="Conversations").click()
        await expect(page.get_by_text("Garden plan for March")).to_be_visible()
        await screen(page, f"history-{scheme}")
        await page.get_by_text("Garden plan for March").hover()
        await page.get_by_role("button", name="More: Garden plan for March").click()
        await page.get_by_role("menuitem", name="Rename").wait_for()
        await screen(page, f"history-menu-{scheme}")
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(page.get_by_test_id("undo")).to_be_visible()
        await screen(page, f"history-undo-{scheme}")
        await page.keyboard.press("?")
        await page.get_by_role("dialog").wait_for()
        await screen(page, f"keys-{scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_talking(browser: Browser, local: Stack, scheme: str) -> None:
    async with visit(browser, local, color_scheme=scheme) as page:
        await sign_in(page)
        stage = page.locator("#stage")
        await page.get_by_test_id("talk").click()
        await expect(page.get_by_test_id("state")).to_contain_text("Listening")
        await expect(stage).to_have_attribute("data-video", "true")
        await screen(page, f"listening-{scheme}")
        await inject(local, service="agent-engine", mode="slow", delay_seconds=4)
        await write(page, "Please plan my week.")
        await expect(page.get_by_test_id("state")).to_contain_text("Thinking")
        await picture(page, f"thinking-{scheme}")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await expect(page.locator("[data-testid=caption] .now")).to_be_visible()
        if scheme == "light":
            await record(page, "conversation")
        await screen(page, f"speaking-{scheme}")
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_text("Not said")).to_be_visible()
        await screen(page, f"interrupted-{scheme}")
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(page.get_by_test_id("bill")).to_contain_text("this month")
        await screen(page, f"ended-{scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_services_and_a_mail_that_waits(browser: Browser, local: Stack, scheme: str) -> None:
    async with visit(browser, local, color_scheme=scheme, reduced_motion="reduce") as page:
        await sign_in(page)
        await page.goto(f"{local.url}/settings/services")
        await page.get_by_role("button", name="Connect Google").wait_for()
        await screen(page, f"google-none-{scheme}")
        await page.get_by_role("button", name="Connect Google").click()
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_test_id("google-result")).to_have_text("Google is connected.")
        await page.get_by_role("button", name="Disconnect").wait_for()
        await screen(page, f"google-connected-{scheme}")
        states: dict[str, dict[str, Any]] = {
            "partial": {"mail": {"allowed": False, "on": False}},
            "reconnect": {"state": "reconnect"},
        }
        for state, change in states.items():
            await rewrite(page, "**/api/connections/google", change)
            await page.goto(f"{local.url}/settings/services")
            await page.get_by_role("heading", level=1).wait_for()
            await page.locator(".perm").first.wait_for()
            await screen(page, f"google-{state}-{scheme}")
            await page.unroute_all()
        await page.goto(local.url)
        await write(page, "What is on my calendar today?")
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await screen(page, f"tool-{scheme}")
        await write(page, "Send a mail to bob@example.com: The dentist moved to Thursday at two.")
        await expect(page.get_by_test_id("proposal")).to_be_visible()
        await screen(page, f"confirmation-{scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_settings(browser: Browser, local: Stack, scheme: str) -> None:
    days = [
        {"day": f"{datetime.now(UTC):%Y-%m}-{day:02}", "meters": {"avatar_seconds": seconds}}
        for day, seconds in enumerate(
            (130, 0, 60, 244, 310, 0, 0, 90, 150, 420, 80, 0, 33, 200, 0, 0, 180, 260), start=1
        )
    ]
    async with visit(browser, local, color_scheme=scheme, reduced_motion="reduce") as page:
        await sign_in(page)
        usage = (await report(local, page))["usage"]
        usage["meters"]["avatar_seconds"]["used"] = 800
        usage["meters"]["agent_tokens"]["used"] = 64_210
        await rewrite(page, "**/api/account/usage", {"days": days, "usage": usage})
        for name in ("look", "talking", "usage", "account"):
            await page.goto(f"{local.url}/settings/{name}")
            await page.get_by_role("heading", level=1).wait_for()
            await page.locator(".panel").first.wait_for()
            await screen(page, f"settings-{name}-{scheme}")
        await page.get_by_label("delete").fill("delete")
        await page.get_by_role("button", name="Delete the account").click()
        await page.get_by_role("button", name="Keep the account").wait_for()
        await screen(page, f"settings-deletion-{scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_failures(browser: Browser, local: Stack, scheme: str) -> None:
    await inject(local, service="liveavatar", mode="503", times=50)
    async with visit(browser, local, color_scheme=scheme, reduced_motion="reduce") as page:
        await sign_in(page)
        await page.get_by_test_id("talk").click()
        await expect(page.get_by_test_id("notice")).to_contain_text("The video is")
        await screen(page, f"no-avatar-{scheme}")
        await page.get_by_role("button", name="Turn the microphone off").click()
        for name in ("NotAllowedError", "NotFoundError", "NotReadableError"):
            await page.evaluate(
                "name => { navigator.mediaDevices.getUserMedia = () =>"
                " Promise.reject(new DOMException('', name)); }",
                name,
            )
            await page.get_by_role("button", name="Turn the microphone on").click()
            await page.get_by_test_id("microphone-fault").wait_for()
            state = name.removesuffix("Error").lower()
            await screen(page, f"microphone-{state}-{scheme}")
            await page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            await screen(page, f"narrow-microphone-{state}-{scheme}")
            await expect(page.get_by_label("Ideas to begin with")).to_be_hidden()  # none is cut
            await page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
            await page.get_by_role("button", name="Write instead").click()
        await inject(local, service="agent-engine", mode="503", times=20)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("trouble")).to_be_visible()
        await screen(page, f"agent-down-{scheme}")
        await page.route("**/api/chat", lambda route: route.abort("internetdisconnected"))
        await write(page, "Are you there?")
        await expect(page.get_by_test_id("notice")).to_contain_text("No network")
        await screen(page, f"network-lost-{scheme}")


async def check_links(page: Page) -> None:
    """Fail if a link of the settings is cut at the edge of the screen."""
    cut = "nav => nav.scrollWidth - nav.clientWidth"
    assert await page.get_by_role("navigation").evaluate(cut) <= 0


async def open_keyboard(page: Page, size: tuple[int, int]) -> None:
    """Take 300 pixels of the height as a phone's keyboard does: the words get them, not the face."""
    await page.get_by_label("Write to Oprina").focus()
    await page.set_viewport_size({"width": size[0], "height": size[1] - 300})
    await expect(page.locator(".app.typing")).to_be_visible()
    face = await page.locator("#stage").bounding_box()
    field = await page.get_by_label("Write to Oprina").bounding_box()
    assert face is not None
    assert field is not None
    assert face["height"] <= 112
    assert field["y"] + field["height"] <= size[1] - 300
    await check_screen(page)
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await expect(page.locator(".app.typing")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
async def test_a_phone(browser: Browser, local: Stack, size: tuple[int, int]) -> None:
    name = "phone" if size == PHONE else "narrow"
    async with visit(browser, local, size, reduced_motion="reduce", has_touch=True) as page:
        await page.get_by_label("Your name").wait_for()
        await screen(page, f"{name}-signed-out")
        await sign_in(page)
        await write(page, "Please plan my week.")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await screen(page, f"{name}-conversation")
        await open_keyboard(page, size)
        await page.get_by_role("button", name="Conversation", exact=True).click()
        await screen(page, f"{name}-reading")
        await page.get_by_role("button", name="Conversations").click()
        await screen(page, f"{name}-history")
        for each in ("look", "talking", "services", "usage", "account"):
            await page.goto(f"{local.url}/settings/{each}")
            await page.get_by_role("heading", level=1).wait_for()
            await screen(page, f"{name}-settings-{each}")
            await check_links(page)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_language_fits_a_narrow_phone(
    browser: Browser, local: Stack, language: str
) -> None:
    code = language.partition("-")[0]
    options = {"locale": language, "reduced_motion": "reduce", "has_touch": True}
    async with visit(browser, local, NARROW, **options) as page:
        await expect(page.locator("html")).to_have_attribute("lang", code)
        await expect(page.locator("html")).to_have_attribute("dir", LANGUAGES[language])
        await screen(page, f"{code}-signed-out")
        await page.locator("input[name=name]").fill("Ada")
        await page.keyboard.press("Enter")
        await page.locator("#write").wait_for()
        await screen(page, f"{code}-new")
        await page.locator("#write").fill("What time is it?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await screen(page, f"{code}-conversation")
        for each in ("look", "talking", "services", "usage", "account"):
            await page.goto(f"{local.url}/settings/{each}")
            await page.get_by_role("heading", level=1).wait_for()
            await check_links(page)
            if each == "look":
                await page.locator("summary").click()
            await screen(page, f"{code}-settings-{each}")
