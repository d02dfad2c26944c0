"""Controls of an answer and of the settings: each does what its name says."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from infra.local.simulators.all import Simulators
from infra.local.stack import Stack, stack
from tests.browser.conftest import chromium, sign_in, visit, write
from tests.browser.test_speaking import record
from tests.support.recogniser import needs_recogniser, require_recogniser

MARKDOWN = "**bold**\n\n```\nprint(1)\n```\n\n1. one\n2. <b>two</b>\n\nhttps://example.com/"
LEVEL = "document.querySelector('.level rect').getAttribute('width')"


async def test_markdown_is_shown_and_markup_is_text(browser: Browser, local: Stack) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, MARKDOWN)
        await expect(page.get_by_test_id("answer")).to_have_count(1)
        await write(page, "What did I just say?")
        await expect(page.get_by_test_id("answer")).to_have_count(2)
        answer = page.get_by_test_id("answer").last
        await expect(answer.locator("strong")).to_have_text("bold")
        await expect(answer.locator("pre code")).to_have_text("print(1)")
        await expect(answer.locator("ol li")).to_have_text(["one", "<b>two</b>"])
        link = answer.get_by_role("link", name="https://example.com/")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_an_answer_is_copied_and_rated_and_a_question_is_edited(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        answer = page.get_by_test_id("answer")
        await answer.get_by_role("button", name="Copy").click()
        assert "It is" in await page.evaluate("navigator.clipboard.readText()")
        good = answer.get_by_role("button", name="Good answer")
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await expect(good).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name="Edit").click()
        await expect(page.get_by_role("textbox", name="Edit")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Edit")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.get_by_role("textbox", name="Edit").fill("Tell me a story.")
        await page.get_by_role("button", name="Send again").click()
        await expect(answer).to_contain_text("trumpet.")
        await expect(page.get_by_test_id("question")).to_have_text(["You: Tell me a story."])


async def test_everything_is_exported_as_one_file(
    browser: Browser, local: Stack, tmp_path: Path
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await write(page, "What time is it?")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        await page.goto(f"{local.url}/settings/account")
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Export everything").click()
        file = tmp_path / "export.json"
        await (await download.value).save_as(file)
        text = file.read_text(encoding="utf-8")
        assert json.loads(text)
        assert "What time is it?" in text


async def test_the_microphone_is_chosen_tried_and_remembered(
    browser: Browser, local: Stack
) -> None:
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.goto(f"{local.url}/settings/talking")
        devices = page.get_by_label("Microphone", exact=True)
        await devices.select_option(index=1)
        chosen = await devices.input_value()
        assert chosen
        await page.get_by_role("button", name="Start").click()
        await page.wait_for_function(f"() => Number({LEVEL}) > 1")  # Chromium's microphone beeps
        await page.get_by_role("button", name="Stop").click()
        await page.reload()
        await expect(devices).to_have_value(chosen)
        await page.evaluate(
            """() => { const { mediaDevices } = navigator;
              const open = mediaDevices.getUserMedia.bind(mediaDevices);
              mediaDevices.getUserMedia = asked => { window.asked = asked; return open(asked); }; }"""
        )
        await page.get_by_role("link", name="Back to Oprina").click()
        await page.get_by_role("button", name="Turn the microphone on").click()
        await page.get_by_role("button", name="Turn the microphone off").wait_for()
        assert await page.evaluate("window.asked.audio.deviceId.ideal") == chosen


async def test_a_person_is_told_before_the_minutes_end(browser: Browser, tmp_path: Path) -> None:
    given = {"allowance_avatar_seconds": 60}
    async with (
        stack(tmp_path, given=given, simulators=Simulators(), scheduled=False) as local,
        visit(browser, local) as page,
    ):
        await sign_in(page)
        await page.get_by_test_id("talk").click()
        await expect(page.locator(".clock.near")).to_contain_text("s left")
        await expect(page.get_by_test_id("notice")).to_contain_text("The video ends in a minute.")


async def test_choices_are_kept_and_do_what_they_say(browser: Browser, local: Stack) -> None:
    root, background = "html", "getComputedStyle(document.body).backgroundColor"
    async with visit(browser, local) as page:
        await sign_in(page)
        await page.goto(f"{local.url}/settings/look")
        light = await page.evaluate(background)
        await page.get_by_text("Dark", exact=True).click()
        await expect(page.locator(root)).to_have_attribute("data-theme", "dark")
        assert await page.evaluate(background) != light
        await page.get_by_label("Language of the page").select_option("ar")
        await expect(page.locator(root)).to_have_attribute("dir", "rtl")
        await page.locator("#language").select_option("de")
        await page.get_by_text("Große Untertitel").click()
        await page.goto(f"{local.url}/settings/talking")
        chosen = [re.compile("^Video"), re.compile("^Gesprochene Antworten")]
        for name in chosen:
            await page.locator("label.switch").filter(has_text=name).click()
        await page.reload()
        for name in chosen:
            await expect(page.get_by_role("switch", name=name)).not_to_be_checked()
        await page.goto(local.url)
        await expect(page.locator(root)).to_have_attribute("data-theme", "dark")
        await expect(page.locator(".caption.large")).to_be_visible()
        await page.get_by_test_id("talk").click()  # no video and no voice were chosen
        await page.locator("#write").fill("What time is it?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_be_visible()
        assert not local.simulators.liveavatar.sessions
        assert not local.simulators.speech.requests


async def choose_mode(page: Page, url: str, mode: str) -> None:
    """Choose how speech begins, and let the words be looked at before they are sent."""
    await page.goto(f"{url}/settings/talking")
    await page.get_by_text(mode).click()
    await page.get_by_text("Check my words").click()
    await page.get_by_role("link", name="Back to Oprina").click()


@needs_recogniser
@pytest.mark.parametrize("mode", ["hold", "toggle"])
async def test_a_key_begins_and_ends_speech_and_the_words_can_be_mended(
    local: Stack, tmp_path: Path, mode: str
) -> None:
    require_recogniser()
    words = {"hold": "While you hold Space or the button", "toggle": "By a press, and another one"}
    microphone = tmp_path / "microphone.wav"
    record("What time is it now?", file=microphone, lead=0, silence=1)
    flag = f"--use-file-for-fake-audio-capture={microphone}"
    async with chromium(flag) as browser, visit(browser, local) as page:
        await sign_in(page)
        await choose_mode(page, local.url, words[mode])
        await page.get_by_role("button", name="Turn the microphone on").click()
        await expect(page.get_by_test_id("state")).to_contain_text("Listening")
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.down("Space")
        if mode == "toggle":
            await page.keyboard.up("Space")
        await page.wait_for_timeout(5_000)  # the sentence is said at least once from its beginning
        if mode == "toggle":
            await page.keyboard.down("Space")
        await page.keyboard.up("Space")
        field = page.get_by_label("Write to Oprina")
        await page.wait_for_function("() => /time/i.test(document.getElementById('write').value)")
        await expect(page.get_by_test_id("question")).to_have_count(0)
        await field.fill("What time is it?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("answer")).to_contain_text("It is")
