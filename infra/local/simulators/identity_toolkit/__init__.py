"""A simulator of Identity Toolkit, as far as it deletes, finds, makes and changes users."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.google_api import json_body

__all__ = ["FirebaseUsers", "email_of", "identity_toolkit_app"]

MAX_CLAIMS = 1_000
"""Characters of an account's own claims."""


def email_of(uid: str) -> str:
    """Return the e-mail address that the local sign-in gives to a user."""
    return f"{uid}@example.test"


@dataclass
class FirebaseUsers:
    """The users who have signed in or were made, and those that were deleted, by uid."""

    users: set[str] = field(default_factory=set)
    deleted: list[str] = field(default_factory=list)
    emails: dict[str, str] = field(default_factory=dict)
    """The uid of each user that was made with an e-mail address."""
    claims: dict[str, str] = field(default_factory=dict)
    """The claims that were set on an account: JSON, by uid."""

    def claims_of(self, uid: str) -> Mapping[str, Any]:
        claims: Mapping[str, Any] = json.loads(self.claims.get(uid, "{}"))
        return claims

    def find(self, email: str) -> str | None:
        made = self.emails.get(email.casefold())
        return made or next((uid for uid in self.users if email_of(uid) == email.casefold()), None)

    def make(self, email: str) -> str:
        uid = f"made-{len(self.emails) + 1}"
        self.emails[email.casefold()] = uid
        self.users.add(uid)
        return uid


def identity_toolkit_app(known: FirebaseUsers) -> Starlette:
    """Serve the methods of `accounts` that `common/adapters/google/identity_toolkit.py` calls."""

    async def delete(request: Request) -> JSONResponse:
        body, refused = await _body(request)
        uid = body.get("localId")
        if refused or not isinstance(uid, str) or uid not in known.users:
            return refused or _refusal(400, "USER_NOT_FOUND" if uid else "MISSING_LOCAL_ID")
        known.users.discard(uid)
        known.deleted.append(uid)
        return JSONResponse({"kind": "identitytoolkit#DeleteAccountResponse"})

    async def lookup(request: Request) -> JSONResponse:
        body, refused = await _body(request)
        found = [uid for email in body.get("email", []) if (uid := known.find(email))]
        users = [_describe(known, uid) for uid in found]
        return refused or JSONResponse({"users": users} if users else {})

    async def create(request: Request) -> JSONResponse:
        body, refused = await _body(request)
        email = body.get("email")
        if refused or not isinstance(email, str) or "@" not in email:
            return refused or _refusal(400, "INVALID_EMAIL")
        if known.find(email):
            return _refusal(400, "EMAIL_EXISTS")
        return JSONResponse({"localId": known.make(email), "email": email})

    async def update(request: Request) -> JSONResponse:
        body, refused = await _body(request)
        uid, claims = body.get("localId"), body.get("customAttributes", "{}")
        if refused or uid not in known.users:
            return refused or _refusal(400, "USER_NOT_FOUND")
        if len(claims) > MAX_CLAIMS:
            return _refusal(400, "CLAIMS_TOO_LARGE")
        known.claims[uid] = claims
        return JSONResponse({"localId": uid})

    path = "/v1/projects/{project}/accounts"
    methods = {":delete": delete, ":lookup": lookup, ":update": update, "": create}
    return Starlette(
        routes=[Route(f"{path}{name}", each, methods=["POST"]) for name, each in methods.items()]
    )


async def _body(request: Request) -> tuple[dict[str, Any], JSONResponse | None]:
    """Return the body, and the refusal of a call that has no token."""
    if "authorization" not in request.headers:
        return {}, _refusal(401, "UNAUTHENTICATED")
    return dict(await json_body(request)), None


def _describe(known: FirebaseUsers, uid: str) -> dict[str, str]:
    claims = {"customAttributes": known.claims[uid]} if uid in known.claims else {}
    return {"localId": uid, **claims}


def _refusal(code: int, message: str) -> JSONResponse:
    error = {"code": code, "message": message, "errors": [{"message": message}]}
    return JSONResponse({"error": error}, code)
