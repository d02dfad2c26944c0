"""Costs of a month: usage of one session, times sessions per month, times list prices.

The prices are in infra/costs/prices.py. `python -m infra.costs.table` prints the result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from common.domain import deadlines
from infra.costs.prices import GIB, PRICES, cheapest_plan

DAYS = 30
MONTH_MINUTES = DAYS * 24 * 60

# ── Assumptions. After a change, run `python -m infra.costs.table --write` ───────────────────────

MINUTES = 5
"""Length of a session."""
CREDITS = MINUTES + 0.5
"""Credits per session: the provider rounds up to minutes, which adds half a minute on average."""
TURNS = 8
"""Turns per session."""
INPUT_TOKENS = 1500
"""Tokens that the model reads per turn: instruction, tools and conversation so far."""
OUTPUT_TOKENS = 150
"""Tokens that the model writes per turn, thoughts included."""
CHARACTERS = 300
"""Spoken characters per turn."""
SPEECH_SECONDS = CHARACTERS / 15
SPOKEN_TURNS = TURNS // 2
"""Turns whose message is spoken. Google bills a recording by the second, rounded up."""
RECORDING_SECONDS = 5
"""Seconds of a recording."""
AGENT_SECONDS = 3
"""Seconds of Agent Engine per turn."""
AGENT_CPUS = AGENT_GIB = 4
"""Default size of an agent on Agent Engine."""
AGENT_EVENTS = 2.5
"""Events per turn: message and reply, and in every fourth turn a tool call and its result."""
KEEP_ALIVES = 4
"""Requests to keep_alive per session."""
PREFLIGHTS = 4
"""CORS preflights per session: one per function that the page calls, cached for an hour."""
SESSIONS_PER_USER = 4
"""Sessions per user and month: the default allowance ends after four."""
PAGE_MB = 0.5
"""Size of the page, loaded once per session."""
STORED_KB = 20
"""Size of a session's documents with their indexes."""
KEPT_MONTHS = 12
"""Documents are never deleted. Their cost is computed for the end of the first year."""
AUDIO_BYTES = 48_000 * 4 // 3
"""Bytes per second of speech to the avatar: 24,000 samples of 2 bytes, in base64."""
DEPLOYMENTS, BUILD_MINUTES = 20, 20
"""Deployments per month, and minutes of each."""

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
"""Duration of a request. A `chat` lasts until all speech is heard."""
UPTIME_LOCATIONS = 6
"""Locations that call `health` each minute."""
CONDITIONS = 18
"""Conditions of all alerts in terraform/alerts.tf and terraform/objectives.tf."""
FIREWALL_POLICIES, FIREWALL_RULES = 2, 10
"""Policies and rules in terraform/firewall.tf, of a deployment with a domain."""
CEILING_READS = 10
"""Shards of the ceilings that a sweep reads, on average: 50 in every fifth sweep."""
LOG_KB = 2.5
"""Log per request: our line and Google's own."""
PREFLIGHT_LOG_KB = 1.0
"""Log per preflight: Google's own line."""


class Documents(NamedTuple):
    """Billed operations of Firestore."""

    reads: int = 0
    writes: int = 0
    deletes: int = 0


STORE = {
    "start_avatar": Documents(reads=7, writes=10),
    "chat": Documents(reads=7, writes=14),
    "keep_alive": Documents(reads=4, writes=1),
    "end_session": Documents(reads=8, writes=7, deletes=2),
    "expiry": Documents(reads=2),
    "sweep": Documents(reads=8),
    "sweep_per_session": Documents(reads=1),
}
"""Operations per request, with an Idempotency-Key on all requests but keep_alive.

A sweep costs four queries, and one read for each running session. tests/infra/costs/test_costs.py
counts these operations in the code.
"""
HEARTBEAT = Documents(
    reads=round(SECONDS["chat"] / deadlines.LOOK),
    writes=1 + round(SECONDS["chat"] / deadlines.CHECKPOINT),
)
"""Operations of a `chat` while it runs: it looks at its document, and writes its progress."""
IDEMPOTENCY_KEYS = 1 + TURNS + 1
"""Documents per session that Google deletes by TTL: the keys of start and end, and the turns."""

