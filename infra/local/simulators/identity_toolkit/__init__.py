"""A simulator of Identity Toolkit, as far as it deletes users."""

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.google_api import json_body

__all__ = ["FirebaseUsers", "identity_toolkit_app"]


@dataclass
class FirebaseUsers:
    """The users who have signed in, and those that were deleted, by uid."""

    users: set[str] = field(default_factory=set)
    deleted: list[str] = field(default_factory=list)


def identity_toolkit_app(known: FirebaseUsers) -> Starlette:
    """Serve `POST /v1/projects/{project}/accounts:delete`."""

    async def delete(request: Request) -> JSONResponse:
        uid = (await json_body(request)).get("localId")
        if "authorization" not in request.headers:
            return _refusal(401, "UNAUTHENTICATED")
        if not isinstance(uid, str) or not uid:
            return _refusal(400, "MISSING_LOCAL_ID")
        if uid not in known.users:
            return _refusal(400, "USER_NOT_FOUND")
        known.users.discard(uid)
        known.deleted.append(uid)
        return JSONResponse({"kind": "identitytoolkit#DeleteAccountResponse"})

    path = "/v1/projects/{project}/accounts:delete"
    return Starlette(routes=[Route(path, delete, methods=["POST"])])


def _refusal(code: int, message: str) -> JSONResponse:
    error = {"code": code, "message": message, "errors": [{"message": message}]}
    return JSONResponse({"error": error}, code)
