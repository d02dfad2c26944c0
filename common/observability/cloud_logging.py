"""Log records as JSON lines on standard output, the format that Cloud Logging reads.

A line never holds what a user said, a token, or a user's id. The id is hashed with the project's
name. So an operator who knows an id finds its lines, and a reader of the lines does not learn the
id. An exception is logged with its class and stack, which Error Reporting groups by. Its message is
logged only when the class is ours: exceptions of libraries quote their input.

Outside a deployment nothing is configured: Python then writes warnings to standard error.
"""

import hashlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from common.domain.errors import OprinaError
from common.observability.log import log
from common.observability.request_trace import RequestTrace, current_trace
from common.settings import WronglySetError

FIELD_PREFIX = "logging.googleapis.com"
STANDARD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
"""Attributes that every record has. All others came in as `extra`."""
FIRST_SERVER_ERROR = 500
HIDDEN = "message not logged"


def log_to_cloud() -> None:
    """Write records to standard output as JSON: ours from INFO, those of libraries from WARNING.

    Libraries stay at WARNING because httpx logs the URL of each call at INFO.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(CloudFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def restore_logging() -> None:
    """Undo the logging configuration of functions_framework. Called for each request.

    With `LOG_EXECUTION_ID=true` the framework runs `logging.config.dictConfig` after it has loaded
    main.py. That call disables every existing logger and replaces the root's handlers.
    """
    if not log.disabled:
        return
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    logging.root.handlers[:] = log.handlers or logging.root.handlers


class CloudFormatter(logging.Formatter):
    """Formats a record as one line of JSON, with the fields of the current request's trace."""

    def format(self, record: logging.LogRecord) -> str:
        trace = current_trace()
        entry: dict[str, Any] = {
            "severity": record.levelname,
            "message": _message(record),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            **{
                name: value
                for name, value in record.__dict__.items()
                if name not in STANDARD_ATTRIBUTES
            },
        }
        if trace is not None:
            entry |= _trace_fields(trace)
        if record.exc_info and record.exc_info[1] is not None:
            entry["stack_trace"] = format_stack(record.exc_info[1])
        return json.dumps(entry, default=str, separators=(",", ":"))


def _message(record: logging.LogRecord) -> str:
    """Return the message; of a library's message only the first line.

    asyncio quotes the exception of a failed task in the lines after the first.
    """
    message = record.getMessage()
    return message if record.name == log.name else message.partition("\n")[0]


def _trace_fields(trace: RequestTrace) -> dict[str, Any]:
    labels = {f"{FIELD_PREFIX}/labels": {"function": trace.function}}
    parent = trace.parent
    if not (parent.trace and trace.project):
        return labels
    return labels | {
        f"{FIELD_PREFIX}/trace": f"projects/{trace.project}/traces/{parent.trace}",
        **({f"{FIELD_PREFIX}/spanId": parent.span} if parent.span else {}),
        f"{FIELD_PREFIX}/trace_sampled": parent.sampled,
    }


def log_request(trace: RequestTrace, status: int) -> None:
    """Write the request's one log line. `status` is the HTTP status of the response."""
    level = logging.WARNING if status >= FIRST_SERVER_ERROR else logging.INFO
    if not log.isEnabledFor(level):
        return
    seconds, code = trace.ended - trace.began, trace.fields.get("code")
    log.log(
        level,
        "%s %s in %.3f s%s",
        *(trace.function, status, seconds, f": {code}" if code else ""),
        extra={
            "event": "request",
            "function": trace.function,
            "status": status,
            "seconds": round(seconds, 6),
            "parts": {name: round(took, 6) for name, took in trace.parts.items()},
            **({"user": hash_user(trace.user, trace.project)} if trace.user else {}),
            **trace.fields,
        },
    )


def hash_user(user: str, project: str) -> str:
    """Return the hash that stands for a user in the logs: 24 hexadecimal digits."""
    return hashlib.blake2b(user.encode(), key=project.encode()[:64], digest_size=12).hexdigest()


def format_stack(error: BaseException) -> str:
    """Return the stack of an error, of its causes, and of the members of an exception group.

    The order is Python's own: causes first, the members of a group last. Messages of exceptions
    that are not ours are left out.
    """
    return "".join(_stack(error, set())).rstrip()


def _stack(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _stack(cause, seen)
        yield "\nwhich led to:\n\n"
    message = str(error) if isinstance(error, OprinaError | WronglySetError) else HIDDEN
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}: {message}\n"
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if id(member) not in seen:
            yield "\none of the group:\n\n"
            yield from _stack(member, seen)
