"""The file in which the emulator's secrets survive a restart: JSON, for its owner only."""

import base64
import json
import os
from pathlib import Path
from typing import Any

from google.cloud import secretmanager_v1 as sm

from infra.local.emulators.secret_manager.secrets import StoredSecret, renew_etag


def load(file: Path) -> dict[str, StoredSecret]:
    """Return the stored secrets by name. A file that does not exist holds none."""
    entries = json.loads(file.read_bytes()) if file.exists() else []
    secrets = [_parse(entry) for entry in entries]
    return {stored.secret.name: stored for stored in secrets}


def save(file: Path, secrets: dict[str, StoredSecret]) -> None:
    """Replace the file at once. It is never readable for others."""
    entries = [_dump(stored) for stored in secrets.values()]
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(entries, out)
    draft.replace(file)


def _dump(stored: StoredSecret) -> dict[str, Any]:
    versions = [
        {"version": json.loads(sm.SecretVersion.to_json(v)), "data": base64.b64encode(d).decode()}
        for v, d in stored.versions
    ]
    secret = json.loads(sm.Secret.to_json(stored.secret))
    return {"order": stored.order, "secret": secret, "versions": versions}


def _parse(entry: dict[str, Any]) -> StoredSecret:
    versions = [
        (sm.SecretVersion.from_json(json.dumps(v["version"])), base64.b64decode(v["data"]))
        for v in entry["versions"]
    ]
    stored = StoredSecret(
        entry["order"], sm.Secret.from_json(json.dumps(entry["secret"])), versions
    )
    for resource in (stored.secret, *(version for version, _ in versions)):
        if not resource.etag:  # an older version of the emulator had none
            renew_etag(resource, 0)
    return stored
