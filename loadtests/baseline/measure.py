"""Measures a service that it starts, with the bench's payments.

A scenario is `single`, `loop` or `bulk`, `_hot` or not, and a number of connections: `bulk_hot:4`.
CPU of the service and of PostgreSQL is by the payment; the cores used include the load's.
"""

import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import asyncpg
import orjson
import psutil

from headrace.loadtests.load.http_load import drive, request
from headrace.loadtests.load.payments import Payments, accounts

HOST = "127.0.0.1"
BATCH = 1_000
WARM_UP_SHARE = 0.25
STOP_TIMEOUT_S = 60


async def measure(
    database_url: str, port: int, workers: int, pool: int, seconds: float, scenarios: Iterable[str]
) -> None:
    """Prints a line a scenario."""
    api_key = f"hr_{secrets.token_urlsafe(16)}"
    service = _start(database_url, port, workers, pool, api_key)
    connection = await asyncpg.connect(database_url)
    try:
        await _open_accounts(port, api_key)
        for scenario in scenarios:
            await connection.execute("CHECKPOINT")
            print(await _run(connection, service.pid, port, api_key, seconds, scenario), flush=True)
    finally:
        await connection.close()
        service.terminate()
        service.wait(STOP_TIMEOUT_S)


def _start(
    database_url: str, port: int, workers: int, pool: int, api_key: str
) -> subprocess.Popen[str]:
    service = subprocess.Popen(
        [sys.executable, "-m", "headrace.loadtests.baseline", "serve", "--database-url",
         database_url, "--port", str(port), "--workers", str(workers), "--pool", str(pool),
         "--api-key", api_key],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert service.stdout is not None
    if service.stdout.readline() != "ready\n":
        raise SystemExit("the service did not start")
    return service


async def _open_accounts(port: int, api_key: str) -> None:
    headers = {"Authorization": f"Bearer {api_key}"}
    opening = request("POST", "/v1/account-batches", headers, orjson.dumps(accounts()))
    opened = await drive(HOST, port, iter([opening]), 1, STOP_TIMEOUT_S)
    if set(opened.statuses) != {200}:
        raise SystemExit(f"accounts: {dict(opened.statuses)}")


async def _run(
    connection: asyncpg.Connection, pid: int, port: int, api_key: str, seconds: float, scenario: str
) -> str:
    name, _, connections = scenario.partition(":")
    way, hot = name.removesuffix("_hot"), name.endswith("_hot")
    size = 1 if way == "single" else BATCH

    def requests(part: str) -> Iterator[bytes]:
        payments = Payments(api_key, f"{api_key}-{scenario}-{part}", hot)
        if way == "single":
            return payments.singles()
        return (
            batch.replace(b"/v1/payment-batches ", f"/v1/payment-batches/{way} ".encode(), 1)
            for batch in payments.batches(BATCH)
        )

    await drive(HOST, port, requests("warm"), int(connections), seconds * WARM_UP_SHARE)
    service_s, postgres_s = _cpu_s(pid), await _postgres_cpu_s(connection)
    own_s = time.process_time()
    load = await drive(HOST, port, requests("run"), int(connections), seconds)
    own_s = time.process_time() - own_s
    service_s, postgres_s = _cpu_s(pid) - service_s, await _postgres_cpu_s(connection) - postgres_s
    count = size * sum(n for status, n in load.statuses.items() if status < 300)
    spent_s = service_s + postgres_s + own_s
    figures: dict[str, Any] = {
        "payments/s": round(count / load.seconds),
        "p50 ms": load.percentile_ms(0.5),
        "p99 ms": load.percentile_ms(0.99),
        "service us": round(service_s / count * 1e6, 1),
        "postgres us": round(postgres_s / count * 1e6, 1),
        "cores used": round(spent_s / load.seconds, 2),
        "answers": dict(load.statuses),
    }
    return f"{scenario}: " + ", ".join(f"{name} {figure}" for name, figure in figures.items())


def _cpu_s(pid: int) -> float:
    """Of a process and what it started."""
    return sum(_cpu_of(p) for p in [pid, *(c.pid for c in psutil.Process(pid).children(True))])


async def _postgres_cpu_s(connection: asyncpg.Connection) -> float:
    """Of all PostgreSQL processes that it tells of; they run on this machine."""
    return sum(_cpu_of(row[0]) for row in await connection.fetch(_PROCESSES))


_PROCESSES = "SELECT pid FROM pg_stat_activity"


def _cpu_of(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
