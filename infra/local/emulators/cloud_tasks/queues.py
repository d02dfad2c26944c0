"""The queues: their tasks, the agenda of deliveries, and the names that are taken."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.cloud import tasks_v2 as ct
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.cloud_tasks.delivery import Delivery
from infra.local.emulators.grpc_server import get_seconds, refuse, set_seconds

RUNNING = ct.Queue.State(ct.Queue.State.RUNNING)
NAME_TAKEN = 24 * 3600.0
"""Seconds for which a name stays taken after its task ran or was deleted."""
TOO_RECENTLY = "The task cannot be created because a task with this name existed too recently."


@dataclass(eq=False)
class QueuedTask:
    """A task in a queue.

    `executions` counts the answers below 500. `answered` is the last HTTP status, 0 before the first.
    """

    order: int
    task: ct.Task
    executions: int = 0
    answered: int = 0
    first_dispatch: float = 0.0


@dataclass(eq=False)
class DueDelivery:
    """A planned delivery. A `forced` one is made also while the queue is paused."""

    at: float
    entry: QueuedTask
    duplicate: bool = False
    forced: bool = False


class Queues:
    """All queues. `changed` is set when another delivery may be due."""

    def __init__(self, now: Callable[[], float], delivery: Delivery) -> None:
        self._now = now
        self._delivery = delivery
        self._queues: dict[str, ct.Queue] = {}
        self._entries: dict[str, QueuedTask] = {}
        self._gone: dict[str, float] = {}
        self._agenda: list[DueDelivery] = []
        self._created = 0
        self.changed = asyncio.Event()

    def ensure(self, name: str, like: ct.Queue | None = None) -> None:
        """Create a running queue, as Terraform does. An existing one is left as it is."""
        if name not in self._queues:
            self.put(name, like or ct.Queue(name=name))

    def put(self, name: str, queue: ct.Queue) -> None:
        """Create a queue, or replace its configuration. The state of an existing one stays."""
        before = self._queues.get(name)
        queue.state = before.state if before else RUNNING
        _fill_in(queue.retry_config)
        self._queues[name] = queue

    def delete(self, name: str) -> None:
        """Delete a queue with its tasks. Raises RpcRefusal(NOT_FOUND)."""
        for entry in self.inside(name):
            self.remove(entry)
        del self._queues[self.get(name).name]

    def __contains__(self, name: str) -> bool:
        return name in self._queues

    def __iter__(self) -> Iterator[ct.Queue]:
        return iter(self._queues.values())

    def get(self, name: str) -> ct.Queue:
        """Return a queue. Raises RpcRefusal(NOT_FOUND)."""
        queue = self._queues.get(name)
        return queue or refuse(StatusCode.NOT_FOUND, "Queue does not exist.")

    def inside(self, queue: str) -> list[QueuedTask]:
        """Return a queue's tasks. Raises RpcRefusal(NOT_FOUND)."""
        found = self.get(queue).name
        return [entry for name, entry in self._entries.items() if queue_of(name) == found]

    def find(self, task: str) -> QueuedTask:
        """Return a task. Raises RpcRefusal(NOT_FOUND)."""
        entry = self._entries.get(task)
        return entry or refuse(StatusCode.NOT_FOUND, "The task does not exist.")

    def check_name(self, task: str) -> None:
        """Refuse a name that is taken."""
        horizon = self._now() - NAME_TAKEN
        self._gone = {gone: at for gone, at in self._gone.items() if at > horizon}
        if task in self._entries:
            refuse(StatusCode.ALREADY_EXISTS, "Requested entity already exists")
        if task in self._gone:
            refuse(StatusCode.ALREADY_EXISTS, TOO_RECENTLY)

    def add(self, task: ct.Task) -> None:
        """Put a new task into its queue."""
        self._created += 1
        entry = self._entries[task.name] = QueuedTask(self._created, task)
        self.plan(entry)

    def plan(self, entry: QueuedTask) -> None:
        """Plan the deliveries of a task at its schedule time."""
        at = get_seconds(entry.task, "schedule_time") or 0.0
        for number, delay in enumerate(self._delivery(entry.task)):
            self._agenda.append(DueDelivery(at + delay, entry, duplicate=number > 0))
        self.changed.set()

    def plan_now(self, entry: QueuedTask) -> None:
        """Replace the planned deliveries of a task by one forced delivery now."""
        set_seconds(entry.task, "schedule_time", self._now())
        self._agenda = [due for due in self._agenda if due.entry is not entry]
        self._agenda.append(DueDelivery(self._now(), entry, forced=True))
        self.changed.set()

    def holds(self, entry: QueuedTask) -> bool:
        """Return whether the task is still in its queue."""
        return self._entries.get(entry.task.name) is entry

    def remove(self, entry: QueuedTask, *, ran: bool = False) -> None:
        """Remove a task. One that `ran` keeps its planned duplicates; a deleted one does not."""
        del self._entries[entry.task.name]
        self._gone[entry.task.name] = self._now()
        self._agenda = [d for d in self._agenda if d.entry is not entry or (ran and d.duplicate)]

    def idle(self) -> float | None:
        """Return the seconds until a delivery is due. None: until something changes."""
        soonest = min((due.at for due in self._deliverable()), default=None)
        return None if soonest is None else max(0.0, soonest - self._now())

    def take_due(self) -> list[DueDelivery]:
        """Take what is due now out of the agenda, oldest first."""
        now = self._now()
        taken = sorted(
            (due for due in self._deliverable() if due.at <= now), key=lambda due: due.at
        )
        self._agenda = [due for due in self._agenda if due not in taken]
        return taken

    def _deliverable(self) -> Iterator[DueDelivery]:
        for due in self._agenda:
            queue = self._queues.get(queue_of(due.entry.task.name))
            if due.forced or (queue and queue.state == RUNNING):
                yield due


def queue_of(task: str) -> str:
    """Return the name of a task's queue."""
    return task.rpartition("/tasks/")[0]


def _fill_in(config: ct.RetryConfig) -> None:
    """Set Cloud Tasks' own defaults."""
    config.max_attempts = config.max_attempts or 100
    config.max_doublings = config.max_doublings or 16
    for name, default in (("min_backoff", 0.1), ("max_backoff", 3600.0)):
        if get_seconds(config, name) is None:
            set_seconds(config, name, default)
