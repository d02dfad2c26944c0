"""Faults that are switched on by hand, and what each of them does to a call.

    mode      HTTP                                          websocket upgrade
    refuse    closed without a byte of an answer            the same
    reset     TCP RST instead of an answer                  the same
    timeout   never answered                                never accepted
    slow      done at once, answered late and in drips      accepted late
    429, 500  answered so, in the service's own error form  the upgrade is answered so
    garbage   200 with bytes that are no JSON               a first event that is no JSON
    truncate  done; the answer is cut in the middle         connected; reset at its second event

So after `slow` and `truncate` it did happen, and the caller cannot know; after the others it did
not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Mode = Literal["refuse", "reset", "timeout", "slow", "429", "500", "garbage", "truncate"]

SERVICES = ("liveavatar", "agent-engine", "google-speech", "secret-manager", "cloud-tasks")


class Fault(BaseModel):
    """`path` is any part of a call's path below its service; "" is every call. `times` counts down
    to the end of the fault; 0 or null: until cleared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    path: str = ""
    mode: Mode
    times: Annotated[int, Field(strict=True, ge=0)] | None = 1


@dataclass(frozen=True)
class Pace:
    """How slow `slow` is, and how much patience `429` asks for."""

    late_seconds: float = 2.0
    drip_seconds: float = 0.02
    retry_after_seconds: int = 1
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Faults:
    """The faults that are on, oldest first. Belongs to one event loop; `take` never waits."""

    def __init__(self, services: Iterable[str] = SERVICES, pace: Pace = Pace()) -> None:
        self.services = frozenset(services)
        self.pace = pace
        self._on: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Raises ValueError where nobody here is called `fault.service`."""
        if fault.service not in self.services:
            raise ValueError(f"no such service; there are {', '.join(sorted(self.services))}")
        self._on.append(fault)

    def take(self, service: str, path: str) -> Mode | None:
        """What shall go wrong with this call; counts it. The oldest fault that fits it wins."""
        for index, fault in enumerate(self._on):
            if fault.service == service and fault.path in path:
                self._used(index, fault)
                return fault.mode
        return None

    def listed(self) -> list[Fault]:
        """With the times that are left."""
        return list(self._on)

    def clear(self) -> None:
        """Calls that a fault already holds stay as they are."""
        self._on.clear()

    def _used(self, index: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._on[index]
        elif fault.times:
            self._on[index] = fault.model_copy(update={"times": fault.times - 1})


def fault_routes(faults: Faults, path: str = "/simulators/faults") -> list[Route]:
    """`POST` (201, the fault), `GET` (all, with the times left), `DELETE` (204)."""

    async def switch_on(request: Request) -> Response:
        try:
            fault = Fault.model_validate_json(await request.body())
            faults.add(fault)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            return JSONResponse({"detail": problems}, 422)
        except ValueError as error:
            problem = {"type": "value_error", "loc": ["service"], "msg": str(error)}
            return JSONResponse({"detail": [problem]}, 422)
        return JSONResponse(fault.model_dump(), 201)

    async def listed(_: Request) -> Response:
        return JSONResponse({"faults": [fault.model_dump() for fault in faults.listed()]})

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    return [
        Route(path, switch_on, methods=["POST"]),
        Route(path, listed, methods=["GET"]),
        Route(path, clear, methods=["DELETE"]),
    ]
