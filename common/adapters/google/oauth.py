"""Google's OAuth server: consent address, code exchange, refresh and revocation."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from google.oauth2 import id_token

from common.adapters.google.identity import SKEW_SECONDS, CertificateCache, CertificateResponse
from common.adapters.http.client import HttpClient
from common.adapters.http.request import (
    KB,
    RETRY_IDEMPOTENT,
    RETRY_UNSENT,
    HttpAnswer,
    OutboundRequest,
    Retry,
    refusal,
)
from common.domain import errors
from common.domain.google.connection import GoogleAccount
from common.ports.clock import Clock
from common.ports.google import AccessToken, ExchangedCode

SERVICE = "google"
DEADLINE = 8.0
"""Seconds for each call: less than the refresh lease."""
CAP = 64 * KB
IDENTITY_SCOPES = ("openid", "email")
GONE = {"invalid_grant", "invalid_token"}
"""Errors of a code or token that Google does not accept: used, expired, revoked, or not ours."""


@dataclass(frozen=True)
class OauthAddresses:
    """The addresses of the server. `at(base)` are those of the local simulator."""

    consent: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    certificates: str = "https://www.googleapis.com/oauth2/v1/certs"

    @classmethod
    def at(cls, base: str) -> "OauthAddresses":
        return cls(
            f"{base}/o/oauth2/v2/auth", f"{base}/token", f"{base}/revoke", f"{base}/oauth2/v1/certs"
        )


@dataclass(frozen=True)
class OauthClient:
    """The OAuth client of the deployment, from the JSON file that the console offers."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "OauthClient":
        """Raise `Failed` for anything else. The message quotes nothing of the text."""
        try:
            client = json.loads(text)["web"]
            return cls(str(client["client_id"]), str(client["client_secret"]))
        except (ValueError, KeyError, TypeError):
            pass
        raise errors.Failed(SERVICE, "malformed OAuth client")


class GoogleOauth:
    """`GoogleAccounts` over HTTP. `read_client` returns the text of the OAuth client's JSON file."""

    def __init__(
        self,
        read_client: Callable[[], Awaitable[str]],
        redirect_url: str,
        http_client: HttpClient,
        clock: Clock,
        addresses: OauthAddresses | None = None,
    ) -> None:
        self._read_client = read_client
        self._redirect_url = redirect_url
        self._http_client = http_client
        self._clock = clock
        self._addresses = addresses or OauthAddresses()
        self._certificates = CertificateCache(
            self._fetch_certificates, lambda: clock.now().timestamp()
        )

    async def is_set_up(self) -> bool:
        try:
            await self._client()
        except errors.UpstreamNotFound:  # the secret has no version
            return False
        return True

    async def consent_url(
        self, scopes: Sequence[str], state: str, challenge: str, login_hint: str | None
    ) -> str:
        query = {
            "client_id": (await self._client()).id,
            "redirect_uri": self._redirect_url,
            "response_type": "code",
            "scope": " ".join((*IDENTITY_SCOPES, *scopes)),
            "state": state,
            "access_type": "offline",
            "prompt": "consent",  # without it Google gives a refresh token only the first time
            "include_granted_scopes": "true",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"login_hint": login_hint} if login_hint else {}),
        }
        return f"{self._addresses.consent}?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> ExchangedCode:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self._redirect_url,
        }
        # A code is accepted once.
        answer = await self._ask_token(form, RETRY_UNSENT, changes=True)
        account = await self._account(answer)
        refresh_token = answer.get("refresh_token")
        return ExchangedCode(
            self._access(answer),
            refresh_token if isinstance(refresh_token, str) and refresh_token else None,
            account,
        )

    async def refresh(self, refresh_token: str, scopes: Sequence[str]) -> AccessToken:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        form["scope"] = " ".join(scopes)
        answer = await self._ask_token(form, RETRY_IDEMPOTENT, changes=False)
        return self._access(answer)

    async def revoke(self, token: str) -> None:
        request = OutboundRequest(SERVICE, "POST", self._addresses.revoke, form={"token": token})
        answer = await self._call(request, RETRY_IDEMPOTENT)
        if not answer.ok and _error(answer) not in GONE:
            raise refusal(request, answer)

    async def _ask_token(
        self, form: Mapping[str, str], retry: Retry, *, changes: bool
    ) -> Mapping[str, Any]:
        client = await self._client()
        form = {**form, "client_id": client.id, "client_secret": client.secret}
        request = OutboundRequest(
            SERVICE, "POST", self._addresses.token, form=form, changes=changes
        )
        answer = await self._call(request, retry)
        body = answer.json()
        if _error(answer) in GONE:
            raise errors.UpstreamNotFound(SERVICE, "it does not accept the grant")
        if not answer.ok:
            raise refusal(request, answer)
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise errors.Failed(SERVICE, "malformed tokens")
        return body

    async def _call(self, request: OutboundRequest, retry: Retry) -> HttpAnswer:
        return await self._http_client.call(request, deadline=DEADLINE, cap=CAP, retry=retry)

    def _access(self, answer: Mapping[str, Any]) -> AccessToken:
        lasts, scope = answer.get("expires_in"), answer.get("scope")
        if not isinstance(lasts, int) or not isinstance(scope, str):
            raise errors.Failed(SERVICE, "malformed tokens")
        until = self._clock.now() + timedelta(seconds=max(0, min(lasts, 86_400)))
        return AccessToken(answer["access_token"], until, tuple(scope.split()))

    async def _account(self, answer: Mapping[str, Any]) -> GoogleAccount:
        """Return the account of the verified ID token. Raises `Failed`."""
        certificates = await self._certificates.get()
        response = CertificateResponse(json.dumps(dict(certificates)).encode())
        client = await self._client()
        claims: Any = None
        try:
            claims = id_token.verify_oauth2_token(  # type: ignore[no-untyped-call]  # google-auth's
                answer.get("id_token"),
                lambda *_, **__: response,
                audience=client.id,
                clock_skew_in_seconds=SKEW_SECONDS,
            )
        except Exception:  # noqa: BLE001 - it raises KeyError, TypeError and more, and quotes the token
            claims = None
        if not isinstance(claims, Mapping) or not isinstance(claims.get("sub"), str):
            raise errors.Failed(SERVICE, "invalid ID token")
        scopes = str(answer.get("scope", "")).split()
        return GoogleAccount(claims["sub"], str(claims.get("email") or ""), tuple(scopes))

    async def _client(self) -> OauthClient:
        return OauthClient.parse(await self._read_client())

    async def _fetch_certificates(self) -> HttpAnswer:
        request = OutboundRequest(SERVICE, "GET", self._addresses.certificates, changes=False)
        return await self._call(request, RETRY_IDEMPOTENT)


def _error(answer: HttpAnswer) -> str:
    """Return the error code of an OAuth answer (RFC 6749, 5.2), or ""."""
    body = answer.json() if not answer.ok else None
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""
