"""How a message becomes a turn, and a text a speech.

    read ──► decide ──► set off ∥ commit ──► has the floor
                │               └─ it does not hold: decided again, or called back
                └─ refused, or answered before

What is set off before its commit is confirmed is told by `_admitted` whether it held. Nothing that it
set off is kept where it did not.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from common.domain.documents import Document, Fields, Version, Write
from common.domain.ids import ConversationId
from common.domain.quota import Ledger
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder
from common.speech.interruption import ActiveSpeakers, Interruptible
from common.speech.speech_output import SpeechOutput
from common.transactions.account import account_paths, ledger_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read, until_held

Asked = TypeVar("Asked")
Work = TypeVar("Work", bound=Interruptible)
Terms = TypeVar("Terms")
Given = TypeVar("Given")
Decided = tuple[list[Write], Callable[[Version], Given]]
"""What is to be written, and what follows when it is, given the witness' version."""


@dataclass(eq=False)
class Admission(ABC, Generic[Asked, Work, Terms, Given]):
    """One request's way, through as many attempts as it takes. `_paths` is what it reads besides the
    account and the key. The document `_witness` shows whether a commit held that nobody confirmed."""

    _deps: Dependencies
    _floor: ActiveSpeakers
    _ending: SessionEnder
    _caller: User
    _request: Asked
    _once: IdempotencyKey
    _paths: Sequence[str] = field(init=False)
    _witness: str = field(init=False)

    def __post_init__(self) -> None:
        self._work: Work | None = None
        self._speaking: SpeechOutput | None = None
        self._then: Callable[[Version], Given] | None = None
        self._admitted: asyncio.Future[Terms] = asyncio.get_running_loop().create_future()

    async def admit(self) -> Given:
        try:
            return await until_held(self._attempt, self._deps.pause)
        finally:
            if not self._admitted.done():
                self._admitted.cancel()
                if self._work is not None:
                    await self._work.cancel()

    async def _attempt(self, _: int) -> Given:
        deps, caller, now = self._deps, self._caller.uid, self._deps.clock.now()
        paths = [*account_paths(caller, now), *self._once.paths, *self._paths]
        if self._then:
            paths.append(self._witness)
        documents = await read(deps.store, *dict.fromkeys(paths))
        if self._then and self._held(documents[self._witness]):
            return self._then(documents[self._witness].version)
        if stored := self._once.replay(documents, now):
            return self._replayed(stored)
        ledger = ledger_of(documents, caller, deps.settings, now)
        writes, self._then = await self._decide(documents, ledger, now)
        versions = await deps.store.commit(writes)
        return self._then(versions[self._witness])

    def _has_floor(
        self, conversation: ConversationId, work: Work, terms: Terms, *, elsewhere: bool
    ) -> None:
        """The commit held: whoever had the floor is interrupted, and nobody before that. `elsewhere`:
        that may be somebody in another process."""
        before = self._floor.take(conversation, work)
        if self._speaking is not None:
            self._speaking.after(before, elsewhere=elsewhere and before is None)
        self._admitted.set_result(terms)

    @abstractmethod
    def _held(self, witness: Document) -> bool: ...

    @abstractmethod
    def _replayed(self, stored: Fields) -> Given: ...

    @abstractmethod
    async def _decide(
        self, documents: dict[str, Document], ledger: Ledger, now: datetime
    ) -> Decided[Given]:
        """Refuses, or sets the work off, if it is not yet."""
