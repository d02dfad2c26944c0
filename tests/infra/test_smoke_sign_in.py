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
    """Return the token, and the requests that were sent for it."""
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.url} {request.content.decode()}")
        return httpx.Response(status, json=answer)

    sign_in = sign_in_of(environment)
    transport = httpx.MockTransport(respond)
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        return await sign_in(http), " ".join(sent)


async def test_a_given_token_is_used() -> None:
    assert await token({"OPRINA_SMOKE_TOKEN": "a-token", **USER}, 500, {}) == ("a-token", "")


async def test_a_user_signs_in_with_firebase() -> None:
    given, sent = await token(USER, 200, {"idToken": "theirs"})
    assert given == "theirs"
    url, _, body = sent.partition(" ")
    assert url == (
        "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=web-key"
    )
    assert json.loads(body) == {
        "email": "smoke@oprina.test",
        "password": "canary-of-a-password",
        "returnSecureToken": True,
    }


async def test_a_wrong_password_is_reported_and_not_printed() -> None:
    with pytest.raises(NotSignedInError, match="400 INVALID_LOGIN_CREDENTIALS") as refused:
        await token(USER, 400, {"error": {"message": "INVALID_LOGIN_CREDENTIALS"}})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("answer", [[], {}, {"error": {}}])
async def test_an_invalid_answer_is_reported_by_its_status(answer: object) -> None:
    with pytest.raises(NotSignedInError, match=r"^Firebase answered 200$"):
        await token(USER, 200, answer)


def test_missing_variables_are_named() -> None:
    with pytest.raises(NotSignedInError, match=r"not set: OPRINA_SMOKE_PASSWORD$"):
        sign_in_of({name: value for name, value in USER.items() if "PASSWORD" not in name})


async def test_a_deployment_needs_credentials() -> None:
    with pytest.raises(NotSignedInError, match="set OPRINA_SMOKE_TOKEN, or OPRINA_SMOKE_API"):
        await token({}, 404, {})
