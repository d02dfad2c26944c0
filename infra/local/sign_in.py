"""Sign-in with a name alone. A name is the same user at every sign-in."""

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from unicodedata import normalize

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from common.api.requests import parse_body, read_body
from common.api.responses import answer_response, problem_response
from common.domain.errors import Invalid
from common.schemas.base import Answer, Name, Request
from infra.local.identity import LIFETIME, LocalIdentity
from infra.local.simulators.identity_toolkit import FirebaseUsers


class SignIn(Request):
    name: Name


class SignedIn(Answer):
    id_token: str
    uid: str
    expires_at: datetime


def uid_of(name: str) -> str:
    """Return the user's id: at most 64 letters, digits and hyphens.

    Case and surrounding spaces do not matter: `Ada ` and `ada` are one user.
    """
    key = normalize("NFKC", name).strip().casefold()
    readable = re.sub(r"[^a-z0-9]+", "-", key).strip("-")[:40]
    return f"{readable or 'user'}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


class LocalSignIn:
    """Issues ID tokens for names. `now` returns seconds since 1970."""

    def __init__(
        self,
        identity: LocalIdentity,
        users: FirebaseUsers | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._identity = identity
        self._users = users or FirebaseUsers()
        self._now = now

    def sign_in(self, name: str) -> SignedIn:
        uid = uid_of(name)
        expires_at = datetime.fromtimestamp(int(self._now()) + LIFETIME, UTC)
        self._users.users.add(uid)
        token = self._identity.mint(uid, name.strip(), **self._users.claims_of(uid))
        return SignedIn(id_token=token, uid=uid, expires_at=expires_at)

    async def endpoint(self, request: HttpRequest) -> Response:
        try:
            asked = parse_body(await read_body(request), SignIn)
        except Invalid as error:
            return problem_response(error)
        return answer_response(self.sign_in(asked.name))
