"""Chromium as the tests use it: Debian's, headless, with a microphone that is a file or a beep."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

FOLDER = Path(__file__).parent
ESBUILD = FOLDER / "node_modules/.bin/esbuild"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # WebRTC on a machine that has no network but the loopback:
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


def chromium() -> str:
    """Return the path of the browser. Skip the test if there is none; fail in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        _missing("no Chromium: apt-get install chromium")
    assert found is not None
    return found


def bundle(source: Path, to: Path) -> None:
    """Bundle a script and the clients that it imports into one file."""
    if not ESBUILD.exists():
        _missing("no npm packages: make test-browser installs them")
    command = [str(ESBUILD), str(source), "--bundle", f"--outfile={to}", "--log-level=error"]
    subprocess.run(command, check=True, timeout=120)


@asynccontextmanager
async def browsing(flags: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Run a browser while the block runs."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            await browser.close()


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
