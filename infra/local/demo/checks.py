"""What must hold at each step, and what did not."""

from dataclasses import dataclass, field


@dataclass
class Checks:
    held: int = 0
    broken: list[str] = field(default_factory=list)

    def that(self, what: str, holds: object) -> None:
        """`what` is said as it must be: "the avatar spoke before the text ended"."""
        if holds:
            self.held += 1
        else:
            self.broken.append(what)
