"""ID tokens of the local stack, signed with a key of this machine instead of Google's."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from common.adapters.http.request import HttpAnswer

LIFETIME = 3600
"""Seconds for which a token is valid. Firebase's value."""
GOOGLE = "https://accounts.google.com"


class LocalIdentity:
    """Signs ID tokens of users and of service accounts.

    The key is in `folder/identity-key.pem` and is generated at the first run. `certificates_file`
    in the same folder is for functions in other processes. `now` returns seconds since 1970.
    """

    def __init__(self, folder: Path, project: str, *, now: Callable[[], float] = time.time) -> None:
        self.project = project
        self._now = now
        self._key = _key(folder / "identity-key.pem")
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key_id = hashlib.sha256(public).hexdigest()[:40]
        self._certificates = json.dumps({self.key_id: _certificate(self._key)}).encode()
        self.certificates_file = folder / "certificates.json"
        _write(self.certificates_file, self._certificates)

    async def certificates(self) -> HttpAnswer:
        """Return the certificates, for a `FirebaseIdentity` in this process."""
        return HttpAnswer(200, body=self._certificates, cache_control=f"public, max-age={LIFETIME}")

    def mint(self, uid: str, name: str, **claims: Any) -> str:  # noqa: ANN401 - any JSON value
        """Return a Firebase ID token that is valid for an hour.

        `claims` are added and replace the default ones. A claim that is None is left out.
        """
        now = int(self._now())
        email = f"{uid}@example.test"
        defaults = {
            "iss": f"https://securetoken.google.com/{self.project}",
            "aud": self.project,
            "auth_time": now,
            "user_id": uid,
            "sub": uid,
            "iat": now,
            "exp": now + LIFETIME,
            "name": name,
            "email": email,
            "email_verified": True,
            "firebase": {"identities": {"email": [email]}, "sign_in_provider": "password"},
        }
        return self.sign({k: v for k, v in {**defaults, **claims}.items() if v is not None})

    def oidc(self, email: str, audience: str) -> str:
        """Return the ID token of a service account, as Cloud Tasks attaches one."""
        now = int(self._now())
        subject = str(int(hashlib.sha256(email.encode()).hexdigest(), 16))[:21]
        claims = {"iss": GOOGLE, "aud": audience, "azp": email, "sub": subject, "email": email}
        return self.sign({**claims, "email_verified": True, "iat": now, "exp": now + LIFETIME})

    def sign(self, claims: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - any JSON value
        """Return a token. `more` are members of its header."""
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT", **more}
        signed = f"{_segment(header)}.{_segment(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


def _segment(part: dict[str, Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _key(file: Path) -> rsa.RSAPrivateKey:
    if file.exists():
        loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(loaded, rsa.RSAPrivateKey):
            return loaded
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(file, pem)
    return key


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "oprina local identity")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _write(file: Path, data: bytes) -> None:
    """Replace the file in one step. Only its owner may read it, also while it is written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
    draft.replace(file)
