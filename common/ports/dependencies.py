from collections.abc import Callable
from dataclasses import dataclass

from common.ports.agent import Agent
from common.ports.avatar import Avatars
from common.ports.clock import Clock, Pause
from common.ports.store import Store
from common.ports.task_queue import Tasks
from common.ports.vault import Vault
from common.ports.voice import Voice
from common.settings import Settings


@dataclass(frozen=True)
class Outside:
    """All that the use cases reach beyond themselves. `new_id` gives a fresh id, later ones sort
    after earlier ones."""

    store: Store
    avatars: Avatars
    agent: Agent
    voice: Voice
    vault: Vault
    tasks: Tasks
    clock: Clock
    new_id: Callable[[], str]
    pause: Pause
    settings: Settings
