import json

import httpx
import pytest

from infra.smoke.sign_in import NotSignedInError, sign_in_of

USER = {
    "OPRINA_SMOKE_API_KEY": "web-key",
    "OPRINA_SMOKE_EMAIL": "smoke@oprina.test",
    "OPRINA_SMOKE_PASSWORD": "canary-of-a-password",
}


async def token(environment: dict[str, str], status: int, answer: object) -> tuple[str, str]:
    """The token, and what was asked of whom."""
    asked: list[str] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url} {request.content.decode()}")
        return httpx.Response(status, json=answer)

    sign_in = sign_in_of(environment)
    transport = httpx.MockTransport(answers)
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        return await sign_in(http), " ".join(asked)


async def test_a_token_that_is_at_hand_is_taken() -> None:
    assert await token({"OPRINA_SMOKE_TOKEN": "a-token", **USER}, 500, {}) == ("a-token", "")


async def test_a_user_made_for_this_signs_in_with_firebase() -> None:
    given, asked = await token(USER, 200, {"idToken": "theirs"})
    assert given == "theirs"
    url, _, body = asked.partition(" ")
    assert url == (
        "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=web-key"
    )
    assert json.loads(body) == {
        "email": "smoke@oprina.test",
        "password": "canary-of-a-password",
        "returnSecureToken": True,
    }


async def test_a_wrong_password_is_told_in_firebases_words_and_not_itself() -> None:
    with pytest.raises(NotSignedInError, match="400 INVALID_LOGIN_CREDENTIALS") as refused:
        await token(USER, 400, {"error": {"message": "INVALID_LOGIN_CREDENTIALS"}})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("answer", [[], {}, {"error": {}}])
async def test_whoever_answers_in_firebases_place_is_told_by_their_status(answer: object) -> None:
    with pytest.raises(NotSignedInError, match=r"^Firebase answered 200$"):
        await token(USER, 200, answer)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotSignedInError, match=r"not set: OPRINA_SMOKE_PASSWORD$"):
        sign_in_of({name: value for name, value in USER.items() if "PASSWORD" not in name})


async def test_nobody_signs_in_to_a_deployment_with_nothing() -> None:
    with pytest.raises(NotSignedInError, match="so set OPRINA_SMOKE_TOKEN, or OPRINA_SMOKE_API"):
        await token({}, 404, {})
