from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.schemas.answers import HealthAnswer
from common.schemas.requests import HealthRequest


@endpoint
@Route(
    "GET",
    "/",
    HealthRequest,
    HealthAnswer,
    answers={200: "All is well.", 503: "Services in `down` do not answer."},
    callers="public",
)
async def health(
    _caller: User, request: HealthRequest, app: App, _key: IdempotencyKey
) -> HealthAnswer:
    """Report the health of this function and, with `deep`, of the services behind it."""
    return await app.health_check.health(request)
