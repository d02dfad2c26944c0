"""A page that is loaded again, closed, or opened twice: what was under way goes on, once."""

from pathlib import Path
from typing import Any

import anyio
from playwright.async_api import Browser, Page, expect

from common.adapters.sqlite.store import SqliteStore
from common.domain.avatar_session import session_path
from common.domain.ids import AvatarSessionId
from infra.local.plain_http import plain_client
from infra.local.stack import Stack
from tests.browser.conftest import PATIENCE, picture, sign_in, visit, watch, write
from tests.browser.probes import LISTEN, probe, until_loud

ELSEWHERE = "Oprina is talking in another tab."


async def start_video(page: Page) -> None:
    await page.get_by_test_id("talk").click()
    await until_seen(page)


async def until_seen(page: Page) -> None:
    await expect(page.locator("#stage")).to_have_attribute("data-video", "true")


async def test_a_reload_takes_session_and_turn_up_again(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await page.add_init_script(LISTEN)
        await page.reload()
        await sign_in(page)
        await start_video(page)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await page.reload()
        await until_seen(page)
        await expect(page.get_by_test_id("answer")).to_contain_text("Once there was")
        await expect(page.get_by_test_id("question")).to_have_text(["You: Tell me a story."])
        [session] = local.simulators.liveavatar.sessions.values()
        assert session.state == "running"
        with anyio.fail_after(PATIENCE / 1000):  # the page that came back takes its leaving back
            while await leaves_at(local) is not None:  # noqa: ASYNC110 - no event tells it
                await anyio.sleep(0.2)
        await probe(page)
        await write(page, "What time is it?")
        await until_loud(page)
        assert local.simulators.agent.turns == 2


async def test_a_message_on_its_way_survives_a_reload(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.route("**/api/chat", lambda route: route.abort("internetdisconnected"))
        await write(page, "What time is it?")
        await expect(page.get_by_text("Waiting for the network. Nothing is lost.")).to_be_visible()
        await page.unroute("**/api/chat")
        await page.reload()
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
        await expect(page.get_by_test_id("question")).to_have_text(["You: What time is it?"])
        await page.reload()
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
        assert local.simulators.agent.turns == 1


async def test_a_turn_of_another_page_is_followed_as_it_grows(
    browser: Browser, local: Stack
) -> None:
    local.simulators.agent.token_seconds = 0.08
    async with visit(browser, local) as first, visit(browser, local) as second:
        await sign_in(first)
        await sign_in(second)
        await write(first, "Tell me a story.")
        await first.wait_for_url("**/c/*")
        await second.goto(first.url)
        await expect(second.get_by_test_id("live-answer")).to_contain_text("Once there was")
        await expect(second.get_by_test_id("question")).to_have_count(1)
        local.simulators.agent.token_seconds = 0.005
        for page in (first, second):
            await expect(page.get_by_test_id("answer")).to_contain_text("trumpet.")
            await expect(page.get_by_test_id("question")).to_have_count(1)
        assert local.simulators.agent.turns == 1
        await write(first, "What time is it?")
        await expect(first.get_by_test_id("answer")).to_have_count(2)
        await second.evaluate("dispatchEvent(new Event('focus'))")  # the person looks at it again
        await expect(second.get_by_test_id("answer")).to_have_count(2)
        await expect(second.get_by_test_id("question")).to_have_count(2)


async def test_the_avatar_is_brought_from_one_tab_to_the_other(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as first:
        await sign_in(first)
        await start_video(first)
        await first.wait_for_url("**/c/*")
        second = await first.context.new_page()
        errors = watch(second)
        await second.goto(first.url)
        await expect(second.get_by_test_id("notice")).to_contain_text(ELSEWHERE)
        await picture(second, "other-tab")
        await second.get_by_role("button", name="Bring here").click()
        await until_seen(second)
        await expect(first.get_by_test_id("notice")).to_contain_text(ELSEWHERE)
        [session] = local.simulators.liveavatar.sessions.values()
        assert session.state == "running"
        await second.close()
        await first.get_by_role("button", name="Bring here").click()
        await until_seen(first)
        assert len(local.simulators.liveavatar.sessions) == 1
        assert errors == []


async def test_the_session_of_a_closed_tab_ends(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await start_video(page)
        await page.close()
        [session] = local.simulators.liveavatar.sessions.values()
        async with plain_client(base_url=local.url) as client:
            for _ in range(PATIENCE // 1000):
                (await client.post("/local/sweep")).raise_for_status()
                if session.state == "ended":
                    break
                await anyio.sleep(1)
        assert session.state == "ended"


async def leaves_at(local: Stack) -> Any:
    """Return the time at which the only session ends because its page has left."""
    [session] = local.simulators.liveavatar.sessions
    store = SqliteStore(Path(local.settings.data_dir) / "oprina.sqlite3")
    try:
        [document] = await store.get([session_path(AvatarSessionId(session))])
    finally:
        await store.close()
    return (document.fields or {})["leaves_at"]
