from pydantic import ConfigDict
from starlette.responses import Response

from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.api.page import page_files
from common.domain.errors import NotFound
from common.schemas.base import Request


class IndexRequest(Request):
    """A view of the page. Its query is for the page itself, such as `?google=connected`."""

    model_config = ConfigDict(extra="ignore")


class FileRequest(IndexRequest):
    file: str


class FolderFileRequest(FileRequest):
    folder: str


ANSWERS = {200: "The file.", 304: "The browser has it already."}


@Route("GET", "/", IndexRequest, None, answers=ANSWERS, raises=(NotFound,), callers="public")
async def page_index(
    _caller: User, _request: IndexRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Serve the index of the page."""
    return page_files().serve("index.html", app.settings)


@Route("GET", "/{file}", FileRequest, None, answers=ANSWERS, raises=(NotFound,), callers="public")
async def page_file(
    _caller: User, request: FileRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Serve a file of the page, or `config.json` with the addresses of the functions."""
    return page_files().serve(request.file, app.settings)


@Route(
    "GET",
    "/{folder}/{file}",
    FolderFileRequest,
    None,
    answers=ANSWERS,
    raises=(NotFound,),
    callers="public",
)
async def page_folder(
    _caller: User, request: FolderFileRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Serve a file in a folder of the page, or the index for a view such as `/c/1`."""
    return page_files().serve(f"{request.folder}/{request.file}", app.settings)


page = endpoint(page_index, page_file, page_folder, name="page")
