"""The use cases, each broken in one way that is easy to write. The machine has to find each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.app import App
from common.domain.avatar_session import EndReason
from common.domain.documents import (
    Create,
    Delete,
    Document,
    Query,
    Update,
    Version,
    Write,
    collection_of,
)
from common.domain.errors import Upstream
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken, StartedSession
from common.ports.dependencies import Dependencies
from tests.support.harness import assemble_app

Writes = Sequence[Write]


class PassThrough:
    """A port as it is. A subclass changes single methods."""

    def __init__(self, port: Any) -> None:
        self.port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)


class RewritingStore(PassThrough):
    """A store that commits what `rewrite` makes of the writes."""

    def __init__(self, port: Any, rewrite: Callable[[Writes], Writes]) -> None:
        super().__init__(port)
        self._rewrite = rewrite

    async def commit(self, writes: Writes) -> dict[str, Version]:
        return await self.port.commit(self._rewrite(writes))  # type: ignore[no-any-return]


def writing(rewrite: Callable[[Writes], Writes]) -> Callable[[Dependencies], App]:
    return lambda deps: assemble_app(replace(deps, store=RewritingStore(deps.store, rewrite)))


# ── the session is stored only when it runs ──────────────────────────────────────────────────────


@dataclass
class HeldWrites:
    """Writes that are held back until the provider has started the session."""

    store: Any
    held: Writes = ()


class HoldingStore(PassThrough):
    def __init__(self, pending: HeldWrites) -> None:
        super().__init__(pending.store)
        self._pending = pending

    async def commit(self, writes: Writes) -> dict[str, Version]:
        if any(_begins(write) for write in writes):
            self._pending.held = writes
            return {write.path: None for write in writes}
        return await self.port.commit(writes)  # type: ignore[no-any-return]


class ReleasingAvatars(PassThrough):
    def __init__(self, port: Any, pending: HeldWrites) -> None:
        super().__init__(port)
        self._pending = pending

    async def start(self, token: SessionToken) -> StartedSession:
        running: StartedSession = await self.port.start(token)
        await self._pending.store.commit(self._pending.held)
        return running


def _begins(write: Write) -> bool:
    fields = {} if isinstance(write, Delete) else write.fields
    return collection_of(write.path) == "avatar_sessions" and fields.get("state") == "starting"


def stored_after_the_start(deps: Dependencies) -> App:
    pending = HeldWrites(deps.store)
    avatars: Any = ReleasingAvatars(deps.avatars, pending)
    store: Any = HoldingStore(pending)
    return assemble_app(replace(deps, store=store, avatars=avatars))


# ── guards that are missing ──────────────────────────────────────────────────────────────────────


def _unguarded(writes: Writes, where: Callable[[str], bool]) -> Writes:
    return [
        replace(write, read=None) if isinstance(write, Update) and where(write.path) else write
        for write in writes
    ]


def _ends(write: Write) -> bool:
    return isinstance(write, Create) and collection_of(write.path) == "ended_sessions"


class SeparateChargeStore(PassThrough):
    """Charges a session in a commit of its own, before the commit that can happen only once."""

    async def commit(self, writes: Writes) -> dict[str, Version]:
        ends = any(map(_ends, writes))
        charge = [write for write in writes if ends and "/usage/" in write.path]
        if charge:
            await self.port.commit(charge)
        rest = [write for write in writes if write not in charge]
        return await self.port.commit(rest)  # type: ignore[no-any-return]


def settlement_without_a_guard(deps: Dependencies) -> App:
    store: Any = SeparateChargeStore(deps.store)
    return assemble_app(replace(deps, store=store))


reservation_without_a_guard = writing(
    lambda writes: _unguarded(writes, lambda path: "/usage/" in path)
)


# ── steps that are missing ───────────────────────────────────────────────────────────────────────


def _turn_kept(writes: Writes) -> Writes:
    settles = any(
        isinstance(write, Update)
        and write.path.startswith("turns/")
        and write.fields.get("state") == "settled"
        for write in writes
    )
    return [write for write in writes if not (settles and "/usage/" in write.path)]


turns_release_nothing = writing(_turn_kept)
slots_stay_taken = writing(
    lambda writes: [w for w in writes if not (isinstance(w, Delete) and "/slots/" in w.path)]
)


class NarrowQueries(PassThrough):
    """Queries with one condition too many."""

    async def query(self, query: Query) -> list[Document]:
        found: list[Document] = await self.port.query(query)
        return [document for document in found if document.get("state") != "ending"]


def sweep_ignores_ending(deps: Dependencies) -> App:
    store: Any = NarrowQueries(deps.store)
    return assemble_app(replace(deps, store=store))


# ── ambiguity read as an answer ──────────────────────────────────────────────────────────────────


class ForgottenStarts(PassThrough):
    """Takes a start that was not confirmed for one that did not happen."""

    def __init__(self, port: Any) -> None:
        super().__init__(port)
        self._lost: set[str] = set()

    async def start(self, token: SessionToken) -> StartedSession:
        try:
            return await self.port.start(token)  # type: ignore[no-any-return]
        except Upstream:
            self._lost.add(token.session)
            raise

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        if session not in self._lost:
            await self.port.stop(session, reason)


def unconfirmed_start_is_forgotten(deps: Dependencies) -> App:
    avatars: Any = ForgottenStarts(deps.avatars)
    return assemble_app(replace(deps, avatars=avatars))


def _charged(writes: Writes) -> Writes:
    """Charge one second for a session that never ran."""
    return [_add_a_second(write) for write in writes]


def _add_a_second(write: Write) -> Write:
    if isinstance(write, Create) and write.fields.get("end_reason") == "start_failed":
        return replace(write, fields={**write.fields, "seconds": 1})
    return write


failed_start_costs = writing(_charged)

MUTANTS: dict[str, Callable[[Dependencies], App]] = {
    "the session is stored after its start": stored_after_the_start,
    "the settlement is not guarded": settlement_without_a_guard,
    "the reservation is not guarded": reservation_without_a_guard,
    "a turn's reservation is never released": turns_release_nothing,
    "a slot is never freed": slots_stay_taken,
    "the sweep ignores sessions that are ending": sweep_ignores_ending,
    "an unconfirmed start is forgotten": unconfirmed_start_is_forgotten,
    "a start that failed is charged": failed_start_costs,
}
