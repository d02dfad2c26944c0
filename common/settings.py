"""The settings, read once from the environment. No other module reads the environment.

The variable of a setting is `OPRINA_` and its name in capitals. Two have names that Google chose:
`FIRESTORE_EMULATOR_HOST`, and `K_SERVICE`, which is set wherever a function is deployed.
"""

import json
import os
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from common import settings_rules as rules
from common.domain import deadlines
from common.domain.quota import METERS, Amounts, Meter

LOCAL_SWITCHES = {
    "firestore_emulator": "FIRESTORE_EMULATOR_HOST",
    "liveavatar_url": "OPRINA_LIVEAVATAR_URL",
    "agent_engine_url": "OPRINA_AGENT_ENGINE_URL",
    "speech_url": "OPRINA_SPEECH_URL",
    "recognition_url": "OPRINA_RECOGNITION_URL",
    "google_accounts_url": "OPRINA_GOOGLE_ACCOUNTS_URL",
    "identity_toolkit_url": "OPRINA_IDENTITY_TOOLKIT_URL",
    "secret_manager_address": "OPRINA_SECRET_MANAGER_ADDRESS",
    "cloud_tasks_address": "OPRINA_CLOUD_TASKS_ADDRESS",
    "certificates": "OPRINA_CERTIFICATES",
}
"""Settings that replace a service by an emulator or a simulator. A deployed function refuses
them."""

Positive = Annotated[int, Field(gt=0, le=10**12)]
Seconds = Annotated[int, Field(gt=0, le=86_400)]
Origin = Annotated[str, Field(pattern=r"^https?://[^\s/,*A-Z]+$")]
"""As a browser sends it: never a pattern, a path or a capital letter."""


class WronglySetError(Exception):
    """The environment is invalid. The message names each wrong setting and the problem.

    The message is for operators. Callers get the answer of an internal error.
    """


