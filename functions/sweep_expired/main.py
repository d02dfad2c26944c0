from common.api.endpoint import App, Once, User, endpoint
from common.schemas.answers import Swept
from common.schemas.requests import SweepExpired


@endpoint(SweepExpired, internal=True, seconds=300)
async def sweep_expired(_caller: User, request: SweepExpired, app: App, _once: Once) -> Swept:
    return await app.sweeps.sweep(request)
