"""The list of conversations: begin a new one, go back, search, rename, delete, undo."""

import re

from playwright.async_api import Browser, Page, expect

from infra.local.stack import Stack
from tests.browser.conftest import PHONE, sign_in, visit, write

FIRST, SECOND = "What time is it?", "Tell me a story"
"""Messages. A title has the question mark of its message, and no full stop."""


async def talk_twice(page: Page) -> None:
    """Hold two conversations, and open the list."""
    await sign_in(page)
    await write(page, FIRST)
    await expect(page.get_by_test_id("answer")).to_have_count(1)
    await page.get_by_role("button", name="New conversation").first.click()
    await expect(page.get_by_test_id("answer")).to_have_count(0)
    assert await page.evaluate("location.pathname") == "/"
    await write(page, f"{SECOND}.")
    await expect(page.get_by_test_id("answer")).to_contain_text("trumpet.")
    await expect(page.get_by_role("heading", level=1)).to_have_text(SECOND)
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator(".conv")).to_have_count(2)


async def choose(page: Page, title: str, what: str) -> None:
    """Choose from the menu of a conversation."""
    await page.get_by_role("button", name=f"More: {title}").click()
    await page.get_by_role("menuitem", name=what).click()


async def test_each_conversation_keeps_its_own_messages(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await talk_twice(page)
        await page.get_by_role("link", name=FIRST).click()
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
        await page.get_by_role("link", name=SECOND).click()
        await expect(page.get_by_test_id("answer")).to_contain_text("Once there was")
        await expect(page.get_by_test_id("question")).to_have_count(1)
        await page.go_back()
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")


async def test_search_and_rename(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await talk_twice(page)
        await page.keyboard.press("Control+k")
        await page.get_by_label("Search conversations").fill("story")
        await expect(page.locator(".conv")).to_have_count(1)
        await choose(page, SECOND, "Rename")
        await page.get_by_label("Name of the conversation").fill("The lighthouse")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="The lighthouse")).to_be_visible()
        await page.get_by_label("Search conversations").fill("lighthouse")
        await expect(page.get_by_role("link", name="The lighthouse")).to_be_visible()
        await page.get_by_label("Search conversations").fill("submarine")
        await expect(page.get_by_text("No conversation has this in its name.")).to_be_visible()


async def test_rename_by_keyboard_alone(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await talk_twice(page)
        await page.get_by_role("button", name=f"More: {SECOND}").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
        await page.keyboard.press("m")  # chooses an item, and opens no microphone
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Name of the conversation")).to_be_focused()
        await page.keyboard.type("Marta")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Marta")).to_be_focused()
        await expect(page.get_by_test_id("talk")).to_have_accessible_name("Talk")


async def test_a_deletion_is_taken_back_for_eight_seconds(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await page.clock.install()
        await page.reload()
        await talk_twice(page)
        await choose(page, FIRST, "Delete")
        await expect(page.locator(".conv")).to_have_count(1)
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator(".conv")).to_have_count(2)
        await choose(page, SECOND, "Delete")  # the one that is open
        await expect(page.locator(".conv")).to_have_count(1)
        await page.clock.run_for(8_000)
        await expect(page.get_by_test_id("undo")).to_have_count(0)
        await expect(page).to_have_url(re.compile(r"/$"))
        await expect(page.get_by_test_id("question")).to_have_count(0)
        await page.reload()
        await expect(page.locator(".conv")).to_have_count(1)


async def test_on_a_phone_the_list_makes_way_for_the_conversation(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local, PHONE, has_touch=True) as page:
        await sign_in(page)
        await write(page, FIRST)
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await page.get_by_role("button", name="Conversations").click()
        await page.get_by_role("button", name="New conversation").click()
        await expect(page.locator(".conv")).to_have_count(0)
        await expect(page.get_by_test_id("talk")).to_be_visible()
        await page.get_by_role("button", name="Conversations").click()
        await page.get_by_role("link", name=FIRST).click()
        await expect(page.locator(".conv")).to_have_count(0)
        await expect(page.get_by_test_id("answer")).to_be_visible()


async def test_an_address_that_leads_nowhere_has_a_way_on(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.goto(f"{local.url}/c/unknown")
        await expect(page.get_by_text("This conversation does not exist.")).to_be_visible()
        await page.get_by_role("link", name="New conversation").click()
        await write(page, FIRST)
        await expect(page.get_by_test_id("answer")).to_be_visible()
