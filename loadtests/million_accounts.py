"""Opens a million accounts, pays once with each, and weighs the actors:
`python -m headrace.loadtests.million_accounts`.

Half of the accounts pay, each another one of the other half, so that every account is touched by a
payment once. Afterwards some of the accounts that memory has dropped pay again, which shows what
loading them costs. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import orjson
from rich.console import Console

from headrace.cluster.cli.client import Api, raise_for_problem
from headrace.loadtests.load.http_load import percentile_ms
from headrace.loadtests.platform_under_load import (
    LocalPlatform,
    RunError,
    actor_memory_mib,
    fresh_platform,
)
from headrace.loadtests.signals import run
from headrace.runtime.settings import load as load_settings

BATCH = 1_000
IN_FLIGHT = 4
PATIENCE_S = 60.0
"""For a platform that is busy."""
COLD_ACCOUNTS = 50_000
"""That pay again, in an order that memory cannot guess."""
DEPOSIT, AMOUNT = 10_000, 100
say = Console(stderr=True).print


Batch = tuple[str, list[dict[str, Any]]]
"""A path and what to post there."""


class Batches:
    """Of accounts, and of payments between them."""

    def __init__(self, accounts: int) -> None:
        self._payers = accounts // 2

    def accounts(self) -> Iterator[Batch]:
        """Payers with money, payees without."""
        for start in range(0, self._payers, BATCH // 2):
            places = range(start, min(start + BATCH // 2, self._payers))
            yield (
                "/v1/account-batches",
                [{"id": f"payer-{n}", "currency": "EUR", "opening_deposit": DEPOSIT}
                 for n in places]
                + [{"id": f"payee-{n}", "currency": "EUR"} for n in places],
            )  # fmt: skip

    def payments(self) -> Iterator[Batch]:
        """Each payer pays the payee of its number."""
        for start in range(0, self._payers, BATCH):
            places = range(start, min(start + BATCH, self._payers))
            yield self._payments("first", places)

    def again(self, payers: int) -> Iterator[Batch]:
        """Some of those that paid first and were not seen since."""
        places = list(range(min(payers, self._payers)))
        Random(1).shuffle(places)
        for start in range(0, len(places), BATCH):
            yield self._payments("again", places[start : start + BATCH])

    def _payments(self, name: str, places: Sequence[int]) -> Batch:
        return (
            "/v1/payment-batches",
            [
                {"debtor": f"payer-{n}", "creditor": f"payee-{n}", "amount": AMOUNT,
                 "currency": "EUR", "idempotency_key": f"{name}-{n}"}
                for n in places
            ],
        )  # fmt: skip


class Weighing:
    """One platform's figures, phase by phase."""

    def __init__(self, platform: LocalPlatform, accounts: int) -> None:
        self._platform = platform
        self._accounts = accounts
        self._batches = Batches(accounts)

    async def measure(self) -> dict[str, Any]:
        """Opening, paying, paying again."""
        platform, payers = self._platform, self._accounts // 2
        rest = actor_memory_mib(platform.status())
        opening = await self._phase("opening", self._batches.accounts(), self._accounts)
        opening["actor_memory_mib"] = actor_memory_mib(platform.status())
        paying = await self._phase("paying", self._batches.payments(), payers)
        await platform.settled()
        after = actor_memory_mib(platform.status())
        in_memory = (await platform.figures())["accounts_in_memory"]
        cold = min(COLD_ACCOUNTS, payers)
        again = await self._phase("paying again", self._batches.again(cold), cold)
        await platform.settled()
        end, metrics = platform.status(), await platform.figures()
        ledger = sum(
            file.stat().st_size for file in platform.data_dir.rglob("base/**/*") if file.is_file()
        )
        return {
            "accounts": self._accounts,
            "opening": opening,
            "paying": paying,
            "paying_again_from_the_ledger": again,
            "actor_memory_mib": {
                "start": rest,
                "after_opening": opening.pop("actor_memory_mib"),
                "after": after,
                "end": actor_memory_mib(end),
            },
            "memory_mib": end.memory_mb,
            "accounts_in_memory": int(in_memory),
            "accounts_in_memory_max_per_actor": load_settings().partition.accounts_in_memory_max,
            "evicted": int(metrics["evicted_total"]),
            "ledger_mib": round(ledger / 2**20),
            "verify": await platform.verify(),
        }

    async def _phase(self, name: str, batches: Iterator[Batch], items: int) -> dict[str, float]:
        """Sends all of it; RunError unless every item of every batch was done."""
        latencies_s: list[float] = []
        before, begun = self._platform.status().cpu_s, time.perf_counter()
        address = self._platform.address
        async with Api(address.url, address.api_key, PATIENCE_S) as api:

            async def sender() -> None:
                for path, accounts_or_payments in batches:
                    sent = time.perf_counter()
                    await _post(api, path, accounts_or_payments)
                    latencies_s.append(time.perf_counter() - sent)

            await asyncio.gather(*(sender() for _ in range(IN_FLIGHT)))
        seconds = time.perf_counter() - begun
        cpu = self._platform.status().cpu_s - before
        figures = {
            "per_s": round(items / seconds),
            "p50_ms": percentile_ms(latencies_s, 0.5),
            "p99_ms": percentile_ms(latencies_s, 0.99),
            "cpu_us": round(cpu / items * 1e6, 1),
        }
        say(f"{name}: {figures}")
        return figures


async def _post(api: Api, path: str, items: list[dict[str, Any]]) -> None:
    headers = {"Content-Type": "application/json"}
    response = await api.send("POST", path, content=orjson.dumps(items), headers=headers)
    raise_for_problem(response)
    wrong = [result for result in orjson.loads(response.content)["results"]
             if result["status"] >= 300]  # fmt: skip
    if wrong:
        raise RunError(f"{path}: {len(wrong)} items went wrong, such as {wrong[0]}")


async def _measure(port: int, accounts: int) -> dict[str, Any]:
    async with fresh_platform(port) as platform:
        return await Weighing(platform, accounts).measure()


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(
        prog="headrace.loadtests.million_accounts", description=__doc__
    )
    parser.add_argument("--accounts", type=int, default=1_000_000, help="(1,000,000)")
    parser.add_argument("--port", type=int, default=8351, help="of the platform (8351)")
    options = parser.parse_args()
    print(json.dumps(run(_measure(options.port, options.accounts))))


if __name__ == "__main__":
    main()
