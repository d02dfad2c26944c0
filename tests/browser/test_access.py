"""Accessibility, languages, sizes, and the budgets of the page."""

import gzip
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from infra.deploy.shell import ROOT
from infra.local.stack import Stack
from tests.browser.conftest import NARROW, picture, sign_in, visit, write

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`)"""
SETTINGS = ("look", "talking", "services", "usage", "account")
FIRST_PAINT, ALL_SCRIPT = 150_000, 240_000


async def check(page: Page) -> None:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(VIOLATIONS) == []
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "the page scrolls sideways"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_screen_has_a_violation(browser: Browser, local: Stack, scheme: str) -> None:
    async with visit(browser, local, color_scheme=scheme, reduced_motion="reduce") as page:
        await check(page)
        await sign_in(page)
        await check(page)
        await write(page, "What is on my calendar today?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.get_by_role("button", name="Conversations").click()
        await check(page)
        await picture(page, f"conversation-{scheme}")
        for name in SETTINGS:
            await page.goto(f"{local.url}/settings/{name}")
            await page.get_by_role("heading", level=1).wait_for()
            await check(page)
            await picture(page, f"settings-{name}-{scheme}")


@pytest.mark.parametrize("language", ["en"])
async def test_each_language_fits_a_narrow_phone(
    browser: Browser, local: Stack, language: str
) -> None:
    async with visit(browser, local, NARROW) as page:
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await page.locator("input[name=name]").fill("Ada")
        await page.keyboard.press("Enter")
        await page.locator("#write").wait_for()
        await check(page)
        await picture(page, f"narrow-{language}")


async def test_a_whole_conversation_works_by_keyboard(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await page.get_by_label("Your name").wait_for()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Ada")
        await page.keyboard.press("Enter")
        await page.get_by_label("Write to Oprina").wait_for()
        await page.keyboard.press("/")
        await page.keyboard.type("What time is it?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_script_stays_within_its_budget() -> None:
    """The budgets are 240 KB before the room and the microphone, and 150 KB before the first paint."""
    assets = ROOT / "web" / "dist" / "assets"
    index = (ROOT / "web" / "dist" / "index.html").read_text(encoding="utf-8")
    first = [assets / name for name in re.findall(r'assets/([\w.-]+\.js)"', index)]
    names = ("index-", "App-", "SettingsPage-", "controls-", "rolldown-runtime")
    everything = {*first, *(path for path in assets.glob("*.js") if path.name.startswith(names))}
    assert first
    assert sum(map(compressed, first)) < FIRST_PAINT
    assert sum(map(compressed, everything)) < ALL_SCRIPT


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))
