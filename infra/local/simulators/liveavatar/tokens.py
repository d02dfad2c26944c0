"""The tokens of a session: real JWTs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.simulators.json_web_tokens import BadTokenError, sign, verify
from infra.local.simulators.liveavatar.session import LiveAvatarSession

LIVEKIT_KEY = "simulated-livekit"
TokenUse = Literal["session", "socket", "livekit"]


@dataclass(frozen=True)
class SessionTokens:
    """Makes and reads the three tokens of a session. A token is refused where another is expected.

    `lifetime` counts seconds. `unix` returns the time now, in seconds since 1970.
    """

    secret: str
    lifetime: int
    unix: Callable[[], float]

    def session(self, session: LiveAvatarSession) -> str:
        """Return the token that starts, keeps and stops the session."""
        return self._sign(session, "session")

    def socket(self, session: LiveAvatarSession) -> str:
        """Return the token of the session's websocket."""
        return self._sign(session, "socket")

    def livekit(self, session: LiveAvatarSession, identity: str) -> str:
        """Return a LiveKit access token for the room named after the session."""
        may = ("roomJoin", "canPublish", "canSubscribe", "canPublishData")
        grant = {"room": session.id, **dict.fromkeys(may, True)}
        who = {"iss": LIVEKIT_KEY, "sub": identity, "name": identity}
        return self._sign(session, "livekit", video=grant, **who)

    def read(self, token: str, use: TokenUse) -> str:
        """Return the session's id. Raises `BadTokenError`."""
        claims = verify(token, self.secret, self.unix())
        if claims["use"] != use:
            raise BadTokenError("use")
        return str(claims["session_id"])

    def _sign(self, session: LiveAvatarSession, use: TokenUse, **more: Any) -> str:  # noqa: ANN401 - JSON
        issued = int(self.unix())
        plan = session.plan
        claims = {
            "session_id": session.id,
            "use": use,
            "iat": issued,
            "nbf": issued,
            "exp": issued + self.lifetime,
            "start_session_data": {"mode": plan.mode, "avatar_id": plan.avatar_id},
        }
        return sign({**claims, **more}, self.secret)
