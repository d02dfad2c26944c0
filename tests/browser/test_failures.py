"""Failures have calm words and a way on, and nothing is lost or sent twice."""

from typing import Any

import httpx
from playwright.async_api import Browser, Route, expect

from infra.local.stack import Stack
from tests.browser.conftest import picture, sign_in, visit, write

BLOCKED = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{name}'));
"""


async def inject(local: Stack, **fault: Any) -> None:
    async with httpx.AsyncClient(base_url=local.url, trust_env=False) as client:
        (await client.post("/simulators/faults", json=fault)).raise_for_status()


async def test_without_an_avatar_the_drawn_face_goes_on(browser: Browser, local: Stack) -> None:
    await inject(local, service="liveavatar", mode="503", times=50)
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.get_by_test_id("talk").click()
        await expect(page.get_by_test_id("notice")).to_contain_text("The video is", timeout=20_000)
        await picture(page, "no-avatar")
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=25_000)


async def test_each_microphone_failure_has_its_own_words(browser: Browser, local: Stack) -> None:
    expected = {
        "NotAllowedError": "The microphone is not allowed.",
        "NotFoundError": "No microphone was found.",
        "NotReadableError": "Another program uses the microphone.",
    }
    for name, words in expected.items():
        async with visit(browser, local) as page:
            await page.add_init_script(BLOCKED.replace("{name}", name))
            await page.reload()
            await sign_in(page)
            await page.get_by_role("button", name="Turn the microphone on").click()
            await expect(page.get_by_test_id("microphone-fault")).to_contain_text(words)
            await page.get_by_role("button", name="Write instead").click()
            await expect(page.get_by_label("Write to Oprina")).to_be_focused()


async def test_a_message_sent_without_a_network_arrives_once(
    browser: Browser, local: Stack
) -> None:
    keys: list[str | None] = []

    async def cut(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            await route.abort("internetdisconnected")
        else:
            await route.continue_()

    async with visit(browser, local) as page:
        await sign_in(page)
        await page.route("**/api/chat", cut)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=25_000)
        await expect(page.get_by_test_id("question")).to_have_count(1)
        assert len(keys) == 2
        assert keys[0] == keys[1]


async def test_an_expired_token_is_renewed_without_a_word(browser: Browser, local: Stack) -> None:
    statuses: list[int] = []
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.evaluate(
            "localStorage['oprina.person'] = JSON.stringify("
            "{...JSON.parse(localStorage['oprina.person']), id_token: 'expired'})"
        )
        page.on(
            "response",
            lambda answer: statuses.append(answer.status) if "/api/chat" in answer.url else None,
        )
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=25_000)
        assert statuses == [401, 200]


async def test_an_agent_that_is_down_leaves_the_question_with_a_way_on(
    browser: Browser, local: Stack
) -> None:
    await inject(local, service="agent-engine", mode="503", times=20)
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("trouble")).to_be_visible(timeout=20_000)
        await picture(page, "agent-down")
        async with httpx.AsyncClient(base_url=local.url, trust_env=False) as client:
            await client.delete("/simulators/faults")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_test_id("answer")).to_be_visible(timeout=20_000)
        await expect(page.get_by_test_id("question")).to_have_count(1)
