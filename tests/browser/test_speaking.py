"""A person speaks: the words of a WAV file, as the microphone of the browser, are answered."""

import wave
from pathlib import Path

from playwright.async_api import expect

from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.stack import Stack
from tests.browser.conftest import chromium, picture, sign_in, visit
from tests.browser.probes import LISTEN, probe, until_loud
from tests.support.recogniser import needs_recogniser, require_recogniser

RATE = 48_000
LEAD, SILENCE = 4, 10
"""Seconds before and after the words: the file is played again and again."""


def record(words: str, file: Path, silence: int = SILENCE) -> None:
    """Write words as the file of Chromium's microphone, with seconds of silence after them."""
    pcm = synthesize(EspeakRequest(words, rate=RATE))
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(bytes(2 * RATE * LEAD) + pcm + bytes(2 * RATE * silence))


@needs_recogniser
async def test_spoken_words_are_answered_by_the_avatar(local: Stack, tmp_path: Path) -> None:
    require_recogniser()
    microphone = tmp_path / "microphone.wav"
    record("Hello there. What time is it now?", microphone)
    flag = f"--use-file-for-fake-audio-capture={microphone}"
    async with chromium(flag) as browser, visit(browser, local) as page:
        await page.add_init_script(LISTEN)
        await page.reload()
        await sign_in(page)
        await probe(page)
        await page.get_by_test_id("talk").click()
        # A microphone that opens in the middle of the words hears them whole the next time.
        asked = page.get_by_test_id("question").filter(has_text="time")
        answered = page.get_by_test_id("answer").filter(has_text="Let me look at the clock")
        await expect(asked.first).to_be_visible()
        await expect(answered.first).to_be_visible()
        await picture(page, "spoken")
        await until_loud(page)
