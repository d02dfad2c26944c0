from common.api.endpoint import App, Once, User, endpoint
from common.schemas.answers import Health
from common.schemas.requests import CheckHealth


@endpoint(CheckHealth, methods=("GET", "HEAD"), anybody=True)
async def health(_caller: User, request: CheckHealth, app: App, _once: Once) -> Health:
    return await app.checkup.health(request)
