"""A state machine: any request, in any process, in any order, under any fault of the toolkit."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.domain import errors
from common.domain.avatar_session import LEEWAY
from tests.reliability.fault_injection import (
    Effect,
    Moment,
    busy,
    delay,
    fail,
    lose_late,
    refuse,
    unconfirmed,
)
from tests.reliability.machine import invariants
from tests.reliability.machine.actions import (
    USERS,
    ChatAction,
    EndAction,
    ExpireAction,
    KeepAliveAction,
    SpeakAction,
    StartAction,
    SweepAction,
)
from tests.reliability.machine.deployment import (
    SETTINGS,
    SKEWS,
    Action,
    Compose,
    SimulatedDeployment,
)
from tests.support.harness import assemble_app

OVER_SECONDS = SETTINGS.max_session_seconds + LEEWAY.total_seconds() + 60
"""After this long a session is over, whatever the provider says of it. Turns are shorter."""

users = st.sampled_from([USERS[0], USERS[0], USERS[0], USERS[1]])
picks = st.sampled_from([0, 0, 0, 1, 2, 3])
maybe = st.sampled_from([None, 0, 0, 1])
keys = st.sampled_from([None, None, None, "k1", "k2"])
processes = st.integers(0, len(SKEWS) - 1)
leaving = st.sampled_from([None, None, 0.0, 0.5, 2.0])
moments = st.sampled_from(["before", "after"])

starts = st.builds(StartAction, users, maybe, keys)
chats = st.builds(
    ChatAction,
    users,
    maybe,
    st.sampled_from(["Hi.", "One. Two. Three, and no more."]),
    st.sampled_from([None, None, False]),
    leaving,
    st.booleans(),
    keys,
)
chats_of_ada = st.builds(ChatAction, speak=st.booleans(), conversation=st.none())
speaks = st.builds(SpeakAction, users, picks, st.sampled_from([None, "A word or two."]), leaving)
ends = st.builds(EndAction, users, picks, keys)
actions: st.SearchStrategy[Action] = st.one_of(
    starts,
    starts,
    chats,
    chats,
    speaks,
    ends,
    st.builds(ExpireAction, picks),
    st.builds(KeepAliveAction, users, picks),
    st.builds(SweepAction),
)
durations = st.sampled_from([0.01, 0.5, 5, 19, 31, 45, 61, 200, 3_600, 86_400 * 12])

COMMITS: dict[str, Effect] = {
    "away": refuse(),
    "held": unconfirmed(held=True, silent=0.1),
    "lost": unconfirmed(held=False, silent=0.1),
    "late": unconfirmed(held=True, late=0.3, silent=0.1),
    "slow loser": lose_late(0.4),
}
commits = st.lists(st.sampled_from([None, None, *COMMITS]), min_size=1, max_size=4)

UNKNOWN = errors.Ambiguous("avatar", "no answer in time")
STOPS: list[Effect] = [
    unconfirmed(held=True, silent=0.5),
    unconfirmed(held=False, silent=0.5),
    refuse(),
]
# A stop that is answered with an unknown 4xx or with nonsense is missing here until the known faults A9
# and attack 5 are fixed.
PROVIDER: list[tuple[str, Effect]] = [
    ("create_session_token", refuse()),
    ("start", refuse()),
    ("start", busy(2)),
    ("start", fail(errors.Failed("avatar", "no credits"))),
    ("start", unconfirmed(held=True, silent=0.5)),
    ("start", unconfirmed(held=False, silent=0.5)),
    *(("stop", effect) for effect in STOPS),
    ("active", refuse()),
    ("record", refuse()),
    ("record", fail(errors.UpstreamNotFound("avatar", "forgotten"))),
    ("keep_alive", fail(errors.UpstreamNotFound("avatar", "it does not run"))),
    ("keep_alive", fail(UNKNOWN, "after")),
    ("connect", refuse()),
    ("connect", delay(1.5)),
]
OTHERS = ("agent.reply", "agent.*", "voice.*", "vault.*", "tasks.*")
"""Services, besides the store and the provider, that may be away."""


class Life(RuleBasedStateMachine):
    """Rules for requests, processes, services and time. `compose` builds the app of each process."""

    compose: ClassVar[Compose] = staticmethod(assemble_app)

    def __init__(self) -> None:
        super().__init__()
        self.deployment: SimulatedDeployment | None = None

    @property
    def here(self) -> SimulatedDeployment:
        assert self.deployment is not None
        return self.deployment

    @initialize(seed=st.integers(0, 2**16))
    def deploy(self, seed: int) -> None:
        self.deployment = SimulatedDeployment(seed, type(self).compose)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    @rule(process=processes, action=actions)
    def act(self, process: int, action: Action) -> None:
        self.here.do((process, action))

    @rule(process=processes, start=starts, chat=chats)
    def start_and_chat(self, process: int, start: Action, chat: Action) -> None:
        """Most of what may fail needs an avatar that runs."""
        self.here.do((process, start))
        self.here.do((process, chat))

    @rule(several=st.lists(st.tuples(processes, actions), min_size=2, max_size=4))
    def act_at_once(self, several: list[tuple[int, Action]]) -> None:
        self.here.do(*several)

    @rule(first=starts, second=chats_of_ada, both_chat=st.booleans())
    def spend_at_once(self, first: Action, second: ChatAction, both_chat: bool) -> None:
        """Two processes reserve from one ledger."""
        self.here.do((0, second if both_chat else first), (1, second))

    @rule(pick=picks, times=st.integers(1, 3), with_sweep=st.booleans(), user=users)
    def end_at_once(self, pick: int, times: int, with_sweep: bool, user: str) -> None:
        expiries = [(number % len(SKEWS), ExpireAction(pick)) for number in range(times)]
        sweeps = [(1, SweepAction())] if with_sweep else []
        self.here.do((0, EndAction(user, pick)), *expiries, *sweeps)

    @rule(seconds=durations)
    def wait(self, seconds: float) -> None:
        self.here.wait(seconds)

    # ── processes ────────────────────────────────────────────────────────────────────────────────

    @rule(process=processes, start=starts, calls=st.integers(2, 12), moment=moments)
    def die_in_a_start(self, process: int, start: Action, calls: int, moment: Moment) -> None:
        self.here.kill(process, calls, moment)
        self.here.do((process, start))
        self.here.spare()

    @rule(
        action=actions,
        calls=st.integers(1, 12),
        moment=moments,
        meanwhile=st.lists(actions, max_size=1),
    )
    def die(self, action: Action, calls: int, moment: Moment, meanwhile: list[Action]) -> None:
        self.here.kill(0, calls, moment)
        self.here.do((0, action), *((1, other) for other in meanwhile))
        self.here.spare()

    @rule(
        action=actions,
        calls=st.integers(1, 12),
        moment=moments,
        meanwhile=st.lists(actions, max_size=2),
    )
    def freeze(self, action: Action, calls: int, moment: Moment, meanwhile: list[Action]) -> None:
        self.here.freeze(0, calls, moment, 20)
        self.here.do((0, action), *((1, other) for other in meanwhile))
        self.here.spare()

    # ── services ─────────────────────────────────────────────────────────────────────────────────

    @rule(commits=commits, reads=st.lists(st.booleans(), max_size=2))
    def disturb_the_store(self, commits: list[str | None], reads: list[bool]) -> None:
        faults = self.here.simulation.faults
        for number, name in enumerate(commits, 1):
            if name is not None:
                faults.add("store.commit", COMMITS[name], nth=number)
        for number, is_away in enumerate(reads, 1):
            if is_away:
                faults.add("store.get", refuse(), nth=number)

    @rule(seconds=st.sampled_from([0.2, 10.0]))
    def take_the_store_away(self, seconds: float) -> None:
        self._for_a_while("store.*", refuse(), seconds)

    @rule(method=st.sampled_from(["get", "query"]), nth=st.integers(1, 3))
    def touch_documents(self, method: str, nth: int) -> None:
        simulation = self.here.simulation
        simulation.faults.add(f"store.{method}", simulation.touch_found(), nth=nth)

    @rule(trouble=st.sampled_from(PROVIDER))
    def disturb_the_provider(self, trouble: tuple[str, Effect]) -> None:
        method, effect = trouble
        self.here.simulation.faults.add(f"avatars.{method}", effect, nth=1)

    @rule(process=processes, start=starts, held=st.booleans())
    def lose_a_start(self, process: int, start: Action, held: bool) -> None:
        faults = self.here.simulation.faults
        faults.add("avatars.start", unconfirmed(held=held, silent=0.5), nth=1)
        self.here.do((process, start))

    @rule(start=starts, effect=st.sampled_from(STOPS), by_user=st.booleans())
    def lose_a_stop(self, start: Action, effect: Effect, by_user: bool) -> None:
        self.here.do((0, start))
        self.here.simulation.faults.add("avatars.stop", effect, nth=1)
        self.here.do((1, EndAction() if by_user else SweepAction()))

    @rule(seconds=st.sampled_from([0.5, 1.2, 4.0, 70.0]))
    def delay_a_start(self, seconds: float) -> None:
        self.here.avatars.start_delays.append(seconds)

    @rule(service=st.sampled_from(OTHERS), once=st.booleans())
    def take_another_service_away(self, service: str, once: bool) -> None:
        if once:
            self.here.simulation.faults.add(service, refuse(), nth=1)
        else:
            self._for_a_while(service, refuse(), 10)

    @rule()
    def heal(self) -> None:
        self.here.heal()

    @rule(troubled=st.booleans())
    def settle(self, troubled: bool) -> None:
        """Let everything expire, and sweep: once under the faults that are left, if `troubled`."""
        here = self.here
        here.wait(OVER_SECONDS)
        if troubled:
            here.do((0, SweepAction()))
            here.wait(60)
        here.heal()
        here.sweep()
        invariants.check_settled(here)

    @invariant()
    def hold(self) -> None:
        if self.deployment is not None:
            invariants.check(self.deployment)

    def teardown(self) -> None:
        if self.deployment is not None:
            self.deployment.close()

    def _for_a_while(self, pattern: str, effect: Effect, seconds: float) -> None:
        async def plan() -> None:
            self.here.simulation.faults.add(pattern, effect, seconds=seconds)

        self.here.run(plan())
