import asyncio

import google.auth
import grpc  # type: ignore[import-untyped]  # it ships no types
import grpc.aio  # type: ignore[import-untyped]  # it ships no types
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import AsyncClient
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport

from common.adapters.google.grpc_client import CHANNEL_OPTIONS, NO_PROXY

OPTIONS = (
    *CHANNEL_OPTIONS,
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),  # more often than this, Google answers "too many pings"
    ("grpc.keepalive_timeout_ms", 5_000),
)


Connection = tuple[AsyncClient, grpc.aio.Channel]


async def connect(project: str, database: str, emulator: str | None) -> Connection:
    """Return Google's client and the channel below it, which the caller watches and closes.

    `emulator` is an address (`host:port`) or None. The client reads an emulator's address only from
    the environment and takes no channel options, so it is given the API object that it would build
    itself at its first call.
    """
    if emulator is None:
        # In a thread: it may ask the metadata server.
        credentials, _ = await asyncio.to_thread(google.auth.default, scopes=AsyncClient.SCOPE)
        host = FirestoreAsyncClient.DEFAULT_ENDPOINT
        channel = FirestoreGrpcAsyncIOTransport.create_channel(
            host, credentials=credentials, options=OPTIONS
        )
    else:
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]  # it ships no types
        host, channel = emulator, grpc.aio.insecure_channel(emulator, options=(*OPTIONS, NO_PROXY))
    client = AsyncClient(project=project, credentials=credentials, database=database)
    api = FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(host=host, channel=channel))
    client._firestore_api_internal = api  # noqa: SLF001 - see above; there is no public way
    return client, channel
