from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import AccountClosing, NotFound, SessionOver
from common.schemas.answers import KeepAliveAnswer
from common.schemas.requests import KeepAliveRequest


@endpoint
@Route(
    "POST",
    "/",
    KeepAliveRequest,
    KeepAliveAnswer,
    answers={200: "When the session ends if nothing else happens."},
    raises=(AccountClosing, NotFound, SessionOver),
    spends=True,
    keyed=True,
)
async def keep_alive(
    caller: User, request: KeepAliveRequest, app: App, key: IdempotencyKey
) -> KeepAliveAnswer:
    """Keep an avatar session alive: restart its idle timer."""
    return await app.avatars.keep_alive(caller, request, key)
