from common.api.endpoint import App, Once, User, endpoint
from common.conversations.turn import Turn
from common.schemas.answers import ChatAnswer
from common.schemas.requests import Chat


@endpoint(Chat)
async def chat(caller: User, request: Chat, app: App, once: Once) -> Turn | ChatAnswer:
    return await app.conversations.chat(caller, request, once)
