"""Every deadline and interval of a request, in seconds, in one table.

Read from top to bottom: what stands higher must end before what stands lower begins to matter.
`check` is called where the application is put together, so that a wrong setting stops the start.
"""

import itertools

VOICE_REQUEST = 8.0
"""One request for speech. Two failures in a row end the speech of a turn: at most 16 s."""
RECOGNITION = 20.0
"""One request for the words of a recording of at most a minute, a retry included."""
CONNECT = 15.0
"""The avatar's websocket is awaited for this long, with the question whether its session runs."""
AGENT_REPLY = 120.0
"""The default of `OPRINA_TURN_SECONDS`: the longest time for one reply of the agent, tools
included."""
TURN = 580.0
"""A turn, from the moment its request came, speech included. Nothing of a turn acts after this."""
SETTLE = 15.0
"""Storing and settling have this time of their own, after the turn's deadline too."""
FUNCTION = 600.0
"""Cloud Run ends a request at this age (`timeout` in terraform/functions.tf)."""

BODY = 20.0
"""The body of a request must have arrived by then."""
ANSWER = 30.0
"""An answer, or the beginning of a stream."""
ADMIT = 15.0
"""Retrying an admission that meets conflicts or unconfirmed commits."""
STORE_AWAY = 2.0
"""An admission retries a store that does not answer for this long; then the caller hears 503."""

LOOK = 1.0
"""A turn reads its own document this often, to learn that another process superseded it."""
LOOK_IS_FRESH = 1.5
"""A turn starts an effect only while its last look is younger than this."""
CHECKPOINT = 5.0
"""A turn writes its progress this often."""
DUE = 30.0
"""A checkpoint moves the turn's `due_at` this far ahead."""
STOP_BEFORE_DUE = 10.0
"""A turn that could not renew its `due_at` starts no effect from this long before it."""
SWEEP_AFTER_DUE = 10.0
"""The sweep settles a turn this long after its `due_at`: clocks differ by a few seconds."""
EARLIER_STREAM = 2.0
"""A newer turn waits this long for the agent stream of an earlier one to be closed."""
SWEEP = 60.0
"""Cloud Scheduler calls the sweep this often."""
SILENT_STREAM = 10.0
"""An event stream sends a comment line when it was silent for this long."""
SHUTDOWN = 8.0
"""Cloud Run gives a container 10 s after SIGTERM. Turns are closed within this."""


SILENCE_LIMIT = 15.0
"""No stream is silent for longer: proxies close such streams."""
GRACE = 10.0
"""Cloud Run kills a container this long after SIGTERM."""
LOST_ANSWER = 120.0
"""The key of a turn whose process died answers `lost` within this time."""


def check(agent_reply: float = AGENT_REPLY) -> None:
    """Raise ValueError unless the table is in order. `agent_reply` is the setting, in seconds."""
    reply = ("OPRINA_TURN_SECONDS", agent_reply)
    answer = ("ANSWER", ANSWER)
    look, due = ("LOOK_IS_FRESH", LOOK_IS_FRESH), ("DUE", DUE)
    _require_rising(
        (("VOICE_REQUEST", VOICE_REQUEST), reply, ("TURN", TURN)),
        (("TURN + SETTLE", TURN + SETTLE), ("FUNCTION", FUNCTION)),
        (("VOICE_REQUEST", VOICE_REQUEST), ("CONNECT", CONNECT), answer, ("TURN", TURN)),
        (("RECOGNITION", RECOGNITION), answer),
        (("BODY", BODY), answer),
        (("STORE_AWAY", STORE_AWAY), ("ADMIT", ADMIT), answer),
        (("EARLIER_STREAM", EARLIER_STREAM), ("ADMIT", ADMIT)),
        (("LOOK", LOOK), look, ("CHECKPOINT", CHECKPOINT), ("STOP_BEFORE_DUE", STOP_BEFORE_DUE)),
        (("CHECKPOINT + STOP_BEFORE_DUE", CHECKPOINT + STOP_BEFORE_DUE), due),
        (("DUE + SWEEP_AFTER_DUE + SWEEP", DUE + SWEEP_AFTER_DUE + SWEEP), ("2 min", LOST_ANSWER)),
        (("SILENT_STREAM", SILENT_STREAM), ("the longest silence", SILENCE_LIMIT)),
        (("SHUTDOWN", SHUTDOWN), ("Cloud Run's grace", GRACE)),
    )


def _require_rising(*chains: tuple[tuple[str, float], ...]) -> None:
    for chain in chains:
        for (name, seconds), (above, limit) in itertools.pairwise(chain):
            if not 0 <= seconds < limit:
                raise ValueError(f"{name} ({seconds:g} s) must be below {above} ({limit:g} s)")
