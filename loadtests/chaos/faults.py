"""What is done to a platform. Each fault ends when it has been undone, or leaves that to the
platform; what it did is counted under its name."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from random import Random

import psutil

from headrace.loadtests.chaos import ledger
from headrace.loadtests.chaos.platform import ChaosError, TestedPlatform

SLOW_S = 0.1
"""A direction; a round trip takes twice as long."""
SLOW_FOR_S = 3.0
PAUSE_TIMEOUT_S = 60.0
CUT_TIMEOUT_S = 60.0
"""Traffic may have to come back first, from the fault before."""
Fault = Callable[[TestedPlatform, Random], Awaitable[None]]


async def actor(platform: TestedPlatform, random: Random) -> None:
    await _kill(platform, random, "actor")


async def gateway(platform: TestedPlatform, random: Random) -> None:
    await _kill(platform, random, "gateway")


async def risk(platform: TestedPlatform, random: Random) -> None:
    await _kill(platform, random, "risk")


async def haproxy(platform: TestedPlatform, random: Random) -> None:
    await _kill(platform, random, "haproxy")


async def postgres(platform: TestedPlatform, random: Random) -> None:
    """Stopped fast, or killed; away for up to two seconds."""
    server = psutil.Process(platform.postgres.pid)
    server.send_signal(random.choice((signal.SIGINT, signal.SIGKILL)))
    await platform.postgres.wait()
    await asyncio.sleep(random.uniform(0.1, 2.0))
    await platform.postgres.restart()


async def connection(platform: TestedPlatform, random: Random) -> None:
    """Every connection at once, in the middle of a COMMIT."""
    assert platform.proxy is not None
    before = platform.proxy.cuts
    platform.proxy.cut_at_next_commit()
    async with asyncio.timeout(CUT_TIMEOUT_S):
        while platform.proxy.cuts == before:  # noqa: ASYNC110  # no event of ours
            await asyncio.sleep(0.01)


async def slow(platform: TestedPlatform, random: Random) -> None:
    assert platform.proxy is not None
    platform.proxy.delay_s = SLOW_S
    await asyncio.sleep(SLOW_FOR_S)
    platform.proxy.delay_s = 0.0


async def pause(platform: TestedPlatform, random: Random) -> None:
    """An actor stopped until a successor holds its leases, then let go on."""
    before = await ledger.holders(platform.postgres.tcp_url)
    stopped = random.choice(await _present(platform, "actor"))
    stopped.send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(PAUSE_TIMEOUT_S):
            while not await ledger.holders(platform.postgres.tcp_url) - before:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise ChaosError(f"no successor took over in {PAUSE_TIMEOUT_S:.0f} s") from None
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            stopped.send_signal(signal.SIGCONT)


async def platform(platform: TestedPlatform, random: Random) -> None:
    platform.kill_all()
    await platform.up()


async def _kill(platform: TestedPlatform, random: Random, part: str) -> None:
    process = random.choice(await _present(platform, part))
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


async def _present(platform: TestedPlatform, part: str) -> list[psutil.Process]:
    """Waits for one, as the last fault may just have ended it."""
    try:
        async with asyncio.timeout(PAUSE_TIMEOUT_S):
            while not (found := await asyncio.to_thread(platform.processes, part)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise ChaosError(f"no {part} process in {PAUSE_TIMEOUT_S:.0f} s") from None
    return found


FAULTS: dict[str, Fault] = {
    "actor": actor,
    "gateway": gateway,
    "risk": risk,
    "haproxy": haproxy,
    "postgres": postgres,
    "connection": connection,
    "slow": slow,
    "pause": pause,
    "platform": platform,
}
