from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import NotFound
from common.schemas.answers import EndSessionAnswer
from common.schemas.requests import EndSessionRequest


@endpoint
@Route(
    "POST",
    "/",
    EndSessionRequest,
    EndSessionAnswer,
    answers={200: "What the session cost."},
    raises=(NotFound,),
    keyed=True,
)
async def end_session(
    caller: User, request: EndSessionRequest, app: App, key: IdempotencyKey
) -> EndSessionAnswer:
    """End an avatar session. A second call returns the same answer."""
    return await app.avatars.end(caller, request, key)
