"""`python -m infra.local`, started and ended from a shell."""

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from infra.local.plain_http import plain_client

ROOT = Path(__file__).parents[2]


async def run(*arguments: str, module: str = "infra.local", **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=PIPE,
        stderr=PIPE,
    )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


async def test_stack_says_ready_prints_requests_and_ends_quietly(
    tmp_path: Path,
) -> None:
    port = free_port()
    proxies = {"http_proxy": "http://127.0.0.1:9", "grpc_proxy": "http://127.0.0.1:9"}
    process = await run("--port", port, OPRINA_DATA_DIR=str(tmp_path), **proxies)
    assert process.stdout is not None
    ready = (await process.stdout.readline()).decode()
    assert ready.startswith(f"Oprina is ready on http://localhost:{port} ")
    async with plain_client(base_url=f"http://127.0.0.1:{port}") as ada:
        token = (await ada.post("/local/sign-in", json={"name": "ada"})).json()["id_token"]
        ada.headers["authorization"] = f"Bearer {token}"
        begun = (await ada.post("/start_avatar")).json()
        body = {"message": "a story", "conversation_id": begun["conversation_id"]}
        accept = {"accept": "text/event-stream"}
        async with ada.stream("POST", "/chat", json=body, headers=accept) as story:
            async for line in story.aiter_lines():
                if '"started"' in line:
                    break
            process.send_signal(signal.SIGINT)
            output, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert re.search(rb"^201 start_avatar \d\.\d\d s ada$", output, re.MULTILINE)
    files = {"oprina.sqlite3", "identity-key.pem", "secrets.json", "certificates.json"}
    assert files <= set(os.listdir(tmp_path))  # noqa: PTH208 - ruff forbids a blocking Path here


async def test_port_in_use_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await run("--port", port, "--data-dir", str(tmp_path))
        output, error = await process.communicate()
    assert (process.returncode, output) == (1, b"")
    assert error.decode().count("\n") == 1
    assert f"Port {port} is in use" in error.decode()


async def test_invalid_setting_is_named_without_its_value(tmp_path: Path) -> None:
    arguments = ("--port", free_port(), "--data-dir", str(tmp_path))
    process = await run(*arguments, OPRINA_IDLE_SECONDS="soon")
    _, error = await process.communicate()
    assert process.returncode == 1
    assert error.startswith(b"OPRINA_IDLE_SECONDS: ")
    assert b"soon" not in error


async def test_firestore_store_needs_an_emulator(tmp_path: Path) -> None:
    arguments = ("--store", "firestore", "--data-dir", str(tmp_path))
    process = await run(*arguments, FIRESTORE_EMULATOR_HOST="")
    _, error = await process.communicate()
    assert process.returncode == 1
    assert b"FIRESTORE_EMULATOR_HOST" in error


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
async def test_installation_without_a_network_fails_with_one_sentence(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    settings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "MAKE", "MFLAGS"))
    }
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    process = await asyncio.create_subprocess_exec(
        *("make", "run", f"PYTHON={sys.executable}"),
        cwd=tmp_path,
        env={**settings, **offline},
        stdout=PIPE,
        stderr=PIPE,
    )
    _, errors = await process.communicate()
    lines = errors.decode().splitlines()
    sentence = "pip cannot reach a package registry. Check the network, then run make again."
    assert lines.count(sentence) == 1
    assert lines[-1].startswith("make: ***")
    assert process.returncode == 2
