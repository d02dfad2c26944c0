"""Sign in as the user of the smoke test, from what the environment holds.

OPRINA_SMOKE_TOKEN       an ID token, as a signed-in page holds one; valid for an hour
OPRINA_SMOKE_API_KEY     the project's web API key (not a secret: the page contains it), with
OPRINA_SMOKE_EMAIL       the address of a Firebase user made for this test, and
OPRINA_SMOKE_PASSWORD    the password of that user
none of them             a user of the local stack, which asks for no credentials
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

SignIn = Callable[[httpx.AsyncClient], Awaitable[str]]
"""Returns an ID token. Raises `NotSignedInError`."""

FIREBASE = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
LOCAL = "/local/sign-in"
TOKEN, *USER = (f"OPRINA_SMOKE_{name}" for name in ("TOKEN", "API_KEY", "EMAIL", "PASSWORD"))


class NotSignedInError(Exception):
    """The sign-in failed. The message names the variables to set."""


def sign_in_of(environment: Mapping[str, str]) -> SignIn:
    """Return the sign-in for the variables that are set.

    Raises `NotSignedInError` if only some of the user's variables are set.
    """
    if environment.get(TOKEN):
        return _with_token(environment[TOKEN])
    missing = [name for name in USER if not environment.get(name)]
    if len(missing) == len(USER):
        return local
    if missing:
        raise NotSignedInError(f"not set: {', '.join(missing)}")
    return _with_password(*(environment[name] for name in USER))


def _with_token(token: str) -> SignIn:
    async def sign_in(_: httpx.AsyncClient) -> str:
        return token

    return sign_in


def _with_password(key: str, email: str, password: str) -> SignIn:
    async def sign_in(http: httpx.AsyncClient) -> str:
        body = {"email": email, "password": password, "returnSecureToken": True}
        answer = await http.post(FIREBASE, params={"key": key}, json=body)
        fields = _json(answer)
        if not answer.is_success or "idToken" not in fields:
            reason = fields.get("error", {}).get("message", "")
            raise NotSignedInError(f"Firebase answered {answer.status_code} {reason}".strip())
        return str(fields["idToken"])

    return sign_in


def _json(answer: httpx.Response) -> dict[str, Any]:
    """Return the answer's object, or an empty one: a proxy on the way may answer with anything."""
    try:
        fields = answer.json()
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


async def local(http: httpx.AsyncClient) -> str:
    """Sign in at the local stack."""
    answer = await http.post(LOCAL, json={"name": "smoke"}) if http.base_url.host else None
    if answer is None or not answer.is_success:
        raise NotSignedInError(f"this is not a local stack: set {TOKEN}, or {', '.join(USER)}")
    return str(answer.json()["id_token"])
