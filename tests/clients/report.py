"""Rows that a client process prints, one JSON object per line. Only the standard library is used."""

import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

MARK = "client-row "
"""Begins each line that is a row. Other output of a client is ignored."""


@dataclass(frozen=True)
class ClientAddresses:
    """Addresses and names of the local stack that a client needs."""

    url: str
    token: str
    """ID token of a user."""
    recording: str
    """A recording of speech: a WAV file in base64."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Address of each function that users call, by its name: a host of its own."""
    grpc: str = ""
    project: str = ""
    location: str = ""
    engine: str = ""
    """Resource name of the agent."""
    key: str = ""
    """LiveAvatar's API key."""
    variant: str = ""
    """Text added to the client's name in its rows."""

    @classmethod
    def from_arguments(cls) -> "ClientAddresses":
        """Read the JSON of the first command line argument."""
        return cls(**json.loads(sys.argv[1]))


@dataclass(frozen=True)
class ClientRow:
    """One call of one client. `result` is ok, failed or not run; `events` are input of the parser."""

    client: str
    call: str
    result: str
    detail: str = ""
    events: tuple[Any, ...] = ()


class NotRun(Exception):
    """The call cannot be made here. The message says why."""


@dataclass(frozen=True)
class Report:
    """Prints the rows of one client."""

    client: str

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Run one call and print its row. An exception is a failed row, and is not raised."""
        result, detail = "ok", ""
        try:
            yield
        except NotRun as reason:
            result, detail = "not run", str(reason)
        except Exception as error:  # noqa: BLE001 - every failure of a client is a row
            result, detail = "failed", f"{type(error).__name__}: {str(error).splitlines()[:1]}"
        self.show(ClientRow(self.client, name, result, detail))

    def show(self, row: ClientRow) -> None:
        """Print a row."""
        sys.stdout.write(f"{MARK}{json.dumps(asdict(row), default=str)}\n")
        sys.stdout.flush()


def check(holds: object, seen: object = "") -> None:
    """Raise AssertionError with what was seen, unless a condition holds."""
    if not holds:
        raise AssertionError(f"saw {seen!r}")


async def settle(result: Any) -> Any:
    """Return the answer of a synchronous or an asynchronous client."""
    return await result if inspect.isawaitable(result) else result


async def collect(pages: Any) -> list[Any]:
    """Return all items of a pager of a synchronous or an asynchronous client."""
    pages = await settle(pages)
    if hasattr(pages, "__aiter__"):
        return [item async for item in pages]
    return list(pages)


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Expect an exception whose class has this name, or whose text contains it."""
    try:
        yield
    except Exception as error:
        if name not in type(error).__name__ and name not in str(error):
            raise AssertionError(f"refused with {type(error).__name__}: {error}") from error
        return
    raise AssertionError("was not refused")
