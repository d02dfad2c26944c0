"""A local server that speaks Gemini's REST API, with scripted replies.

ADK's real `Gemini` model and Google's real genai client call it, so that the real aggregator makes the
events. A model's name chooses its script: `scripted-NAME`.
"""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Chunk = Mapping[str, Any]
"""A GenerateContentResponse of the stream."""
PACE_SECONDS = 0.05
"""Time before each chunk, so that parallel agents alternate."""


def text(value: str, **more: Any) -> dict[str, Any]:
    """Return a part with text."""
    return {"text": value, **more}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a part with a function call."""
    return {"functionCall": {"name": name, "args": arguments}}


def chunk(*parts: Mapping[str, Any], finish: str = "", tokens: int = 0) -> Chunk:
    """Return a chunk. `finish` is a finish reason, `tokens` the candidates' tokens."""
    candidate: dict[str, Any] = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if finish:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": 10,
        "candidatesTokenCount": tokens,
        "totalTokenCount": 10 + tokens,
    }
    return {"candidates": [candidate], **({"usageMetadata": usage} if tokens else {})}


@contextmanager
def serving(scripts: Mapping[str, Sequence[Sequence[Chunk]]]) -> Iterator[None]:
    """Serve the scripts, and point Google's genai client at the server.

    `scripts` has the replies of each model, a list of chunks for each call.
    """
    left = {name: list(replies) for name, replies in scripts.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            model = self.path.partition("/models/")[2].partition(":")[0]
            reply = left[model.removeprefix("scripted-")].pop(0)
            streaming = ":streamGenerateContent" in self.path
            kind = "text/event-stream" if streaming else "application/json"
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            if not streaming:
                self.wfile.write(json.dumps(reply[0]).encode())
                return
            for each in reply:
                time.sleep(PACE_SECONDS)
                self.wfile.write(f"data: {json.dumps(each)}\r\n\r\n".encode())
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["GOOGLE_GEMINI_BASE_URL"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["GOOGLE_API_KEY"] = "local"
    os.environ["GOOGLE_GENAI_USE_VERTEXAI"] = "false"
    yield
    server.shutdown()
