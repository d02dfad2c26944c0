"""Everything that can be set, read once from the environment. Nothing else reads the environment.

Each setting is `OPRINA_` and its name in capitals, but for the two that others name:
`FIRESTORE_EMULATOR_HOST` and `K_SERVICE` (set by Google wherever a function is deployed).
"""

import json
import os
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.domain.errors import OprinaError
from common.domain.quota import METERS, Amounts, Meter

LOCAL_SWITCHES = {
    "firestore_emulator": "FIRESTORE_EMULATOR_HOST",
    "liveavatar_url": "OPRINA_LIVEAVATAR_URL",
    "agent_engine_url": "OPRINA_AGENT_ENGINE_URL",
    "speech_url": "OPRINA_SPEECH_URL",
    "secret_manager_address": "OPRINA_SECRET_MANAGER_ADDRESS",
    "cloud_tasks_address": "OPRINA_CLOUD_TASKS_ADDRESS",
    "certificates": "OPRINA_CERTIFICATES",
}
"""What points a function at a stand-in. A deployed function with any of these does not start."""

Positive = Annotated[int, Field(gt=0)]


class WronglySetError(OprinaError):
    """The environment is not as it must be; the message names each setting and what is wrong."""

    code = "wrongly_set"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="OPRINA_", frozen=True, populate_by_name=True)

    project: str = Field("oprina-local", pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
    location: str = Field("us-central1", pattern=r"^[a-z]+(-[a-z]+[0-9]+)?$")
    agent_engine: str = ""
    avatar_id: str = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
    voice: str = "en-US-Neural2-F"
    language: str = "en-US"
    quality: Literal["very_high", "high", "medium", "low"] = "high"
    sandbox: bool = False
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()

    allowance_avatar_seconds: Positive = 1_200
    allowance_agent_tokens: Positive = 200_000
    allowance_voice_characters: Positive = 100_000
    plans: dict[str, dict[Meter, Positive]] = {}
    max_session_seconds: Positive = 600
    min_session_seconds: Positive = 20
    idle_seconds: Positive = 180
    slots_per_user: Annotated[int, Field(gt=0, le=20)] = 1
    turn_tokens: Positive = 8_192
    turn_characters: Positive = 4_000
    turn_seconds: Positive = 120
    sweep_seconds: Positive = 60

    store: Literal["firestore", "sqlite"] = "firestore"
    data_dir: str = ".local"
    database: str = "(default)"
    vault: Literal["secret_manager", "sealed"] = "secret_manager"
    liveavatar_secret: str = "liveavatar-api-key"  # noqa: S105 - the secret's name, not the secret
    tasks_queue: str = "expiry"
    sweep_url: str = ""
    tasks_account: str = ""

    liveavatar_url: str | None = None
    agent_engine_url: str | None = None
    speech_url: str | None = None
    secret_manager_address: str | None = None
    cloud_tasks_address: str | None = None
    certificates: str | None = None
    """A file of certificates that sign-in tokens are verified with, instead of Google's."""
    firestore_emulator: str | None = Field(None, validation_alias="FIRESTORE_EMULATOR_HOST")
    deployed_as: str | None = Field(None, validation_alias="K_SERVICE")

    @model_validator(mode="before")
    @classmethod
    def _origins_by_comma(cls, values: dict[str, object]) -> dict[str, object]:
        listed = values.get("allowed_origins")
        if isinstance(listed, str):
            split = (origin.strip().rstrip("/") for origin in listed.split(","))
            values = {**values, "allowed_origins": tuple(origin for origin in split if origin)}
        return values

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if self.min_session_seconds > self.max_session_seconds:
            msg = "OPRINA_MIN_SESSION_SECONDS is above OPRINA_MAX_SESSION_SECONDS"
            raise ValueError(msg)
        if self.deployed_as is not None:
            self._refuse_local_switches()
        return self

    def _refuse_local_switches(self) -> None:
        set_here = [name for field, name in LOCAL_SWITCHES.items() if getattr(self, field)]
        set_here += ["OPRINA_STORE=sqlite"] if self.store == "sqlite" else []
        if set_here:
            msg = f"{', '.join(set_here)}: only for a local stack, and this function is deployed"
            raise ValueError(msg)
        needed = ("agent_engine", "sweep_url", "tasks_account")
        missing = [f"OPRINA_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            msg = f"{', '.join(missing)}: must be set where a function is deployed"
            raise ValueError(msg)

    @cached_property
    def default_plan(self) -> Amounts:
        return {meter: getattr(self, f"allowance_{meter}") for meter in METERS}

    def allowances(self, plan: str | None) -> Amounts:
        """A plan's own figures over the default ones; an unknown plan is the default one."""
        return {**self.default_plan, **self.plans.get(plan or "", {})}

    @classmethod
    def from_environment(cls) -> Self:
        """Refuses, with a message that names each wrong setting and not its value."""
        try:
            return cls()
        except ValidationError as error:
            raise WronglySetError(_explain(error)) from None


def check_deployment() -> None:
    """A deployed function that is set wrongly does not start; a module imported anywhere else asks
    for nothing."""
    if os.environ.get("K_SERVICE"):
        Settings.from_environment()


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in json.loads(error.json(include_input=False, include_url=False)):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        prefix = "" if name in LOCAL_SWITCHES.values() or not name else "OPRINA_"
        lines.append(f"{prefix}{name}: {problem['msg']}" if name else problem["msg"])
    return "; ".join(lines)
