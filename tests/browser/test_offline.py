"""Old conversations are read without a network, and are removed at sign-out and deletion."""

from playwright.async_api import Browser, Page, expect

from infra.local.stack import Stack
from tests.browser.conftest import picture, sign_in, visit, write

KEPT = """async () => {
  const request = asked => new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  for (const { name } of await indexedDB.databases()) {
    const database = await request(indexedDB.open(name));
    for (const table of database.objectStoreNames) {
      const rows = database.transaction(table).objectStore(table);
      kept.push(...(await request(rows.getAll())).map(row => JSON.stringify(row)));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const address of await cache.keys()) {
      const type = (await cache.match(address)).headers.get('content-type') ?? '';
      const isText = /json|html/.test(type);
      kept.push(address.url, isText ? await (await cache.match(address)).text() : '');
    }
  }
  return kept;
}"""
"""Returns all that the browser keeps for the page: both storages, each database and each cache."""
MANIFEST = """async () => {
  const address = document.querySelector('link[rel=manifest]').href;
  return (await (await fetch(address)).json()).display;
}"""


async def test_a_conversation_is_read_offline_and_wiped_at_sign_out(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        assert await page.evaluate(MANIFEST) == "standalone"
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.get_by_role("button", name="Conversations").click()
        await expect(page.locator(".conv")).to_have_count(1)
        await page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        await page.reload()  # through the service worker, which keeps the files
        await expect(page.get_by_test_id("answer")).to_be_visible()

        await page.context.set_offline(True)
        await page.reload()
        await expect(page.get_by_text("This is the copy on this device.")).to_be_visible()
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await expect(page.locator(".conv")).to_have_count(1)
        await picture(page, "offline")

        await page.context.set_offline(False)
        await expect(page.get_by_text("This is the copy on this device.")).to_have_count(0)
        await expect(page.get_by_test_id("answer")).to_be_visible()
        assert has_words(await page.evaluate(KEPT))
        await page.goto(f"{local.url}/settings/account")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Your name")).to_be_visible()
        assert not has_words(await page.evaluate(KEPT))


async def test_the_first_visit_is_enough_to_open_the_page_offline(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.wait_for_function("navigator.serviceWorker.controller !== null")
        await page.context.set_offline(True)
        await page.reload()
        await expect(page.get_by_label("Write to Oprina")).to_be_visible()


def has_words(kept: list[str]) -> bool:
    """Return whether something of the conversation or of the person's name is kept."""
    return any(words in each for each in kept for words in ("What time", "the clock", "Ada"))


async def test_a_deletion_wipes_the_copies_and_keeps_none(browser: Browser, local: Stack) -> None:
    """The person is signed in until the account is gone, and may still read the conversations."""
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        address = page.url
        await until_kept(page)
        await page.goto(f"{local.url}/settings/account")
        await page.get_by_label("delete").fill("delete")
        await page.get_by_role("button", name="Delete the account").click()
        await expect(page.get_by_role("button", name="Keep the account")).to_be_visible()
        assert not has_words(without_person(await page.evaluate(KEPT)))
        await page.goto(address)  # reading does not make new copies
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.get_by_role("button", name="Conversations").click()
        await expect(page.locator(".conv")).to_have_count(1)
        assert not has_words(without_person(await page.evaluate(KEPT)))
        await page.goto(f"{local.url}/settings/account")
        await page.get_by_role("button", name="Keep the account").click()
        await expect(page.get_by_label("delete")).to_be_visible()
        await page.goto(address)
        await until_kept(page)


def without_person(kept: list[str]) -> list[str]:
    """Leave out the sign-in, which holds the name: the person is still signed in."""
    return [each for each in kept if "oprina.person" not in each]


async def until_kept(page: Page) -> None:
    await page.wait_for_function(
        f"async () => (await ({KEPT})()).some(each => /the clock/.test(each))"
    )


async def test_no_message_takes_the_place_of_one_that_waits(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.context.set_offline(True)
        await write(page, "What time is it?")
        await expect(page.get_by_text("Waiting for the network. Nothing is lost.")).to_be_visible()
        await write(page, "Tell me a story.")
        await expect(page.get_by_text("Your last message still waits")).to_be_visible()
        await expect(page.get_by_test_id("question")).to_have_count(1)
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
        await expect(page.get_by_label("Write to Oprina")).to_have_value("Tell me a story.")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_have_count(2)
        assert local.simulators.agent.turns == 2


async def test_the_next_person_does_not_send_the_message_of_the_last(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.route("**/api/chat", lambda route: route.abort("internetdisconnected"))
        await write(page, "What time is it?")
        await expect(page.get_by_text("Waiting for the network. Nothing is lost.")).to_be_visible()
        await page.get_by_role("link", name="Account").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Your name")).to_be_visible()
        assert not has_words(await page.evaluate(KEPT))
        await page.unroute("**/api/chat")
        await sign_in(page, "Bea")
        await expect(page.get_by_test_id("greeting")).to_contain_text("Bea")
        await expect(page.get_by_test_id("question")).to_have_count(0)
        assert local.simulators.agent.turns == 0
