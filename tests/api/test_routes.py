"""Functions with several routes: paths, parameters, methods, callers and raw responses."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from common.api.endpoint import App, Function, IdempotencyKey, Route, User, endpoint
from common.api.routes import Declaration, split_address
from common.schemas.base import Answer, Id, Request
from infra.local.functions import FunctionRouter
from infra.local.plain_http import plain_client
from infra.local.server import serving
from tests.api.client import ORIGIN, FunctionClient, check_problem, fields_of


class ListNotes(Request):
    limit: int = 10


class NoteOf(Request):
    note_id: Id


class RenameNote(NoteOf):
    title: str


class Note(Answer):
    caller: str
    called: str
    given: dict[str, Any]


def note(caller: User, called: str, request: Request) -> Note:
    return Note(caller=caller.uid, called=called, given=request.model_dump())


@Route("GET", "/", ListNotes, Note, answers={200: "Notes."})
async def list_notes(caller: User, request: ListNotes, _app: App, _key: IdempotencyKey) -> Note:
    """List notes."""
    return note(caller, "list", request)


@Route("GET", "/latest", Request, Note, answers={200: "A note."}, callers="public")
async def latest_note(caller: User, request: Request, _app: App, _key: IdempotencyKey) -> Note:
    """Return the latest note."""
    return note(caller, "latest", request)


@Route("GET", "/{note_id}", NoteOf, Note, answers={200: "A note."})
async def read_note(caller: User, request: NoteOf, _app: App, _key: IdempotencyKey) -> Note:
    """Return a note."""
    return note(caller, "read", request)


@Route("PATCH", "/{note_id}", RenameNote, Note, answers={200: "A note."}, keyed=True)
async def rename_note(caller: User, request: RenameNote, _app: App, key: IdempotencyKey) -> Note:
    """Rename a note."""
    return note(caller, f"rename {key.path is not None}", request)


@Route("GET", "/{note_id}/file", NoteOf, None, answers={307: "Where the file is."})
async def note_file(_caller: User, request: NoteOf, _app: App, _key: IdempotencyKey) -> Response:
    """Redirect to the note's file."""
    return RedirectResponse(f"https://files.test/{request.note_id}")


notes = endpoint(list_notes, latest_note, read_note, rename_note, note_file, name="my_notes")


def app_of(function: Function, api: FunctionClient) -> ASGIApp:
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    inner = Starlette(routes=[StarletteRoute("/{path:path}", function, methods=methods)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, "oprina.app": api.app}, receive, send)

    return app


@pytest.fixture
async def client(api: FunctionClient) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(notes, api)),
        base_url="http://oprina.test",
        headers=api.headers(),
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "called", "given"),
    [
        ("GET", "/", None, "list", {"limit": 10}),
        ("GET", "/?limit=3", None, "list", {"limit": 3}),
        ("GET", "/latest", None, "latest", {}),
        ("GET", "/abc", None, "read", {"note_id": "abc"}),
        ("GET", "/abc/", None, "read", {"note_id": "abc"}),
        ("PATCH", "/abc", {"title": "T"}, "rename False", {"note_id": "abc", "title": "T"}),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/my_notes", "/my-notes", "/api/my_notes", "/api/my-notes"])
async def test_path_and_method_choose_the_use_case(
    client: httpx.AsyncClient,
    prefix: str,
    method: str,
    path: str,
    body: object,
    called: str,
    given: dict[str, Any],
) -> None:
    answer = await client.request(method, prefix + path, json=body)
    assert answer.status_code == 200, answer.text
    caller = "-" if called == "latest" else "ada"
    assert answer.json() == {"caller": caller, "called": called, "given": given}


@pytest.mark.parametrize("path", ["/abc/pages", "/a%2Fb", "/api/other/abc", "/other/my_notes/x"])
async def test_an_unknown_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    headers = {"origin": ORIGIN}
    for method in ("GET", "PATCH", "OPTIONS"):
        answer = await client.request(method, path, headers=headers)
        check_problem(answer, 404, "not_found")
        assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    ("path", "allow"), [("/", "GET, HEAD, OPTIONS"), ("/abc", "GET, HEAD, PATCH, OPTIONS")]
)
async def test_another_method_is_refused_with_those_of_the_path(
    client: httpx.AsyncClient, path: str, allow: str
) -> None:
    answer = await client.delete(path)
    assert fields_of(check_problem(answer, 405, "invalid")) == ["method"]
    assert answer.headers["allow"] == allow
    asked = {"origin": ORIGIN, "access-control-request-method": "PATCH"}
    preflight = await client.options(path, headers=asked)
    assert f"{preflight.headers['access-control-allow-methods']}, OPTIONS" == allow


async def test_each_route_has_its_own_callers(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    assert (await client.get("/latest")).status_code == 200
    check_problem(await client.get("/abc"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "/__a__", None, 422, "note_id"),
        ("GET", "/a%20b", None, 422, "note_id"),
        ("GET", "/abc?note_id=other", None, 400, "note_id"),
        ("GET", "/abc?limit=3", None, 422, "limit"),
        ("PATCH", "/abc", {"title": "T", "note_id": "other"}, 400, "note_id"),
        ("PATCH", "/abc", {"title": 1}, 422, "title"),
    ],
)
async def test_parameters_are_checked_like_fields(
    client: httpx.AsyncClient, method: str, path: str, body: object, status: int, field: str
) -> None:
    answer = await client.request(method, path, json=body)
    assert fields_of(check_problem(answer, status, "invalid")) == [field]


async def test_only_a_keyed_route_gets_the_key(client: httpx.AsyncClient) -> None:
    client.headers["idempotency-key"] = "k"
    answer = await client.patch("/abc", json={"title": "T"})
    assert answer.json()["called"] == "rename True"
    client.headers["idempotency-key"] = "not one"
    check_problem(await client.get("/abc"), 400, "invalid")


async def test_a_raw_response_is_sent_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/abc/file", headers={"origin": ORIGIN})
    assert (answer.status_code, answer.headers["location"]) == (307, "https://files.test/abc")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


async def test_the_router_serves_all_addresses_and_sub_paths(api: FunctionClient) -> None:
    async def fallback(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("fallback")(scope, receive, send)

    router = FunctionRouter({"my_notes": app_of(notes, api)}, api.app, fallback)
    async with (
        serving(router) as address,
        plain_client(base_url=address, headers=api.headers()) as client,
    ):
        for root in ("/my_notes", "/my-notes", "/api/my_notes", "/api/my-notes"):
            assert (await client.get(root)).json()["called"] == "list"
            assert (await client.get(f"{root}/abc")).json()["given"] == {"note_id": "abc"}
            # Below the router the name is a parameter like any other.
            assert (await client.get(f"{root}/my_notes")).json()["given"] == {"note_id": "my_notes"}
        for path in ("/", "/api", "/api/", "/api/notes", "/local/my_notes"):
            assert (await client.get(path)).text == "fallback"


def test_a_wrong_declaration_is_refused() -> None:
    with pytest.raises(ValueError, match="NoteOf has no field"):
        Route("GET", "/{other}", NoteOf, Note, answers={})
    internal = Route("GET", "/all", Request, Note, answers={}, callers="internal")(
        latest_note.use_case
    )
    with pytest.raises(ValueError, match="IAM admits"):
        Declaration("mixed", [list_notes, internal])


def test_an_address_is_split_into_function_and_root() -> None:
    assert split_address("/api/end-session/x/y") == ("end_session", "/api/end-session")
    assert split_address("/chat") == ("chat", "/chat")
    assert split_address("/") == ("", "")
