"""Old conversations are read without a network, and are removed at sign-out."""

from playwright.async_api import Browser, expect

from infra.local.stack import Stack
from tests.browser.conftest import sign_in, visit, write

COPIES = """() => new Promise(done => {
  const opening = indexedDB.open('oprina');
  opening.onsuccess = () => {
    const count = opening.result.transaction('messages').objectStore('messages').count();
    count.onsuccess = () => done(count.result);
  };
})"""
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
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=40_000)
        await page.get_by_role("button", name="Conversations").click()
        await expect(page.locator(".conv")).to_have_count(1)
        await page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        await page.reload()  # through the service worker, which keeps the files
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=40_000)

        await page.context.set_offline(True)
        await page.reload()
        await expect(page.get_by_text("This is the copy on this device.")).to_be_visible(
            timeout=40_000
        )
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await expect(page.locator(".conv")).to_have_count(1)

        await page.context.set_offline(False)
        assert await page.evaluate(COPIES) == 1
        await page.goto(f"{local.url}/settings/account")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Your name")).to_be_visible(timeout=40_000)
        assert await page.evaluate(COPIES) == 0
