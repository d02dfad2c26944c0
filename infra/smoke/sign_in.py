"""Who the smoke test is: what an operator has at hand, from the environment.

OPRINA_SMOKE_TOKEN       an ID token, as a signed-in page holds one; good for an hour
OPRINA_SMOKE_API_KEY     the project's web key (the page has it: it is no secret), with
OPRINA_SMOKE_EMAIL       a user who was made for this in Firebase, and
OPRINA_SMOKE_PASSWORD    their password
none of them             anybody: the local stack asks for no more
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

SignIn = Callable[[httpx.AsyncClient], Awaitable[str]]
"""Gives an ID token; raises `NotSignedInError`."""

FIREBASE = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
LOCAL = "/local/sign-in"
TOKEN, *USER = (f"OPRINA_SMOKE_{name}" for name in ("TOKEN", "API_KEY", "EMAIL", "PASSWORD"))


class NotSignedInError(Exception):
    """Why, and what to set."""


def sign_in_of(environment: Mapping[str, str]) -> SignIn:
    """Raises `NotSignedInError` where only a part of what is needed is set."""
    if environment.get(TOKEN):
        return _with_token(environment[TOKEN])
    missing = [name for name in USER if not environment.get(name)]
    if len(missing) == len(USER):
        return local
    if missing:
        raise NotSignedInError(f"not set: {', '.join(missing)}")
    return _with_password(*(environment[name] for name in USER))


def _with_token(token: str) -> SignIn:
    async def given(_: httpx.AsyncClient) -> str:
        return token

    return given


def _with_password(key: str, email: str, password: str) -> SignIn:
    async def firebase(http: httpx.AsyncClient) -> str:
        body = {"email": email, "password": password, "returnSecureToken": True}
        answer = await http.post(FIREBASE, params={"key": key}, json=body)
        said = _json(answer)
        if not answer.is_success or "idToken" not in said:
            why = said.get("error", {}).get("message", "")
            raise NotSignedInError(f"Firebase answered {answer.status_code} {why}".strip())
        return str(said["idToken"])

    return firebase


def _json(answer: httpx.Response) -> dict[str, Any]:
    """Empty where it is none: whatever stands between us and Firebase says what it likes."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


async def local(http: httpx.AsyncClient) -> str:
    answer = await http.post(LOCAL, json={"name": "smoke"}) if http.base_url.host else None
    if answer is None or not answer.is_success:
        raise NotSignedInError(f"not a local stack, so set {TOKEN}, or {', '.join(USER)}")
    return str(answer.json()["id_token"])
