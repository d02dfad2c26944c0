import logging
from collections.abc import Awaitable

from common.domain.errors import OprinaError

log = logging.getLogger("oprina")


async def best_effort(what: str, doing: Awaitable[object]) -> None:
    """Await a step that has a second way to happen, and log its failure instead of raising it.

    An `OprinaError` becomes one warning. Any other exception is logged with its stack.
    """
    try:
        await doing
    except OprinaError as error:
        log.warning("%s failed: %s", what, error.code, extra={"code": error.code})
    except Exception:
        log.exception("%s failed", what)
