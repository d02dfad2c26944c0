from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.conversations.speak import SpeechInProgress
from common.domain.errors import NotFound, QuotaExceeded, SessionOver
from common.schemas.answers import SpeakAnswer
from common.schemas.requests import SpeakRequest


@endpoint
@Route(
    "POST",
    "/",
    SpeakRequest,
    SpeakAnswer,
    answers={200: "How the speech ended."},
    raises=(NotFound, QuotaExceeded, SessionOver),
    spends=True,
    keyed=True,
)
async def speak(
    caller: User, request: SpeakRequest, app: App, key: IdempotencyKey
) -> SpeechInProgress | SpeakAnswer:
    """Let the avatar speak a text, or interrupt it."""
    return await app.speeches.speak(caller, request, key)
