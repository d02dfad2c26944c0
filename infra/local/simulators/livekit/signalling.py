"""The signalling websocket of one client: protobuf messages in both directions."""

import asyncio
import base64
import binascii
import gzip
from contextlib import suppress

import anyio
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.simulators.livekit.access import RoomGrant
from infra.local.simulators.livekit.client import LEAVE, Outbox, RoomClient
from infra.local.simulators.livekit.room import LiveKitRoom

MOST_BYTES = 256 * 1024
"""Bytes of a join request, unpacked."""


async def serve(websocket: WebSocket, grant: RoomGrant, room: LiveKitRoom) -> None:
    """Serve a client's websocket until one side closes it.

    A client that says that it returns takes up its place again, or is told to join anew.
    """
    query = websocket.query_params
    await websocket.accept()
    try:
        join = decode_join(query["join_request"]) if "join_request" in query else None
    except ValueError:
        await websocket.close(1008)
        return
    returns = query.get("reconnect") == "1" or (join is not None and join.reconnect)
    client = None
    if returns:
        client = room.find(grant, join.participant_sid if join else query.get("sid", ""))
        if client is None:
            again = LEAVE(reason=models.STATE_MISMATCH, action=LEAVE.RECONNECT)
            await _send(websocket, rtc.SignalResponse(leave=again))
            await websocket.close()
            return
    await _run(websocket, room, client or RoomClient(grant, room, join is not None, room.now), join)


async def _run(
    websocket: WebSocket, room: LiveKitRoom, client: RoomClient, join: rtc.JoinRequest | None
) -> None:
    outbox: Outbox = asyncio.Queue()
    if client.outbox is not None:
        client.outbox.put_nowait(None)
    returned = (
        client.grant.identity in room.clients and room.clients[client.grant.identity] is client
    )
    client.outbox = outbox
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_write, websocket, outbox, tasks.cancel_scope)
            if returned:
                room.welcome_back(client)
            else:
                room.join(client)
                await _open_media(client, join)
            with suppress(WebSocketDisconnect):
                await _read(websocket, client)
            tasks.cancel_scope.cancel()
    finally:
        if client.outbox is outbox:
            client.outbox = None
            if not client.left:
                room.lose(client)


async def _open_media(client: RoomClient, join: rtc.JoinRequest | None) -> None:
    if join is None:
        await client.offer_tracks()
    elif join.HasField("publisher_offer"):
        await client.answer(join.publisher_offer)


async def _read(websocket: WebSocket, client: RoomClient) -> None:
    while not client.left:
        try:
            request = rtc.SignalRequest.FromString(await websocket.receive_bytes())
        except (DecodeError, KeyError):  # KeyError: a text message
            continue
        await client.handle(request)


async def _write(websocket: WebSocket, outbox: Outbox, scope: anyio.CancelScope) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: the websocket is closed
        while (message := await outbox.get()) is not None:
            await _send(websocket, message)
        await websocket.close()
    scope.cancel()


async def _send(websocket: WebSocket, message: rtc.SignalResponse) -> None:
    await websocket.send_bytes(message.SerializeToString())


def decode_join(text: str) -> rtc.JoinRequest:
    """Return the join request in a URL's query. Raises ValueError."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        wrapped = rtc.WrappedJoinRequest.FromString(packed)
        raw = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
            raw = gzip.decompress(raw)
        if len(raw) > MOST_BYTES:
            raise ValueError("too long")
        return rtc.JoinRequest.FromString(raw)
    except (binascii.Error, DecodeError, OSError, EOFError) as bad:
        raise ValueError("not a join request") from bad
