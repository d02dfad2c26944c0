"""The mail and calendar tools, run by ADK against the simulated Gmail and Calendar."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from common.domain.google.proposal import digest_of as digest_of_backend
from common.ports.agent import AgentEvent, ToolResult
from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.google.proposals import digest_of
from infra.agent.assistant.google.rest import GoogleAddresses
from infra.agent.assistant.tools import Tool
from infra.agent.assistant.tools.calendar import calendar
from infra.agent.assistant.tools.mail import mail
from infra.local.simulators.google_accounts import GoogleAccountsState, calendar_app, gmail_app
from tests.agent.adk.conftest import ADA, TALK, ServedAgent
from tests.agent.adk.engine_server import WARNINGS
from tests.agent.adk.scripted_model import TextAnswer
from tests.local.serving import served

pytestmark = WARNINGS
MAIL = {"to": ["tom@example.test"], "subject": "Late", "text": "I am late."}
SCOPES = ("gmail.readonly", "gmail.send", "calendar.events")


@pytest.fixture
def google() -> GoogleAccountsState:
    return GoogleAccountsState()


@pytest.fixture
async def tools(google: GoogleAccountsState) -> AsyncIterator[Sequence[Tool]]:
    app = Starlette(
        routes=[Mount("/mail", gmail_app(google)), Mount("/calendar", calendar_app(google))]
    )
    async with served(app) as address:
        actions = GoogleActions(GoogleAddresses(f"{address}/mail", f"{address}/calendar"))
        yield (*mail(actions), *calendar(actions))


def token(google: GoogleAccountsState, *scopes: str) -> str:
    user = next(iter(google.users.values()))
    names = (f"https://www.googleapis.com/auth/{each}" for each in scopes or SCOPES)
    return google.grants.access(user.sub, names).text


def access(google: GoogleAccountsState, *scopes: str, **more: Any) -> dict[str, Any]:
    return {
        "temp:google_access_token": token(google, *scopes),
        "temp:google_services": ["mail", "calendar"],
        **more,
    }


async def run(agent: ServedAgent, state: dict[str, Any], *calls: tuple[str, Any]) -> list[Any]:
    """Let the model call tools in one turn, and return their results."""
    agent.script(*(TextAnswer((), call) for call in calls), TextAnswer(("Done.",)))
    events: list[AgentEvent] = []
    await agent.client.reply(ADA, TALK, "Do it.", events.append, state)
    return [event for event in events if isinstance(event, ToolResult)]


def sent(google: GoogleAccountsState) -> list[str]:
    mails = [mail for user in google.users.values() for mail in user.mails]
    return [each.subject for each in mails if "SENT" in each.labels]


async def test_first_call_of_a_writing_tool_proposes(
    agent: ServedAgent, google: GoogleAccountsState
) -> None:
    (result,) = await run(agent, access(google), ("send_mail", MAIL))
    assert result.proposal is not None
    assert (result.proposal.tool, dict(result.proposal.arguments)) == ("send_mail", MAIL)
    assert result.proposal.title == "Send a mail to tom@example.test"
    assert sent(google) == []


async def test_confirmed_mail_is_sent_once_in_a_turn(
    agent: ServedAgent, google: GoogleAccountsState
) -> None:
    state = access(google, **{"temp:confirmed": digest_of_backend("send_mail", MAIL)})
    first, second = await run(agent, state, ("send_mail", MAIL), ("send_mail", MAIL))
    assert (first.summary, first.proposal) == ("Mail sent", None)
    assert second.proposal is None
    assert sent(google) == ["Late"]
    (after,) = await run(agent, access(google), ("send_mail", MAIL))
    assert after.proposal is not None
    assert sent(google) == ["Late"]


@pytest.mark.parametrize("changed", [{"text": "Other."}, {"to": ["eve@example.test"]}])
async def test_other_arguments_than_the_confirmed_ones_are_proposed(
    agent: ServedAgent, google: GoogleAccountsState, changed: dict[str, Any]
) -> None:
    state = access(google, **{"temp:confirmed": digest_of_backend("send_mail", MAIL)})
    (result,) = await run(agent, state, ("send_mail", {**MAIL, **changed}))
    assert result.proposal is not None
    assert sent(google) == []


async def test_mail_is_searched_and_read(agent: ServedAgent, google: GoogleAccountsState) -> None:
    (found,) = await run(agent, access(google), ("search_mail", {"query": "from:priya"}))
    assert found.summary == "1 mail found"
    (message,) = agent.tool_result()["messages"]
    (read,) = await run(agent, access(google), ("read_mail", {"message_id": message["id"]}))
    assert read.summary == "Mail from Priya Shah <priya@example.test>"
    assert agent.tool_result()["text"] == "Can we start at two?"


async def test_event_is_created_listed_and_moved(
    agent: ServedAgent, google: GoogleAccountsState
) -> None:
    event = {
        "title": "Chess",
        "begins": "2031-05-01T10:00:00+02:00",
        "ends": "2031-05-01T11:00:00+02:00",
    }
    confirmed = {"temp:confirmed": digest_of("create_event", event)}
    (made,) = await run(agent, access(google, **confirmed), ("create_event", event))
    assert made.summary == "Event created"
    day = {"begins": "2031-05-01T00:00:00+02:00", "ends": "2031-05-02T00:00:00+02:00"}
    await run(agent, access(google), ("list_events", day))
    (listed,) = agent.tool_result()["events"]
    assert listed["title"] == "Chess"
    move = {
        "event_id": listed["id"],
        "begins": "2031-05-01T12:00:00+02:00",
        "ends": "2031-05-01T13:00:00+02:00",
    }
    (asked,) = await run(agent, access(google), ("move_event", move))
    assert asked.proposal is not None
    assert asked.proposal.title == 'Move "Chess" to Thursday 1 May, 12:00'
    confirmed = {"temp:confirmed": digest_of("move_event", move)}
    (moved,) = await run(agent, access(google, **confirmed), ("move_event", move))
    assert moved.summary == "Event moved"


async def test_service_that_is_off_is_refused(
    agent: ServedAgent, google: GoogleAccountsState
) -> None:
    state = access(google) | {"temp:google_services": ["calendar"]}
    await run(agent, state, ("search_mail", {"query": ""}))
    assert agent.tool_result()["code"] == "google_not_allowed"
    await run(agent, {}, ("search_mail", {"query": ""}))
    assert agent.tool_result()["code"] == "google_not_connected"


async def test_revoked_token_is_reported(agent: ServedAgent, google: GoogleAccountsState) -> None:
    state = access(google)
    google.grants.expire_access()
    (result,) = await run(agent, state, ("search_mail", {"query": ""}))
    assert result.unauthorized
    assert "error" in agent.tool_result()


def test_backend_and_agent_have_the_same_digest() -> None:
    for arguments in (MAIL, {"title": "Zoë \u2028 { 正午", "n": 1}, {}):
        assert digest_of("a", arguments) == digest_of_backend("a", arguments)
