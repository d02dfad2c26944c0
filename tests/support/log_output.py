"""Standard output of a deployed function, for tests of its log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.observability.cloud_logging import CloudFormatter


class Output:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries, one per line."""
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries() if entry.get("event") == "request"]


@contextmanager
def output() -> Iterator[Output]:
    """Collect what our logger writes, at the level that it has when deployed."""
    out, log = Output(), logging.getLogger("oprina")
    handler = logging.StreamHandler(out.stream)
    handler.setFormatter(CloudFormatter())
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield out
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
