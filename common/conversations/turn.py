"""One turn, from its admission to its settlement. `TurnWork.run` tells the story.

    admitted ──► earlier streams closed ──► the agent is asked ∥ the avatar's connection opens
             ──► text, sentences, speech ──► reply stored ──► heard ──► settled

Nothing here runs before the commit that admitted the turn.
"""

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from common.connections.access import AccessTokens
from common.conversations.admission.turn_claim import AdmittedTurn, StoredTurn
from common.conversations.answers import error_event, message_id, user_message_id
from common.conversations.closing import settle_turn, store_reply
from common.conversations.heartbeat import Heartbeat, Liveness
from common.conversations.reply.agent_reply import ReplyWriter, read_reply
from common.conversations.reply.agent_session import memory_of
from common.conversations.reply.earlier_turns import wait_for_earlier_turns
from common.conversations.reply.history import with_notes
from common.conversations.reply.outcome import unanswered_error
from common.conversations.reply.tools import (
    confirmed_state,
    google_access,
    note_refused_token,
    show_proposals,
    with_answer,
)
from common.conversations.running_turn import RunningTurn
from common.conversations.running_turns import RunningTurns
from common.conversations.turn_book import TurnBook
from common.domain import deadlines
from common.domain.errors import Failed, OprinaError, Upstream
from common.domain.turn import STOP, TurnRecord
from common.observability.log import best_effort, log
from common.ports.dependencies import Dependencies
from common.schemas.events import TurnEvent
from common.sessions.end import SessionEnder
from common.speech.caller_channel import CallerChannel
from common.speech.silence import silence_avatar
from common.speech.speech_output import SpeechOutput
from common.speech.speech_plan import SpeechPlan, listeners_of
from common.text import loading
from common.transactions.shared_reads import SharedReads
from common.transactions.transaction import Committed, Transactions

LOOKS_TO_SILENCE = 2
"""The first look of a process that was frozen may be too old when it is answered."""

RunningT = TypeVar("RunningT", bound=RunningTurn[Any])


@dataclass(frozen=True)
class Turns:
    """Sets admitted turns to work."""

    deps: Dependencies
    running: RunningTurns
    sessions: SessionEnder
    reads: SharedReads = field(default_factory=SharedReads)

    @property
    def transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)

    def start(self, turn: RunningT, committed: Committed[AdmittedTurn | StoredTurn]) -> RunningT:
        """Set an admitted turn to work. It interrupts the older turn of its conversation."""
        turn.start(self.take_over(turn, committed))
        return turn

    def take_over(
        self, turn: RunningTurn[Any], committed: Committed[AdmittedTurn | StoredTurn]
    ) -> Coroutine[Any, Any, None]:
        """Take over from the older turn of the conversation, and return the work of this one."""
        earlier, record = self.running.add(turn), turn.record
        if record.superseded_by is not None:  # before its unconfirmed commit was found to hold
            turn.interruption.request("interrupted")
        book = TurnBook.open(self.transactions, record, committed.documents)
        liveness = Liveness.of(record, committed.read_at, committed.now)
        work = TurnWork(self.deps, turn, book, Heartbeat(turn, book, liveness, self.reads), earlier)
        return self._run(turn, work)

    async def _run(self, turn: RunningTurn[Any], work: "TurnWork") -> None:
        """Run the turn to its end. An avatar session that the turn found over is settled."""
        try:
            await work.run()
        except Exception:
            log.exception("a turn failed")
            raise
        finally:
            self.running.remove(turn)
        session = turn.record.avatar_session_id
        if turn.speech is not None and turn.speech.session_is_over and session is not None:
            await best_effort("ending a session that is over", self.sessions.end_if_over(session))


