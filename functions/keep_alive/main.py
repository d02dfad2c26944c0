from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import KeepAlive, KeptAlive
from common.services.idempotency import Once


@endpoint(KeepAlive)
async def keep_alive(caller: User, request: KeepAlive, app: App, once: Once) -> KeptAlive:
    return await app.avatars.keep_alive(caller, request, once)
