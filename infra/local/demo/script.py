"""The conversation of the demo. Each step shows what happens, and checks what must be true."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from clients.python.oprina import AsyncChatStream, AsyncOprina
from clients.python.oprina.models import EndSessionAnswer, MeterUsage, StartAvatarAnswer
from infra.local.demo.checks import Checks
from infra.local.demo.journal import SessionJournal, find_session
from infra.local.demo.terminal import TerminalPage
from infra.local.demo.turn_view import TurnView

Json = dict[str, Any]
QUESTION = "What time is it?"
STORY = "Tell me a story, please."
INTERRUPTION = "Thank you, that will do. My name is Ada."
LAST_WORDS = "It was lovely to talk with you."
JOURNAL = "/simulators/liveavatar/journal"


@dataclass
class DemoConversation:
    """A conversation of Ada with the avatar. `http` reads the journal of the avatar's provider.

    `patience` is how many seconds Ada listens to the story before she interrupts. `silence` is how many
    seconds the avatar may then still speak.
    """

    client: AsyncOprina
    http: httpx.AsyncClient
    page: TerminalPage
    checks: Checks
    patience: float = 2.0
    silence: float = 0.1
    turns: list[TurnView] = field(default_factory=list)
    interrupted_at: float = 0.0

    async def play(self) -> None:
        """Play all steps. Raises `ApiError` or httpx's HTTPError if one fails."""
        started = await self._start()
        await self._ask(started)
        await self._interrupt(started)
        await self._speak(started)
        ended = await self._end(started)
        await self._show_journal(ended)

    async def _start(self) -> StartAvatarAnswer:
        self.page.step("start_avatar")
        began = time.perf_counter()
        started = await self.client.start_avatar()
        lasted = time.perf_counter() - began
        seconds = started.usage.meters["avatar_seconds"]
        self.page.line(
            f"In {lasted:.2f} s: avatar session {started.avatar_session_id[:8]} runs; "
            f"{started.reserved_seconds} of {seconds.allowance} seconds are reserved"
        )
        self.checks.check("start_avatar starts a session", not started.resumed)
        reserved = seconds.reserved == started.reserved_seconds > 0
        self.checks.check("the usage shows the reserved seconds", reserved)
        return started

    async def _ask(self, started: StartAvatarAnswer) -> None:
        self.page.step(f'Ada asks: "{QUESTION}"')
        turn = TurnView(self.page)
        await turn.follow(self._chat(QUESTION, started))
        self.turns.append(turn)
        self._show_lead(turn)
        for utterance, text in turn.sentences.items():
            began, length = turn.started.get(utterance), turn.lasted.get(utterance, 0.0)
            self.page.short_line(text, f"spoken at {began or 0:.2f} s, for {length:.2f} s")
        check = self.checks.check
        check("the reply is complete", turn.ended == "complete")
        calls = [("get_time", "called"), ("get_time", "answered")]
        check("the agent calls get_time", turn.tools == calls)
        check("every sentence of the reply is spoken", list(turn.sentences) == list(turn.lasted))
        check("done is the last event", turn.names[-1:] == ["done"])
        check("the turn has no problems", not turn.problems)

    def _show_lead(self, turn: TurnView) -> None:
        first = turn.first_word
        self.checks.check("the avatar speaks", first is not None)
        if first is None:
            return
        lead = turn.text_ended - first
        self.page.line(
            f"The avatar began to speak {first:.2f} s after the question, {lead:.2f} s before the "
            "end of the text.",
            "green",
        )
        self.checks.check("the avatar begins to speak before the text ends", lead > 0)

    async def _interrupt(self, started: StartAvatarAnswer) -> None:
        self.page.step(f'Ada asks: "{STORY}"')
        story, reply = TurnView(self.page), TurnView(self.page)
        following = asyncio.create_task(story.follow(self._chat(STORY, started)))
        speaking = asyncio.create_task(story.speaking.wait())
        await asyncio.wait({following, speaking}, return_when=asyncio.FIRST_COMPLETED)
        speaking.cancel()
        await asyncio.sleep(self.patience)
        story.hide()
        self.page.line(f'... and interrupts: "{INTERRUPTION}"', "bold")
        self.interrupted_at = time.time()
        await asyncio.gather(following, reply.follow(self._chat(INTERRUPTION, started)))
        self.turns += [story, reply]
        await self._show_interruption(story, started)
        check = self.checks.check
        check("the first turn ends as interrupted", story.ended == "interrupted")
        check("the interrupting message gets a reply", reply.ended == "complete")
        check("the reply knows her name", "Ada" in reply.text)
        check("the reply is spoken", reply.done is not None and reply.done.spoken == reply.text)

    async def _show_interruption(self, story: TurnView, started: StartAvatarAnswer) -> None:
        silent = (await self._journal(started.avatar_session_id)).seconds_to_silence(
            self.interrupted_at
        )
        self.checks.check("the avatar stops in the middle of a sentence", silent is not None)
        if silent is None:
            return
        self.page.line(
            f"The avatar was silent {silent * 1000:.0f} ms after the interruption was sent. It had "
            f"begun {len(story.started)} of {len(story.sentences)} sentences.",
            "green",
        )
        within = f"the avatar is silent within {self.silence * 1000:.0f} ms"
        self.checks.check(within, 0 <= silent < self.silence)

    async def _speak(self, started: StartAvatarAnswer) -> None:
        self.page.step(f'speak "{LAST_WORDS}"')
        spoken = await self.client.speak(started.avatar_session_id, LAST_WORDS)
        self.page.line(f"{spoken.seconds:.2f} s of speech, {spoken.ended}")
        self.checks.check("the text is spoken to its end", spoken.ended == "complete")

    async def _end(self, started: StartAvatarAnswer) -> EndSessionAnswer:
        self.page.step("end_session, and the costs")
        ended = await self.client.end_session(started.avatar_session_id)
        before, after = started.usage.meters, ended.usage.meters
        self.page.row("", "before", "used", "left")
        for meter, usage in after.items():
            self.page.row(meter, *map(str, (before[meter].used, usage.used, usage.left)))
        self._check_costs(ended, {str(name): meter for name, meter in after.items()})
        return ended

    def _check_costs(self, ended: EndSessionAnswer, meters: dict[str, MeterUsage]) -> None:
        check, used = self.checks.check, {name: meter.used for name, meter in meters.items()}
        check("the session has ended", ended.state == "ended")
        check("nothing stays reserved", not any(meter.reserved for meter in meters.values()))
        check("the session's seconds are charged", used["avatar_seconds"] == ended.seconds > 0)
        charges = [turn.usage for turn in self.turns if turn.usage]
        tokens = sum(charge.agent_tokens for charge in charges)
        check("the turns' tokens are charged", used["agent_tokens"] == tokens > 0)
        spoken = sum(charge.voice_characters for charge in charges) + len(LAST_WORDS)
        check("the spoken characters are charged", used["voice_characters"] == spoken)

    async def _show_journal(self, ended: EndSessionAnswer) -> None:
        self.page.step("The journal of the avatar's provider")
        journal = await self._journal(ended.avatar_session_id)
        session, check = journal.session, self.checks.check
        self.page.line(
            f"The session ran for {session['seconds']:.1f} s and is {session['state']} "
            f"({session['end_reason']}), for {session['credits']} credit(s). Of "
            f"{len(journal.utterances)} utterances {len(journal.complete)} were played to the "
            f"end, {len(journal.interrupted)} was interrupted, and {len(journal.dropped)} were "
            "dropped before they began."
        )
        check("the provider's session has ended", session["state"] == "ended")
        gap = ended.seconds - session["seconds"]
        check("we charge the provider's seconds, rounded up", -1 < gap < 2)  # noqa: PLR2004 - two clocks
        check("one utterance was interrupted", len(journal.interrupted) == 1)

    def _chat(self, message: str, started: StartAvatarAnswer) -> AsyncChatStream:
        return self.client.chat(message, conversation_id=started.conversation_id)

    async def _journal(self, session: str) -> SessionJournal:
        answer = await self.http.get(JOURNAL, params={"session_id": session})
        answer.raise_for_status()
        return find_session(answer.json(), session)


async def sign_in(http: httpx.AsyncClient, page: TerminalPage) -> str:
    """Sign Ada in at the local stack, and return her ID token. Raises httpx's HTTPError."""
    page.step("Ada signs in")
    answer = await http.post("/local/sign-in", json={"name": "Ada"})
    answer.raise_for_status()
    user: Json = answer.json()
    page.line(f"an ID token for {user['uid']}, valid until {user['expires_at']}")
    return str(user["id_token"])
