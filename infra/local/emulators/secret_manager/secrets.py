"""Stored secrets: their checks, etags, expiry and versions."""

import hashlib
import math
import re
from dataclasses import dataclass, field

from google.cloud import secretmanager_v1 as sm
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import get_seconds, refuse, set_seconds

LARGEST = 64 * 1024
"""Bytes of a payload."""
MOST_LABELS = 64
LONGEST_LABEL = 63
UPDATABLE = {"labels", "annotations", "topics", "expire_time", "ttl", "rotation", "version_aliases"}
"""Fields of a secret that UpdateSecret changes here."""


@dataclass
class StoredSecret:
    """A secret. `versions[n - 1]` is version n with its data, which is empty once destroyed."""

    order: int
    secret: sm.Secret
    versions: list[tuple[sm.SecretVersion, bytes]] = field(default_factory=list)

    def expires(self) -> float:
        """Return the time of expiry in epoch seconds; infinity if there is none."""
        at = get_seconds(self.secret, "expire_time")
        return math.inf if at is None else at

    def find_version(self, which: str) -> tuple[sm.SecretVersion, bytes] | None:
        """Return a version by its number, `latest` or an alias; None if there is none."""
        if which == "latest":
            return self.versions[-1]
        number = self.secret.version_aliases.get(which)
        if number is None and re.fullmatch(r"[1-9][0-9]{0,8}", which):
            number = int(which)
        known = number is not None and 0 < number <= len(self.versions)
        return self.versions[number - 1] if known and number is not None else None


def renew_etag(resource: sm.Secret | sm.SecretVersion, now: float) -> None:
    """Give a resource a new etag, in quotes, as every modification does (AIP-154)."""
    before = f"{resource.name}|{resource.etag}|{now}"
    resource.etag = f'"{hashlib.sha256(before.encode()).hexdigest()[:14]}"'


def check_etag(resource: sm.Secret | sm.SecretVersion, etag: str) -> None:
    """Refuse a request whose etag is not the resource's. An empty one is not checked."""
    if etag and etag != resource.etag:
        refuse(
            StatusCode.FAILED_PRECONDITION,
            f"The etag {etag} does not match the current etag of [{resource.name}].",
        )


def check_create(request: sm.CreateSecretRequest) -> None:
    """Refuse a secret that Google would refuse."""
    if not re.fullmatch(r"projects/[^/]+", request.parent):
        refuse(StatusCode.INVALID_ARGUMENT, f"Invalid resource name [{request.parent}].")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", request.secret_id):
        refuse(StatusCode.INVALID_ARGUMENT, f"Invalid secret id [{request.secret_id}].")
    replication = request.secret.replication
    if "automatic" not in replication and "user_managed" not in replication:
        refuse(StatusCode.INVALID_ARGUMENT, "Secret.replication is required.")
    check_fields(request.secret)


def check_fields(secret: sm.Secret) -> None:
    """Refuse labels that Google would refuse, and fields that the emulator does not have."""
    if len(secret.labels) > MOST_LABELS:
        refuse(StatusCode.INVALID_ARGUMENT, f"A secret has at most {MOST_LABELS} labels.")
    for key, value in secret.labels.items():
        if not key or not key[0].isalpha() or not _is_label(key) or not _is_label(value):
            refuse(StatusCode.INVALID_ARGUMENT, f"Invalid label [{key}: {value}].")
    if "version_destroy_ttl" in secret:
        refuse(StatusCode.UNIMPLEMENTED, "This emulator has no delayed destruction of versions.")


def _is_label(text: str) -> bool:
    """Return whether a text has only lower case letters, digits, `_` and `-`, and at most 63."""
    fits = all(each in "_-" or (each.isalnum() and not each.isupper()) for each in text)
    return fits and len(text) <= LONGEST_LABEL


def set_expiry(secret: sm.Secret, now: float) -> None:
    """Replace `ttl`, which is input only, by `expire_time`. Refuse a time in the past."""
    ttl = get_seconds(secret, "ttl")
    if ttl is not None:
        set_seconds(secret, "expire_time", now + ttl)
    at = get_seconds(secret, "expire_time")
    if at is not None and at <= now:
        refuse(StatusCode.INVALID_ARGUMENT, "Secret.expire_time must be in the future.")


def update_fields(secret: sm.Secret, request: sm.UpdateSecretRequest) -> sm.Secret:
    """Return a copy of `secret` with the fields that the request's mask names.

    A named field that is not set is cleared.
    """
    paths = [path for path in request.update_mask.paths if path != "etag"]
    if not paths:
        refuse(StatusCode.INVALID_ARGUMENT, "UpdateSecretRequest.update_mask is required.")
    for path in paths:
        if path not in UPDATABLE:
            refuse(StatusCode.INVALID_ARGUMENT, f"Field [{path}] cannot be updated.")
    changed = sm.Secret(secret)
    raw = sm.Secret.pb(changed)
    if {"ttl", "expire_time"} & set(paths):  # two forms of one field
        raw.ClearField("expire_time")
    FieldMask(paths=paths).MergeMessage(
        sm.Secret.pb(request.secret), raw, replace_message_field=True, replace_repeated_field=True
    )
    check_fields(changed)
    return changed
