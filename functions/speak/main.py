from common.endpoint import App, Once, User, endpoint
from common.models import Speak, Spoken
from common.services.speeches import SpeechUnderWay


@endpoint(Speak)
async def speak(caller: User, request: Speak, app: App, once: Once) -> SpeechUnderWay | Spoken:
    return await app.speeches.speak(caller, request, once)
