import google.auth
import grpc  # type: ignore[import-untyped]  # it ships no types
import grpc.aio  # type: ignore[import-untyped]  # it ships no types
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import AsyncClient
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport

CHANNEL = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),  # more often than this, Google answers "too many pings"
    ("grpc.keepalive_timeout_ms", 5_000),
    # gRPC waits up to 120 s before it tries a server again, and 20 s for one that does not speak.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]
LOCAL_CHANNEL = [*CHANNEL, ("grpc.enable_http_proxy", 0)]
"""A proxy of the environment's is for the world outside."""


def connect(
    project: str, database: str, emulator: str | None
) -> tuple[AsyncClient, grpc.aio.Channel]:
    """Google's own client, and the channel under it, which is ours to watch and to close.

    The client takes the address of an emulator from the environment only, and no options for its
    channel; so it is handed the API that it would make for itself at its first call.
    """
    if emulator is None:
        credentials, _ = google.auth.default(scopes=AsyncClient.SCOPE)
        host = FirestoreAsyncClient.DEFAULT_ENDPOINT
        channel = FirestoreGrpcAsyncIOTransport.create_channel(
            host, credentials=credentials, options=CHANNEL
        )
    else:
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]  # it ships no types
        host, channel = emulator, grpc.aio.insecure_channel(emulator, options=LOCAL_CHANNEL)
    client = AsyncClient(project=project, credentials=credentials, database=database)
    api = FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(host=host, channel=channel))
    client._firestore_api_internal = api  # noqa: SLF001 - see above; no public way in
    return client, channel
