"""Processor time of the page's main thread, task by task, from Chromium's trace.

The trace has the processor time of each task, which a busy machine does not change much. A loop in the
same page is the unit, so that a slow machine does not change the result either.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from playwright.async_api import Browser, Page

TASKS = "disabled-by-default-devtools.timeline"
THREADS = "__metadata"
LOOP = """() => {
  let sum = 0;
  for (let i = 0; i < 1e7; i++) sum = (sum * 31 + i) | 0;
  return sum;
}"""
"""One unit of work: 55 ms on the machine that the budgets were measured on."""


@dataclass
class Tasks:
    """Tasks of the main thread. Times are seconds of processor time."""

    seconds: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(self.seconds)

    @property
    def longest(self) -> float:
        return max(self.seconds)


@asynccontextmanager
async def traced(browser: Browser) -> AsyncIterator[Tasks]:
    """Record the tasks of the only page while the block runs. They are there when it ends."""
    found = Tasks()
    await browser.start_tracing(categories=[TASKS, THREADS])
    try:
        yield found
    finally:
        events = json.loads(await browser.stop_tracing())["traceEvents"]
    found.seconds = _tasks(events)


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    """Return the tasks of the renderer that worked most: a browser keeps an idle one ready."""
    main = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    tasks: dict[int, list[float]] = defaultdict(list)
    for each in events:
        if each["name"] == "RunTask" and (each["pid"], each["tid"]) in main and "tdur" in each:
            tasks[each["pid"]].append(each["tdur"] / 1e6)
    return max(tasks.values(), key=sum)


async def unit(browser: Browser, page: Page) -> float:
    """Return the processor time of the loop, in seconds: the median of five."""
    times = []
    for _ in range(5):
        async with traced(browser) as loop:
            await page.evaluate(LOOP)
            await page.evaluate("null")  # a later task: the one before has ended, and is recorded
        times.append(loop.longest)
    return median(times)
