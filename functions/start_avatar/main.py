from common.endpoint import App, Once, User, endpoint
from common.models import AvatarStarted, StartAvatar


@endpoint(StartAvatar)
async def start_avatar(caller: User, request: StartAvatar, app: App, once: Once) -> AvatarStarted:
    return await app.avatars.start(caller, request, once)
