"""`python -m infra.costs.table` prints tables of the costs of a month.

With `--write` it writes them to docs/costs.md, between the two markers there.
"""

import math
import sys
from collections.abc import Iterator, Sequence

from infra.costs import model
from infra.costs.model import QUANTITIES, SCALES, Scale
from infra.costs.prices import PLANS, PLANS_SOURCE, PRICES, READ, Price, cheapest_plan
from infra.deploy.marked_text import replace_marked
from infra.deploy.shell import ROOT

DOCUMENT = ROOT / "docs" / "costs.md"

LINES = {
    "model_input": ("Gemini: input", "{TURNS} turns × {INPUT_TOKENS} tokens"),
    "model_output": ("Gemini: output", "{TURNS} turns × {OUTPUT_TOKENS} tokens"),
    "voice": ("Text-to-Speech, Neural2", "{TURNS} turns × {CHARACTERS} characters"),
    "recognition": (
        "Speech-to-Text v2",
        "{SPOKEN_TURNS} spoken messages × {RECORDING_SECONDS} s",
    ),
    "agent_cpu": ("Agent Engine: CPU", "{TURNS} turns × {AGENT_SECONDS} s × {AGENT_CPUS} vCPU"),
    "agent_memory": ("Agent Engine: memory", "{TURNS} turns × {AGENT_SECONDS} s × {AGENT_GIB} GiB"),
    "agent_events": ("Agent Engine: sessions", "{TURNS} turns × {AGENT_EVENTS} events"),
    "requests": ("Functions: requests", "{requests} and {PREFLIGHTS} preflights; sweep, health"),
    "cpu": ("Functions: CPU", "{seconds} s × 1 vCPU, shared; sweep, health"),
    "memory": ("Functions: memory", "the same × 0.5 GiB (1 GiB at 100,000)"),
    "idle_cpu": ("Functions: idle CPU", "7 instances, as in `large.tfvars`"),
    "idle_memory": ("Functions: idle memory", "5.5 GiB, as in `large.tfvars`"),
    "reads": ("Firestore: reads", "{reads}; 18 per sweep"),
    "writes": ("Firestore: writes", "{writes}"),
    "deletes": ("Firestore: deletes", "{deletes}"),
    "ttl_deletes": ("Firestore: deletes by TTL", "{IDEMPOTENCY_KEYS} idempotency keys"),
    "stored": ("Firestore: stored", "{STORED_KB} kB, after {KEPT_MONTHS} months"),
    "recovery": ("Firestore: point-in-time recovery", "at most as much again"),
    "backups": ("Firestore: backups", "7 backups"),
    "secret_accesses": ("Secret Manager: accesses", "2 (0 if sealed)"),
    "secret_versions": ("Secret Manager: versions", "1 for 15 minutes (0 if sealed)"),
    "tasks": ("Cloud Tasks", "2: created, delivered"),
    "logs": ("Logging", "{log_kb} kB; sweep, health"),
    "alerts": ("Alerts", "{CONDITIONS} conditions"),
    "internet": ("Speech sent to the avatar", "{TURNS} turns × {SPEECH_SECONDS:.0f} s × 64 kB"),
    "balancer": ("Load balancer", "720 hours, with a domain"),
    "policies": ("Cloud Armor: policies", "{FIREWALL_POLICIES}, with a domain"),
    "rules": ("Cloud Armor: rules", "{FIREWALL_RULES}, with a domain"),
    "filtered": ("Cloud Armor: requests", "those of the functions, without sweep and health"),
    "page": ("Traffic of the page", "{PAGE_MB} MB"),
    "users": ("Sign-in", "{SESSIONS_PER_USER} sessions per user"),
    "builds": ("Cloud Build", "{DEPLOYMENTS} deployments × {BUILD_MINUTES} minutes"),
}
"""Title of each item, and its usage per session."""


def render_tables() -> str:
    """Return all tables as Markdown."""
    costs, usage, prices = ("\n".join(rows) for rows in (_costs(), _usage(), _prices()))
    parts = [_pie(SCALES[1]), costs]
    parts += [_fold("Usage per month, and how it is computed", usage)]
    parts += [_fold("List prices", prices)]
    return "\n\n".join(parts)


