"""The simulators of the three paid services, and the faults that can be injected into them."""

from dataclasses import dataclass, field

from starlette.routing import BaseRoute, Mount

from infra.local.emulators.cloud_tasks import Delivery, once
from infra.local.simulators.agent_engine import AgentEngineState, agent_engine_app
from infra.local.simulators.faults import ServiceFaults, fault_routes
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from infra.local.simulators.liveavatar import LiveAvatarAccount, SessionRooms, liveavatar_app

LIVEAVATAR = "/simulators/liveavatar"
AGENT_ENGINE = "/simulators/agent-engine"
SPEECH = "/simulators/google-speech"
FAULTS = "/simulators/faults"


@dataclass(frozen=True)
class Simulators:
    """The state of all simulators.

    `delivery` says how often Cloud Tasks delivers a task: once, twice, late or never.
    """

    liveavatar: LiveAvatarAccount = field(default_factory=LiveAvatarAccount)
    agent: AgentEngineState = field(default_factory=AgentEngineState)
    speech: SpeechSimulator = field(default_factory=SpeechSimulator)
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
        )
        mounts = [
            Mount(path, app=Faulty(app, self.faults, path.rpartition("/")[2])) for path, app in apps
        ]
        return [*fault_routes(self.faults, FAULTS), *mounts]
