from common.endpoint import App, Once, User, endpoint
from common.models import EndSession, SessionEnded


@endpoint(EndSession)
async def end_session(caller: User, request: EndSession, app: App, once: Once) -> SessionEnded:
    return await app.avatars.end(caller, request, once)
