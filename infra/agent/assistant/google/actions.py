"""Actions of the mail and calendar tools, without ADK: each returns the answer of its tool."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.agent.assistant.google import calendar, gmail
from infra.agent.assistant.google.proposals import Confirmations, proposal
from infra.agent.assistant.google.rest import (
    UNREADABLE,
    GoogleAddresses,
    GoogleCallError,
    GoogleRest,
    unknown,
)
from infra.agent.assistant.google.turn_state import TurnState

Answer = Mapping[str, Any]
WRONG_SHAPE = (LookupError, TypeError, ValueError, AttributeError)
"""Raised when an answer of Google is JSON of another shape than documented."""
DONE_ALREADY = {"error": "This was done in this turn already.", "code": "done_already"}


@dataclass(frozen=True)
class GoogleActions:
    """The actions. `confirmations` are those that this process has used."""

    addresses: GoogleAddresses = field(default_factory=GoogleAddresses)
    confirmations: Confirmations = field(default_factory=Confirmations)

    async def search_mail(self, turn: TurnState, query: str) -> Answer:
        return await self._read(turn, "mail", lambda rest: gmail.search(rest, query))

    async def read_mail(self, turn: TurnState, message_id: str) -> Answer:
        return await self._read(turn, "mail", lambda rest: gmail.read(rest, message_id))

    async def send_mail(self, turn: TurnState, to: list[str], subject: str, text: str) -> Answer:
        async def title(_: GoogleRest, arguments: Mapping[str, Any]) -> str:
            return gmail.mail_title(arguments)

        return await self._write(
            turn,
            "mail",
            "send_mail",
            lambda: gmail.mail_arguments(to, subject, text),
            title,
            gmail.send,
        )

    async def list_events(self, turn: TurnState, begins: str, ends: str) -> Answer:
        return await self._read(
            turn, "calendar", lambda rest: calendar.list_events(rest, begins, ends)
        )

    async def create_event(self, turn: TurnState, title: str, begins: str, ends: str) -> Answer:
        async def title_of(_: GoogleRest, arguments: Mapping[str, Any]) -> str:
            return calendar.event_title(arguments)

        return await self._write(
            turn,
            "calendar",
            "create_event",
            lambda: calendar.event_arguments(title, begins, ends),
            title_of,
            calendar.create,
        )

    async def move_event(self, turn: TurnState, event_id: str, begins: str, ends: str) -> Answer:
        return await self._write(
            turn,
            "calendar",
            "move_event",
            lambda: calendar.move_arguments(event_id, begins, ends),
            calendar.move_title,
            calendar.move,
        )

    async def _read(
        self,
        turn: TurnState,
        service: str,
        work: Callable[[GoogleRest], Awaitable[Answer]],
    ) -> Answer:
        if (refused := turn.refusal(service)) is not None:
            return refused
        try:
            return await work(self._rest(turn))
        except GoogleCallError as error:
            return error.answer()
        except WRONG_SHAPE:
            return unknown("google_failed", UNREADABLE, changes=False).answer()

    async def _write(
        self,
        turn: TurnState,
        service: str,
        tool: str,
        arguments: Callable[[], Mapping[str, Any]],
        title: Callable[[GoogleRest, Mapping[str, Any]], Awaitable[str]],
        act: Callable[[GoogleRest, Mapping[str, Any]], Awaitable[Answer]],
    ) -> Answer:
        """Act if the user has confirmed these arguments in this turn, else propose."""
        if (refused := turn.refusal(service)) is not None:
            return refused
        rest, acts = self._rest(turn), False
        try:
            asked = arguments()
            if acts := self.confirmations.take(turn, tool, asked):
                return await act(rest, asked)
            if self.confirmations.was_used(turn, tool, asked):
                return DONE_ALREADY
            return proposal(tool, await title(rest, asked), asked)
        except GoogleCallError as error:
            return error.answer()
        except WRONG_SHAPE:
            return unknown("google_failed", UNREADABLE, changes=acts).answer()

    def _rest(self, turn: TurnState) -> GoogleRest:
        return GoogleRest(turn.token or "", self.addresses)
