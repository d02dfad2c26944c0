"""Everything that can be set, read once from the environment. Nothing else reads the environment.

Each setting is `OPRINA_` and its name in capitals, but for the two that others name:
`FIRESTORE_EMULATOR_HOST` and `K_SERVICE` (set by Google wherever a function is deployed).
"""

import json
import os
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

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
Origin = Annotated[str, Field(pattern=r"^https?://[^\s/,*A-Z]+$")]
"""As a browser sends it: never a pattern, a path or a capital letter."""


class WronglySetError(Exception):
    """The environment is not as it must be; the message names each setting and what is wrong. For
    whoever deploys: callers are told no more of it than of any bug."""


class Settings(BaseModel):
    """The line below each setting is what the README says of it."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid", defer_build=True)

    project: str = Field("oprina-local", pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
    """The Google Cloud project, which is the Firebase project too."""
    location: str = Field("us-central1", pattern=r"^[a-z]+(-[a-z]+[0-9]+)?$")
    """The region of the agent and of the task queue."""
    agent_engine: str = ""
    """The agent: `projects/P/locations/L/reasoningEngines/ID`. Must be set where it is deployed."""
    avatar_id: str = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
    """The avatar of those who do not name one."""
    voice: str = "en-US-Neural2-F"
    """The voice of those who do not name one: a name of Google Text-to-Speech."""
    language: str = "en-US"
    """The language of those who do not name one, in BCP 47."""
    voices: tuple[str, ...] = ("*-Standard-*", "*-Wavenet-*", "*-Neural2-*")
    """The voices that callers may name, as patterns, by comma. Other voices cost up to ten times."""
    quality: Literal["very_high", "high", "medium", "low"] = "high"
    """The picture's quality: `very_high`, `high`, `medium` or `low`."""
    sandbox: bool = False
    """Avatar sessions that are free and end after about a minute."""
    allowed_origins: tuple[Origin, ...] = ()
    """The pages that may call, by comma: scheme, host and port, letter by letter."""

    allowance_avatar_seconds: Positive = 1_200
    """Seconds of avatar that a user has in a month (UTC)."""
    allowance_agent_tokens: Positive = 200_000
    """Tokens of the agent, prompt and reply together, that a user has in a month."""
    allowance_voice_characters: Positive = 100_000
    """Characters of speech that a user has in a month."""
    plans: dict[str, dict[Meter, Positive]] = {}
    """Other allowances by a user's plan, as JSON: `{"studio": {"avatar_seconds": 36000}}`."""
    max_session_seconds: Positive = 600
    """The longest avatar session: so much is set aside at its start, and the rest given back."""
    min_session_seconds: Positive = 20
    """With less than this left of the month, no avatar session is started."""
    idle_seconds: Positive = 180
    """An avatar session that nobody uses or keeps alive for so long is ended."""
    slots_per_user: Annotated[int, Field(gt=0, le=20)] = 1
    """Avatar sessions that a user may have at the same time."""
    turn_tokens: Positive = 8_192
    """Agent tokens that a turn sets aside."""
    min_turn_tokens: Positive = 1_000
    """Below this many tokens left for the output, no turn is started."""
    turns_per_user: Annotated[int, Field(gt=0, le=1_000)] = 10
    """Turns of a user that may run at the same time."""
    turn_characters: Positive = 4_000
    """Characters of speech that a turn sets aside; a longer reply goes on as text."""
    turn_seconds: Positive = 120
    """The longest time that the agent may take for a reply."""
    first_clause: Annotated[int, Field(ge=0)] = 0
    """Speech may begin with a clause of at least so many characters where the first sentence is
    long (24 is a good figure); 0 waits for the sentence."""
    sweep_seconds: Positive = 60
    """How often the local stack sweeps; where it is deployed, Cloud Scheduler says."""

    store: Literal["firestore", "sqlite"] = "firestore"
    """Where documents are: `firestore`, or `sqlite` (a file; local only)."""
    data_dir: str = ".local"
    """The folder of SQLite's file and of the local stack's keys."""
    database: str = "(default)"
    """The Firestore database."""
    vault: Literal["secret_manager", "sealed"] = "secret_manager"
    """Where a session's tokens are: a secret each (`secret_manager`), or sealed in its document."""
    liveavatar_secret: str = "liveavatar-api-key"  # noqa: S105 - the secret's name, not the secret
    """The name of the secret that holds the LiveAvatar key."""
    tasks_queue: str = "expiry"
    """The Cloud Tasks queue of expiries."""
    traces: bool = False
    """Each request's parts go to Cloud Trace, where the request's own trace is wanted."""
    sweep_url: str = ""
    """The address of `sweep_expired`, for the queue. Must be set where it is deployed."""
    tasks_account: str = ""
    """The service account that the queue calls it as. Must be set where it is deployed."""

    liveavatar_url: str | None = None
    """Local only: a LiveAvatar stand-in."""
    agent_engine_url: str | None = None
    """Local only: an Agent Engine stand-in, with the agent's whole name."""
    speech_url: str | None = None
    """Local only: a Text-to-Speech stand-in."""
    secret_manager_address: str | None = None
    """Local only: a Secret Manager stand-in, `host:port`."""
    cloud_tasks_address: str | None = None
    """Local only: a Cloud Tasks stand-in, `host:port`."""
    certificates: str | None = None
    """Local only: a file of certificates that ID tokens are verified with, instead of Google's."""
    firestore_emulator: str | None = Field(None, validation_alias="FIRESTORE_EMULATOR_HOST")
    """Local only: the Firestore emulator, `host:port`."""
    deployed_as: str | None = Field(None, validation_alias="K_SERVICE")
    """Set by Google where it is deployed: nothing that is local only may be set beside it."""

    @field_validator("voices", mode="before")
    @classmethod
    def _patterns(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        return tuple(pattern.strip() for pattern in listed.split(",") if pattern.strip())

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _by_comma(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        split = (origin.strip().rstrip("/") for origin in listed.split(","))
        return tuple(origin for origin in split if origin)

    @field_validator("plans", mode="before")
    @classmethod
    def _as_json(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("is not JSON") from None

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
        from pydantic_settings import (  # noqa: PLC0415 - 20 ms of a start that needs none
            BaseSettings,
            SettingsConfigDict,
        )

        class FromEnvironment(BaseSettings, cls):  # type: ignore[misc, valid-type]  # a class, if chosen here
            model_config = SettingsConfigDict(env_prefix="OPRINA_", enable_decoding=False)

        try:
            return cls(**FromEnvironment().model_dump(exclude_unset=True))
        except ValidationError as error:
            raise WronglySetError(_explain(error)) from None


def is_deployed() -> bool:
    """A deployed function that is set wrongly does not start; a module imported anywhere else asks
    for nothing."""
    if os.environ.get("K_SERVICE"):
        Settings.from_environment()
        return True
    return False


def _explain(error: ValidationError) -> str:
    problems = json.loads(error.json(include_input=False, include_url=False, include_context=False))
    return "; ".join(_named(problem["loc"], problem["msg"]) for problem in problems)


def _named(location: list[str | int], message: str) -> str:
    """The setting, where in it, and what is wrong; but not what it was set to."""
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name, *within = (str(part) for part in location)
    if name in Settings.model_fields:
        name = f"OPRINA_{name.upper()}"
    return f"{'.'.join([name, *within])}: {message}"
