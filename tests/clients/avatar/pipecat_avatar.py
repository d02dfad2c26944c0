"""Pipecat's HeyGen service and transport against the local stack.

Only the address of the API is replaced. Pipecat may join the session's room, and speaks without it.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-any-return,misc"

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from loguru import logger
from pipecat import __version__
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.services.heygen.api_liveavatar import LiveAvatarApi, LiveAvatarNewSessionRequest
from pipecat.services.heygen.client import ServiceType
from pipecat.services.heygen.video import HeyGenVideoService
from pipecat.transports.heygen.transport import HeyGenParams, HeyGenTransport

from tests.clients.report import ClientAddresses, NotRun, Report, check

RATE = 24_000
CONNECTED_SECONDS = 1.0
"""Pipecat does not wait for `connected`, before which the provider drops what it is sent."""
AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"


async def main() -> None:
    address = ClientAddresses.from_arguments()
    logger.remove()
    LiveAvatarApi.BASE_URL = f"{address.url}/simulators/liveavatar/v1"
    async with aiohttp.ClientSession() as http:
        journal = ProviderJournal(http, f"{address.url}/simulators/liveavatar/journal")
        options = {
            "api_key": address.key,
            "session": http,
            "service_type": ServiceType.LIVE_AVATAR,
            "session_request": LiveAvatarNewSessionRequest(avatar_id=AVATAR),
        }
        report = Report(f"pipecat {__version__}{address.variant} service")
        await visit_service(report, HeyGenVideoService(**options), journal)
        report = Report(f"pipecat {__version__}{address.variant} transport")
        await visit_transport(report, HeyGenTransport(params=HeyGenParams(), **options), journal)


class ProviderJournal:
    """The provider's record of its sessions."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def session(self) -> dict[str, Any]:
        """Return the newest session."""
        async with self._http.get(self._url) as answer:
            record = await answer.json()
        sessions: Sequence[dict[str, Any]] = record["sessions"]
        return sessions[-1]

    async def spoken(self, *, after: int, seconds: float) -> list[dict[str, Any]]:
        """Wait until the newest session has spoken `seconds` of audio, and return the utterances.

        The first `after` utterances do not count. Pipecat may split speech after 0.35 s of silence.
        """
        for _ in range(120):
            found = (await self.utterances())[after:]
            ended = all(each["ended_at"] for each in found)
            if ended and sum(each["audio_seconds"] for each in found) > seconds - 0.1:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"saw {found!r}")

    async def utterances(self) -> list[dict[str, Any]]:
        """Return the newest session's utterances."""
        found: list[dict[str, Any]] = (await self.session())["utterances"]
        return found


@asynccontextmanager
async def running(*processors: Any) -> AsyncIterator[PipelineWorker]:
    """Run a pipeline while the block runs, and yield its worker."""
    params = PipelineParams(audio_out_sample_rate=RATE)
    worker = PipelineWorker(
        Pipeline(list(processors)), params=params, cancel_on_idle_timeout=False, enable_rtvi=False
    )
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def on_started(_worker: Any, _frame: Any) -> None:
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run())
    await asyncio.wait_for(started.wait(), 60)
    await asyncio.sleep(CONNECTED_SECONDS)
    yield worker
    await worker.queue_frame(EndFrame())
    await asyncio.wait_for(run, 20)


def speech(seconds: float) -> list[Frame]:
    """Return the frames of a text-to-speech service, of 100 ms each."""
    audio = bytes(RATE // 10 * 2)
    frames = [TTSAudioRawFrame(audio, RATE, 1) for _ in range(round(seconds * 10))]
    return [TTSStartedFrame(), *frames, TTSStoppedFrame()]


async def visit_service(
    report: Report, service: HeyGenVideoService, journal: ProviderJournal
) -> None:
    with report.call("start: token, start, websocket"):
        pipeline = running(service)
        worker = await pipeline.__aenter__()
        check((await journal.session())["sockets"] == 1, await journal.session())
    with report.call("speak 1.5 s"):
        await worker.queue_frames(speech(1.5))
        found = await journal.spoken(after=0, seconds=1.5)
        check(sum(each["played_seconds"] for each in found) < 1.7, found)
        check(not any(each["interrupted"] for each in found), found)
    with report.call("interrupt: the user starts to speak"):
        before = len(await journal.utterances())
        await worker.queue_frames(speech(6))
        await asyncio.sleep(2)
        await worker.queue_frame(UserStartedSpeakingFrame())
        found = await journal.spoken(after=before, seconds=1)
        check(found[-1]["interrupted"] and found[-1]["played_seconds"] < 4, found)
        await worker.queue_frame(UserStoppedSpeakingFrame())
    with report.call("speak after an interrupt"):
        before = len(await journal.utterances())
        await worker.queue_frames(speech(1))
        found = await journal.spoken(after=before, seconds=1)
        check(not any(each["interrupted"] for each in found), found)
    with report.call("stop: the session is stopped"):
        await pipeline.__aexit__(None, None, None)
        check((await journal.session())["ended_at"], await journal.session())
    with report.call("video and audio of the avatar"):
        raise NotRun("tests/browser/room watches the room by other clients")


async def visit_transport(
    report: Report, transport: HeyGenTransport, journal: ProviderJournal
) -> None:
    with report.call("start: token, start, websocket"):
        pipeline = running(transport.input(), transport.output())
        worker = await pipeline.__aenter__()
        check((await journal.session())["sockets"] == 1, await journal.session())
    for seconds in (1.5, 1.0):
        with report.call(f"speak {seconds} s"):
            before = len(await journal.utterances())
            await worker.queue_frames(speech(seconds))
            found = await journal.spoken(after=before, seconds=seconds)
            check(not any(each["interrupted"] for each in found), found)
    with report.call("interrupt: what was not sent is dropped"):
        before = len(await journal.utterances())
        await worker.queue_frames(speech(9))
        await asyncio.sleep(1.5)
        await worker.queue_frame(InterruptionFrame())
        found = await journal.spoken(after=before, seconds=1)
        check(sum(each["audio_seconds"] for each in found) < 8, found)
    with report.call("stop: the session is stopped"):
        await pipeline.__aexit__(None, None, None)
        check((await journal.session())["ended_at"], await journal.session())


if __name__ == "__main__":
    asyncio.run(main())
