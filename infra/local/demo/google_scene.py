"""Mail and calendar in the demo: connect, look, send a mail after a yes, disconnect."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from clients.python.oprina import AsyncChatStream, AsyncOprina
from infra.local.demo.checks import Checks
from infra.local.demo.google_browser import GoogleBrowser
from infra.local.demo.terminal import TerminalPage
from infra.local.demo.turn_view import TurnView
from infra.local.simulators.google_accounts import GoogleAccountsState

CALENDAR = "What is on my calendar?"
MAIL = "Send a mail to tom@example.test: I am ten minutes late."


@dataclass
class GoogleDemo:
    """Ada works on her mail and calendar. `google` is the simulator, to see what really happened."""

    client: AsyncOprina
    page: TerminalPage
    checks: Checks
    google: GoogleAccountsState

    async def play(self) -> None:
        """Play all steps. Raises `ApiError` or httpx's HTTPError if one fails."""
        await self._connect()
        conversation = await self._look()
        await self._send(conversation)
        await self._disconnect(conversation)

    async def _connect(self) -> None:
        self.page.step("Ada connects Google, in a browser of her own")
        url = (await self.client.google.connect(mail=True, calendar=True)).url
        async with httpx.AsyncClient(trust_env=False) as http:
            browser = GoogleBrowser(http)
            form = await browser.open(url)
            result = await browser.finish(await browser.allow(form))
        connection = await self.client.google.read()
        self.page.line(f"{result}: {connection.account}, mail and calendar")
        self.checks.check("Google is connected", connection.state == "connected")

    async def _look(self) -> str:
        self.page.step(f'Ada asks: "{CALENDAR}"')
        turn = await self._turn(self.client.chat(CALENDAR))
        self.checks.check("the calendar is read", self._today() <= turn.text.count(" there is "))
        self.checks.check(
            "the calendar is read by a tool", ("list_events", "answered") in turn.tools
        )
        return turn.turn.conversation_id if turn.turn else ""

    async def _send(self, conversation: str) -> None:
        self.page.step(f'Ada asks: "{MAIL}"')
        asked = await self._turn(self.client.chat(MAIL, conversation_id=conversation))
        check = self.checks.check
        check("the mail is proposed", len(asked.proposals) == 1)
        check("no mail is sent before the yes", not self._recipients())
        if not asked.proposals:
            return
        self.page.line("... and says yes", "bold")
        proposal = asked.proposals[0].id
        await self._turn(self.client.chat(confirm=proposal, yes=True, conversation_id=conversation))
        check("one mail is sent after the yes", self._recipients() == ["tom@example.test"])

    async def _disconnect(self, conversation: str) -> None:
        self.page.step("Ada disconnects Google")
        connection = await self.client.google.disconnect()
        turn = await self._turn(self.client.chat(CALENDAR, conversation_id=conversation))
        self.checks.check("Google is disconnected", connection.state == "none")
        self.checks.check("no grant is left at Google", not self.google.grants.refresh_tokens)
        self.checks.check("the assistant has no access any more", "not connected" in turn.text)

    async def _turn(self, events: AsyncChatStream) -> TurnView:
        turn = TurnView(self.page)
        await turn.follow(events)
        return turn

    def _today(self) -> int:
        """Return the number of events that the simulated calendar has today."""
        today = datetime.now(UTC).date().isoformat()
        events = [event for user in self.google.users.values() for event in user.events.values()]
        days = [event["start"]["dateTime"][:10] for event in events]
        return days.count(today) // len(self.google.users)

    def _recipients(self) -> list[str]:
        mails = [mail for user in self.google.users.values() for mail in user.mails]
        return [mail.to for mail in mails if "SENT" in mail.labels]
