"""What the settings are on one machine, where nobody set them otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.settings import Settings
from infra.local.simulators.all import AGENT_ENGINE, LIVEAVATAR, SPEECH

DATA_DIR = ".local"
ENGINE = "projects/{project}/locations/{location}/reasoningEngines/local"
ACCOUNT = "tasks@{project}.iam.gserviceaccount.com"
WEB_PAGE = ("http://localhost:5173", "http://127.0.0.1:5173")
"""Where Vite serves the page while it is being developed."""


@dataclass(frozen=True)
class Place:
    """Where the stack listens: `url` over HTTP, `grpc` (`127.0.0.1:50123`) for the stand-ins of
    Secret Manager and Cloud Tasks."""

    url: str
    grpc: str
    folder: Path
    certificates: Path


def given_by_environment() -> dict[str, Any]:
    """Only what somebody set. `WronglySetError` names what is not as it must be."""
    settings = Settings.from_environment()
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def untouched() -> dict[str, Any]:
    """Every setting's own default, whatever the environment says."""
    fields = Settings.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields}


def local_settings(given: Mapping[str, Any], place: Place) -> Settings:
    """What is `given` stands; the rest points at this machine. The environment is not read."""
    names = untouched() | dict(given)
    engine = ENGINE.format(project=names["project"], location=names["location"])
    local = {
        "store": "sqlite",
        "data_dir": str(place.folder),
        "agent_engine": engine,
        "allowed_origins": WEB_PAGE,
        "sweep_url": f"{place.url}/sweep_expired",
        "tasks_account": ACCOUNT.format(project=names["project"]),
        "liveavatar_url": f"{place.url}{LIVEAVATAR}",
        "agent_engine_url": f"{place.url}{AGENT_ENGINE}/v1/{engine}",
        "speech_url": f"{place.url}{SPEECH}",
        "secret_manager_address": place.grpc,
        "cloud_tasks_address": place.grpc,
        "certificates": str(place.certificates),
    }
    return Settings(**{**untouched(), **local, **given})
