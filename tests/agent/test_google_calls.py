"""The mail and calendar tools while Gmail and Calendar fail in every way that we know."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.google.proposals import digest_of
from infra.agent.assistant.google.rest import MOST_BYTES, GoogleAddresses
from infra.agent.assistant.google.turn_state import TurnState
from infra.local.simulators.faults import ServiceFault, ServiceFaults
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.google_accounts import GoogleAccountsState, calendar_app, gmail_app
from tests.local.serving import served

MAIL: dict[str, Any] = {"to": ["tom@example.test"], "subject": "Late", "text": "I am late."}
SCOPES = ("gmail.readonly", "gmail.send", "calendar.events")
UNKNOWN = "It is not known whether it was done."
DAY = ("2031-05-01T00:00:00+02:00", "2031-05-02T00:00:00+02:00")


@dataclass
class FailingGoogle:
    """The tools over the simulated Gmail and Calendar, with faults."""

    state: GoogleAccountsState
    faults: ServiceFaults
    actions: GoogleActions

    def turn(self, confirmed: str | None = None) -> TurnState:
        user = next(iter(self.state.users.values()))
        scopes = [f"https://www.googleapis.com/auth/{each}" for each in SCOPES]
        token = self.state.grants.access(user.sub, scopes).text
        return TurnState("turn", token, ("mail", "calendar"), confirmed)

    def fail(self, mode: Any, path: str = "") -> None:
        for service in ("gmail", "google-calendar"):
            self.faults.add(ServiceFault(service=service, path=path, mode=mode, times=9))

    def event(self) -> str:
        return next(iter(next(iter(self.state.users.values())).events))

    def sent(self) -> int:
        mails = [mail for user in self.state.users.values() for mail in user.mails]
        return sum("SENT" in mail.labels for mail in mails)


@pytest.fixture
async def google() -> AsyncIterator[FailingGoogle]:
    state, faults = GoogleAccountsState(), ServiceFaults()
    apps = {"gmail": gmail_app(state), "google-calendar": calendar_app(state)}
    routes = [Mount(f"/{name}", Faulty(app, faults, name)) for name, app in apps.items()]
    async with served(Starlette(routes=routes)) as address:
        addresses = GoogleAddresses(f"{address}/gmail", f"{address}/google-calendar")
        yield FailingGoogle(state, faults, GoogleActions(addresses))


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("refuse", "google_unreachable"),
        ("truncate", "google_unreachable"),
        ("lost", "google_unreachable"),
        ("429", "google_busy"),
        ("500", "google_failed"),
        ("503", "google_failed"),
        ("garbage", "google_failed"),
        ("nonsense", "google_failed"),
    ],
)
async def test_each_fault_is_an_answer_of_the_tool(
    google: FailingGoogle, mode: str, code: str
) -> None:
    google.fail(mode)
    turn = google.turn()
    for answer in (
        await google.actions.search_mail(turn, ""),
        await google.actions.list_events(turn, *DAY),
        await google.actions.move_event(turn, google.event(), *DAY),
    ):
        if mode == "nonsense" and "error" not in answer:
            continue  # an object without the fields is an empty answer
        assert answer["code"] == code, answer
        assert UNKNOWN not in answer["error"]


@pytest.mark.parametrize("mode", ["lost", "truncate", "500", "503", "garbage"])
async def test_mail_whose_sending_is_unclear_is_not_called_failed(
    google: FailingGoogle, mode: str
) -> None:
    google.fail(mode, "/send")
    turn = google.turn(digest_of("send_mail", MAIL))
    answer = await google.actions.send_mail(turn, **MAIL)
    assert UNKNOWN in answer["error"]
    again = await google.actions.send_mail(turn, **MAIL)
    assert again["code"] == "done_already"
    assert google.sent() <= 1


@pytest.mark.parametrize("mode", ["429", "4xx"])
async def test_mail_that_was_refused_was_not_sent(google: FailingGoogle, mode: str) -> None:
    google.faults.add(
        ServiceFault(service="gmail", path="/send", mode=mode, status=403, message="no")
    )
    answer = await google.actions.send_mail(google.turn(digest_of("send_mail", MAIL)), **MAIL)
    assert UNKNOWN not in answer["error"]
    assert google.sent() == 0


BODIES = {
    "huge": b'{"messages": "' + b"x" * (2 * MOST_BYTES) + b'"}',
    "deep": b"[" * 100_000,
    "list": b"[]",
    "other shape": b'{"messages": 7, "items": 7}',
    "other items": b'{"messages": [7], "items": [7]}',
    "other fields": b'{"messages": [{}], "items": [{"start": 7}]}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_answer_of_another_shape_is_an_answer_of_the_tool(
    google: FailingGoogle, name: str
) -> None:
    async def answer(_request: object) -> Response:
        return Response(BODIES[name], media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PATCH"])])
    async with served(app) as address:
        actions = GoogleActions(GoogleAddresses(address, address))
        found = await actions.search_mail(google.turn(), "")
        listed = await actions.list_events(google.turn(), *DAY)
        assert (found["code"], listed["code"]) == ("google_failed", "google_failed")
