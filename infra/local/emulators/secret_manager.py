"""Google Secret Manager, as far as its own clients can tell.

Statuses and messages are the real ones where they are published; what has expired is really gone.
"""

import base64
import json
import math
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google_crc32c
from google.cloud import secretmanager_v1 as sm
from google.protobuf import empty_pb2
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import Method, Service, page, refuse, seconds, set_seconds

State = sm.SecretVersion.State
LARGEST = 64 * 1024
LARGEST_PAGE = 25_000


@dataclass
class _Held:
    """A secret; `versions[n - 1]` is its version n with its data (empty once destroyed)."""

    order: int
    secret: sm.Secret
    versions: list[tuple[sm.SecretVersion, bytes]] = field(default_factory=list)


class SecretManagerEmulator:
    """`now` gives seconds since 1970. With `file`, what is held survives a restart: JSON that only
    its owner may read."""

    def __init__(self, *, now: Callable[[], float] = time.time, file: Path | None = None) -> None:
        self._now = now
        self._file = file
        self._held = _load(file) if file else {}

    def service(self) -> Service:
        version = sm.SecretVersion
        methods = {
            "CreateSecret": Method(self._create, sm.CreateSecretRequest, sm.Secret),
            "GetSecret": Method(self._get, sm.GetSecretRequest, sm.Secret),
            "DeleteSecret": Method(self._delete, sm.DeleteSecretRequest, empty_pb2.Empty),
            "ListSecrets": Method(self._list, sm.ListSecretsRequest, sm.ListSecretsResponse),
            "AddSecretVersion": Method(self._add, sm.AddSecretVersionRequest, version),
            "GetSecretVersion": Method(self._version, sm.GetSecretVersionRequest, version),
            "EnableSecretVersion": Method(self._enable, sm.EnableSecretVersionRequest, version),
            "DisableSecretVersion": Method(self._disable, sm.DisableSecretVersionRequest, version),
            "DestroySecretVersion": Method(self._destroy, sm.DestroySecretVersionRequest, version),
            "ListSecretVersions": Method(
                self._list_versions, sm.ListSecretVersionsRequest, sm.ListSecretVersionsResponse
            ),
            "AccessSecretVersion": Method(
                self._access, sm.AccessSecretVersionRequest, sm.AccessSecretVersionResponse
            ),
        }
        wire_name = "google.cloud.secretmanager.v1.SecretManagerService"
        return Service("secret-manager", wire_name, methods)

    def _create(self, request: sm.CreateSecretRequest) -> sm.Secret:
        name = f"{request.parent}/secrets/{request.secret_id}"
        _check_create(request)
        if name in self._alive():
            refuse(StatusCode.ALREADY_EXISTS, f"Secret [{name}] already exists.")
        secret = sm.Secret(request.secret)
        secret.name = name
        set_seconds(secret, "create_time", self._now())
        if (ttl := seconds(secret, "ttl")) is not None:
            set_seconds(secret, "expire_time", self._now() + ttl)  # the ttl is never told again
        if _expires(secret) <= self._now():
            refuse(StatusCode.INVALID_ARGUMENT, "Secret.expire_time must be in the future.")
        order = max((held.order for held in self._held.values()), default=0) + 1
        self._held[name] = _Held(order, secret)
        self._save()
        return secret

    def _get(self, request: sm.GetSecretRequest) -> sm.Secret:
        return self._find(request.name).secret

    def _delete(self, request: sm.DeleteSecretRequest) -> empty_pb2.Empty:
        self._find(request.name)
        del self._held[request.name]
        self._save()
        return empty_pb2.Empty()

    def _list(self, request: sm.ListSecretsRequest) -> sm.ListSecretsResponse:
        if request.filter:
            refuse(StatusCode.UNIMPLEMENTED, "This stand-in does not filter.")
        inside = [h for n, h in self._alive().items() if n.startswith(f"{request.parent}/")]
        newest_first = [(-held.order, held.secret) for held in reversed(inside)]
        secrets, token = page(newest_first, request.page_size, request.page_token, LARGEST_PAGE)
        return sm.ListSecretsResponse(
            secrets=secrets, next_page_token=token, total_size=len(inside)
        )

    def _add(self, request: sm.AddSecretVersionRequest) -> sm.SecretVersion:
        held = self._find(request.parent)
        data = bytes(request.payload.data)
        checked = "data_crc32c" in request.payload
        if len(data) > LARGEST:
            refuse(StatusCode.INVALID_ARGUMENT, f"The payload is larger than {LARGEST} bytes.")
        if checked and request.payload.data_crc32c != google_crc32c.value(data):
            refuse(StatusCode.INVALID_ARGUMENT, "The payload's checksum does not match its data.")
        version = sm.SecretVersion(
            name=f"{request.parent}/versions/{len(held.versions) + 1}",
            state=State.ENABLED,
            client_specified_payload_checksum=checked,
        )
        set_seconds(version, "create_time", self._now())
        held.versions.append((version, data))
        self._save()
        return version

    def _access(self, request: sm.AccessSecretVersionRequest) -> sm.AccessSecretVersionResponse:
        version, data = self._find_version(request.name)
        if version.state != State.ENABLED:
            state = State(version.state).name
            refuse(
                StatusCode.FAILED_PRECONDITION,
                f"Secret Version [{version.name}] is in {state} state.",
            )
        payload = sm.SecretPayload(data=data, data_crc32c=google_crc32c.value(data))
        return sm.AccessSecretVersionResponse(name=version.name, payload=payload)

    def _version(self, request: sm.GetSecretVersionRequest) -> sm.SecretVersion:
        return self._find_version(request.name)[0]

    def _list_versions(
        self, request: sm.ListSecretVersionsRequest
    ) -> sm.ListSecretVersionsResponse:
        if request.filter:
            refuse(StatusCode.UNIMPLEMENTED, "This stand-in does not filter.")
        versions = self._find(request.parent).versions
        newest_first = [(-n, v) for n, (v, _) in reversed(list(enumerate(versions, 1)))]
        shown, token = page(newest_first, request.page_size, request.page_token, LARGEST_PAGE)
        return sm.ListSecretVersionsResponse(
            versions=shown, next_page_token=token, total_size=len(versions)
        )

    def _enable(self, request: sm.EnableSecretVersionRequest) -> sm.SecretVersion:
        return self._turn(request.name, State.ENABLED)

    def _disable(self, request: sm.DisableSecretVersionRequest) -> sm.SecretVersion:
        return self._turn(request.name, State.DISABLED)

    def _destroy(self, request: sm.DestroySecretVersionRequest) -> sm.SecretVersion:
        return self._turn(request.name, State.DESTROYED)

    def _turn(self, name: str, state: int) -> sm.SecretVersion:
        version, data = self._find_version(name)
        if version.state == State.DESTROYED:
            refuse(
                StatusCode.FAILED_PRECONDITION,
                f"Secret Version [{version.name}] is in DESTROYED state.",
            )
        version.state = State(state)
        if state == State.DESTROYED:
            set_seconds(version, "destroy_time", self._now())
            data = b""
        secret, _, number = version.name.rpartition("/versions/")
        self._held[secret].versions[int(number) - 1] = (version, data)
        self._save()
        return version

    def _find(self, name: str) -> _Held:
        held = self._alive().get(name)
        return held or refuse(StatusCode.NOT_FOUND, f"Secret [{name}] not found.")

    def _find_version(self, name: str) -> tuple[sm.SecretVersion, bytes]:
        secret, _, number = name.rpartition("/versions/")
        held = self._alive().get(secret)
        if held is None or not held.versions:
            refuse(StatusCode.NOT_FOUND, f"Secret [{secret}] not found or has no versions.")
        if number == "latest":
            return held.versions[-1]
        if not re.fullmatch(r"[1-9][0-9]{0,8}", number) or int(number) > len(held.versions):
            refuse(StatusCode.NOT_FOUND, f"Secret Version [{name}] not found.")
        return held.versions[int(number) - 1]

    def _alive(self) -> dict[str, _Held]:
        """What is held, once what has expired is gone."""
        now = self._now()
        expired = [name for name, held in self._held.items() if _expires(held.secret) <= now]
        for name in expired:
            del self._held[name]
        if expired:
            self._save()
        return self._held

    def _save(self) -> None:
        if self._file:
            _write(self._file, [_dump(held) for held in self._held.values()])