class Settings(BaseModel):
    """All settings. The docstring of a setting is its line in the documentation."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid", defer_build=True)

    project: str = Field("oprina-local", pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
    """The Google Cloud project, which is the Firebase project too."""
    location: str = Field("us-central1", pattern=r"^[a-z]+(-[a-z]+[0-9]+)?$")
    """The region of the agent and of the task queue."""
    agent_engine: str = ""
    """The agent: `projects/P/locations/L/reasoningEngines/ID`. Required in a deployment."""
    avatar_id: str = Field("dd73ea75-1218-4ef3-92ce-606d5f7fbc0a", min_length=1)
    """The default avatar."""
    voice: str = "en-US-Neural2-F"
    """The default voice: a name of Google Text-to-Speech."""
    language: str = "en-US"
    """The default language, in BCP 47."""
    other_languages: Annotated[tuple[str, ...], Field(max_length=2)] = ()
    """Up to two other languages that users speak, in BCP 47, separated by commas. Recognition of
    speech chooses among them and the user's language."""
    recognition_model: str = "short"
    """The model of Google Speech-to-Text."""
    recognition_location: str = Field("global", pattern=r"^[a-z0-9-]+$")
    """The location of that model: `global`, `us`, `eu` or a region."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Spoken words with a lower confidence start no turn. Words without a confidence do."""
    voices: tuple[str, ...] = ("*-Standard-*", "*-Wavenet-*", "*-Neural2-*")
    """Patterns of the voices that callers may name, separated by commas. Other voices cost up to ten
    times as much."""
    quality: Literal["very_high", "high", "medium", "low"] = "high"
    """The default quality of the picture: `very_high`, `high`, `medium` or `low`."""
    sandbox: bool = False
    """Start avatar sessions in the provider's sandbox: they are free and end after about a
    minute."""
    allowed_origins: tuple[Origin, ...] = ()
    """Origins of the pages that may call, separated by commas: scheme, host and port. Compared
    exactly."""

    admitted: tuple[
        Annotated[str, Field(pattern=r"^(\*|([^\s@,*]+@)?[^\s@,*]+\.[^\s@,*.]+)$")], ...
    ] = ()
    """People who may use the service, separated by commas: verified e-mail addresses, domains of such
    addresses, or `*` for every person. Empty: invited people only."""
    api_urls: dict[str, str] = {}
    """The address of each function that the page calls, as JSON: `{"chat": "https://..."}`. Empty if
    the page and the functions share a host, where a function answers at `/api/<name>`."""
    media_hosts: tuple[str, ...] = ("*.livekit.cloud",)
    """Hosts of the avatar's rooms, which the page may connect to, separated by commas."""
    web_config: dict[str, str] = {}
    """Firebase's public settings for sign-in on the page, as JSON: `{"apiKey": "...", "authDomain":
    "...", "projectId": "..."}`. Empty for the sign-in of the local stack."""

    allowance_avatar_seconds: Positive = 1_200
    """Avatar seconds that a user may use in a calendar month (UTC)."""
    allowance_agent_tokens: Positive = 200_000
    """Agent tokens, of prompts and replies, that a user may use in a month."""
    allowance_voice_characters: Positive = 100_000
    """Characters of speech that a user may use in a month."""
    allowance_transcribed_seconds: Positive = 3_600
    """Seconds of recorded speech that a user may have recognised in a month."""
    plans: dict[str, dict[Meter, Positive]] = {}
    """Other allowances by a user's plan, as JSON: `{"studio": {"avatar_seconds": 36000}}`."""
    ceiling_avatar_seconds: Positive = 360_000
    """Avatar seconds that all users together may use in a day (UTC)."""
    ceiling_agent_tokens: Positive = 100_000_000
    """Agent tokens that all users together may use in a day."""
    ceiling_voice_characters: Positive = 50_000_000
    """Characters of speech that all users together may use in a day. A conversation goes on as text
    beyond it."""
    ceiling_transcribed_seconds: Positive = 1_000_000
    """Seconds of recorded speech that all users together may have recognised in a day."""
    ceiling_shards: Annotated[int, Field(gt=0, le=500)] = 50
    """Documents that share a ceiling. One takes about one start or message per second."""
    starts_per_hour: Annotated[int, Field(gt=0, le=1_000)] = 60
    """Avatar sessions that a user may start in an hour."""
    turns_per_minute: Annotated[int, Field(gt=0, le=1_000)] = 60
    """Messages and texts that a user may send in a minute."""
    max_session_seconds: Seconds = 600
    """The longest avatar session. It is reserved at the start; unused seconds are released at the
    end."""
    min_session_seconds: Seconds = 20
    """An avatar session is not started if fewer seconds than this are left in the month."""
    idle_seconds: Seconds = 180
    """An avatar session ends when it is neither used nor kept alive for this time."""
    slots_per_user: Annotated[int, Field(gt=0, le=20)] = 1
    """Avatar sessions that a user may have at the same time."""
    turn_tokens: Positive = 8_192
    """Agent tokens that a turn reserves for its reply, beside the conversation's last prompt."""
    min_turn_tokens: Positive = 1_000
    """The least tokens for a reply: with fewer left of the month, no turn starts."""
    turns_per_user: Annotated[int, Field(gt=0, le=1_000)] = 10
    """Turns of a user that may run at the same time."""
    writing_tools: tuple[str, ...] = ("send_mail", "create_event", "move_event", "delete_event")
    """Tools of the agent that change something outside, separated by commas. A part of a conversation
    in which one of them ran cannot be answered again or replaced."""
    turn_characters: Annotated[int, Field(gt=0, le=100_000)] = 4_000
    """Characters of speech that a turn reserves. A longer reply continues as text."""
    turn_seconds: Annotated[int, Field(gt=deadlines.VOICE_REQUEST, le=570)] = 120
    """The longest time that the agent may take for a reply."""
    first_clause: Annotated[int, Field(ge=0)] = 0
    """Begin speech with a clause of at least this many characters if the first sentence is longer
    (24 works well). 0 waits for the sentence."""
    conversation_days: Annotated[int, Field(gt=0, le=36_500)] | None = None
    """Delete a conversation when it was not used for this many days. Empty: conversations are kept."""
    sweep_seconds: Seconds = 60
    """The interval of the local stack's sweeps. In a deployment Cloud Scheduler has its own."""

    store: Literal["firestore", "sqlite"] = "firestore"
    """The store of documents: `firestore`, or `sqlite` (a file; local only)."""
    data_dir: str = ".local"
    """The folder of SQLite's file and of the local stack's keys."""
    backup_days: Annotated[int, Field(ge=0, le=98)] = 7
    """Days that a backup of the database is kept, for the certificate of a deleted account."""
    database: str = "(default)"
    """The Firestore database."""
    vault: Literal["secret_manager", "sealed"] = "secret_manager"
    """The place of a session's tokens: its own secret (`secret_manager`), or its document
    (`sealed`)."""
    liveavatar_secret: str = "liveavatar-api-key"  # noqa: S105 - the secret's name, not the secret
    """The name of the secret that holds the LiveAvatar key."""
    google_client_secret: str = "google-oauth-client"  # noqa: S105 - the secret's name
    """The name of the secret that holds the JSON file of the OAuth client."""
    connections_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")] = ""
    """The address of the function `connections`, as browsers reach it. Without it no Google account
    can be connected."""
    tasks_queue: str = "expiry"
    """The Cloud Tasks queue of expiries."""
    traces: bool = False
    """Send the parts of a request to Cloud Trace if the caller's trace is sampled."""
    sweep_url: str = ""
    """The URL of `sweep_expired`, for the queue. Required in a deployment."""
    tasks_account: str = ""
    """The service account with which the queue calls `sweep_expired`. Required in a deployment."""

    liveavatar_url: str | None = None
    """Local only: the URL of a LiveAvatar simulator."""
    agent_engine_url: str | None = None
    """Local only: the URL of an Agent Engine simulator, with the agent's full name."""
    speech_url: str | None = None
    """Local only: the URL of a Text-to-Speech simulator."""
    recognition_url: str | None = None
    """Local only: the URL of a Speech-to-Text simulator."""
    google_accounts_url: str | None = None
    """Local only: the URL of a simulator of Google's OAuth server."""
    identity_toolkit_url: str | None = None
    """Local only: the URL of an Identity Toolkit simulator."""
    secret_manager_address: str | None = None
    """Local only: the address of a Secret Manager emulator, `host:port`."""
    cloud_tasks_address: str | None = None
    """Local only: the address of a Cloud Tasks emulator, `host:port`."""
    certificates: str | None = None
    """Local only: a file of certificates for ID tokens, in place of Google's."""
    firestore_emulator: str | None = Field(None, validation_alias="FIRESTORE_EMULATOR_HOST")
    """Local only: the address of a Firestore emulator, `host:port`."""
    deployed_as: str | None = Field(None, validation_alias="K_SERVICE")
    """Set by Google in a deployment. Settings that are local only are then refused."""

    @field_validator("voices", "other_languages", "media_hosts", "writing_tools", mode="before")
    @classmethod
    def _patterns(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        return tuple(pattern.strip() for pattern in listed.split(",") if pattern.strip())

    @field_validator("admitted", mode="before")
    @classmethod
    def _in_lower_case(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        return tuple(each.strip().casefold() for each in listed.split(",") if each.strip())

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_at_commas(cls, origins: object) -> object:
        if not isinstance(origins, str):
            return origins
        split = (origin.strip().rstrip("/") for origin in origins.split(","))
        return tuple(origin for origin in split if origin)

    @field_validator("plans", "api_urls", "web_config", mode="before")
    @classmethod
    def _parse_json(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("is not JSON") from None

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.min_session_seconds > self.max_session_seconds:
            msg = "OPRINA_MIN_SESSION_SECONDS is above OPRINA_MAX_SESSION_SECONDS"
            raise ValueError(msg)
        least: rules.Needs = {
            "avatar_seconds": ("OPRINA_MIN_SESSION_SECONDS", self.min_session_seconds),
            "agent_tokens": ("OPRINA_MIN_TURN_TOKENS", self.min_turn_tokens),
        }
        rules.check_allowances(self.default_plan, least)
        most: rules.Needs = {
            "avatar_seconds": ("session", self.max_session_seconds),
            "agent_tokens": ("turn", self.turn_tokens),
            "voice_characters": ("turn", self.turn_characters),
            "transcribed_seconds": ("recording", rules.LONGEST_RECORDING),
        }
        rules.check_ceilings(self.ceilings, self.ceiling_shards, most)
        rules.check_languages(self.language, self.other_languages)
        rules.check_voice(self.voice, self.language, self.voices)
        if self.deployed_as is not None:
            self._refuse_local_switches()
        return self

    def _refuse_local_switches(self) -> None:
        local = [name for field, name in LOCAL_SWITCHES.items() if getattr(self, field)]
        local += ["OPRINA_STORE=sqlite"] if self.store == "sqlite" else []
        if local:
            msg = f"{', '.join(local)}: only for a local stack, and this function is deployed"
            raise ValueError(msg)
        required = ("agent_engine", "sweep_url", "tasks_account")
        missing = [f"OPRINA_{name.upper()}" for name in required if not getattr(self, name)]
        if missing:
            msg = f"{', '.join(missing)}: must be set where a function is deployed"
            raise ValueError(msg)

    @cached_property
    def ceilings(self) -> Amounts:
        return {meter: getattr(self, f"ceiling_{meter}") for meter in METERS}

    @cached_property
    def default_plan(self) -> Amounts:
        return {meter: getattr(self, f"allowance_{meter}") for meter in METERS}

    def allowances(self, plan: str | None) -> Amounts:
        """Return the plan's allowances, completed by the default ones."""
        return {**self.default_plan, **self.plans.get(plan or "", {})}

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment. Raises `WronglySetError`, which names settings but no values."""
        from pydantic_settings import (  # noqa: PLC0415 - 20 ms that a deployed start needs, others not
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
    """Tell whether this process is a deployed function, and check its settings if so.

    A deployed function with wrong settings does not start. Elsewhere an import reads no settings.
    """
    if os.environ.get("K_SERVICE"):
        deadlines.check(Settings.from_environment().turn_seconds)
        return True
    return False


def _explain(error: ValidationError) -> str:
    problems = json.loads(error.json(include_input=False, include_url=False, include_context=False))
    return "; ".join(_describe(problem["loc"], problem["msg"]) for problem in problems)


def _describe(location: list[str | int], message: str) -> str:
    """Return the setting, the place in its value, and the problem. The value is left out."""
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name, *within = (str(part) for part in location)
    if name in Settings.model_fields:
        name = f"OPRINA_{name.upper()}"
    return f"{'.'.join([name, *within])}: {message}"
