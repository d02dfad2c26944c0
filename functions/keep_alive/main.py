from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.schemas.answers import KeepAliveAnswer
from common.schemas.requests import KeepAliveRequest


@endpoint(KeepAliveRequest)
async def keep_alive(
    caller: User, request: KeepAliveRequest, app: App, once: IdempotencyKey
) -> KeepAliveAnswer:
    return await app.avatars.keep_alive(caller, request, once)
