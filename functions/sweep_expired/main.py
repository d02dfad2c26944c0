from common.endpoint import App, Once, User, endpoint
from common.models import SweepExpired, Swept


@endpoint(SweepExpired, internal=True, seconds=300)
async def sweep_expired(_caller: User, request: SweepExpired, app: App, _once: Once) -> Swept:
    return await app.sweeps.sweep(request)
