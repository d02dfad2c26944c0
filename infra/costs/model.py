"""What a month costs: what a session takes, how much of it a month has, and what that is at the list
prices of infra/costs/prices.py. `python -m infra.costs.table` prints it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from infra.costs.prices import GIB, PRICES, cheapest

DAYS = 30
MONTH_MINUTES = DAYS * 24 * 60

# ── assumptions: change them, and write the tables anew ──────────────────────────────────────────

MINUTES = 5
"""A session's length. The provider charges begun minutes: half a minute more, on average."""
CREDITS = MINUTES + 0.5
TURNS = 8
INPUT_TOKENS = 1500
"""A turn: the instruction, the tools, and the conversation so far."""
OUTPUT_TOKENS = 150
"""A turn, with what the model thinks."""
CHARACTERS = 300
"""Of speech a turn."""
SPEECH_SECONDS = CHARACTERS / 15
AGENT_SECONDS = 3
AGENT_CPUS = AGENT_GIB = 4
"""What Agent Engine gives an agent that asks for nothing else."""
AGENT_EVENTS = 2.5
"""A turn: the message, the reply, and in every fourth one a tool's call and its answer."""
KEEP_ALIVES = 4
PREFLIGHTS = 4
"""The browser asks each function first, once an hour: start_avatar, chat, keep_alive, end_session."""
SESSIONS_A_USER = 4
"""A month: what the default allowance has room for."""
PAGE_MB = 0.5
STORED_KB = 20
"""Of a session's documents, with their indexes; all are kept, so it is counted after a year."""
KEPT_MONTHS = 12
AUDIO_BYTES = 48_000 * 4 // 3
"""A second of speech to the avatar: 24,000 samples of 2 bytes, in base64."""
DEPLOYMENTS, BUILD_MINUTES = 20, 20

SECONDS = {
    "start_avatar": 2.5,
    "chat": 2 + SPEECH_SECONDS,
    "keep_alive": 0.2,
    "end_session": 0.8,
    "expiry": 0.2,
    "preflight": 0.1,
    "sweep": 1.0,
    "health": 0.1,
}
"""How long a request holds its instance; a chat until all of it is heard."""
PLACES = 6
"""From which Google asks `health` each minute."""
CONDITIONS = 11
"""Of the alerts in terraform/alerts.tf."""
LOG_KB = 2.5
"""A request's line of ours, and Google's own."""
PREFLIGHT_LOG_KB = 1.0


class Documents(NamedTuple):
    """What Firestore bills."""

    reads: int = 0
    writes: int = 0
    deletes: int = 0


STORE = {
    "start_avatar": Documents(reads=5, writes=9),
    "chat": Documents(reads=4, writes=12, deletes=1),
    "keep_alive": Documents(reads=4, writes=1),
    "end_session": Documents(reads=5, writes=6, deletes=2),
    "expiry": Documents(reads=2),
    "sweep": Documents(reads=2),
    "sweep_of_one": Documents(reads=1),
}
"""With an Idempotency-Key on all but keep_alive. tests/infra/test_costs.py counts it in the code. A
sweep reads two queries' worth, and one document more for each session that runs."""
KEYS = 1 + TURNS + 1
"""Documents a session that Google's TTL deletes."""

CALLS = {
    "start_avatar": 1,
    "chat": TURNS,
    "keep_alive": KEEP_ALIVES,
    "end_session": 1,
    "expiry": 1,
}
"""A session's."""


@dataclass(frozen=True)
class Scale:
    """`sharing` is how many requests an instance serves at the same time, on average; `idle` the
    instances that wait, as terraform/environments/large.tfvars has them."""

    a_day: int
    sharing: int = 1
    agent_sharing: int = 1
    gib: float = 0.5
    idle_cpus: int = 0
    idle_gib: float = 0
    sealed: bool = False

    @property
    def sessions(self) -> int:
        return self.a_day * DAYS

    @property
    def stored_gib(self) -> float:
        return self.sessions * KEPT_MONTHS * STORED_KB * 1000 / GIB


