"""A client that openapi-python-client generates, in each layout of addresses."""

import asyncio
import base64
import importlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from tests.clients.generated.layouts import AddressOf, layouts
from tests.clients.report import ClientAddresses, Report, check

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "openapi.json"
PACKAGE = "oprina_client"


async def main() -> None:
    address = ClientAddresses.from_arguments()
    client = f"openapi-python-client {version('openapi-python-client')}"
    with tempfile.TemporaryDirectory() as folder:
        with Report(client).call("generate, without a warning"):
            generate(Path(folder))
        sys.path.insert(0, folder)
        for layout, address_of in layouts(address).items():
            await visit(Report(f"{client}, {layout}"), Api(address_of, address))


def generate(folder: Path) -> None:
    """Write the client into a folder. Raises AssertionError with the generator's warnings."""
    program = Path(sys.executable).with_name("openapi-python-client")
    options = {
        "--path": DOCUMENT,
        "--config": HERE / "openapi_python_client.yml",
        "--output-path": folder / PACKAGE,
        "--meta": "none",
    }
    given = [str(each) for option in options.items() for each in option]
    command = [str(program), "generate", "--fail-on-warning", *given]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    check(ran.returncode == 0, ran.stdout + ran.stderr)


class Api:
    """Calls the generated code, each operation at the address of its function."""

    def __init__(self, address_of: AddressOf, address: ClientAddresses) -> None:
        self._address_of = address_of
        self._token = address.token
        self._recording = base64.b64decode(address.recording)

    def client(self, function: str) -> Any:
        generated = importlib.import_module(PACKAGE)
        return generated.AuthenticatedClient(
            base_url=self._address_of(function),
            token=self._token,
            timeout=httpx.Timeout(30),
            raise_on_unexpected_status=True,
        )

    async def call(self, function: str, operation: str, status: int, **arguments: Any) -> Any:
        """Call an operation and return the parsed answer. Raises AssertionError for another status."""
        module = importlib.import_module(f"{PACKAGE}.api.default.{operation}")
        answer = await module.asyncio_detailed(client=self.client(function), **arguments)
        check(answer.status_code == status, answer)
        return answer.parsed

    def recording(self) -> Any:
        """Return a recording of speech as a file that the generated client sends."""
        file = importlib.import_module(f"{PACKAGE}.types").File
        return file(io.BytesIO(self._recording), "words.wav", "audio/wav")

    def send_file(self, function: str, operation: str, file: Any) -> Any:
        """Send a file as the body, which the generated asynchronous client cannot do."""
        module = importlib.import_module(f"{PACKAGE}.api.default.{operation}")
        answer = module.sync_detailed(client=self.client(function), body=file)
        check(answer.status_code == 200, answer)
        return answer.parsed

    async def events(self, body: Any) -> AsyncIterator[Any]:
        """Yield the events of a turn, each as the generated model of its name."""
        accept = {"accept": "text/event-stream"}
        client = self.client("chat").get_async_httpx_client()
        async with client.stream("POST", "/chat", json=body.to_dict(), headers=accept) as answer:
            check(answer.status_code == 200, answer.status_code)
            name = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    kind = model(f"{name.title()}Event")
                    yield kind.from_dict({"event": name, **json.loads(value)})


def model(name: str) -> Any:
    """Return a generated model."""
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


async def visit(report: Report, api: Api) -> None:
    with report.call("health"):
        check((await api.call("health", "health", 200)).status == "ok")
    session = conversation = ""
    with report.call("start_avatar"):
        body = model("StartAvatarRequest")(quality="medium")
        started = await api.call("start_avatar", "start_avatar", 201, body=body)
        session, conversation = started.avatar_session_id, started.conversation_id
        check(started.livekit_url.startswith("ws"), started)
    await visit_chat(report, api, conversation)
    await visit_session(report, api, session)
    await visit_conversations(report, api, conversation)
    await visit_account(report, api)
    await visit_voice(report, api)
    await visit_refusals(report, api)


