"""The conversation of the demo. Each step shows what happens, and checks what must be true."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo.api_client import OprinaClient, StreamEvent
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
    """A conversation of Ada with the avatar.

    `patience` is how many seconds Ada listens to the story before she interrupts. `silence` is how many
    seconds the avatar may then still speak.
    """

    client: OprinaClient
    page: TerminalPage
    checks: Checks
    patience: float = 2.0
    silence: float = 0.1
    started: Json = field(default_factory=dict)
    turns: list[TurnView] = field(default_factory=list)
    interrupted_at: float = 0.0
    ended: Json = field(default_factory=dict)

    async def play(self) -> None:
        """Play all steps. Raises `RefusedError` or httpx's HTTPError if one fails."""
        await self._sign_in()
        await self._start()
        await self._ask()
        await self._interrupt()
        await self._speak()
        await self._end()
        await self._show_journal()

    async def _sign_in(self) -> None:
        self.page.step("Ada signs in")
        answer = await self.client.post("/local/sign-in", {"name": "Ada"})
        self.client.set_token(answer.body["id_token"])
        self.page.line(
            f"an ID token for {answer.body['uid']}, valid until {answer.body['expires_at']}"
        )

    async def _start(self) -> None:
        self.page.step("start_avatar")
        answer = await self.client.post("/start_avatar", {})
        self.started = answer.body
        seconds = self.started["usage"]["meters"]["avatar_seconds"]
        self.page.line(
            f"{answer.status} in {answer.seconds:.2f} s: avatar session "
            f"{self.started['avatar_session_id'][:8]} runs; {self.started['reserved_seconds']} of "
            f"{seconds['allowance']} seconds are reserved"
        )
        self.checks.check("start_avatar answers 201", answer.status == 201)  # noqa: PLR2004 - created
        reserved = seconds["reserved"] == self.started["reserved_seconds"] > 0
        self.checks.check("the usage shows the reserved seconds", reserved)

    async def _ask(self) -> None:
        self.page.step(f'Ada asks: "{QUESTION}"')
        turn = await self._turn(QUESTION)
        self._show_lead(turn)
        for utterance, text in turn.sentences.items():
            began, length = turn.started.get(utterance), turn.lasted.get(utterance, 0.0)
            self.page.short_line(text, f"spoken at {began or 0:.2f} s, for {length:.2f} s")
        check = self.checks.check
        check("the reply is complete", turn.done.get("ended") == "complete")
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

    async def _interrupt(self) -> None:
        self.page.step(f'Ada asks: "{STORY}"')
        story, reply = TurnView(self.page), TurnView(self.page)
        following = asyncio.create_task(story.follow(self._events(STORY)))
        speaking = asyncio.create_task(story.speaking.wait())
        await asyncio.wait({following, speaking}, return_when=asyncio.FIRST_COMPLETED)
        speaking.cancel()
        await asyncio.sleep(self.patience)
        story.hide()
        self.page.line(f'... and interrupts: "{INTERRUPTION}"', "bold")
        self.interrupted_at = time.time()
        await asyncio.gather(following, reply.follow(self._events(INTERRUPTION)))
        self.turns += [story, reply]
        await self._show_interruption(story)
        check = self.checks.check
        check("the first turn ends as interrupted", story.done.get("ended") == "interrupted")
        check("the interrupting message gets a reply", reply.done.get("ended") == "complete")
        check("the reply knows her name", "Ada" in reply.text)
        check("the reply is spoken", reply.done.get("spoken") == reply.text)

    async def _show_interruption(self, story: TurnView) -> None:
        silent = (await self._journal()).seconds_to_silence(self.interrupted_at)
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

    async def _speak(self) -> None:
        self.page.step(f'speak "{LAST_WORDS}"')
        body = {"avatar_session_id": self.started["avatar_session_id"], "text": LAST_WORDS}
        answer = await self.client.post("/speak", body)
        self.page.line(f"{answer.body['seconds']:.2f} s of speech, {answer.body['ended']}")
        self.checks.check("the text is spoken to its end", answer.body["ended"] == "complete")

    async def _end(self) -> None:
        self.page.step("end_session, and the costs")
        body = {"avatar_session_id": self.started["avatar_session_id"]}
        self.ended = (await self.client.post("/end_session", body)).body
        before = self.started["usage"]["meters"]
        after = self.ended["usage"]["meters"]
        self.page.row("", "before", "used", "left")
        for meter, usage in after.items():
            self.page.row(meter, *map(str, (before[meter]["used"], usage["used"], usage["left"])))
        self._check_costs(after)

    def _check_costs(self, meters: Json) -> None:
        check, used = self.checks.check, {name: meter["used"] for name, meter in meters.items()}
        check("the session has ended", self.ended["state"] == "ended")
        check("nothing stays reserved", not any(meter["reserved"] for meter in meters.values()))
        seconds = self.ended["seconds"]
        check("the session's seconds are charged", used["avatar_seconds"] == seconds > 0)
        tokens = sum(turn.usage.get("agent_tokens", 0) for turn in self.turns)
        check("the turns' tokens are charged", used["agent_tokens"] == tokens > 0)
        spoken = sum(turn.usage.get("voice_characters", 0) for turn in self.turns)
        spoken += len(LAST_WORDS)
        check("the spoken characters are charged", used["voice_characters"] == spoken)

    async def _show_journal(self) -> None:
        self.page.step("The journal of the avatar's provider")
        journal = await self._journal()
        session, check = journal.session, self.checks.check
        self.page.line(
            f"The session ran for {session['seconds']:.1f} s and is {session['state']} "
            f"({session['end_reason']}), for {session['credits']} credit(s). Of "
            f"{len(journal.utterances)} utterances {len(journal.complete())} were played to the "
            f"end, {len(journal.interrupted())} was interrupted, and {len(journal.dropped())} were "
            "dropped before they began."
        )
        check("the provider's session has ended", session["state"] == "ended")
        gap = self.ended["seconds"] - session["seconds"]
        check("we charge the provider's seconds, rounded up", -1 < gap < 2)  # noqa: PLR2004 - two clocks
        check("one utterance was interrupted", len(journal.interrupted()) == 1)

    async def _turn(self, message: str) -> TurnView:
        turn = TurnView(self.page)
        await turn.follow(self._events(message))
        self.turns.append(turn)
        return turn

    def _events(self, message: str) -> AsyncIterator[StreamEvent]:
        conversation = self.started["conversation_id"]
        return self.client.chat({"message": message, "conversation_id": conversation})

    async def _journal(self) -> SessionJournal:
        session = self.started["avatar_session_id"]
        return find_session(await self.client.get(f"{JOURNAL}?session_id={session}"), session)
