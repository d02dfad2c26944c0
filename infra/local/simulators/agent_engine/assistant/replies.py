"""The scripted assistant. Its reply depends on the message, the session and the clock alone."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from infra.local.simulators.agent_engine.assistant import calendar
from infra.local.simulators.agent_engine.assistant.google_replies import google_reply
from infra.local.simulators.agent_engine.assistant.steps import Message, Step, Text, ToolRun
from infra.local.simulators.agent_engine.assistant.stories import STORIES

_MAIL = re.compile(
    r"\b(?:send|write) (?:an? |the )?(?:e-?mail|mail|message)\b(?: to (?P<to>[\w@.+-]*\w))?[\s:,]*"
    r"(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)

_NAME = re.compile(r"\b(?:my name is|call me|i am called) (\w[\w'-]*)", re.IGNORECASE)
_LEADING = re.compile(
    r"^(?:(?:please|hey|well|so|and|can you|could you|would you|do you|did you|what do you|i|we|it|"
    r"you|what|who|where|when|why|how|is|are|was|were|does|should|think|know|like|love|want|need|"
    r"have|had|just|to|tell|me|us|about|of|the|a|an|my|your|talk|explain|am|'m|'s|'d)\b[\s,]*)+",
    re.IGNORECASE,
)


_NOTES = re.compile(
    r"^\[(?:You were interrupted|An earlier message did not reach you).*?\]\n\n", re.DOTALL
)
"""Notes of the backend before a message (common/conversations/reply/history.py)."""


def reply(message: Message) -> Iterable[Step]:
    """Return the steps of the reply: those of the first rule that fits, else small talk."""
    message = replace(message, text=_NOTES.sub("", message.text))
    if message.google is not None and (steps := google_reply(message)) is not None:
        return steps
    for pattern, answer in _RULES:
        if re.search(pattern, message.text, re.IGNORECASE):
            return answer(message)
    return _small_talk(message)


def _earlier_questions(message: Message) -> Sequence[str]:
    return [line.text for line in message.history if line.role == "user"]


def _name(message: Message) -> str | None:
    """Return the name that the user gave last in this session."""
    found = [match[1] for text in _earlier_questions(message) for match in _NAME.finditer(text)]
    return found[-1] if found else None


def _greet(message: Message) -> Iterator[Step]:
    name = _name(message)
    again = f"Hello again, {name}." if name else "Hello! It is good to see you."
    yield Text(f"{again} What would you like to talk about?")


def _learn_name(message: Message) -> Iterator[Step]:
    name = _NAME.findall(message.text)[-1]
    yield Text(f"Nice to meet you, {name}. I will remember that. What can I do for you today?")


def _tell_name(message: Message) -> Iterator[Step]:
    name = _name(message)
    if name:
        yield Text(f"Your name is {name}. You told me so a moment ago.")
    else:
        yield Text("You have not told me your name yet. What should I call you?")


def _recall(message: Message) -> Iterator[Step]:
    asked = _earlier_questions(message)
    if not asked:
        yield Text("This is the very first thing you have said to me. I am all ears.")
        return
    last = asked[-1].strip()
    yield Text(f"A moment ago you said: {_with_end_mark(last)}")
    if len(asked) > 1:
        yield Text(f" And before that: {_with_end_mark(asked[-2].strip())}")


def _time(message: Message) -> Iterator[Step]:
    now = message.now
    yield Text("Let me look at the clock.")
    yield ToolRun("get_time", {"timezone": str(now.tzinfo)}, {"time": now.isoformat()})
    day = f"{now:%A}, the {calendar.ordinal(now.day)} of {now:%B}"
    yield Text(f"It is {calendar.spoken_time(now)}. Today is {day}.")


def _calendar(message: Message) -> Iterator[Step]:
    today = message.now.date()
    day = calendar.find_day(message.text, today)
    found = calendar.appointments(day)
    events = [{"start": entry.at.isoformat("minutes"), "title": entry.title} for entry in found]
    yield Text("One moment, I am looking at your calendar.")
    yield ToolRun("list_events", {"day": day.isoformat()}, {"events": events})
    when = calendar.spoken_day(day, today)
    if not found:
        yield Text(f"There is nothing in your calendar {when}. The day is all yours.")
        return
    things = f"{len(found)} things" if len(found) > 1 else "one thing"
    yield Text(f"You have {things} {when}.")
    for entry in found:
        yield Text(f" At {calendar.spoken_time(entry.at)} there is {entry.title}.")


def _story(message: Message) -> Iterator[Step]:
    earlier = sum("story" in text.lower() for text in _earlier_questions(message))
    yield Text(STORIES[earlier % len(STORIES)])


def _mail(message: Message) -> Iterator[Step]:
    """Send a mail. The tool has an effect, which is recorded in `AgentEngineState.effects`."""
    match = _MAIL.search(message.text)
    to = (match["to"] if match else None) or "yourself"
    text = match["text"].strip() if match else message.text
    yield Text("I am sending it now.")
    yield ToolRun("send_mail", {"to": to, "text": text}, {"status": "sent"}, effect=True)
    yield Text(f"Your mail to {to} is sent.")


def _how_are_you(_message: Message) -> Iterator[Step]:
    yield Text("I am very well, thank you. It is a fine day to be an assistant. And how are you?")


def _help(_message: Message) -> Iterator[Step]:
    yield Text(
        "I can tell you the time, and what is in your calendar. I remember what you said to me "
        "earlier in our conversation. I can send a mail. And if you have a minute, ask me for a "
        "story."
    )


def _thanks(_message: Message) -> Iterator[Step]:
    yield Text("You are very welcome. Is there anything else that I can do?")


def _bye(message: Message) -> Iterator[Step]:
    name = _name(message)
    yield Text(f"Goodbye{', ' + name if name else ''}. It was a pleasure to talk with you.")


_WONDERING = (
    "You mentioned {subject}. There is always more to find in that. What interests you most?",
    "Ah, {subject}. I could talk about that all day. Tell me how you came to think of it.",
    "About {subject}: I would start small, and see where it leads. Shall we go on with that?",
)


def _small_talk(message: Message) -> Iterator[Step]:
    turn = len(_earlier_questions(message))
    yield Text(_WONDERING[turn % len(_WONDERING)].format(subject=_subject(message.text)))


def _subject(text: str) -> str:
    """Return the words that carry the message, at most eight, without leading filler words."""
    first = re.split(r"[.?!\n]", text.strip(), maxsplit=1)[0]
    words = (_LEADING.sub("", first) or first).split()
    return " ".join(words[:8]).strip(" ,;:\"'") or "that"


def _with_end_mark(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


# A mail comes first: its text may hold the words of any other rule.
_RULES: Sequence[tuple[str, Callable[[Message], Iterable[Step]]]] = (
    (_MAIL.pattern, _mail),
    (_NAME.pattern, _learn_name),
    (r"\bwhat('s| is) my name\b|\bwho am i\b|\bknow my name\b", _tell_name),
    (r"\bwhat (did|have|had) (i|we) (just )?(say|said|ask|talk)|\bremember what\b", _recall),
    (r"\b(story|stories|tale)\b", _story),
    (r"\b(calendar|meetings?|schedule|appointments?|agenda)\b", _calendar),
    (r"\bwhat time\b|\bthe time\b|\bwhat day\b|\bthe date\b|\btoday's date\b", _time),
    (r"\bhow are you\b", _how_are_you),
    (r"\bwhat can you\b|\bwho are you\b|\bhelp\b", _help),
    (r"\b(thanks|thank you)\b", _thanks),
    (r"\b(bye|goodbye|good night)\b", _bye),
    (r"^\W*(hello|hi|hey|good (morning|afternoon|evening))\b\W*(there)?\W*$", _greet),
)
