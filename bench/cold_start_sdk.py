"""Cold start of a function beside the same function written with `vertexai.agent_engines`.

    make bench ARGS=cold_start_sdk

The figures are the time from the start of functions-framework to the first successful answer, the
CPU time of the imports, and the peak memory by then. The functions take turns, so that a slow
moment of the machine affects all of them. Compiled files exist; a first deployment without them is
slower, most of all for a function that imports more."""

from bench import cold_start
from bench.served import ROOT, serve_function
from bench.table import Row, middle

COMPARED = (
    "chat",
    "end_session",
    "health",
    "keep_alive",
    "speak",
    "start_avatar",
    "sweep_expired",
)
"""The functions that `bench/vertexai_functions` has too."""

TIME_BAR, MEMORY_BAR = 0.25, 0.5
ENVIRONMENT = {"OPRINA_AGENT_ENGINE": "projects/p/locations/us-central1/reasoningEngines/1"}
"""A function without the name of an agent answers with an error."""

Figures = tuple[float, float, float]
"""Seconds until the first answer, CPU seconds of the imports, megabytes."""


def measure(runs: int) -> list[Row]:
    ours: dict[str, list[Figures]] = {name: [] for name in COMPARED}
    theirs: dict[str, list[Figures]] = {name: [] for name in COMPARED}
    for run in range(runs + 1):
        for name in COMPARED:
            own = measure_start(name, f"functions.{name}.main")
            sdk = measure_start(name, "bench.vertexai_functions.main")
            if run:  # the first one fills the caches of compiled files
                ours[name].append(own)
                theirs[name].append(sdk)
    return [row for name in COMPARED for row in _rows(name, ours[name], theirs[name])]


def measure_start(target: str, module: str) -> Figures:
    cpu, _ = cold_start.measure(module)
    source = ROOT / f"{module.replace('.', '/')}.py"
    with serve_function(source, target, ENVIRONMENT) as function:
        return function.ready, cpu, function.megabytes()


def _rows(name: str, ours: list[Figures], theirs: list[Figures]) -> list[Row]:
    kinds = (
        ("start to first answer", "s", TIME_BAR),
        ("CPU of the imports", "s", TIME_BAR),
        ("memory", "MB", MEMORY_BAR),
    )
    return [
        _row(
            f"cold start, {name}: {what}",
            unit,
            share,
            [figures[at] for figures in ours],
            [figures[at] for figures in theirs],
        )
        for at, (what, unit, share) in enumerate(kinds)
    ]


def _row(figure: str, unit: str, share: float, ours: list[float], theirs: list[float]) -> Row:
    (median, spread), (sdk, sdk_spread) = middle(ours), middle(theirs)
    return Row(
        figure,
        median,
        unit,
        {"vertexai SDK": sdk},
        spread,
        f"at most {share:g} of the SDK's",
        median <= share * sdk,
        "Under functions-framework, beside the function of the same name with vertexai.agent_engines"
        " (bench/vertexai_functions).",
        {"vertexai SDK": sdk_spread},
    )
