"""The production verifier, with the certificates of the local stack's own key."""

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from common.adapters.google.identity import (
    CAP,
    FRESH,
    PATIENCE,
    CertificateAnswer,
    FirebaseIdentity,
    from_file,
    over_https,
)
from common.domain import errors
from infra.local.identity import LocalIdentity
from tests.support.fakes.vault import Seconds

PROJECT = "demo-oprina"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("identity"), PROJECT)


@pytest.fixture
def identity(local: LocalIdentity) -> FirebaseIdentity:
    return FirebaseIdentity(PROJECT, local.certificates)


class Google:
    """Answers for the certificates' address as told, and counts how often it was asked."""

    def __init__(self, answer: CertificateAnswer | Exception) -> None:
        self.answer = answer
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, _url: str) -> CertificateAnswer:
        self.asked += 1
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def forge(token: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The token with another header or other claims, under its old signature."""
    first, second, signature = token.split(".")
    says = {**_decoded(second), **claims}
    return f"{_encoded(header or _decoded(first))}.{_encoded(says)}.{signature}"


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_says_who_calls(local: LocalIdentity, identity: FirebaseIdentity) -> None:
    user = await identity.verify(local.mint("ada", "Ada", plan="studio"))
    assert (user.uid, user.email, user.email_verified) == ("ada", "ada@example.test", True)
    assert user.claims == {"name": "Ada", "plan": "studio"}


async def test_an_address_is_verified_only_where_it_says_true(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    for said in (False, "true", 1, None):
        user = await identity.verify(local.mint("ada", "Ada", email_verified=said))
        assert user.email_verified is False
    assert (await identity.verify(local.mint("ada", "Ada", email=None))).email is None


async def test_clocks_may_differ_by_seconds(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    ahead = int(time.time()) + 5
    user = await identity.verify(local.mint("ada", "Ada", iat=ahead, auth_time=ahead))
    assert user.uid == "ada"
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(local.mint("ada", "Ada", iat=ahead + 300))


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1_700_000_000, "iat": 1_699_996_400},
    "another project's": {
        "aud": "other",
        "iss": "https://securetoken.google.com/other",
    },
    "wrong audience": {"aud": "other"},
    "a list of audiences": {"aud": [PROJECT]},
    "no audience": {"aud": None},
    "wrong issuer": {"iss": "https://evil.test/demo-oprina"},
    "Google's other issuer": {"iss": "https://accounts.google.com"},
    "no issuer": {"iss": None},
    "expiry as text": {"exp": "4000000000"},
    "no expiry": {"exp": None},
    "no time of issue": {"iat": None},
    "a list as expiry": {"exp": [4_000_000_000]},
    "empty subject": {"sub": ""},
    "no subject": {"sub": None},
    "a number as subject": {"sub": 7},
    "a path as subject": {"sub": "ada/slots/0"},
    "dots as subject": {"sub": ".."},
    "a reserved name as subject": {"sub": "__ada__"},
    "a long subject": {"sub": "a" * 129},
    "a newline after the subject": {"sub": "ada\n"},
    "a lone surrogate in the subject": {"sub": "ada\ud800"},
    "over-long": {"filler": "x" * 9000},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_a_well_signed_token_that_does_not_fit_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, claims: dict[str, Any]
) -> None:
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(local.mint("ada", "Ada", **claims))


async def test_a_service_account_is_no_user(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(local.oidc("tasks@demo.iam.gserviceaccount.com", PROJECT))


async def test_another_key_under_the_same_id_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, tmp_path: Path
) -> None:
    other = LocalIdentity(tmp_path, PROJECT)
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(other.mint("ada", "Ada"))
    other.key_id = local.key_id
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(other.mint("ada", "Ada"))


async def test_changed_after_it_was_signed_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    token = local.mint("ada", "Ada")
    for forged in (forge(token, sub="bob"), token[:-8] + "AAAAAAAA", token.rpartition(".")[0]):
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256", "ES256", "RS512", None, 7, []])
async def test_only_rs256_is_an_algorithm(
    local: LocalIdentity, identity: FirebaseIdentity, algorithm: object
) -> None:
    header = {"alg": algorithm, "kid": local.key_id, "typ": "JWT"}
    forged = forge(local.mint("ada", "Ada"), header)
    for token in (forged, forged.rpartition(".")[0] + "."):
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(token)


async def test_signed_by_hmac_with_the_public_key_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    header = {"alg": "HS256", "kid": local.key_id, "typ": "JWT"}
    signed = forge(local.mint("ada", "Ada"), header).rpartition(".")[0]
    pem = json.loads((await local.certificates("")).body)[local.key_id].encode()
    public = x509.load_pem_x509_certificate(pem).public_key()
    for secret in (pem, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)):
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(token)


@pytest.mark.parametrize("key_id", [None, "", "unknown", 7, ["a"], {}])
async def test_a_token_that_names_no_key_of_ours_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, key_id: object
) -> None:
    header = {"alg": "RS256", "kid": key_id, "typ": "JWT"}
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(forge(local.mint("ada", "Ada"), header))


async def test_a_token_without_a_key_id_is_refused_however_well_signed(
    local: LocalIdentity, identity: FirebaseIdentity, tmp_path: Path
) -> None:
    nameless = LocalIdentity(tmp_path, PROJECT)
    nameless._key = local._key
    nameless.key_id = ""
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(nameless.mint("ada", "Ada"))


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b.c",
        "ä.ö.ü",
        "\x00",
        "\ud800",
        "e30.e30.e30",
        "W10.W10.",
        "bnVsbA.bnVsbA.bnVsbA",
        "x" * 100_000,
        _encoded({"alg": "RS256", "kid": "k"}) + ".e30.",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".e30.e30",
    ],
)
async def test_garbage_is_refused(identity: FirebaseIdentity, garbage: str) -> None:
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(garbage)


async def test_a_refusal_quotes_nothing_of_the_token(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    with pytest.raises(errors.Unauthenticated) as caught:
        await identity.verify(local.mint("ada", "Ada", aud="canary", iss="canary"))
    assert "canary" not in f"{caught.value} {caught.value.problem()}"
    assert caught.value.__context__ is None


# --- certificates


async def test_certificates_are_asked_for_once_by_many(local: LocalIdentity) -> None:
    google = Google(await local.certificates(""))
    identity = FirebaseIdentity(PROJECT, google)
    token = local.mint("ada", "Ada")
    users = await asyncio.gather(*(identity.verify(token) for _ in range(20)))
    assert [user.uid for user in users] == ["ada"] * 20
    assert google.asked == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("public, max-age=120, must-revalidate", 120.0),
        ("MAX-AGE=60", 60.0),
        ("", FRESH),
        ("no-transform", FRESH),
        ("max-age=x", FRESH),
        ("max-age=²", FRESH),
    ],
)
async def test_certificates_hold_for_as_long_as_their_answer_says(
    local: LocalIdentity, said: str, seconds: float
) -> None:
    clock = Seconds()
    google = Google(CertificateAnswer(200, (await local.certificates("")).body, said))
    identity = FirebaseIdentity(PROJECT, google, now=clock)
    for step, asked in ((0.0, 1), (seconds - 1, 1), (2.0, 2)):
        clock.advance(step)
        await identity.verify(local.mint("ada", "Ada"))
        assert google.asked == asked


BAD_ANSWERS: dict[str, CertificateAnswer | Exception] = {
    "refused": ConnectionRefusedError(),
    "timed out": TimeoutError(),
    "broken off": httpx.ReadError("canary"),
    "an error of ours": errors.Unavailable("google", "down"),
    "an error page": CertificateAnswer(503, b"{}"),
    "no JSON": CertificateAnswer(200, b"<html>"),
    "a list": CertificateAnswer(200, b"[]"),
    "nothing in it": CertificateAnswer(200, b"{}"),
    "no certificates": CertificateAnswer(200, b'{"k": "text"}'),
    "another form": CertificateAnswer(200, b'{"keys": []}'),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_without_certificates_nobody_is_told_to_sign_in(
    local: LocalIdentity, answer: CertificateAnswer | Exception
) -> None:
    google = Google(answer)
    identity = FirebaseIdentity(PROJECT, google)
    with pytest.raises(errors.Unavailable) as caught:
        await identity.verify(local.mint("ada", "Ada"))
    assert caught.value.status == 503
    google.answer = await local.certificates("")
    assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"


async def test_old_certificates_serve_while_no_new_ones_can_be_had(local: LocalIdentity) -> None:
    clock = Seconds()
    google = Google(await local.certificates(""))
    identity = FirebaseIdentity(PROJECT, google, now=clock)
    await identity.verify(local.mint("ada", "Ada"))
    google.answer = ConnectionResetError()
    clock.advance(FRESH + 1)
    for _ in range(5):
        assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"
    assert google.asked == 2
    clock.advance(PATIENCE + 1)
    await identity.verify(local.mint("ada", "Ada"))
    assert google.asked == 3


async def test_an_unknown_key_is_no_forgery_while_certificates_are_outdated(
    local: LocalIdentity, tmp_path: Path
) -> None:
    clock = Seconds()
    google = Google(await local.certificates(""))
    identity = FirebaseIdentity(PROJECT, google, now=clock)
    rotated = LocalIdentity(tmp_path, PROJECT)
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(rotated.mint("ada", "Ada"))
    clock.advance(FRESH + 1)
    google.answer = ConnectionResetError()
    with pytest.raises(errors.Unavailable):
        await identity.verify(rotated.mint("ada", "Ada"))
    google.answer = await rotated.certificates("")
    clock.advance(PATIENCE + 1)
    assert (await identity.verify(rotated.mint("ada", "Ada"))).uid == "ada"


async def test_who_leaves_does_not_spoil_it_for_the_others(local: LocalIdentity) -> None:
    google = Google(await local.certificates(""))
    google.open.clear()
    identity = FirebaseIdentity(PROJECT, google)
    token = local.mint("ada", "Ada")
    first, second = (asyncio.create_task(identity.verify(token)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    google.open.set()
    assert (await second).uid == "ada"
    assert google.asked == 1


# --- over the wire


@pytest.fixture
async def web() -> AsyncIterator[dict[str, Any]]:
    """Answers `body` with `headers` at any address; the client is `client`."""
    said: dict[str, Any] = {"status": 200, "body": b"", "headers": {}, "seen": []}

    def answer(request: httpx.Request) -> httpx.Response:
        said["seen"].append(str(request.url))
        return httpx.Response(said["status"], content=said["body"], headers=said["headers"])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        yield {**said, "said": said, "client": client}


async def test_asks_google_over_https(local: LocalIdentity, web: dict[str, Any]) -> None:
    said = web["said"]
    said["body"] = (await local.certificates("")).body
    said["headers"] = {"Cache-Control": "public, max-age=7"}
    transport = over_https(lambda: web["client"])
    assert (await FirebaseIdentity(PROJECT, transport).verify(local.mint("ada", "A"))).uid == "ada"
    assert said["seen"] == [
        "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
    ]
    assert (await transport("https://google.test")).cache_control == "public, max-age=7"


async def test_an_answer_past_the_cap_is_none(web: dict[str, Any]) -> None:
    web["said"]["body"] = b"{" + b" " * CAP + b"}"
    assert await over_https(lambda: web["client"])("https://google.test") == CertificateAnswer(
        0, b""
    )


async def test_certificates_from_a_file(local: LocalIdentity, tmp_path: Path) -> None:
    identity = FirebaseIdentity(PROJECT, from_file(local.certificates_file))
    assert (await identity.verify(local.mint("ada", "Ada"))).uid == "ada"
    with pytest.raises(errors.Unavailable):
        await FirebaseIdentity(PROJECT, from_file(tmp_path / "none")).verify("a.b.c")


# --- the local key


def test_the_local_key_survives_a_restart_and_is_its_owners_alone(tmp_path: Path) -> None:
    first, second = (LocalIdentity(tmp_path / "data", PROJECT) for _ in range(2))
    assert first.key_id == second.key_id
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()}
    assert modes == {"identity-key.pem": 0o600, "certificates.json": 0o600}


def test_importing_it_does_not_import_requests() -> None:
    script = (
        "import sys, common.adapters.google.identity\n"
        "print({'requests', 'urllib3', 'grpc', 'google.api_core'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
