"""One turn, from its admission to its settlement. `TurnWork.run` tells the story.

    admitted ──► earlier streams closed ──► the agent is asked ∥ the avatar's connection opens
             ──► text, sentences, speech ──► reply stored ──► heard ──► settled

Nothing here runs before the commit that admitted the turn.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.connections.access import NO_ACCESS, AccessTokens, TurnAccess
from common.conversations.answers import answer_json, chat_answer, error_event, message_id, turn_end
from common.conversations.heartbeat import Heartbeat, Vital
from common.conversations.reply.agent_reply import AgentRequest, read_reply
from common.conversations.reply.confirmation import (
    confirmed_state,
    proposal_event,
    proposals_of,
    told,
    trouble_notice,
)
from common.conversations.reply.history import with_notes
from common.conversations.reply.outcome import (
    chat_outcome,
    notes_for_agent,
    speak_error,
    speak_outcome,
    unanswered_error,
)
from common.conversations.reply.reply_writer import ReplyWriter
from common.conversations.running_turn import RunningSpeech, RunningTurn
from common.conversations.settlement import ConversationUpdate, Settle, StoreReply
from common.conversations.turn_book import TurnBook
from common.conversations.turn_claim import AdmittedTurn
from common.domain import deadlines
from common.domain.conversation import Conversation, conversation_path
from common.domain.errors import Failed, OprinaError, Upstream
from common.domain.google.proposal import Proposal
from common.domain.turn import STOP, Outcome, Progress, TurnRecord
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.schemas.answers import SpeakAnswer
from common.schemas.base import Answer
from common.schemas.events import (
    DoneEvent,
    NoticeEvent,
    SpeechEvent,
    TurnEvent,
    UsageEvent,
)
from common.speech.speech_output import SpeechOutput, SpeechPlan
from common.text import loading
from common.transactions.account import usage_of

POLL = 0.1
HEARD_NOTE_SECONDS = 0.3
"""A newer turn waits this long to learn what was heard of the one that it interrupted."""


@dataclass(frozen=True)
class Content:
    """The content of a turn: a `message` for the agent, or `pieces` to be spoken as they are.

    `why_silent` is reported first, where speech was expected and cannot be.
    """

    message: str | None
    pieces: Sequence[str] = ()
    wait: bool = True
    why_silent: SpeechEvent | None = None


class TurnWork:
    """The work of one turn. `earlier` is the turn of this process that it interrupted."""

    def __init__(
        self,
        deps: Dependencies,
        turn: RunningTurn,
        admitted: AdmittedTurn,
        content: Content,
        book: TurnBook,
        vital: Vital,
        earlier: "TurnWork | None",
    ) -> None:
        self.turn = turn
        self._deps = deps
        self._admitted = admitted
        self._content = content
        self._book = book
        self._earlier = earlier
        self._notes_told = False
        self._access = AccessTokens(deps)
        self._proposals: tuple[Proposal, ...] = ()
        self._heartbeat = Heartbeat(book, vital, self._progress, turn.interruption)
        self._speech = self._plan_speech()

    async def run(self) -> None:
        """Work until the turn is settled. A bug is raised at the end, when the turn is closed."""
        turn = self.turn
        self._announce()
        try:
            async with self._heartbeat:
                work = asyncio.create_task(self._work())
                if await turn.interruption.ends(work):
                    await self._silence()
                    work.cancel()
                    await asyncio.wait({work})
                turn.silenced.set()
                bug = None if work.cancelled() else work.exception()
                if bug is not None:
                    self._fail(OprinaError("Try again."))
            await self._settle()
            if bug is not None:
                raise bug
        finally:
            turn.silenced.set()
            turn.events.close()

    @property
    def session_is_over(self) -> bool:
        """The provider said that the avatar session has ended."""
        return self._speech is not None and self._speech.channel.is_over

    # ── the reply ────────────────────────────────────────────────────────────────────────────────

    async def _work(self) -> None:
        speech = self._speech
        try:
            async with asyncio.timeout(deadlines.TURN), asyncio.TaskGroup() as group:
                if speech is not None:
                    group.create_task(speech.run())
                if self._content.message is None:
                    self._say(self._content.pieces)
                else:
                    await self._reply_to(self._content.message)
                if speech is not None:
                    speech.synthesis.finish()
        except TimeoutError:
            self.turn.interruption.request("deadline")

    async def _reply_to(self, message: str) -> None:
        """Ask the agent, and pass on what it writes. Then store the reply."""
        reply, admitted = self.turn.reply, self._admitted
        notes, access = await self._prepare()
        message = told(with_notes(message, notes), admitted.answered)
        writer = self._writer()
        noting = asyncio.create_task(self._checkpoint_when_asked())
        try:
            async with asyncio.timeout(self._deps.settings.turn_seconds):
                await read_reply(
                    self._deps.agent,
                    self._deps.store,
                    self._agent_request(message, access.state | confirmed_state(admitted.answered)),
                    reply,
                    writer.take,
                    self._heartbeat,
                    self._deps.clock.now(),
                )
            self._fail(unanswered_error(reply))
        except TimeoutError:
            self._fail(Failed("agent", "it did not finish in time", kind="silent"))
        except Upstream as error:
            self._fail(error)
        finally:
            writer.close()
            noting.cancel()
        writer.finish()
        if reply.renewed:
            self.turn.events.emit(NoticeEvent())
        if reply.unauthorized:
            after = await self._access.refused(self.turn.record.uid, access)
            if after.trouble is not None:
                self.turn.events.emit(trouble_notice(after.trouble))
        await self._show_proposals()
        if self._speech is not None and reply.text:
            await self._store_reply()

    async def _prepare(self) -> tuple[list[dict[str, Any]], TurnAccess]:
        if self._admitted.google is None:
            return await self._notes(), NO_ACCESS
        return await asyncio.gather(self._notes(), self._google())

    async def _google(self) -> TurnAccess:
        """Return what the tools may use of Google. Without it the turn goes on, with a notice."""
        access = await self._access.for_turn(self.turn.record.uid, self._admitted.google)
        if access.trouble is not None:
            self.turn.events.emit(trouble_notice(access.trouble))
        return access

    async def _show_proposals(self) -> None:
        """Store what the tools proposed, then show it: an answer finds it in the store."""
        deps = self._deps
        self._proposals = tuple(proposals_of(self.turn.reply, deps.new_id, deps.clock.now()))
        if not self._proposals:
            return
        await self._heartbeat.checkpoint()
        for each in self._proposals:
            self.turn.events.emit(proposal_event(each))

    async def _notes(self) -> list[dict[str, Any]]:
        """Wait until the streams of earlier turns are closed. Return what was heard of those turns.

        Usually the earlier turn only speaks, and its stream is closed: then nothing is awaited.
        """
        before, waiting = self._admitted.conversation, set(self.turn.record.earlier)
        notes = list(before.notes) if before else []
        if not waiting:
            return [*notes, *await self._notes_of_earlier()]
        loop = asyncio.get_running_loop()
        until = loop.time() + deadlines.EARLIER_STREAM
        while waiting and loop.time() < until and self.turn.interruption.reason is None:
            await asyncio.sleep(POLL)
            if (found := await self._read_conversation()) is not None:
                waiting &= set(found.asking)
                notes = [*(before.notes if before else ()), *found.notes]
        return notes

    async def _notes_of_earlier(self) -> list[dict[str, Any]]:
        earlier = self._earlier
        if earlier is None:
            return []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARD_NOTE_SECONDS):
                await earlier.turn.silenced.wait()
        return earlier.hand_over_notes()

    def hand_over_notes(self) -> list[dict[str, Any]]:
        """Return what the agent must be told of this turn: the newer turn tells it, once."""
        self._notes_told = True
        return self._own_notes()

    async def _read_conversation(self) -> Conversation | None:
        path = conversation_path(self.turn.record.conversation_id)
        try:
            document = (await self._book.transactions.read(path))[path]
        except Upstream:
            return None
        return Conversation.of(document) if document.exists else None

    async def _checkpoint_when_asked(self) -> None:
        await self.turn.reply.asked.wait()
        await asyncio.shield(self._heartbeat.checkpoint())

    def _writer(self) -> ReplyWriter:
        settings, avatar = self._deps.settings, self._admitted.avatar
        language = avatar.language if avatar else settings.language
        sentences = loading.sentences(language, settings.first_clause)
        speaks = self._speech is not None and self._admitted.characters > 0
        synthesis = self._speech.synthesis if self._speech and speaks else None
        return ReplyWriter(self.turn.reply, self.turn.events, sentences, synthesis)

    def _agent_request(self, message: str, state: Mapping[str, Any]) -> AgentRequest:
        before, record = self._admitted.conversation, self.turn.record
        return AgentRequest(
            user=record.uid,
            conversation=record.conversation_id,
            number=record.number,
            message=message,
            session=(before and before.agent_session) or record.conversation_id,
            known=bool(before and before.agent_session),
            expires_at=before.agent_session_expires_at if before else None,
            state=state,
        )

    async def _store_reply(self) -> None:
        """From here on a crash loses nothing. A failure is left to the settlement."""
        try:
            await self._book.commit(StoreReply(self.turn.record, self._progress(), self._update()))
        except OprinaError as error:
            log.warning("the reply is not stored yet: %s", error.code)

    # ── speech ───────────────────────────────────────────────────────────────────────────────────

    def _plan_speech(self) -> SpeechOutput | None:
        avatar, earlier = self._admitted.avatar, self._earlier
        if avatar is None:
            return None
        plan = SpeechPlan(
            avatar=avatar,
            characters=self._admitted.characters,
            wait=self._content.wait,
            deadline=asyncio.get_running_loop().time() + deadlines.TURN,
            after=earlier.turn.silenced if earlier else None,
            from_elsewhere=self._admitted.supersedes is not None and earlier is None,
        )
        turn = self.turn
        return SpeechOutput(self._deps, plan, turn.events, self._heartbeat, turn.interruption)

    def _say(self, pieces: Sequence[str]) -> None:
        if self._speech is not None:
            for piece in pieces:
                self._speech.synthesis.say(piece)

    async def _silence(self) -> None:
        """Stop the speech.

        The avatar is silenced, unless a turn of another process speaks by now.
        """
        if self._speech is None:
            return
        reason = self.turn.interruption.reason
        if reason not in {"interrupted", "settled"} and self._speech.playback.sent:
            await self._heartbeat.look()
        superseded = self._known().superseded_by not in {None, STOP}
        by_another = superseded or reason in {"interrupted", "settled"}
        is_ours = self.turn.superseded_here or not by_another
        await self._speech.interrupt(silence=is_ours)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def _announce(self) -> None:
        record, avatar = self.turn.record, self._admitted.avatar
        self.turn.events.emit(
            TurnEvent(
                turn_id=record.id,
                conversation_id=record.conversation_id,
                message_id=message_id(record),
                avatar_session_id=avatar.avatar_session_id if avatar else None,
            )
        )
        if self._content.why_silent is not None:
            self.turn.events.emit(self._content.why_silent)

    def _fail(self, error: OprinaError | None) -> None:
        if error is not None:
            self.turn.reply.error = error
            self.turn.events.emit(error_event(error))

    def _known(self) -> TurnRecord:
        found = TurnRecord.read(self._book.documents[self.turn.record.path])
        return found or self.turn.record

    def _progress(self) -> Progress:
        speech = self._speech
        spoken, spent = (speech.heard_text(), speech.spent) if speech else ("", 0)
        return self.turn.reply.progress(spoken, spent, self._proposals)

    def _own_notes(self) -> list[dict[str, Any]]:
        speaks = self._speech is not None and self._admitted.characters > 0
        heard = self._progress().spoken if speaks else None
        turn = self.turn
        return notes_for_agent(self._content.message, turn.reply, turn.interruption.reason, heard)

    def _update(self, notes: Sequence[dict[str, Any]] = ()) -> ConversationUpdate:
        reply = self.turn.reply
        made = reply.session_id if reply.session_expires_at is not None else None
        return ConversationUpdate(reply.prompt, made, reply.session_expires_at, tuple(notes))

    async def _settle(self) -> None:
        """Commit what the turn cost, how it ended, and its answer.

        Retried for 15 s; then the sweep does it.
        """
        turn, progress, outcome = self.turn, self._progress(), self._outcome()
        cut = turn.interruption.reason is not None and turn.reply.finished is None
        settle = Settle(turn.record, turn.record.holder, outcome, progress, cut=cut, answer=None)
        charged = settle.charge(self._known(), progress)
        usage = UsageEvent(
            agent_tokens=charged.get("agent_tokens", 0),
            voice_characters=charged.get("voice_characters", 0),
            usage=usage_of(self._admitted.ledger, used=charged),
        )
        done = DoneEvent(
            ended=turn_end(outcome),
            turn_id=turn.record.id,
            message_id=message_id(turn.record) if progress.text else None,
            text=progress.text,
            spoken=progress.spoken,
        )
        answer = self._answer(outcome, usage, done)
        notes = [] if self._notes_told else self._own_notes()
        update = self._update(notes)
        try:
            await self._book.commit(replace(settle, answer=answer_json(answer), update=update))
            turn.events.emit(usage)
        except OprinaError as error:
            turn.events.emit(error_event(error))
        finally:
            turn.events.emit(done)

    def _answer(self, outcome: Outcome, usage: UsageEvent, done: DoneEvent) -> Answer:
        turn = self.turn
        if self._content.message is not None:
            return chat_answer([*turn.events.kept, usage, done])
        spoken = self._spoken(usage)
        failed = outcome == "unreached"
        if isinstance(turn, RunningSpeech):
            error = speak_error(turn.events.kept, over=self.session_is_over)
            turn.spoken = error if failed else spoken
        return spoken

    def _outcome(self) -> Outcome:
        reason = self.turn.interruption.reason
        if self._content.message is not None:
            return chat_outcome(reason, self.turn.reply)
        return speak_outcome(reason, self._speech, self._admitted.characters)

    def _spoken(self, usage: UsageEvent) -> SpeakAnswer:
        speech = self._speech
        return SpeakAnswer(
            utterance_id=speech.first_utterance if speech else None,
            seconds=round(speech.playback.seconds, 2) if speech else 0.0,
            ended=speech.end if speech else "failed",
            usage=usage.usage,
        )
