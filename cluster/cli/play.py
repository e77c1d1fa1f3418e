"""A sample of a made-up town's card payments, for `headrace up --play N`."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.payfile.items import Mapped, PaymentItem
from headrace.cluster.cli.payfile.opening import Opener
from headrace.cluster.cli.payfile.progress import progress
from headrace.cluster.cli.payfile.run import Run
from headrace.cluster.cli.payfile.summary import Summary
from headrace.runtime.clock import from_us
from headrace.runtime.risk.generator import Transaction, World, WorldSettings

BATCH = 500
IN_FLIGHT = 4
DEPOSIT = "10000.00"
"""What residents start with, EUR."""
DAY_LEAST = 5_000
"""Payments that a day of the town surely has."""


async def play(api: Api, n: int, seed: int | None = None) -> Summary:
    """Opens accounts and sends `n` payments of the last days, new ones at each call.

    With a `seed`, on one day, the same ones: what was sent before is answered again.
    """
    with progress(n) as shown:
        api.on_wait = shown.on_wait
        run = Run(api, Opener(api, DEPOSIT), IN_FLIGHT, None, shown.on_progress)
        await run.play(payments(n, int(time.time()) if seed is None else seed))
    return run.summary


def payments(n: int, seed: int) -> Iterator[Mapped]:
    """The payments in order of time, in batches."""
    days = n // DAY_LEAST + 1
    start = (datetime.now(UTC) - timedelta(days=days)).date()
    world = World(WorldSettings(seed=seed, days=days, start=start))
    transactions = islice(chain.from_iterable(day.rows() for day in world.days()), n)
    row = 1
    while part := list(islice(transactions, BATCH)):
        items: list[PaymentItem | None] = [_item(transaction, seed) for transaction in part]
        keys = [item.idempotency_key for item in items if item is not None]
        yield Mapped(range(row, row + len(part)), items, list(keys), {}, row - 1 + len(part))
        row += len(part)


def _item(transaction: Transaction, seed: int) -> PaymentItem:
    return PaymentItem(
        f"play-{seed}-{transaction.transaction_id}",
        f"resident-{transaction.customer}",
        f"shop-{transaction.merchant}",
        transaction.amount,
        "EUR",
        from_us(transaction.occurred_at).isoformat(),
        reference=f"card {transaction.transaction_id}",
    )
