"""Measurements inside the page, in order: frames, lips, sound and captions."""

from typing import Any

from playwright.async_api import Page

LISTEN = """
window.outputs = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode) {
    const analyser = new AnalyserNode(this.context, { fftSize: 4096 });
    connect.call(this, analyser);
    window.outputs.push(analyser);
  }
  return connect.call(this, to, ...more);
};
"""
"""Listens to what the page sends to the speakers. Runs before the page's script."""

PROBE = """() => {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(48, 48).getContext('2d', { willReadFrequently: true });
  const seen = window.seen = { frames: 0, moments: [], captions: [] };
  let before = null;
  const moves = () => {
    const { videoWidth: w, videoHeight: h } = video;
    canvas.drawImage(video, w * 0.4, h * 0.4, w * 0.2, h * 0.2, 0, 0, 48, 48);
    const { data } = canvas.getImageData(0, 0, 48, 48);
    let sum = 0;
    if (before) for (let i = 0; i < data.length; i += 4) sum += Math.abs(data[i] - before[i]);
    before = data;
    return sum / (48 * 48);
  };
  let motion = 0;
  const frame = () => {
    seen.frames += 1;
    motion += moves();
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  const samples = new Float32Array(4096);
  const loudness = (analyser) => {
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
  };
  let frames = 0;
  const look = () => {
    const level = Math.max(0, ...window.outputs.map(loudness));
    seen.moments.push({ level, frames: seen.frames - frames, motion });
    frames = seen.frames;
    motion = 0;
    const caption = document.querySelector('[data-testid=caption]');
    if (caption) {
      const words = caption.innerText.replaceAll('\\n', ' ');
      const marked = caption.querySelector('.now');
      const [word, before] = [marked?.innerText ?? '', marked?.previousSibling?.textContent ?? ''];
      const [found] = seen.captions.slice(-1);
      if (found?.words !== words || found?.word !== word)
        seen.captions.push({ words, word, before });
    }
    setTimeout(look, 100);
  };
  look();
}"""
"""Looks at the page ten times a second. `motion` is the change of the pixels around the lips."""

LOUD = 0.01
"""Loudness (root mean square) of speech. The pauses between words have less."""


async def probe(page: Page) -> None:
    await page.evaluate(PROBE)


async def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("window.seen")
    return found


async def until_loud(page: Page, moments: int = 10) -> None:
    """Wait until speech is heard in as many moments from now on, however long each of them takes."""
    begin = await page.evaluate("window.seen.moments.length")
    await page.wait_for_function(
        f"""() => window.seen.moments.slice({begin}).filter(each => each.level > {LOUD})
          .length >= {moments}"""
    )


async def until_silent(page: Page, moments: int = 15) -> None:
    """Wait until nothing is heard in as many moments one after the other."""
    await page.wait_for_function(
        f"""() => window.seen.moments.length > {moments} && window.seen.moments.slice(-{moments})
          .every(each => each.level <= {LOUD})"""
    )


def check_captions(captions: list[dict[str, Any]], text: str) -> None:
    """Check that the marked words come in the order of the text, and each in its sentence."""
    whole = squeeze(text)
    places = [whole.find(squeeze(each["words"])) for each in captions]
    assert min(places) >= 0, "a caption is not in the answer"
    marked = [at + len(squeeze(each["before"])) for at, each in zip(places, captions, strict=True)]
    assert marked == sorted(marked)
    assert len(set(marked)) > 4


def squeeze(text: str) -> str:
    return "".join(text.split())
