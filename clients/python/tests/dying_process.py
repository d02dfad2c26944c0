"""An API whose process dies in a turn."""

import json

import httpx

AT = "2026-11-30T12:00:00Z"


def event(name: str, **data: str) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def stream(*events: str) -> httpx.Response:
    kind = {"content-type": "text/event-stream"}
    return httpx.Response(200, headers=kind, text="".join(events))


def seen(state: str) -> httpx.Response:
    """Return the conversation, with the last checkpoint of its turn."""
    dates = {"created_at": AT, "updated_at": AT}
    usage = {"month": "2026-11", "resets_at": AT, "meters": {}}
    last = {"turn_id": "t", "state": state, "text": "Once ", "spoken": "", "updated_at": AT}
    members = {"conversation_id": "c", "title": "", **dates, "last_turn": last, "usage": usage}
    return httpx.Response(200, json=members)


def dying_process() -> httpx.MockTransport:
    """Answer as an API whose process dies in a turn, after its last checkpoint."""
    names = {"turn_id": "t", "conversation_id": "c"}
    begin = event("turn", **names, message_id="m")
    done = event("done", ended="lost", turn_id="t", text="Once ", spoken="")
    refused = httpx.Response(409, json={"code": "key_in_flight", "retry_after": 30, **names})
    replay = stream(begin, event("text", text="Once "), done)
    cut = stream(begin, event("text", text="Once upon a time "))
    answers = iter([cut, refused, seen("running"), seen("running"), seen("ended"), replay])
    return httpx.MockTransport(lambda _: next(answers))
