"""Every call of the API, against the local stack."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.python.oprina import AsyncOprina, NotFoundError
from clients.python.oprina.asynchronous.account import AsyncAccount
from clients.python.oprina.asynchronous.conversations import AsyncConversations
from clients.python.oprina.asynchronous.google import AsyncGoogle
from clients.python.oprina.asynchronous.voice import AsyncVoice
from clients.python.oprina.models import (
    ChangeAccountRequest,
    DoneEvent,
    HeardEvent,
    PreferencesChange,
    TurnEvent,
)
from clients.python.tests.broken_network import BrokenNetwork
from clients.python.tests.people import Someone, person
from infra.local.recogniser.recogniser import Recognition
from tests.end_to_end.scene import Scene
from tests.support.recordings import wav_file

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
NOT_FOR_CLIENTS = {
    "begin_google",  # of a browser
    "budget_alert",  # of Pub/Sub
    "finish_google",  # of a browser
    "page_file",
    "page_folder",
    "page_index",
    "sweep_expired",  # of Cloud Scheduler
}
METHODS: dict[str, Callable[..., object]] = {
    "change_account": AsyncAccount.change,
    "chat": AsyncOprina.chat,
    "connect_google": AsyncGoogle.connect,
    "delete_account": AsyncAccount.delete,
    "delete_conversation": AsyncConversations.delete,
    "disconnect_google": AsyncGoogle.disconnect,
    "end_session": AsyncOprina.end_session,
    "export_account": AsyncAccount.export,
    "health": AsyncOprina.health,
    "keep_alive": AsyncOprina.keep_alive,
    "list_conversations": AsyncConversations.list,
    "list_messages": AsyncConversations.messages,
    "rate_message": AsyncConversations.rate,
    "read_account": AsyncAccount.read,
    "read_certificate": AsyncAccount.certificate,
    "read_conversation": AsyncConversations.read,
    "read_google": AsyncGoogle.read,
    "read_usage": AsyncAccount.usage,
    "rename_conversation": AsyncConversations.rename,
    "restore_account": AsyncAccount.restore,
    "speak": AsyncOprina.speak,
    "start_avatar": AsyncOprina.start_avatar,
    "switch_google": AsyncGoogle.switch,
    "synthesize": AsyncVoice.synthesize,
    "transcribe": AsyncVoice.transcribe,
}
"""The method of each operation."""


def operations() -> dict[str, dict[str, Any]]:
    found = [
        operation
        for path in DOCUMENT["paths"].values()
        for method, operation in path.items()
        if method != "servers"
    ]
    return {operation["operationId"]: operation for operation in found}


def test_every_operation_for_clients_has_a_method() -> None:
    assert set(METHODS) == set(operations()) - NOT_FOR_CLIENTS


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_every_field_of_its_request(name: str) -> None:
    """The client adds none that the API does not have, apart from `key` and a recording."""
    operation, schemas = operations()[name], DOCUMENT["components"]["schemas"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    models = re.findall(r"#/components/schemas/(\w+)", json.dumps(body))
    fields = {field for model in models for field in schemas[model].get("properties", {})} | {
        parameter["name"] for parameter in operation.get("parameters", []) if "name" in parameter
    }
    if name == "change_account":
        fields = {"changes"}
    own = {"key", "recording", "audio", "self"}
    assert set(inspect.signature(METHODS[name]).parameters) - own == fields - {"stop"}


async def test_a_conversation_is_listed_renamed_rated_and_deleted(
    scene: Scene, someone: Someone
) -> None:
    async with someone(scene) as ada:
        turn = ada.chat("Hello!", speak=False)
        done = await turn.finish()
        assert turn.turn is not None
        conversation = turn.turn.conversation_id
        found = await ada.conversations.read(conversation)
        assert found.last_turn is not None
        assert (found.last_turn.state, found.last_turn.text) == ("ended", done.text)
        renamed = await ada.conversations.rename(conversation, "A greeting")
        assert renamed.title == "A greeting"
        listed = await ada.conversations.list(q="greet", limit=5)
        assert [each.title for each in listed.conversations] == ["A greeting"]
        page = await ada.conversations.messages(conversation, limit=1)
        assert (page.messages[0].text, page.more) == (done.text, True)
        reply = page.messages[0].message_id
        rated = await ada.conversations.rate(conversation, reply, "good", "Friendly.")
        assert rated.feedback is not None
        assert (rated.feedback.rating, rated.feedback.comment) == ("good", "Friendly.")
        assert (await ada.conversations.rate(conversation, reply, None)).feedback is None
        before = await ada.conversations.messages(conversation, before=reply)
        assert [message.role for message in before.messages] == ["user"]
        assert (await ada.conversations.delete(conversation)).state in {"deleting", "deleted"}
        with pytest.raises(NotFoundError):
            await ada.conversations.read(conversation)


async def test_every_page_of_conversations_is_listed(scene: Scene, someone: Someone) -> None:
    async with someone(scene) as ada:
        made = []
        for _ in range(3):
            turn = ada.chat("Hello!", speak=False)
            await turn.finish()
            assert turn.turn is not None
            made.append(turn.turn.conversation_id)
        first = await ada.conversations.list(limit=2)
        assert first.next is not None
        second = await ada.conversations.list(limit=2, cursor=first.next)
        pages = [*first.conversations, *second.conversations]
        assert [each.conversation_id for each in pages] == made[::-1]
        everything = [each.conversation_id async for each in ada.conversations.all()]
        assert everything == made[::-1]


async def test_the_next_pages_are_read_too() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("cursor", "0"))
        names = {"conversation_id": f"c{number}", "title": request.url.params["q"]}
        dates = dict.fromkeys(("created_at", "updated_at"), "2026-11-30T12:00:00Z")
        rest = {"next": str(number + 1)} if number < 2 else {}
        return httpx.Response(200, json={"conversations": [{**names, **dates}], **rest})

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(page)) as http,
        AsyncOprina("http://oprina.test", "token", http=http) as ada,
    ):
        found = [each async for each in ada.conversations.all(q="a title")]
    assert [each.conversation_id for each in found] == ["c0", "c1", "c2"]


async def test_a_message_is_answered_again_and_edited(scene: Scene, someone: Someone) -> None:
    async with someone(scene) as ada:
        turn = ada.chat("Hello!", speak=False)
        await turn.finish()
        assert turn.turn is not None
        conversation = turn.turn.conversation_id
        again = ada.chat(regenerate=True, conversation_id=conversation, speak=False)
        assert (await again.finish()).ended == "complete"
        page = await ada.conversations.messages(conversation)
        question = next(message for message in page.messages if message.role == "user")
        edited = ada.chat(
            "What time is it?", edit=question.message_id, conversation_id=conversation, speak=False
        )
        assert (await edited.finish()).ended == "complete"


async def test_the_account_is_changed_exported_deleted_and_restored(
    scene: Scene, someone: Someone
) -> None:
    async with someone(scene) as ada:
        changes = ChangeAccountRequest(name="Ada", preferences=PreferencesChange(speed=1.5))
        changed = await ada.account.change(changes)
        assert (changed.name, changed.preferences.speed) == ("Ada", 1.5)
        reset = ChangeAccountRequest(preferences=PreferencesChange(speed=None))
        found = await ada.account.change(reset)
        assert (found.name, found.preferences.speed) == ("Ada", None)
        assert len((await ada.account.usage()).months) == 12
        assert json.loads(await ada.account.export())
        deletion = await ada.account.delete()
        assert deletion.deletes_at > deletion.requested_at
        with pytest.raises(NotFoundError):
            await ada.account.certificate("unknown")
        assert (await ada.account.restore()).deletion is None


async def test_an_avatar_speaks_and_ends(scene: Scene, someone: Someone) -> None:
    async with someone(scene) as ada:
        started = await ada.start_avatar(quality="low")
        spoken = await ada.speak(started.avatar_session_id, "Hello.")
        assert spoken.ended == "complete"
        kept = await ada.keep_alive(started.avatar_session_id)
        assert kept.idle_at <= started.expires_at
        assert (await ada.end_session(started.avatar_session_id)).state == "ended"


async def test_the_google_connection_begins_at_a_one_use_address(
    scene: Scene, someone: Someone
) -> None:
    async with someone(scene) as ada:
        assert (await ada.google.read()).state == "none"
        page = await ada.google.connect(mail=True, calendar=False)
        assert "ticket=" in page.url
        with pytest.raises(NotFoundError):
            await ada.google.switch(mail=False)
        assert (await ada.google.disconnect()).state == "none"


async def test_a_text_becomes_speech(scene: Scene, someone: Someone) -> None:
    async with someone(scene) as ada:
        sound = await ada.voice.synthesize("Hello.")
        assert sound.startswith(b"RIFF")
        assert (await ada.health(deep=True)).status == "ok"


async def recognised(_: bytes) -> Recognition:
    return Recognition(1.5, "What time is it?", 0.9)


@pytest.fixture
def listening(scene: Scene) -> Iterator[Scene]:
    """Yield the stack with a recogniser that hears the same words in every recording."""
    recognition = scene.local.simulators.recognition
    before, recognition.recognise = recognition.recognise, recognised
    yield scene
    recognition.recognise = before


async def test_a_spoken_message_is_heard_and_answered(listening: Scene, someone: Someone) -> None:
    async with someone(listening) as ada:
        recording = wav_file(1.5)
        heard = await ada.voice.transcribe(recording, language="de-DE")
        assert (heard.text, heard.seconds) == ("Wie spät ist es?", 1.5)
        turn = ada.chat(audio=recording, speak=False)
        events = [event async for event in turn]
        assert [type(event) for event in events[:2]] == [HeardEvent, TurnEvent]
        assert turn.text != ""


async def test_a_spoken_message_is_taken_up_too(listening: Scene) -> None:
    network = BrokenNetwork()
    async with person(listening, network) as ada:
        for cut in (0, 1, 2, 4):
            network.cuts = [cut]
            events = [event async for event in ada.chat(audio=wav_file(1.5), speak=False)]
            assert [type(event) for event in events].count(HeardEvent) == 1
            assert isinstance(events[-1], DoneEvent)
