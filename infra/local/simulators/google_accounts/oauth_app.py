"""The OAuth server: consent page, token, revocation, keys."""

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.local.simulators.google_accounts.accounts import GoogleAccountsState
from infra.local.simulators.google_accounts.consent_page import consent_page, error_page
from infra.local.simulators.google_accounts.grants import ALIASES, IDENTITY, IssuedCode, OauthError

KNOWN = {
    *IDENTITY,
    *ALIASES.values(),
    *(
        f"https://www.googleapis.com/auth/{name}"
        for name in (
            *("gmail.readonly", "gmail.send", "gmail.compose", "gmail.modify"),
            *("calendar", "calendar.events", "calendar.readonly", "calendar.events.readonly"),
        )
    ),
}
"""The scopes that the simulator knows. Google refuses others on its page, with `invalid_scope`."""


def oauth_app(state: GoogleAccountsState) -> Starlette:
    """Return the app to mount in place of Google's OAuth server.

    Its paths are those of accounts.google.com, oauth2.googleapis.com and www.googleapis.com.
    """
    app = Starlette(
        routes=[
            Route("/o/oauth2/v2/auth", show_consent, methods=["GET"]),
            Route("/o/oauth2/v2/auth", decide, methods=["POST"]),
            Route("/o/oauth2/auth", show_consent, methods=["GET"]),
            Route("/token", token, methods=["POST"]),
            Route("/revoke", revoke, methods=["POST"]),
            Route("/oauth2/v3/certs", jwks, methods=["GET"]),
            Route("/oauth2/v1/certs", certificates, methods=["GET"]),
            Route("/v1/userinfo", userinfo, methods=["GET"]),
        ],
        exception_handlers={OauthError: answer_error},
    )
    app.state.simulator = state
    return app


def state_of(request: Request) -> GoogleAccountsState:
    state = request.app.state.simulator
    assert isinstance(state, GoogleAccountsState)  # noqa: S101 - narrows what Starlette keeps as Any
    return state


async def answer_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OauthError)  # noqa: S101 - as registered
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status)


# ── the consent page ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ConsentRequest:
    """The parameters of a consent page, checked."""

    redirect_url: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    method: str
    offline: bool
    include_granted: bool
    login_hint: str

    @classmethod
    def parse(cls, query: Mapping[str, str], state: GoogleAccountsState) -> "ConsentRequest":
        """Raise OauthError: Google shows these errors on its own page and does not redirect."""
        if query.get("client_id") != state.client_id:
            raise OauthError("invalid_client", "The OAuth client was not found.", 401)
        if query.get("redirect_uri") not in state.redirect_urls:
            raise OauthError("redirect_uri_mismatch", "The redirect address is not registered.")
        if query.get("response_type") != "code":
            raise OauthError("invalid_request", "Invalid response_type.")
        scopes = tuple(query.get("scope", "").split())
        if not scopes or not set(scopes) <= KNOWN:
            raise OauthError("invalid_scope", "Some requested scopes were invalid.")
        method = query.get("code_challenge_method", "plain")
        if query.get("code_challenge") and method not in {"plain", "S256"}:
            raise OauthError("invalid_request", "Invalid code challenge method.")
        return cls(
            redirect_url=query["redirect_uri"],
            scopes=scopes,
            state=query.get("state", ""),
            challenge=query.get("code_challenge", ""),
            method=method,
            offline=query.get("access_type") == "offline",
            include_granted=query.get("include_granted_scopes") == "true",
            login_hint=query.get("login_hint", ""),
        )


async def show_consent(request: Request) -> Response:
    state = state_of(request)
    try:
        asked = ConsentRequest.parse(request.query_params, state)
    except OauthError as error:
        return HTMLResponse(error_page(error), 400)
    accounts = {user.email: user.name for user in state.users.values()}
    page = consent_page(
        action=f"{request.url.path}?{request.url.query}",
        accounts=accounts,
        chosen=asked.login_hint,
        scopes=[scope for scope in asked.scopes if scope not in IDENTITY],
    )
    return HTMLResponse(page, headers={"x-frame-options": "DENY", "cache-control": "no-store"})


