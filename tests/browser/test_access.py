"""Keyboard, screen reader and reduced motion."""

from playwright.async_api import Browser, expect

from infra.local.stack import Stack
from tests.browser.conftest import sign_in, visit, write

WATCH_LIVE_REGIONS = """() => {
  window.told = [];
  new MutationObserver(changes => {
    const live = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]';
    for (const {target} of changes) {
      const node = target.nodeType === 1 ? target : target.parentElement;
      const region = node?.closest(live);
      if (region && region.textContent) window.told.push(region.textContent);
    }
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


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
        local.simulators.agent.token_seconds = 0.2
        await page.keyboard.type("Tell me a story.")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("live-answer")).to_contain_text("Once")
        await page.keyboard.press("Escape")  # stops the answer, from the field as well
        await expect(page.get_by_text("Stopped here")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("c")
        captions = page.get_by_role("button", name="Captions")
        await expect(captions).to_have_attribute("aria-pressed", "false")
        await page.keyboard.press("m")
        await page.get_by_role("button", name="Turn the microphone off").wait_for()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Turn the microphone on").wait_for()
        await page.keyboard.press("Control+k")
        await expect(page.get_by_label("Search conversations")).to_be_focused()


async def test_keys_of_one_letter_can_be_switched_off(browser: Browser, local: Stack) -> None:
    """A program that types what it hears would press them (WCAG 2.1.4)."""
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.goto(f"{local.url}/settings/talking")
        await page.get_by_text("Keys of one letter").click()
        await page.get_by_role("link", name="Back to Oprina").click()
        captions = page.get_by_role("button", name="Captions")
        await captions.wait_for()
        await page.keyboard.type("mc/?")
        await page.keyboard.press("Control+k")
        await expect(page.get_by_label("Search conversations")).to_be_focused()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(captions).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_role("button", name="Turn the microphone on")).to_be_visible()


async def test_a_screen_reader_hears_turns_and_no_tokens(browser: Browser, local: Stack) -> None:
    """Each change of a live region is announced. Only whole answers and states may change one."""
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.evaluate(WATCH_LIVE_REGIONS)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        told = await page.evaluate("window.told")
        assert len(told) == 1
        assert told[0].endswith("listen for a trumpet.")


async def test_nothing_moves_for_a_person_who_asked_for_that(
    browser: Browser, local: Stack
) -> None:
    local.simulators.agent.token_seconds = 0.3
    async with visit(browser, local, reduced_motion="reduce") as page:
        await sign_in(page)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Answering")
        assert await page.evaluate("document.getAnimations().length") == 0
