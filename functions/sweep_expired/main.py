from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import TooEarly
from common.schemas.answers import SweepAnswer
from common.schemas.requests import SweepRequest


@endpoint
@Route(
    "POST",
    "/",
    SweepRequest,
    SweepAnswer,
    answers={200: "What the sweep did."},
    raises=(TooEarly,),
    callers="internal",
    seconds=300,
)
async def sweep_expired(
    _caller: User, request: SweepRequest, app: App, _key: IdempotencyKey
) -> SweepAnswer:
    """End every session and turn that is overdue. For Cloud Scheduler and Cloud Tasks."""
    return await app.sweeps.sweep(request)
