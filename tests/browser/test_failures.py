"""Failures have calm words and a way on, and nothing is lost or sent twice."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from infra.local.plain_http import plain_client
from infra.local.simulators.all import Simulators
from infra.local.stack import Stack, stack
from tests.browser.conftest import picture, sign_in, visit, write
from tests.browser.probes import LISTEN, check_captions, probe, seen, until_loud, until_silent
from tests.browser.wire import wire

BLOCKED = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{name}'));
"""
REFUSED = """
const Context = window.AudioContext;
window.AudioContext = class extends Context {
  constructor(...given) { super(...given); super.suspend(); }
  get state() { return window.pressed ? super.state : 'suspended'; }
  resume() { return window.pressed ? super.resume() : new Promise(() => undefined); }
};
"""
"""Refuses sound until `window.pressed`, as a browser does that has seen no press on the page."""
MICROPHONE = {
    "NotAllowedError": "The microphone is not allowed.",
    "NotFoundError": "No microphone was found.",
    "NotReadableError": "Another program uses the microphone.",
}
WITHOUT_AVATAR = {
    "quota": "The minutes with video are used up.",
    "busy": "The video is busy.",
    "down": "The video is not available.",
    "room": "The picture did not come back.",
}

SENTENCE = (
    "The keeper of the light climbed up the stairs, with a lamp in one hand and a book in the other, "
    "and he wrote down the weather of the day, and the ships that had passed the rocks since noon, and "
    "the names of the birds that rested on the railing, and the height of the water at the old pier, "
    "and the hour at which the fog had come in from the north, and how long the bell had been rung, "
    "and who had answered it from the sea, and then he closed the book, put out the lamp, and slept."
)
"""About 27 s of speech."""


async def inject(local: Stack, **fault: Any) -> None:
    async with plain_client(base_url=local.url) as client:
        (await client.post("/simulators/faults", json=fault)).raise_for_status()


