"""Serve the files of the page: names with a hash for ever, the index never from a cache."""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from common.domain.errors import NotFound
from common.settings import Settings

FILES = Path(__file__).parents[2] / "web" / "dist"
INDEX = "index.html"
CONFIG = "config.json"
PACKED = ".gz"
HASHED = ("assets/", "vad-")
"""Beginnings of paths with a hash of their content: another content has another name."""
NO_VIEWS = (*HASHED, "api/")
"""Beginnings of paths that are never a view of the page: a missing one of them is a 404."""
TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".webmanifest": "application/manifest+json",
}
"""Media types that depend on the machine's own table, or are not in it."""
FOREVER = "public, max-age=31536000, immutable"
NEVER = "no-cache"


@dataclass(frozen=True)
class PageFile:
    """A file of the page. `packed` is the same content, compressed by gzip."""

    content: bytes
    packed: bytes | None
    media_type: str
    caching: str
    tag: str


class PageFiles:
    """The built files of the page, read once and kept in memory until `refresh`.

    A request names a file by its path below the folder. Only paths that were found there are served.
    """

    def __init__(self, folder: Path = FILES) -> None:
        self._folder = folder
        self._list_files()

    def _list_files(self) -> None:
        self._built_at = self._index_time()
        found = [path for path in self._folder.rglob("*.*") if path.is_file()]
        self._paths = {path.relative_to(self._folder).as_posix(): path for path in found}
        self._read = cache(self._read_file)

    def _index_time(self) -> int | None:
        """Return when the index was written, in nanoseconds. None if there is no index."""
        try:
            return (self._folder / INDEX).stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def refresh(self) -> None:
        """List and read the files again if the page was built since. For a development server."""
        if self._index_time() != self._built_at:
            self._list_files()

    @property
    def is_built(self) -> bool:
        return INDEX in self._paths

    def find(self, path: str) -> PageFile | None:
        """Return the file at `path` (`assets/app-1a2b.js`), or None."""
        known = path in self._paths or path + PACKED in self._paths
        return self._read(path) if known and not path.endswith(PACKED) else None

    def serve(self, path: str, settings: Settings) -> Response:
        """Return the response for a path. A view of the page, such as `c/1`, has the index.

        Raises NotFound.
        """
        if path == CONFIG:
            text = json.dumps(page_config(settings))
            file = PageFile(text.encode(), None, "application/json", NEVER, _tag(text.encode()))
            return PageResponse(file, security_headers(settings))
        file_found = self.find(path)
        if file_found is None and "." not in path and not path.startswith(NO_VIEWS):
            file_found = self.find(INDEX)
        if file_found is None:
            raise NotFound("The page has no such file.")
        return PageResponse(file_found, security_headers(settings))

    def _read_file(self, path: str) -> PageFile:
        packed = self._paths[path + PACKED].read_bytes() if path + PACKED in self._paths else None
        plain = self._paths[path].read_bytes() if path in self._paths else None
        content = gzip.decompress(packed) if plain is None and packed is not None else plain or b""
        suffix = Path(path).suffix
        media_type = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or TYPES[".onnx"]
        caching = FOREVER if path.startswith(HASHED) else NEVER
        return PageFile(content, packed, media_type, caching, _tag(content))


class PageResponse(Response):
    """A file, compressed if the browser accepts that, or 304 if the browser has it already."""

    def __init__(self, file: PageFile, headers: Mapping[str, str]) -> None:
        super().__init__(
            headers={**headers, "cache-control": file.caching, "etag": file.tag},
            media_type=file.media_type,
        )
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        headers = MutableHeaders(raw=self.raw_headers)
        headers.add_vary_header("Accept-Encoding")
        if asked.get("if-none-match") == self._file.tag:
            self.status_code, self.body = 304, b""
            del headers["content-length"]
        elif self._file.packed is not None and "gzip" in asked.get("accept-encoding", ""):
            self.body = self._file.packed
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(self.body))
        else:
            self.body = self._file.content
            headers["content-length"] = str(len(self.body))
        if scope["method"] == "HEAD":
            self.body = b""
        await super().__call__(scope, receive, send)


@cache
def page_files() -> PageFiles:
    """Return the files of this deployment. They are listed at the first call."""
    return PageFiles()


def page_config(settings: Settings) -> Mapping[str, object]:
    """Return what the page must know of its deployment. Nothing in it is secret."""
    firebase = {
        "kind": "firebase",
        "api_key": settings.web_config.get("apiKey", ""),
        "auth_domain": _auth_domain(settings),
    }
    return {
        "api": settings.api_urls or "/api",
        "sign_in": {"kind": "local"} if _is_local(settings) else firebase,
    }


def security_headers(settings: Settings) -> Mapping[str, str]:
    """Return the headers that limit what the page may load, and where it may send."""
    firebase = (
        () if _is_local(settings) else ("https://*.googleapis.com", "https://apis.google.com")
    )
    frame = () if _is_local(settings) else (f"https://{_auth_domain(settings)}",)
    here = ("ws://127.0.0.1:*", "ws://localhost:*", "http://127.0.0.1:*", "http://localhost:*")
    rooms = [f"{scheme}://{host}" for host in settings.media_hosts for scheme in ("wss", "https")]
    media = here if _is_local(settings) else rooms
    policy = {
        "default-src": ("'self'",),
        "script-src": ("'self'", "'wasm-unsafe-eval'", *firebase[1:]),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:", "blob:"),
        "media-src": ("'self'", "blob:", "mediastream:"),
        "worker-src": ("'self'", "blob:"),
        "connect-src": ("'self'", *firebase, *media, *settings.api_urls.values()),
        "frame-src": frame or ("'none'",),
        "object-src": ("'none'",),
        "base-uri": ("'none'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
    }
    headers = {
        "content-security-policy": "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in policy.items()
        ),
        "cross-origin-opener-policy": "same-origin-allow-popups",
        "permissions-policy": "microphone=(self), camera=(), geolocation=()",
        "referrer-policy": "strict-origin-when-cross-origin",
        "x-content-type-options": "nosniff",
    }
    if not _is_local(settings):
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


def _is_local(settings: Settings) -> bool:
    return not settings.web_config


def _auth_domain(settings: Settings) -> str:
    return settings.web_config.get("authDomain") or f"{settings.project}.firebaseapp.com"


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'
