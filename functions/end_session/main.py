from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import EndSession, SessionEnded
from common.services.idempotency import Once


@endpoint(EndSession)
async def end_session(caller: User, request: EndSession, app: App, once: Once) -> SessionEnded:
    return await app.avatars.end(caller, request, once)
