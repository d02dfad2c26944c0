"""Lines of JSON on standard output, as Cloud Logging reads them from a deployed function.

Never in a line: what somebody said, a token, who a user is. A user's id is hashed with the project's
name, which is no secret: who knows an id finds its lines, and nobody finds an id in a line. Of an
exception the log has where it came from and its kind, for Error Reporting to group; what it says it
has of our own only, since others quote what they were given.

Anywhere else nothing is set up: Python writes warnings to standard error, in its own short way.
"""

import hashlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from common.domain.errors import OprinaError
from common.observability.log import log
from common.observability.request_trace import RequestTrace, current_trace
from common.settings import WronglySetError

GOOGLE = "logging.googleapis.com"
PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
"""What every record has; the rest is `extra`."""
BAD = 500
SAYS_NOTHING = "what it says is not logged"


def log_to_cloud(stream: TextIO | None = None) -> None:
    """Ours from INFO on; of the libraries only what they warn of: httpx tells the address of every
    call."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(CloudFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)


class CloudFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        notes = current_trace()
        entry: dict[str, Any] = {
            "severity": record.levelname,
            "message": _message(record),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            **{name: value for name, value in record.__dict__.items() if name not in PLAIN},
        }
        if notes is not None:
            entry |= _where(notes)
        if record.exc_info and record.exc_info[1] is not None:
            entry["stack_trace"] = format_stack(record.exc_info[1])
        return json.dumps(entry, default=str, separators=(",", ":"))


def _message(record: logging.LogRecord) -> str:
    """Of a library's the first line: asyncio's next ones quote what a task raised."""
    message = record.getMessage()
    return message if record.name == log.name else message.partition("\n")[0]


def _where(notes: RequestTrace) -> dict[str, Any]:
    labels = {f"{GOOGLE}/labels": {"function": notes.function}}
    came = notes.came_from
    if not (came.trace and notes.project):
        return labels
    return labels | {
        f"{GOOGLE}/trace": f"projects/{notes.project}/traces/{came.trace}",
        **({f"{GOOGLE}/spanId": came.span} if came.span else {}),
        f"{GOOGLE}/trace_sampled": came.sampled,
    }


def log_request(notes: RequestTrace, status: int) -> None:
    """The one line that a request has."""
    level = logging.WARNING if status >= BAD else logging.INFO
    if not log.isEnabledFor(level):
        return
    seconds, code = notes.ended - notes.began, notes.fields.get("code")
    log.log(
        level,
        "%s %s in %.3f s%s",
        *(notes.function, status, seconds, f": {code}" if code else ""),
        extra={
            "event": "request",
            "function": notes.function,
            "status": status,
            "seconds": round(seconds, 6),
            "parts": {name: round(took, 6) for name, took in notes.parts.items()},
            **({"user": hash_user(notes.user, notes.project)} if notes.user else {}),
            **notes.fields,
        },
    )


def hash_user(user: str, project: str) -> str:
    return hashlib.blake2b(user.encode(), key=project.encode()[:64], digest_size=12).hexdigest()


def format_stack(error: BaseException) -> str:
    return "".join(_stack(error, set())).rstrip()


def _stack(error: BaseException, seen: set[int]) -> Iterator[str]:
    """As Python writes it, what came before first; those of a group after it."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _stack(before, seen)
        yield "\nwhich led to:\n\n"
    says = str(error) if isinstance(error, OprinaError | WronglySetError) else SAYS_NOTHING
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}: {says}\n"
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if id(each) not in seen:
            yield "\nof which one:\n\n"
            yield from _stack(each, seen)
