"""One effect and one answer for one Idempotency-Key of one user at one function.

The claim is written in the commit that begins the effect, the answer in the one that ends it. What
is refused before its first commit leaves no claim: it had no effect, and may be tried again.
"""

import hashlib
from collections.abc import Sequence
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
class Once:
    """`path` is None where the caller gave no key: then nothing is read or written."""

    path: str | None = None
    fingerprint: str = ""

    @classmethod
    def of(cls, user: UserId, function: str, key: str, body: bytes) -> "Once":
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
        if found.get("fingerprint") != self.fingerprint:
            raise KeyReused("Use a new Idempotency-Key for a new request.")
        answer = found.get("answer")
        if answer is None and now < found.get("claimed_at") + LOST:
            raise KeyInFlight("Ask again in a moment for its answer.", retry_after=1)
        return answer  # type: ignore[no-any-return]  # what `answered` wrote

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

    def _fields(self, now: datetime, answer: Fields | None) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint,
            "claimed_at": now,
            "expires_at": now + KEPT,
            "answer": answer,
        }
