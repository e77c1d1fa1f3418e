"""A payment between its body and the tables, and what became of it."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import uuid_utils
from asyncpg import Record

from headrace.loadtests.baseline.bodies import PaymentBody
from headrace.loadtests.baseline.deciding import Refused
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.money import currency_number
from headrace.runtime.refusals import Refusal

SQL = load("headrace.loadtests.baseline", "payments")
ACQUIRE_TIMEOUT_S = 30.0
"""For a connection of the pool; then the client is told to come again."""
SETTLED, DECLINED = int(PaymentState.SETTLED), int(PaymentState.DECLINED)
STATUSES = {SETTLED: "settled", DECLINED: "declined"}
REASONS = {int(reason): reason.name.lower() for reason in DeclineReason}


class Order(NamedTuple):
    """A payment to be decided, its accounts known."""

    id: uuid_utils.UUID
    key: str
    fingerprint: int
    debtor: int
    creditor: int
    amount: int
    currency: int


class Paid(NamedTuple):
    """A payment that was decided, now or before."""

    id: Any
    status: int
    reason: int
    created_at: datetime
    replayed: bool = False


class Directory:
    """The numbers of accounts by tenant and id, which never change: a worker's memory of them."""

    SIZE_MAX = 1_000_000

    def __init__(self) -> None:
        self._numbers: dict[int, dict[str, int]] = {}

    async def numbers(self, connection: Connection, tenant: int, ids: set[str]) -> dict[str, int]:
        """At least those of `ids` that exist."""
        known = self._numbers.setdefault(tenant, {})
        if missing := ids.difference(known):
            if len(known) > self.SIZE_MAX:
                known.clear()
                missing = ids
            rows = await connection.fetch(_NUMBERS, tenant, list(missing))
            known.update((row[0], row[1]) for row in rows)
        return known


_NUMBERS = load("headrace.loadtests.baseline", "accounts")["numbers"]


def order(body: PaymentBody, key: str, numbers: dict[str, int]) -> Order:
    """Raises Refused."""
    currency = currency_number(body.currency)
    if currency is None:
        raise Refused(Refusal.UNKNOWN_CURRENCY, "currency")
    debtor, creditor, amount = body.debtor, body.creditor, body.amount
    if debtor == creditor:
        raise Refused(Refusal.SAME_ACCOUNT, "creditor")
    if debtor not in numbers:
        raise Refused(Refusal.UNKNOWN_ACCOUNT, "debtor")
    if creditor not in numbers:
        raise Refused(Refusal.UNKNOWN_ACCOUNT, "creditor")
    return Order(
        uuid_utils.uuid7(), key, fingerprint(body), numbers[debtor], numbers[creditor], amount,
        currency,
    )  # fmt: skip


def fingerprint(body: PaymentBody) -> int:
    """Signed 64 bits of BLAKE2b over what was asked for."""
    text = f"{body.debtor} {body.creditor} {body.amount} {body.currency}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


async def before(
    connection: Connection, tenant: int, fingerprints: dict[str, int]
) -> dict[str, Paid | Refused]:
    """What became of those of some keys that were used before."""
    if not fingerprints:
        return {}
    rows = await connection.fetch(SQL["of_keys"], tenant, list(fingerprints))
    return {row["key"]: _again(row, fingerprints[row["key"]]) for row in rows}


def _again(row: Record, asked: int) -> Paid | Refused:
    if row["fingerprint"] != asked:
        return Refused(Refusal.KEY_REUSED, "idempotency_key")
    return Paid(row["id"], row["status"], row["reason"], row["created_at"], True)


def now() -> datetime:
    """In UTC."""
    return datetime.now(UTC)
