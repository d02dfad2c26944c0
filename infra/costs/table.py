"""`python -m infra.costs.table` prints what a month costs, with the sum shown. With `--write`, it is
put into docs/deploy.md, between the lines that say where.
"""

import math
import sys
from collections.abc import Iterator, Sequence

from infra.costs import model
from infra.costs.model import QUANTITIES, SCALES, Scale
from infra.costs.prices import PLANS, PLANS_SOURCE, PRICES, READ, Price, cheapest
from infra.deploy.shell import ROOT

DOCUMENT = ROOT / "docs" / "deploy.md"
BEGIN, END = "<!-- costs -->", "<!-- /costs -->"

LINES = {
    "model_input": ("Gemini: what it reads", "{TURNS} turns × {INPUT_TOKENS} tokens"),
    "model_output": ("Gemini: what it writes", "{TURNS} turns × {OUTPUT_TOKENS} tokens"),
    "voice": ("Text-to-Speech, Neural2", "{TURNS} turns × {CHARACTERS} characters"),
    "agent_cpu": ("Agent Engine: CPU", "{TURNS} turns × {AGENT_SECONDS} s × {AGENT_CPUS} vCPU"),
    "agent_memory": ("Agent Engine: memory", "{TURNS} turns × {AGENT_SECONDS} s × {AGENT_GIB} GiB"),
    "agent_events": ("Agent Engine: sessions", "{TURNS} turns × {AGENT_EVENTS} events"),
    "requests": ("Functions: requests", "{requests} and {PREFLIGHTS} preflights; sweep, health"),
    "cpu": ("Functions: CPU", "{seconds} s × 1 vCPU, shared; sweep, health"),
    "memory": ("Functions: memory", "the same × 0.5 GiB (1 GiB at 100,000)"),
    "idle_cpu": ("Functions: CPU that waits", "as `large.tfvars`: 7 instances"),
    "idle_memory": ("Functions: memory that waits", "as `large.tfvars`: 5.5 GiB"),
    "reads": ("Firestore: reads", "{reads}; 2 a sweep"),
    "writes": ("Firestore: writes", "{writes}"),
    "deletes": ("Firestore: deletes", "{deletes}"),
    "ttl_deletes": ("Firestore: deletes by TTL", "{KEYS} idempotency keys"),
    "stored": ("Firestore: stored", "{STORED_KB} kB, after {KEPT_MONTHS} months"),
    "recovery": ("Firestore: point-in-time recovery", "as much again, at the most"),
    "backups": ("Firestore: backups", "7 of them"),
    "secret_accesses": ("Secret Manager: accesses", "2 (none where sealed)"),
    "secret_versions": ("Secret Manager: versions", "1 for 15 minutes (none where sealed)"),
    "tasks": ("Cloud Tasks", "2: made, delivered"),
    "logs": ("Logging", "{log_kb} kB; sweep, health"),
    "alerts": ("Alerts", "{CONDITIONS} conditions"),
    "internet": ("Speech sent to the avatar", "{TURNS} turns × {SPEECH_SECONDS:.0f} s × 64 kB"),
    "balancer": ("The page's load balancer", "720 hours"),
    "page": ("The page, delivered", "{PAGE_MB} MB"),
    "users": ("Sign-in", "a user has {SESSIONS_A_USER} sessions"),
    "builds": ("Cloud Build", "{DEPLOYMENTS} deployments × {BUILD_MINUTES} minutes"),
}
"""What each is called, and what a session has of it."""


def tables() -> str:
    sums, uses, prices = ("\n".join(part) for part in (_sums(), _uses(), _prices()))
    parts = [_pie(SCALES[1]), sums]
    parts += [_folded("What is used in a month, and how that comes about", uses)]
    parts += [_folded("The list prices", prices)]
    return "\n\n".join(parts)


def _pie(at: Scale) -> str:
    google = model.google(at)
    slices = {
        "LiveAvatar": model.avatar(at),
        "Text-to-Speech": google.pop("voice"),
        "Gemini": google.pop("model_input") + google.pop("model_output"),
        "all else": sum(google.values()),
    }
    lines = (f'    "{what}" : {dollars:.0f}' for what, dollars in slices.items())
    title = f"pie showData title Dollars a month at {at.a_day:,} sessions a day"
    return "\n".join(["```mermaid", title, *lines, "```"])


