"""The simulation over each real store, as the scenarios have it."""

from tests.reliability.scenarios.conftest import anyio_backend, simulation

__all__ = ["anyio_backend", "simulation"]
