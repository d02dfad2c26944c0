from common.api.endpoint import App, IdempotencyKey, User, endpoint
from common.schemas.answers import HealthAnswer
from common.schemas.requests import HealthRequest


@endpoint(HealthRequest, methods=("GET", "HEAD"), anybody=True)
async def health(
    _caller: User, request: HealthRequest, app: App, _once: IdempotencyKey
) -> HealthAnswer:
    return await app.health_check.health(request)
