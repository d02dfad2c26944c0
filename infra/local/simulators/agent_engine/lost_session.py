"""Answers to a turn in a session that does not exist.

Google does not document the answer. Each form below was reported by a client, or follows from the
code of ADK and AdkApp. A client must treat all of them as a lost session.

AdkApp 2.7.0 gives its runner `auto_create_session=True`, so an agent that is deployed with it answers
`fresh`. ADK up to 1.18 raises "Session not found", which is `stream_498`.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from infra.local.simulators.agent_engine.arguments import STREAM_FAILED, execution_failed
from infra.local.simulators.google_api import GoogleError

LostSession = Literal[
    "http_404",
    "http_400",
    "http_400_name",
    "stream_498",
    "stream_498_api",
    "stream_error",
    "error_event",
    "empty",
    "fresh",
]
"""How a lost session is answered.

    http_404        HTTP 404 NOT_FOUND before the stream.
    http_400        HTTP 400, the agent's own exception (python-aiplatform #5458).
    http_400_name   HTTP 400 INVALID_ARGUMENT, invalid resource name (adk-python #1396).
    stream_498      200 and a line with code 498 and the runner's exception (agent-starter-pack #510).
    stream_498_api  200 and a line with code 498 that quotes the session API's 404 (adk-python #3719).
    stream_error    200 and a line `{"error": {...}}`, the form that Google proposes (adk-docs #1807).
    error_event     200 and an ADK event with `error_code` and `error_message`.
    empty           200 without a line (python-aiplatform #7118).
    fresh           A new, empty session with that id. The turn succeeds; its memory is gone.
"""

LOST_SESSION_FORMS: tuple[LostSession, ...] = get_args(LostSession)


def lost_session_lines(form: LostSession, name: str) -> list[Mapping[str, Any]]:
    """Return the lines of the stream for a lost session. `name` is its resource name.

    Raises GoogleError for the forms that are HTTP errors. The form `fresh` has no lines.
    """
    session_id = name.rpartition("/")[2]
    not_found = GoogleError("NOT_FOUND", f"Session with resource name {name} is not found.")
    message = f"Session not found: {session_id}"
    match form:
        case "http_404":
            raise GoogleError("NOT_FOUND", message)
        case "http_400":
            raise execution_failed(f"Exception: {message}")
        case "http_400_name":
            raise GoogleError("INVALID_ARGUMENT", f"Invalid Session resource name: {name}")
        case "stream_498":
            return [{"code": STREAM_FAILED, "message": message}]
        case "stream_498_api":
            quoted = f"404 NOT_FOUND. {not_found.body()}"
            return [{"code": STREAM_FAILED, "message": quoted}]
        case "stream_error":
            return [not_found.body()]
        case "error_event":
            return [{"author": "assistant", "error_code": "NOT_FOUND", "error_message": message}]
        case "empty" | "fresh":
            return []
