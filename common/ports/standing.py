"""The provider's own record of whether a session runs.

The use cases ask for it in each case of doubt: a stop or a keep-alive that was refused or answered
oddly, a connection that dropped or did not open, silence at the maximum age. Nothing else decides
that a session is over.
"""

from dataclasses import dataclass
from typing import Literal

from common.domain.errors import OprinaError, UpstreamNotFound
from common.domain.ids import AvatarSessionId
from common.ports.avatar import AvatarProvider


@dataclass(frozen=True)
class Standing:
    """The answer of the provider's record.

    `seconds`: how long a session that is over ran. None if the provider does not say. `missing`:
    the state is `unknown` because the provider has no such record.
    """

    state: Literal["running", "over", "unknown"]
    seconds: float | None = None
    missing: bool = False


async def standing(provider: AvatarProvider, session: AvatarSessionId) -> Standing:
    """Ask the provider. A failure, and a session that the provider does not know, are `unknown`."""
    try:
        record = await provider.record(session)
    except UpstreamNotFound:
        return Standing("unknown", missing=True)
    except OprinaError:
        return Standing("unknown")
    if record.running:
        return Standing("running")
    return Standing("over", record.seconds)
