"""What a partition's writer reads back: accounts, payments, legs, holds and keys, as committed."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

import numpy as np
from asyncpg import Record as Row
from msgspec import Struct, json
from numpy.typing import NDArray

from headrace.runtime.clock import DAY_US, POSTGRES_EPOCH_US, from_us
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import RoleKey, currency_of_system_account
from headrace.runtime.journal.kinds import FIRST_KINDS, KINDS, Family, RecordKind, Step, Who
from headrace.runtime.journal.rows import record_of
from headrace.runtime.journal.states import AccountState, PaymentState
from headrace.runtime.payments.account import Account, Creditor, Terms
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.open_leg import LEG, OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment
from headrace.runtime.risk.history import of_debtors
from headrace.runtime.risk.windows import EMPTY, Windows

SQL = load("headrace.runtime.ledger", "load")
Key = tuple[int, str]
_NONE_KEPT: Mapping[int, bytes] = MappingProxyType({})


async def accounts_by_id(
    db: Database, keys: Sequence[Key], windows: Mapping[int, bytes] = _NONE_KEPT
) -> list[Account]:
    """Those of (tenant, id) that exist, with balances and risk windows: those that were kept, or as
    the ledger tells them. The day's counters are `count_day`'s."""
    rows = await db.fetch(SQL["accounts_by_id"], [k[0] for k in keys], [k[1] for k in keys])
    return await _accounts(db, rows, windows)


async def accounts_by_number(
    db: Database, numbers: Sequence[int], windows: Mapping[int, bytes] = _NONE_KEPT
) -> list[Account]:
    """The same by account number."""
    rows = await db.fetch(SQL["accounts_by_number"], list(numbers))
    return await _accounts(db, rows, windows)


async def role_accounts(db: Database, wanted: Sequence[RoleKey]) -> dict[RoleKey, Account]:
    """Those that were opened, with balances."""
    columns = [list(column) for column in zip(*wanted, strict=True)] or [[]] * len(RoleKey._fields)
    rows = await db.fetch(SQL["role_accounts"], *columns)
    numbers = {RoleKey(*(row[name] for name in RoleKey._fields)): row["number"] for row in rows}
    loaded = {a.number: a for a in await accounts_by_number(db, list(numbers.values()))}
    return {key: loaded[number] for key, number in numbers.items()}


async def _accounts(
    db: Database, rows: Sequence[Row], windows: Mapping[int, bytes]
) -> list[Account]:
    accounts = {}
    for row in rows:
        account = Account(row["number"], row["tenant"], row["id"] or "", row["currency"])
        account.state = AccountState(row["state"])
        account.credit_line = row["credit_line"]
        account.payment_max = row["payment_max"]
        account.daily_amount_max = row["daily_amount_max"]
        account.daily_count_max = row["daily_count_max"]
        account.posted, account.held = row["posted"], row["held"]
        account.windows = Windows(windows.get(account.number, EMPTY))
        accounts[account.number] = account
    unknown = [r["number"] for r in rows if r["has_debits"] and r["number"] not in windows]
    for number, folded in (await of_debtors(db, unknown)).items():
        accounts[number].windows = folded
    return list(accounts.values())


async def opened_as(db: Database, accounts: Sequence[Account]) -> None:
    """Sets what was asked for when the accounts were opened."""
    by_number = {account.number: account for account in accounts}
    for row in await db.fetch(SQL["opened_as"], list(by_number)):
        by_number[row["credit"]].opened_as = json.decode(row["details"], type=_Opened).terms()


class _Opened(Struct):
    """What the record of an opened account says, as decide_account.py wrote it."""

    credit_line: int
    payment_max: int
    daily_amount_max: int
    daily_count_max: int

    def terms(self) -> Terms:
        return Terms(
            self.credit_line, self.payment_max, self.daily_amount_max, self.daily_count_max
        )


async def count_day(db: Database, accounts: Sequence[Account], times: Mapping[int, int]) -> None:
    """Sets the day's counters of accounts: of the UTC day at which their partitions stand.

    `times`: of each partition, microseconds; no record of it may be decided at an earlier one.
    """
    days = [times[account.partition] // DAY_US for account in accounts]
    rows = await db.fetch(
        SQL["day"], [a.number for a in accounts], [from_us(day * DAY_US) for day in days]
    )
    counted = {row["number"]: row for row in rows}
    for account, day in zip(accounts, days, strict=True):
        account.counts, account.day = True, day
        row = counted.get(account.number)
        account.day_amount, account.day_count = (
            (int(row["amount"]), row["count"]) if row else (0, 0)
        )


async def system_accounts(db: Database, numbers: Sequence[int]) -> list[Account]:
    """External and transit accounts, which exist from the beginning."""
    accounts = []
    for row in await db.fetch(SQL["system_balances"], list(numbers)):
        number = row["number"]
        account = Account(number, 0, "", currency_of_system_account(number))
        account.posted = row["posted"]
        accounts.append(account)
    return accounts


async def creditors(db: Database, keys: Sequence[Key]) -> list[tuple[Key, Creditor]]:
    """Facts about accounts that other actors own."""
    rows = await db.fetch(SQL["creditors"], [k[0] for k in keys], [k[1] for k in keys])
    return [
        ((r["tenant"], r["id"]), Creditor(r["number"], r["currency"], r["closed"])) for r in rows
    ]


async def payments(db: Database, ids: Iterable[bytes]) -> list[Payment]:
    """Payments as the sum of their records; ids that nothing is known of are left out."""
    found: dict[bytes, Payment] = {}
    for row in await db.fetch(SQL["payments"], [UUID(bytes=i) for i in ids]):
        record = record_of(row)
        payment = found.get(record.payment)
        if payment is None:
            found[record.payment] = Payment(record)
        else:
            payment.apply(record)
    in_review = [UUID(bytes=p.id) for p in found.values() if p.state is PaymentState.IN_REVIEW]
    if in_review:
        for row in await db.fetch(SQL["reviews"], in_review):
            payment = found[row["payment"].bytes]
            payment.expires_in_s = row["expires_in_s"]
            payment.submitted_by = row["submitted_by"].bytes if row["submitted_by"] else b""
    return list(found.values())


async def legs(db: Database, homes: list[int], seqs: list[int], again: bool) -> ShownLegs:
    """The legs that records of home (partition, seq) opened; with `again` also what was done with
    them already. Places where no leg was opened are left out."""
    packed = await db.fetchval(SQL["legs"], homes, seqs)
    shown = np.frombuffer(bytearray(packed or b""), LEG)
    shown["occurred_at"] += POSTGRES_EPOCH_US
    return ShownLegs(shown, await _answered(db, shown) if again else {})


async def _answered(db: Database, shown: NDArray[np.void]) -> dict[int, int]:
    """Index -> reason of the legs that the ledger says were carried out or refused."""
    payments = [UUID(bytes=payment) for payment in shown["payment"].astype("V16").tolist()]
    indices = shown["index"].tolist()
    rows = await db.fetch(SQL["answered"], payments, shown["leg"].tolist(), indices)
    return {r["index"]: r["reason"] for r in rows}


async def open_legs(db: Database, partition: int, since: int, page: int) -> list[OpenLeg]:
    """Legs of a partition, opened at `since` or later, whose end home has not recorded, in
    the order of the records that opened them; read `page` at once."""
    found: list[OpenLeg] = []
    while True:
        rows = await db.fetch(SQL["open_legs"], partition, since, page)
        found += [
            OpenLeg(
                r["payment"].bytes, r["leg"], r["partition"], r["seq"],
                r["kind"] in KINDS["opens_refund_leg"], r["kind"] in FIRST_KINDS,
                r["tenant"], r["currency"], r["amount"], r["debtor"], r["creditor"],
                r["trace"].bytes,
            )
            for r in rows
        ]  # fmt: skip
        if len(rows) < page:
            return found
        since = rows[-1]["seq"] + 1


async def due_holds(db: Database, partitions: Sequence[int], now: int, most: int) -> list[bytes]:
    """Payments whose hold or review was to end by `now` (microseconds), the oldest first, at most
    so many."""
    rows = await db.fetch(SQL["due_holds"], list(partitions), from_us(now), most)
    return [r["payment"].bytes for r in rows]


async def keys(db: Database, wanted: Sequence[Key]) -> dict[Key, tuple[int, Done]]:
    """Fingerprint and first answer of those (tenant, key) that the ledger knows."""
    rows = await db.fetch(SQL["keys"], [k[0] for k in wanted], [k[1] for k in wanted])
    return {(r["tenant"], r["key"]): (r["fingerprint"], _first_answer(r)) for r in rows}


def _first_answer(r: Row) -> Done:
    """What the record's key was answered: of an account, its balance; of what was done to a
    payment, the amount that it came to."""
    facts, amount, leg = RecordKind(r["kind"]).facts, 0, 0
    payment = r["payment"].bytes
    if facts.family is Family.ACCOUNT:
        payment = b""
        amount = r["credit_posted" if Who.ACCOUNT in facts.credit.who else "debit_posted"]
    elif not facts.first:
        amount = r["amount"]
        leg = r["leg"] if facts.step is Step.OPENS else 0
    return Done(
        partition=r["partition"], seq=r["seq"], at=r["at"], payment=payment, state=r["state"],
        reason=r["reason"], risk_score=r["risk_score"], risk_flags=r["risk_flags"],
        risk_model=r["risk_model"], amount=amount, leg=leg, expires_at=r["expires_at"] or 0,
    )  # fmt: skip