CALLS = {
    "start_avatar": 1,
    "chat": TURNS,
    "keep_alive": KEEP_ALIVES,
    "end_session": 1,
    "expiry": 1,
}
"""Requests per session."""


@dataclass(frozen=True)
class Scale:
    """A number of sessions per day, and the sizes that suit it.

    `sharing`: requests that an instance serves at a time, on average. `gib`: memory of an instance.
    `idle_cpus` and `idle_gib`: instances that wait, as in terraform/environments/large.tfvars.
    `sealed`: whether session tokens are sealed in documents.
    """

    per_day: int
    sharing: int = 1
    agent_sharing: int = 1
    gib: float = 0.5
    idle_cpus: int = 0
    idle_gib: float = 0
    sealed: bool = False

    @property
    def sessions(self) -> int:
        """Sessions per month."""
        return self.per_day * DAYS

    @property
    def stored_gib(self) -> float:
        """Stored documents after `KEPT_MONTHS`."""
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
"""Computes the usage of a month."""


def _busy_seconds(at: Scale) -> float:
    """Return the seconds that instances serve requests."""
    session = sum(number * SECONDS[name] for name, number in CALLS.items())
    session += PREFLIGHTS * SECONDS["preflight"]
    monitoring = MONTH_MINUTES * (SECONDS["sweep"] + UPTIME_LOCATIONS * SECONDS["health"])
    return at.sessions * session / at.sharing + monitoring


def _requests(at: Scale) -> float:
    return at.sessions * (sum(CALLS.values()) + PREFLIGHTS) + MONTH_MINUTES * (1 + UPTIME_LOCATIONS)


def _documents(kind: str) -> Quantity:
    each = {name: getattr(documents, kind) for name, documents in STORE.items()}
    session = sum(number * each[name] for name, number in CALLS.items())
    session += MINUTES * each["sweep_per_session"] + TURNS * getattr(HEARTBEAT, kind)
    sweep = each["sweep"] + (CEILING_READS if kind == "reads" else 0)
    return lambda at: at.sessions * session + MONTH_MINUTES * sweep


def _agent_hours(at: Scale) -> float:
    return at.sessions * TURNS * AGENT_SECONDS / at.agent_sharing / 3600


def _log_gib(at: Scale) -> float:
    session = sum(CALLS.values()) * LOG_KB + PREFLIGHTS * PREFLIGHT_LOG_KB
    return (at.sessions * session + MONTH_MINUTES * (1 + UPTIME_LOCATIONS) * LOG_KB) * 1000 / GIB


QUANTITIES: Mapping[str, Quantity] = {
    "model_input": lambda at: at.sessions * TURNS * INPUT_TOKENS,
    "model_output": lambda at: at.sessions * TURNS * OUTPUT_TOKENS,
    "voice": lambda at: at.sessions * TURNS * CHARACTERS,
    "recognition": lambda at: at.sessions * SPOKEN_TURNS * RECORDING_SECONDS,
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
    "ttl_deletes": lambda at: at.sessions * IDEMPOTENCY_KEYS,
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
    "policies": lambda _: FIREWALL_POLICIES,
    "rules": lambda _: FIREWALL_RULES,
    "filtered": lambda at: _requests(at) - _requests(Scale(0)),
    "page": lambda at: at.sessions * PAGE_MB * 1e6 / GIB,
    "users": lambda at: at.sessions / SESSIONS_PER_USER,
    "builds": lambda _: DEPLOYMENTS * BUILD_MINUTES,
}


def avatar_cost(at: Scale) -> float:
    """Return the dollars per month for LiveAvatar."""
    used = at.sessions * CREDITS
    return cheapest_plan(used).cost(used)


def google_costs(at: Scale) -> dict[str, float]:
    """Return the dollars per month for Google, by item."""
    return {name: PRICES[name].cost(quantity(at)) for name, quantity in QUANTITIES.items()}


def total_cost(at: Scale) -> float:
    """Return the dollars per month for everything."""
    return avatar_cost(at) + sum(google_costs(at).values())
