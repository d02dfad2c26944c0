"""A person speaks: the words of a WAV file, as the microphone of the browser, are answered."""

import math
import re
import wave
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.stack import Stack
from tests.browser.conftest import chromium, picture, sign_in, visit, write
from tests.browser.probes import LISTEN, probe, until_loud
from tests.browser.test_echo import cough
from tests.browser.test_talking import last_utterance
from tests.support.recogniser import needs_recogniser, require_recogniser

RATE = 48_000
LEAD, SILENCE = 4, 10
"""Seconds before the words and after each of them: the file is played again and again."""
ROOM = """
window.noted = [];
const wire = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode) window.loudspeaker = this;
  return wire.call(this, to, ...more);
};
const { setTargetAtTime } = AudioParam.prototype;
AudioParam.prototype.setTargetAtTime = function (volume, at, ...more) {
  if (window.loudspeaker?.gain === this) window.noted.push({ at, volume });
  return setTargetAtTime.call(this, volume, at, ...more);
};
const { mediaDevices } = navigator;
const open = mediaDevices.getUserMedia.bind(mediaDevices);
mediaDevices.getUserMedia = async (asked) => {
  const { context } = window.loudspeaker;
  const person = context.createMediaStreamSource(await open(asked));
  const microphone = context.createMediaStreamDestination();
  const echo = new GainNode(context, { gain: 0.1 });
  const ear = new AnalyserNode(context, { fftSize: 4096 });
  const wires = [[person, microphone], [person, ear], [window.loudspeaker, echo], [echo, microphone]];
  for (const [from, to] of wires) wire.call(from, to);
  const samples = new Float32Array(ear.fftSize);
  setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    if (samples.some((each) => Math.abs(each) > 0.05))
      window.noted.push({ at: context.currentTime, person: true });
  }, 50);
  return microphone.stream;
};
"""
"""Lets the microphone hear the page with -20 dB. Notes each volume of the page, and when the person
speaks, in seconds of the clock of the sound. Runs before the page's script."""
DUCKED = 0.15
"""Volume of the ducked page (web/src/core/audio/output.ts)."""


UNDUCKED = f"""() => {{
  const volumes = window.noted.map((each) => each.volume).filter((each) => each !== undefined);
  const ducked = volumes.indexOf({DUCKED});
  return ducked >= 0 && volumes[ducked + 1] === 1;
}}"""


def record(*words: str, file: Path, lead: int = LEAD, silence: int = SILENCE) -> None:
    """Write words as the file of Chromium's microphone, with silence before and after, in seconds."""
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(bytes(2 * RATE * lead))
        for each in words:
            sound.writeframes(synthesize(EspeakRequest(each, rate=RATE)))
            sound.writeframes(bytes(2 * RATE * silence))


@needs_recogniser
async def test_a_person_asks_and_interrupts_by_voice(local: Stack, tmp_path: Path) -> None:
    """A microphone that opens in the middle of the words hears them whole the next time."""
    require_recogniser()
    microphone = tmp_path / "microphone.wav"
    record("Please tell me a story.", "Hold on. What time is it now?", file=microphone)
    flag = f"--use-file-for-fake-audio-capture={microphone}"
    async with chromium(flag) as browser, visit(browser, local) as page:
        await page.add_init_script(LISTEN + ROOM)
        await page.reload()
        await sign_in(page)
        await probe(page)
        await page.get_by_test_id("talk").click()
        story = page.get_by_test_id("answer").filter(has_text="Once there was")
        await expect(story.first).to_contain_text("Not said")
        await picture(page, "spoken")
        asked = page.get_by_test_id("question").filter(has_text="time")
        answered = page.get_by_test_id("answer").filter(has_text="Let me look at the clock")
        await expect(asked.first).to_be_visible()
        await expect(answered.first).to_be_visible()
        await until_loud(page)
        times = re.compile(r"heard [\d.]+ s, answered [\d.]+ s")
        await expect(page.locator(".clock")).to_have_attribute("title", times)
        check_interruption(await page.evaluate("window.noted"))


async def test_a_cough_makes_the_avatar_quiet_for_a_moment(local: Stack, tmp_path: Path) -> None:
    microphone = tmp_path / "microphone.wav"
    with wave.open(str(microphone), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(bytes(2 * RATE * 2) + cough(RATE) + bytes(2 * RATE * 2))
    flag = f"--use-file-for-fake-audio-capture={microphone}"
    async with chromium(flag) as browser, visit(browser, local) as page:
        await page.add_init_script(LISTEN + ROOM)
        await page.reload()
        await sign_in(page)
        await page.get_by_test_id("talk").click()
        await expect(page.locator("#stage")).to_have_attribute("data-video", "true")
        await write(page, "Tell me a story.")
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        await probe(page)
        await page.wait_for_function(UNDUCKED)
        await until_loud(page)
        await expect(page.get_by_test_id("state")).to_contain_text("Speaking")
        volumes = [
            each["volume"] for each in await page.evaluate("window.noted") if "volume" in each
        ]
        assert 0 not in volumes[volumes.index(DUCKED) :]
        assert not last_utterance(local)["interrupted"]
        await expect(page.get_by_test_id("question")).to_have_count(1)


def check_interruption(noted: list[dict[str, Any]]) -> None:
    """Check that the page is ducked, then silent, and that only the person's words did that."""
    heard_at = -math.inf
    for each in noted:
        if "person" in each:
            heard_at = each["at"]
        elif each["volume"] == DUCKED:
            assert each["at"] - heard_at < SILENCE / 2, "the avatar interrupts itself"
    volumes = [each["volume"] for each in noted if "volume" in each]
    assert (DUCKED, 0) in pairwise(volumes)
