from common.endpoint import App, Once, User, endpoint
from common.models import Chat, ChatAnswer
from common.services.turns import Turn


@endpoint(Chat)
async def chat(caller: User, request: Chat, app: App, once: Once) -> Turn | ChatAnswer:
    return await app.conversations.chat(caller, request, once)
