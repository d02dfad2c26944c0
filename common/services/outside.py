import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.domain.errors import OprinaError
from common.services.attempts import Pause
from common.services.ports import Agent, Avatars, Clock, Voice
from common.services.store import Store
from common.services.tasks import Tasks
from common.services.vault import Vault
from common.settings import Settings

log = logging.getLogger("oprina")


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


async def best_effort(what: str, doing: Awaitable[object]) -> None:
    """For what has a second way to happen: a failure is a line in the log, a bug is there in full, and
    the use case goes on."""
    try:
        await doing
    except OprinaError as error:
        log.warning("%s failed: %s", what, error.code, extra={"code": error.code})
    except Exception:
        log.exception("%s failed", what)
