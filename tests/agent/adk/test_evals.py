"""The evaluation set is valid for ADK. infra/agent/README.md explains how to run it with a model."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from google.adk.evaluation.eval_case import Invocation, get_all_tool_calls
from google.adk.evaluation.eval_config import EvalConfig, get_eval_metrics_from_config
from google.adk.evaluation.eval_metrics import PrebuiltMetrics
from google.adk.evaluation.eval_set import EvalSet
from google.adk.evaluation.rubric_based_final_response_quality_v1 import (
    RubricBasedFinalResponseQualityV1Evaluator,
)

from common.text.spoken.speakable import Speakable
from infra.agent.evals import root_agent

EVALS = Path(__file__).parents[3] / "infra" / "agent" / "evals"
SET = EVALS / "assistant.evalset.json"
CONFIG = EVALS / "test_config.json"
RUBRICS = "rubric_based_final_response_quality_v1"


@pytest.fixture(scope="module")
def cases() -> EvalSet:
    return EvalSet.model_validate_json(SET.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def config() -> EvalConfig:
    return EvalConfig.model_validate_json(CONFIG.read_text(encoding="utf-8"))


def turns(cases: EvalSet) -> list[Invocation]:
    return [turn for case in cases.eval_cases for turn in case.conversation or []]


def test_adk_knows_every_key_of_the_set(cases: EvalSet) -> None:
    """ADK silently ignores keys that it does not know."""
    written = json.loads(SET.read_text(encoding="utf-8"))
    assert cases.model_dump(mode="json", exclude_unset=True) == written


def test_case_ids_are_unique(cases: EvalSet) -> None:
    ids = [case.eval_id for case in cases.eval_cases]
    assert len(ids) == len(set(ids)) >= 8


# ADK marks all its evaluators as experimental.
@pytest.mark.filterwarnings(r"ignore:\[EXPERIMENTAL\]:UserWarning")
def test_every_rubric_is_evaluated(cases: EvalSet, config: EvalConfig) -> None:
    """ADK silently ignores rubrics of a case whose type is not that of the metric."""
    metric = next(m for m in get_eval_metrics_from_config(config) if m.metric_name == RUBRICS)
    for case in cases.eval_cases:
        judge = RubricBasedFinalResponseQualityV1Evaluator(metric)
        judge.create_effective_rubrics_list(case.rubrics)
        evaluated = [rubric.rubric_id for rubric in judge.get_effective_rubrics_list()]
        assert evaluated[:3] == ["speakable", "short", "begins_with_the_answer"]
        assert evaluated[3:] == [rubric.rubric_id for rubric in case.rubrics or []] != []


def test_criteria_exist_in_adk(config: EvalConfig) -> None:
    known = {metric.value for metric in PrebuiltMetrics}
    assert config.criteria.keys() <= known
    named = [metric.metric_name for metric in get_eval_metrics_from_config(config)]
    assert named[: len(config.criteria)] == list(config.criteria)


def test_expected_tools_exist(cases: EvalSet) -> None:
    tools: dict[str, Any] = {getattr(tool, "__name__", ""): tool for tool in root_agent.tools}
    calls = [call for turn in turns(cases) for call in get_all_tool_calls(turn.intermediate_data)]
    assert calls
    assert {call.name for call in calls} <= tools.keys()
    for call in calls:
        inspect.signature(tools[str(call.name)]).bind(**call.args or {}, **context_of(tools, call))
    clocks = [call for call in calls if call.name == "get_time"]
    assert all("error" not in tools["get_time"](**call.args or {}) for call in clocks)


def context_of(tools: dict[str, Any], call: Any) -> dict[str, Any]:
    """Return the context that ADK adds to the arguments of a tool that asks for it."""
    parameters = inspect.signature(tools[str(call.name)]).parameters
    return {"tool_context": None} if "tool_context" in parameters else {}


def test_expected_answers_can_be_spoken(cases: EvalSet) -> None:
    answers: list[Any] = [turn.final_response for turn in turns(cases)]
    texts = [part.text for answer in answers for part in answer.parts]
    assert len(texts) == len(answers)
    assert [text for text in texts if Speakable("en").say(text) != text] == []
