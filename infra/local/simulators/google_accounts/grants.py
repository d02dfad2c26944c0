"""Codes, refresh tokens and access tokens: what Google's OAuth server remembers."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

CODE_SECONDS = 600.0
ACCESS_SECONDS = 3599
TESTING_SECONDS = 7 * 86_400.0
UNUSED_SECONDS = 180 * 86_400.0
"""A refresh token that was unused for six months is invalid."""
IDENTITY = ("openid", "email", "profile")
ALIASES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
"""Names of scopes that Google answers with another one."""


class OauthError(Exception):
    """An error of the token endpoint (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class GrantSettings(Protocol):
    testing: bool
    live_tokens: int

    @property
    def now(self) -> "NowFunction": ...

    @property
    def new_secret(self) -> "SecretFunction": ...


class NowFunction(Protocol):
    def __call__(self) -> float: ...


class SecretFunction(Protocol):
    def __call__(self) -> str: ...


@dataclass
class IssuedCode:
    """An authorisation code, and the request that it answers."""

    sub: str
    scopes: tuple[str, ...]
    redirect_url: str
    challenge: str
    method: str
    offline: bool
    made_at: float
    used: bool = False


@dataclass
class RefreshToken:
    text: str
    sub: str
    scopes: tuple[str, ...]
    made_at: float
    used_at: float


@dataclass(frozen=True)
class IssuedAccess:
    """An access token: the account, its scopes, and when it expires (seconds since 1970)."""

    text: str
    sub: str
    scopes: tuple[str, ...]
    expires_at: float


class Grants:
    """The grants of one client. A token that is revoked takes the whole grant of its account."""

    def __init__(self, settings: GrantSettings) -> None:
        self._settings = settings
        self.codes: dict[str, IssuedCode] = {}
        self.refresh_tokens: list[RefreshToken] = []
        self.access_tokens: dict[str, IssuedAccess] = {}
        self.granted: dict[str, tuple[str, ...]] = {}
        """The scopes that an account has ever granted, by `sub`, until it revokes them."""

    # ── issuing ──────────────────────────────────────────────────────────────────────────────────

    def grant(self, code: IssuedCode, *, include_granted: bool) -> str:
        """Note the consent of an account, and return a code."""
        before = self.granted.get(code.sub, ()) if include_granted else ()
        code.scopes = tuple(dict.fromkeys((*code.scopes, *before)))
        self.granted[code.sub] = tuple(
            dict.fromkeys((*self.granted.get(code.sub, ()), *code.scopes))
        )
        text = f"4/0{self._settings.new_secret()}"
        self.codes[text] = code
        return text

    def exchange(
        self, text: str, redirect_url: str, verifier: str
    ) -> tuple[IssuedCode, str | None]:
        """Use a code up. Return it with the refresh token, if it was asked for.

        Raises OauthError. A code that is used twice revokes what the first use gave.
        """
        code = self.codes.get(text)
        if code is None or self._settings.now() > code.made_at + CODE_SECONDS:
            raise OauthError("invalid_grant", "Malformed auth code.")
        if code.used:
            self.forget(code.sub)
            raise OauthError("invalid_grant", "Bad Request")
        if redirect_url != code.redirect_url:
            raise OauthError("redirect_uri_mismatch", "Bad Request")
        if code.challenge and not _matches(code, verifier):
            raise OauthError("invalid_grant", "Invalid code verifier.")
        if not code.challenge and verifier:
            raise OauthError("invalid_grant", "code_verifier or verifier is not needed.")
        code.used = True
        return code, self._refresh_token(code) if code.offline else None

    def _refresh_token(self, code: IssuedCode) -> str:
        now = self._settings.now()
        token = RefreshToken(f"1//{self._settings.new_secret()}", code.sub, code.scopes, now, now)
        self.refresh_tokens.append(token)
        own = [each for each in self.refresh_tokens if each.sub == code.sub]
        for oldest in own[: max(0, len(own) - self._settings.live_tokens)]:
            self.refresh_tokens.remove(oldest)
        return token.text

    def access(self, sub: str, scopes: Iterable[str]) -> IssuedAccess:
        until = self._settings.now() + ACCESS_SECONDS
        access = IssuedAccess(f"ya29.{self._settings.new_secret()}", sub, tuple(scopes), until)
        self.access_tokens[access.text] = access
        return access

    def refresh(self, text: str, scope: str) -> IssuedAccess:
        """Return a new access token, with all scopes or with those of `scope`. Raises OauthError."""
        now = self._settings.now()
        token = next((each for each in self.refresh_tokens if each.text == text), None)
        if token is None or self._has_expired(token, now):
            raise OauthError("invalid_grant", "Token has been expired or revoked.")
        wanted = tuple(scope.split()) or token.scopes
        if not set(wanted) <= set(token.scopes):
            raise OauthError("invalid_scope", "Bad Request")
        token.used_at = now
        return self.access(token.sub, wanted)

    def _has_expired(self, token: RefreshToken, now: float) -> bool:
        if self._settings.testing and now > token.made_at + TESTING_SECONDS:
            return True
        return now > token.used_at + UNUSED_SECONDS

    # ── revoking ─────────────────────────────────────────────────────────────────────────────────

    def revoke(self, text: str) -> None:
        """Revoke the whole grant of the token's account. Raises OauthError."""
        tokens = [each.sub for each in self.refresh_tokens if each.text == text]
        access = self.access_tokens.get(text)
        subs = [*tokens, *([access.sub] if access else [])]
        if not subs:
            raise OauthError("invalid_token", "Token expired or revoked")
        self.forget(subs[0])

    def forget(self, sub: str) -> None:
        """Revoke the grant of an account, as the account's own settings page does."""
        self.refresh_tokens = [each for each in self.refresh_tokens if each.sub != sub]
        self.access_tokens = {
            text: each for text, each in self.access_tokens.items() if each.sub != sub
        }
        self.granted.pop(sub, None)

    def expire_access(self) -> None:
        """Let every access token expire now."""
        self.access_tokens.clear()

    def find_access(self, text: str) -> IssuedAccess | None:
        """Return an access token that is valid."""
        access = self.access_tokens.get(text)
        return access if access and access.expires_at > self._settings.now() else None


def _matches(code: IssuedCode, verifier: str) -> bool:
    if code.method == "plain":
        return hmac.compare_digest(verifier, code.challenge)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(challenge, code.challenge)
