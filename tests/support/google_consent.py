"""A person who connects Google, against the fake of Google's OAuth server."""

from urllib.parse import parse_qs, urlsplit

from common.app import App
from common.domain.user import User
from common.schemas.connections import (
    BeginGoogleRequest,
    ConnectGoogleRequest,
    FinishGoogleRequest,
)
from tests.support.fakes.google import FakeGoogle


async def give_consent(
    app: App, google: FakeGoogle, user: User, *, mail: bool = True, calendar: bool = True
) -> str:
    """Go through a consent as the browser of `user`, and return the result that the page gets."""
    asked = await app.connections.ask(user, ConnectGoogleRequest(mail=mail, calendar=calendar))
    begun = await app.connections.begin(BeginGoogleRequest(ticket=query_of(asked.url)["ticket"]))
    if (refused := query_of(begun.url).get("google")) is not None:
        return refused
    cookie = (begun.cookie or "").partition(";")[0]
    request = FinishGoogleRequest(state=query_of(begun.url)["state"], code=google.allow(begun.url))
    request.note_headers({"cookie": cookie})
    finished = await app.connections.finish(request)
    return query_of(finished.url)["google"]


def query_of(address: str) -> dict[str, str]:
    """Return the query of an address, with the first value of each name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
