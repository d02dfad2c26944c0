"""A person talks with the avatar: signs in, writes, sees and hears the answer, interrupts, ends."""

import re

from playwright.async_api import Browser, Page, expect

from infra.local.stack import Stack
from tests.browser.conftest import PHONE, picture, sign_in, visit, write

STATS = """async () => {
  const video = document.querySelector('video');
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  await new Promise(done => setTimeout(done, 1000));
  return video.getVideoPlaybackQuality().totalVideoFrames - before;
}"""
SHIFTS = """() => new Promise(done => new PerformanceObserver(list =>
  done(list.getEntries().filter(each => !each.hadRecentInput)
    .reduce((sum, each) => sum + each.value, 0))
).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"""


async def start_video(page: Page) -> None:
    await page.get_by_test_id("talk").click()
    await expect(page.locator("#stage")).to_have_attribute("data-video", "true", timeout=30_000)


async def test_a_written_question_is_answered_as_the_agent_writes(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await picture(page, "signed-out")
        await sign_in(page)
        await picture(page, "new-conversation")
        await write(page, "Tell me a story.")
        live = page.get_by_test_id("live-answer")
        await expect(live).to_contain_text("Once")
        await expect(page.get_by_test_id("state")).to_contain_text("Answering")
        await expect(live).not_to_contain_text("trumpet.", timeout=500)
        await picture(page, "answering")
        await expect(page.get_by_test_id("answer")).to_contain_text("trumpet.", timeout=30_000)
        await expect(page).to_have_url(re.compile(r"/c/\w+"))
        # A screen reader hears the whole turn, and not its tokens.
        await expect(page.get_by_test_id("announcer")).to_contain_text("listen for a trumpet.")


async def test_the_avatar_appears_without_a_shift_and_its_end_shows_the_price(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await start_video(page)
        assert await page.evaluate(STATS) > 0
        assert await page.evaluate(SHIFTS) == 0
        await expect(page.get_by_test_id("clock")).to_be_visible()
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking", timeout=30_000)
        await expect(page.get_by_test_id("caption")).to_be_visible()
        first = await page.get_by_test_id("caption").inner_text()
        await picture(page, "speaking")
        await page.wait_for_function(
            "first => document.querySelector('[data-testid=caption]')?.innerText !== first"
            " || document.querySelector('[data-testid=caption] .now')",
            arg=first,
        )
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_text("Not said")).to_be_visible()
        await picture(page, "interrupted")
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(page.get_by_test_id("bill")).to_contain_text("of 20 minutes this month")
        await picture(page, "ended")


async def test_a_phone_shows_face_words_and_field(browser: Browser, local: Stack) -> None:
    async with visit(browser, local, PHONE) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=25_000)
        await expect(page.get_by_test_id("talk")).to_be_visible()
        await picture(page, "phone")
