"""A stack with the simulator of Google, and people in front of their browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from infra.local.demo.google_browser import ConsentForm, GoogleBrowser
from infra.local.plain_http import plain_client
from infra.local.simulators.google_accounts import GoogleAccountsState
from infra.local.stack import Stack
from tests.local.stacks import standing


@dataclass
class Person:
    """A signed-in person: `api` has our token, `http` is the browser with its cookies."""

    local: Stack
    api: httpx.AsyncClient
    http: httpx.AsyncClient
    return_to: str | None = None

    @property
    def browser(self) -> GoogleBrowser:
        return GoogleBrowser(self.http)

    async def ask(self, **fields: Any) -> str:
        """Return the one-use address."""
        page = {"return_to": self.return_to} if self.return_to else {}
        asked = {"mail": True, "calendar": True, **page, **fields}
        answer = await self.api.post("/api/connections/google", json=asked)
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["url"]
        return url

    async def form(self, **fields: Any) -> ConsentForm:
        return await self.browser.open(await self.ask(**fields))

    async def connect(self, mail: bool = True, calendar: bool = True, **allow: Any) -> str:
        """Go through the whole consent, and return the result."""
        form = await self.form(mail=mail, calendar=calendar)
        return await self.browser.finish(await self.browser.allow(form, **allow))

    async def state(self) -> dict[str, Any]:
        answer = await self.api.get("/api/connections/google")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class GoogleScene:
    """A stack with people by name."""

    local: Stack
    people: dict[str, Person]

    @property
    def google(self) -> GoogleAccountsState:
        return self.local.simulators.google

    @property
    def ada(self) -> Person:
        return self.people["ada"]

    @property
    def bob(self) -> Person:
        return self.people["bob"]

    def secrets(self) -> list[str]:
        """Return the names of the secrets of refresh tokens."""
        names = self.local.cloud.secrets._secrets
        return [name for name in map(str, names) if "google-grant-" in name]


@asynccontextmanager
async def google_scene(folder: Path, **settings: Any) -> AsyncIterator[GoogleScene]:
    async with standing(folder, **settings) as (local, _):
        people: dict[str, Person] = {}
        for name in ("ada", "bob"):
            api = plain_client(base_url=local.url, headers=local.sign_in(name), timeout=20)
            http = plain_client(timeout=20)
            people[name] = Person(local, api, http)
        yield GoogleScene(local, people)
        for person in people.values():
            await person.api.aclose()
            await person.http.aclose()


ONE_ORIGIN = "http://127.0.0.1"
TWO_ORIGINS = "http://localhost:5173"


@pytest.fixture(params=["one origin", "two origins"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[GoogleScene]:
    """The page and the API on one origin, and on two."""
    async with google_scene(tmp_path) as found:
        page = found.local.url if request.param == "one origin" else TWO_ORIGINS
        for person in found.people.values():
            person.api.headers["origin"] = page
            person.return_to = f"{page}/settings"
        yield found


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
