"""Base classes and field types of all requests and answers."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PrivateAttr,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from common.domain.document_values import RESERVED
from common.domain.ids import ID
from common.domain.voices import TAG, is_language

COMBINATION: Final = "combination"
"""The type of the error whose context has `fields`: the problem of each field."""

VISIBLE = re.compile(
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)
"""A character that is no space, filler, control or format character. The OpenAPI document has the
pattern, too."""
HIDDEN = re.compile("[\U000e0000-\U000e0fff]")
"""Tags and variation selectors: format characters that patterns of JavaScript see as two halves."""


def _text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        msg = "must not contain a lone surrogate"
        raise ValueError(msg)
    if not VISIBLE.search(HIDDEN.sub("", value)):
        msg = "must not be empty"
        raise ValueError(msg)
    return value


def _language(value: str) -> str:
    if not is_language(value):
        msg = "is not a language that Google speaks, such as en-US"
        raise ValueError(msg)
    return value


def _id(value: str) -> str:
    if not ID.fullmatch(value) or RESERVED.fullmatch(value):
        msg = "must be 1 to 64 letters, digits, '-' or '_'"
        raise ValueError(msg)
    return value


Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": f"^{ID.pattern}$"})]
Text = Annotated[str, AfterValidator(_text), Field(json_schema_extra={"pattern": VISIBLE.pattern})]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
Language = Annotated[str, Field(pattern=f"^{TAG.pattern}$"), AfterValidator(_language)]
Quality = Literal["very_high", "high", "medium", "low"]


Audio = Annotated[
    bytes,
    PlainSerializer(lambda sound: hashlib.sha256(sound).hexdigest(), when_used="json"),
    SkipJsonSchema(),
]
"""A recording. It is a part of the body of its own, and never a field of JSON. In the fingerprint of a
request its hash stands for it."""


def refusal_schema(fields: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return the JSON schema that refuses a combination of fields.

    A field is mapped to a type (given), `True`, `False` (also left out), or `None` (null or left
    out).
    """
    present: list[JsonValue] = [name for name, kind in fields.items() if kind]
    properties: dict[str, JsonValue] = {name: _kind(kind) for name, kind in fields.items()}
    return {"not": {"properties": properties, **({"required": present} if present else {})}}


def _kind(kind: object) -> dict[str, JsonValue]:
    if isinstance(kind, bool):
        return {"const": kind}
    return {"type": {str: "string", bool: "boolean", None: "null"}[kind]}  # type: ignore[index]  # one of the three


def _describe(schema: dict[str, JsonValue], model: type["Request"]) -> None:
    """Add the combinations that a request refuses. A recording is no field of JSON."""
    if found := [refusal_schema(fields) for fields in model.REFUSED if "audio" not in fields]:
        schema["allOf"] = [*found]


def _holds(value: object, kind: object) -> bool:
    if isinstance(kind, type):
        return isinstance(value, kind)
    return value is kind


def _wrong_together(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the problem of each field of a combination that is refused."""
    given = [name for name, kind in fields.items() if kind]
    missing = [name for name in fields if name not in given and name != "audio"]
    if not given:
        return {missing[0]: f"one of {_list_names(missing)} is required"}
    if missing:
        return {name: f"is required with {_list_names(given)}" for name in missing}
    return {
        name: f"does not go with {_list_names([other for other in given if other != name])}"
        for name in given
    }


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


class Request(BaseModel):
    """The fields of a request. Unknown fields are refused, and types are strict."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, defer_build=True, json_schema_extra=_describe
    )
    REFUSED: ClassVar[Sequence[Mapping[str, object]]] = ()
    """Combinations of fields that are refused, in the form of `refusal_schema`."""
    NOT_WITHOUT_AUDIO: ClassVar[Mapping[str, object] | None] = None
    """A combination of fields that only a request with a recording may have."""

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        wrong: dict[str, str] = {}
        for fields in self.REFUSED:
            is_first = not wrong or any(fields.values())  # else another problem says more
            if is_first and all(_holds(getattr(self, name), each) for name, each in fields.items()):
                wrong = {**_wrong_together(fields), **wrong}
        if wrong:
            raise PydanticCustomError(COMBINATION, "fields do not go together", {"fields": wrong})
        return self

    @property
    def needs_stream(self) -> bool:
        """Return True if only a stream of events can answer the request."""
        return False


class BrowserRequest(Request):
    """A request of a browser's navigation, with some headers that no script or link can set.

    They are no fields, so a query cannot set them.
    """

    HEADERS: ClassVar[Sequence[str]] = ("cookie", "sec-fetch-site", "referer")
    _headers: dict[str, str] = PrivateAttr(default_factory=dict)

    def note_headers(self, headers: Mapping[str, str]) -> None:
        self._headers.update({name: headers[name] for name in self.HEADERS if name in headers})

    def header(self, name: str) -> str | None:
        """Return one of `HEADERS`, or None if the browser did not send it."""
        return self._headers.get(name)


class Answer(BaseModel):
    """The fields of an answer, and the status that it is sent with."""

    # Built at first use: a function does not build the models of other functions when it starts.
    model_config = ConfigDict(frozen=True, defer_build=True)

    @property
    def status_code(self) -> int:
        return 200
