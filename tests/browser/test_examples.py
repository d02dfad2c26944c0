"""The example page, served as its README says: from the root of the repository, on another port."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from infra.deploy.shell import ROOT
from infra.local.server import serving
from infra.local.stack import Stack
from tests.browser.conftest import PATIENCE

PLAYING = """() => {
  const video = document.querySelector('video');
  return !video.hidden && video.getVideoPlaybackQuality().totalVideoFrames > 5;
}"""


@pytest.fixture
async def page(browser: Browser, local: Stack) -> AsyncIterator[Page]:
    files = Starlette(routes=[Mount("/", StaticFiles(directory=ROOT, html=True))])
    async with serving(files) as address:
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(f"{address}/examples/browser/?api={local.url}")
        yield page
        await page.close()


async def ask(page: Page, message: str) -> None:
    await page.get_by_label("Message").fill(message)
    await page.get_by_role("button", name="Send").click()


async def test_a_reply_is_shown_while_it_is_written(page: Page, local: Stack) -> None:
    local.simulators.agent.token_seconds = 0.3
    await ask(page, "Tell me a story.")
    reply = page.locator("#talk p").nth(1)
    await expect(reply).to_contain_text("Once")
    await expect(reply).not_to_contain_text("trumpet.")
    local.simulators.agent.token_seconds = 0.005
    await expect(reply).to_contain_text("trumpet.")
    await ask(page, "What time is it?")
    await expect(page.locator("#talk")).to_contain_text("Today is")


async def test_the_avatar_is_seen_and_its_words_are_shown(page: Page) -> None:
    await page.get_by_role("button", name="Start the avatar").click()
    await page.wait_for_function(PLAYING)
    await ask(page, "What time is it?")
    await expect(page.locator("#caption")).not_to_be_empty()
    await page.get_by_role("button", name="End", exact=True).click()
    await expect(page.locator("#talk")).to_contain_text(re.compile(r"ran for \d+ s"))


async def test_without_livekit_text_and_captions_go_on(page: Page) -> None:
    async def missing(route: Route) -> None:
        await route.fulfill(status=404)

    await page.route("**/livekit-client*", missing)
    await page.get_by_role("button", name="Start the avatar").click()
    await expect(page.locator("#talk")).to_contain_text("text and captions only")
    await ask(page, "What time is it?")
    await expect(page.locator("#caption")).not_to_be_empty()


async def test_a_refusal_is_shown(page: Page) -> None:
    await page.route("**/api/chat", refuse)
    await ask(page, "Hello!")
    await expect(page.locator("#talk")).to_contain_text("Busy. Try again in 7 s.")


async def refuse(route: Route) -> None:
    await route.fulfill(
        status=503,
        headers={"access-control-allow-origin": "*", "content-type": "application/problem+json"},
        body='{"detail": "Busy.", "retry_after": 7}',
    )


def test_the_page_is_one_short_file() -> None:
    text = (Path(ROOT) / "examples/browser/index.html").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 75
    assert "http://localhost:8080" in text
    assert "https://" not in text
