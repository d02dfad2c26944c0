"""Calls that are known to fail. The row of one that passes is a failure: it must leave this list."""

from collections.abc import Mapping
from dataclasses import replace

from tests.clients.report import ClientRow

AUTHORS = "the parser does not gather deltas by author, nor break between two authors' messages"
WAITING = "the parser takes a turn that waits for a tool for an empty reply"
USAGE = "ADK 1.18 repeats the usage of one model call in two events, and the parser adds both"
ONE_CHUNK = (
    "ADK 1.18 has the call in a partial event only, and sends the tool's response before the whole "
    "text, which the parser then takes for new"
)
NO_CONTENT = "the parser takes the code MODEL_RETURNED_NO_CONTENT for an error of the agent"

KNOWN: Mapping[tuple[str, str], str] = {
    ("google-adk 2.13.0", "parallel"): AUTHORS,
    ("google-adk 2.13.0", "sequential"): AUTHORS,
    ("google-adk 2.13.0", "long-running tool"): WAITING,
    ("google-adk 2.13.0", "confirmation"): WAITING,
    ("google-adk 2.13.0", "empty reply"): NO_CONTENT,
    ("google-adk 1.18.0", "parallel"): AUTHORS,
    ("google-adk 1.18.0", "sequential"): AUTHORS,
    ("google-adk 1.18.0", "long-running tool"): WAITING,
    ("google-adk 1.18.0", "confirmation"): WAITING,
    ("google-adk 1.18.0", "text"): USAGE,
    ("google-adk 1.18.0", "tool"): USAGE,
    ("google-adk 1.18.0", "text and call in one chunk"): ONE_CHUNK,
    ("google-adk 1.18.0", "nothing after a tool"): ONE_CHUNK,
}
"""The reason of each failure, by client and call."""


def compare(row: ClientRow) -> ClientRow:
    """Return a row with the result `known` if its failure is known."""
    reason = KNOWN.get((row.client, row.call))
    if reason is None:
        return row
    if row.result == "failed":
        return replace(row, result="known", detail=reason)
    return replace(row, result="failed", detail="passes now: remove it from tests/clients/known.py")
