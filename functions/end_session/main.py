from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.schemas.answers import EndSessionAnswer
from common.schemas.requests import EndSessionRequest


@endpoint(EndSessionRequest)
async def end_session(
    caller: User, request: EndSessionRequest, app: App, once: IdempotencyKey
) -> EndSessionAnswer:
    return await app.avatars.end(caller, request, once)
