"""The settings of the local stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.domain.user import EVERYONE
from common.settings import Settings
from infra.local.simulators.all import (
    AGENT_ENGINE,
    GOOGLE_ACCOUNTS,
    IDENTITY_TOOLKIT,
    LIVEAVATAR,
    RECOGNITION,
    SPEECH,
)

DATA_DIR = ".local"
ENGINE = "projects/{project}/locations/{location}/reasoningEngines/local"
ACCOUNT = "tasks@{project}.iam.gserviceaccount.com"
WEB_PAGE = ("http://localhost:5173", "http://127.0.0.1:5173")
"""The addresses of Vite's development server. The stack accepts any other local port, too."""


@dataclass(frozen=True)
class StackAddress:
    """The addresses and files of a stack.

    `grpc` (`127.0.0.1:50123`) is the address of the emulators of Secret Manager and Cloud Tasks.
    """

    url: str
    grpc: str
    folder: Path
    certificates: Path


def settings_in_environment() -> dict[str, Any]:
    """Return the settings that the environment sets. Raises `WronglySetError` for a wrong value."""
    settings = Settings.from_environment()
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def default_settings() -> dict[str, Any]:
    """Return the default of every setting. The environment is not read."""
    fields = Settings.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields}


def local_settings(given: Mapping[str, Any], address: StackAddress) -> Settings:
    """Return `given` settings, completed by those that point to this machine.

    The environment is not read.
    """
    names = default_settings() | dict(given)
    engine = ENGINE.format(project=names["project"], location=names["location"])
    local = {
        "store": "sqlite",
        "admitted": (EVERYONE,),
        "data_dir": str(address.folder),
        "agent_engine": engine,
        "allowed_origins": (*WEB_PAGE, address.url, address.url.replace("127.0.0.1", "localhost")),
        "connections_url": f"{address.url}/api/connections",
        "google_accounts_url": f"{address.url}{GOOGLE_ACCOUNTS}",
        "identity_toolkit_url": f"{address.url}{IDENTITY_TOOLKIT}",
        "sweep_url": f"{address.url}/sweep_expired",
        "tasks_account": ACCOUNT.format(project=names["project"]),
        "liveavatar_url": f"{address.url}{LIVEAVATAR}",
        "agent_engine_url": f"{address.url}{AGENT_ENGINE}/v1/{engine}",
        "speech_url": f"{address.url}{SPEECH}",
        "recognition_url": f"{address.url}{RECOGNITION}",
        "secret_manager_address": address.grpc,
        "cloud_tasks_address": address.grpc,
        "certificates": str(address.certificates),
    }
    return Settings(**{**default_settings(), **local, **given})
