"""The cases with an account, played by ADK with a model that does what each case expects."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.adk.evaluation.eval_case import EvalCase, Invocation, get_all_tool_calls
from google.adk.evaluation.eval_set import EvalSet
from google.adk.runners import InMemoryRunner

from common.conversations.admission.turn_claim import AnsweredProposal
from common.conversations.reply.tools import with_answer
from common.domain.google.proposal import Proposal
from common.domain.ids import TurnId
from common.domain.turn import TurnRecord
from infra.agent.evals import root_agent
from infra.agent.evals.connected_account import STATE_KEY
from tests.agent.adk.engine_server import WARNINGS
from tests.agent.adk.scripted_model import ScriptedModel, TextAnswer

pytestmark = WARNINGS
SET = Path(__file__).parents[3] / "infra" / "agent" / "evals" / "assistant.evalset.json"
CASES = [
    case
    for case in EvalSet.model_validate_json(SET.read_text(encoding="utf-8")).eval_cases
    if case.session_input is not None and case.session_input.state.get(STATE_KEY)
]


async def play(case: EvalCase, change: dict[str, Any] | None = None) -> list[list[dict[str, Any]]]:
    """Return the answers of the tools, by turn. `change` replaces arguments of the last call."""
    turns = case.conversation or []
    model = ScriptedModel()
    for turn in turns:
        for call in get_all_tool_calls(turn.intermediate_data):
            args = dict(call.args or {}) | ((change or {}) if turn is turns[-1] else {})
            model.answers.append(TextAnswer((), (str(call.name), args)))
        model.answers.append(TextAnswer(("Done.",)))
    runner = InMemoryRunner(root_agent.clone({"model": model}), app_name="evals")
    assert case.session_input is not None
    session = await runner.session_service.create_session(
        app_name="evals", user_id="person", state=case.session_input.state
    )
    return [await _results(runner, session.id, turn) for turn in turns]


async def _results(runner: InMemoryRunner, session: str, turn: Invocation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async for event in runner.run_async(
        user_id="person", session_id=session, new_message=turn.user_content
    ):
        found += [dict(each.response or {}) for each in event.get_function_responses()]
    return found


def named(name: str) -> EvalCase:
    return next(case for case in CASES if case.eval_id == name)


@pytest.mark.parametrize(
    ("name", "status"),
    [("mail_is_sent_after_a_yes", "sent"), ("event_is_created_after_a_yes", "created")],
)
async def test_a_tool_proposes_and_acts_after_the_yes(name: str, status: str) -> None:
    [proposed], [acted] = await play(named(name))
    assert "proposal" in proposed
    assert acted == {"status": status}


async def test_a_confirmed_move_is_done() -> None:
    assert await play(named("event_is_moved_after_a_yes")) == [[{"status": "moved"}]]


async def test_nothing_is_called_after_a_no() -> None:
    [proposed], acted = await play(named("mail_is_left_after_a_no"))
    assert "proposal" in proposed
    assert acted == []


async def test_other_arguments_than_the_confirmed_ones_are_proposed_again() -> None:
    _, [again] = await play(named("mail_is_sent_after_a_yes"), {"subject": "Another one"})
    assert "proposal" in again


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.eval_id)
def test_the_notes_of_the_cases_are_those_of_the_backend(case: EvalCase) -> None:
    for turn in case.conversation or []:
        parts = turn.user_content.parts or []
        text = parts[0].text or ""
        note, _, message = text.rpartition("\n\n")
        if not note:
            continue
        yes = note.startswith("[The person said yes")
        title = note.partition("to this: ")[2].partition(". Call" if yes else ". Do not")[0]
        calls = get_all_tool_calls(turn.intermediate_data)
        args = json.dumps(calls[0].args, ensure_ascii=False) if calls else "{}"
        tool = str(calls[0].name) if calls else "send_mail"
        proposal = Proposal(id="p", tool=tool, title=title, arguments=args)
        record = TurnRecord(id=TurnId("t"))
        answered = AnsweredProposal(proposal, record, None, yes=yes, words="")
        assert with_answer(message, answered) == text
