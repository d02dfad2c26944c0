import logging
from collections.abc import Awaitable

from common.domain.errors import OprinaError

log = logging.getLogger("oprina")


async def best_effort(what: str, doing: Awaitable[object]) -> None:
    """For what has a second way to happen: a failure is a line in the log, a bug is there in full, and
    the use case goes on."""
    try:
        await doing
    except OprinaError as error:
        log.warning("%s failed: %s", what, error.code, extra={"code": error.code})
    except Exception:
        log.exception("%s failed", what)
