"""Clients of servers on this machine, which speak HTTP without TLS."""

import ssl
from typing import Any

import httpx

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""A context that trusts no certificate. httpx would read all of the system's: 20 ms a client."""


def plain_client(**options: Any) -> httpx.AsyncClient:  # noqa: ANN401 - options of httpx
    """Return a client for `http://` addresses that ignores the environment."""
    return httpx.AsyncClient(verify=NO_CERTIFICATES, trust_env=False, **options)
