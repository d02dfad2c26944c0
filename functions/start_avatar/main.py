from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import (
    AccountClosing,
    AvatarStarting,
    CapacityReached,
    NotFound,
    QuotaExceeded,
    RateLimited,
    SessionOver,
    SpendingStopped,
    TooManySessions,
)
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import StartAvatarRequest


@endpoint
@Route(
    "POST",
    "/",
    StartAvatarRequest,
    StartAvatarAnswer,
    answers={
        201: "The avatar session runs.",
        200: "The conversation's avatar session runs already. Nothing new is charged.",
    },
    raises=(
        AccountClosing,
        NotFound,
        QuotaExceeded,
        TooManySessions,
        AvatarStarting,
        SessionOver,
        SpendingStopped,
        CapacityReached,
        RateLimited,
    ),
    spends=True,
    keyed=True,
)
async def start_avatar(
    caller: User, request: StartAvatarRequest, app: App, key: IdempotencyKey
) -> StartAvatarAnswer:
    """Start an avatar session, or return the running one of the conversation."""
    return await app.avatars.start(caller, request, key)
