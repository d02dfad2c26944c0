"""The tokens of a session: real JWTs (RFC 7519), signed with HS256."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.simulators.liveavatar.session import LiveAvatarSession

LIVEKIT_KEY = "simulated-livekit"
TokenUse = Literal["session", "socket", "livekit"]


class BadTokenError(Exception):
    """A token that is not ours, is for another use, or has expired."""


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


def sign(claims: dict[str, Any], secret: str) -> str:
    """Return a JWT with these claims."""
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_signature(signed, secret)}"


def verify(token: str, secret: str, now: float) -> dict[str, Any]:
    """Return a JWT's claims.

    Raises `BadTokenError` unless `secret` signed it and `exp` is after `now` (seconds since 1970).
    """
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(signed, secret).encode()):
        raise BadTokenError("signature")
    claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
    if claims["exp"] <= now:
        raise BadTokenError("expired")
    return claims


def _signature(signed: str, secret: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
