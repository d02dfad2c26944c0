"""What holds after every step, whoever died on the way."""

from collections import Counter
from typing import Any

from tests.reliability.faulty_services import STRANGER
from tests.reliability.world import SETTINGS, World

Documents = dict[str, dict[str, Any]]
NOT_OURS_TO_CHARGE = {"start_failed", "start_ambiguous"}


def of(documents: Documents, collection: str) -> Documents:
    return {
        path.rpartition("/")[2]: fields
        for path, fields in documents.items()
        if path.rpartition("/")[0] == collection
    }


def all_sessions(documents: Documents) -> Documents:
    """What runs and what ended: each in its own place, and in that one only."""
    running, records = of(documents, "avatar_sessions"), of(documents, "ended_sessions")
    assert not running.keys() & records.keys()
    assert all(session["state"] != "ended" and session["due_at"] for session in running.values())
    assert all(session["state"] == "ended" for session in records.values())
    return running | records


def check(world: World) -> None:
    assert not world.bugs
    documents = world.store.everything()
    sessions = all_sessions(documents)
    ledgers_add_up(documents, sessions)
    charged_once(documents, sessions)
    only_what_was_handed_out_is_charged(world, sessions)
    slots_are_held_by_those_that_run(documents, sessions)
    conversations_know_their_avatars(documents, sessions)
    nothing_runs_that_nobody_knows_of(world, sessions)


def ledgers_add_up(documents: Documents, sessions: Documents) -> None:
    """Reserved and used are, by user and month, exactly what the sessions and turns say."""
    due: Counter[str] = Counter()
    for session in sessions.values():
        column = "used" if session["state"] == "ended" else "reserved"
        seconds = session["seconds"] if column == "used" else session["reserved"]
        due[f"users/{session['uid']}/usage/{session['month']}.avatar_seconds_{column}"] += seconds
    for turn in of(documents, "turns").values():
        for column, meters in held_and_used(turn):
            for meter, amount in meters.items():
                due[f"users/{turn['uid']}/usage/{turn['month']}.{meter}_{column}"] += amount
    for path, ledger in documents.items():
        if "/usage/" in path:
            for meter, allowance in SETTINGS.default_plan.items():
                used = ledger.get(f"{meter}_used", 0)
                reserved = ledger.get(f"{meter}_reserved", 0)
                assert used >= 0, (path, meter, used)
                assert reserved == due.pop(f"{path}.{meter}_reserved", 0), (path, meter)
                assert used == due.pop(f"{path}.{meter}_used", 0), (path, meter)
                if meter == "avatar_seconds":  # a turn's use is recorded in full, also beyond it
                    assert used + reserved <= allowance, (path, meter, used, reserved)
    assert not +due, due


def held_and_used(turn: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    """Return what a turn holds reserved and what it was charged, by its state."""
    reserved = dict(turn["reserved"])
    if turn["state"] not in {"running", "answered"}:
        reserved = {}
    elif turn["state"] == "answered":
        reserved.pop("agent_tokens", None)
    return [("reserved", reserved), ("used", turn["charged"])]


def charged_once(documents: Documents, sessions: Documents) -> None:
    for name, session in sessions.items():
        log = of(documents, f"avatar_sessions/{name}/events").values()
        charges = [line["seconds"] for line in log if line["kind"] == "ended"]
        assert charges == ([session["seconds"]] if session["state"] == "ended" else []), name
        assert 0 <= session["seconds"] <= session["reserved"], name


def only_what_was_handed_out_is_charged(world: World, sessions: Documents) -> None:
    for name, session in sessions.items():
        if session["seconds"]:
            assert session["started_at"], name
            assert session["end_reason"] not in NOT_OURS_TO_CHARGE, name
            assert name in world.handed_out | world.orphaned, name


def slots_are_held_by_those_that_run(documents: Documents, sessions: Documents) -> None:
    held = {
        (path.split("/")[1], slot["avatar_session_id"])
        for path, slot in documents.items()
        if "/slots/" in path
    }
    assert held == {(s["uid"], name) for name, s in sessions.items() if s["state"] != "ended"}


def conversations_know_their_avatars(documents: Documents, sessions: Documents) -> None:
    for name, session in sessions.items():
        if session["state"] in {"starting", "live"}:
            face = documents[f"conversations/{session['conversation_id']}"]["avatar"]
            assert face, name
            assert face["avatar_session_id"] == name
            assert face["live"] == (session["state"] == "live")


def nothing_runs_that_nobody_knows_of(world: World, sessions: Documents) -> None:
    for name, session in world.avatars.sessions.items():
        if name == STRANGER or session.started is None:
            continue
        assert name in sessions, f"{name} was started, and nothing of it is written down"
        ours = sessions[name]
        assert session.seconds(world.now()) <= ours["reserved"] + 1e-6 or session.running
        if session.running and ours["state"] == "ended":
            overtaken = session.started > ours["ended_at"] or name in world.avatars.late
            assert overtaken, f"{name} runs, and we hold it as ended"


def settled(world: World) -> None:
    """After the expiry of everything and a sweep: nothing runs, and nothing is held."""
    assert world.running() == [STRANGER]
    documents = world.store.everything()
    assert not [path for path in documents if "/slots/" in path]
    assert not of(documents, "avatar_sessions")
    for name, turn in of(documents, "turns").items():
        assert turn["state"] in {"settled", "corrected"}, name
        assert turn["due_at"] is None, name
        assert turn["expires_at"], name
    for name, conversation in of(documents, "conversations").items():
        assert conversation["lease"] is None, name
        assert conversation["asking"] == [], name
        assert conversation["avatar"] is None, name
    for path, ledger in documents.items():
        if "/usage/" in path:
            held = {meter: ledger.get(f"{meter}_reserved", 0) for meter in SETTINGS.default_plan}
            assert not any(held.values()), (path, held)
            assert not ledger.get("running_turns", 0), path
