"""The three layouts of addresses that docs/openapi.json describes."""

from collections.abc import Callable, Mapping

from tests.clients.report import ClientAddresses

AddressOf = Callable[[str], str]
"""Returns the base URL for the paths of a function."""


def layouts(address: ClientAddresses) -> Mapping[str, AddressOf]:
    """Return the layouts by name."""
    return {
        "one host with /api": lambda _: f"{address.url}/api",
        "one host": lambda _: address.url,
        "a host per function": lambda function: address.hosts[function],
    }
