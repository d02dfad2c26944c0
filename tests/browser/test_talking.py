"""A person talks with the avatar: signs in, writes, sees and hears the answer, interrupts, ends."""

import re
from statistics import median
from typing import Any

from playwright.async_api import Browser, Page, expect

from infra.local.simulators.agent_engine.assistant.stories import LIGHTHOUSE
from infra.local.stack import Stack
from tests.browser.conftest import PHONE, picture, sign_in, visit, write
from tests.browser.probes import (
    LISTEN,
    LOUD,
    check_captions,
    probe,
    seen,
    squeeze,
    until_loud,
    until_silent,
)

GROWTH = """() => {
  window.lengths = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-testid=live-answer]')?.innerText ?? '';
    if (text && text !== window.lengths.at(-1)) window.lengths.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries()
  .filter(each => !each.hadRecentInput)
  .map(each => [each.value, ...each.sources.map(source => source.node?.textContent ?? '')])))
  .observe({ type: 'layout-shift', buffered: true });
"""


LOCKS = """
window.locks = 0;
navigator.wakeLock.request = async () => {
  window.locks += 1;
  return { release: async () => { window.locks -= 1; } };
};
"""
"""Counts the locks that keep the screen on. Runs before the page's script."""
NOTICES = """() => {
  window.notices = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-testid=notice]')?.innerText;
    if (text && text !== window.notices.at(-1)) window.notices.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Notes each notice, also one that is shown for a moment."""


async def start_video(page: Page) -> None:
    await page.get_by_test_id("talk").click()
    await expect(page.locator("#stage")).to_have_attribute("data-video", "true")


async def test_a_written_question_is_answered_as_the_agent_writes(
    browser: Browser, local: Stack
) -> None:
    local.simulators.agent.token_seconds = 0.1
    async with visit(browser, local) as page:
        await picture(page, "signed-out")
        await sign_in(page)
        await picture(page, "new-conversation")
        await page.evaluate(GROWTH)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("question")).to_have_text("Tell me a story.")
        await expect(page.get_by_test_id("live-answer")).to_contain_text("Once")
        await picture(page, "answering")
        await page.wait_for_function("() => window.lengths.length > 5")
        await expect(page.get_by_test_id("answer")).to_have_count(0)
        local.simulators.agent.token_seconds = 0.005
        await expect(page.get_by_test_id("answer")).to_contain_text("trumpet.")
        lengths: list[str] = await page.evaluate("window.lengths")
        assert [len(each) for each in lengths] == sorted(len(each) for each in lengths)
        assert squeeze(lengths[-1]) in squeeze(LIGHTHOUSE)
        await expect(page).to_have_url(re.compile(r"/c/\w+"))
        # A screen reader hears the whole turn, and not its tokens.
        await expect(page.get_by_test_id("announcer")).to_contain_text("listen for a trumpet.")


async def test_the_avatar_speaks_is_interrupted_and_ends_with_its_price(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await page.add_init_script(LISTEN + SHIFTS)
        await page.reload()
        await sign_in(page)
        await start_video(page)
        assert await page.evaluate("window.shifts") == []
        await expect(page.get_by_test_id("clock")).to_be_visible()
        await probe(page)
        await until_silent(page)
        await page.wait_for_function("() => window.seen.frames > 20")
        rest = await seen(page)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await until_loud(page, 30)
        await page.wait_for_function("() => window.seen.captions.length > 8")
        await picture(page, "speaking")
        check_lips(rest, await seen(page))
        check_captions((await seen(page))["captions"], LIGHTHOUSE)
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_text("Not said")).to_be_visible()
        await until_silent(page)
        assert last_utterance(local)["interrupted"]
        assert session_states(local) == ["running"]
        await picture(page, "interrupted")
        await page.get_by_role("button", name="Say it").click()
        await until_loud(page)
        await lose_picture(page, local)
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(page.get_by_test_id("bill")).to_contain_text("of 20 minutes this month")
        assert session_states(local) == ["ended"]
        await picture(page, "ended")


async def lose_picture(page: Page, local: Stack) -> None:
    """Close the connection to the room. The page says so until the picture is back."""
    await page.evaluate(NOTICES)
    [session] = local.simulators.liveavatar.sessions
    stage = local.simulators.rooms.stage(session)
    assert stage is not None
    [client] = stage.room.clients.values()
    assert client.outbox is not None
    client.outbox.put_nowait(None)
    lost = "The picture is lost. It comes back by itself."
    await page.wait_for_function(f"() => window.notices.includes('{lost}')")
    await expect(page.get_by_test_id("notice")).to_have_count(0)
    await expect(page.locator("#stage")).to_have_attribute("data-video", "true")
    frames = (await seen(page))["frames"]
    await page.wait_for_function(f"() => window.seen.frames > {frames}")


def check_lips(rest: dict[str, Any], talk: dict[str, Any]) -> None:
    """Check that the pixels of the lips change more while the sound is loud than at rest."""
    quiet = [each["motion"] / each["frames"] for each in rest["moments"] if each["frames"]]
    spoken = talk["moments"][len(rest["moments"]) :]
    loud = [each["motion"] / each["frames"] for each in spoken if loud_and_seen(each)]
    assert len(loud) > 5
    assert median(loud) > 2 * median(quiet)


def loud_and_seen(moment: dict[str, Any]) -> bool:
    return bool(moment["level"] > LOUD and moment["frames"])


def session_states(local: Stack) -> list[str]:
    return [each.state for each in local.simulators.liveavatar.sessions.values()]


def last_utterance(local: Stack) -> dict[str, Any]:
    """Return what the journal knows of the newest utterance of the only session."""
    account = local.simulators.liveavatar
    [session] = account.sessions.values()
    found: dict[str, Any] = account.journal.session(session, account.now)["utterances"][-1]
    return found


async def test_a_phone_shows_face_words_and_field(browser: Browser, local: Stack) -> None:
    async with visit(browser, local, PHONE) as page:
        await page.add_init_script(LOCKS)
        await page.reload()
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await expect(page.get_by_test_id("talk")).to_be_visible()
        await picture(page, "phone")
        assert await page.evaluate("window.locks") == 0
        await page.get_by_role("button", name="Turn the microphone on").click()
        await page.wait_for_function("() => window.locks === 1")  # the screen stays on
        await page.get_by_role("button", name="Turn the microphone off").click()
        await page.wait_for_function("() => window.locks === 0")
