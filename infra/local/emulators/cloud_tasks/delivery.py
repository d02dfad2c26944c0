"""Delivery plans: how often and how late a task is delivered. A test chooses one."""

from collections.abc import Callable, Sequence

from google.cloud import tasks_v2 as ct

Delivery = Callable[[ct.Task], Sequence[float]]
"""Returns the seconds after a task's time at which it is delivered.

All but the first are duplicates: they arrive, and their answers are ignored.
"""


def once(_task: ct.Task) -> Sequence[float]:
    return (0.0,)


def twice(_task: ct.Task) -> Sequence[float]:
    return (0.0, 0.0)


def never(_task: ct.Task) -> Sequence[float]:
    return ()


def late(by: float) -> Delivery:
    """Deliver once, `by` seconds late."""
    return lambda _task: (by,)
