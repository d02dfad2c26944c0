"""The three layouts of addresses that docs/openapi.json describes."""

from collections.abc import Callable, Mapping

from tests.clients.report import ClientAddresses

AddressOf = Callable[[str], str]
"""Returns the base URL for the paths of a function."""


def layouts(address: ClientAddresses) -> Mapping[str, AddressOf]:
    """Return the layouts by name: a host per function, or those of one host, which is `make run`."""
    if address.hosts:
        return {"a host per function": lambda function: address.hosts[function]}
    return {
        "make run with /api": lambda _: f"{address.url}/api",
        "make run": lambda _: address.url,
    }
