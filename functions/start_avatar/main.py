from common.api.endpoint import App, Once, User, endpoint
from common.schemas.answers import AvatarStarted
from common.schemas.requests import StartAvatar


@endpoint(StartAvatar)
async def start_avatar(caller: User, request: StartAvatar, app: App, once: Once) -> AvatarStarted:
    return await app.avatars.start(caller, request, once)
