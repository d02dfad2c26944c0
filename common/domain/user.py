from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.domain.ids import UserId


@dataclass(frozen=True)
class User:
    """Who calls, as their verified token says.

    `claims` is what it says besides: `name`, and what we have set on the account ourselves.
    """

    uid: UserId
    email: str | None = None
    email_verified: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
