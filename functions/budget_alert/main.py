from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.schemas.limits import BudgetAlertAnswer, BudgetAlertRequest


@endpoint
@Route(
    "POST",
    "/",
    BudgetAlertRequest,
    BudgetAlertAnswer,
    answers={200: "Whether spending is stopped now."},
    callers="internal",
)
async def budget_alert(
    _caller: User, request: BudgetAlertRequest, app: App, _key: IdempotencyKey
) -> BudgetAlertAnswer:
    """Stop all spending when the budget is used up. For Cloud Billing's messages on Pub/Sub."""
    return await app.budget.alert(request)
