"""A local stack, a page with the unmodified clients, and a browser that opens it."""

import subprocess
import tempfile
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from infra.local.plain_http import plain_client
from infra.local.server import serving
from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.stack import Stack, stack
from tests.browser.conftest import CHROMIUM, FLAGS, PATIENCE
from tests.support.identity_key import lend_key

Json = dict[str, Any]
ESBUILD = Path(__file__).parents[1] / "node_modules/.bin/esbuild"
AVATAR = "513fd1b7-7ef9-466d-9af2-344e51eeb833"
PAGE = "<!doctype html><link rel=icon href=data:,><body><script src=/pages.js></script></body>"


@dataclass
class Studio:
    """A running stack, its user ada, and the page."""

    stack: Stack
    ada: httpx.AsyncClient
    page: Page

    @property
    def provider(self) -> str:
        return f"{self.stack.url}/simulators/liveavatar"

    async def start_avatar(self) -> Json:
        """Start an avatar as the product does."""
        answer = await self.ada.post("/start_avatar", json={})
        assert answer.status_code == 201, answer.text
        body: Json = answer.json()
        return body

    async def speak(self, session: Json, text: str, **more: Any) -> None:
        body = {"avatar_session_id": session["avatar_session_id"], "text": text, **more}
        answer = await self.ada.post("/speak", json=body)
        assert answer.status_code == 200, answer.text

    async def order(self, **more: Any) -> Json:
        """Create a session at the provider, and start it unless the caller's client does."""
        body = {"mode": "LITE", "avatar_id": AVATAR, "avatar_persona": {}, **more}
        key = {"X-API-KEY": self.stack.simulators.liveavatar.key}
        answer = await self.ada.post(f"{self.provider}/v1/sessions/token", json=body, headers=key)
        data: Json = answer.json()["data"]
        return data

    async def start_session(self, **more: Any) -> Json:
        ordered = await self.order(**more)
        headers = {"authorization": f"Bearer {ordered['session_token']}"}
        answer = await self.ada.post(f"{self.provider}/v1/sessions/start", headers=headers)
        return {**ordered, **answer.json()["data"]}

    async def join(self, url: str, token: str, **options: Any) -> Json:
        """Join with livekit-client, as the next viewer of the page."""
        facts: Json = await self.page.evaluate(
            "([url, token, options]) => join(url, token, options)", [url, token, options]
        )
        return facts

    async def until(self, condition: str) -> None:
        """Wait until a JavaScript condition holds."""
        await self.page.wait_for_function(condition, timeout=PATIENCE)

    async def read(self, expression: str) -> Any:
        return await self.page.evaluate(expression)


@pytest.fixture(scope="session")
def script() -> Path:
    """Return the script of the page, with the clients that it imports, in one file."""
    target = Path(tempfile.mkdtemp()) / "pages.js"
    source = str(Path(__file__).parent / "pages.js")
    command = [str(ESBUILD), source, "--bundle", f"--outfile={target}", "--log-level=error"]
    subprocess.run(command, check=True, timeout=120)
    return target


@asynccontextmanager
async def browsing(microphone: Path) -> AsyncIterator[Browser]:
    """Run Chromium with a file as its microphone, while the block runs."""
    speaks = f"--use-file-for-fake-audio-capture={microphone}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, speaks])
        try:
            yield browser
        finally:
            await browser.close()


def speak_into(microphone: Path) -> None:
    """Write a sentence and a pause as the file of Chromium's microphone."""
    pcm = synthesize(EspeakRequest("Hello, this is a person who speaks.", rate=48_000))
    with wave.open(str(microphone), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes(pcm + bytes(2 * 96_000))


@pytest.fixture
async def studio(tmp_path: Path, script: Path) -> AsyncIterator[Studio]:
    async def index(_: object) -> Response:
        return HTMLResponse(PAGE)

    async def pages(_: object) -> Response:
        return FileResponse(script)

    site = Starlette(routes=[Route("/", index), Route("/pages.js", pages)])
    microphone = tmp_path / "microphone.wav"
    speak_into(microphone)
    async with (
        stack(lend_key(tmp_path), scheduled=False) as local,
        serving(site) as address,
        browsing(microphone) as browser,
        plain_client(base_url=local.url, headers=local.sign_in("ada"), timeout=60) as ada,
    ):
        page = await browser.new_page()
        await page.goto(address)
        await page.wait_for_function("window.ready")
        yield Studio(local, ada, page)
