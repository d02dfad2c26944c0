"""Cloud Billing's message on Pub/Sub, and the answer to it.

Format: https://cloud.google.com/billing/docs/how-to/budgets-programmatic-notifications
"""

from base64 import b64decode
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from common.schemas.base import Answer, Request


class BudgetNotice(BaseModel):
    """The part of a budget's message that decides. Ratios: 0.5 is half of the budget."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    threshold: float | None = Field(None, alias="alertThresholdExceeded")
    """The highest threshold that the costs of the month passed; absent if they passed none."""


class PubSubMessage(BaseModel):
    """`data` is the budget's message: JSON in base64."""

    model_config = ConfigDict(extra="ignore")

    data: str

    @field_validator("data")
    @classmethod
    def _holds_a_notice(cls, data: str) -> str:
        BudgetNotice.model_validate_json(b64decode(data, validate=True))
        return data

    @cached_property
    def notice(self) -> BudgetNotice:
        return BudgetNotice.model_validate_json(b64decode(self.data))


class BudgetAlertRequest(Request):
    """A push of Pub/Sub. Fields that it adds are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)

    message: Annotated[PubSubMessage, Field(examples=[{"data": "e30="}])]
    """The example says that no threshold was passed."""


class BudgetAlertAnswer(Answer):
    stopped: bool
