"""The queues: what is in them, when it is due, and which names are taken."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.cloud import tasks_v2 as ct
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.cloud_tasks.delivery import Delivery
from infra.local.emulators.grpc_server import refuse, seconds, set_seconds

RUNNING = ct.Queue.State(ct.Queue.State.RUNNING)
NAME_TAKEN = 24 * 3600.0
"""Seconds for which a name stays taken after its task ran or was deleted."""
TOO_RECENTLY = "The task cannot be created because a task with this name existed too recently."


@dataclass(eq=False)
class Entry:
    """A task; `executions` counts answers below 500, `answered` is the last one (0: none yet)."""

    order: int
    task: ct.Task
    executions: int = 0
    answered: int = 0
    first_dispatch: float = 0.0


@dataclass(eq=False)
class Due:
    """A delivery to come. `forced`: also while the queue is paused."""

    at: float
    entry: Entry
    duplicate: bool = False
    forced: bool = False


class Queues:
    """`changed` is set when something else may be due."""

    def __init__(self, now: Callable[[], float], delivery: Delivery) -> None:
        self._now = now
        self._delivery = delivery
        self._queues: dict[str, ct.Queue] = {}
        self._entries: dict[str, Entry] = {}
        self._gone: dict[str, float] = {}
        self._agenda: list[Due] = []
        self._created = 0
        self.changed = asyncio.Event()

    def ensure(self, name: str, like: ct.Queue | None = None) -> None:
        """What Terraform does elsewhere: a queue that runs. One that is there is left as it is."""
        queue = like or ct.Queue(name=name)
        queue.state = RUNNING
        _fill_in(queue.retry_config)
        self._queues.setdefault(name, queue)

    def __contains__(self, name: str) -> bool:
        return name in self._queues

    def named(self, name: str) -> ct.Queue:
        queue = self._queues.get(name)
        return queue or refuse(StatusCode.NOT_FOUND, "Queue does not exist.")

    def inside(self, queue: str) -> list[Entry]:
        found = self.named(queue).name
        return [entry for name, entry in self._entries.items() if queue_of(name) == found]

    def find(self, task: str) -> Entry:
        entry = self._entries.get(task)
        return entry or refuse(StatusCode.NOT_FOUND, "The task does not exist.")

    def check_name(self, task: str) -> None:
        horizon = self._now() - NAME_TAKEN
        self._gone = {gone: at for gone, at in self._gone.items() if at > horizon}
        if task in self._entries:
            refuse(StatusCode.ALREADY_EXISTS, "Requested entity already exists")
        if task in self._gone:
            refuse(StatusCode.ALREADY_EXISTS, TOO_RECENTLY)

    def add(self, task: ct.Task) -> None:
        self._created += 1
        entry = self._entries[task.name] = Entry(self._created, task)
        self.plan(entry)

    def plan(self, entry: Entry) -> None:
        at = seconds(entry.task, "schedule_time") or 0.0
        for number, delay in enumerate(self._delivery(entry.task)):
            self._agenda.append(Due(at + delay, entry, duplicate=number > 0))
        self.changed.set()

    def plan_now(self, entry: Entry) -> None:
        """Once, whatever was planned."""
        set_seconds(entry.task, "schedule_time", self._now())
        self._agenda = [due for due in self._agenda if due.entry is not entry]
        self._agenda.append(Due(self._now(), entry, forced=True))
        self.changed.set()

    def holds(self, entry: Entry) -> bool:
        return self._entries.get(entry.task.name) is entry

    def remove(self, entry: Entry, *, ran: bool = False) -> None:
        """One that `ran` may still be delivered again; one that was deleted is not."""
        del self._entries[entry.task.name]
        self._gone[entry.task.name] = self._now()
        self._agenda = [d for d in self._agenda if d.entry is not entry or (ran and d.duplicate)]

    def idle(self) -> float | None:
        """Seconds until something is due; None: until something changes."""
        soonest = min((due.at for due in self._deliverable()), default=None)
        return None if soonest is None else max(0.0, soonest - self._now())

    def take_due(self) -> list[Due]:
        now = self._now()
        taken = sorted(
            (due for due in self._deliverable() if due.at <= now), key=lambda due: due.at
        )
        self._agenda = [due for due in self._agenda if due not in taken]
        return taken

    def _deliverable(self) -> Iterator[Due]:
        for due in self._agenda:
            if due.forced or self.named(queue_of(due.entry.task.name)).state == RUNNING:
                yield due


def queue_of(task: str) -> str:
    return task.rpartition("/tasks/")[0]


def _fill_in(config: ct.RetryConfig) -> None:
    """What Cloud Tasks chooses where a queue says nothing."""
    config.max_attempts = config.max_attempts or 100
    config.max_doublings = config.max_doublings or 16
    for name, default in (("min_backoff", 0.1), ("max_backoff", 3600.0)):
        if seconds(config, name) is None:
            set_seconds(config, name, default)
