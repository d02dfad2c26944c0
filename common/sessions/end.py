"""End an avatar session, once, whichever process asks and however often.

    read, decide ──► commit `ending` ──► stop ──► how long did it run? ──► commit `ended`

`ending` is committed before the provider is asked to stop: from then on any process can finish it.
A stop that is refused or unclear asks for the session's standing. The seconds are the provider's;
without them our own clock decides, and the sweep confirms the charge later.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.domain.avatar_session import (
    LEEWAY,
    STOP_AGAIN_SECONDS,
    AvatarSession,
    EndReason,
    begin_ending,
    end,
    last_active,
    record_path,
    session_among,
    session_paths,
    slot_path,
)
from common.domain.ceiling import give_back
from common.domain.conversation import Conversation, active_in, conversation_path
from common.domain.documents import Create, Delete, Document, Update, Write
from common.domain.errors import NotFound, OprinaError, Unavailable, UpstreamNotFound
from common.domain.ids import AvatarSessionId
from common.domain.quota import Meter, ledger_path, settle
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.ports.standing import Standing, standing
from common.ports.vault import TokenVault
from common.transactions.transaction import (
    SETTLEMENT,
    Decision,
    Documents,
    ReadMore,
    Transactions,
)

RECORD_SECONDS = 0.5

Why = Callable[[AvatarSession, Conversation | None, datetime], EndReason | None]
"""Decides whether a session must end now, each time that it is read. None: it must not."""
ExtraWrites = Callable[[AvatarSession], Sequence[Write]]
"""Written in the commit that ends the session, given the session as it ended."""


def always(reason: EndReason) -> Why:
    return lambda _session, _conversation, _now: reason


def no_writes(_: AvatarSession) -> Sequence[Write]:
    return ()


@dataclass(frozen=True)
class BeginEnding:
    """Commit `ending`, if the session must still end (a `Transaction`).

    Its conversation is unlinked only if it was read to point here.

    The result is the session: `ending`, `ended` before, or unchanged if it must not end.
    """

    session: AvatarSessionId
    why: Why
    postpone: timedelta | None = None
    """Look at a session that must not end again when it was inactive for so long."""

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return session_paths(self.session)

    def decide(self, documents: Documents, now: datetime) -> Decision[AvatarSession]:
        document = session_among(documents, self.session)
        if not document.exists:
            raise NotFound("There is no such avatar session.")
        session = AvatarSession.read(document)
        if session.state == "ended":
            return Decision(session)
        conversation = _conversation_of(session, documents)
        reason = self.why(session, conversation, now)
        if reason is None:
            return Decision(session, self._postpone(session, conversation, document, now))
        if session.state == "ending" and session.due_at is not None and session.due_at > now:
            return Decision(session)  # another process stops it; a second stop would be safe
        ending = begin_ending(session, now, reason)
        fields = {"state": "ending", "end_reason": ending.end_reason, "due_at": ending.due_at}
        unlink = conversation.unlink_avatar(session.id, reason) if conversation else None
        writes: list[Write] = [Update(session.path, fields, read=document.version)]
        return Decision(ending, [*writes, unlink] if unlink else writes)

    def _postpone(
        self,
        session: AvatarSession,
        conversation: Conversation | None,
        document: Document,
        now: datetime,
    ) -> Sequence[Write]:
        if self.postpone is None or session.due_at is None or session.due_at > now:
            return ()
        idle_at = last_active(session, active_in(conversation, session, now)) + self.postpone
        leaves_at = session.leaves_at or session.expires_at
        due_at = min(session.expires_at, leaves_at, idle_at)
        return [Update(session.path, {"due_at": due_at}, read=document.version)]


@dataclass(frozen=True)
class FinishEnding:
    """Commit `ended`: charged, the slot free, out of the sweep's way (a `Transaction`).

    The result is the session as it ended, whichever process ended it.
    """

    session: AvatarSession
    reason: EndReason
    ran: float | None
    secret_left: bool
    also: ExtraWrites
    new_id: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        session = self.session
        return [
            *session_paths(session.id),
            conversation_path(session.conversation_id),
            ledger_path(session.uid, session.month),
            *([session.share] if session.share else []),
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[AvatarSession]:
        document = session_among(documents, self.session.id)
        if not document.exists:
            raise NotFound("There is no such avatar session.")
        session = AvatarSession.read(document)
        if session.state == "ended":
            return Decision(session)
        named = replace(session, end_reason=session.end_reason or self.reason)
        done = end(named, now, self.ran, secret_left=self.secret_left)
        seconds: dict[Meter, int] = {"avatar_seconds": done.seconds}
        event = {
            "kind": "ended",
            "at": now,
            "seconds": done.seconds,
            "cost": seconds,
            "reason": done.end_reason,
            "uid": done.uid,
        }
        missing = not documents[ledger_path(session.uid, session.month)].exists
        reserved: dict[Meter, int] = {"avatar_seconds": session.reserved}
        writes: list[Write] = [
            Delete(session.path, read=document.version),
            Create(record_path(session.id), done.record()),
            settle(
                session.uid,
                session.month,
                reserved,
                seconds,
                admitted_at=session.created_at,
                missing=missing,
            ),
            *give_back(session.share, documents, reserved, seconds),
            Delete(slot_path(session.uid, session.slot)),
            Create(f"{session.path}/events/{self.new_id}", event),
            *([Delete(session.claim)] if session.claim else []),
            *self._unlink(session, documents),
            *self.also(done),
        ]
        return Decision(done, writes)

    def _unlink(self, session: AvatarSession, documents: Documents) -> list[Write]:
        """Unlink the conversation of a start that failed: it never passed through `ending`."""
        document = documents[conversation_path(session.conversation_id)]
        if not document.exists:
            return []
        unlink = Conversation.of(document).unlink_avatar(session.id, self.reason)
        return [unlink] if unlink else []


class SessionEnder:
    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    async def end(
        self,
        session: AvatarSessionId,
        why: Why,
        *,
        documents: Documents | None = None,
        also: ExtraWrites = no_writes,
        postpone: timedelta | None = None,
    ) -> AvatarSession:
        """End a session if `why` still says so.

        Return it as it stands: `ended`; `ending` if the provider did not confirm the stop, and the
        sweep goes on; or as it was. Raises NotFound.

        `documents`: what was just read. `also` is written with the last commit.
        """
        begun = await self._transactions.run(
            BeginEnding(session, why, postpone), documents=documents
        )
        found = begun.result
        if found.state != "ending":
            return found
        how = await self._stop(found)
        if how.state != "over":
            return found
        reason = found.end_reason or "gone"
        return await self._finish(found, reason, how.seconds, also, begun.documents)

    async def end_if_over(self, session: AvatarSessionId) -> AvatarSession | None:
        """End a session as `gone` if the provider says that it is over. None if it is not."""
        found = await standing(self._deps.avatars, session)
        if found.state != "over":
            return None
        return await self.end(session, always("gone"))

    async def never_ran(self, session: AvatarSession, reason: EndReason) -> AvatarSession:
        """Close a start that the provider certainly refused: nothing to stop, nothing to charge."""
        return await self._finish(session, reason, None, no_writes, None)

    async def _stop(self, session: AvatarSession) -> Standing:
        """Ask the provider to stop.

        Return `over` only on proof that the session does not run any more.
        """
        avatars, failure = self._deps.avatars, None
        try:
            await avatars.stop(session.id, session.end_reason or "gone")
        except OprinaError as error:
            failure = error
        stopped, missing = failure is None, isinstance(failure, UpstreamNotFound)
        found = await standing(avatars, session.id)
        if stopped and found.state == "running":
            await asyncio.sleep(RECORD_SECONDS)  # the record may lag behind the stop
            found = await standing(avatars, session.id)
        if found.state == "over":  # the provider refuses to stop a session that has ended by itself
            return found
        if failure is not None:
            log.warning("stop failed: %s", failure.code, extra={"avatar_session_id": session.id})
        if stopped and found.state == "unknown":
            return Standing("over")
        now = self._deps.clock.now()
        if missing and found.missing and session.is_past_its_start(now):
            return Standing("over")  # neither the stop nor the record knows it
        if session.expires_at + LEEWAY <= now:
            log.error(
                "a session is settled that the provider did not confirm to be over",
                extra={"avatar_session_id": session.id},
            )
            return Standing("over")
        return Standing("unknown")

    async def _finish(
        self,
        session: AvatarSession,
        reason: EndReason,
        ran: float | None,
        also: ExtraWrites,
        documents: Documents | None,
    ) -> AvatarSession:
        secret_left = not await forget_tokens(self._deps.vault, session.id)
        finish = FinishEnding(session, reason, ran, secret_left, also, self._deps.new_id())
        return (await self._transactions.run(finish, SETTLEMENT, documents)).result


def require_ended(session: AvatarSession) -> None:
    """Raise Unavailable for a session whose stop was not confirmed: the sweep goes on."""
    if session.state != "ended":
        raise Unavailable("avatar", "a stop was not confirmed", retry_after=STOP_AGAIN_SECONDS)


async def forget_tokens(vault: TokenVault, session: AvatarSessionId) -> bool:
    """Delete the session's tokens. Return False if that failed: then the sweep tries again."""
    try:
        await vault.forget(session)
    except OprinaError as error:
        log.warning("a secret is left: %s", error.code, extra={"avatar_session_id": session})
        return False
    return True


def _conversation_of(session: AvatarSession, documents: Documents) -> Conversation | None:
    path = conversation_path(session.conversation_id)
    ledger = ledger_path(session.uid, session.month)
    if path not in documents or ledger not in documents:  # the ledger is for the last commit
        raise ReadMore(path, ledger, *([session.share] if session.share else []))
    return Conversation.of(documents[path]) if documents[path].exists else None
