from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common.domain.document_values import RESERVED
from common.domain.ids import ID


def _text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        msg = "holds a lone surrogate, which is no character"
        raise ValueError(msg)
    if not value.strip():
        msg = "is empty"
        raise ValueError(msg)
    return value


def _id(value: str) -> str:
    if not ID.fullmatch(value) or RESERVED.fullmatch(value):
        msg = "is no identifier: 1 to 64 letters, digits, '-' or '_'"
        raise ValueError(msg)
    return value


Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": f"^{ID.pattern}$"})]
Text = Annotated[str, AfterValidator(_text), Field(json_schema_extra={"pattern": r"\S"})]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Quality = Literal["very_high", "high", "medium", "low"]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Answer(BaseModel):
    # Built when first used: a function starts without those of its neighbours.
    model_config = ConfigDict(frozen=True, defer_build=True)

    @property
    def status_code(self) -> int:
        return 200
