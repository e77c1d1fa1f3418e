"""Whom a load test pays and how much: a seeded town, its accounts opened once."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

from headrace.runtime.risk.generator import Transaction, World, WorldSettings

CURRENCY = "EUR"
CUSTOMERS = 400
MERCHANTS = 60
CUSTOMER_DEPOSIT = 1_000_000
MERCHANT_DEPOSIT = 10_000
"""Minor units. Merchants have some, so that a refund need not wait for the first sale."""

Json = dict[str, Any]


def customer(number: int) -> str:
    """The id of a customer's account, which no other use of the platform is likely to have."""
    return f"load-customer-{number}"


def merchant(number: int) -> str:
    """The same for a merchant."""
    return f"load-merchant-{number}"


def accounts() -> list[Json]:
    """Items of POST /v1/account-batches; sent again they change nothing."""
    return [
        {"id": name(i), "currency": CURRENCY, "opening_deposit": deposit}
        for name, count, deposit in (
            (customer, CUSTOMERS, CUSTOMER_DEPOSIT),
            (merchant, MERCHANTS, MERCHANT_DEPOSIT),
        )
        for i in range(count)
    ]


def transactions(seed: int) -> Iterator[Transaction]:
    """The town's payments in order, without end."""
    world = World(
        WorldSettings(
            seed=seed, customers=CUSTOMERS, merchants=MERCHANTS, days=3650, start=date(2025, 1, 6)
        )
    )
    return chain.from_iterable(day.rows() for day in world.days())


def body(transaction: Transaction, **more: Any) -> Json:
    """POST /v1/payments for it."""
    return {
        "debtor": customer(transaction.customer),
        "creditor": merchant(transaction.merchant),
        "amount": transaction.amount,
        "currency": CURRENCY,
        "reference": f"card {transaction.transaction_id}",
        **more,
    }
