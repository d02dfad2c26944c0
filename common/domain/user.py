from collections.abc import Mapping
from dataclasses import dataclass, field
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
