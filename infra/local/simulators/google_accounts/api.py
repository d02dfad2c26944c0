"""Parts that Gmail and Calendar share: the caller's account, scopes, and errors in Google's form."""

from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from infra.local.simulators.google_accounts.accounts import GoogleAccountsState, GoogleUser

SCOPE = "https://www.googleapis.com/auth/"
REASONS = {
    400: "badRequest",
    401: "authError",
    403: "insufficientPermissions",
    404: "notFound",
    429: "rateLimitExceeded",
}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


class GoogleApiError(Exception):
    """An error of an API, in the envelope that Gmail and Calendar use."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def body(self) -> dict[str, Any]:
        reason = REASONS.get(self.status, "backendError")
        return {
            "error": {
                "code": self.status,
                "message": self.message,
                "errors": [{"message": self.message, "domain": "global", "reason": reason}],
                "status": STATUSES.get(self.status, "INTERNAL"),
            }
        }


async def answer_api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GoogleApiError)  # noqa: S101 - as registered
    return JSONResponse(error.body(), error.status)


def state_of(request: Request) -> GoogleAccountsState:
    state = request.app.state.simulator
    assert isinstance(state, GoogleAccountsState)  # noqa: S101 - narrows what Starlette keeps as Any
    return state


def admit(request: Request, scopes: Collection[str]) -> tuple[GoogleAccountsState, GoogleUser]:
    """Return the state and the account of the access token.

    Raises GoogleApiError: 401 without a valid token, 403 if it has none of the `scopes`.
    """
    state = state_of(request)
    _, _, text = request.headers.get("authorization", "").partition(" ")
    access = state.grants.find_access(text)
    if access is None:
        raise GoogleApiError(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
            "cookie or other valid authentication credential.",
        )
    if not {f"{SCOPE}{scope}" for scope in scopes} & set(access.scopes):
        raise GoogleApiError(403, "Request had insufficient authentication scopes.")
    return state, state.user_of(access.sub)


async def json_object(request: Request) -> dict[str, Any]:
    """Return the body, a JSON object. Raises GoogleApiError(400)."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GoogleApiError(400, "Parse Error")
    return body


def page_of(request: Request, name: str, largest: int) -> tuple[int, int]:
    """Return the first index and the size of the page. Raises GoogleApiError(400)."""
    asked, start = request.query_params.get(name, ""), request.query_params.get("pageToken", "")
    if not (asked or "1").isdecimal() or not (start or "0").isdecimal():
        raise GoogleApiError(400, "Invalid page.")
    return int(start or 0), max(1, min(int(asked or 100), largest))
