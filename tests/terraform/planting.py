"""How a mistake is written down, and planted: in a copy, with others that do not hide it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.terraform.workspace import Workspace


@dataclass(frozen=True)
class Edit:
    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mistake:
    """`seen_by`: a command of terraform's, or one of our checks. `alone`: others would not be seen
    beside it."""

    name: str
    seen_by: str
    says: str
    edits: tuple[Edit, ...]
    alone: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def mistake(
    name: str, seen_by: str, says: str, *edits: tuple[str, str, str], alone: bool = False
) -> Mistake:
    return Mistake(name, seen_by, says, tuple(Edit(*edit) for edit in edits), alone)


def batches(mistakes: Sequence[Mistake], root: Path) -> list[list[Mistake]]:
    """As few as may be, since each is a plan: in one, no check has two mistakes to see, and no
    mistake undoes another."""
    made: list[list[Mistake]] = []
    for mistake in mistakes:
        fitting = (batch for batch in made if _fits(mistake, batch, root))
        batch = next(fitting, None)
        if batch is None:
            made.append(batch := [])
        batch.append(mistake)
    return made


def _fits(mistake: Mistake, batch: Sequence[Mistake], root: Path) -> bool:
    if any(other.alone or mistake.alone or other.seen_by == mistake.seen_by for other in batch):
        return False
    texts: dict[str, str] = {}
    for edit in (edit for each in (*batch, mistake) for edit in each.edits):
        text = texts.get(edit.path) or (root / edit.path).read_text()
        if edit.old not in text:
            return False
        texts[edit.path] = text.replace(edit.old, edit.new, 1)
    return True


@contextmanager
def planted(workspace: Workspace, *mistakes: Mistake) -> Iterator[None]:
    edits = [edit for mistake in mistakes for edit in mistake.edits]
    with workspace.changed(*{edit.path for edit in edits}):
        for edit in edits:
            workspace.replace(edit.path, edit.old, edit.new)
        yield


FUNCTIONS, ACCESS, ACCOUNTS, EXPIRY, FIRESTORE, PAGE, ALERTS = (
    f"terraform/{name}.tf"
    for name in ("functions", "access", "accounts", "expiry", "firestore", "page", "alerts")
)
MONITORING, STORAGE, BUDGET, APIS, VARIABLES, OUTPUTS = (
    f"terraform/{name}.tf"
    for name in ("monitoring", "storage", "budget", "apis", "variables", "outputs")
)
SMALL = "terraform/environments/small.tfvars"
INDEXES, RULES = "infra/firestore/indexes.json", "infra/firestore/firestore.rules"
DASHBOARD, MANIFEST = "infra/monitoring/dashboard.json", "dist/manifest.json"
TOKENS_FORGET = '["store", "tokens.forget"]'