class TurnWork:
    """The work of one turn. `earlier` is the turn of this process that it interrupted."""

    def __init__(
        self,
        deps: Dependencies,
        turn: RunningTurn[Any],
        book: TurnBook,
        heartbeat: Heartbeat,
        earlier: RunningTurn[Any] | None,
    ) -> None:
        self._deps = deps
        self._turn = turn
        self._book = book
        self._heartbeat = heartbeat
        self._earlier = earlier
        self._speech = turn.speech = self._plan_speech()

    async def run(self) -> None:
        """Work until the turn is settled. A bug is raised at the end, when the turn is closed."""
        turn, is_silent = self._turn, True
        self._announce()
        try:
            async with self._heartbeat:
                work = asyncio.create_task(self._reply_and_speak())
                if await turn.interruption.ends(work):
                    is_silent = await self._silence()
                    work.cancel()
                    await asyncio.wait({work})
                turn.handover.silenced.set()
                bug = None if work.cancelled() else work.exception()
                if bug is not None:
                    self._fail(OprinaError("Try again."))
            settled = await settle_turn(turn, self._book)
            if settled is not None and not is_silent:
                await self._silence_late(settled)
            if bug is not None:
                raise bug
        finally:
            turn.handover.silenced.set()
            turn.events.close()

    def _announce(self) -> None:
        record, avatar = self._turn.record, self._turn.admitted.avatar
        self._turn.events.emit(
            TurnEvent(
                turn_id=record.id,
                conversation_id=record.conversation_id,
                message_id=message_id(record),
                user_message_id=user_message_id(record),
                avatar_session_id=avatar.avatar_session_id if avatar else None,
            )
        )
        if self._turn.content.why_silent is not None:
            self._turn.events.emit(self._turn.content.why_silent)

    async def _reply_and_speak(self) -> None:
        """Speak what the agent writes, or the given text, within the turn's deadline."""
        speech, content = self._speech, self._turn.content
        try:
            async with asyncio.timeout_at(self._turn.ends_at), asyncio.TaskGroup() as group:
                if speech is not None:
                    group.create_task(speech.run())
                if content.message is not None:
                    await self._reply_to(content.message)
                elif speech is not None:
                    speech.say(content.pieces)
                if speech is not None:
                    speech.synthesis.finish()
        except TimeoutError:
            self._turn.interruption.request("deadline")

    # ── the reply ────────────────────────────────────────────────────────────────────────────────

    async def _reply_to(self, message: str) -> None:
        """Ask the agent, and pass on what it writes. Then store the reply."""
        turn, reply = self._turn, self._turn.reply
        tokens, answered = AccessTokens(self._deps), turn.admitted.answered
        transactions = self._book.transactions
        notes, is_up_to_date = await wait_for_earlier_turns(turn, self._earlier, transactions)
        notes = [] if turn.record.begins else notes  # they tell of what the branch does not have
        access = await google_access(turn, tokens)
        state = {**access.state, **confirmed_state(answered)}
        sent = with_answer(with_notes(message, notes), answered)
        memory = memory_of(self._deps, self._book, turn, sent, state, is_up_to_date=is_up_to_date)
        writer = self._writer()
        checkpoints = asyncio.create_task(self._checkpoint_when_asked_or_called())
        try:
            async with asyncio.timeout(self._deps.settings.turn_seconds):
                if await self._heartbeat.may_ask():
                    await read_reply(memory, writer, self._heartbeat)
        except TimeoutError:
            self._fail(Failed("agent", "it did not finish in time", kind="silent"))
        except Upstream as error:
            self._fail(error)
        finally:
            writer.close()
            checkpoints.cancel()
        writer.finish()
        if reply.error is None:
            self._fail(unanswered_error(reply))
        await note_refused_token(turn, tokens, access)
        await show_proposals(turn, self._heartbeat, self._deps)
        if self._speech is not None and reply.text:
            await store_reply(turn, self._book)

    async def _checkpoint_when_asked_or_called(self) -> None:
        """Write a checkpoint when the agent is asked, and when it calls a tool."""
        reply = self._turn.reply
        for happened in itertools.chain((reply.asked,), itertools.repeat(reply.tools.called)):
            await happened.wait()
            reply.tools.called.clear()
            await asyncio.shield(self._heartbeat.checkpoint())

    def _writer(self) -> ReplyWriter:
        settings, turn, speech = self._deps.settings, self._turn, self._speech
        language = turn.admitted.language or settings.language
        sentences = loading.sentences(language, settings.first_clause)
        synthesis = speech.synthesis if speech is not None and speech.is_spoken else None
        return ReplyWriter(turn.reply, turn.events, sentences, synthesis)

    def _fail(self, error: OprinaError | None) -> None:
        if error is not None:
            self._turn.reply.error = error
            self._turn.events.emit(error_event(error))

    # ── speech ───────────────────────────────────────────────────────────────────────────────────

    def _plan_speech(self) -> SpeechOutput | None:
        """Speak to the avatar, then to the caller. Without characters only silence the avatar."""
        turn, earlier, avatar = self._turn, self._earlier, self._turn.admitted.avatar
        if avatar is None and not turn.admitted.characters:
            return None
        own = earlier.record.id if earlier is not None else None
        may_play = avatar is None or turn.content.caller_plays
        caller = CallerChannel(turn.events.emit) if may_play else None
        plan = SpeechPlan(
            listeners=listeners_of(self._deps, avatar, caller, self._heartbeat),
            voice=turn.admitted.voice,
            language=turn.admitted.language,
            characters=turn.admitted.characters,
            wait=turn.content.wait,
            deadline=turn.ends_at,
            after=earlier.handover.silenced if earlier else None,
            from_elsewhere=turn.admitted.supersedes not in {None, own},
        )
        return SpeechOutput(self._deps, plan, turn.events, self._heartbeat, turn.interruption)

    async def _silence(self) -> bool:
        """Stop the speech, and the avatar if it still speaks for this turn.

        Return False if that could not be known, because the store did not answer.
        """
        if self._speech is None:
            return True
        may = await self._may_silence()
        await self._speech.interrupt(silence=may is True)
        return may is not None

    async def _silence_late(self, settled: TurnRecord) -> None:
        """Silence the avatar now that the store has answered, unless a newer turn took over."""
        avatar, handover = self._turn.admitted.avatar, self._turn.handover
        if (
            avatar is not None
            and settled.superseded_by in {None, STOP}
            and await handover.may_act()
        ):
            await silence_avatar(self._deps, avatar, handover)

    async def _may_silence(self) -> bool | None:
        """Return False if a turn of another process may speak by now, None if that is unknown.

        A process that was frozen looks again.
        """
        handover, heartbeat = self._turn.handover, self._heartbeat
        by_another = self._turn.interruption.reason in {"interrupted", "settled"}
        has_spoken = self._speech is not None and bool(self._speech.playback.sent)
        for _ in range(LOOKS_TO_SILENCE):
            if by_another or not has_spoken:
                break
            await heartbeat.look()
            by_another = self._book.known().superseded_by not in {None, STOP}
            if heartbeat.is_fresh:
                break
        if handover.superseded_at is not None:  # by a turn of this process, which waits for this
            now = asyncio.get_running_loop().time()
            return now - handover.superseded_at < deadlines.LOOK_IS_FRESH
        if by_another or heartbeat.is_fresh or not has_spoken:
            return heartbeat.is_fresh and not by_another
        return None
