"""Anything that may happen to the services, in any order."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.domain import errors
from common.domain.avatar_session import LEEWAY
from tests.reliability import invariants
from tests.reliability.actions import USERS, End, Expire, Keep, Say, Start, Sweep, Talk
from tests.reliability.faulty_services import Weather
from tests.reliability.world import PROCESSES, SETTINGS, Assemble, World, as_it_is

users = st.sampled_from([USERS[0], USERS[0], USERS[0], USERS[1]])
picks = st.sampled_from([0, 0, 0, 1, 2, 3])
maybe = st.sampled_from([None, 0, 0, 1])
keys = st.sampled_from([None, None, None, "k1", "k2"])
processes = st.integers(0, PROCESSES - 1)
leaving = st.sampled_from([None, None, 0.0, 0.5, 2.0])

starts = st.builds(Start, users, maybe, keys)
talks = st.builds(
    Talk,
    users,
    maybe,
    st.sampled_from(["Hi.", "One. Two. Three, and no more."]),
    st.sampled_from([None, None, False]),
    leaving,
    st.booleans(),
    keys,
)
sayings = st.builds(Say, users, picks, st.sampled_from([None, "A word or two."]), leaving)
endings = st.builds(End, users, picks, keys)
expiries = st.builds(Expire, picks)
doings = st.one_of(
    starts,
    starts,
    talks,
    talks,
    sayings,
    endings,
    expiries,
    st.builds(Keep, users, picks),
    st.builds(Sweep),
)
weathers: st.SearchStrategy[Weather] = st.sampled_from(["fine", "fine", "away", "held", "lost"])
moments = st.sampled_from([0.01, 0.5, 5, 19, 31, 45, 61, 200, 3_600, 86_400 * 12])

OVER_SECONDS = SETTINGS.max_session_seconds + LEEWAY.total_seconds() + 60
"""After this long a session is over, whatever the provider says of it. Turns are shorter."""
AWAY = errors.Unavailable("avatar", "refused")
LOST = errors.Ambiguous("avatar", "no answer in time")
TROUBLE = (
    ("create_session_token", AWAY, False),
    ("start", AWAY, False),
    ("start", errors.Busy("avatar", "full", retry_after=2), False),
    ("start", errors.Failed("avatar", "no credits"), False),
    ("start", LOST, True),
    ("start", LOST, False),
    ("stop", LOST, True),
    ("stop", LOST, False),
    ("stop", AWAY, False),
    ("active", AWAY, False),
    ("record", AWAY, False),
    ("record", errors.UpstreamNotFound("avatar", "forgotten"), False),
    ("keep_alive", errors.UpstreamNotFound("avatar", "it does not run"), False),
    ("keep_alive", LOST, True),
    ("connect", AWAY, False),
)


class Life(RuleBasedStateMachine):
    compose: ClassVar[Assemble] = staticmethod(as_it_is)

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @property
    def here(self) -> World:
        assert self.world is not None
        return self.world

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.world = World(seed, type(self).compose)

    @rule(process=processes, doing=doings)
    def one(self, process: int, doing: Start) -> None:
        self.here.do((process, doing))

    @rule(process=processes, start=starts, talk=talks)
    def begins(self, process: int, start: Start, talk: Talk) -> None:
        """Most of what may go wrong needs an avatar that runs."""
        self.here.do((process, start))
        self.here.do((process, talk))

    @rule(process=processes, start=starts, calls=st.integers(2, 12), after=st.booleans())
    def dies_while_it_starts(self, process: int, start: Start, calls: int, after: bool) -> None:
        self.here.doomed(process, calls, after=after)
        self.here.do((process, start))
        self.here.spare()

    @rule(several=st.lists(st.tuples(processes, doings), min_size=2, max_size=4))
    def at_once(self, several: list[tuple[int, Start]]) -> None:
        self.here.do(*several)

    @rule(pick=picks, times=st.integers(1, 3), with_sweep=st.booleans(), user=users)
    def many_ends(self, pick: int, times: int, with_sweep: bool, user: str) -> None:
        ends = [(n % PROCESSES, Expire(pick)) for n in range(times)]
        sweep = [(1, Sweep())] if with_sweep else []
        self.here.do((0, End(user, pick)), *ends, *sweep)

    @rule(
        doing=doings,
        calls=st.integers(1, 12),
        after=st.booleans(),
        meanwhile=st.lists(doings, max_size=1),
    )
    def dies(self, doing: Start, calls: int, after: bool, meanwhile: list[Start]) -> None:
        self.here.doomed(0, calls, after=after)
        self.here.do((0, doing), *((1, other) for other in meanwhile))
        self.here.spare()

    @rule(seconds=moments)
    def time_passes(self, seconds: float) -> None:
        self.here.wait(seconds)

    @rule(commits=st.lists(weathers, min_size=1, max_size=4), reads=st.lists(weathers, max_size=2))
    def the_store_will(self, commits: list[Weather], reads: list[Weather]) -> None:
        self.here.store.commits.extend(commits)
        self.here.store.reads.extend(reads)

    @rule()
    def the_store_goes_away(self) -> None:
        self.here.store.commits.extend(["away"] * 3)
        self.here.store.reads.extend(["away"] * 3)

    @rule(trouble=st.sampled_from(TROUBLE))
    def the_provider_will(self, trouble: tuple[str, errors.Upstream, bool]) -> None:
        call, error, happens = trouble
        self.here.avatars.fail_next(call, error, happens=happens)

    @rule(process=processes, start=starts, happens=st.booleans())
    def a_start_gets_lost(self, process: int, start: Start, happens: bool) -> None:
        self.here.avatars.fail_next("start", LOST, happens=happens)
        self.here.do((process, start))

    @rule(delay=st.sampled_from([0.5, 1.2, 4.0, 70.0]))
    def a_start_comes_late(self, delay: float) -> None:
        self.here.avatars.delays.append(delay)

    @rule(vault=st.booleans(), tasks=st.booleans())
    def the_rest_fails(self, vault: bool, tasks: bool) -> None:
        self.here.vault.failing = errors.Unavailable("vault", "refused") if vault else None
        self.here.tasks.failing = errors.Ambiguous("tasks", "no answer") if tasks else None

    @rule()
    def it_clears_up(self) -> None:
        self.here.heal()

    @rule(troubled=st.booleans())
    def everything_is_over(self, troubled: bool) -> None:
        world = self.here
        world.wait(OVER_SECONDS)
        if troubled:
            world.do((0, Sweep()))
            world.wait(60)
        world.heal()
        world.sweep()
        invariants.settled(world)

    @invariant()
    def all_is_well(self) -> None:
        if self.world is not None:
            invariants.check(self.world)

    def teardown(self) -> None:
        if self.world is not None:
            self.world.close()
