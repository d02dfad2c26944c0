from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.conversations.turn import Turn
from common.schemas.answers import ChatAnswer
from common.schemas.requests import ChatRequest


@endpoint(ChatRequest)
async def chat(
    caller: User, request: ChatRequest, app: App, once: IdempotencyKey
) -> Turn | ChatAnswer:
    return await app.conversations.chat(caller, request, once)