async def decide(request: Request) -> Response:
    """Read the form of the consent page: `decision`, `account`, and a `scope` per tick."""
    state = state_of(request)
    try:
        asked = ConsentRequest.parse(request.query_params, state)
    except OauthError as error:
        return HTMLResponse(error_page(error), 400)
    form = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    fields = dict(form)
    if fields.get("decision") != "allow":
        return _redirect(asked, {"error": "access_denied"})
    email = fields.get("other_account", "").strip() or fields.get("account", "")
    try:
        user = state.user(email)
    except ValueError:
        return HTMLResponse(f"<p>{html.escape(email)} is no account.</p>", 400)
    ticked = {value for name, value in form if name == "scope"}
    identity = [ALIASES.get(scope, scope) for scope in asked.scopes if scope in IDENTITY]
    granted = (*identity, *(scope for scope in asked.scopes if scope in ticked))
    code = IssuedCode(
        sub=user.sub,
        scopes=tuple(granted),
        redirect_url=asked.redirect_url,
        challenge=asked.challenge,
        method=asked.method,
        offline=asked.offline,
        made_at=state.now(),
    )
    text = state.grants.grant(code, include_granted=asked.include_granted)
    scope = " ".join(code.scopes)
    return _redirect(asked, {"code": text, "scope": scope, "authuser": "0", "prompt": "consent"})


def _redirect(asked: ConsentRequest, result: Mapping[str, str]) -> Response:
    query = {"state": asked.state, "iss": "https://accounts.google.com", **result}
    joined = "&" if "?" in asked.redirect_url else "?"
    return RedirectResponse(f"{asked.redirect_url}{joined}{urlencode(query)}", 303)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────


async def token(request: Request) -> Response:
    state = state_of(request)
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    if _client(request, form) != (state.client_id, state.client_secret):
        raise OauthError("invalid_client", "The OAuth client was not found.", 401)
    match form.get("grant_type"):
        case "authorization_code":
            return _no_store(_exchange(state, form))
        case "refresh_token":
            access = state.grants.refresh(form.get("refresh_token", ""), form.get("scope", ""))
            state.refreshes += 1
            return _no_store(_access(access.text, access.scopes))
    raise OauthError("unsupported_grant_type", "Invalid grant_type.")


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the id and secret of the client: in the form or in the header (RFC 6749, 2.3.1)."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _exchange(state: GoogleAccountsState, form: Mapping[str, str]) -> dict[str, Any]:
    code, refresh_token = state.grants.exchange(
        form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
    )
    access = state.grants.access(code.sub, code.scopes)
    user = state.user_of(code.sub)
    optional = {"refresh_token": refresh_token} if refresh_token else {}
    return {
        **_access(access.text, access.scopes),
        **optional,
        "id_token": state.id_token(user),
    }


def _access(text: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "access_token": text,
        "expires_in": 3599,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def _no_store(body: Mapping[str, Any]) -> Response:
    return JSONResponse(body, headers={"cache-control": "no-cache, no-store"})


async def revoke(request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode()))
    state_of(request).grants.revoke(form.get("token") or request.query_params.get("token", ""))
    return JSONResponse({})


async def jwks(request: Request) -> Response:
    return JSONResponse(state_of(request).jwks(), headers={"cache-control": "public, max-age=3600"})


async def certificates(request: Request) -> Response:
    body = state_of(request).certificates
    return JSONResponse(body, headers={"cache-control": "public, max-age=3600"})


async def userinfo(request: Request) -> Response:
    state = state_of(request)
    _, _, text = request.headers.get("authorization", "").partition(" ")
    access = state.grants.find_access(text)
    if access is None:
        raise OauthError("invalid_request", "Invalid Credentials", 401)
    user = state.user_of(access.sub)
    return JSONResponse({"sub": user.sub, "email": user.email, "email_verified": True})
