"""The deployed files start alone in an empty folder, as on Agent Engine."""

import inspect
import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from agentplatform.frameworks import AdkApp

from infra.agent.source import STREAM_QUERY, staged_source

PROBE = """
import json, sys
from importlib import import_module

module, name, *methods = sys.argv[1:]
found = getattr(import_module(module), name)
found.set_up()
agent = found._tmpl_attrs["agent"]
client = agent.model.api_client._api_client
print(json.dumps({
    "agent": agent.name,
    "model_client": [client.vertexai, client.project, client.location],
    "methods": [callable(getattr(found, method)) for method in methods],
    "time": agent.tools[0]("Europe/Lisbon"),
    "foreign": [m for m in sys.modules if m.split(".")[0] in {"common", "functions", "tests"}],
}))
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    empty = tmp_path_factory.mktemp("empty")
    with staged_source() as config:
        shutil.copytree("infra", empty / "infra")
    methods = [method["name"] for method in config["class_methods"]]
    start = [config["entrypoint_module"], config["entrypoint_object"], *methods]
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *start],
        cwd=empty,
        env={
            "PYTHONTZPATH": "",  # only the time zones of the requirements
            "GOOGLE_CLOUD_PROJECT": "p",
            "GOOGLE_CLOUD_LOCATION": "us-central1",
        },
        check=True,
        capture_output=True,
    )
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_agent_starts_alone_and_has_time_zones(started: dict[str, Any]) -> None:
    assert started["agent"] == "assistant"
    assert started["methods"] == [True]
    assert started["time"].keys() == {"time", "weekday", "date"}
    assert started["foreign"] == []


def test_model_is_called_at_its_own_location(started: dict[str, Any]) -> None:
    assert started["model_client"] == [True, "p", "global"]


def test_declared_method_matches_adk() -> None:
    declared: Any = STREAM_QUERY["parameters"]
    parameters = inspect.signature(AdkApp.async_stream_query).parameters
    needed = {
        name
        for name, each in parameters.items()
        if each.kind is each.KEYWORD_ONLY and each.default is each.empty
    }
    assert set(declared["required"]) == needed
    assert declared["properties"].keys() <= parameters.keys()
    assert STREAM_QUERY["name"] == AdkApp.async_stream_query.__name__
