"""Fields of an ADK event. Pure: no I/O, no clock.

ADK writes names in snake_case; the Sessions API and ADK's own server write camelCase. Both are
read. A field that is missing, unknown or of another type is treated as absent.
"""

import json
import math
import re
from typing import Any, NamedTuple

from pydantic_core import from_json

from common.adapters.http.request import MAX_RETRY_AFTER
from common.domain import errors

SERVICE = "agent"

MAX_INT = 2**31 - 1
"""Counts and codes are int32 in Google's protocol."""

FINISH_REASONS = frozenset(
    {
        *("BLOCKLIST", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "MAX_TOKENS", "OTHER"),
        *("PROHIBITED_CONTENT", "RECITATION", "SAFETY", "SPII", "UNEXPECTED_TOOL_CALL"),
    }
)
"""Reasons for which a model stops before its answer is complete."""

KNOWN_CODES = FINISH_REASONS | frozenset(
    {
        *("CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND"),
        *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "UNKNOWN"),
        *("400", "403", "404", "429", "499", "500", "503", "504"),
        *("JAILBREAK", "MODEL_ARMOR", "MODEL_RETURNED_NO_CONTENT"),
    }
)
"""Error codes that our errors may repeat. Any other text could hold a user's data."""

DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
"""A `google.protobuf.Duration` in JSON."""

RPC_CODES = {
    "1": "CANCELLED",
    "2": "UNKNOWN",
    "3": "INVALID_ARGUMENT",
    "4": "DEADLINE_EXCEEDED",
    "5": "NOT_FOUND",
    "7": "PERMISSION_DENIED",
    "8": "RESOURCE_EXHAUSTED",
    "13": "INTERNAL",
    "14": "UNAVAILABLE",
}
"""Numbers of google.rpc.Code, which stand in the place of an HTTP status in some errors."""

OTHER_ERROR = "an error"
"""Stands for a code that is not known."""

OPENINGS = {b"{", b"[", b"[{"}
"""First lines of an error that Google writes over several lines."""

MAX_ERROR = 16 * 1024
"""Bytes of an error over several lines. Google's have less than 2 KB."""

ERROR_FIELDS = frozenset(
    {"error", "code", "error_code", "errorCode", "error_message", "errorMessage"}
)

Json = dict[str, Any]


class ModelUsage(NamedTuple):
    """The tokens of one model call. `prompt` is 0 where only the total is known."""

    total: int
    prompt: int


def parse_line(line: bytes) -> Json | None:
    """Parse a line. Return None for an SSE comment or an SSE field that is not data.

    Of a list, Google's form of a body without SSE, the first error counts. Raises `Failed` with kind
    `broken` for a line that is neither a JSON object nor such a list.
    """
    text = line.strip()
    if not text or text.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    event = _json(text.removeprefix(b"data:"))
    if isinstance(event, list):
        listed = (each for each in event if isinstance(each, dict))
        event = next((each for each in listed if error_code(each) is not None), None)
    if not isinstance(event, dict):
        raise errors.Failed(SERVICE, "a malformed event", kind="broken")
    return event


def field(event: Json, snake: str, camel: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a field under either name, or None."""
    value = event.get(snake)
    return event.get(camel) if value is None else value


def parts_of(event: Json) -> list[Json]:
    """Return the parts of an event's content."""
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    if not isinstance(parts, list):
        return []
    if len(parts) == 1 and isinstance(parts[0], dict):
        return parts
    return [part for part in parts if isinstance(part, dict)]


def is_thought(part: Json) -> bool:
    """Return True for a model's thought. `true`, "true" and 1 mark one.

    A thought signature alone marks none: models sign parts of the answer, too.
    """
    mark = part.get("thought")
    return bool(mark) and not (isinstance(mark, str) and mark.lower() == "false")


def answer_text(part: Json) -> str:
    """Return the text of a part, or "" for a thought, which is not meant for the user."""
    text = part.get("text")
    if not isinstance(text, str) or ("thought" in part and is_thought(part)):
        return ""
    return text


def name_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a name or an id as a string, or "" for a value that is neither."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INT:
        return str(value)
    return ""


def usage_of(event: Json) -> ModelUsage | None:
    """Return the usage of an event, or None if there is none.

    Without a total the counts are added up. Cached tokens are a part of the prompt's.
    """
    usage = field(event, "usage_metadata", "usageMetadata")
    if not isinstance(usage, dict):
        return None
    prompt = _count(usage, "prompt_token_count", "promptTokenCount")
    total = _count(usage, "total_token_count", "totalTokenCount")
    if total is None:
        counts = [
            prompt,
            _count(usage, "candidates_token_count", "candidatesTokenCount"),
            _count(usage, "thoughts_token_count", "thoughtsTokenCount"),
            _count(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount"),
        ]
        known = [count for count in counts if count is not None]
        total = sum(known) if known else None
    return None if total is None else ModelUsage(total, prompt or 0)


def error_code(event: Json) -> str | None:
    """Return the code of an error of the model or of the service around it, or None.

    The code is one of `KNOWN_CODES`, or `OTHER_ERROR`.
    """
    if ERROR_FIELDS.isdisjoint(event):
        return None
    error = event.get("error")
    if isinstance(error, dict):
        return _known_code(error.get("status"), error.get("code"))
    if error:
        return _known_code(error)
    if event.get("code") and "content" not in event:
        return _known_code(event["code"], event.get("status"))
    code = field(event, "error_code", "errorCode")
    if code or field(event, "error_message", "errorMessage"):
        return _known_code(code)
    return None


def retry_delay(event: Json) -> int | None:
    """Return after how many seconds the service asks us to come back, or None.

    `google.rpc.RetryInfo` among the details of an error says it: `"retryDelay": "7.5s"`.
    """
    error = event.get("error")
    details = (error if isinstance(error, dict) else event).get("details")
    for detail in details if isinstance(details, list) else ():
        delay = field(detail, "retry_delay", "retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and (found := DURATION.fullmatch(delay)):
            return min(math.ceil(float(found[1])), MAX_RETRY_AFTER)
    return None


def cut_reason(event: Json) -> str | None:
    """Return the finish reason of a message that is not complete, or None."""
    reason = field(event, "finish_reason", "finishReason")
    return reason if isinstance(reason, str) and reason in FINISH_REASONS else None


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON may hold but stores and sockets refuse."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _known_code(*values: Any) -> str:  # noqa: ANN401 - any JSON value
    names = (name_of(value).upper().removeprefix("STATUSCODE.") for value in values)
    codes = (RPC_CODES.get(name, name) for name in names)
    return next((code for code in codes if code in KNOWN_CODES), OTHER_ERROR)


def _count(usage: Json, snake: str, camel: str) -> int | None:
    value = field(usage, snake, camel)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INT
    return value if is_count else None


def is_json(data: bytes) -> bool:
    return _json(data) is not None


def _json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON, or return None.

    pydantic's parser is faster, but refuses lone surrogates; Python's parser is tried after it.
    """
    try:
        return from_json(data)
    except ValueError:
        pass
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
