from common.api.endpoint import App, Once, User, endpoint
from common.schemas.answers import KeptAlive
from common.schemas.requests import KeepAlive


@endpoint(KeepAlive)
async def keep_alive(caller: User, request: KeepAlive, app: App, once: Once) -> KeptAlive:
    return await app.avatars.keep_alive(caller, request, once)
