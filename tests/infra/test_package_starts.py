"""Each zip, unpacked in an empty folder and started as the buildpack starts it: plain
functions-framework, with what the zip's own requirements.txt names and nothing else.

    PACKAGE_PYTHON=python3.13 pytest tests/infra/test_package_starts.py

installs that with pip, as Google does (`make package-check`).
"""

import json
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from infra.deploy.package import functions, package
from tests.api.wire import PUBLIC
from tests.infra.clean import interpreter, pins

READY_SECONDS = 60
DEPLOYED = {
    "OPRINA_PROJECT": "oprina-test",
    "OPRINA_AGENT_ENGINE": "projects/oprina-test/locations/us-central1/reasoningEngines/1",
    "OPRINA_SWEEP_URL": "https://sweep.oprina.test",
    "OPRINA_TASKS_ACCOUNT": "tasks@oprina-test.iam.gserviceaccount.com",
}
"""The least that a function must be told where it is deployed."""
NOT_HERE = ["google.cloud.aiplatform", "vertexai", "pytest", "numpy", "infra", "tests", "bench"]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each function's folder, by its name."""
    dist, there = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("unpacked")
    for name in package(dist):
        with zipfile.ZipFile(dist / f"{name}.zip") as archive:
            archive.extractall(there / name)
    return {name: there / name for name in functions()}


@pytest.fixture(scope="session")
def python(unpacked: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    return interpreter(folder, unpacked["chat"] / "requirements.txt")


@contextmanager
def started(python: Path, folder: Path, target: str, log: Path) -> Iterator[httpx.Client]:
    """A client for the function, once it listens. Its environment is what Terraform gives it, and
    nothing of ours."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [str(python), "-m", "functions_framework", "--target", target]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    env = {"K_SERVICE": target, **DEPLOYED}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=out)
    try:
        _until_it_listens(process, port, log)
        yield httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
    finally:
        process.terminate()
        process.wait()


def _until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)  # there is nothing else to wait for
        else:
            return
    pytest.fail(f"it does not listen:\n{log.read_text()}")


@pytest.mark.parametrize("name", sorted(set(functions()) - {"health"}))
def test_an_unpacked_zip_answers(
    name: str, unpacked: dict[str, Path], python: Path, tmp_path: Path
) -> None:
    """Without a token, those that ask for one say so; the others would go on, to a cloud that is not
    here."""
    with started(python, unpacked[name], name, tmp_path / "log") as client, client:
        answers = [client.get("/")] + ([client.post("/", json={})] if name in PUBLIC else [])
    assert [answer.status_code for answer in answers] == [405, 401][: len(answers)]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def test_health_answers_whoever_asks(
    unpacked: dict[str, Path], python: Path, tmp_path: Path
) -> None:
    with started(python, unpacked["health"], "health", tmp_path / "log") as client, client:
        assert client.get("/").json()["status"] == "ok"
    (line,) = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (line["event"], line["function"], line["status"]) == ("request", "health", 200)


def test_what_runs_there_is_what_is_pinned_and_nothing_else(
    unpacked: dict[str, Path], python: Path
) -> None:
    probe = (
        "import importlib.metadata as m, importlib.util as u, json\n"
        "def there(name):\n"
        "    try: return u.find_spec(name) is not None\n"
        "    except ModuleNotFoundError: return False\n"
        "print(json.dumps([{d.name: d.version for d in m.distributions()},"
        f" [name for name in {NOT_HERE} if there(name)]]))\n"
    )
    ran = subprocess.run(
        [python, "-c", probe], cwd=unpacked["chat"], env={}, check=True, capture_output=True
    )
    found, not_to_be = json.loads(ran.stdout)
    known = {name.lower().replace("_", "-"): version for name, version in found.items()}
    assert {n: v for n, v in known.items() if n not in {"pip", "setuptools"}} == pins(
        unpacked["chat"] / "requirements.txt"
    )
    assert not_to_be == []
