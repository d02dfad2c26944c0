from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.domain.ids import UserId


@dataclass(frozen=True)
class User:
    """The caller, from a verified token.

    `claims` are the token's other claims: `name`, and those that we set on the account.
    """

    uid: UserId
    email: str | None = None
    email_verified: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    signed_in_at: datetime | None = None
    former: tuple[str, ...] | None = ()
    """Ids of the documents that keep what deleted accounts of this person used: keyed hashes of the
    uid, first, and of the identities of the sign-in. None: the key cannot be read now."""
