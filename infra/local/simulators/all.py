"""The simulators of other services, and the faults that can be injected into them."""

from dataclasses import dataclass, field

from starlette.routing import BaseRoute, Mount

from infra.local.emulators.cloud_tasks import Delivery, once
from infra.local.simulators.agent_engine import AgentEngineState, agent_engine_app
from infra.local.simulators.faults import ServiceFaults, fault_routes
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.google_accounts import (
    GoogleAccountsState,
    calendar_app,
    gmail_app,
    oauth_app,
)
from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from infra.local.simulators.identity_toolkit import FirebaseUsers, identity_toolkit_app
from infra.local.simulators.liveavatar import LiveAvatarAccount, SessionRooms, liveavatar_app
from infra.local.simulators.speech_to_text import RecognitionSimulator, speech_to_text_app

LIVEAVATAR = "/simulators/liveavatar"
AGENT_ENGINE = "/simulators/agent-engine"
SPEECH = "/simulators/google-speech"
IDENTITY_TOOLKIT = "/simulators/identity-toolkit"
RECOGNITION = "/simulators/google-recognition"
GOOGLE_ACCOUNTS = "/simulators/google-accounts"
GMAIL = "/simulators/gmail"
GOOGLE_CALENDAR = "/simulators/google-calendar"
FAULTS = "/simulators/faults"


@dataclass(frozen=True)
class Simulators:
    """The state of all simulators.

    `delivery` says how often Cloud Tasks delivers a task: once, twice, late or never.
    """

    liveavatar: LiveAvatarAccount = field(default_factory=LiveAvatarAccount)
    agent: AgentEngineState = field(default_factory=AgentEngineState)
    speech: SpeechSimulator = field(default_factory=SpeechSimulator)
    recognition: RecognitionSimulator = field(default_factory=RecognitionSimulator)
    google: GoogleAccountsState = field(default_factory=GoogleAccountsState)
    users: FirebaseUsers = field(default_factory=FirebaseUsers)
    faults: ServiceFaults = field(default_factory=ServiceFaults)
    delivery: Delivery = once
    rooms: SessionRooms = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rooms", SessionRooms(self.liveavatar))

    def routes(self) -> list[BaseRoute]:
        """Return the simulators' routes, and the one at which faults are switched on."""
        apps = (
            (LIVEAVATAR, liveavatar_app(self.liveavatar, self.rooms)),
            (AGENT_ENGINE, agent_engine_app(self.agent)),
            (SPEECH, google_speech_app(self.speech)),
            (RECOGNITION, speech_to_text_app(self.recognition)),
            (GOOGLE_ACCOUNTS, oauth_app(self.google)),
            (IDENTITY_TOOLKIT, identity_toolkit_app(self.users)),
            (GMAIL, gmail_app(self.google)),
            (GOOGLE_CALENDAR, calendar_app(self.google)),
        )
        mounts = [
            Mount(path, app=Faulty(app, self.faults, path.rpartition("/")[2])) for path, app in apps
        ]
        return [*fault_routes(self.faults, FAULTS), *mounts]
