"""The document `users/{uid}`: name, plan, preferences, and a deletion that was requested."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from common.domain.documents import LATEST, NEVER, Create, Document, Update, Write, known_fields
from common.domain.ids import UserId

GRACE = timedelta(days=7)
"""An account is deleted this long after its person asked for it. Until then it can be restored."""
DEFAULT_PLAN = "default"


def profile_path(user: UserId) -> str:
    return f"users/{user}"


@dataclass(frozen=True)
class Preferences:
    """Defaults of a person, for fields that a request leaves out. None: the deployment's default."""

    avatar_id: str | None = None
    voice: str | None = None
    language: str | None = None
    quality: str | None = None
    captions: bool | None = None
    speed: float | None = None

    @classmethod
    def read(cls, profile: Document) -> Self:
        return cls(**known_fields(cls, profile.get("preferences") or {}))


@dataclass(frozen=True)
class RequestedDeletion:
    """A deletion that a person asked for. It begins at `deletes_at`, unless it is taken back.

    `certificate_id` names the certificate that the deletion writes. `former` are keyed hashes of the
    uid and of the identities, under which this month's use is kept.

    Without `deletes_at` nothing is deleted. Without `certificate_id` it is a hash of the uid.
    """

    requested_at: datetime = NEVER
    deletes_at: datetime = LATEST
    certificate_id: str = ""
    former: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, profile: Document) -> Self | None:
        stored = profile.get("deletion")
        if stored is None:
            return None
        unnamed = hashlib.sha256(profile.id.encode()).hexdigest()[:32]
        known = {"certificate_id": unnamed, **known_fields(cls, stored)}
        return cls(**{**known, "former": tuple(known.get("former") or ())})


@dataclass(frozen=True)
class SeedMark:
    """The mark of `python -m infra.seed`. A seed that was killed is done again from this mark.

    `until` is the end of the weeks, and `number` the seed of their random figures.
    """

    until: datetime = NEVER
    number: int = 0
    done: bool = False

    @classmethod
    def read(cls, profile: Document) -> Self | None:
        stored = profile.get("seed")
        return cls(**known_fields(cls, stored)) if stored else None


@dataclass(frozen=True)
class Profile:
    """A person's document as it was read; of a person without one, as it would be."""

    document: Document
    uid: UserId
    name: str | None
    plan: str
    preferences: Preferences
    created_at: datetime | None
    deletion: RequestedDeletion | None

    @classmethod
    def read(cls, document: Document) -> Self:
        return cls(
            document=document,
            uid=UserId(document.id),
            name=document.get("name"),
            plan=document.get("plan") or DEFAULT_PLAN,
            preferences=Preferences.read(document),
            created_at=document.get("created_at"),
            deletion=RequestedDeletion.read(document),
        )

    def change(
        self, now: datetime, preferences: Mapping[str, Any], **more: str | None
    ) -> tuple[Self, Write]:
        """Return the profile with other preferences and other fields, and the write."""
        changed = replace(self.preferences, **preferences)
        after = replace(
            self,
            preferences=changed,
            created_at=self.created_at or now,
            name=more.get("name", self.name),
        )
        return after, self._write(now, preferences=asdict(changed), **more)

    def set_plan(self, plan: str, now: datetime) -> Write:
        return self._write(now, plan=plan)

    def mark_seed(self, mark: SeedMark, now: datetime) -> Write:
        return self._write(now, seed=asdict(mark))

    def request_deletion(
        self, certificate: str, former: tuple[str, ...], now: datetime
    ) -> tuple[RequestedDeletion, Write]:
        """Mark the account. From now on it spends nothing, and the sweep deletes it when it is due."""
        deletion = RequestedDeletion(now, now + GRACE, certificate, former)
        stored = {**asdict(deletion), "former": list(former)}
        return deletion, self._write(now, deletion=stored, due_at=deletion.deletes_at)

    def restore(self) -> Update:
        """Take the deletion back."""
        return Update(
            self.document.path, {"deletion": None, "due_at": None}, read=self.document.version
        )

    def begin_deletion(self) -> Update:
        """Mark that the deletion runs: from now on it cannot be taken back."""
        return Update(self.document.path, {"deleting": True}, read=self.document.version)

    @property
    def is_deleting(self) -> bool:
        return bool(self.document.get("deleting"))

    def _write(self, now: datetime, **fields: Any) -> Create | Update:  # noqa: ANN401 - fields are JSON-like
        if not self.document.exists:
            return Create(self.document.path, {"uid": self.uid, "created_at": now, **fields})
        if self.created_at is None:
            fields["created_at"] = now
        return Update(self.document.path, fields, read=self.document.version)
