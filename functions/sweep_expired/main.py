from common.app import App
from common.domain.user import User
from common.endpoint import endpoint
from common.models import SweepExpired, Swept
from common.services.idempotency import Once


@endpoint(SweepExpired, internal=True, seconds=300)
async def sweep_expired(_caller: User, request: SweepExpired, app: App, _once: Once) -> Swept:
    return await app.sweeps.sweep(request)
