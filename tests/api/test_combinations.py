"""Fields that do not go together: the refusal names each of them, and what is missing."""

from typing import Any

import pytest

from tests.api.client import FunctionClient, check_problem

CONVERSATION = "conversation_id"
REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"message": "one of `message`, `stop`, `regenerate`, `confirm` is required"}),
    ({"message": None, "edit": None}, {"message": "one of"}),
    ({"stop": True}, {CONVERSATION: "is required with `stop`"}),
    ({"regenerate": True}, {CONVERSATION: "is required with `regenerate`"}),
    ({"edit": "m1", "message": "Hi."}, {CONVERSATION: "is required with `edit`"}),
    ({"edit": "m1", CONVERSATION: "c1"}, {"message": "is required with `edit`"}),
    ({"confirm": "p1", CONVERSATION: "c1"}, {"yes": "is required with `confirm`"}),
    ({"yes": False, CONVERSATION: "c1"}, {"confirm": "is required with `yes`"}),
    ({"confirm": "p1", "yes": True}, {CONVERSATION: "is required with `confirm`"}),
    (
        {"stop": True, "message": "Hi.", CONVERSATION: "c1"},
        {"stop": "does not go with `message`", "message": "does not go with `stop`"},
    ),
    (
        {"regenerate": True, "edit": "m1", CONVERSATION: "c1", "message": "Hi."},
        {"regenerate": "does not go with", "edit": "does not go with", "message": "does not go"},
    ),
    (
        {"confirm": "p1", "yes": True, "stop": True},
        {"confirm": "does not go with `stop`", "stop": "does not", CONVERSATION: "is required"},
    ),
]


@pytest.mark.parametrize(("body", "named"), REFUSED)
async def test_each_field_of_a_combination_is_named(
    api: FunctionClient, body: dict[str, Any], named: dict[str, str]
) -> None:
    problem = check_problem(await api.call("chat", body), 422, "invalid")
    found = {each["field"]: each["problem"] for each in problem["errors"]}
    assert found.keys() == named.keys()
    assert len(problem["errors"]) == len(found)
    assert all(found[field].startswith(words) for field, words in named.items()), found


async def test_a_connection_without_a_service_names_one(api: FunctionClient) -> None:
    body = {"mail": False, "calendar": False}
    answer = await api.call("connections", body, path="/google")
    problem = check_problem(answer, 422, "invalid")
    words = "one of `mail`, `calendar` is required"
    assert problem["errors"] == [{"field": "mail", "problem": words}]


async def test_a_comment_without_a_rating_names_the_rating(api: FunctionClient) -> None:
    answer = await api.call(
        "conversations",
        {"rating": None, "comment": "Good."},
        path="/c1/messages/m1/feedback",
        method="PUT",
    )
    problem = check_problem(answer, 422, "invalid")
    assert problem["errors"] == [{"field": "rating", "problem": "is required with `comment`"}]
