"""What is deployed, laid out in an empty folder, started by itself as Agent Engine starts it."""

import inspect
import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from agentplatform.frameworks import AdkApp

from infra.agent.source import STREAM_QUERY, laid_out

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
    "asks": [client.vertexai, client.project, client.location],
    "methods": [callable(getattr(found, method)) for method in methods],
    "time": agent.tools[0]("Europe/Lisbon"),
    "foreign": [m for m in sys.modules if m.split(".")[0] in {"common", "functions", "tests"}],
}))
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    empty = tmp_path_factory.mktemp("empty")
    with laid_out() as config:
        shutil.copytree("infra", empty / "infra")
    methods = [method["name"] for method in config["class_methods"]]
    start = [config["entrypoint_module"], config["entrypoint_object"], *methods]
    said = subprocess.run(
        [sys.executable, "-c", PROBE, *start],
        cwd=empty,
        env={
            "PYTHONTZPATH": "",  # no time zones but those of the requirements
            "GOOGLE_CLOUD_PROJECT": "p",
            "GOOGLE_CLOUD_LOCATION": "us-central1",
        },
        check=True,
        capture_output=True,
    )
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def test_it_starts_alone_and_knows_every_time_zone(started: dict[str, Any]) -> None:
    assert started["agent"] == "assistant"
    assert started["methods"] == [True]
    assert started["time"].keys() == {"time", "weekday", "date"}
    assert started["foreign"] == []


def test_the_model_is_asked_where_it_is_and_not_where_the_agent_is(started: dict[str, Any]) -> None:
    assert started["asks"] == [True, "p", "global"]


def test_the_method_that_is_declared_is_the_one_that_there_is() -> None:
    declared: Any = STREAM_QUERY["parameters"]
    there = inspect.signature(AdkApp.async_stream_query).parameters
    needed = {
        name
        for name, each in there.items()
        if each.kind is each.KEYWORD_ONLY and each.default is each.empty
    }
    assert set(declared["required"]) == needed
    assert declared["properties"].keys() <= there.keys()
    assert STREAM_QUERY["name"] == AdkApp.async_stream_query.__name__
