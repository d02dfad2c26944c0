"""Pairs of requests that race, at every call of the first one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from common.domain.accounts.profile import GRACE
from common.domain.errors import Ambiguous
from common.ports.agent import Finished, ProposedAction, ToolCall, ToolResult
from common.schemas.account import AccountAnswer
from common.schemas.answers import StartAvatarAnswer
from common.schemas.conversations import DeleteConversationRequest, ReadConversationRequest
from common.schemas.requests import ChatRequest, KeepAliveRequest
from common.transactions.idempotency import IdempotencyKey
from tests.reliability.attacks.interleaving import (
    LONG,
    Check,
    Meeting,
    Request,
    TwoProcesses,
    broken_interleavings,
    no_check,
)
from tests.reliability.fault_injection import ProcessDied
from tests.support.harness import (
    ADA,
    advance,
    answer_of,
    begin_speech,
    chat_answer,
    end,
    keep_alive,
    start,
    sweep,
)

PERSON = replace(ADA, former=("hash-ada",))
"""Its token is refused once the account is deleted."""
ACTION = ProposedAction("send_mail", "Send a mail", {"to": ["tom@example.test"]})


# ── the beginnings ───────────────────────────────────────────────────────────────────────────────


async def nothing(_scene: TwoProcesses) -> None:
    """No session and no conversation."""


async def talked(scene: TwoProcesses) -> None:
    """A conversation with one answered message."""
    answer = await scene.here.run(chat_answer(scene.here.app, "Hello.", PERSON, speak=False))
    scene.names["conversation"] = answer.conversation_id


async def avatar(scene: TwoProcesses) -> None:
    """A session that runs, and was started under the key `k`."""
    started = await scene.here.run(start(scene.here.app, PERSON, key="k"))
    scene.names |= {
        "conversation": started.conversation_id,
        "session": started.avatar_session_id,
    }
    await asyncio.sleep(6)


async def proposed(scene: TwoProcesses) -> None:
    """A conversation whose agent asks whether it may send a mail."""
    scene.simulation.harness.agent.replies.append(
        [ToolCall("c1", "send_mail"), ToolResult("c1", "send_mail", "Asks", ACTION), "Shall I?"]
    )
    answer = await scene.here.run(chat_answer(scene.here.app, "Write to Tom.", PERSON, speak=False))
    assert answer.proposals
    scene.names |= {"conversation": answer.conversation_id, "proposal": answer.proposals[0].id}


async def overdue(scene: TwoProcesses) -> None:
    """A turn whose process died in November. It is December now."""
    harness = scene.simulation.harness
    dead = scene.simulation.process()
    advance(harness.clock, 20 * 86_400 + 11 * 3_600 + 59 * 60 + 50)
    harness.agent.replies.append(["The beginning. ", 60.0, "The end.", Finished(700)])
    turn = asyncio.ensure_future(dead.run(chat_answer(dead.app, "Tell.", PERSON, key="k")))
    await asyncio.sleep(8)
    dead.die()
    await asyncio.wait({turn})
    await asyncio.sleep(50)
    assert harness.clock.now().strftime("%m") == "12"


async def expired(scene: TwoProcesses) -> None:
    """A session that was started in November and is overdue in December."""
    advance(scene.simulation.harness.clock, 20 * 86_400 + 11 * 3_600 + 55 * 60)
    await avatar(scene)
    advance(scene.simulation.harness.clock, 3_600)


async def closing(scene: TwoProcesses) -> None:
    """An account with a conversation that is due to be deleted."""
    await talked(scene)
    await scene.here.run(scene.here.app.accounts.request_deletion(PERSON))
    advance(scene.simulation.harness.clock, GRACE.total_seconds() + 1)


# ── the requests ─────────────────────────────────────────────────────────────────────────────────


def process_of(scene: TwoProcesses, name: str) -> Any:
    return scene.here.app if name == "here" else scene.there.app


def request(name: str, where: str) -> Request:
    """Return a request by its name, of the process `where`."""

    async def make(scene: TwoProcesses) -> Any:
        return await REQUESTS[name](scene, process_of(scene, where))

    return make


async def ask(app: Any, **fields: Any) -> Any:
    return await answer_of(
        await app.conversations.chat(PERSON, ChatRequest(**fields), IdempotencyKey())
    )


async def speak(scene: TwoProcesses, app: Any) -> Any:
    return await answer_of(await begin_speech(app, scene.names["session"], "Hello there.", PERSON))


async def resume(scene: TwoProcesses, app: Any) -> StartAvatarAnswer:
    return await start(app, PERSON, conversation_id=scene.names.get("conversation"))


async def leaving(scene: TwoProcesses, app: Any) -> Any:
    body = KeepAliveRequest(avatar_session_id=scene.names["session"], leaving=True)
    return await app.avatars.keep_alive(PERSON, body, IdempotencyKey())


async def delete(scene: TwoProcesses, app: Any) -> Any:
    body = DeleteConversationRequest(conversation_id=scene.names["conversation"])
    return await app.history.delete(PERSON, body)


async def read(scene: TwoProcesses, app: Any) -> Any:
    body = ReadConversationRequest(conversation_id=scene.names["conversation"])
    return await app.history.read(PERSON, body)


async def stop(scene: TwoProcesses, app: Any) -> Any:
    body = ChatRequest(stop=True, conversation_id=scene.names["conversation"])
    return await app.conversations.chat(PERSON, body, IdempotencyKey())


async def end_any(scene: TwoProcesses, app: Any) -> Any:
    """End the session that is on its way."""
    known = scene.simulation.harness.avatars.sessions
    found = scene.names.get("session") or next(iter(known), "none")
    return await end(app, found, PERSON)


REQUESTS: dict[str, Callable[[TwoProcesses, Any], Awaitable[Any]]] = {
    "start": lambda _scene, app: start(app, PERSON),
    "resume": resume,
    "start again with its key": lambda _scene, app: start(app, PERSON, key="k"),
    "end": end_any,
    "keep alive": lambda scene, app: keep_alive(app, scene.names["session"], PERSON),
    "leave": leaving,
    "speak": speak,
    "chat": lambda scene, app: ask(
        app, message="And you?", conversation_id=scene.names["conversation"]
    ),
    "new chat": lambda _scene, app: ask(app, message="Hello.", speak=False),
    "regenerate": lambda scene, app: ask(
        app, regenerate=True, conversation_id=scene.names["conversation"]
    ),
    "edit": lambda scene, app: ask(
        app,
        edit="0000000001-0",
        message="Hello again.",
        conversation_id=scene.names["conversation"],
    ),
    "confirm": lambda scene, app: ask(
        app,
        confirm=scene.names["proposal"],
        yes=True,
        conversation_id=scene.names["conversation"],
    ),
    "decline": lambda scene, app: ask(
        app,
        confirm=scene.names["proposal"],
        yes=False,
        conversation_id=scene.names["conversation"],
    ),
    "stop": stop,
    "delete": delete,
    "read": read,
    "sweep": lambda _scene, app: sweep(app),
    "expire": lambda scene, app: sweep(app, scene.names["session"]),
    "chat with its key": lambda _scene, app: chat_answer(app, "Tell.", PERSON, key="k"),
    "delete the account": lambda _scene, app: app.accounts.request_deletion(PERSON),
    "restore the account": lambda _scene, app: app.accounts.restore(PERSON),
}


PAIRS = [
    (nothing, "start", "start"),
    (nothing, "start", "end"),
    (nothing, "start", "sweep"),
    (nothing, "start", "delete the account"),
    (avatar, "start again with its key", "end"),
    (avatar, "resume", "end"),
    (avatar, "resume", "delete"),
    (avatar, "resume", "leave"),
    (avatar, "end", "resume"),
    (avatar, "end", "end"),
    (avatar, "end", "keep alive"),
    (avatar, "end", "speak"),
    (avatar, "end", "chat"),
    (avatar, "keep alive", "end"),
    (avatar, "keep alive", "leave"),
    (avatar, "leave", "keep alive"),
    (avatar, "leave", "resume"),
    (avatar, "read", "end"),
    (avatar, "speak", "end"),
    (avatar, "speak", "delete"),
    (avatar, "speak", "speak"),
    (avatar, "chat", "end"),
    (avatar, "chat", "speak"),
    (avatar, "delete", "resume"),
    (avatar, "delete", "speak"),
    (talked, "resume", "delete"),
    (talked, "chat", "delete"),
    (talked, "chat", "chat"),
    (talked, "chat", "regenerate"),
    (talked, "chat", "edit"),
    (talked, "chat", "stop"),
    (talked, "delete", "chat"),
    (talked, "regenerate", "regenerate"),
    (talked, "regenerate", "edit"),
    (talked, "regenerate", "delete"),
    (talked, "edit", "chat"),
    (talked, "edit", "edit"),
    (talked, "edit", "sweep"),
    (talked, "chat", "delete the account"),
    (talked, "delete the account", "chat"),
    (talked, "delete the account", "restore the account"),
    (talked, "delete the account", "resume"),
    (proposed, "confirm", "confirm"),
    (proposed, "confirm", "decline"),
    (proposed, "confirm", "chat"),
    (proposed, "confirm", "delete"),
    (proposed, "confirm", "regenerate"),
    (proposed, "decline", "confirm"),
    (closing, "sweep", "sweep"),
    (closing, "sweep", "restore the account"),
    (closing, "restore the account", "sweep"),
    (closing, "sweep", "start"),
    (closing, "sweep", "new chat"),
    (closing, "sweep", "chat"),
    (overdue, "sweep", "sweep"),
    (overdue, "sweep", "chat with its key"),
    (overdue, "chat with its key", "sweep"),
    (overdue, "sweep", "new chat"),
    (expired, "sweep", "sweep"),
    (expired, "sweep", "expire"),
    (expired, "expire", "end"),
    (expired, "end", "sweep"),
    (expired, "sweep", "resume"),
    (expired, "resume", "sweep"),
    (expired, "sweep", "start"),
]


async def one_mail(scene: TwoProcesses, first: Any, second: Any) -> list[str]:
    """A proposal is answered once: one of the two is refused, or meets the other's answer."""
    states = scene.simulation.harness.agent.states
    sent = sum(any("confirm" in name for name in state) for state in states)
    return [] if sent <= 1 else [f"the tool may act {sent} times: {first!r} {second!r}"]


