"""The production verifier of ID tokens, with the certificates of the local stack's key."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from common.adapters.google.identity import (
    FirebaseIdentity,
)
from common.domain import errors
from infra.local.identity import LocalIdentity

PROJECT = "demo-oprina"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("identity"), PROJECT)


@pytest.fixture
def identity(local: LocalIdentity) -> FirebaseIdentity:
    return FirebaseIdentity(PROJECT, local.certificates)


def forge(token: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return the token with another header or other claims, under its old signature."""
    first, second, signature = token.split(".")
    payload = {**_decode(second), **claims}
    return f"{_encode(header or _decode(first))}.{_encode(payload)}.{signature}"


def _decode(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_valid_token_names_its_user(local: LocalIdentity, identity: FirebaseIdentity) -> None:
    user = await identity.verify(local.mint("ada", "Ada", plan="studio"))
    assert (user.uid, user.email, user.email_verified) == ("ada", "ada@example.test", True)
    assert user.claims == {"name": "Ada", "plan": "studio"}


async def test_email_is_verified_only_if_the_claim_is_true(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    for claim in (False, "true", 1, None):
        user = await identity.verify(local.mint("ada", "Ada", email_verified=claim))
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
    "an endless expiry": {"exp": float("inf")},
    "no number as expiry": {"exp": float("nan")},
    "true as time of issue": {"iat": True},
    "not valid before an hour from now": {"nbf": int(time.time()) + 3_600},
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
async def test_well_signed_token_with_wrong_claims_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, claims: dict[str, Any]
) -> None:
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(local.mint("ada", "Ada", **claims))


async def test_token_of_a_service_account_is_refused(
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


async def test_token_changed_after_signing_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    token = local.mint("ada", "Ada")
    for forged in (forge(token, sub="bob"), token[:-8] + "AAAAAAAA", token.rpartition(".")[0]):
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256", "ES256", "RS512", None, 7, []])
async def test_algorithms_other_than_rs256_are_refused(
    local: LocalIdentity, identity: FirebaseIdentity, algorithm: object
) -> None:
    header = {"alg": algorithm, "kid": local.key_id, "typ": "JWT"}
    forged = forge(local.mint("ada", "Ada"), header)
    for token in (forged, forged.rpartition(".")[0] + "."):
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(token)


@pytest.mark.parametrize("member", [{"crit": ["b64"]}, {"b64": False}, {"crit": []}])
async def test_a_header_with_an_extension_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, member: dict[str, Any]
) -> None:
    claims = _decode(local.mint("ada", "Ada").split(".")[1])
    assert (await identity.verify(local.sign(claims))).uid == "ada"
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(local.sign(claims, **member))


async def test_hmac_with_the_public_key_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    header = {"alg": "HS256", "kid": local.key_id, "typ": "JWT"}
    signed = forge(local.mint("ada", "Ada"), header).rpartition(".")[0]
    pem = json.loads((await local.certificates()).body)[local.key_id].encode()
    public = x509.load_pem_x509_certificate(pem).public_key()
    for secret in (pem, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)):
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(errors.Unauthenticated):
            await identity.verify(token)


@pytest.mark.parametrize("key_id", [None, "", "unknown", 7, ["a"], {}])
async def test_token_with_an_unknown_key_id_is_refused(
    local: LocalIdentity, identity: FirebaseIdentity, key_id: object
) -> None:
    header = {"alg": "RS256", "kid": key_id, "typ": "JWT"}
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(forge(local.mint("ada", "Ada"), header))


async def test_well_signed_token_without_a_key_id_is_refused(
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
        _encode({"alg": "RS256", "kid": "k"}) + ".e30.",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".e30.e30",
    ],
)
async def test_garbage_is_refused(identity: FirebaseIdentity, garbage: str) -> None:
    with pytest.raises(errors.Unauthenticated):
        await identity.verify(garbage)


async def test_refusal_quotes_nothing_of_the_token(
    local: LocalIdentity, identity: FirebaseIdentity
) -> None:
    with pytest.raises(errors.Unauthenticated) as caught:
        await identity.verify(local.mint("ada", "Ada", aud="canary", iss="canary"))
    assert "canary" not in f"{caught.value} {caught.value.problem()}"
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("admitted", "claims", "is_admitted"),
    [
        (("*",), {}, True),
        ((), {"email": "ada@example.com", "email_verified": True}, False),
        (("ada@example.com",), {"email": "Ada@Example.com", "email_verified": True}, True),
        (("ada@example.com",), {"email": "ada@example.com", "email_verified": False}, False),
        (("example.com",), {"email": "ada@example.com", "email_verified": True}, True),
        (("example.com",), {"email": "ada@sub.example.com", "email_verified": True}, False),
        (("example.com",), {"email": "ada@badexample.com", "email_verified": True}, False),
        (("example.com",), {"email": "example.com@evil.org", "email_verified": True}, False),
        (("example.com",), {}, False),
        ((), {"oprina_invited": True}, True),
        ((), {"oprina_invited": "true"}, False),
    ],
)
async def test_only_admitted_people_pass(
    local: LocalIdentity, admitted: tuple[str, ...], claims: dict[str, Any], is_admitted: bool
) -> None:
    identity = FirebaseIdentity(PROJECT, local.certificates, admitted=admitted)
    token = local.mint("ada", "Ada", **{"email": None, **claims})
    if is_admitted:
        assert (await identity.verify(token)).uid == "ada"
    else:
        with pytest.raises(errors.NotInvited, match="invitation"):
            await identity.verify(token)


def test_local_key_survives_a_restart_with_private_permissions(tmp_path: Path) -> None:
    first, second = (LocalIdentity(tmp_path / "data", PROJECT) for _ in range(2))
    assert first.key_id == second.key_id
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()}
    assert modes == {"identity-key.pem": 0o600, "certificates.json": 0o600}


def test_import_loads_no_slow_library() -> None:
    script = (
        "import sys, common.adapters.google.identity\n"
        "print({'requests', 'urllib3', 'grpc', 'google.api_core'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
