"""Budgets: the size of the script, and the work of the page's main thread."""

import gzip
import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from infra.deploy.shell import ROOT
from infra.local.stack import Stack
from tests.browser.conftest import sign_in, visit, write
from tests.browser.main_thread import Tasks, traced, unit

FIRST_PAINT, ALL_SCRIPT = 150_000, 240_000
LOADING, STREAMING, STARTING = 5.0, 40.0, 30.0
LONGEST, LONGEST_AT_START = 1.0, 2.0
"""Units of work: loading, 1,000 characters of an answer, the start of the video; one task."""
PARAGRAPH = (
    "The keeper of the light wrote **one line** in the book each night, and each line was about "
    "the *weather*, the ships and the `lamp`."
)


async def test_loading_and_answers_stay_within_the_budget_of_work(
    browser: Browser, local: Stack
) -> None:
    """One task takes at most as long as the unit, 55 ms, so that a key press is seen at once."""
    local.simulators.agent.token_seconds = 0.02
    async with visit(browser, local) as page:
        await sign_in(page)
        one = await unit(browser, page)
        async with traced(browser) as loading:
            await page.reload()
            await page.get_by_label("Write to Oprina").wait_for()
        short = await answer(browser, page, paragraphs=6)
        long = await answer(browser, page, paragraphs=24)
    for work in (loading, short, long):
        assert work.longest < LONGEST * one
    assert loading.total < LOADING * one
    assert short.total < STREAMING * one * 6 * len(PARAGRAPH) / 1000
    assert long.total < STREAMING * one * 24 * len(PARAGRAPH) / 1000
    assert long.total < 6 * short.total, "the work of a word grows with the length of the answer"


async def answer(browser: Browser, page: Page, paragraphs: int) -> Tasks:
    """Let the agent repeat a text, in a new conversation. Return the work of showing that."""
    await page.get_by_role("button", name="New conversation").first.click()
    await write(page, "\n\n".join([PARAGRAPH] * paragraphs))
    await expect(page.get_by_test_id("answer")).to_have_count(1)
    async with traced(browser) as work:
        await write(page, "What did I just say?")
        await expect(page.get_by_test_id("answer")).to_have_count(2)
    await expect(page.get_by_test_id("answer").last.locator("p")).to_have_count(paragraphs)
    return work


async def test_the_start_of_the_video_leaves_the_page_quick(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        one = await unit(browser, page)
        async with traced(browser) as starting:
            await page.get_by_test_id("talk").click()
            await expect(page.locator("#stage")).to_have_attribute("data-video", "true")
    assert starting.longest < LONGEST_AT_START * one
    assert starting.total < STARTING * one


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
