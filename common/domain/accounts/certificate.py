"""The document `deletion_certificates/{id}`: what was deleted with an account, and when.

It holds no uid and no name. `identities` are keyed hashes, by which an operator who has the key can
find the certificate of a person.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from common.domain.accounts.profile import RequestedDeletion
from common.domain.documents import NEVER, Create, Document, Update, read_fields

KEPT = timedelta(days=3 * 365)
POINT_IN_TIME = timedelta(days=7)
"""Firestore's point-in-time recovery reaches back this far."""


def certificate_path(certificate: str) -> str:
    return f"deletion_certificates/{certificate}"


@dataclass(frozen=True)
class Certificate:
    id: str
    requested_at: datetime = NEVER
    began_at: datetime = NEVER
    counts: dict[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None
    backups_until: datetime | None = None

    @classmethod
    def read(cls, document: Document) -> Self | None:
        """Return the certificate at `document`, or None if there is none."""
        if not document.exists:
            return None
        return cls(id=document.id, **read_fields(cls, document))


def begin_certificate(deletion: RequestedDeletion, counts: dict[str, int], now: datetime) -> Create:
    """Write what an account had when its deletion began."""
    fields = {
        "identities": list(deletion.former),
        "requested_at": deletion.requested_at,
        "began_at": now,
        "finished_at": None,
        "counts": counts,
        "expires_at": now + KEPT,
    }
    return Create(certificate_path(deletion.certificate_id), fields)


def finish_certificate(certificate: str, now: datetime, backups: timedelta) -> Update:
    """Write that everything is deleted. Backups hold it for `backups` more, at least a week."""
    until = now + max(backups, POINT_IN_TIME)
    return Update(certificate_path(certificate), {"finished_at": now, "backups_until": until})
