"""The replies for the measurement of first speech, the same for every framework."""

from typing import Final

from bench.frameworks.pace import PacedReply, Step, ToolCaller
from bench.splitter import tokens

TEXTS: Final = {
    "plain": (
        ("Your next meeting starts at noon.", " It is with Anna and takes one hour."),
        ("I have looked at your calendar for tomorrow.", " You have two meetings."),
        ("The weather in Berlin will be sunny all day.", " Take your glasses with you."),
        ("Do you want me to book the same hotel again?", " There are still some rooms."),
        ("That is a good idea, and it is easy to do.", " We only need a date."),
    ),
    "long": (
        (
            (
                "After the meeting with the design team, which was moved to the small room on the"
                " second floor because the projector is broken, you have a call with Anna about it."
            ),
            " Shall I remind you?",
        ),
        (
            (
                "If you leave the house before eight in the morning, and the trains run as they should,"
                " you will be at the airport an hour before the plane to Lisbon leaves."
            ),
            " That is enough.",
        ),
    ),
    "short": (
        ("Dr. Smith sees you at 5 p.m. on Tuesday in room no. 4.", " Bring the letter, please."),
        ("Mr. and Mrs. Jones arrive at 10 a.m. on Jan. 12 with friends.", " They stay a week."),
        ("Prof. Lee of Acme Inc. can meet you at 9:30 a.m. on Friday.", " Her office is new."),
        ("The train to St. Louis leaves at 7.45 p.m. from platform 3.", " You have a seat."),
        ("You need approx. 2.5 cups of flour, e.g. rye or spelt, for it.", " I would take rye."),
    ),
    "Chinese": (
        ("您的下一个会议将在中午十二点开始。", "会议室在二楼，请提前到达。"),
        ("我已经查看了您明天的日程安排。", "上午有两个会议，下午没有安排。"),
        ("明天柏林全天都是晴天，适合出门。", "请记得带上太阳镜。"),
        ("您要我再预订同一家酒店吗？", "现在还有一些房间可以选择。"),
        ("这是一个好主意，而且很容易做到！", "我们只需要确定日期。"),
    ),
}


def replies(
    kind: str, between: Step | None = None, language: str = "en", tool_caller: ToolCaller = "agent"
) -> tuple[PacedReply, ...]:
    """Return the replies of a kind: a first sentence, the step `between`, and more text."""
    extra = [between] if between else []
    found = []
    for first, rest in TEXTS[kind]:
        sentence = [Step("say", token) for token in tokens(first)]
        more = [Step("say", token) for token in tokens(rest)]
        steps = (*sentence, *extra, *more)
        found.append(PacedReply(steps, len(sentence) - 1, language, tool_caller))
    return tuple(found)
