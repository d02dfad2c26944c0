"""One effect and one answer for one Idempotency-Key of one user at one function.

The claim is written in the commit that begins the effect, the answer in the one that ends it. What
is refused before its first commit leaves no claim: it had no effect, and may be tried again.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.domain.documents import Create, Delete, Document, Fields, Update, Write
from common.domain.errors import KeyInFlight, KeyReused
from common.domain.ids import UserId

KEPT = timedelta(hours=24)
LOST = timedelta(minutes=10)
"""A claim without an answer for this long has lost its process; the key may be used again. Longer
than any turn."""


@dataclass(frozen=True)
class IdempotencyKey:
    """`path` is None where the caller gave no key: then nothing is read or written."""

    path: str | None = None
    fingerprint: str = ""

    @classmethod
    def of(cls, user: UserId, function: str, key: str, body: bytes) -> "IdempotencyKey":
        parts = f"{user}\0{function}\0{key}".encode()
        return cls(
            path=f"idempotency/{hashlib.sha256(parts).hexdigest()}",
            fingerprint=hashlib.sha256(body).hexdigest(),
        )

    @property
    def paths(self) -> list[str]:
        return [self.path] if self.path else []

    def replay(self, documents: dict[str, Document], now: datetime) -> Fields | None:
        """The stored answer; None if the effect is still to be had."""
        if self.path is None or not (found := documents[self.path]).exists:
            return None
        self.check_same(found.get("fingerprint"))
        answer = found.get("answer")
        if answer is None and now < found.get("claimed_at") + LOST:
            raise _in_flight()
        return None if answer is None else dict(json.loads(answer))

    def claim(
        self, documents: dict[str, Document], now: datetime, answer: Fields | None = None
    ) -> Sequence[Write]:
        """With the answer, where it is known before the effect."""
        if self.path is None:
            return ()
        fields = self._fields(now, answer)
        found = documents[self.path]
        if found.exists:
            return (Update(self.path, fields, read=found.version),)
        return (Create(self.path, fields),)

    def answered(self, answer: Fields, now: datetime) -> Sequence[Write]:
        return (Update(self.path, self._fields(now, answer)),) if self.path else ()

    def released(self) -> Sequence[Write]:
        """The effect was undone: the key may be used again."""
        return (Delete(self.path),) if self.path else ()

    def check_same(self, fingerprint: str) -> None:
        if fingerprint != self.fingerprint:
            raise KeyReused("Use a new Idempotency-Key for a new request.")

    def _fields(self, now: datetime, answer: Fields | None) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint,
            "claimed_at": now,
            "expires_at": now + KEPT,
            # As text: a store keeps a map's fields in an order of its own.
            "answer": None if answer is None else json.dumps(answer),
        }


class InFlightRequests:
    """The keys that this process is just serving: of two requests at the same moment the second one
    is told to wait before it sets anything off, and not only by the first one's commit. That comes too
    late for what is set off before it: the agent would be asked, and would remember it, twice."""

    def __init__(self) -> None:
        self._fingerprints: dict[str, str] = {}

    @contextmanager
    def reserve(self, once: IdempotencyKey) -> Iterator[None]:
        """`KeyInFlight` or `KeyReused` where it is not."""
        if once.path is None:
            yield
            return
        if once.path in self._fingerprints:
            once.check_same(self._fingerprints[once.path])
            raise _in_flight()
        self._fingerprints[once.path] = once.fingerprint
        try:
            yield
        finally:
            del self._fingerprints[once.path]


def _in_flight() -> KeyInFlight:
    return KeyInFlight("Ask again in a moment for its answer.", retry_after=1)
