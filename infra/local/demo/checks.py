"""The checks of the demo, and which of them failed."""

from dataclasses import dataclass, field


@dataclass
class Checks:
    held: int = 0
    failed: list[str] = field(default_factory=list)

    def check(self, statement: str, holds: object) -> None:
        """Record a check. `statement` is what must be true: "the avatar speaks"."""
        if holds:
            self.held += 1
        else:
            self.failed.append(statement)