def _check_create(request: sm.CreateSecretRequest) -> None:
    if not re.fullmatch(r"projects/[^/]+", request.parent):
        refuse(StatusCode.INVALID_ARGUMENT, f"Invalid resource name [{request.parent}].")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", request.secret_id):
        refuse(StatusCode.INVALID_ARGUMENT, f"Invalid secret id [{request.secret_id}].")
    replication = request.secret.replication
    if "automatic" not in replication and "user_managed" not in replication:
        refuse(StatusCode.INVALID_ARGUMENT, "Secret.replication is required.")


def _expires(secret: sm.Secret) -> float:
    at = seconds(secret, "expire_time")
    return math.inf if at is None else at


def _dump(held: _Held) -> dict[str, Any]:
    versions = [
        {"version": json.loads(sm.SecretVersion.to_json(v)), "data": base64.b64encode(d).decode()}
        for v, d in held.versions
    ]
    secret = json.loads(sm.Secret.to_json(held.secret))
    return {"order": held.order, "secret": secret, "versions": versions}


def _load(file: Path) -> dict[str, _Held]:
    entries = json.loads(file.read_bytes()) if file.exists() else []
    found = [_held(entry) for entry in entries]
    return {held.secret.name: held for held in found}


def _held(entry: dict[str, Any]) -> _Held:
    versions = [
        (sm.SecretVersion.from_json(json.dumps(v["version"])), base64.b64decode(v["data"]))
        for v in entry["versions"]
    ]
    return _Held(entry["order"], sm.Secret.from_json(json.dumps(entry["secret"])), versions)


def _write(file: Path, entries: list[dict[str, Any]]) -> None:
    """All or nothing, and never readable by others, not even for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(entries, out)
    draft.replace(file)
