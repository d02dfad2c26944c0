from common.endpoint import App, Once, User, endpoint
from common.models import CheckHealth, Health


@endpoint(CheckHealth, methods=("GET", "HEAD"), anybody=True)
async def health(_caller: User, request: CheckHealth, app: App, _once: Once) -> Health:
    return await app.checkup.health(request)
