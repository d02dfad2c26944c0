"""A deployment replaces the page while it is open: it says so, and loads itself again where it must."""

import re

from playwright.async_api import Browser, Page, Route, expect

from infra.local.stack import Stack
from tests.browser.conftest import sign_in, visit, write


async def deploy(page: Page) -> None:
    """Let the server name another script, as it does after a deployment."""

    async def rewrite(route: Route) -> None:
        answer = await route.fetch()
        text = re.sub(r"/assets/index-[^.]+\.js", "/assets/index-new.js", await answer.text())
        await route.fulfill(response=answer, body=text)

    await page.route(re.compile(r"//[^/]+/$"), rewrite)


async def lose(page: Page, pattern: str) -> list[str]:
    """Answer 404 to the first request for a file. Returns the list of requests that were lost."""
    lost: list[str] = []

    async def answer(route: Route) -> None:
        if lost:
            await route.fallback()
            return
        lost.append(route.request.url)
        await route.fulfill(status=404)

    await page.route(pattern, answer)
    return lost


async def test_an_open_page_says_that_there_is_a_new_version(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local, service_workers="block") as page:
        await page.clock.install()
        await page.reload()
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await deploy(page)
        await page.clock.fast_forward("06:00")
        await page.evaluate("dispatchEvent(new Event('focus'))")
        notice = page.get_by_test_id("notice")
        await expect(notice).to_contain_text("There is a new version of this page.")
        await page.unroute_all()
        await notice.get_by_role("button", name="Load it").click()
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await expect(notice).to_have_count(0)


async def test_parts_of_an_earlier_build_are_replaced_and_the_work_goes_on(
    browser: Browser, local: Stack
) -> None:
    """The page is loaded again for the settings, and for the room: the avatar is there afterwards."""
    async with visit(browser, local, service_workers="block") as page:
        await sign_in(page)
        room = await lose(page, "**/assets/livekit-client*")
        await page.get_by_test_id("talk").click()
        await expect(page.locator("#stage")).to_have_attribute("data-video", "true")
        assert len(room) == 1
        assert len(local.simulators.liveavatar.sessions) == 1
        await page.wait_for_url("**/c/*")
        await page.get_by_label("Write to Oprina").fill("What time")
        await page.evaluate("sessionStorage.removeItem('oprina.reloaded')")  # a minute is over
        settings = await lose(page, "**/assets/SettingsPage*")
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Look")
        assert len(settings) == 1
        await page.get_by_role("link", name="Back to Oprina").click()
        await expect(page.get_by_label("Write to Oprina")).to_have_value("What time")
