"""Invariants that hold after every step, whatever failed and whichever process died."""

from collections import Counter
from typing import Any

from tests.reliability.machine.deployment import SETTINGS, SimulatedDeployment
from tests.reliability.machine.provider import FOREIGN

Documents = dict[str, dict[str, Any]]
FREE = {"start_failed", "start_ambiguous"}
"""Reasons of an end that cost the user nothing."""


def in_collection(documents: Documents, collection: str) -> Documents:
    """Return the documents of a collection by their id."""
    return {
        path.rpartition("/")[2]: fields
        for path, fields in documents.items()
        if path.rpartition("/")[0] == collection
    }


def sessions_in(documents: Documents) -> Documents:
    """Return running and ended sessions by their id. Each is stored in one place."""
    running = in_collection(documents, "avatar_sessions")
    records = in_collection(documents, "ended_sessions")
    assert not running.keys() & records.keys()
    assert all(session["state"] != "ended" and session["due_at"] for session in running.values())
    assert all(session["state"] == "ended" for session in records.values())
    return running | records


def check(deployment: SimulatedDeployment) -> None:
    assert not deployment.bugs
    documents = deployment.documents()
    sessions = sessions_in(documents)
    check_ledgers(documents, sessions)
    check_charged_once(documents, sessions)
    check_charges(deployment, sessions)
    check_slots(documents, sessions)
    check_conversations(documents, sessions)
    check_provider(deployment, sessions)


def check_ledgers(documents: Documents, sessions: Documents) -> None:
    """Each ledger is the sum of the sessions and turns of its user and month."""
    due: Counter[str] = Counter()
    for session in sessions.values():
        column = "used" if session["state"] == "ended" else "reserved"
        seconds = session["seconds"] if column == "used" else session["reserved"]
        due[f"users/{session['uid']}/usage/{session['month']}.avatar_seconds_{column}"] += seconds
    for turn in in_collection(documents, "turns").values():
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
    """Return the amounts that a turn has reserved and was charged, by its state."""
    reserved = dict(turn["reserved"])
    if turn["state"] not in {"running", "answered"}:
        reserved = {}
    elif turn["state"] == "answered":
        reserved.pop("agent_tokens", None)
    return [("reserved", reserved), ("used", turn["charged"])]


def check_charged_once(documents: Documents, sessions: Documents) -> None:
    """A session is charged by one event, and at most its reservation. Another may lower that once."""
    for name, session in sessions.items():
        events = in_collection(documents, f"avatar_sessions/{name}/events").values()
        kinds = [event["kind"] for event in events]
        assert kinds.count("ended") == (session["state"] == "ended"), name
        assert kinds.count("confirmed") <= kinds.count("ended"), name
        costs = [event["cost"].get("avatar_seconds", 0) for event in events]
        assert sum(costs) == session["seconds"], name
        assert 0 <= session["seconds"] <= session["reserved"], name


def check_charges(deployment: SimulatedDeployment, sessions: Documents) -> None:
    """Only a session that a caller may have is charged."""
    for name, session in sessions.items():
        if session["seconds"]:
            assert session["started_at"], name
            assert session["end_reason"] not in FREE, name
            assert name in deployment.handed_out | deployment.unclear, name


def check_slots(documents: Documents, sessions: Documents) -> None:
    """Each session that has not ended holds one slot, and no other session holds one."""
    held = {
        (path.split("/")[1], slot["avatar_session_id"])
        for path, slot in documents.items()
        if "/slots/" in path
    }
    assert held == {(s["uid"], name) for name, s in sessions.items() if s["state"] != "ended"}


def check_conversations(documents: Documents, sessions: Documents) -> None:
    """The conversation of a session that starts or is live names that session."""
    for name, session in sessions.items():
        if session["state"] in {"starting", "live"}:
            avatar = documents[f"conversations/{session['conversation_id']}"]["avatar"]
            assert avatar, name
            assert avatar["avatar_session_id"] == name
            assert avatar["live"] == (session["state"] == "live")


def check_provider(deployment: SimulatedDeployment, sessions: Documents) -> None:
    """Every session that was started at the provider is known, and an ended one does not run."""
    now, running = deployment.now(), deployment.running()  # the provider ends what is due
    for name, session in deployment.avatars.sessions.items():
        if name == FOREIGN or session.started is None:
            continue
        assert name in sessions, f"{name} was started, and no document names it"
        ours = sessions[name]
        assert session.seconds(now) <= ours["reserved"] + 1e-6 or name in running
        if name in running and ours["state"] == "ended":
            started_late = session.started > ours["ended_at"] or name in deployment.avatars.late
            assert started_late, f"{name} runs, and our record says that it ended"


def check_settled(deployment: SimulatedDeployment) -> None:
    """After everything has expired, and a sweep: nothing runs, and nothing is held."""
    assert deployment.running() == [FOREIGN]
    documents = deployment.documents()
    assert not [path for path in documents if "/slots/" in path]
    assert not in_collection(documents, "avatar_sessions")
    for name, turn in in_collection(documents, "turns").items():
        assert turn["state"] in {"settled", "corrected"}, name
        assert turn["due_at"] is None, name
        assert turn["expires_at"], name
    for name, conversation in in_collection(documents, "conversations").items():
        assert conversation["lease"] is None, name
        assert conversation["asking"] == [], name
        assert conversation["avatar"] is None, name
    for path, ledger in documents.items():
        if "/usage/" in path:
            held = {meter: ledger.get(f"{meter}_reserved", 0) for meter in SETTINGS.default_plan}
            assert not any(held.values()), (path, held)
            assert not ledger.get("running_turns", 0), path
