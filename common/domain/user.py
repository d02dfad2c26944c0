from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.domain.ids import UserId

EVERYONE = "*"
INVITED = "oprina_invited"


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

    def is_admitted(self, admitted: Collection[str]) -> bool:
        """Return whether the person may use the service.

        `admitted` holds verified e-mail addresses, domains of such addresses, or `*` for every person.
        An invitation is a claim that the operator sets on the account (`python -m infra.admin
        invite`); a person cannot set it.
        """
        if EVERYONE in admitted or self.claims.get(INVITED) is True:
            return True
        if self.email is None or not self.email_verified:
            return False
        email = self.email.casefold()
        return email in admitted or email.rpartition("@")[2] in admitted
