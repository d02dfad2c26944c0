from collections.abc import Callable
from dataclasses import dataclass

from common.ports.agent import Agent
from common.ports.avatar import AvatarProvider
from common.ports.clock import Clock, Pause
from common.ports.google import GoogleAccounts, GrantVault
from common.ports.sign_ins import SignIns
from common.ports.store import Store
from common.ports.task_queue import TaskQueue
from common.ports.vault import TokenVault
from common.ports.voice import SpeechToText, TextToSpeech
from common.settings import Settings


@dataclass(frozen=True)
class Dependencies:
    """All that the use cases reach beyond themselves.

    `new_id` gives a fresh id, later ones sort after earlier ones.
    """

    store: Store
    avatars: AvatarProvider
    agent: Agent
    voice: TextToSpeech
    recognition: SpeechToText
    vault: TokenVault
    tasks: TaskQueue
    google: GoogleAccounts
    grants: GrantVault
    sign_ins: SignIns
    clock: Clock
    new_id: Callable[[], str]
    pause: Pause
    settings: Settings
