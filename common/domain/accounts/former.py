"""The document `former_accounts/{hash}`: this month's use of the accounts that a person deleted.

The hash is keyed, so the document names no person. It is made of the uid, or of an identity of the
sign-in (an e-mail address, an account of a provider). A person who deletes an account and comes
back in the same month has the same hashes. So the person goes on with what is left of the
allowance.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from common.domain.documents import Create, Document, Update, Write
from common.domain.quota import METERS, Amounts, Meter, month_of, resets_at

KEPT = timedelta(days=1)
"""After the end of the month, or after the deletion: an ID token lives for an hour."""


def former_path(identity: str) -> str:
    return f"former_accounts/{identity}"


def carried_use(documents: Sequence[Document], month: str) -> dict[Meter, int]:
    """Return what the person's deleted accounts used in `month`.

    One account may stand in several documents. It counts once, by its certificate.
    """
    accounts: dict[str, Mapping[str, int]] = {}
    for document in documents:
        if document.get("month") == month:
            accounts |= document.get("used") or {}
    return {meter: sum(used.get(meter, 0) for used in accounts.values()) for meter in METERS}


def was_deleted_since(documents: Sequence[Document], signed_in_at: datetime | None) -> bool:
    """Return True if the account of this uid was deleted after its caller signed in.

    The first document is that of the uid.
    """
    deleted_at = documents[0].get("deleted_at") if documents else None
    return deleted_at is not None and (signed_in_at is None or signed_in_at <= deleted_at)


def keep_use(
    documents: Sequence[Document], certificate: str, used: Amounts, now: datetime
) -> list[Write]:
    """Keep an account's use of this month under each hash.

    May be repeated: the first figure of an account stays, since later its ledger is deleted.
    """
    month = month_of(now)
    writes: list[Write] = []
    for number, document in enumerate(documents):
        same = document.get("used") or {} if document.get("month") == month else {}
        fields: dict[str, Any] = {
            "month": month,
            "used": {certificate: dict(used), **same},
            "expires_at": resets_at(now) + KEPT,
        }
        if number == 0:
            fields["deleted_at"] = now
        if document.exists:
            writes.append(Update(document.path, fields, read=document.version))
        else:
            writes.append(Create(document.path, fields))
    return writes
