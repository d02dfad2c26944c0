"""List prices in US dollars, for us-central1 if they differ by region.

Prices change: check them at their source before you rely on them. `docs/costs.md` shows them
(infra/costs/table.py).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

READ = "archived copy, read on 2026-11-24"
SECONDHAND = "quoted by third parties in 2026; check"
REMEMBERED = "from memory, prices of 2025; check"

GOOGLE = "https://cloud.google.com"
UNLIMITED = math.inf


@dataclass(frozen=True)
class Price:
    """The price of `per` units.

    `tiers`: (upper limit in units per month, dollars), the free tier first. `source`: the address
    of the price list. `origin`: how reliable the price is.
    """

    unit: str
    per: int
    tiers: tuple[tuple[float, float], ...]
    source: str
    origin: str

    def cost(self, quantity: float) -> float:
        """Return the dollars for `quantity` units in a month."""
        limits = [0.0, *(limit for limit, _ in self.tiers)]
        units = (max(0.0, min(quantity, end) - start) for start, end in pairwise(limits))
        priced = zip(units, self.tiers, strict=True)
        return sum(number / self.per * dollars for number, (_, dollars) in priced)


def _after_free(free: float, dollars: float) -> tuple[tuple[float, float], ...]:
    return ((free, 0.0), (UNLIMITED, dollars)) if free else ((UNLIMITED, dollars),)


MILLION, GIB = 1_000_000, 2**30
RUN, FIRESTORE = f"{GOOGLE}/run/pricing", f"{GOOGLE}/firestore/pricing"
SECRETS, AGENTS = f"{GOOGLE}/secret-manager/pricing", f"{GOOGLE}/vertex-ai/pricing"
NETWORK, LOGS = f"{GOOGLE}/vpc/network-pricing", f"{GOOGLE}/stackdriver/pricing"
ARMOR = f"{GOOGLE}/armor/pricing"
GEMINI = f"{GOOGLE}/vertex-ai/generative-ai/pricing"

PRICES = {
    "model_input": Price("tokens", MILLION, _after_free(0, 1.50), GEMINI, SECONDHAND),
    "model_output": Price("tokens", MILLION, _after_free(0, 9.00), GEMINI, SECONDHAND),
    "voice": Price(
        "characters",
        MILLION,
        _after_free(MILLION, 16.00),
        f"{GOOGLE}/text-to-speech/pricing",
        REMEMBERED,
    ),
    "recognition": Price(
        "seconds",
        60,
        (
            (30_000_000, 0.016),
            (60_000_000, 0.010),
            (120_000_000, 0.008),
            (UNLIMITED, 0.004),
        ),
        f"{GOOGLE}/speech-to-text/pricing",
        REMEMBERED,
    ),
    "agent_cpu": Price("vCPU-hours", 1, _after_free(50, 0.0864), AGENTS, REMEMBERED),
    "agent_memory": Price("GiB-hours", 1, _after_free(100, 0.0090), AGENTS, REMEMBERED),
    "agent_events": Price("events", 1000, _after_free(0, 0.25), AGENTS, REMEMBERED),
    "requests": Price("requests", MILLION, _after_free(2 * MILLION, 0.40), RUN, READ),
    "cpu": Price("vCPU-seconds", 1, _after_free(180_000, 0.000024), RUN, READ),
    "memory": Price("GiB-seconds", 1, _after_free(360_000, 0.0000025), RUN, READ),
    "idle_cpu": Price("vCPU-seconds", 1, _after_free(0, 0.0000025), RUN, REMEMBERED),
    "idle_memory": Price("GiB-seconds", 1, _after_free(0, 0.0000025), RUN, REMEMBERED),
    "reads": Price("documents", 100_000, _after_free(1_500_000, 0.03), FIRESTORE, SECONDHAND),
    "writes": Price("documents", 100_000, _after_free(600_000, 0.09), FIRESTORE, SECONDHAND),
    "deletes": Price("documents", 100_000, _after_free(600_000, 0.01), FIRESTORE, REMEMBERED),
    "ttl_deletes": Price("documents", 100_000, _after_free(0, 0.01), FIRESTORE, REMEMBERED),
    "stored": Price("GiB", 1, _after_free(1, 0.15), FIRESTORE, REMEMBERED),
    "recovery": Price("GiB", 1, _after_free(0, 0.15), FIRESTORE, REMEMBERED),
    "backups": Price("GiB", 1, _after_free(0, 0.03), FIRESTORE, REMEMBERED),
    "secret_accesses": Price("accesses", 10_000, _after_free(10_000, 0.03), SECRETS, READ),
    "secret_versions": Price("versions for a month", 1, _after_free(6, 0.06), SECRETS, READ),
    "tasks": Price(
        "operations", MILLION, _after_free(MILLION, 0.40), f"{GOOGLE}/tasks/pricing", READ
    ),
    "logs": Price("GiB", 1, _after_free(50, 0.50), LOGS, READ),
    "alerts": Price("conditions", 1, _after_free(0, 0.10), LOGS, REMEMBERED),
    "internet": Price(
        "GiB", 1, ((1, 0.0), (1024, 0.12), (10_240, 0.11), (UNLIMITED, 0.08)), NETWORK, REMEMBERED
    ),
    "balancer": Price("hours", 1, _after_free(0, 0.025), NETWORK, REMEMBERED),
    "policies": Price("policies", 1, _after_free(0, 5.0), ARMOR, REMEMBERED),
    "rules": Price("rules", 1, _after_free(0, 1.0), ARMOR, REMEMBERED),
    "filtered": Price("requests", MILLION, _after_free(0, 0.75), ARMOR, REMEMBERED),
    "page": Price("GiB", 1, _after_free(0, 0.09), f"{GOOGLE}/cdn/pricing", REMEMBERED),
    "users": Price(
        "users in a month",
        1,
        ((50_000, 0.0), (100_000, 0.0055), (MILLION, 0.0046), (UNLIMITED, 0.0032)),
        f"{GOOGLE}/identity-platform/pricing",
        REMEMBERED,
    ),
    "builds": Price("minutes", 1, _after_free(0, 0.016), f"{GOOGLE}/build/pricing", REMEMBERED),
}


@dataclass(frozen=True)
class CreditPlan:
    """A plan of LiveAvatar.

    `dollars`: price per month. `credits`: included credits. `extra`: dollars per further credit.
    """

    name: str
    dollars: float
    credits: int
    extra: float

    def cost(self, used: float) -> float:
        """Return the dollars for `used` credits in a month."""
        return self.dollars + max(0.0, used - self.credits) * self.extra


PLANS = (
    CreditPlan("Starter", 19, 160, 0.12),
    CreditPlan("Pro", 99, 1010, 0.10),
    CreditPlan("Scale", 475, 5010, 0.10),
)
PLANS_SOURCE = "https://docs.liveavatar.com/docs/faq/credits.md"


def cheapest_plan(used: float) -> CreditPlan:
    """Return the cheapest plan for `used` credits in a month."""
    return min(PLANS, key=lambda plan: plan.cost(used))
