"""A room over both of LiveKit's protocols, by a client that knows only these."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import av
import pytest
from aiortc import AudioStreamTrack, MediaStreamTrack
from livekit.protocol import models, rtc
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from infra.local.simulators.json_web_tokens import sign
from infra.local.simulators.livekit import LiveKitServer, RoomGrant, no_room, read_grant
from infra.local.simulators.livekit.hosted import HostedParticipant, HostedTrack, PausableTrack
from infra.local.simulators.livekit.room import LiveKitRoom
from tests.local.livekit.client import Viewer, join_request, until_ended, viewing
from tests.local.serving import served, websocket_address

DEPARTURE_SECONDS = 1.0
"""Time for a lost client to return. A busy machine may need most of it for one connection."""
BOTH = pytest.mark.parametrize("single", [False, True], ids=["rtc", "rtc_v1"])


class Tone(AudioStreamTrack, PausableTrack):
    """A track that remembers whether it is paused."""

    paused = False

    def pause(self, *, paused: bool) -> None:
        self.paused = paused


@dataclass
class RecordingAudience:
    """Remembers what clients send."""

    data: list[tuple[str, str, bytes]] = field(default_factory=list)
    tracks: list[tuple[str, MediaStreamTrack]] = field(default_factory=list)

    def receive_data(self, identity: str, topic: str, payload: bytes) -> None:
        self.data.append((identity, topic, payload))

    def receive_track(self, identity: str, track: MediaStreamTrack) -> None:
        self.tracks.append((identity, track))


class BlueRoom:
    """A server with one room, in which a participant of ours plays a tone."""

    def __init__(self) -> None:
        self.listener = RecordingAudience()
        self.opened: list[Tone] = []
        self.room = LiveKitRoom("blue", departure_seconds=DEPARTURE_SECONDS)
        self.host = HostedParticipant(
            "host", (HostedTrack("audio", self._open_tone),), self.listener
        )
        self.room.add(self.host)

    def _open_tone(self) -> Tone:
        self.opened.append(Tone())
        return self.opened[-1]

    def authorize(self, token: str) -> RoomGrant:
        grant = read_grant(token, "key", "secret", 100)
        if grant.room != "blue":
            raise no_room()
        return grant

    def open_room(self, _: RoomGrant) -> LiveKitRoom:
        return self.room


def token(identity: str = "ada", room: str = "blue", **may: bool) -> str:
    video = {"room": room, "roomJoin": True, **may}
    return sign({"iss": "key", "sub": identity, "exp": 200, "video": video}, "secret")


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[BlueRoom, str]]:
    blue = BlueRoom()
    async with served(Starlette(routes=[Mount("/", routes=LiveKitServer(blue).routes())])) as url:
        yield blue, websocket_address(url)
        blue.room.close()
        await blue.room.wait_closed()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the room has no event for it
            await asyncio.sleep(0.01)


@pytest.fixture
async def blue() -> AsyncIterator[tuple[BlueRoom, str]]:
    async with serving() as it:
        yield it


Blue = tuple[BlueRoom, str]


@BOTH
async def test_a_client_hears_what_a_participant_plays(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        [host] = ada.join.other_participants
        assert (host.identity, host.tracks[0].mime_type) == ("host", "audio/opus")
        assert ada.join.subscriber_primary is not single
        [frame] = await ada.frames("audio", 1)
        assert isinstance(frame, av.AudioFrame)
        await ada.leave()
    assert not blue[0].room.clients
    assert [each.readyState for each in blue[0].opened] == ["ended"]


@BOTH
async def test_the_tracks_are_named_after_their_participant(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        description = await ada.message("answer" if single else "offer")
        [host] = ada.join.other_participants
        assert list(description.mid_to_track_id.values()) == [host.tracks[0].sid]
        assert f"msid:{host.sid}|avatar {host.tracks[0].sid}" in description.sdp


@BOTH
async def test_data_go_both_ways(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        blue[0].room.send_data(blue[0].host, "early", b'"waits for the channel"')
        await ada.say("hello", topic="greeting")
        await ada.until(lambda: ada.data == [("host", "early", "waits for the channel")])
        await until(lambda: blue[0].listener.data)
        assert blue[0].listener.data == [("ada", "greeting", b'"hello"')]


async def test_data_reach_the_clients_that_they_are_meant_for(blue: Blue) -> None:
    async with (
        viewing(blue[1], token("ada"), single=False) as ada,
        viewing(blue[1], token("bob"), single=True) as bob,
        viewing(blue[1], token("cleo"), single=True) as cleo,
    ):
        await ada.say("to bob", topic="chat", destination_identities=["bob"])
        await ada.say("to all", topic="chat")
        await bob.until(lambda: len(bob.data) == 2)
        await cleo.until(lambda: len(cleo.data) == 1)
        assert bob.data == [("ada", "chat", "to bob"), ("ada", "chat", "to all")]
        assert cleo.data == [("ada", "chat", "to all")]
        assert [each[2] for each in blue[0].listener.data] == [b'"to all"']


async def test_clients_learn_of_each_other(blue: Blue) -> None:
    async with viewing(blue[1], token("ada"), single=True) as ada:
        async with viewing(blue[1], token("bob"), single=False) as bob:
            assert {each.identity for each in bob.join.other_participants} == {"host", "ada"}
            [joined] = (await ada.message("update")).participants
            assert (joined.identity, joined.state) == ("bob", models.ParticipantInfo.ACTIVE)
            await bob.leave()
        await ada.until(lambda: ada.kinds().count("update") == 2)
        [left] = ada.messages[-1].update.participants
        assert (left.identity, left.state) == ("bob", models.ParticipantInfo.DISCONNECTED)
        assert left.disconnect_reason == models.CLIENT_INITIATED


@BOTH
async def test_the_same_identity_drops_the_older_client(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as older:
        await older.frames("audio", 1)
        async with viewing(blue[1], token(), single=single) as newer:
            leave = await older.message("leave")
            assert leave.reason == models.DUPLICATE_IDENTITY
            assert leave.action == rtc.LeaveRequest.DISCONNECT
            await older.until(lambda: older.closed)
            await newer.frames("audio", 2)
            assert [each.readyState for each in blue[0].opened] == ["ended", "live"]


@BOTH
async def test_a_closed_room_dismisses_its_clients(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        await ada.frames("audio", 1)
        blue[0].room.close()
        leave = await ada.message("leave")
        assert leave.reason == models.ROOM_DELETED
        await ada.until(lambda: ada.closed)
        await until_ended(ada.tracks["audio"])


async def return_of(ada: Viewer, url: str, sid: str) -> rtc.SignalResponse:
    """Open a websocket that says that the client returns, and return the first message."""
    query = f"access_token={token()}&reconnect=1&sid={sid}"
    path = "/rtc"
    if ada.single:
        packed = join_request(reconnect=True, participant_sid=sid)
        path, query = "/rtc/v1", f"access_token={token()}&join_request={packed}"
    async with connect(f"{url}{path}?{query}", proxy=None) as socket:
        raw = await socket.recv()
        assert isinstance(raw, bytes)
        await asyncio.sleep(1.2 * DEPARTURE_SECONDS)
        return rtc.SignalResponse.FromString(raw)


@BOTH
async def test_a_client_that_returns_keeps_its_media(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        await ada.frames("audio", 1)
        await ada.socket.close()
        message = await return_of(ada, blue[1], ada.join.participant.sid)
        assert message.WhichOneof("message") == "reconnect"
        assert len(blue[0].opened) == 1
        await ada.frames("audio", 30)
        async with asyncio.timeout(60):  # the second websocket is gone as well, and none follows
            await until_ended(ada.tracks["audio"])
    assert not blue[0].room.clients


@BOTH
async def test_a_client_that_is_not_known_any_longer_joins_anew(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        message = await return_of(ada, blue[1], "PA_other")
        assert message.leave.action == rtc.LeaveRequest.RECONNECT
        assert message.leave.reason == models.STATE_MISMATCH


async def test_a_client_that_says_nothing_more_is_dropped(blue: Blue) -> None:
    async with viewing(blue[1], token(), single=False) as ada:
        await ada.frames("audio", 1)
    await until(lambda: not blue[0].room.clients)
    assert blue[0].opened[0].readyState == "ended"


@BOTH
async def test_a_participant_that_joins_late_is_heard(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single, audios=2) as ada:
        await ada.frames("audio", 1)
        first = ada.tracks.pop("audio")
        blue[0].room.add(HostedParticipant("late", (HostedTrack("audio", Tone),)))
        if single:
            needed = await ada.message("media_sections_requirement")
            assert (needed.num_audios, needed.num_videos) == (1, 0)
            await ada.negotiate(ada.peer)
        await ada.frames("audio", 2)
        assert ada.tracks["audio"] is not first


@BOTH
async def test_a_track_that_is_switched_off_makes_nothing(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        await ada.frames("audio", 1)
        [sid] = [track.sid for each in ada.join.other_participants for track in each.tracks]
        for off, on in (
            (
                {"track_setting": rtc.UpdateTrackSettings(track_sids=[sid], disabled=True)},
                {"track_setting": rtc.UpdateTrackSettings(track_sids=[sid], disabled=False)},
            ),
            (
                {"subscription": rtc.UpdateSubscription(track_sids=[sid], subscribe=False)},
                {"subscription": rtc.UpdateSubscription(track_sids=[sid], subscribe=True)},
            ),
        ):
            for request, paused in ((off, True), (on, False)):
                await ada.send(**request)
                await ada.send(ping=1)
                pongs = ada.kinds().count("pong")
                await ada.until(lambda pongs=pongs: ada.kinds().count("pong") > pongs)
                assert blue[0].opened[0].paused is paused


@BOTH
async def test_a_microphone_is_received(blue: Blue, single: bool) -> None:
    async with viewing(blue[1], token(), single=single) as ada:
        await ada.frames("audio", 1)
        await ada.publish(AudioStreamTrack())
        published = await ada.message("track_published")
        assert (published.cid, published.track.type) == ("mic", models.AUDIO)
        await until(lambda: blue[0].listener.tracks)
        async with asyncio.timeout(60):
            [(identity, track)] = blue[0].listener.tracks
            frame = await track.recv()
        assert identity == "ada"
        assert isinstance(frame, av.AudioFrame)
        await until_ended_after(ada, track)


async def until_ended_after(ada: Viewer, track: MediaStreamTrack) -> None:
    await ada.leave()
    async with asyncio.timeout(60):
        await until_ended(track)


async def test_a_client_without_rights_is_refused(blue: Blue) -> None:
    dumb = token("dumb", canPublish=False, canSubscribe=False, canPublishData=False)
    async with viewing(blue[1], dumb, single=False) as ada:
        await ada.send(add_track=rtc.AddTrackRequest(cid="mic", type=models.AUDIO))
        refused = await ada.message("request_response")
        assert refused.reason == rtc.RequestResponse.NOT_ALLOWED
        await ada.say("this is not read")
        await ada.send(ping=1)
        await ada.message("pong")
        assert not blue[0].opened
    assert not blue[0].listener.data


async def test_a_client_changes_its_name(blue: Blue) -> None:
    async with viewing(blue[1], token(), single=True) as ada:
        wanted = rtc.UpdateParticipantMetadata(name="Ada", attributes={"mood": "fine"})
        await ada.send(update_metadata=wanted)
        assert (await ada.message("request_response")).reason == rtc.RequestResponse.OK
        [me] = (await ada.message("update")).participants
        assert (me.name, dict(me.attributes)) == ("Ada", {"mood": "fine"})


async def test_pings_are_answered(blue: Blue) -> None:
    async with viewing(blue[1], token(), single=True) as ada:
        await ada.send(ping_req=rtc.Ping(timestamp=7))
        assert (await ada.message("pong_resp")).last_ping_timestamp == 7


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1"])
@pytest.mark.parametrize(
    ("bad", "status", "text"),
    [("", 401, "invalid token"), (token(room="red"), 404, "requested room does not exist")],
)
async def test_a_refused_client_learns_why(
    blue: Blue, path: str, bad: str, status: int, text: str
) -> None:
    url = f"{blue[1]}{path}?access_token={bad}"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None):
            pass
    assert refused.value.response.status_code == status
    assert text in (refused.value.response.body or b"").decode()


@pytest.mark.parametrize("packed", ["!", "AAAA", "CAESAgAA"])
async def test_a_join_request_that_makes_no_sense_is_refused(blue: Blue, packed: str) -> None:
    url = f"{blue[1]}/rtc/v1?access_token={token()}&join_request={packed}"
    async with connect(url, proxy=None) as socket, asyncio.timeout(60):
        await socket.wait_closed()
    assert socket.close_code == 1008
    assert not blue[0].room.clients


async def test_messages_that_make_no_sense_are_ignored(blue: Blue) -> None:
    async with viewing(blue[1], token(), single=True) as ada:
        await ada.socket.send("text")
        await ada.socket.send(b"\xff\xff\xff")
        await ada.send(ping=1)
        await ada.message("pong")
