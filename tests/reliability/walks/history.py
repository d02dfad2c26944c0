"""The conditions that the history of a walk shows: its commits, and its calls in their order."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from common.domain import deadlines
from common.domain.documents import Write
from common.domain.errors import KeyInFlight, Refused
from common.schemas.answers import ChatAnswer
from tests.reliability.walks.conditions import CALM, UNCONFIRMED
from tests.reliability.walks.observed import fields_of
from tests.reliability.walks.walk import Walk

Turns = list[dict[str, Any]]


def broken_in_history(walk: Walk, turns: Turns) -> list[str]:
    """Return a line for each invariant that did not hold at some time."""
    found = [
        *_what_was_noted_is_charged(walk),
        *_running_turns_are_limited(walk),
        *_an_interruption_has_a_cause(walk, turns),
        *_a_settled_turn_frees_its_key(walk),
    ]
    if walk.conditions in {CALM, UNCONFIRMED}:
        found += _the_sweep_settles_nothing(turns)
    if walk.conditions == CALM:
        found += [
            *_no_request_fails(walk),
            *_one_stream_at_a_time(walk),
            *_no_older_turn_speaks_after_a_newer_one(walk),
            *_a_complete_speech_is_not_cut(walk),
        ]
    return found


def _what_was_noted_is_charged(walk: Walk) -> Iterable[str]:
    """A turn is charged, and keeps, at least as much as its checkpoints noted."""
    noted: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for _, path, fields in walk.store.written("turns/"):
        if "holder" in fields:
            noted[path] = {}
        known = noted[path]
        if fields.get("state") in {"settled", "corrected"}:
            charged = fields["charged"]
            for name, meter in (("tokens", "agent_tokens"), ("characters", "voice_characters")):
                if charged.get(meter, 0) < known.get(name, 0):
                    yield f"{path}: {known[name]} {name} noted, {charged} charged"
            if len(fields["text"]) < known.get("text", 0):
                yield f"{path}: {known['text']} letters noted, {len(fields['text'])} kept"
            continue
        for name in ("tokens", "characters"):
            known[name] = max(known.get(name, 0), fields.get(name) or 0)
        known["text"] = max(known.get("text", 0), len(fields.get("text", "")))


def _running_turns_are_limited(walk: Walk) -> Iterable[str]:
    limit = walk.simulation.harness.settings.turns_per_user
    most = max(
        (
            fields["running_turns"]
            for _, _, fields in walk.store.written("users/")
            if isinstance(fields.get("running_turns"), int)
        ),
        default=0,
    )
    if most > limit:
        yield f"{most} turns of a user ran, {limit} may"


def _an_interruption_has_a_cause(walk: Walk, turns: Turns) -> Iterable[str]:
    """A process that was frozen may silence the avatar late: the provider cannot refuse that."""
    if walk.conditions.freeze or any(request.kind == "stop" for request in walk.requests):
        return
    for turn in turns:
        by_itself = turn["state"] == "settled" and turn["settled_by"] == turn["holder"]
        if by_itself and turn["outcome"] == "interrupted" and turn["superseded_by"] is None:
            yield f"turn {turn['number']} was interrupted, and no newer turn or stop says so"


def _a_settled_turn_frees_its_key(walk: Walk) -> Iterable[str]:
    """A turn that did not reach the agent runs again: its key may be in use by another request."""
    for request in walk.requests:
        if not isinstance(request.error, KeyInFlight) or request.kind == "stop":
            continue
        written = [
            (at, fields)
            for at, path, fields in walk.store.written("turns/")
            if "state" in fields and path.endswith(request.turn_id)
        ]
        before = [fields for at, fields in written if at <= request.began]
        if not before or before[-1]["state"] not in {"settled", "corrected"}:
            continue
        runs_again = any(at > request.began and f["state"] == "running" for at, f in written)
        if before[-1]["outcome"] != "unreached" or not runs_again:
            yield f"a key is refused as in use, and its turn was settled: {request.message}"


# ── without faults ───────────────────────────────────────────────────────────────────────────────


def _the_sweep_settles_nothing(turns: Turns) -> Iterable[str]:
    for turn in turns:
        if turn["settled_by"] == "sweep":
            yield f"the sweep settled turn {turn['number']}, whose process was alive"


def _no_request_fails(walk: Walk) -> Iterable[str]:
    for request in walk.requests:
        answer, error = request.answer, request.error
        if isinstance(answer, ChatAnswer) and answer.error is not None:
            yield f"{request.message}: answered with {answer.error.code}"
        if error is not None and (
            not isinstance(error, Refused) or (error.status == 409 and _is_its_own(walk, request))
        ):
            yield f"{request.message}: {error!r}"


def _is_its_own(walk: Walk, request: Any) -> bool:
    return sum(other.key == request.key for other in walk.requests) == 1 and request.key is not None


def _one_stream_at_a_time(walk: Walk) -> Iterable[str]:
    asks = sorted(walk.agent.asks, key=lambda ask: ask.began)
    for earlier, later in pairwise(asks):
        if earlier.ended is None or earlier.ended > later.began:
            yield f"two streams were open at {later.began:.1f} s: {earlier.message}, {later.message}"


def _no_older_turn_speaks_after_a_newer_one(walk: Walk) -> Iterable[str]:
    """Turns are older and newer in the order in which they took the lease.

    In another process an older turn may act until its last look is too old.
    """
    admitted, newest = _admissions(walk), None
    for call in walk.simulation.journal.calls:
        if call.name not in {"connection.speak", "connection.interrupt"}:
            continue
        own = admitted.get(call.request)
        if own is None:
            continue
        if newest is None or own.place >= newest.place:
            newest = own if call.name == "connection.speak" else newest
            continue
        together = own.process == newest.process
        if together or call.began > newest.at + deadlines.LOOK_IS_FRESH:
            yield f"{call.name} of {call.request} at {call.began:.1f} s, after a newer turn spoke"


def _a_complete_speech_is_not_cut(walk: Walk) -> Iterable[str]:
    played = walk.simulation.harness.avatars.session(walk.session).player.played
    complete = {
        f"request {number}"
        for number, request in enumerate(walk.requests, 1)
        if request.answer is not None and request.answer.ended == "complete"
    }
    for call in walk.simulation.journal.calls:
        if call.name != "connection.speak" or call.request not in complete:
            continue
        utterance = played.get(call.args[0])
        if utterance is not None and utterance.interrupted:
            yield f"the avatar was silenced in {call.request}, which is told to be complete"


@dataclass(frozen=True)
class Admission:
    """The place of a turn's first commit among all commits, its time, and its process."""

    place: int
    at: float
    process: str


def _admissions(walk: Walk) -> dict[str, Admission]:
    """Return by request the admission of its turn."""
    places = {
        fields_of(write)["holder"]: (place, commit.at)
        for place, commit in enumerate(walk.store.held)
        for write in commit.writes
        if _admits(write)
    }
    return {
        call.request: Admission(*places[fields_of(write)["holder"]], call.process)
        for call in walk.simulation.journal.calls
        if call.name == "store.commit" and call.error is None
        for write in call.args[0]
        if _admits(write)
    }


def _admits(write: Write) -> bool:
    return write.path.startswith("turns/") and "holder" in fields_of(write)
