"""A transaction tells what became of its commits, whatever fails after one whose fate is not known."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from common.domain.documents import Create
from common.domain.errors import Ambiguous, Invalid, OprinaError, Unavailable
from common.transactions.transaction import Decision, Documents, Transactions
from tests.support.harness import new_harness
from tests.unit.sessions.test_start import FailingCommits

PATH = "limits/test"


@dataclass
class FailsAfterItsCommit:
    """A decision that writes once, and then fails."""

    error: OprinaError
    decided: list[datetime] = field(default_factory=list)

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [PATH]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        assert PATH in documents
        self.decided.append(now)
        if len(self.decided) > 1:
            raise self.error
        return Decision(None, [Create(PATH, {"at": now})])


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize(
    "error", [Invalid("wrong"), Unavailable("identity", "no key"), Unavailable("store", "away")]
)
async def test_an_unconfirmed_commit_is_ambiguous_whatever_follows(
    error: OprinaError, held: bool
) -> None:
    harness = new_harness()
    lost = Ambiguous("store", "no answer in time")
    store = FailingCommits(harness, 1, error=lost, held=held)
    transactions = Transactions(store, harness.clock, harness.app.avatars._deps.pause)
    with pytest.raises(Ambiguous) as told:
        await transactions.run(FailsAfterItsCommit(error))
    assert told.value.service == "store"
    assert told.value.retry_after
