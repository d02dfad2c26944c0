from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import StartAvatarRequest


@endpoint(StartAvatarRequest)
async def start_avatar(
    caller: User, request: StartAvatarRequest, app: App, once: IdempotencyKey
) -> StartAvatarAnswer:
    return await app.avatars.start(caller, request, once)
