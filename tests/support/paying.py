"""`headrace pay` in this process, against a small platform without sockets."""

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from support.small_platform import SmallPlatform

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.failures import Failure
from headrace.cluster.cli.pay import pay

Json = dict[str, Any]

HEADER = "idempotency_key,debtor,creditor,amount,currency"


class Ended(NamedTuple):
    """How the command ended: exit code, what --json tells, what failed."""

    code: int
    told: Json
    message: str

    def counts(self, *names: str) -> tuple[int, ...]:
        return tuple(self.told[name] for name in names)


async def paid(platform: SmallPlatform, file: Path | str, **options: Any) -> Ended:
    """Pays a file whose accounts are opened with 1,000,000.00."""
    platform.crossing = False  # which would be waited for
    async with Api("http://small", "hr_x") as api:
        api._http = httpx.AsyncClient(
            base_url=api.url, transport=httpx.ASGITransport(platform.app())
        )
        try:
            outcome = await pay(api, str(file), open_missing="1000000.00", **options)
        except Failure as failure:
            return Ended(failure.exit_code, failure.data, failure.message)
    return Ended(outcome.exit_code, outcome.data, "")


def row(i: int, **change: Any) -> Json:
    """A payment as the API takes it."""
    return {
        "idempotency_key": f"k{i}", "debtor": f"customer-{i % 7}", "creditor": f"shop-{i % 3}",
        "amount": 100 + i, "currency": "EUR",
    } | change  # fmt: skip


def lines(size: int) -> str:
    """NDJSON of so many payments."""
    return "".join(json.dumps(row(i)) + "\n" for i in range(1, size + 1))


def table(size: int, delimiter: str = ",") -> str:
    """CSV of the same payments."""
    made = [
        HEADER,
        *(f"k{i},customer-{i % 7},shop-{i % 3},{1 + i / 100:.2f},EUR" for i in range(1, size + 1)),
    ]
    return "".join(line.replace(",", delimiter) + "\n" for line in made)


def results(out: Path) -> list[Json]:
    """The lines of `--out`."""
    if out.suffix == ".csv":
        with out.open(newline="") as text:
            return list(csv.DictReader(text))
    return [json.loads(line) for line in out.read_text().splitlines()]
