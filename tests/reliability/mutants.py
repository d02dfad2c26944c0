"""The services, each broken in one way that somebody might write. The machine has to find each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.bootstrap import App
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
from tests.reliability.world import as_it_is

Writes = Sequence[Write]


class Through:
    """A port as it is, but for what a subclass does otherwise."""

    def __init__(self, port: Any) -> None:
        self.port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)


class Rewriting(Through):
    """The services, had they written something else."""

    def __init__(self, port: Any, rewrite: Callable[[Writes], Writes]) -> None:
        super().__init__(port)
        self._rewrite = rewrite

    async def commit(self, writes: Writes) -> dict[str, Version]:
        return await self.port.commit(self._rewrite(writes))  # type: ignore[no-any-return]


def writing(rewrite: Callable[[Writes], Writes]) -> Callable[[Dependencies], App]:
    return lambda deps: as_it_is(replace(deps, store=Rewriting(deps.store, rewrite)))


# ── the session is written down only when it runs ────────────────────────────────────────────────


@dataclass
class Late:
    """Holds the first commit back until the provider has started."""

    store: Any
    held: Writes = ()


class LateStore(Through):
    def __init__(self, late: Late) -> None:
        super().__init__(late.store)
        self._late = late

    async def commit(self, writes: Writes) -> dict[str, Version]:
        if any(_begins(write) for write in writes):
            self._late.held = writes
            return {write.path: None for write in writes}
        return await self.port.commit(writes)  # type: ignore[no-any-return]


class LateAvatars(Through):
    def __init__(self, port: Any, late: Late) -> None:
        super().__init__(port)
        self._late = late

    async def start(self, ticket: SessionToken) -> StartedSession:
        running: StartedSession = await self.port.start(ticket)
        await self._late.store.commit(self._late.held)
        return running


def _begins(write: Write) -> bool:
    fields = {} if isinstance(write, Delete) else write.fields
    return collection_of(write.path) == "avatar_sessions" and fields.get("state") == "starting"


def written_after_the_start(deps: Dependencies) -> App:
    late = Late(deps.store)
    avatars: Any = LateAvatars(deps.avatars, late)
    store: Any = LateStore(late)
    return as_it_is(replace(deps, store=store, avatars=avatars))


# ── guards left out ──────────────────────────────────────────────────────────────────────────────


def _unguarded(writes: Writes, where: Callable[[str], bool]) -> Writes:
    return [
        replace(write, read=None) if isinstance(write, Update) and where(write.path) else write
        for write in writes
    ]


def _ends(write: Write) -> bool:
    return isinstance(write, Create) and collection_of(write.path) == "ended_sessions"


class Apart(Through):
    """Who ends a session charges it in a commit of its own, before the one that only one can
    make."""

    async def commit(self, writes: Writes) -> dict[str, Version]:
        ends = any(map(_ends, writes))
        charge = [write for write in writes if ends and "/usage/" in write.path]
        if charge:
            await self.port.commit(charge)
        rest = [write for write in writes if write not in charge]
        return await self.port.commit(rest)  # type: ignore[no-any-return]


def settled_without_a_guard(deps: Dependencies) -> App:
    store: Any = Apart(deps.store)
    return as_it_is(replace(deps, store=store))


reserved_without_a_guard = writing(
    lambda writes: _unguarded(writes, lambda path: "/usage/" in path)
)


# ── things that are not done ─────────────────────────────────────────────────────────────────────


def _turn_kept(writes: Writes) -> Writes:
    settles = any(
        isinstance(write, Update)
        and write.path.startswith("turns/")
        and write.fields.get("state") == "settled"
        for write in writes
    )
    return [write for write in writes if not (settles and "/usage/" in write.path)]


turns_give_nothing_back = writing(_turn_kept)
slots_are_not_freed = writing(
    lambda writes: [w for w in writes if not (isinstance(w, Delete) and "/slots/" in w.path)]
)


class Blind(Through):
    """The sweep's questions, with a condition too many."""

    async def query(self, query: Query) -> list[Document]:
        found: list[Document] = await self.port.query(query)
        return [document for document in found if document.get("state") != "ending"]


def the_sweep_ignores_ending(deps: Dependencies) -> App:
    store: Any = Blind(deps.store)
    return as_it_is(replace(deps, store=store))


# ── ambiguity taken for an answer ────────────────────────────────────────────────────────────────


class Careless(Through):
    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        try:
            await self.port.stop(session, reason)
        except Upstream:
            return


def a_stop_that_failed_is_done(deps: Dependencies) -> App:
    avatars: Any = Careless(deps.avatars)
    return as_it_is(replace(deps, avatars=avatars))


class Forgetful(Through):
    """A start that got lost did not happen: there is nothing to stop."""

    def __init__(self, port: Any) -> None:
        super().__init__(port)
        self._lost: set[str] = set()

    async def start(self, ticket: SessionToken) -> StartedSession:
        try:
            return await self.port.start(ticket)  # type: ignore[no-any-return]
        except Upstream:
            self._lost.add(ticket.session)
            raise

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        if session not in self._lost:
            await self.port.stop(session, reason)


def a_start_that_timed_out_is_forgotten(deps: Dependencies) -> App:
    avatars: Any = Forgetful(deps.avatars)
    return as_it_is(replace(deps, avatars=avatars))


def _charged(writes: Writes) -> Writes:
    """A session that never ran costs a little all the same."""
    return [_a_second_more(write) for write in writes]


def _a_second_more(write: Write) -> Write:
    if isinstance(write, Create) and write.fields.get("end_reason") == "start_failed":
        return replace(write, fields={**write.fields, "seconds": 1})
    return write


a_start_that_failed_costs = writing(_charged)

MUTANTS: dict[str, Callable[[Dependencies], App]] = {
    "the session is written down after its start": written_after_the_start,
    "the settlement is not guarded": settled_without_a_guard,
    "the reservation is not guarded": reserved_without_a_guard,
    "a turn's reservation is never given back": turns_give_nothing_back,
    "a slot is never freed": slots_are_not_freed,
    "the sweep ignores what is ending": the_sweep_ignores_ending,
    "a stop that failed counts as done": a_stop_that_failed_is_done,
    "a start that timed out is forgotten": a_start_that_timed_out_is_forgotten,
    "a start that failed is charged": a_start_that_failed_costs,
}
