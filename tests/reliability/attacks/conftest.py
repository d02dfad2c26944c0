"""The simulation over each real store, as the scenarios have it."""

from tests.reliability.scenarios.conftest import simulation

__all__ = ["simulation"]
