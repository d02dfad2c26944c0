"""What IAM does in front of an internal function: nobody passes but its one invoker."""

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
    """`certificates` by key id. As on Cloud Run: 403 without a token or for another account, 401 for
    a token that is not good; and behind it the token has lost its signature."""

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
            return PlainTextResponse("Forbidden: this function is internal.\n", 403)
        claims = self._claims(token.strip())
        if claims is None:
            invalid = {"www-authenticate": 'Bearer error="invalid_token"'}
            return PlainTextResponse("Unauthorized: the token is not good.\n", 401, invalid)
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            return PlainTextResponse("Forbidden: the account may not call this.\n", 403)
        return None

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        """None: not signed by us, for another audience, or outdated."""
        try:
            claims: Mapping[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]  # google-auth's
                token,
                certs=self._certificates,
                audience=self._audience,
                clock_skew_in_seconds=SKEW,
            )
        except (ValueError, KeyError, TypeError, exceptions.GoogleAuthError):
            return None
        return claims if claims.get("iss") == GOOGLE else None


def certificates_in(text: bytes) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(text)
    return found
