"""Opens a million accounts, pays once with each, and weighs the actors:
`python -m headrace.loadtests.million_accounts`.

Half of the accounts pay, each another one of the other half, so that every account is touched by a
payment once. Afterwards some of the accounts that memory has dropped pay again, which shows what
loading them costs. The last line is one JSON object.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
from rich.console import Console

from headrace.loadtests.bench.http_load import Load, drive, request
from headrace.loadtests.fresh_platform import FreshPlatform, actor_memory_mib, fresh_platform
from headrace.runtime.settings import load as load_settings

BATCH = 1_000
CONNECTIONS = 8
TIME_MAX_S = 1_200.0
COLD_ACCOUNTS = 50_000
"""That pay again, in an order that memory cannot guess."""
DEPOSIT, AMOUNT = 10_000, 100
say = Console(stderr=True).print


class Requests:
    """Batches of accounts, and of payments between them."""

    def __init__(self, api_key: str, accounts: int) -> None:
        self._headers = {
            "Authorization": f"Bearer {api_key}", "Content-Type": "application/json"
        }  # fmt: skip
        self._payers = accounts // 2

    def accounts(self) -> Iterator[bytes]:
        """Payers with money, payees without."""
        for start in range(0, self._payers, BATCH // 2):
            places = range(start, min(start + BATCH // 2, self._payers))
            yield self._post(
                "/v1/account-batches",
                [{"id": f"payer-{n}", "currency": "EUR", "opening_deposit": DEPOSIT}
                 for n in places]
                + [{"id": f"payee-{n}", "currency": "EUR"} for n in places],
            )  # fmt: skip

    def payments(self) -> Iterator[bytes]:
        """Each payer pays the payee of its number."""
        for start in range(0, self._payers, BATCH):
            places = range(start, min(start + BATCH, self._payers))
            yield self._payments("first", places)

    def again(self, payers: int) -> Iterator[bytes]:
        """Some of those that paid first and were not seen since."""
        places = list(range(min(payers, self._payers)))
        Random(1).shuffle(places)
        for start in range(0, len(places), BATCH):
            yield self._payments("again", places[start : start + BATCH])

    def _payments(self, name: str, places: "range | list[int]") -> bytes:
        return self._post(
            "/v1/payment-batches",
            [
                {"debtor": f"payer-{n}", "creditor": f"payee-{n}", "amount": AMOUNT,
                 "currency": "EUR", "idempotency_key": f"{name}-{n}"}
                for n in places
            ],
        )  # fmt: skip

    def _post(self, path: str, items: list[dict[str, Any]]) -> bytes:
        return request("POST", path, self._headers, orjson.dumps(items))


class Weighing:
    """One platform's figures, phase by phase."""

    def __init__(self, platform: FreshPlatform, accounts: int) -> None:
        self._platform = platform
        self._accounts = accounts
        self._requests = Requests(platform.api_key, accounts)

    async def measure(self) -> dict[str, Any]:
        """Opening, paying, paying again."""
        platform, payers = self._platform, self._accounts // 2
        rest = actor_memory_mib(platform.status())
        opening = await self._phase("opening", self._requests.accounts(), self._accounts)
        opening["actor_memory_mib"] = actor_memory_mib(platform.status())
        paying = await self._phase("paying", self._requests.payments(), payers)
        platform.settle()
        after = actor_memory_mib(platform.status())
        in_memory = platform.metrics()["accounts_in_memory"]
        cold = min(COLD_ACCOUNTS, payers)
        again = await self._phase("paying again", self._requests.again(cold), cold)
        platform.settle()
        end, metrics = platform.status(), platform.metrics()
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
            "accounts_in_memory_max_per_actor": load_settings().accounts_in_memory_max,
            "evicted": int(metrics["evicted_total"]),
            "ledger_mib": round(ledger / 2**20),
            "verify": platform.verify(),
        }

    async def _phase(self, name: str, requests: Iterator[bytes], items: int) -> dict[str, float]:
        """Sends all of it; RuntimeError unless every item of every request was done."""
        wrong: list[dict[str, Any]] = []

        def answered(status: int, body: bytes) -> None:
            results = orjson.loads(body).get("results", [])
            if status != 200 or not results:
                wrong.append({"status": status, "body": body[:300].decode()})
            wrong.extend(result for result in results if result["status"] >= 300)

        before = self._platform.status().cpu_s
        load: Load = await drive(
            "127.0.0.1", self._platform.port, requests, CONNECTIONS, TIME_MAX_S, answered=answered
        )
        if wrong:
            raise RuntimeError(f"{name}: {len(wrong)} went wrong, such as {wrong[0]}")
        cpu = self._platform.status().cpu_s - before
        figures = {
            "per_s": round(items / load.seconds),
            "p50_ms": load.percentile_ms(0.5),
            "p99_ms": load.percentile_ms(0.99),
            "cpu_us": round(cpu / items * 1e6, 1),
        }
        say(f"{name}: {figures}")
        return figures


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(
        prog="headrace.loadtests.million_accounts", description=__doc__
    )
    parser.add_argument("--accounts", type=int, default=1_000_000, help="(1,000,000)")
    parser.add_argument("--port", type=int, default=8351, help="of the platform (8351)")
    options = parser.parse_args()
    with fresh_platform(options.port) as platform:
        print(json.dumps(asyncio.run(Weighing(platform, options.accounts).measure())))


if __name__ == "__main__":
    main()
