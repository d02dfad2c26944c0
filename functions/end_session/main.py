from common.api.endpoint import App, Once, User, endpoint
from common.schemas.answers import SessionEnded
from common.schemas.requests import EndSession


@endpoint(EndSession)
async def end_session(caller: User, request: EndSession, app: App, once: Once) -> SessionEnded:
    return await app.avatars.end(caller, request, once)
