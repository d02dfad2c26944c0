"""Base classes and field types of all requests and answers."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PrivateAttr,
)
from pydantic.json_schema import SkipJsonSchema

from common.domain.document_values import RESERVED
from common.domain.ids import ID
from common.domain.voices import TAG, is_language

VISIBLE = re.compile(
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
"""A character that is no space, control or format character. The OpenAPI document has it, too."""


def _text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        msg = "must not contain a lone surrogate"
        raise ValueError(msg)
    if not VISIBLE.search(value):
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


def refuses(*together: Mapping[str, object]) -> ConfigDict:
    """Describe combinations of fields that a request's validator refuses, for its JSON schema."""
    return ConfigDict(json_schema_extra={"allOf": [refused(fields) for fields in together]})


def refused(fields: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return the JSON schema that refuses a combination of fields.

    A field is mapped to `str` or `bool` (given), `True`, `False` (also left out), or `None` (null or
    left out).
    """
    present: list[JsonValue] = [name for name, kind in fields.items() if kind]
    properties: dict[str, JsonValue] = {name: _kind(kind) for name, kind in fields.items()}
    return {"not": {"properties": properties, **({"required": present} if present else {})}}


def _kind(kind: object) -> dict[str, JsonValue]:
    if isinstance(kind, bool):
        return {"const": kind}
    return {"type": {str: "string", bool: "boolean", None: "null"}[kind]}  # type: ignore[index]  # one of the three


class Request(BaseModel):
    """The fields of a request. Unknown fields are refused, and types are strict."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    NOT_WITHOUT_AUDIO: ClassVar[Mapping[str, object] | None] = None
    """A combination of fields that only a request with a recording may have."""

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
