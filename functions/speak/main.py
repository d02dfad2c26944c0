from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.conversations.speak import SpeechInProgress
from common.schemas.answers import SpeakAnswer
from common.schemas.requests import SpeakRequest


@endpoint(SpeakRequest)
async def speak(
    caller: User, request: SpeakRequest, app: App, once: IdempotencyKey
) -> SpeechInProgress | SpeakAnswer:
    return await app.speeches.speak(caller, request, once)
