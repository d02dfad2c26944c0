"""Planted mistakes: edits of a copy of the project that a command or a check must report."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.terraform.workspace import Workspace


@dataclass(frozen=True)
class Edit:
    """One replacement in a file. `path` is relative to the root of the project."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mistake:
    """Edits, and the report that they must cause.

    `caught_by`: a command of Terraform, or the name of a check. `message`: part of the report.
    `alone`: the mistake hides others in the same plan.
    """

    name: str
    caught_by: str
    message: str
    edits: tuple[Edit, ...]
    alone: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def mistake(
    name: str, caught_by: str, message: str, *edits: tuple[str, str, str], alone: bool = False
) -> Mistake:
    """Make a mistake. Each edit is (path, old text, new text)."""
    return Mistake(name, caught_by, message, tuple(Edit(*edit) for edit in edits), alone)


def group_into_batches(mistakes: Sequence[Mistake], root: Path) -> list[list[Mistake]]:
    """Group mistakes that can share a plan: each has its own check, and all edits apply together.

    Terraform reports many mistakes of one plan, so those that it reports may be together.
    """
    batches: list[list[Mistake]] = []
    for mistake in mistakes:
        fitting = (batch for batch in batches if _fits(mistake, batch, root))
        batch = next(fitting, None)
        if batch is None:
            batches.append(batch := [])
        batch.append(mistake)
    return batches


def _fits(mistake: Mistake, batch: Sequence[Mistake], root: Path) -> bool:
    by = mistake.caught_by
    if any(other.alone or mistake.alone or other.caught_by == by != "plan" for other in batch):
        return False
    texts: dict[str, str] = {}
    for edit in (edit for each in (*batch, mistake) for edit in each.edits):
        text = texts.get(edit.path) or (root / edit.path).read_text()
        if edit.old not in text:
            return False
        texts[edit.path] = text.replace(edit.old, edit.new, 1)
    return True


@contextmanager
def plant(workspace: Workspace, *mistakes: Mistake) -> Iterator[None]:
    """Apply the edits, and restore the files afterwards."""
    edits = [edit for mistake in mistakes for edit in mistake.edits]
    with workspace.restored(*{edit.path for edit in edits}):
        for edit in edits:
            workspace.replace(edit.path, edit.old, edit.new)
        yield


FUNCTIONS, ACCESS, ACCOUNTS, EXPIRY, FIRESTORE, LOAD_BALANCER, ALERTS = (
    f"terraform/{name}.tf"
    for name in (
        "functions",
        "access",
        "accounts",
        "expiry",
        "firestore",
        "load_balancer",
        "alerts",
    )
)
MONITORING, STORAGE, BUDGET, APIS, VARIABLES, FUNCTION_VARIABLES, OUTPUTS = (
    f"terraform/{name}.tf"
    for name in (
        *("monitoring", "storage", "budget", "apis", "variables", "function_variables", "outputs"),
    )
)
FIREWALL, IDENTITY, OBJECTIVES, VERSIONS = (
    f"terraform/{name}.tf" for name in ("firewall", "identity", "objectives", "versions")
)
SMALL = "terraform/environments/small.tfvars"
INDEXES, RULES = "infra/firestore/indexes.json", "infra/firestore/firestore.rules"
DASHBOARD, MANIFEST = "infra/monitoring/dashboard.json", "dist/manifest.json"
TOKENS_DELETE = '["store", "tokens.delete"]'
