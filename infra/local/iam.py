"""Cloud Run's IAM check, which stands in front of an internal function."""

import json
from collections.abc import Mapping
from typing import Any

from google.auth import exceptions, jwt
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.identity import GOOGLE

SKEW = 10
"""Seconds by which clocks may differ."""


class Iam:
    """Middleware that admits one service account, as Cloud Run's invoker check does.

    `certificates` are PEM texts by key id. A request without a token, or of another account, is
    answered 403; an invalid token 401. The admitted request carries the token without its signature.
    """

    def __init__(
        self, app: ASGIApp, certificates: Mapping[str, str], *, audience: str, account: str
    ) -> None:
        self._app = app
        self._certificates = certificates
        self._audience = audience
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = MutableHeaders(scope=scope)
        refusal = self._refusal(headers.get("authorization", ""))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        signed, _, _ = headers["authorization"].rpartition(".")
        headers["authorization"] = f"{signed}.SIGNATURE_REMOVED_BY_GOOGLE"
        await self._app({**scope, "headers": headers.raw}, receive, send)

    def _refusal(self, authorization: str) -> Response | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return PlainTextResponse("Forbidden\n", 403)
        claims = self._claims(token.strip())
        if claims is None:
            invalid = {"www-authenticate": 'Bearer error="invalid_token"'}
            return PlainTextResponse("Unauthorized\n", 401, invalid)
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            return PlainTextResponse("Forbidden\n", 403)
        return None

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        """Return the claims of a token, or None if it is not valid for the audience now."""
        try:
            claims: Mapping[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]  # google-auth's
                token,
                certs=self._certificates,
                audience=self._audience,
                clock_skew_in_seconds=SKEW,
            )
        except (ValueError, KeyError, TypeError, AttributeError, exceptions.GoogleAuthError):
            return None
        except RecursionError:  # the JSON of a header or a payload may be nested without end
            return None
        return claims if claims.get("iss") == GOOGLE else None


def certificates_in(text: bytes) -> Mapping[str, str]:
    """Parse a certificates file: a JSON object of PEM texts by key id."""
    found: dict[str, str] = json.loads(text)
    return found
