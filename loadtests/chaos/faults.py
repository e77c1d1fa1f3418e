"""What is done to a platform. Each fault ends when it has been undone, or leaves that to the
platform, and returns the moment of the monotonic clock from which on it is the platform's turn."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import asyncpg
import psutil

from headrace.cluster.local.postgres_home import PostgresError
from headrace.loadtests.chaos import ledger
from headrace.loadtests.chaos.tested_platform import TestedPlatform
from headrace.loadtests.platform_under_load import RunError

SLOW_S = 0.1
"""A direction; a round trip takes twice as long."""
SLOW_FOR_S = 3.0
FULL_FOR_S = (0.5, 3.0)
NO_SPACE = b"No space left on device"
JUMPED_FOR_S = (1.0, 4.0)
TAKEN_FOR_S = 1.0
TIMEOUT_S = 60.0
"""Of whatever is waited for. Traffic may have to come back first, from the fault before."""
Fault = Callable[[TestedPlatform, Random], Awaitable[float]]


async def actor(platform: TestedPlatform, random: Random) -> float:
    return await _kill(platform, random, "actor")


async def gateway(platform: TestedPlatform, random: Random) -> float:
    return await _kill(platform, random, "gateway")


async def risk(platform: TestedPlatform, random: Random) -> float:
    return await _kill(platform, random, "risk")


async def haproxy(platform: TestedPlatform, random: Random) -> float:
    return await _kill(platform, random, "haproxy")


async def postgres(platform: TestedPlatform, random: Random) -> float:
    """Stopped fast, or killed; away for up to two seconds."""
    server = psutil.Process(platform.postgres.pid)
    server.send_signal(random.choice((signal.SIGINT, signal.SIGKILL)))
    await platform.postgres.wait()
    await asyncio.sleep(random.uniform(0.1, 2.0))
    await platform.postgres.restart()
    return time.monotonic()


async def connection(platform: TestedPlatform, random: Random) -> float:
    """Every connection at once, in the middle of a COMMIT."""
    assert platform.proxy is not None
    before = platform.proxy.cuts
    platform.proxy.cut_at_next_commit()
    async with _waiting_for("a COMMIT"):
        while platform.proxy.cuts == before:
            await asyncio.sleep(0.01)
    return time.monotonic()


async def slow(platform: TestedPlatform, random: Random) -> float:
    assert platform.proxy is not None
    platform.proxy.delay_s = SLOW_S
    await asyncio.sleep(SLOW_FOR_S)
    platform.proxy.delay_s = 0.0
    return time.monotonic()


async def pause(platform: TestedPlatform, random: Random) -> float:
    """An actor stopped until a successor holds its leases, then let go on."""
    before = await ledger.holders(platform.postgres.tcp_url)
    stopped = random.choice(await _present(platform, "actor"))
    stopped.send_signal(signal.SIGSTOP)
    moment = time.monotonic()
    try:
        async with _waiting_for("a successor"):
            while not await ledger.holders(platform.postgres.tcp_url) - before:
                await asyncio.sleep(0.1)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            stopped.send_signal(signal.SIGCONT)
    return moment


async def takeover(platform: TestedPlatform, random: Random) -> float:
    """An actor's partitions taken from it while it lives and works, as by another cell that writes
    nothing: no more may it."""
    usurper = f"chaos/{random.getrandbits(48):x}"
    stood = await ledger.usurp(platform.postgres.tcp_url, usurper, random)
    moment = time.monotonic()
    await asyncio.sleep(TAKEN_FOR_S)
    stands = await ledger.usurped(platform.postgres.tcp_url, usurper)
    platform.unfenced += [
        f"partition {partition} went from {stood[partition]} to {seq} while {usurper} held it"
        for partition, seq in stands.items()
        if seq != stood[partition]
    ]
    return moment


async def disk_full(platform: TestedPlatform, random: Random) -> float:
    """No byte left for PostgreSQL until it has complained and a while longer. Without room for a
    table it refuses; without room for its log, as often as not, it gives up and is started again.
    """
    log_bytes = platform.postgres_log.stat().st_size
    try:
        platform.disk.fill()
        if random.random() < 0.5:
            await ledger.use_up_log(platform.postgres.tcp_url)
        async with _waiting_for("PostgreSQL to want space"):
            while NO_SPACE not in _log_since(platform, log_bytes):
                await asyncio.sleep(0.1)
        await asyncio.sleep(random.uniform(*FULL_FOR_S))
    finally:
        platform.disk.free()
    async with _waiting_for("PostgreSQL to serve again"):
        while not await _serves(platform):
            await asyncio.sleep(0.05)
    return time.monotonic()


async def clock(platform: TestedPlatform, random: Random) -> float:
    """Wall clocks jump, and after some seconds back to the machine's."""
    platform.clocks.jump(random)
    await asyncio.sleep(random.uniform(*JUMPED_FOR_S))
    platform.clocks.right()
    return time.monotonic()


async def platform(platform: TestedPlatform, random: Random) -> float:
    platform.kill_all()
    moment = time.monotonic()
    await platform.up()
    return moment


@contextlib.asynccontextmanager
async def _waiting_for(what: str) -> AsyncIterator[None]:
    """RunError after TIMEOUT_S."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except TimeoutError:
        raise RunError(f"waited {TIMEOUT_S:.0f} s for {what}") from None


def _log_since(platform: TestedPlatform, start: int) -> bytes:
    with platform.postgres_log.open("rb") as file:
        file.seek(start)
        return file.read()


async def _serves(platform: TestedPlatform) -> bool:
    """Whether PostgreSQL does; starts it when it has ended."""
    try:
        if not platform.postgres.pid:
            await platform.postgres.restart()
        connection = await asyncpg.connect(platform.postgres.tcp_url, timeout=TIMEOUT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, PostgresError):
        return False
    await connection.close()
    return True


async def _kill(platform: TestedPlatform, random: Random, part: str) -> float:
    process = random.choice(await _present(platform, part))
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
    return time.monotonic()


async def _present(platform: TestedPlatform, part: str) -> list[psutil.Process]:
    """Waits for one, as the last fault may just have ended it."""
    async with _waiting_for(f"a process of {part}"):
        while not (found := await asyncio.to_thread(platform.processes, part)):
            await asyncio.sleep(0.2)
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
    "takeover": takeover,
    "disk_full": disk_full,
    "clock": clock,
    "platform": platform,
}
