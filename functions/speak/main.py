from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.conversations.running_turn import RunningSpeech
from common.domain.errors import (
    AccountClosing,
    NotFound,
    QuotaExceeded,
    RateLimited,
    SessionOver,
    SpendingStopped,
    TooManyTurns,
)
from common.observability.request_trace import request_age
from common.schemas.answers import SpeakAnswer
from common.schemas.requests import SpeakRequest


@endpoint
@Route(
    "POST",
    "/",
    SpeakRequest,
    SpeakAnswer,
    answers={200: "How the speech ended."},
    raises=(
        AccountClosing,
        NotFound,
        QuotaExceeded,
        SessionOver,
        TooManyTurns,
        SpendingStopped,
        RateLimited,
    ),
    spends=True,
    keyed=True,
)
async def speak(
    caller: User, request: SpeakRequest, app: App, key: IdempotencyKey
) -> RunningSpeech | SpeakAnswer:
    """Let the avatar speak a text, or interrupt it."""
    return await app.speeches.speak(caller, request, key, request_age())
