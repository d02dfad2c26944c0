"""The IAM check in front of an internal function, against tokens that are no tokens."""

import base64
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from infra.local.iam import Iam, certificates_in
from infra.local.identity import LocalIdentity

URL = "http://127.0.0.1:8080/sweep_expired"
ACCOUNT = "tasks@oprina-local.iam.gserviceaccount.com"


def encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


NESTED = encode("[" * 100_000)
PLAIN = encode('{"alg": "RS256", "typ": "JWT"}')


@pytest.mark.parametrize(
    "token",
    [
        f"{NESTED}.{NESTED}.{encode('x')}",
        f"{PLAIN}.{NESTED}.{encode('x')}",
        f"{NESTED}.{PLAIN}.{encode('x')}",
        f"{encode('5')}.{PLAIN}.{encode('x')}",
        f"{PLAIN}.{encode('[]')}.{encode('x')}",
    ],
)
async def test_token_of_nested_brackets_is_401(tmp_path: Path, token: str) -> None:
    identity = LocalIdentity(tmp_path, "oprina-local")
    certificates = certificates_in((await identity.certificates()).body)
    function = PlainTextResponse("reached")
    guarded = Iam(function, certificates, audience=URL, account=ACCOUNT)
    transport = httpx.ASGITransport(guarded)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        answer = await client.post("", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.text) == (401, "Unauthorized\n")
