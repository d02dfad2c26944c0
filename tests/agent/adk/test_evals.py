"""The evaluation set, by ADK's own models of it. Running it takes a model: infra/agent/README.md."""

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


def test_adk_reads_every_word_of_the_set(cases: EvalSet) -> None:
    """A word that it does not know would be left out in silence."""
    written = json.loads(SET.read_text(encoding="utf-8"))
    assert cases.model_dump(mode="json", exclude_unset=True) == written


def test_the_cases_are_told_apart(cases: EvalSet) -> None:
    ids = [case.eval_id for case in cases.eval_cases]
    assert len(ids) == len(set(ids)) >= 8


# ADK says so of its evaluators and of what they are made of, and offers no other.
@pytest.mark.filterwarnings(r"ignore:\[EXPERIMENTAL\]:UserWarning")
def test_every_rubric_is_judged(cases: EvalSet, config: EvalConfig) -> None:
    """ADK leaves out, in silence, those of a case that are not of the metric's own type."""
    metric = next(m for m in get_eval_metrics_from_config(config) if m.metric_name == RUBRICS)
    for case in cases.eval_cases:
        judge = RubricBasedFinalResponseQualityV1Evaluator(metric)
        judge.create_effective_rubrics_list(case.rubrics)
        judged = [rubric.rubric_id for rubric in judge.get_effective_rubrics_list()]
        assert judged[:3] == ["speakable", "short", "begins_with_the_answer"]
        assert judged[3:] == [rubric.rubric_id for rubric in case.rubrics or []] != []


def test_every_criterion_is_one_of_adks_own(config: EvalConfig) -> None:
    known = {metric.value for metric in PrebuiltMetrics}
    assert config.criteria.keys() <= known
    named = [metric.metric_name for metric in get_eval_metrics_from_config(config)]
    assert named[: len(config.criteria)] == list(config.criteria)


def test_the_tools_that_are_expected_are_those_of_the_agent(cases: EvalSet) -> None:
    tools: dict[str, Any] = {getattr(tool, "__name__", ""): tool for tool in root_agent.tools}
    calls = [call for turn in turns(cases) for call in get_all_tool_calls(turn.intermediate_data)]
    assert calls
    assert {call.name for call in calls} <= tools.keys()
    assert all("error" not in tools[str(call.name)](**call.args or {}) for call in calls)


def test_the_answers_that_are_expected_can_be_spoken(cases: EvalSet) -> None:
    answers: list[Any] = [turn.final_response for turn in turns(cases)]
    texts = [part.text for answer in answers for part in answer.parts]
    assert len(texts) == len(answers)
    assert [text for text in texts if Speakable("en").say(text) != text] == []