def _pie(at: Scale) -> str:
    google = model.google_costs(at)
    slices = {
        "LiveAvatar": model.avatar_cost(at),
        "Text-to-Speech": google.pop("voice"),
        "Gemini": google.pop("model_input") + google.pop("model_output"),
        "other": sum(google.values()),
    }
    lines = (f'    "{name}" : {dollars:.0f}' for name, dollars in slices.items())
    title = f"pie showData title Dollars per month at {at.per_day:,} sessions per day"
    return "\n".join(["```mermaid", title, *lines, "```"])


def _fold(title: str, table: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _costs() -> Iterator[str]:
    head = " | ".join(f"{at.per_day:,} per day" for at in SCALES)
    yield f"| dollars per month | {head} |"
    yield "| --- | --: | --: | --: |"
    yield _row("**LiveAvatar**", [_dollars(model.avatar_cost(at)) for at in SCALES])
    spent = [model.google_costs(at) for at in SCALES]
    for name, (title, _) in LINES.items():
        yield _row(title, [_dollars(each[name]) for each in spent])
    yield _row("**Google, total**", [_dollars(sum(each.values())) for each in spent])
    yield _row("**Total**", [f"**{_dollars(model.total_cost(at))}**" for at in SCALES])
    yield _row("per session", [f"{model.total_cost(at) / at.sessions:.2f}" for at in SCALES])


def _usage() -> Iterator[str]:
    head = " | ".join(f"{at.sessions:,} sessions" for at in SCALES)
    yield f"| usage per month | per session | unit | {head} |"
    yield "| --- | --- | --- | --: | --: | --: |"
    usage = f"{model.CREDITS}: {model.MINUTES} minutes, rounded up"
    yield _row(
        f"LiveAvatar | {usage} | credits", [_number(at.sessions * model.CREDITS) for at in SCALES]
    )
    for name, (title, words) in LINES.items():
        label = f"{title} | {words.format(**_figures())} | {PRICES[name].unit}"
        yield _row(label, [_number(QUANTITIES[name](at)) for at in SCALES])


def _prices() -> Iterator[str]:
    yield "| list price | dollars | source |"
    yield "| --- | --- | --- |"
    plans = "; ".join(
        f"{p.name} {p.dollars:g} with {p.credits:,} credits, then {p.extra:.2f} each" for p in PLANS
    )
    chosen = ", ".join(cheapest_plan(at.sessions * model.CREDITS).name for at in SCALES)
    source = f"[documentation]({PLANS_SOURCE}), {READ}"
    yield f"| LiveAvatar, the cheapest plan (here: {chosen}) | {plans} | {source} |"
    for name, (title, _) in LINES.items():
        price = PRICES[name]
        yield f"| {title} | {_tiers(price)} | [price list]({price.source}), {price.origin} |"


def _tiers(price: Price) -> str:
    unit = f"{price.per:,} {price.unit}"
    tiers = []
    for limit, dollars in price.tiers:
        word = f"{dollars:.7f}".rstrip("0").rstrip(".") if dollars else "free"
        tiers.append(word if limit == math.inf else f"{word} to {limit:,.0f}")
    return f"{', then '.join(tiers)}, for {unit}"


def _figures() -> dict[str, object]:
    """Return the assumptions, and the usage of a session, by the names in `LINES`."""
    calls, store = model.CALLS, model.STORE
    operations = {
        kind: " + ".join(
            f"{number} × {each}" if number > 1 else f"{each}"
            for name, number in [*calls.items(), ("sweep_per_session", model.MINUTES)]
            if (each := getattr(store[name], kind))
        )
        for kind in ("reads", "writes", "deletes")
    }
    seconds = sum(number * model.SECONDS[name] for name, number in calls.items())
    return {
        **vars(model),
        **operations,
        "requests": sum(calls.values()),
        "seconds": f"{seconds + model.PREFLIGHTS * model.SECONDS['preflight']:.1f}",
        "log_kb": sum(calls.values()) * model.LOG_KB + model.PREFLIGHTS * model.PREFLIGHT_LOG_KB,
    }


def _row(label: str, cells: Sequence[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def _dollars(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"  # noqa: PLR2004 - cents below


def _number(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 10 or not quantity else f"{quantity:.2f}"  # noqa: PLR2004 - as above


def insert_tables(document: str) -> str:
    """Return the document with the current tables. Raises ValueError if a marker is missing."""
    return replace_marked(document, "costs", render_tables())


def main(arguments: list[str]) -> None:
    """Print the tables, or write them with `--write`."""
    if arguments == ["--write"]:
        DOCUMENT.write_text(insert_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(render_tables())


if __name__ == "__main__":
    main(sys.argv[1:])
