"""The later commits of a turn: the reply is stored, the turn is settled. Each decision is pure.

The same transition settles a turn whose process died: then the sweep makes it, from what the
document knows. If the process was alive after all, it corrects that once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from common.domain.ceiling import give_back
from common.domain.conversation import Conversation, conversation_path, message_path
from common.domain.conversations.conversation_update import ConversationUpdate
from common.domain.documents import Create, Delete, Document, Update, Write
from common.domain.quota import METERS, Amounts, Meter, ledger_path, settle
from common.domain.turn import SWEEP, Outcome, Progress, TurnRecord, message_fields
from common.transactions.transaction import Decision, Documents, ReadMore


def turn_paths(record: TurnRecord) -> list[str]:
    """Return the paths of the documents that settling a turn reads."""
    return [
        record.path,
        conversation_path(record.conversation_id),
        message_path(record.conversation_id, record.number, "assistant"),
        ledger_path(record.uid, record.month),
        *([record.share] if record.share else []),
    ]


def _require_read(found: TurnRecord, documents: Documents) -> None:
    """Raise ReadMore for a turn that changed its share or its month since it was last known."""
    if unread := [path for path in turn_paths(found) if path not in documents]:
        raise ReadMore(*unread)


@dataclass(frozen=True)
class StoreReply:
    """Commit 2 of a spoken turn (a `Transaction`): the reply is whole.

    The message is stored, the tokens are charged, and the turn leaves `asking`. From here on a
    crash loses nothing.

    The result is False if the turn is no longer ours to answer.
    """

    record: TurnRecord
    progress: Progress
    update: ConversationUpdate

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return turn_paths(self.record)

    def decide(self, documents: Documents, now: datetime) -> Decision[bool]:
        record, progress = self.record, self.progress
        document = documents[record.path]
        found = TurnRecord.read(document)
        if found is None or found.holder != record.holder or found.state != "running":
            ours = found is not None and found.holder == record.holder
            return Decision(ours and found is not None and found.state == "answered")
        _require_read(found, documents)
        tokens = found.tokens_used(progress, cut=False)
        path = message_path(record.conversation_id, record.number, "assistant")
        message = message_fields(
            "assistant", record, progress.text, now, _spoken(progress, tokens, None)
        )
        missing = not documents[ledger_path(record.uid, record.month)].exists
        writes: list[Write | None] = [
            found.complete_reply(progress, now, document.version),
            Create(path, message) if not documents[path].exists else None,
            settle(
                record.uid,
                record.month,
                {"agent_tokens": record.reserved.get("agent_tokens", 0)},
                {"agent_tokens": tokens},
                admitted_at=record.started_at,
                missing=missing,
            ),
        ]
        conversation = documents[conversation_path(record.conversation_id)]
        if conversation.exists:
            known = Conversation.of(conversation)
            proposed = known.proposal_fields(record, any_proposal=bool(progress.proposals))
            writes.append(
                known.close_stream(record, **self.update.fields(known, record), **proposed)
            )
        return Decision(result=True, writes=[write for write in writes if write is not None])


@dataclass(frozen=True)
class SettleTurn:
    """The last commit of a turn (a `Transaction`): what it cost, how it ended, its answer.

    `by` is the turn's holder, or `sweep`. The result is the turn as it stands afterwards; None if
    it is not ours to settle.
    """

    record: TurnRecord
    by: str
    outcome: Outcome
    progress: Progress
    cut: bool
    answer: str | None
    update: ConversationUpdate = field(default_factory=ConversationUpdate)

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return turn_paths(self.record)

    def decide(self, documents: Documents, now: datetime) -> Decision[TurnRecord | None]:
        document = documents[self.record.path]
        found = TurnRecord.read(document)
        if found is None or found.holder != self.record.holder:
            return Decision(None)
        if self.by == SWEEP and not found.is_overdue(now):
            return Decision(None)
        _require_read(found, documents)
        if found.state == "settled" and found.settled_by == SWEEP and self.by != SWEEP:
            return self._correct(found, documents, now)
        if not found.in_use:
            return Decision(found)
        return self._settle(found, documents, now)

    def _settle(
        self, found: TurnRecord, documents: Documents, now: datetime
    ) -> Decision[TurnRecord | None]:
        progress, outcome = self.progress, self.outcome
        if self.by == SWEEP:
            progress = found.known_progress()
            outcome = found.outcome_if_lost
        charged = self.charge(found, progress)
        reserved = dict(found.reserved)
        if found.state == "answered":
            reserved.pop("agent_tokens", None)
        used = {meter: charged.get(meter, 0) - found.charged.get(meter, 0) for meter in METERS}
        missing = not documents[ledger_path(found.uid, found.month)].exists
        done = found.settle(
            self.by, outcome, progress, charged, self.answer, now, documents[found.path].version
        )
        writes: list[Write | None] = [
            done,
            settle(
                found.uid,
                found.month,
                reserved,
                used,
                admitted_at=found.started_at,
                turns=1,
                missing=missing,
            ),
            *give_back(found.share, documents, found.reserved, _of_its_share(found, charged)),
            *self._messages(found, progress, outcome, documents, now),
            self._release(found, documents, now),
        ]
        after = replace(
            found,
            state="settled",
            settled_by=self.by,
            outcome=outcome,
            text=progress.text,
            spoken=progress.spoken,
            characters=progress.characters,
            charged=charged.copy(),
            answer=self.answer,
        )
        return Decision(after, [write for write in writes if write is not None])

    def _correct(
        self, found: TurnRecord, documents: Documents, now: datetime
    ) -> Decision[TurnRecord | None]:
        """Correct a settlement that the sweep made too early. The message never gets shorter."""
        charged = self.charge(replace(found, charged=found.transcribed), self.progress)
        difference = {
            meter: charged.get(meter, 0) - found.charged.get(meter, 0) for meter in METERS
        }
        version = documents[found.path].version
        outcome: Outcome = "incomplete" if self.outcome == "unreached" else self.outcome
        write = found.correct(outcome, self.progress, charged, self.answer, version)
        text = str(write.fields["text"])
        missing = not documents[ledger_path(found.uid, found.month)].exists
        writes: list[Write | None] = [
            write,
            settle(
                found.uid,
                found.month,
                {},
                difference,
                admitted_at=found.started_at,
                missing=missing,
            ),
            *give_back(found.share, documents, {}, _of_its_share(found, difference)),
            *self._messages(found, replace(self.progress, text=text), outcome, documents, now),
            self._release(found, documents, now),
        ]
        after = replace(
            found,
            state="corrected",
            outcome=outcome,
            text=text,
            charged=charged.copy(),
            answer=self.answer,
        )
        return Decision(after, [write for write in writes if write is not None])

    def charge(self, found: TurnRecord, progress: Progress) -> dict[Meter, int]:
        if self.outcome == "unreached" and self.by != SWEEP:
            return {}
        if found.state == "transcribing":  # if the process died, its caller has heard nothing
            return {} if self.by == SWEEP else dict(found.reserved)
        tokens = found.charged.get("agent_tokens")
        if found.state != "answered" or tokens is None:
            cut = self.cut or self.by == SWEEP
            tokens = found.tokens_used(progress, cut=cut) if found.function == "chat" else 0
        charged: dict[Meter, int] = {"agent_tokens": tokens} if tokens else {}
        charged |= found.transcribed
        if progress.characters:
            charged["voice_characters"] = progress.characters
        return charged

    def _messages(
        self,
        found: TurnRecord,
        progress: Progress,
        outcome: Outcome,
        documents: Documents,
        now: datetime,
    ) -> list[Write]:
        """Store what was written, and how much of it was heard.

        A turn that failed before it reached the agent takes the user's message back, because the
        same key may run again.
        """
        if found.function == "speak" or not found.number:
            return []
        path = message_path(found.conversation_id, found.number, "assistant")
        if outcome == "unreached":
            return [Delete(message_path(found.conversation_id, found.number, "user"))]
        if not progress.text:
            return []
        spoken = _spoken(progress, progress.tokens, outcome)
        if documents[path].exists:
            return [Update(path, {"text": progress.text, **spoken})]
        if documents[conversation_path(found.conversation_id)].exists:
            return [Create(path, message_fields("assistant", found, progress.text, now, spoken))]
        return []

    def _release(self, found: TurnRecord, documents: Documents, now: datetime) -> Update | None:
        document: Document = documents[conversation_path(found.conversation_id)]
        if not document.exists:
            return None
        conversation = Conversation.of(document)
        any_proposal = bool(found.proposals or self.progress.proposals)
        proposed = conversation.proposal_fields(found, any_proposal=any_proposal)
        return conversation.release(
            found, now, **self.update.fields(conversation, found), **proposed
        )


def _of_its_share(found: TurnRecord, charged: Amounts) -> Amounts:
    """Return the charge without the seconds of a recording, which stay in the share of that time."""
    return {meter: n for meter, n in charged.items() if meter not in found.transcribed}


def _spoken(progress: Progress, tokens: int | None, outcome: Outcome | None) -> dict[str, Any]:
    found: dict[str, Any] = {"tokens": tokens, "spoken": progress.spoken}
    if outcome is not None:
        found |= {"ended": outcome, "interrupted": outcome in {"interrupted", "cancelled"}}
    return found
