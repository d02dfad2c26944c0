"""The use cases of turns, each without one rule. A walk has to find each of them.

A mutant is a function that takes its rule out until `patch` undoes it. Its name says what the code
does without the rule.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from common.conversations import settlement, turn_book
from common.conversations.admission import chat_admission, turn_claim
from common.conversations.admission.chat_admission import ChatAdmission
from common.conversations.admission.turn_claim import TurnClaim
from common.conversations.heartbeat import Heartbeat
from common.conversations.lost_turns import SettleLostTurns
from common.conversations.settlement import SettleTurn
from common.domain import conversation, deadlines
from common.domain.documents import Document, Query, Update, after
from common.domain.quota import Ledger, ledger_path, month_of, settle
from common.domain.turn import Progress, TurnRecord
from common.observability.log import best_effort
from common.transactions.transaction import (
    Committed,
    Decision,
    Documents,
    Patience,
    Transactions,
)

Mutant = Callable[[pytest.MonkeyPatch], None]

# ── may the turn act? ────────────────────────────────────────────────────────────────────────────


def asks_before_its_commit_holds(patch: pytest.MonkeyPatch) -> None:
    run = Transactions.run

    async def ahead(self: Transactions, wanted: Any, *more: Any, **how: Any) -> Any:
        if not isinstance(wanted, ChatAdmission):
            return await run(self, wanted, *more, **how)
        now, read_at = self.clock.now(), asyncio.get_running_loop().time()
        documents = await self.read(*wanted.paths(now))
        decision = wanted.decide(documents, now)
        if decision.writes:
            commit = best_effort("the first commit", self.store.commit(decision.writes))
            self.__dict__["later"] = asyncio.create_task(commit)
        known = after(documents, decision.writes, {})
        return Committed(decision.result, known, read_at, now)

    patch.setattr(Transactions, "run", ahead)


def acts_without_a_fresh_look(patch: pytest.MonkeyPatch) -> None:
    async def may_act(self: Heartbeat) -> bool:
        return self._interruption.reason is None

    patch.setattr(Heartbeat, "may_act", may_act)


def acts_though_superseded(patch: pytest.MonkeyPatch) -> None:
    learn = Heartbeat._learn

    def blind(self: Heartbeat, document: Document, sent_at: float) -> None:
        learn(self, _with(document, superseded_by=None), sent_at)

    patch.setattr(Heartbeat, "_learn", blind)


def takes_every_turn_of_its_key_for_its_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TurnClaim, "owns", lambda _, found: found is not None)


def does_not_recognise_its_own_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TurnClaim, "owns", lambda *_: False)


# ── settlement ───────────────────────────────────────────────────────────────────────────────────


def settles_without_retry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turn_book, "SETTLEMENT", Patience(0, 0))


def settles_a_settled_turn_again(patch: pytest.MonkeyPatch) -> None:
    decide = SettleTurn.decide

    def again(self: SettleTurn, documents: Documents, now: datetime) -> Any:
        path = self.record.path
        if documents[path].get("settled_by") == self.record.holder:
            documents = {**documents, path: _with(documents[path], state="running")}
        return decide(self, documents, now)

    patch.setattr(SettleTurn, "decide", again)


def keeps_its_reservation(patch: pytest.MonkeyPatch) -> None:
    def without_release(user: Any, month: str, _: Any, used: Any, **more: Any) -> Any:
        return settle(user, month, {}, used, **more)

    patch.setattr(settlement, "settle", without_release)


def is_charged_in_the_month_of_its_end(patch: pytest.MonkeyPatch) -> None:
    decide, paths = SettleTurn.decide, SettleTurn.paths

    def paths_now(self: SettleTurn, now: datetime) -> Iterable[str]:
        return [*paths(self, now), ledger_path(self.record.uid, month_of(now))]

    def decide_now(self: SettleTurn, documents: Documents, now: datetime) -> Any:
        document = _with(documents[self.record.path], month=month_of(now))
        return decide(self, {**documents, document.path: document}, now)

    patch.setattr(SettleTurn, "paths", paths_now)
    patch.setattr(SettleTurn, "decide", decide_now)


def corrects_to_a_shorter_message(patch: pytest.MonkeyPatch) -> None:
    correct = SettleTurn._correct

    def shorter(self: SettleTurn, found: TurnRecord, documents: Documents, now: datetime) -> Any:
        less = replace(self, progress=replace(self.progress, text=self.progress.text[:10]))
        return correct(less, replace(found, text=""), documents, now)

    patch.setattr(SettleTurn, "_correct", shorter)


def does_not_correct_an_early_settlement(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SettleTurn, "_correct", lambda _self, found, *_: Decision(found))


def is_not_counted_as_running(patch: pytest.MonkeyPatch) -> None:
    reserve = Ledger.reserve

    def uncounted(self: Ledger, amounts: Any, *, turns: int = 0, **more: Any) -> Any:
        return reserve(self, amounts, turns=0 * turns, **more)

    patch.setattr(Ledger, "reserve", uncounted)


def runs_beyond_the_limit_of_its_user(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(chat_admission, "require_free_turn", lambda *_: None)


# ── one turn after the other ─────────────────────────────────────────────────────────────────────


def does_not_tell_the_older_turn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(chat_admission, "superseding", lambda *_: [])


def takes_no_lease(patch: pytest.MonkeyPatch) -> None:
    take_lease = conversation.Conversation.take_lease

    def leave(self: conversation.Conversation, *args: Any, **how: Any) -> Update:
        write = take_lease(self, *args, **how)
        kept = {"turn_id": self.lease} if self.lease else None
        return replace(write, fields={**write.fields, "lease": kept})

    patch.setattr(conversation.Conversation, "take_lease", leave)


def asks_while_an_older_stream_is_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deadlines, "EARLIER_STREAM", 0.0)


def stands_in_asking_for_ever(patch: pytest.MonkeyPatch) -> None:
    release = conversation.Conversation.release

    def keep(self: conversation.Conversation, record: TurnRecord, *args: Any, **more: Any) -> Any:
        return release(self, replace(record, holder="another"), *args, **more)

    patch.setattr(conversation.Conversation, "release", keep)


# ── heartbeat and sweep ──────────────────────────────────────────────────────────────────────────


def does_not_renew_its_deadline(patch: pytest.MonkeyPatch) -> None:
    async def silent(_: Heartbeat) -> None:
        return None

    patch.setattr(Heartbeat, "_beat", silent)


def checkpoints_over_a_document_that_it_did_not_read(patch: pytest.MonkeyPatch) -> None:
    checkpoint = TurnRecord.checkpoint

    def unguarded(self: TurnRecord, *args: Any) -> Update:
        return replace(checkpoint(self, *args), read=None)

    patch.setattr(TurnRecord, "checkpoint", unguarded)


def is_never_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TurnRecord, "is_overdue", lambda *_: False)


def is_swept_before_its_deadline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SettleLostTurns, "due", lambda *_: Query("turns"))
    patch.setattr(TurnRecord, "is_overdue", lambda found, _: found.in_use)


def forgets_the_usage_reported_last(patch: pytest.MonkeyPatch) -> None:
    known = TurnRecord.known_progress

    def less(self: TurnRecord) -> Progress:
        return replace(known(self), tokens=None, prompt=0)

    patch.setattr(TurnRecord, "known_progress", less)


def takes_the_unknown_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """A turn that died before it said that it had asked is charged nothing."""
    known = TurnRecord.known_progress

    def less(self: TurnRecord) -> Progress:
        return replace(known(self), asked=bool(self.asked))

    patch.setattr(TurnRecord, "known_progress", less)


def asks_while_its_document_says_that_it_does_not(patch: pytest.MonkeyPatch) -> None:
    async def at_once(_: Heartbeat) -> bool:
        return True

    patch.setattr(Heartbeat, "may_ask", at_once)


def loses_what_was_written(patch: pytest.MonkeyPatch) -> None:
    known = TurnRecord.known_progress
    patch.setattr(TurnRecord, "known_progress", lambda self: replace(known(self), text=""))


def runs_again_after_the_sweep(patch: pytest.MonkeyPatch) -> None:
    """The sweep settles a turn as one that never reached the agent."""
    decide = SettleTurn._settle

    def unreached(self: SettleTurn, found: TurnRecord, documents: Documents, now: datetime) -> Any:
        decision = decide(self, found, documents, now)
        if self.by != "sweep" or found.state != "running":
            return decision
        done, *others = decision.writes
        assert isinstance(done, Update)
        unreached = replace(done, fields={**done.fields, "outcome": "unreached"})
        return Decision(decision.result, [unreached, *others])

    patch.setattr(SettleTurn, "_settle", unreached)


def keeps_its_key_after_the_sweep(patch: pytest.MonkeyPatch) -> None:
    """A key whose turn was lost is refused as in use."""
    stored = turn_claim.stored_turn

    def refused(found: TurnRecord | None, *more: Any) -> Any:
        lost = found is not None and found.outcome == "lost"
        return stored(replace(found, state="running") if found and lost else found, *more)

    patch.setattr(chat_admission, "stored_turn", refused)


def charges_nothing_for_what_it_synthesised(patch: pytest.MonkeyPatch) -> None:
    known = TurnRecord.known_progress
    patch.setattr(TurnRecord, "known_progress", lambda self: replace(known(self), characters=0))


def keeps_the_message_of_a_turn_that_runs_again(patch: pytest.MonkeyPatch) -> None:
    messages = SettleTurn._messages

    def kept(self: SettleTurn, found: Any, progress: Any, outcome: Any, *more: Any) -> Any:
        return [] if outcome == "unreached" else messages(self, found, progress, outcome, *more)

    patch.setattr(SettleTurn, "_messages", kept)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


def _with(document: Document, **fields: Any) -> Document:
    if not document.exists:
        return document
    return replace(document, fields={**(document.fields or {}), **fields})