async def visit_chat(report: Report, api: Api, conversation: str) -> None:
    request = model("ChatRequest")
    with report.call("chat: one answer"):
        body = request(message="Hello.", conversation_id=conversation, speak=False)
        answer = await api.call("chat", "chat", 200, body=body, idempotency_key=conversation)
        check(answer.text and answer.ended == "complete", answer)
        again = await api.call("chat", "chat", 200, body=body, idempotency_key=conversation)
        check(again.message_id == answer.message_id, again)
    with report.call("chat: a stream, spoken"):
        body = request(message="Hello again.", conversation_id=conversation)
        found = [event async for event in api.events(body)]
        names = [event.event for event in found]
        check((names[0], names[-1]) == ("turn", "done"), names)
        check({"text", "sentence", "speech", "usage"} <= {*names}, names)
        check(found[-1].ended == "complete", found[-1])
    with report.call("chat: a recording"):
        body = request(conversation_id=conversation, speak=False)
        sound = model("ChatFilesBody")(audio=api.recording(), request=body)
        answer = await api.call("chat", "chat", 200, body=sound)
        check(answer.ended == "complete", answer)


async def visit_session(report: Report, api: Api, session: str) -> None:
    with report.call("keep_alive"):
        body = model("KeepAliveRequest")(avatar_session_id=session)
        await api.call("keep_alive", "keep_alive", 200, body=body)
    with report.call("speak"):
        body = model("SpeakRequest")(avatar_session_id=session, text="Good.", wait=False)
        await api.call("speak", "speak", 200, body=body)
    with report.call("end_session"):
        body = model("EndSessionRequest")(avatar_session_id=session)
        ended = await api.call("end_session", "end_session", 200, body=body)
        check(ended.avatar_session_id == session, ended)


async def visit_conversations(report: Report, api: Api, conversation: str) -> None:
    where = {"conversation_id": conversation}
    with report.call("conversations: rename, list, read"):
        title = model("RenameConversationRequest")(title="A good talk")
        await api.call("conversations", "rename_conversation", 200, body=title, **where)
        listed = await api.call("conversations", "list_conversations", 200, limit=5, q="good")
        check(conversation in [each.conversation_id for each in listed.conversations], listed)
        read = await api.call("conversations", "read_conversation", 200, **where)
        check(read.title == "A good talk", read)
    with report.call("conversations: messages and feedback"):
        page = await api.call("conversations", "list_messages", 200, limit=2, **where)
        check(len(page.messages) == 2 and page.more, page)
        body = model("RateMessageRequest")(rating="good")
        rated = {**where, "message_id": page.messages[-1].message_id}
        await api.call("conversations", "rate_message", 200, body=body, **rated)


async def visit_account(report: Report, api: Api) -> None:
    change, preferences = model("ChangeAccountRequest"), model("PreferencesChange")
    with report.call("account: change, leave, reset"):
        body = change(preferences=preferences(speed=1.25))
        await api.call("account", "change_account", 200, body=body)
        kept = await api.call("account", "change_account", 200, body=change(name="Ada"))
        check(kept.preferences.speed == 1.25, kept)
        body = change(preferences=preferences(speed=None))
        await api.call("account", "change_account", 200, body=body)
        read = await api.call("account", "read_account", 200)
        check("speed" not in read.preferences.to_dict(), read)
    with report.call("account: usage and export"):
        usage = await api.call("account", "read_usage", 200)
        check(usage.months, usage)
        await api.call("account", "export_account", 200)


async def visit_voice(report: Report, api: Api) -> None:
    with report.call("voice: synthesize"):
        body = model("SynthesizeRequest")(text="Hello there.")
        file = await api.call("voice", "synthesize", 200, body=body)
        check(file.payload.read(4) == b"RIFF", file)
    with report.call("voice: transcribe a form and a file"):
        form = model("TranscribeFilesBody")(audio=api.recording(), language="en-US")
        heard = await api.call("voice", "transcribe", 200, body=form)
        check(heard.text, heard)
        heard = await asyncio.to_thread(api.send_file, "voice", "transcribe", api.recording())
        check(heard.text, heard)


async def visit_refusals(report: Report, api: Api) -> None:
    with report.call("problems: 404, 422"):
        body = model("EndSessionRequest")(avatar_session_id="missing")
        problem = await api.call("end_session", "end_session", 404, body=body)
        check(problem.code == "not_found", problem)
        problem = await api.call("chat", "chat", 422, body=model("ChatRequest")(message=""))
        check(problem.errors[0].field == "message", problem)


if __name__ == "__main__":
    asyncio.run(main())