def _folded(title: str, table: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _sums() -> Iterator[str]:
    head = " | ".join(f"{at.a_day:,} a day" for at in SCALES)
    yield f"| dollars a month | {head} |"
    yield "| --- | --: | --: | --: |"
    yield _row("**LiveAvatar**", [_dollars(model.avatar(at)) for at in SCALES])
    spent = [model.google(at) for at in SCALES]
    for name, (title, _) in LINES.items():
        yield _row(title, [_dollars(each[name]) for each in spent])
    yield _row("**Google, together**", [_dollars(sum(each.values())) for each in spent])
    yield _row("**All**", [f"**{_dollars(model.total(at))}**" for at in SCALES])
    yield _row("for a session", [f"{model.total(at) / at.sessions:.2f}" for at in SCALES])


def _uses() -> Iterator[str]:
    head = " | ".join(f"{at.sessions:,} sessions" for at in SCALES)
    yield f"| used in a month | by a session | unit | {head} |"
    yield "| --- | --- | --- | --: | --: | --: |"
    of = f"{model.CREDITS}: {model.MINUTES} minutes, begun ones whole"
    yield _row(
        f"LiveAvatar | {of} | credits", [_many(at.sessions * model.CREDITS) for at in SCALES]
    )
    for name, (title, words) in LINES.items():
        label = f"{title} | {words.format(**_figures())} | {PRICES[name].unit}"
        yield _row(label, [_many(QUANTITIES[name](at)) for at in SCALES])


def _prices() -> Iterator[str]:
    yield "| list price | dollars | where from |"
    yield "| --- | --- | --- |"
    plans = "; ".join(
        f"{p.name} {p.dollars:g} with {p.credits:,} credits, then {p.more:.2f} each" for p in PLANS
    )
    taken = ", ".join(cheapest(at.sessions * model.CREDITS).name for at in SCALES)
    source = f"[its documentation]({PLANS_SOURCE}), {READ}"
    yield f"| LiveAvatar, the cheapest plan (here: {taken}) | {plans} | {source} |"
    for name, (title, _) in LINES.items():
        price = PRICES[name]
        yield f"| {title} | {_tiers(price)} | [its page]({price.source}), {price.how} |"


def _tiers(price: Price) -> str:
    unit = f"{price.per:,} {price.unit}"
    said = []
    for until, dollars in price.tiers:
        word = f"{dollars:.7f}".rstrip("0").rstrip(".") if dollars else "free"
        said.append(word if until == math.inf else f"{word} to {until:,.0f}")
    return f"{', then '.join(said)}, for {unit}"


def _figures() -> dict[str, object]:
    """The assumptions by name, and what follows from them for a session."""
    calls, store = model.CALLS, model.STORE
    of = {
        kind: " + ".join(
            f"{many} × {each}" if many > 1 else f"{each}"
            for name, many in [*calls.items(), ("sweep_of_one", model.MINUTES)]
            if (each := getattr(store[name], kind))
        )
        for kind in ("reads", "writes", "deletes")
    }
    seconds = sum(many * model.SECONDS[name] for name, many in calls.items())
    return {
        **vars(model),
        **of,
        "requests": sum(calls.values()),
        "seconds": f"{seconds + model.PREFLIGHTS * model.SECONDS['preflight']:.1f}",
        "log_kb": sum(calls.values()) * model.LOG_KB + model.PREFLIGHTS * model.PREFLIGHT_LOG_KB,
    }


def _row(label: str, cells: Sequence[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def _dollars(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"  # noqa: PLR2004 - cents matter below


def _many(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 10 or not quantity else f"{quantity:.2f}"  # noqa: PLR2004 - as above


def between_markers(document: str) -> str:
    """ValueError where the document does not say where the tables are."""
    _, there, rest = document.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not (there and end):
        raise ValueError(f"no {BEGIN} ... {END}")
    return inside.strip()


def written(document: str) -> str:
    between_markers(document)
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> None:
    if arguments == ["--write"]:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())


if __name__ == "__main__":
    main(sys.argv[1:])
