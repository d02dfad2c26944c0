"""Mail and calendar: connected from the settings, used after a yes, disconnected."""

from playwright.async_api import Browser, Page, expect

from infra.local.stack import Stack
from tests.browser.conftest import picture, sign_in, visit, write

MAIL = "Send a mail to tom@example.test: I am ten minutes late."
CALENDAR = "What is on my calendar today?"


async def connect(page: Page, local: Stack, *, without: str | None = None) -> None:
    """Connect Google from the settings, on Google's own page."""
    await page.goto(f"{local.url}/settings/services")
    await page.get_by_role("button", name="Connect Google").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("wants access")
    await picture(page, "consent")
    if without:
        await page.get_by_label(without).uncheck()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/settings/services*")


def sent(local: Stack) -> list[str]:
    """Return the addresses that mails were sent to."""
    users = local.simulators.google.users.values()
    return [mail.to for user in users for mail in user.mails if "SENT" in mail.labels]


async def test_a_mail_is_sent_after_a_yes_and_the_connection_ends(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await connect(page, local)
        await expect(page.get_by_test_id("google-result")).to_have_text("Google is connected.")
        await expect(page.get_by_text("ada@gmail.example")).to_be_visible()
        await page.goto(local.url)
        await write(page, CALENDAR)
        await expect(page.get_by_test_id("answer")).to_contain_text("today")
        await expect(page.get_by_test_id("tool")).to_contain_text("Looked in your calendar")
        await write(page, MAIL)
        card = page.get_by_test_id("proposal")
        await expect(card).to_contain_text("tom@example.test")
        await picture(page, "mail-proposal")
        assert sent(local) == []
        await page.reload()  # the card waits for its answer
        await expect(card).to_contain_text("I am ten minutes late.")
        await card.get_by_role("button", name="Confirm and send").click()
        await expect(page.get_by_test_id("answer").last).to_contain_text("The mail is sent.")
        await expect(card).to_have_count(0)
        assert sent(local) == ["tom@example.test"]
        await page.goto(f"{local.url}/settings/services")
        await page.get_by_role("button", name="Disconnect").click()
        await expect(page.get_by_role("button", name="Connect Google")).to_be_visible()
        assert not local.simulators.google.grants.refresh_tokens


async def test_a_no_sends_nothing(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await connect(page, local, without="See and change the events of your calendars")
        await expect(page.get_by_test_id("google-result")).to_contain_text("was not allowed")
        await page.goto(local.url)
        await write(page, MAIL)
        card = page.get_by_test_id("proposal")
        await card.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_test_id("answer").last).to_contain_text("I will not do it")
        await expect(card).to_have_count(0)
        assert sent(local) == []


async def test_a_consent_that_is_cancelled_leaves_a_way_on(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.goto(f"{local.url}/settings/services")
        await page.get_by_role("button", name="Connect Google").click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_test_id("google-result")).to_have_text("Google was not connected.")
        await expect(page.get_by_role("button", name="Connect Google")).to_be_visible()
