from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import Chat, ChatAnswer
from common.services.idempotency import Once
from common.services.turns import Turn


@endpoint(Chat)
async def chat(caller: User, request: Chat, app: App, once: Once) -> Turn | ChatAnswer:
    return await app.conversations.chat(caller, request, once)
