import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.simulators.liveavatar.sessions import Session

LIVEKIT_KEY = "simulated-livekit"
Use = Literal["session", "socket", "livekit"]


class BadToken(Exception):
    pass


@dataclass(frozen=True)
class SessionTokens:
    """The three tokens of a session, none of which opens what another is for.

    Real JWTs. `lifetime` in seconds; `unix` gives the time now, in seconds since 1970.
    """

    secret: str
    lifetime: int
    unix: Callable[[], float]

    def session(self, session: Session) -> str:
        return self._signed(session, "session")

    def socket(self, session: Session) -> str:
        return self._signed(session, "socket")

    def livekit(self, session: Session, identity: str) -> str:
        """A LiveKit access token for the room named after the session."""
        may = ("roomJoin", "canPublish", "canSubscribe", "canPublishData")
        grant = {"room": session.id, **dict.fromkeys(may, True)}
        who = {"iss": LIVEKIT_KEY, "sub": identity, "name": identity}
        return self._signed(session, "livekit", video=grant, **who)

    def read(self, token: str, use: Use) -> str:
        """The session's id. Raises BadToken unless it is ours, of this use, and has not expired."""
        claims = verify(token, self.secret, self.unix())
        if claims["use"] != use:
            raise BadToken("use")
        return str(claims["session_id"])

    def _signed(self, session: Session, use: Use, **more: Any) -> str:  # noqa: ANN401 - JSON
        issued = int(self.unix())
        claims = {
            "session_id": session.id,
            "use": use,
            "iat": issued,
            "nbf": issued,
            "exp": issued + self.lifetime,
            "start_session_data": {"mode": session.mode, "avatar_id": session.avatar_id},
        }
        return sign({**claims, **more}, self.secret)


def sign(claims: dict[str, Any], secret: str) -> str:
    """A JWT, HS256 (RFC 7515)."""
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_signature(signed, secret)}"


def verify(token: str, secret: str, now: float) -> dict[str, Any]:
    """Its claims. Raises BadToken unless `secret` signed it and `exp` is after `now` (Unix)."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(signed, secret).encode()):
        raise BadToken("signature")
    claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
    if claims["exp"] <= now:
        raise BadToken("expired")
    return claims


def _signature(signed: str, secret: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
