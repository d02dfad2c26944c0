from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import Speak, Spoken
from common.services.idempotency import Once
from common.services.speeches import SpeechUnderWay


@endpoint(Speak)
async def speak(caller: User, request: Speak, app: App, once: Once) -> SpeechUnderWay | Spoken:
    return await app.speeches.speak(caller, request, once)
