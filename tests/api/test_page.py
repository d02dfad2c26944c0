"""The page as the function `page` serves it."""

import gzip
import os
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.api.page import PageFiles
from common.api.responses import handle_errors
from common.settings import Settings
from functions.page.main import FolderFileRequest

LOCAL = Settings()
DEPLOYED = Settings(
    project="talk-prod",
    web_config={"apiKey": "public-key", "authDomain": "", "projectId": "talk-prod"},
    api_urls={"chat": "https://chat.example"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("let a;")
    (tmp_path / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"let a;"))
    (tmp_path / "vad-3c4d").mkdir()
    (tmp_path / "vad-3c4d" / "model.wasm.gz").write_bytes(gzip.compress(b"wasm"))
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture(params=[LOCAL, DEPLOYED], ids=["local", "deployed"])
def browser(folder: Path, request: pytest.FixtureRequest) -> httpx.AsyncClient:
    files = PageFiles(folder)

    async def serve(asked: Request) -> Response:
        async def respond() -> Response:
            return files.serve(asked.path_params["path"] or "index.html", request.param)

        return await handle_errors(respond(), "page")

    app = Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "HEAD"])])
    return client_of(app)


def client_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")


async def test_views_of_the_page_get_the_index_which_caches_revalidate(
    browser: httpx.AsyncClient,
) -> None:
    for path in ("/", "/c/01abc", "/settings/look"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.text) == (200, "<!doctype html>")
        assert answer.headers["cache-control"] == "no-cache"


async def test_a_hashed_name_is_cached_for_ever_and_sent_compressed(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/assets/app-1a2b.js")
    assert answer.text == "let a;"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_a_client_without_gzip_gets_a_file_that_exists_only_compressed(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/vad-3c4d/model.wasm", headers={"accept-encoding": "identity"})
    assert answer.content == b"wasm"
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"] == "application/wasm"


async def test_a_file_that_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/")).headers["etag"]
    answer = await browser.get("/", headers={"if-none-match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/api/no-such-function",
        "/assets/old-9z.js",
        "/assets/app-1a2b.js.gz",
        "/missing.txt",
        "/..%2fsecret.txt",
        "/vad-3c4d/x",
    ],
)
async def test_other_files_are_not_found(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_policy_allows_own_scripts_and_webassembly_only(
    browser: httpx.AsyncClient,
) -> None:
    policy = (await browser.get("/")).headers["content-security-policy"]
    [scripts] = re.findall(r"script-src ([^;]+)", policy)
    assert set(scripts.split()) <= {"'self'", "'wasm-unsafe-eval'", "https://apis.google.com"}
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy


async def test_the_configuration_names_addresses_and_sign_in(folder: Path) -> None:
    files = PageFiles(folder)
    local, deployed = [await config_of(files, each) for each in (LOCAL, DEPLOYED)]
    assert local == b'{"api": "/api", "sign_in": {"kind": "local"}}'
    assert b'"chat": "https://chat.example"' in deployed
    assert b'"auth_domain": "talk-prod.firebaseapp.com"' in deployed


async def config_of(files: PageFiles, settings: Settings) -> bytes:
    async def serve(_: Request) -> Response:
        return files.serve("config.json", settings)

    async with client_of(Starlette(routes=[Route("/config.json", serve)])) as client:
        answer = await client.get("/config.json")
    assert answer.headers["cache-control"] == "no-cache"
    return answer.content


def test_a_query_of_the_page_is_ignored() -> None:
    """Google's consent returns to `/settings/services?google=connected`; links carry their own."""
    query = {"google": "connected", "utm_source": "mail"}
    asked = FolderFileRequest.model_validate({"folder": "settings", "file": "services", **query})
    assert (asked.folder, asked.file) == ("settings", "services")


def test_a_page_that_is_built_again_is_listed_at_the_next_refresh(folder: Path) -> None:
    files = PageFiles(folder)
    (folder / "assets" / "app-1a2b.js").rename(folder / "assets" / "app-5e6f.js")
    index = folder / "index.html"
    index.write_text("<!doctype html><title>new</title>")
    os.utime(index, ns=(0, index.stat().st_mtime_ns + 1_000_000_000))
    assert files.find("assets/app-5e6f.js") is None
    files.refresh()
    assert files.find("assets/app-5e6f.js") is not None
    shown = files.find("index.html")
    assert shown is not None
    assert b"new" in shown.content
