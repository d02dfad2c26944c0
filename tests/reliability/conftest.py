"""Virtual time, and the fixture of fault injection.

A plugin of every run would import the whole application.
"""

import pytest

from tests.reliability.fault_injection import simulation
from tests.support.virtual_time import VirtualTimeLoop

__all__ = ["simulation"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}
