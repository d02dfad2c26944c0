"""Each zip, unpacked into an empty folder and started as Google's buildpack starts it.

The command is functions-framework without options, configured by the environment, with only the
packages of the zip's own requirements.txt.

    PACKAGE_PYTHON=python3.13 pytest tests/infra/test_package_starts.py

installs those packages with pip, as a build does, and runs every case (`make package-check`).
Without it the packages of .venv are linked, and one case of each zip runs.
"""

import json
import os
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.deploy.package import functions, package
from tests.api.cases import FOR_USERS, Case
from tests.infra.deploy.isolated_python import make_interpreter, pins

READY_SECONDS = 60
SETTINGS = {
    "OPRINA_PROJECT": "oprina-test",
    "OPRINA_AGENT_ENGINE": "projects/oprina-test/locations/us-central1/reasoningEngines/1",
    "OPRINA_SWEEP_URL": "https://sweep.oprina.test",
    "OPRINA_TASKS_ACCOUNT": "tasks@oprina-test.iam.gserviceaccount.com",
}
"""The settings that a deployed function cannot start without."""
NO_CREDENTIALS = {"GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent"}
"""Keeps credentials of the machine that runs the tests from being found."""
ABSENT = ["google.cloud.aiplatform", "vertexai", "pytest", "numpy", "infra", "tests", "bench"]
EVERY_CASE = "PACKAGE_PYTHON" in os.environ
BOTH = ["true", "false"]
"""Google sets `LOG_EXECUTION_ID` to true; Terraform sets it to false."""


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each function's folder, by its name."""
    dist, folder = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("unpacked")
    for name in package(dist):
        with zipfile.ZipFile(dist / f"{name}.zip") as archive:
            archive.extractall(folder / name)
    return {name: folder / name for name in functions()}


@pytest.fixture(scope="session")
def python(unpacked: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    return make_interpreter(folder, unpacked["chat"] / "requirements.txt")


def environment(target: str, port: int, log_execution_id: str) -> dict[str, str]:
    """Return all variables of a deployed function: the settings, and those that Google adds."""
    service = target.replace("_", "-")
    return {
        **SETTINGS,
        **NO_CREDENTIALS,
        "FUNCTION_SIGNATURE_TYPE": "http",
        "FUNCTION_TARGET": target,
        "K_CONFIGURATION": service,
        "K_REVISION": f"{service}-00001-abc",
        "K_SERVICE": service,
        "LOG_EXECUTION_ID": log_execution_id,
        "PORT": str(port),
    }


@contextmanager
def started(
    python: Path, folder: Path, target: str, log: Path, log_execution_id: str = "true"
) -> Iterator[httpx.Client]:
    """Yield a client for the function once it listens. Its output goes to `log`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [str(python), "-m", "functions_framework"]
    env = environment(target, port, log_execution_id)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=out)
    try:
        wait_until_listening(process, port, log)
        yield httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
    finally:
        process.terminate()
        process.wait()


def wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)  # a starting process signals nothing else
        else:
            return
    pytest.fail(f"it does not listen:\n{log.read_text()}")


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("log_execution_id", BOTH if EVERY_CASE else ["true"])
@pytest.mark.parametrize("case", {each.function: each for each in FOR_USERS}.values(), ids=str)
def test_unpacked_zip_refuses_and_logs_each_request(
    case: Case, log_execution_id: str, unpacked: dict[str, Path], python: Path, tmp_path: Path
) -> None:
    log, name, path = tmp_path / "log", case.function, case.path({})
    with started(python, unpacked[name], name, log, log_execution_id) as client, client:
        answers = [client.request(each, path) for each in (case.other_method, case.route.method)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [405, 401]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    logged = [(line["event"], line["function"], line["status"]) for line in entries(log)]
    assert logged == [("request", name, status) for status in statuses]


@pytest.mark.parametrize("log_execution_id", BOTH if EVERY_CASE else ["true"])
def test_unpacked_health_answers_and_logs_the_request(
    log_execution_id: str, unpacked: dict[str, Path], python: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with started(python, unpacked["health"], "health", log, log_execution_id) as client, client:
        assert client.get("/").json()["status"] == "ok"
    (line,) = entries(log)
    assert (line["event"], line["function"], line["status"]) == ("request", "health", 200)


@pytest.mark.parametrize("log_execution_id", BOTH)
def test_unpacked_zip_logs_the_stack_of_an_internal_error(
    log_execution_id: str, unpacked: dict[str, Path], python: Path, tmp_path: Path
) -> None:
    """The error comes from google-auth, which finds no credentials for Firestore."""
    name, log = "sweep_expired", tmp_path / "log"
    with started(python, unpacked[name], name, log, log_execution_id) as client, client:
        assert client.post("/", json={}).status_code == 500
    error, request = entries(log)
    assert (error["severity"], error["message"]) == ("ERROR", "sweep_expired failed")
    assert error["stack_trace"].startswith("Traceback (most recent call last):\n")
    assert "\nDefaultCredentialsError: " in error["stack_trace"]
    assert (request["event"], request["function"], request["status"]) == ("request", name, 500)


def test_environment_holds_the_pinned_packages_and_nothing_else(
    unpacked: dict[str, Path], python: Path
) -> None:
    probe = (
        "import importlib.metadata as m, importlib.util as u, json\n"
        "def importable(name):\n"
        "    try: return u.find_spec(name) is not None\n"
        "    except ModuleNotFoundError: return False\n"
        "print(json.dumps([{d.name: d.version for d in m.distributions()},"
        f" [name for name in {ABSENT} if importable(name)]]))\n"
    )
    ran = subprocess.run(
        [python, "-c", probe], cwd=unpacked["chat"], env={}, check=True, capture_output=True
    )
    found, unwanted = json.loads(ran.stdout)
    installed = {name.lower().replace("_", "-"): version for name, version in found.items()}
    assert {n: v for n, v in installed.items() if n not in {"pip", "setuptools"}} == pins(
        unpacked["chat"] / "requirements.txt"
    )
    assert unwanted == []
