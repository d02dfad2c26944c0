"""Injected faults: what can be switched on, for which calls, and for how long.

    mode           HTTP                                  websocket                       carried out
    refuse         closed without an answer              the same                        no
    reset          TCP RST without an answer             the same                        no
    timeout        never answered                        upgrade never answered          no
    429, 500, 503  that status, in the service's form    the upgrade is answered so      no
    4xx            `status` and `message`, likewise      the upgrade is answered so      no
    garbage        200, bytes that are not JSON          first event is not JSON         HTTP: no
    nonsense       200, JSON of another shape            first event of another shape    HTTP: no
    late           carried out `delay_seconds` late,     accepted `delay_seconds` late   yes
                   also when the caller has left
    slow           carried out at once, answered         accepted `delay_seconds` late   yes
                   `delay_seconds` late, in drips
    lags           carried out at once, answered         each message to the caller,     yes
                   `delay_seconds` late                  and the close, so much later
    truncate       answer cut in the middle              reset at the second event       yes
    lost           TCP RST instead of the answer         the same                        yes
    silent         never answered                        upgrade never answered          yes
    frozen         nothing is read or sent until         the same; open websockets       yes, afterwards
                   `for_seconds` have passed             freeze, too

The caller cannot know that a call was carried out after `late`, `slow`, `truncate`, `lost` and
`silent`. The gRPC emulators know the same modes: see `RpcFailure` in `grpc_server`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from common.api.field_problems import describe_problem
from common.api.responses import problem_response
from common.domain.errors import Invalid

Mode = Literal[
    "refuse",
    "reset",
    "timeout",
    "429",
    "500",
    "503",
    "4xx",
    "garbage",
    "nonsense",
    "late",
    "slow",
    "lags",
    "truncate",
    "lost",
    "silent",
    "frozen",
]

SERVICES = (
    *("liveavatar", "agent-engine", "google-speech", "secret-manager", "cloud-tasks"),
    *("google-accounts", "identity-toolkit", "gmail", "google-calendar"),
)

LOOK_SECONDS = 0.05
"""Seconds between two looks of a frozen call at whether the freeze was cleared."""


class ServiceFault(BaseModel):
    """One fault of one service.

    A fault without `for_seconds` hits one call, unless `times` says otherwise. A fault with
    `for_seconds` hits each call of that time, unless `times` says otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    path: str = ""
    """Any part of a call's path below its service. An empty text matches every call."""

    mode: Mode
    times: Annotated[int, Field(strict=True, ge=0)] | None = 1
    """Number of calls that the fault hits. 0 and null: every call until the fault is cleared."""

    for_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    """Seconds after which the fault ends, from when it was switched on."""

    delay_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    """Delay of `late`, `slow` and `lags`. Null: the delay of `Pace`."""

    status: Annotated[int, Field(ge=400, le=499)] = 418
    """Status of `4xx`."""

    message: str = "The request was not understood"
    """Message of `4xx`."""

    def describe(self) -> dict[str, Any]:
        """Return the fault as JSON, without optional fields that have their default value."""
        chosen = self.model_dump(exclude_defaults=True)
        return {**self.model_dump(include={"service", "path", "mode", "times"}), **chosen}

    @model_validator(mode="before")
    @classmethod
    def _hit_each_call_for_a_time(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(data, dict) and data.get("for_seconds") is not None:
            return {"times": None, **data}
        return data

    @model_validator(mode="after")
    def _check_frozen(self) -> Self:
        if self.mode == "frozen" and self.for_seconds is None:
            raise ValueError("frozen needs for_seconds")
        return self


@dataclass(frozen=True)
class Pace:
    """Speed of the faults: the default delay, the gap between drips, the `Retry-After` of 429."""

    late_seconds: float = 2.0
    drip_seconds: float = 0.02
    retry_after_seconds: int = 1
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay(self, fault: ServiceFault) -> float:
        """Return the delay of `fault` in seconds."""
        return self.late_seconds if fault.delay_seconds is None else fault.delay_seconds


@dataclass
class _Active:
    """A fault that is on, the calls that it may still hit, and the moment at which it ends."""

    fault: ServiceFault
    times: int | None
    ends: float | None

    def hits(self, service: str, path: str) -> bool:
        return self.fault.service == service and self.fault.path in path


class ServiceFaults:
    """The faults that are on, oldest first. Belongs to one event loop.

    Subclasses that watch all calls override `match`: HTTP, websockets and gRPC pass through it.
    """

    def __init__(
        self,
        services: Iterable[str] = SERVICES,
        pace: Pace = Pace(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.services = frozenset(services)
        self.pace = pace
        self._clock = clock
        self._active: list[_Active] = []

    def add(self, fault: ServiceFault) -> None:
        """Switch `fault` on. Raises ValueError if there is no such service."""
        if fault.service not in self.services:
            raise ValueError(f"no such service; there are {', '.join(sorted(self.services))}")
        ends = None if fault.for_seconds is None else self._clock() + fault.for_seconds
        self._active.append(_Active(fault, fault.times or None, ends))

    def match(self, service: str, path: str) -> ServiceFault | None:
        """Return the oldest fault that hits this call, and count the call.

        `frozen` is never returned: it holds calls up, see `frozen_seconds`.
        """
        for active in self._running():
            if active.fault.mode != "frozen" and active.hits(service, path):
                self._count(active)
                return active.fault
        return None

    def frozen_seconds(self, service: str, path: str) -> float:
        """Return for how many seconds this call is still frozen. 0 if it is not."""
        now = self._clock()
        return max(
            (
                active.ends - now
                for active in self._running()
                if active.fault.mode == "frozen" and active.ends and active.hits(service, path)
            ),
            default=0.0,
        )

    async def wait_until_thawed(self, service: str, path: str) -> None:
        """Wait until this call is no longer frozen."""
        while seconds := self.frozen_seconds(service, path):
            await self.pace.sleep(min(seconds, LOOK_SECONDS))

    def active(self) -> list[ServiceFault]:
        """Return the faults that are on, with the times and seconds that are left."""
        now = self._clock()
        return [
            active.fault.model_copy(
                update={
                    "times": active.times or active.fault.times,
                    "for_seconds": None if active.ends is None else round(active.ends - now, 3),
                }
            )
            for active in self._running()
        ]

    def clear(self) -> None:
        """Switch all faults off. Calls that a fault already holds stay held; frozen ones go on."""
        self._active.clear()

    def _running(self) -> list[_Active]:
        now = self._clock()
        self._active = [each for each in self._active if each.ends is None or each.ends > now]
        return self._active

    def _count(self, active: _Active) -> None:
        if active.times is not None:
            active.times -= 1
            if active.times == 0:
                self._active.remove(active)


def _refuse(fields: Sequence[tuple[str, str]]) -> Response:
    return problem_response(Invalid("Invalid fault.", fields=fields))


def _field(location: Sequence[int | str]) -> str:
    return ".".join(map(str, location)) or "body"


def fault_routes(faults: ServiceFaults, path: str = "/simulators/faults") -> list[Route]:
    """Return the routes `POST` (201 and the fault), `GET` (the faults that are on), `DELETE` (204)."""

    async def switch_on(request: Request) -> Response:
        try:
            fault = ServiceFault.model_validate_json(await request.body())
            faults.add(fault)
        except ValidationError as error:
            return _refuse(
                [(_field(each["loc"]), describe_problem(each)) for each in error.errors()]
            )
        except ValueError as error:
            return _refuse([("service", str(error))])
        return JSONResponse(fault.describe(), 201)

    async def list_faults(_: Request) -> Response:
        return JSONResponse({"faults": [fault.describe() for fault in faults.active()]})

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    return [
        Route(path, switch_on, methods=["POST"]),
        Route(path, list_faults, methods=["GET"]),
        Route(path, clear, methods=["DELETE"]),
    ]
