"""The RPCs of `SecretManagerService`."""

import time
from collections.abc import Callable
from pathlib import Path

import google_crc32c
from google.cloud import secretmanager_v1 as sm
from google.protobuf import empty_pb2
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.filters import parse_filter
from infra.local.emulators.grpc_server import Method, RpcService, paginate, refuse, set_seconds
from infra.local.emulators.secret_manager import storage
from infra.local.emulators.secret_manager.secrets import (
    LARGEST,
    StoredSecret,
    check_create,
    check_etag,
    renew_etag,
    set_expiry,
    update_fields,
)

State = sm.SecretVersion.State
LARGEST_PAGE = 25_000


class SecretManagerEmulator:
    """Secret Manager of every project. `now` returns epoch seconds.

    With `file`, the secrets survive a restart.
    """

    def __init__(self, *, now: Callable[[], float] = time.time, file: Path | None = None) -> None:
        self._now = now
        self._file = file
        self._secrets = storage.load(file) if file else {}

    def service(self) -> RpcService:
        """Return the gRPC service."""
        version = sm.SecretVersion
        methods = {
            "CreateSecret": Method(self._create, sm.CreateSecretRequest, sm.Secret),
            "GetSecret": Method(self._get, sm.GetSecretRequest, sm.Secret),
            "UpdateSecret": Method(self._update, sm.UpdateSecretRequest, sm.Secret),
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
        return RpcService("secret-manager", wire_name, methods)

    def _create(self, request: sm.CreateSecretRequest) -> sm.Secret:
        name = f"{request.parent}/secrets/{request.secret_id}"
        check_create(request)
        if name in self._drop_expired():
            refuse(StatusCode.ALREADY_EXISTS, f"Secret [{name}] already exists.")
        secret = sm.Secret(request.secret)
        secret.name = name
        set_seconds(secret, "create_time", self._now())
        set_expiry(secret, self._now())
        renew_etag(secret, self._now())
        order = max((stored.order for stored in self._secrets.values()), default=0) + 1
        self._secrets[name] = StoredSecret(order, secret)
        self._save()
        return secret

    def _get(self, request: sm.GetSecretRequest) -> sm.Secret:
        return self._find(request.name).secret

    def _update(self, request: sm.UpdateSecretRequest) -> sm.Secret:
        stored = self._find(request.secret.name)
        check_etag(stored.secret, request.secret.etag)
        changed = update_fields(stored.secret, request)
        set_expiry(changed, self._now())
        renew_etag(changed, self._now())
        stored.secret = changed
        self._save()
        return changed

    def _delete(self, request: sm.DeleteSecretRequest) -> empty_pb2.Empty:
        check_etag(self._find(request.name).secret, request.etag)
        del self._secrets[request.name]
        self._save()
        return empty_pb2.Empty()

    def _list(self, request: sm.ListSecretsRequest) -> sm.ListSecretsResponse:
        fits = parse_filter(request.filter, sm.Secret)
        prefix = f"{request.parent}/"
        inside = [
            stored
            for name, stored in self._drop_expired().items()
            if name.startswith(prefix) and fits(stored.secret)
        ]
        newest_first = [(-stored.order, stored.secret) for stored in reversed(inside)]
        secrets, token = paginate(newest_first, request.page_size, request.page_token, LARGEST_PAGE)
        return sm.ListSecretsResponse(
            secrets=secrets, next_page_token=token, total_size=len(inside)
        )

    def _add(self, request: sm.AddSecretVersionRequest) -> sm.SecretVersion:
        stored = self._find(request.parent)
        data = bytes(request.payload.data)
        checked = "data_crc32c" in request.payload
        if not data:
            refuse(StatusCode.INVALID_ARGUMENT, "Secret Payload cannot be empty.")
        if len(data) > LARGEST:
            refuse(StatusCode.INVALID_ARGUMENT, f"The payload is larger than {LARGEST} bytes.")
        if checked and request.payload.data_crc32c != google_crc32c.value(data):
            refuse(StatusCode.INVALID_ARGUMENT, "The payload's checksum does not match its data.")
        version = sm.SecretVersion(
            name=f"{request.parent}/versions/{len(stored.versions) + 1}",
            state=State.ENABLED,
            client_specified_payload_checksum=checked,
        )
        set_seconds(version, "create_time", self._now())
        renew_etag(version, self._now())
        stored.versions.append((version, data))
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
        fits = parse_filter(request.filter, sm.SecretVersion)
        versions = self._find(request.parent).versions
        numbered = [(-n, v) for n, (v, _) in enumerate(versions, 1) if fits(v)]
        shown, token = paginate(numbered[::-1], request.page_size, request.page_token, LARGEST_PAGE)
        return sm.ListSecretVersionsResponse(
            versions=shown, next_page_token=token, total_size=len(numbered)
        )

    def _enable(self, request: sm.EnableSecretVersionRequest) -> sm.SecretVersion:
        return self._set_state(request.name, request.etag, State.ENABLED)

    def _disable(self, request: sm.DisableSecretVersionRequest) -> sm.SecretVersion:
        return self._set_state(request.name, request.etag, State.DISABLED)

    def _destroy(self, request: sm.DestroySecretVersionRequest) -> sm.SecretVersion:
        return self._set_state(request.name, request.etag, State.DESTROYED)

    def _set_state(self, name: str, etag: str, state: int) -> sm.SecretVersion:
        version, data = self._find_version(name)
        check_etag(version, etag)
        if version.state == State.DESTROYED:
            refuse(
                StatusCode.FAILED_PRECONDITION,
                f"Secret Version [{version.name}] is in DESTROYED state.",
            )
        version.state = State(state)
        if state == State.DESTROYED:
            set_seconds(version, "destroy_time", self._now())
            data = b""
        renew_etag(version, self._now())
        secret, _, number = version.name.rpartition("/versions/")
        self._secrets[secret].versions[int(number) - 1] = (version, data)
        self._save()
        return version

    def _find(self, name: str) -> StoredSecret:
        stored = self._drop_expired().get(name)
        return stored or refuse(StatusCode.NOT_FOUND, f"Secret [{name}] not found.")

    def _find_version(self, name: str) -> tuple[sm.SecretVersion, bytes]:
        secret, _, which = name.rpartition("/versions/")
        stored = self._drop_expired().get(secret)
        if stored is None or not stored.versions:
            refuse(StatusCode.NOT_FOUND, f"Secret [{secret}] not found or has no versions.")
        found = stored.find_version(which)
        return found or refuse(StatusCode.NOT_FOUND, f"Secret Version [{name}] not found.")

    def _drop_expired(self) -> dict[str, StoredSecret]:
        """Delete the expired secrets and return the others by name."""
        now = self._now()
        expired = [name for name, stored in self._secrets.items() if stored.expires() <= now]
        for name in expired:
            del self._secrets[name]
        if expired:
            self._save()
        return self._secrets

    def _save(self) -> None:
        if self._file:
            storage.save(self._file, self._secrets)
