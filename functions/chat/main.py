from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.api.requests import JSON, SPOKEN_REQUEST
from common.conversations.running_turn import RunningChat
from common.domain.errors import (
    AccountClosing,
    CannotReplace,
    CapacityReached,
    NoProposal,
    NotFound,
    NoTurn,
    QuotaExceeded,
    RateLimited,
    SpendingStopped,
    TooManyTurns,
)
from common.observability.request_trace import request_age
from common.schemas.answers import ChatAnswer
from common.schemas.events import ChatEvent
from common.schemas.requests import ChatRequest


@endpoint
@Route(
    "POST",
    "/",
    ChatRequest,
    ChatAnswer,
    answers={200: "The turn: a stream of events from `turn` to `done`, or one JSON answer."},
    raises=(
        AccountClosing,
        NotFound,
        QuotaExceeded,
        TooManyTurns,
        NoTurn,
        NoProposal,
        CannotReplace,
        SpendingStopped,
        CapacityReached,
        RateLimited,
    ),
    spends=True,
    keyed=True,
    events=ChatEvent,
    bodies=(JSON, SPOKEN_REQUEST),
)
async def chat(
    caller: User, request: ChatRequest, app: App, key: IdempotencyKey
) -> RunningChat | ChatAnswer:
    """Send a message to the agent. The reply is streamed, and the avatar speaks it."""
    return await app.conversations.chat(caller, request, key, request_age())
