import asyncio

from common.timers import IdleTimer


async def test_idle_timer_fires_once_after_each_last_restart() -> None:
    fired: list[float] = []
    now = asyncio.get_running_loop().time
    began = now()
    timer = IdleTimer(1, lambda: fired.append(now() - began))
    await asyncio.sleep(5)
    assert fired == []
    for _ in range(4):
        timer.restart()
        await asyncio.sleep(0.75)
    await asyncio.sleep(5)
    assert fired == [8.25]
    timer.restart()
    await asyncio.sleep(5)
    assert fired == [8.25, 14]


async def test_stopped_idle_timer_does_not_fire() -> None:
    fired: list[None] = []
    timer = IdleTimer(1, lambda: fired.append(None))
    timer.restart()
    timer.stop()
    await asyncio.sleep(5)
    assert fired == []
    timer.stop()
