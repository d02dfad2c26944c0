"""Tool calls of a reply, and their answers. Pure."""

import json
from collections.abc import Collection
from typing import Any

from common.adapters.agent_engine.wire import Json, field, name_of, replace_surrogates
from common.ports.agent import ProposedAction, ToolCall, ToolResult

ADK_REQUESTS = ("adk_request_confirmation", "adk_request_credential", "adk_request_input")
"""Calls by which ADK asks the person for something. Nothing answers them within the reply."""


class ToolLedger:
    """The tool calls that wait for an answer, and whether the agent owes a text."""

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._open: set[str] = set()
        self._long: set[str] = set()
        self._interim: set[str] = set()
        """Long-running calls whose tool gave an interim answer, which no text has followed."""
        self._owes_text = False

    @property
    def waiting(self) -> bool:
        """Return True if a long-running tool or a person has not answered."""
        return not self._long.isdisjoint(self._open)

    @property
    def unanswered(self) -> bool:
        """Return True if a call has no answer, or no text followed the last answer."""
        return self._owes_text or not self._open <= self._long

    def call(self, call: Json, event: Json) -> ToolCall | None:
        """Note a call. Return its event, or None for a repeated call."""
        tool = ToolCall(name_of(call.get("id")), name_of(call.get("name")))
        key = tool.id or tool.name
        if key in self._called and tool.id:
            return None
        self._called.add(key)
        self._open.add(key)
        if tool.name in ADK_REQUESTS or tool.id in _long_running(event):
            self._long.add(key)
        return tool

    def call_of(self, response: Json) -> ToolCall | None:
        """Return the call of an answer if only a partial event had it (seen with ADK 1.18)."""
        tool = ToolCall(name_of(response.get("id")), name_of(response.get("name")))
        if not tool.id or tool.id in self._called:
            return None
        self._called.add(tool.id)
        return tool

    def answer(self, response: Json, event: Json) -> ToolResult:
        """Note the answer to a call. A tool may say that no text follows its answer."""
        result = _result(response)
        key = result.id or result.name
        if key in self._long:
            self._interim.add(key)
        else:
            self._open.discard(key)
        self._owes_text = not _is_last(event)
        return result

    def text_came(self) -> None:
        """Note a text, which follows the last answer."""
        self._owes_text = False
        self._open -= self._interim


SUMMARY_CHARACTERS = 200
UNAUTHORIZED = "google_unauthorized"
"""`code` in the answer of a tool whose access token Google refused (infra/agent/assistant/google)."""


def _result(response: Json) -> ToolResult:
    """Return the result of an answer, with what our own tools put into it."""
    said = response.get("response")
    said = said if isinstance(said, dict) else {}
    summary = said.get("summary")
    return ToolResult(
        name_of(response.get("id")),
        name_of(response.get("name")),
        _short(summary) if isinstance(summary, str) and summary else None,
        _proposal(said.get("proposal")),
        said.get("code") == UNAUTHORIZED,
    )


def _proposal(said: Any) -> ProposedAction | None:  # noqa: ANN401 - any JSON value
    if not isinstance(said, dict):
        return None
    tool, title, arguments = said.get("tool"), said.get("title"), said.get("arguments")
    if not isinstance(tool, str) or not isinstance(title, str) or not isinstance(arguments, dict):
        return None
    text = replace_surrogates(json.dumps(arguments, ensure_ascii=False))
    return ProposedAction(tool, _short(title), json.loads(text))


def _short(text: str) -> str:
    return replace_surrogates(text)[:SUMMARY_CHARACTERS]


def _long_running(event: Json) -> Collection[str]:
    ids: Any = field(event, "long_running_tool_ids", "longRunningToolIds")
    return [name_of(one) for one in ids] if isinstance(ids, list) else ()


def _is_last(event: Json) -> bool:
    """Return True if the agent ends with a tool's answer: it leaves a loop, or shows the answer."""
    actions = event.get("actions")
    if not isinstance(actions, dict):
        return False
    skips = field(actions, "skip_summarization", "skipSummarization")
    return skips is True or actions.get("escalate") is True
