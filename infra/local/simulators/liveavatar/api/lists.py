"""The provider's catalogues, and the calls that the simulator does not have."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.api.answers import failure, ok
from infra.local.simulators.liveavatar.api.bodies import Json, PageRequest
from infra.local.simulators.liveavatar.api.calls import check_key
from infra.local.simulators.liveavatar.api.catalogue import (
    KNOWN_AVATARS,
    LANGUAGES,
    OWN_AVATARS,
    PUBLIC_AVATARS,
    VOICES,
)
from infra.local.simulators.liveavatar.api.pages import page_of
from infra.local.simulators.liveavatar.refusal import RequestRefusedError

NOT_SIMULATED = (
    "/v1/sessions/{session_id}/transcript",
    "/v1/contexts",
    "/v1/contexts/{rest:path}",
    "/v1/secrets",
    "/v1/secrets/{rest:path}",
    "/v1/llm-configurations",
    "/v1/llm-configurations/{rest:path}",
    "/v1/llm-models",
    "/v1/embeddings",
    "/v1/embeddings/{rest:path}",
)
"""Paths of the provider's OpenAPI for its FULL mode and its embeds."""


class CatalogueCalls:
    """Handlers of the lists of avatars, voices and languages."""

    def __init__(self, account: LiveAvatarAccount) -> None:
        self.account = account

    def routes(self) -> list[Route]:
        """Return the calls by method and path."""
        lists = (
            ("/v1/avatars", OWN_AVATARS, True),
            ("/v1/avatars/public", PUBLIC_AVATARS, False),
            ("/v1/voices", VOICES, True),
            ("/v1/languages", LANGUAGES, True),
        )
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            *(self._list(path, entries, keyed=keyed) for path, entries, keyed in lists),
            Route("/v1/avatars/{avatar_id}", self.show_avatar, methods=["GET"]),
            Route("/v1/avatars/{avatar_id}", not_simulated, methods=["PATCH", "DELETE"]),
            *(Route(path, not_simulated, methods=every) for path in NOT_SIMULATED),
        ]

    async def show_avatar(self, request: Request) -> Response:
        """Show one avatar."""
        check_key(self.account, request)
        avatar = KNOWN_AVATARS.get(request.path_params["avatar_id"])
        if avatar is None:
            raise RequestRefusedError(404, 4004, "Avatar not found")
        return ok(avatar)

    def _list(self, path: str, entries: Sequence[Json], *, keyed: bool) -> Route:
        async def list_entries(request: Request) -> Response:
            if keyed:
                check_key(self.account, request)
            asked = PageRequest.model_validate(dict(request.query_params))
            return ok(page_of(request, asked, entries))

        return Route(path, list_entries, methods=["GET"])


async def not_simulated(_: Request) -> Response:
    """Answer 501: the provider has this call, the simulator does not."""
    return failure(501, 5010, "The simulator does not have this call")
