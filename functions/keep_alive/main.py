from common.endpoint import App, Once, User, endpoint
from common.models import KeepAlive, KeptAlive


@endpoint(KeepAlive)
async def keep_alive(caller: User, request: KeepAlive, app: App, once: Once) -> KeptAlive:
    return await app.avatars.keep_alive(caller, request, once)