async def honest_start(scene: TwoProcesses, first: Any, second: Any) -> list[str]:
    """A start that is answered names a session that ran. Nothing that was ended runs on."""
    found = []
    harness = scene.simulation.harness
    for result in (first, second):
        if isinstance(result, StartAvatarAnswer):
            document = await harness.session(result.avatar_session_id)
            if document.get("state") not in {"live", "ended", "ending"}:
                found.append(f"started, and it is {document.get('state')}")
    for session in harness.avatars.running():
        state = (await harness.session(session.id)).get("state")
        if state == "ended":
            found.append(f"{session.id} is ended here and runs at the provider")
    return found


async def all_or_nothing(scene: TwoProcesses, first: Any, second: Any) -> list[str]:
    """The account is restored as a whole, or nothing of it is left."""
    harness = scene.simulation.harness
    restored = any(isinstance(each, AccountAnswer) for each in (first, second))
    if isinstance(first, Ambiguous | ProcessDied):  # it may have been restored
        return []
    for _ in range(3):
        advance(harness.clock, 61)
        await scene.there.run(sweep(scene.there.app))
    messages = await harness.messages(scene.names["conversation"])
    if restored != bool(messages):
        return [f"restored: {restored}, and {len(messages)} messages are left"]
    return []


CHECKS: dict[Request, Check] = {
    closing: all_or_nothing,
    proposed: one_mail,
    avatar: honest_start,
    nothing: honest_start,
    expired: honest_start,
}


MEETINGS: list[Meeting] = ["before"]
if LONG:
    MEETINGS += ["after", "lost", "refused", "dead"]


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize(
    ("prepare", "first", "second"),
    PAIRS,
    ids=[f"{first} and {second} ({prepare.__name__})" for prepare, first, second in PAIRS],
)
async def test_two_requests_leave_nothing_wherever_they_meet(
    prepare: Request, first: str, second: str, meeting: Meeting
) -> None:
    broken, calls = await broken_interleavings(
        prepare,
        request(first, "here"),
        request(second, "there"),
        CHECKS.get(prepare, no_check),
        meeting,
        is_deleted="delete" in {first, second} or prepare is closing,
    )
    assert broken == []
    assert calls > 0
