# Generated from ../asynchronous by infra/docs/client_modules.py.
from dataclasses import dataclass

from ..calls import delete, get, path_of, send
from ..models import (
    ConnectGoogleRequest,
    ConsentPage,
    GoogleConnectionAnswer,
    SwitchGoogleRequest,
)
from .transport import Transport

PATH = path_of("connections", "google")


@dataclass(frozen=True)
class Google:
    """The Google connection of the person. Every method raises ApiError."""

    _transport: Transport

    def read(self) -> GoogleConnectionAnswer:
        """Return the state of the connection, and what is allowed and switched on."""
        return self._transport.ask(get(PATH), GoogleConnectionAnswer)

    def connect(self, *, mail: bool, calendar: bool, return_to: str | None = None) -> ConsentPage:
        """Begin to connect. Send the person's browser to the `url`, which can be used once."""
        body = ConnectGoogleRequest(mail=mail, calendar=calendar, return_to=return_to)
        return self._transport.ask(send("POST", PATH, body), ConsentPage)

    def switch(
        self, *, mail: bool | None = None, calendar: bool | None = None
    ) -> GoogleConnectionAnswer:
        """Switch mail or calendar on or off. Google's permission stays as it is."""
        body = SwitchGoogleRequest(mail=mail, calendar=calendar)
        return self._transport.ask(send("PATCH", PATH, body), GoogleConnectionAnswer)

    def disconnect(self) -> GoogleConnectionAnswer:
        """Revoke Google's permission for mail and calendar, and delete the connection."""
        return self._transport.ask(delete(PATH), GoogleConnectionAnswer)