SCALES = (
    Scale(10),
    Scale(1000),
    Scale(
        100_000,
        sharing=20,
        agent_sharing=5,
        gib=1,
        idle_cpus=7,
        idle_gib=5.5,
        sealed=True,
    ),
)

Quantity = Callable[[Scale], float]


def _busy_seconds(at: Scale) -> float:
    """Of instances."""
    session = sum(many * SECONDS[name] for name, many in CALLS.items())
    session += PREFLIGHTS * SECONDS["preflight"]
    watching = MONTH_MINUTES * (SECONDS["sweep"] + PLACES * SECONDS["health"])
    return at.sessions * session / at.sharing + watching


def _requests(at: Scale) -> float:
    return at.sessions * (sum(CALLS.values()) + PREFLIGHTS) + MONTH_MINUTES * (1 + PLACES)


def _documents(kind: str) -> Quantity:
    each = {name: getattr(documents, kind) for name, documents in STORE.items()}
    session = sum(many * each[name] for name, many in CALLS.items())
    session += MINUTES * each["sweep_of_one"]
    return lambda at: at.sessions * session + MONTH_MINUTES * each["sweep"]


def _agent_hours(at: Scale) -> float:
    return at.sessions * TURNS * AGENT_SECONDS / at.agent_sharing / 3600


def _log_gib(at: Scale) -> float:
    session = sum(CALLS.values()) * LOG_KB + PREFLIGHTS * PREFLIGHT_LOG_KB
    return (at.sessions * session + MONTH_MINUTES * (1 + PLACES) * LOG_KB) * 1000 / GIB


QUANTITIES: Mapping[str, Quantity] = {
    "model_input": lambda at: at.sessions * TURNS * INPUT_TOKENS,
    "model_output": lambda at: at.sessions * TURNS * OUTPUT_TOKENS,
    "voice": lambda at: at.sessions * TURNS * CHARACTERS,
    "agent_cpu": lambda at: _agent_hours(at) * AGENT_CPUS,
    "agent_memory": lambda at: _agent_hours(at) * AGENT_GIB,
    "agent_events": lambda at: at.sessions * TURNS * AGENT_EVENTS,
    "requests": _requests,
    "cpu": _busy_seconds,
    "memory": lambda at: _busy_seconds(at) * at.gib,
    "idle_cpu": lambda at: at.idle_cpus * MONTH_MINUTES * 60,
    "idle_memory": lambda at: at.idle_gib * MONTH_MINUTES * 60,
    "reads": _documents("reads"),
    "writes": _documents("writes"),
    "deletes": _documents("deletes"),
    "ttl_deletes": lambda at: at.sessions * KEYS,
    "stored": lambda at: at.stored_gib,
    "recovery": lambda at: at.stored_gib,
    "backups": lambda at: at.stored_gib * 7,
    "secret_accesses": lambda at: 0 if at.sealed else at.sessions * 2,
    "secret_versions": lambda at: 2 if at.sealed else 2 + at.sessions * 15 / MONTH_MINUTES,
    "tasks": lambda at: at.sessions * 2,
    "logs": _log_gib,
    "alerts": lambda _: CONDITIONS,
    "internet": lambda at: at.sessions * TURNS * SPEECH_SECONDS * AUDIO_BYTES / GIB,
    "balancer": lambda _: MONTH_MINUTES / 60,
    "page": lambda at: at.sessions * PAGE_MB * 1e6 / GIB,
    "users": lambda at: at.sessions / SESSIONS_A_USER,
    "builds": lambda _: DEPLOYMENTS * BUILD_MINUTES,
}


def avatar(at: Scale) -> float:
    used = at.sessions * CREDITS
    return cheapest(used).cost(used)


def google(at: Scale) -> dict[str, float]:
    """Dollars by what they are for."""
    return {name: PRICES[name].cost(many(at)) for name, many in QUANTITIES.items()}


def total(at: Scale) -> float:
    return avatar(at) + sum(google(at).values())
