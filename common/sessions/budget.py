"""Stop all spending when the budget of the month is used up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.ceiling import SWITCH_PATH, is_stopped, stop_spending
from common.observability.log import log
from common.observability.request_trace import annotate
from common.ports.dependencies import Dependencies
from common.schemas.limits import BudgetAlertAnswer, BudgetAlertRequest
from common.transactions.transaction import Decision, Documents, Transactions

USED_UP = 1.0
"""The ratio of the budget at which spending stops. Earlier thresholds only send mail."""


@dataclass(frozen=True)
class SetSwitch:
    """Set the project's switch (a `Transaction`). The result is False if it was set before."""

    reason: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [SWITCH_PATH]

    def decide(self, documents: Documents, now: datetime) -> Decision[bool]:
        switch = documents[SWITCH_PATH]
        if is_stopped(switch):
            return Decision(result=False)
        return Decision(result=True, writes=[stop_spending(switch, self.reason, now)])


@dataclass(frozen=True)
class BudgetUseCase:
    deps: Dependencies

    async def alert(self, request: BudgetAlertRequest) -> BudgetAlertAnswer:
        """Set the switch if the budget is used up. The next sweep ends what runs.

        Pub/Sub sends a message several times a day, also long after the threshold was passed. An
        operator who takes the switch back raises the budget first.
        """
        threshold = request.message.notice.threshold
        if threshold is None or threshold < USED_UP:
            return BudgetAlertAnswer(stopped=False)
        transactions = Transactions(self.deps.store, self.deps.clock, self.deps.pause)
        done = await transactions.run(SetSwitch("the budget of the month is used up"))
        if done.result:
            log.error("spending is stopped: the budget of the month is used up")
        annotate(stopped=True)
        return BudgetAlertAnswer(stopped=True)
