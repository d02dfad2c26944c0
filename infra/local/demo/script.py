"""The conversation, step by step. Each step shows itself, and checks what must hold."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo.caller import Caller, Event
from infra.local.demo.checks import Checks
from infra.local.demo.heard import Heard
from infra.local.demo.journal import Seen, seen
from infra.local.demo.terminal import Page

Json = dict[str, Any]
QUESTION = "What time is it?"
STORY = "Tell me a story, please."
INTERRUPTION = "Thank you, that will do. My name is Ada."
LAST_WORDS = "It was lovely to talk with you."
JOURNAL = "/simulators/liveavatar/journal"


@dataclass
class Conversation:
    """`patience` is for how many seconds Ada listens to the story before she interrupts, `silence`
    within how many seconds the avatar must then be silent."""

    caller: Caller
    page: Page
    checks: Checks
    patience: float = 2.0
    silence: float = 0.1
    started: Json = field(default_factory=dict)
    turns: list[Heard] = field(default_factory=list)
    interrupted_at: float = 0.0
    ended: Json = field(default_factory=dict)

    async def hold(self) -> None:
        """Raises `RefusedError` or httpx's HTTPError where it cannot go on."""
        await self._sign_in()
        await self._start()
        await self._ask()
        await self._interrupt()
        await self._speak()
        await self._end()
        await self._look()

    async def _sign_in(self) -> None:
        self.page.step("Ada signs in")
        said = await self.caller.post("/local/sign-in", {"name": "Ada"})
        self.caller.signed_in(said.body["id_token"])
        self.page.line(f"an ID token for {said.body['uid']}, good until {said.body['expires_at']}")

    async def _start(self) -> None:
        self.page.step("start_avatar")
        said = await self.caller.post("/start_avatar", {})
        self.started = said.body
        seconds = self.started["usage"]["meters"]["avatar_seconds"]
        self.page.line(
            f"{said.status} in {said.seconds:.2f} s: avatar session "
            f"{self.started['avatar_session_id'][:8]} runs; {self.started['reserved_seconds']} of "
            f"{seconds['allowance']} seconds are reserved"
        )
        self.checks.that("start_avatar answers 201", said.status == 201)  # noqa: PLR2004 - created
        reserved = seconds["reserved"] == self.started["reserved_seconds"] > 0
        self.checks.that("what start_avatar reserves stands in the usage", reserved)

    async def _ask(self) -> None:
        self.page.step(f'Ada asks: "{QUESTION}"')
        turn = await self._turn(QUESTION)
        self._show_lead(turn)
        for utterance, text in turn.sentences.items():
            begun, length = turn.started.get(utterance), turn.lasted.get(utterance, 0.0)
            self.page.short(text, f"said at {begun or 0:.2f} s, for {length:.2f} s")
        check = self.checks.that
        check("the question is answered whole", turn.done.get("ended") == "complete")
        called = [("get_time", "called"), ("get_time", "answered")]
        check("the agent looks at the clock", turn.tools == called)
        check("every sentence of the answer is said", list(turn.sentences) == list(turn.lasted))
        check("done is the last event", turn.names[-1:] == ["done"])
        check("the turn has no problems", not turn.problems)

    def _show_lead(self, turn: Heard) -> None:
        first = turn.first_word
        self.checks.that("the avatar speaks", first is not None)
        if first is None:
            return
        lead = turn.text_ended - first
        self.page.line(
            f"The avatar began to speak {first:.2f} s after the question, {lead:.2f} s before the "
            "text had ended.",
            "green",
        )
        self.checks.that("the avatar begins to speak before the text has ended", lead > 0)

    async def _interrupt(self) -> None:
        self.page.step(f'Ada asks: "{STORY}"')
        story, answer = Heard(self.page), Heard(self.page)
        listening = asyncio.create_task(story.listen(self._events(STORY)))
        speaking = asyncio.create_task(story.speaking.wait())
        await asyncio.wait({listening, speaking}, return_when=asyncio.FIRST_COMPLETED)
        speaking.cancel()
        await asyncio.sleep(self.patience)
        story.look_away()
        self.page.line(f'... and interrupts: "{INTERRUPTION}"', "bold")
        self.interrupted_at = time.time()
        await asyncio.gather(listening, answer.listen(self._events(INTERRUPTION)))
        self.turns += [story, answer]
        await self._show_barge_in(story)
        self.checks.that("the interrupted turn says so", story.done.get("ended") == "interrupted")
        self.checks.that("what interrupts is answered", answer.done.get("ended") == "complete")
        self.checks.that("the answer knows her name", "Ada" in answer.text)
        self.checks.that("the answer is said", answer.done.get("spoken") == answer.text)

    async def _show_barge_in(self, story: Heard) -> None:
        silent = (await self._seen()).silent_after(self.interrupted_at)
        self.checks.that("the avatar is cut in the middle of a sentence", silent is not None)
        if silent is None:
            return
        self.page.line(
            f"The avatar was silent {silent * 1000:.0f} ms after the interruption was sent. Of "
            f"{len(story.sentences)} sentences {len(story.started)} had begun to be said.",
            "green",
        )
        within = f"the avatar is silent within {self.silence * 1000:.0f} ms"
        self.checks.that(within, 0 <= silent < self.silence)

    async def _speak(self) -> None:
        self.page.step(f'speak "{LAST_WORDS}"')
        body = {"avatar_session_id": self.started["avatar_session_id"], "text": LAST_WORDS}
        said = await self.caller.post("/speak", body)
        self.page.line(f"{said.body['seconds']:.2f} s of speech, {said.body['ended']}")
        self.checks.that("what is to be spoken is spoken", said.body["ended"] == "complete")

    async def _end(self) -> None:
        self.page.step("end_session, and what it all cost")
        body = {"avatar_session_id": self.started["avatar_session_id"]}
        self.ended = (await self.caller.post("/end_session", body)).body
        before = self.started["usage"]["meters"]
        after = self.ended["usage"]["meters"]
        self.page.row("", "before", "used", "left")
        for meter, now in after.items():
            self.page.row(meter, *map(str, (before[meter]["used"], now["used"], now["left"])))
        self._check_costs(after)

    def _check_costs(self, meters: Json) -> None:
        check, used = self.checks.that, {name: meter["used"] for name, meter in meters.items()}
        check("the session has ended", self.ended["state"] == "ended")
        check("nothing stays reserved", not any(meter["reserved"] for meter in meters.values()))
        seconds = self.ended["seconds"]
        check("the seconds that ran are charged", used["avatar_seconds"] == seconds > 0)
        tokens = sum(turn.usage.get("agent_tokens", 0) for turn in self.turns)
        check("the tokens that the turns used are charged", used["agent_tokens"] == tokens > 0)
        said = sum(turn.usage.get("voice_characters", 0) for turn in self.turns) + len(LAST_WORDS)
        check("the characters that were spoken are charged", used["voice_characters"] == said)

    async def _look(self) -> None:
        self.page.step("What the avatar's provider saw (its journal)")
        found = await self._seen()
        session, check = found.session, self.checks.that
        self.page.line(
            f"The session ran for {session['seconds']:.1f} s and is {session['state']} "
            f"({session['end_reason']}), for {session['credits']} credit(s). Of "
            f"{len(found.utterances)} utterances {len(found.whole())} were said whole, "
            f"{len(found.cut())} was cut, and {len(found.unsaid())} were dropped unsaid."
        )
        check("the provider's session has ended", session["state"] == "ended")
        gap = self.ended["seconds"] - session["seconds"]
        check("we charge what the provider counts, in whole seconds", -1 < gap < 2)  # noqa: PLR2004 - rounded up, and our own clock
        check("one utterance was cut", len(found.cut()) == 1)

    async def _turn(self, message: str) -> Heard:
        turn = Heard(self.page)
        await turn.listen(self._events(message))
        self.turns.append(turn)
        return turn

    def _events(self, message: str) -> AsyncIterator[Event]:
        conversation = self.started["conversation_id"]
        return self.caller.chat({"message": message, "conversation_id": conversation})

    async def _seen(self) -> Seen:
        session = self.started["avatar_session_id"]
        return seen(await self.caller.get(f"{JOURNAL}?session_id={session}"), session)
