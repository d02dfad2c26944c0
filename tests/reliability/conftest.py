"""The fixture of fault injection. A plugin of every run would import the whole application."""

from tests.reliability.fault_injection import simulation

__all__ = ["simulation"]
