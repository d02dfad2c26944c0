"""The keys that the caller of a turn passes to the tools. ADK stores none of them.

`temp:google_access_token`: a short-lived access token. `temp:google_services`: what the user has
switched on. `temp:confirmed`: the digest of the action that the user has confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

TOKEN = "temp:google_access_token"  # noqa: S105 - a key, not a token
SERVICES = "temp:google_services"
CONFIRMED = "temp:confirmed"


class State(Protocol):
    """The state of ADK's context, or a mapping."""

    def get(self, key: str, /) -> Any: ...  # noqa: ANN401 - any value


@dataclass(frozen=True)
class TurnState:
    """The state of one turn. `turn` is the id of ADK's invocation."""

    turn: str
    token: str | None = field(repr=False)
    services: tuple[str, ...]
    confirmed: str | None

    @classmethod
    def of(cls, state: State, turn: str) -> "TurnState":
        token, services, confirmed = (state.get(key) for key in (TOKEN, SERVICES, CONFIRMED))
        return cls(
            turn,
            token if isinstance(token, str) and token else None,
            ("mail", "calendar") if services is None else tuple(map(str, services)),
            confirmed if isinstance(confirmed, str) and confirmed else None,
        )

    def refusal(self, service: str) -> Mapping[str, Any] | None:
        """Return the answer of a tool whose service is not connected, or None."""
        if self.token is None:
            text = (
                "The user's Google account is not connected. They can connect it in the settings."
            )
            return {"error": text, "code": "google_not_connected"}
        if service not in self.services:
            text = f"The user has not switched on {service}. They can do it in the settings."
            return {"error": text, "code": "google_not_allowed"}
        return None
