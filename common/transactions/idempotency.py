"""One effect and one answer for one Idempotency-Key of one user at one function.

The claim is written in the commit that begins the effect, the answer in the one that ends it. What
is refused before its first commit leaves no claim: it had no effect, and may be tried again.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.domain import deadlines
from common.domain.avatar_session import STUCK_SECONDS
from common.domain.documents import NEVER, Create, Document, Fields, Update, Write
from common.domain.errors import KeyInFlight, KeyReused
from common.domain.ids import UserId

KEPT = timedelta(hours=24)
LOST = timedelta(minutes=3)
"""A claim without an answer is released when the turn or session that it names is settled: at the
latest by the first sweep after a start got stuck. This time is for a claim that names nothing."""


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of a request. It reads and writes nothing if `path` is None: the caller gave none."""

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
    def id(self) -> str | None:
        return self.path.rpartition("/")[2] if self.path else None

    @property
    def paths(self) -> list[str]:
        return [self.path] if self.path else []

    def replay(self, documents: Mapping[str, Document], now: datetime) -> Fields | None:
        """Return the stored answer, or None if the request was not answered before.

        Raises KeyReused for another body, and KeyInFlight while the first request may be running.
        """
        if self.path is None or not (found := documents[self.path]).exists:
            return None
        self.check_same(found.get("fingerprint"))
        answer = found.get("answer")
        claimed_at = found.get("claimed_at", found.get("expires_at", NEVER + KEPT) - KEPT)
        if answer is None and now < claimed_at + LOST:
            raise _in_flight(claimed_at, now)
        return None if answer is None else dict(json.loads(answer))

    def claim(
        self, documents: Mapping[str, Document], now: datetime, answer: Fields | None = None
    ) -> Sequence[Write]:
        """Return the write of the claim; none without a key.

        `answer` is given where it is known before the effect.
        """
        if self.path is None:
            return ()
        fields = self._fields(now, answer)
        found = documents[self.path]
        if found.exists:
            return (Update(self.path, fields, read=found.version),)
        return (Create(self.path, fields),)

    def store_answer(
        self, documents: Mapping[str, Document], answer: Fields, now: datetime
    ) -> Sequence[Write]:
        """Return the write of the answer; none without a key.

        It goes into the claim, or into a new one if the claim was read to be gone.
        """
        if self.path is None:
            return ()
        fields = self._fields(now, answer)
        known = documents.get(self.path)
        if known is not None and not known.exists:
            return (Create(self.path, fields),)
        return (Update(self.path, fields),)

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


def _in_flight(claimed_at: datetime, now: datetime) -> KeyInFlight:
    """Return the refusal of a key whose request is not answered. A start takes seconds.

    One that takes longer has lost its process, and is ended by the sweep.
    """
    age = (now - claimed_at).total_seconds()
    left = STUCK_SECONDS + deadlines.SWEEP - age
    return KeyInFlight(
        "The first request with this Idempotency-Key has not been answered.",
        retry_after=2 if age < deadlines.ANSWER else max(2, math.ceil(left)),
    )
