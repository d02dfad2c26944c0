"""The document `migrations/{number}`: how far a migration of stored documents has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from common.domain.documents import Create, Document, Update, Version, read_fields


def migration_path(number: int) -> str:
    return f"migrations/{number:04d}"


@dataclass(frozen=True)
class MigrationProgress:
    """`step` is the index of the step that runs, `after` the last document that it has finished.

    `left` counts documents that could not be changed yet, since the first step began.
    """

    path: str
    exists: bool = False
    step: int = 0
    after: str | None = None
    left: int = 0
    started_at: datetime | None = None
    done_at: datetime | None = None
    version: Version = None

    @classmethod
    def read(cls, document: Document) -> Self:
        found = read_fields(cls, document)
        for name in ("path", "exists", "version"):
            found.pop(name, None)
        return cls(path=document.path, exists=document.exists, version=document.version, **found)

    def write(self, now: datetime, **changed: Any) -> Create | Update:  # noqa: ANN401 - fields are JSON-like
        """Write the progress over what was read. Two runs at the same time meet a conflict."""
        fields = {
            "step": self.step,
            "after": self.after,
            "left": self.left,
            "started_at": self.started_at or now,
            "done_at": self.done_at,
            "updated_at": now,
            **changed,
        }
        if not self.exists:
            return Create(self.path, fields)
        return Update(self.path, fields, read=self.version)
