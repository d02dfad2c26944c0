"""Requests and answers of the Google connection."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from common.schemas.base import Answer, BrowserRequest, Request

SHORT = 2_000


class GoogleRequest(Request):
    """A request without fields."""


class ConnectGoogleRequest(Request):
    """The services that Google is asked for, and the page that the browser returns to.

    `return_to` must be an address of an allowed origin. Without it the browser returns to the first
    allowed origin.
    """

    REFUSED = ({"mail": False, "calendar": False},)

    mail: bool
    calendar: bool
    return_to: Annotated[str, Field(min_length=1, max_length=SHORT)] | None = None


class ConsentPage(Answer):
    """A one-use address. The browser visits it, and goes on to Google's consent page."""

    url: str


class BeginGoogleRequest(BrowserRequest):
    """The visit of a one-use address."""

    ticket: Annotated[str, Field(max_length=SHORT)] | None = None


class FinishGoogleRequest(BrowserRequest):
    """The return from Google. Fields that Google adds are ignored."""

    model_config = ConfigDict(extra="ignore")

    state: Annotated[str, Field(max_length=SHORT)] | None = None
    code: Annotated[str, Field(max_length=SHORT)] | None = None
    error: Annotated[str, Field(max_length=SHORT)] | None = None


class SwitchGoogleRequest(Request):
    """Switch a service on or off. A service that is left out stays as it is."""

    mail: bool | None = None
    calendar: bool | None = None


class ServiceState(Answer):
    """`allowed`: Google granted what the service needs. `on`: the assistant may use it."""

    allowed: bool = False
    on: bool = False


class GoogleConnectionAnswer(Answer):
    """The connection. `account` is the email address of the Google account.

    `reconnect`: Google has withdrawn the permission; connect again. `disconnecting`: the revocation
    at Google is not finished; a sweep finishes it. `last_used_at` is exact to an hour.
    """

    state: Literal["none", "connected", "reconnect", "disconnecting"] = "none"
    account: str | None = None
    mail: ServiceState = ServiceState()
    calendar: ServiceState = ServiceState()
    last_used_at: datetime | None = None
