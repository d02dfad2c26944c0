from datetime import datetime

from common.domain.quota import Meter
from common.schemas.base import Answer

# ── answers ──────────────────────────────────────────────────────────────────────────────────────


class MeterUsage(Answer):
    used: int
    reserved: int
    allowance: int
    left: int


class Usage(Answer):
    """This month's meters: whole seconds, tokens, characters."""

    month: str
    resets_at: datetime
    meters: dict[Meter, MeterUsage]