async def no_room(page: Page) -> None:
    """Let the page find no room behind the address that it gets."""

    async def rewrite(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        await route.fulfill(response=answer, json={**body, "livekit_url": "ws://127.0.0.1:9"})

    await page.route("**/api/start_avatar", rewrite)


@asynccontextmanager
async def troubled(folder: Path, trouble: str) -> AsyncIterator[Stack]:
    """Run a stack that has no avatar to give."""
    quota = {"allowance_avatar_seconds": 120, "min_session_seconds": 119}
    given = quota if trouble == "quota" else {}
    async with stack(folder, given=given, simulators=Simulators(), scheduled=False) as local:
        if trouble in {"busy", "down"}:
            mode = "429" if trouble == "busy" else "refuse"
            await inject(local, service="liveavatar", mode=mode, times=None)
        yield local


async def use_a_second(page: Page) -> None:
    """Show the avatar shortly. What is left of the month is too little for another session."""
    await page.get_by_test_id("talk").click()
    await expect(page.get_by_test_id("clock")).to_have_text(re.compile(r"0:(?!00|01)\d\d"))
    await page.get_by_role("button", name="End", exact=True).click()
    await expect(page.get_by_test_id("bill")).to_be_visible()
    await page.reload()


@pytest.mark.parametrize("trouble", WITHOUT_AVATAR)
async def test_without_an_avatar_the_drawn_face_speaks(
    browser: Browser, tmp_path: Path, trouble: str
) -> None:
    async with troubled(tmp_path, trouble) as local, visit(browser, local) as page:
        await page.add_init_script(LISTEN)
        await page.reload()
        if trouble == "room":
            await no_room(page)
        await sign_in(page)
        if trouble == "quota":
            await use_a_second(page)
        await page.get_by_test_id("talk").click()
        await expect(page.get_by_test_id("notice")).to_contain_text(WITHOUT_AVATAR[trouble])
        await picture(page, f"no-avatar-{trouble}")
        await probe(page)
        await write(page, "Tell me a story.")
        await until_loud(page, 15)
        await page.wait_for_function("() => window.seen.captions.length > 4")
        await expect(page.locator("#stage")).to_have_attribute("data-video", "false")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await page.get_by_role("button", name="Stop", exact=True).click()
        await until_silent(page)
        await expect(page.get_by_text("Not said")).to_be_visible()
        first = (await seen(page))["captions"][0]
        assert first["words"].startswith("Once there was")
        sessions = local.simulators.liveavatar.sessions.values()
        assert [each.state for each in sessions if each.state == "running"] == []


async def test_the_drawn_face_goes_on_in_mid_sentence_when_the_minutes_end(
    browser: Browser, tmp_path: Path
) -> None:
    """A sentence that is longer than the avatar has time begins with it, and is heard to its end."""
    given = {"allowance_avatar_seconds": 24}
    async with (
        stack(tmp_path, given=given, simulators=Simulators(), scheduled=False) as local,
        visit(browser, local) as page,
    ):
        await page.add_init_script(LISTEN)
        await page.reload()
        await sign_in(page)
        await write(page, SENTENCE)
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        stage = page.locator("#stage")
        await page.get_by_test_id("talk").click()
        await expect(stage).to_have_attribute("data-video", "true")
        await probe(page)
        await write(page, "What did I just say?")
        await until_loud(page)
        await expect(stage).to_have_attribute("data-video", "true")
        await expect(stage).to_have_attribute("data-video", "false")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await expect(page.get_by_test_id("notice")).to_contain_text(WITHOUT_AVATAR["quota"])
        await picture(page, "minutes-used-up")
        await expect(page.get_by_test_id("answer")).to_have_count(2)
        await expect(page.get_by_text("Not said")).to_have_count(0)
        check_captions((await seen(page))["captions"], f"A moment ago you said: {SENTENCE}")
        [session] = local.simulators.liveavatar.sessions.values()
        assert session.state == "ended"
        spoken = local.simulators.liveavatar.journal.session(session, 0)["utterances"]
        assert spoken
        assert not any(each["interrupted"] for each in spoken)
        await page.get_by_role("button", name="Turn the microphone off").click()
        await expect(page.get_by_test_id("bill")).to_be_visible()
        await write(page, "What time is it?")  # the voice stays, without the face
        await expect(page.get_by_test_id("bill")).to_have_count(0)
        await until_loud(page)


@pytest.mark.parametrize("name", MICROPHONE)
async def test_each_microphone_failure_has_its_own_words(
    browser: Browser, local: Stack, name: str
) -> None:
    async with visit(browser, local) as page:
        await page.add_init_script(BLOCKED.replace("{name}", name))
        await page.reload()
        await sign_in(page)
        await page.get_by_role("button", name="Turn the microphone on").click()
        await expect(page.get_by_test_id("microphone-fault")).to_contain_text(MICROPHONE[name])
        await page.get_by_role("button", name="Write instead").click()
        await expect(page.get_by_label("Write to Oprina")).to_be_focused()
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()


def message_keys(page: Page) -> list[str | None]:
    """Return the list of keys of the messages that the page sends from now on."""
    keys: list[str | None] = []
    page.on(
        "request",
        lambda sent: (
            keys.append(sent.headers.get("idempotency-key")) if "/api/chat" in sent.url else None
        ),
    )
    return keys


def asked(local: Stack) -> int:
    """Return how many turns the agent was asked for."""
    return local.simulators.agent.turns


async def test_a_message_sent_without_a_network_arrives_once(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        keys = message_keys(page)
        await sign_in(page)
        await page.context.set_offline(True)
        await write(page, "What time is it?")
        await expect(page.get_by_text("Waiting for the network. Nothing is lost.")).to_be_visible()
        await expect(page.get_by_test_id("notice")).to_contain_text("No network.")
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
        await expect(page.get_by_test_id("question")).to_have_count(1)
        assert len(set(keys)) == 1
        assert asked(local) == 1


async def test_a_network_that_is_lost_in_an_answer_loses_no_word(
    browser: Browser, local: Stack
) -> None:
    local.simulators.agent.token_seconds = 0.1
    async with wire(local) as network, visit(browser, network) as page:
        keys = message_keys(page)
        await sign_in(page)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("live-answer")).to_contain_text("Once there was")
        network.cut()
        await expect(page.get_by_text("Waiting for the network. Nothing is lost.")).to_be_visible()
        network.mend()
        answer = page.get_by_test_id("answer")
        await expect(answer).to_contain_text("Once there was")
        await expect(page.get_by_test_id("question")).to_have_count(1)
        assert (len(set(keys)), asked(local)) == (1, 1)
        local.simulators.agent.token_seconds = 0.01
        await answer.get_by_role("button", name="Answer again").first.click()
        await expect(answer).to_contain_text("trumpet.")
        await expect(page.get_by_test_id("question")).to_have_count(1)


async def test_an_expired_token_is_renewed_without_a_word(browser: Browser, local: Stack) -> None:
    statuses: list[int] = []
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.evaluate(
            """() => { localStorage['oprina.person'] = JSON.stringify(
              { ...JSON.parse(localStorage['oprina.person']), id_token: 'expired' }); }"""
        )
        page.on(
            "response",
            lambda answer: statuses.append(answer.status) if "/api/chat" in answer.url else None,
        )
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        assert statuses == [401, 200]
        assert asked(local) == 1


async def test_a_browser_that_refuses_sound_offers_a_press(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await page.add_init_script(LISTEN + REFUSED)
        await page.reload()
        await sign_in(page)
        await page.get_by_test_id("talk").click()
        await expect(page.locator("#stage")).to_have_attribute("data-video", "true")
        press = page.get_by_role("button", name="Tap to hear")
        await expect(press).to_be_visible()
        await picture(page, "tap-to-hear")
        await probe(page)
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await until_silent(page)
        await page.evaluate("() => { window.pressed = true; }")
        await press.click()
        await until_loud(page)
        await expect(press).to_have_count(0)


async def test_without_a_voice_the_answer_is_written(browser: Browser, local: Stack) -> None:
    await inject(local, service="google-speech", mode="503", times=None)
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.get_by_role("button", name="Turn the microphone on").click()
        await expect(page.get_by_test_id("state")).to_contain_text("Listening")
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("answer")).to_contain_text("trumpet.")
        await expect(page.get_by_text("The answer is written only")).to_be_visible()


async def test_an_agent_that_is_down_leaves_the_question_with_a_way_on(
    browser: Browser, local: Stack
) -> None:
    await inject(local, service="agent-engine", mode="503", times=None)
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("trouble")).to_be_visible()
        await picture(page, "agent-down")
        local.simulators.faults.clear()
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await expect(page.get_by_test_id("question")).to_have_count(1)


async def test_a_message_that_is_refused_is_kept_over_a_reload_with_a_way_on(
    browser: Browser, local: Stack
) -> None:
    async def refuse(route: Route) -> None:
        errors = [{"field": "body", "problem": "must be at most 65536 bytes"}]
        await route.fulfill(status=413, json={"code": "invalid", "detail": "", "errors": errors})

    async with visit(browser, local) as page:
        keys = message_keys(page)
        await sign_in(page)
        await page.route("**/api/chat", refuse)
        await write(page, "What time is it?")
        trouble = page.get_by_test_id("trouble")
        await expect(trouble).to_contain_text("This message is too long.")
        await page.reload()
        await expect(trouble).to_contain_text("This message is too long.")
        await expect(page.get_by_test_id("question")).to_have_text(re.compile("What time is it"))
        assert len(keys) == 1
        await page.unroute("**/api/chat")
        await trouble.get_by_role("button", name="Edit").click()
        await expect(page.get_by_label("Write to Oprina")).to_have_value("What time is it?")
        await expect(page.get_by_label("Write to Oprina")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await expect(page.get_by_test_id("question")).to_have_count(1)
        assert asked(local) == 1
