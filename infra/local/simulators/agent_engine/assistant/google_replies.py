"""Replies about mail and calendar. They run the agent's own tools against the simulated Google."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.google.turn_state import TurnState
from infra.local.simulators.agent_engine.assistant import calendar
from infra.local.simulators.agent_engine.assistant.steps import Message, Step, Text, ToolRun

_YES = re.compile(r"Call (\w+) now, once, with exactly these arguments: (\{.*?\})\]\n\n", re.DOTALL)
_NO = re.compile(r"The person said no to this: ")
_SEND = re.compile(
    r"\b(?:send|write) (?:an? |the )?(?:e-?mail|mail|message) to (?P<to>[\w@.+-]*\w)[\s:,]*"
    r"(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
_READ = re.compile(
    r"\bread (?:me )?(?:the )?(?:e-?mail|mail|message) from (?P<who>\w+)", re.IGNORECASE
)
_INBOX = re.compile(r"\b(?:e-?mails?|mails?|inbox)\b", re.IGNORECASE)
_AT = r"(?:to|at) (?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s*(?P<half>am|pm)?"
_MOVE = re.compile(rf"\bmove (?:the |my )?(?P<what>.+?) {_AT}", re.IGNORECASE)
_CREATE = re.compile(
    rf"\b(?:add|create|schedule|put) (?:an? )?(?:event )?(?P<what>.+?) (?:in my calendar )?{_AT}",
    re.IGNORECASE,
)
_EVENTS = re.compile(r"\b(?:calendar|meetings?|schedule|appointments?|agenda)\b", re.IGNORECASE)
_NOON = 12
_TO_THE_PERSON = {
    "The user's": "Your",
    "The user has": "You have",
    "The user can": "You can",
    "They can": "You can",
    "Ask the user for the full email address first.": "What is the full email address?",
}
"""Words of the tools about the user, and the same words to the user."""


def google_reply(message: Message) -> Iterable[Step] | None:
    """Return the steps of a reply about mail or calendar; None for any other message."""
    if message.google is None:
        return None
    tools = _Tools(message, message.google)
    if found := _YES.search(message.text):
        return _act(tools, found[1], json.loads(found[2]))
    if _NO.search(message.text):
        return iter([Text("Alright, I will not do it.")])
    for pattern, answer in _RULES:
        if match := pattern.search(message.text):
            return answer(message, tools, match)
    return None


class _Tools:
    """The tools of one turn. Each returns a step, which has the answer once it was played."""

    def __init__(self, message: Message, actions: GoogleActions) -> None:
        self._turn = TurnState.of(message.state, message.invocation_id)
        self._actions = actions

    def run(self, tool: str, **args: Any) -> ToolRun:  # noqa: ANN401 - any JSON value
        method = getattr(self._actions, tool)
        return ToolRun(tool, args, run=lambda: method(self._turn, **args))


def _act(tools: _Tools, tool: str, arguments: dict[str, Any]) -> Iterator[Step]:
    """Call a tool again, with the arguments that the person has confirmed."""
    renamed = {"title": arguments["title"]} if tool == "create_event" else {}
    step = tools.run(tool, **{**arguments, **renamed})
    yield step
    done = {"send_mail": "The mail is sent.", "create_event": "It is in your calendar."}
    yield Text(_trouble(step) or done.get(tool, "It is moved."))


def _send(_message: Message, tools: _Tools, match: re.Match[str]) -> Iterator[Step]:
    to, text = match["to"], match["text"].strip()
    if "@" not in to:
        search = tools.run("search_mail", query=f"from:{to}")
        yield search
        if trouble := _trouble(search):
            yield Text(trouble)
            return
        address = _address(search.outcome["messages"])
        if address is None:
            yield Text(f"I do not know the address of {to}. What is it?")
            return
        to = address
    subject = " ".join(text.split()[:4]).rstrip(".,!?") or "A message"
    step = tools.run("send_mail", to=[to], subject=subject, text=text or subject)
    yield step
    yield Text(_trouble(step) or f"I would send this to {to}: {text or subject} Shall I send it?")


def _inbox(_message: Message, tools: _Tools, _match: re.Match[str]) -> Iterator[Step]:
    yield Text("Let me look at your mail.")
    step = tools.run("search_mail", query="is:unread")
    yield step
    if trouble := _trouble(step):
        yield Text(trouble)
        return
    found = step.outcome["messages"]
    yield Text(f"You have {len(found)} unread mails.")
    for each in found:
        yield Text(f" {_name(each['from'])} wrote about: {each['subject']}.")


def _read(_message: Message, tools: _Tools, match: re.Match[str]) -> Iterator[Step]:
    search = tools.run("search_mail", query=f"from:{match['who']}")
    yield search
    if trouble := _trouble(search):
        yield Text(trouble)
        return
    if not search.outcome["messages"]:
        yield Text(f"There is no mail from {match['who']}.")
        return
    step = tools.run("read_mail", message_id=search.outcome["messages"][0]["id"])
    yield step
    yield Text(_trouble(step) or f"{_name(step.outcome['from'])} writes: {step.outcome['text']}")


def _list(message: Message, tools: _Tools, _match: re.Match[str]) -> Iterator[Step]:
    today = message.now.date()
    day = calendar.find_day(message.text, today)
    yield Text("One moment, I am looking at your calendar.")
    step = _events_of(message, tools)
    yield step
    if trouble := _trouble(step):
        yield Text(trouble)
        return
    found, when = step.outcome["events"], calendar.spoken_day(day, today)
    if not found:
        yield Text(f"There is nothing in your calendar {when}. The day is all yours.")
        return
    yield Text(
        f"You have {len(found)} things {when}." if len(found) > 1 else f"You have one thing {when}."
    )
    for each in found:
        begins = datetime.fromisoformat(each["begins"])
        yield Text(f" At {calendar.spoken_time(begins)} there is {each['title']}.")


def _create(message: Message, tools: _Tools, match: re.Match[str]) -> Iterator[Step]:
    begins = _moment(message, match)
    ends = begins + timedelta(hours=1)
    step = tools.run(
        "create_event", title=match["what"], begins=begins.isoformat(), ends=ends.isoformat()
    )
    yield step
    when = calendar.spoken_time(begins)
    yield Text(
        _trouble(step) or f"I would put {match['what']} into your calendar at {when}. Shall I?"
    )


def _move(message: Message, tools: _Tools, match: re.Match[str]) -> Iterator[Step]:
    search = _events_of(message, tools)
    yield search
    if trouble := _trouble(search):
        yield Text(trouble)
        return
    what = match["what"].lower()
    found = [each for each in search.outcome["events"] if what in each["title"].lower()]
    if not found:
        yield Text(f"I find no {what} on that day.")
        return
    begins = _moment(message, match)
    step = tools.run(
        "move_event",
        event_id=found[0]["id"],
        begins=begins.isoformat(),
        ends=(begins + timedelta(hours=1)).isoformat(),
    )
    yield step
    when = calendar.spoken_time(begins)
    yield Text(_trouble(step) or f"I would move {found[0]['title']} to {when}. Shall I?")


def _events_of(message: Message, tools: _Tools) -> ToolRun:
    day = calendar.find_day(message.text, message.now.date())
    begins = datetime.combine(day, time(), message.now.tzinfo)
    ends = begins + timedelta(days=1)
    return tools.run("list_events", begins=begins.isoformat(), ends=ends.isoformat())


def _moment(message: Message, match: re.Match[str]) -> datetime:
    """Return the time that a message names: "3 pm", "14:30"."""
    hour, minute = int(match["hour"]) % 24, int(match["minute"] or 0)
    if (match["half"] or "").lower() == "pm" and hour < _NOON:
        hour += _NOON
    day = calendar.find_day(message.text, message.now.date())
    return datetime.combine(day, time(hour, minute), message.now.tzinfo)


def _trouble(step: ToolRun) -> str:
    """Return what a person hears of an error, whose text is for the model; "" without one."""
    text = str(step.outcome.get("error", ""))
    for third, second in _TO_THE_PERSON.items():
        text = text.replace(third, second)
    return text


def _address(messages: Sequence[dict[str, str]]) -> str | None:
    found = re.search(r"<([^>]+)>", messages[0]["from"]) if messages else None
    return found[1] if found else None


def _name(sender: str) -> str:
    return sender.partition("<")[0].strip() or sender


Answer = Callable[[Message, _Tools, "re.Match[str]"], Iterable[Step]]
_RULES: Sequence[tuple[re.Pattern[str], Answer]] = (
    (_SEND, _send),
    (_READ, _read),
    (_MOVE, _move),
    (_CREATE, _create),
    (_EVENTS, _list),
    (_INBOX, _inbox),
)
