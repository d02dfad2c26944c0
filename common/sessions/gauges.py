"""Figures of the whole project that a sweep logs for the dashboard."""

from common.domain.ceiling import Ceilings
from common.domain.errors import OprinaError
from common.observability.log import log
from common.observability.request_trace import annotate
from common.ports.dependencies import Dependencies

EVERY_MINUTES = 5
"""All shards of a day are read this often: 50 documents, 14,400 a day."""


async def log_ceilings(deps: Dependencies) -> None:
    """Log the part of each ceiling of the day that is taken. Failures are ignored."""
    now, settings = deps.clock.now(), deps.settings
    if now.minute % EVERY_MINUTES != EVERY_MINUTES - 1:
        return
    ceilings = Ceilings(settings.ceilings, settings.ceiling_shards, now)
    try:
        shards = await deps.store.get(ceilings.paths())
    except OprinaError as error:
        log.warning("the ceilings are not known: %s", error.code)
    else:
        annotate(ceiling_used=dict(ceilings.used(shards)))
