"""Time, ids and random pauses of this machine."""

import asyncio
import random
import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """Return a ULID in lower case: 26 letters and digits that begin with a digit.

    Ids of later milliseconds sort after those of earlier ones.
    """
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(alphabet[value >> shift & 31] for shift in range(125, -1, -5))


async def pause(number: int) -> None:
    """Sleep a random time: at most 20 ms for attempt 0, twice as long for each further one."""
    await asyncio.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311 - jitter, no secret
