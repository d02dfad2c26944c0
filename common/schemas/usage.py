from datetime import datetime

from common.domain.quota import Meter
from common.schemas.base import Answer


class MeterUsage(Answer):
    used: int
    reserved: int
    allowance: int
    left: int


class Usage(Answer):
    """This month's usage by meter, in whole seconds, tokens or characters. Months are in UTC."""

    month: str
    resets_at: datetime
    meters: dict[Meter, MeterUsage]
