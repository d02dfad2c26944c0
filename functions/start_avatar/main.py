from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import AvatarStarted, StartAvatar
from common.services.idempotency import Once


@endpoint(StartAvatar)
async def start_avatar(caller: User, request: StartAvatar, app: App, once: Once) -> AvatarStarted:
    return await app.avatars.start(caller, request, once)
