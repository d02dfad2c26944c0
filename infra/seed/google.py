"""Connect Google for the people of the seed, as they would do it in a browser.

The accounts are those of the local stack's simulator, which forgets its grants when the stack ends.
After a restart the connection asks to be made again, and a second `make seed` does that.
"""

from collections.abc import Sequence
from urllib.parse import urljoin

import httpx

from common.settings import Settings
from infra.local.demo.google_browser import GoogleBrowser
from infra.seed.talks import SeedPerson

SECONDS = 20.0


async def connect_google(settings: Settings, people: Sequence[SeedPerson]) -> list[str]:
    """Connect each person who is not connected. Return a line for each, also for one that failed."""
    lines = []
    for person in people:
        async with (
            httpx.AsyncClient(timeout=SECONDS, trust_env=False) as api,
            httpx.AsyncClient(timeout=SECONDS, trust_env=False) as browser,
        ):
            try:
                said = await _connect(settings.connections_url, person, api, GoogleBrowser(browser))
            except (httpx.HTTPError, ValueError, LookupError) as error:
                said = f"not connected ({type(error).__name__}); run this command again"
        lines.append(f"{person.name}: Google {said}")
    return lines


async def _connect(
    url: str, person: SeedPerson, api: httpx.AsyncClient, browser: GoogleBrowser
) -> str:
    signed_in = await api.post(urljoin(url, "/local/sign-in"), json={"name": person.name})
    token = signed_in.raise_for_status().json()["id_token"]
    api.headers["authorization"] = f"Bearer {token}"
    known = (await api.get(f"{url}/google")).raise_for_status().json()
    if known["state"] == "connected":
        return "is connected already"
    wanted = {name: name in person.google for name in ("mail", "calendar")}
    asked = (await api.post(f"{url}/google", json=wanted)).raise_for_status().json()
    form = await browser.open(asked["url"])
    account = f"{person.name.lower()}@gmail.example"
    result = await browser.finish(await browser.allow(form, account=account))
    return f"{result}: {account}, {' and '.join(person.google)}"
