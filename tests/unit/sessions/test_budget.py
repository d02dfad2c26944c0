"""Cloud Billing's messages on Pub/Sub, in its own format."""

import json
from base64 import b64encode
from typing import Any

import pytest
from pydantic import ValidationError

from common.domain.ceiling import SWITCH_PATH
from common.schemas.limits import BudgetAlertRequest
from tests.support.harness import new_harness


def push(**notice: Any) -> BudgetAlertRequest:
    """Return a push of Pub/Sub, with all fields that Google's documents name."""
    budget = {
        "budgetDisplayName": "Oprina: staging",
        "costAmount": 100.01,
        "costIntervalStart": "2026-11-01T08:00:00Z",
        "budgetAmount": 100.0,
        "budgetAmountType": "SPECIFIED_AMOUNT",
        "currencyCode": "USD",
        **notice,
    }
    message = {
        "data": b64encode(json.dumps(budget).encode()).decode(),
        "attributes": {"billingAccountId": "01", "budgetId": "02", "schemaVersion": "1.0"},
        "messageId": "136969346945",
        "message_id": "136969346945",
        "publishTime": "2026-11-30T06:00:00Z",
        "publish_time": "2026-11-30T06:00:00Z",
    }
    body = {"message": message, "subscription": "projects/p/subscriptions/budget"}
    return BudgetAlertRequest.model_validate_json(json.dumps(body))


@pytest.mark.parametrize(
    ("notice", "stops"),
    [
        ({}, False),
        ({"alertThresholdExceeded": 0.5}, False),
        ({"alertThresholdExceeded": 0.9}, False),
        ({"forecastThresholdExceeded": 1.0}, False),
        ({"alertThresholdExceeded": 1.0}, True),
        ({"alertThresholdExceeded": 1.2}, True),
    ],
)
async def test_spending_stops_when_the_budget_is_used_up(
    notice: dict[str, float], stops: bool
) -> None:
    harness = new_harness()
    for _ in range(2):  # Pub/Sub delivers at least once
        assert (await harness.app.budget.alert(push(**notice))).stopped is stops
    [switch] = await harness.store.get([SWITCH_PATH])
    assert bool(switch.get("stopped")) is stops
    await harness.store.close()


@pytest.mark.parametrize("data", ["", "not base64", b64encode(b"[]").decode()])
def test_a_message_that_is_none_is_refused(data: str) -> None:
    with pytest.raises(ValidationError):
        BudgetAlertRequest.model_validate({"message": {"data": data}})
