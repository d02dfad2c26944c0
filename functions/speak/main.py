from common.api.endpoint import App, Once, User, endpoint
from common.conversations.speak import SpeechUnderWay
from common.schemas.answers import Spoken
from common.schemas.requests import Speak


@endpoint(Speak)
async def speak(caller: User, request: Speak, app: App, once: Once) -> SpeechUnderWay | Spoken:
    return await app.speeches.speak(caller, request, once)
