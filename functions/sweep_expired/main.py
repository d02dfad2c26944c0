from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.schemas.answers import SweepAnswer
from common.schemas.requests import SweepRequest


@endpoint(SweepRequest, internal=True, seconds=300)
async def sweep_expired(
    _caller: User, request: SweepRequest, app: App, _once: IdempotencyKey
) -> SweepAnswer:
    return await app.sweeps.sweep(request)
