import asyncio

from common.timers import IdleTimer


async def test_it_is_told_once_a_silence_and_only_after_something_was_heard() -> None:
    told: list[float] = []
    now = asyncio.get_running_loop().time
    began = now()
    silence = IdleTimer(1, lambda: told.append(now() - began))
    await asyncio.sleep(5)
    assert told == []
    for _ in range(4):
        silence.heard()
        await asyncio.sleep(0.75)
    await asyncio.sleep(5)
    assert told == [8.25]
    silence.heard()
    await asyncio.sleep(5)
    assert told == [8.25, 14]


async def test_it_is_not_told_after_its_end() -> None:
    told: list[None] = []
    silence = IdleTimer(1, lambda: told.append(None))
    silence.heard()
    silence.end()
    await asyncio.sleep(5)
    assert told == []
    silence.end()
