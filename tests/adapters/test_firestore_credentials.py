"""Google's default credentials may take long to load: from a file here, else over the network."""

import asyncio
import os
from pathlib import Path

import pytest
from google.auth.exceptions import DefaultCredentialsError

from common.adapters.firestore.store import FirestoreStore


async def test_event_loop_is_free_while_credentials_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe stands for the file. Its reader waits in `open` until there is a writer."""
    pipe = tmp_path / "credentials.json"
    os.mkfifo(pipe)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(pipe))
    store = FirestoreStore("p", deadline_seconds=30.0)
    reads = [asyncio.create_task(store.get([f"users/{name}"])) for name in ("ada", "bob")]
    writer = None
    while writer is None:
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # there is no reader yet
            await asyncio.sleep(0.01)
    assert not any(read.done() for read in reads)
    os.write(writer, b"{}")
    os.close(writer)
    for failed in await asyncio.gather(*reads, return_exceptions=True):
        assert isinstance(failed, DefaultCredentialsError)
    await store.close()
