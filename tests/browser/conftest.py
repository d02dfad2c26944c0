"""The built page, a local stack, and Debian's Chromium."""

import base64
import fcntl
import io
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from infra.deploy.shell import ROOT
from infra.local.simulators.all import Simulators
from infra.local.stack import Stack, stack
from tests.browser.wire import Wire
from tests.support.identity_key import lend_key

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "/usr/bin/chromium")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
IMAGES = ROOT / "docs" / "images"
LAPTOP, PHONE, NARROW = (1280, 800), (390, 844), (360, 740)
PATIENCE = 60_000
"""Milliseconds that a test waits for a state: it must hold on a machine with a load of 20."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session", autouse=True)
def built_page() -> None:
    """Build the page. Without Node or Chromium the tests are skipped, and fail if CI is set."""
    missing = [tool for tool in ("npm", CHROMIUM) if shutil.which(tool) is None]
    if missing and "CI" not in os.environ:
        pytest.skip(f"not installed: {', '.join(missing)}")
    make = shutil.which("make") or "make"
    with (ROOT / "web" / "index.html").open() as lock:  # workers do not build at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([make, "--silent", "page"], cwd=ROOT, check=True, timeout=600)


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(lend_key(tmp_path), simulators=Simulators(), scheduled=False) as running:
        yield running


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """Run Chromium while the block runs."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *flags], timeout=PATIENCE
        )
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@asynccontextmanager
async def visit(
    browser: Browser, local: Stack | Wire, size: tuple[int, int] = LAPTOP, **options: object
) -> AsyncIterator[Page]:
    """Open the page in a new profile. The test fails on an error that the page did not catch."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        permissions=["microphone", "clipboard-read", "clipboard-write"],
        **{"reduced_motion": "reduce", **options},  # type: ignore[arg-type]  # Playwright's options
    )
    async with context:
        page = await context.new_page()
        errors = watch(page)
        await page.goto(local.url)
        yield page
    assert errors == []


def watch(page: Page) -> list[str]:
    """Prepare a page for tests, and return the list of errors that it does not catch."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(PATIENCE)
    return errors


async def sign_in(page: Page, name: str = "Ada") -> None:
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Write to Oprina").wait_for()


async def write(page: Page, words: str) -> None:
    await page.get_by_label("Write to Oprina").fill(words)
    await page.keyboard.press("Enter")


async def picture(page: Page, name: str) -> None:
    """Write a screenshot into docs/images if PICTURES is set: the folder, or 1 for docs/images."""
    wanted = os.environ.get("PICTURES", "")
    if not wanted:
        return
    folder = IMAGES if wanted == "1" else Path(wanted)
    folder.mkdir(exist_ok=True)
    await anyio.sleep(0.6)  # transitions end
    devtools = await page.context.new_cdp_session(page)
    shot = await devtools.send("Page.captureScreenshot", {"format": "webp", "quality": 80})
    (folder / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    await devtools.detach()


async def record(page: Page, name: str, seconds: float = 9.0) -> None:
    """Write a moving picture of the page, as `picture` does: 4 frames a second, 800 pixels wide."""
    wanted = os.environ.get("PICTURES", "")
    if not wanted:
        return
    frames: list[Image.Image] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        shot = await page.screenshot(type="jpeg", quality=90)
        frame = Image.open(io.BytesIO(shot))
        frames.append(frame.resize((800, 800 * frame.height // frame.width)))
        await anyio.sleep(0.1)
    shown = int(1000 * seconds / len(frames))
    folder = IMAGES if wanted == "1" else Path(wanted)
    frames[0].save(
        folder / f"{name}.webp",
        save_all=True,
        append_images=frames[1:],
        duration=shown,
        loop=0,
        quality=60,
    )
