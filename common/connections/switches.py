"""Read the connection, and switch its services on and off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from common.domain.errors import NotFound
from common.domain.google.connection import SERVICES, GoogleConnection, Service, connection_path
from common.domain.google.errors import GoogleNotAllowed
from common.domain.ids import UserId
from common.schemas.connections import GoogleConnectionAnswer, ServiceState
from common.transactions.transaction import Decision, Documents


@dataclass(frozen=True)
class ReadConnection:
    """Read the connection (a `Transaction` that writes nothing). The result is None without one."""

    user: UserId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[GoogleConnection | None]:  # noqa: ARG002 - a parameter of Transaction
        return Decision(GoogleConnection.read(documents[connection_path(self.user)]))


@dataclass(frozen=True)
class SwitchServices:
    """Switch services (a `Transaction`). Raises NotFound, GoogleNotAllowed."""

    user: UserId
    switches: Mapping[Service, bool]

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:  # noqa: ARG002 - a parameter of Transaction
        found = GoogleConnection.read(documents[connection_path(self.user)])
        if found is None or found.state == "disconnecting":
            raise NotFound("Google is not connected.")
        for service, on in self.switches.items():
            if on and not found.allows(service):
                raise GoogleNotAllowed(f"Google has not allowed {service}. Connect again to ask.")
        changes = {name: on for name, on in self.switches.items() if getattr(found, name) != on}
        return Decision(None, [found.switch(changes)] if changes else [])


def connection_answer(found: GoogleConnection | None) -> GoogleConnectionAnswer:
    """Return the connection as its user sees it."""
    if found is None:
        return GoogleConnectionAnswer()
    if found.state == "disconnecting":
        return GoogleConnectionAnswer(state="disconnecting", account=found.email or None)
    services = {
        service: ServiceState(allowed=found.allows(service), on=found.is_on(service))
        for service in SERVICES
    }
    return GoogleConnectionAnswer(
        state=found.state,
        account=found.email or None,
        mail=services["mail"],
        calendar=services["calendar"],
        last_used_at=found.used_at,
    )
