"""Run by test_a_new_kind.py in a copy of the code whose tables have a kind more: FEE_TAKEN.

Plays a payment and a fee on it into an empty ledger, and prints what everybody says of the fee.
"""

import asyncio
import json
import sys

from msgspec import to_builtins

from headrace.loadtests.chaos import judge, ledger
from headrace.loadtests.chaos.log import Sent
from headrace.loadtests.chaos.verdict import Heard
from headrace.runtime.areas import AREAS
from headrace.runtime.clock import iso_us
from headrace.runtime.database.connect import connect, pool
from headrace.runtime.database.migrate import migrate
from headrace.runtime.events.event import event_of, types_of
from headrace.runtime.identity import tenants
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.journal.telling import kinds_telling
from headrace.runtime.ledger import fencing
from headrace.runtime.ledger.commit import commit, prepare
from headrace.runtime.ledger.read import Reader
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Fund, OpenAccount, Pay
from headrace.runtime.payments.decide_account import decide_fund, decide_open
from headrace.runtime.payments.decide_payment import NOT_SCORED, Times, decide_payment
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.posting import post
from headrace.runtime.settings import Settings
from headrace.runtime.verify import verify
from headrace.serve.gateway.payments import words

EUR, NOON, TIMES = 978, 1_735_732_800_000_000, Times(1_000, 500)


def take_fee(book: Book, batch: Batch, first: Record, now: int) -> Record:
    """The new kind's decider."""
    debtor, creditor = book.accounts[first.debit], book.accounts[first.credit]
    seq = book.next_seq(batch, book.partitions[debtor.partition], now)
    fee = Record(
        seq=seq, credit_seq=seq, partition=first.partition, credit_partition=first.partition,
        at=now, occurred_at=now, tenant=first.tenant, currency=first.currency, amount=3,
        payment=first.payment, creditor=first.creditor, kind=RecordKind.FEE_TAKEN,
        state=PaymentState.SETTLED,
    )  # fmt: skip
    post(book, batch, fee, debtor, creditor)
    if creditor.partition != debtor.partition:
        fee.credit_partition = creditor.partition
        fee.credit_seq = book.next_seq(batch, book.partitions[creditor.partition], now)
    batch.records.append(fee)
    payment = Payment(first)
    payment.apply(fee)
    return fee


def play(book: Book, batch: Batch, tenant: int) -> Record:
    for id in ("anna", "shop"):
        decide_open(book, batch, OpenAccount(tenant, id, EUR), NOON)
    fund = Fund(tenant, "anna", 1_000, EUR, "deposit", 0)
    fund.fingerprint = fingerprint.of(fund)
    for account in book.by_id.values():
        book.add(external(account.partition))
    decide_fund(book, batch, fund, NOON)
    pay = Pay(tenant, "anna", "shop", 100, EUR, "payment", 0)
    pay.fingerprint = fingerprint.of(pay)
    decide_payment(book, batch, pay, NOON, NOT_SCORED, TIMES, payment_id)
    return take_fee(book, batch, batch.records[-1], NOON + 1)


def external(partition: int):  # type: ignore[no-untyped-def]  # a record of the journal
    from headrace.runtime.journal.account_numbers import EXTERNAL, system_account
    from headrace.runtime.payments.account import Account

    return Account(system_account(partition, EUR, EXTERNAL), 0, "", EUR)


async def main(url: str) -> dict[str, object]:
    settings = Settings(database_url=url)
    await migrate(settings.ledger, AREAS, settings.cell.partitions)
    database = await pool(settings.ledger, 2, "headrace test")
    connection = await connect(settings.ledger, "headrace writer test")
    tenant = (await tenants.create(database, "acme"))[0].number
    partitions = list(range(settings.cell.partitions))
    book, batch = Book(settings.cell.partitions), Batch(1)
    taken = await fencing.take_over(connection, partitions, "test", "test", lock_timeout_s=5)
    for partition, _ in taken.values():
        book.take_over(partition, [])
    fee = play(book, batch, tenant)
    await commit(connection, prepare(batch, book.partitions))
    reader = Reader(database)
    read = await reader.events({fee.partition: fee.seq - 1}, {fee.partition: fee.seq}, tenant)
    origins = await reader.origins([fee])
    names = await reader.names.in_records([fee, *origins.records])
    entries = await reader.entries(tenant, "anna")
    payment = await reader.payment(tenant, fee.payment)
    kept = await ledger.read(url)
    sent = [Sent(key="payment", operation="payment", amount=100, debtor="anna", creditor="shop")]
    verdict = judge.judge(sent, kept, [Heard(r.payment, iso_us(r.at)) for r in kept.rows])
    assert entries is not None
    assert payment is not None
    told = {
        "read": [r.kind for r in read] == [RecordKind.FEE_TAKEN],
        "event": event_of(fee, origins, names, {tenant: "acme"}, reader.tokens).type,
        "asked for": [k.name for k in kinds_telling(types_of(["payment.fee_taken"]))],
        "entry": to_builtins(entries.items[0]),
        "timeline": [e.kind for e in await reader.timeline(tenant, fee.payment)],
        "payment": [payment.status, payment.captured_amount, payment.refundable_amount],
        "reference": "fee_taken" in words.KINDS["enum"],
        "judge": [verdict.lost, verdict.doubled, verdict.invented, verdict.gaps],
        "verify": [(c.name, c.detail) for c in (await verify(settings.ledger)).checks
                   if c.result == "fail" and c.name != "schema_is_the_migrations"],
    }  # fmt: skip
    for view, columns in (
        ("entries", "kind, posted_change, held_change, posted"),
        ("events", "type, status, debit, credit"),
        ("kinds", "name, family, event, debit_posted, credit_posted"),
    ):
        rows = await database.fetch(
            f"SELECT {columns} FROM {view} v WHERE v::text LIKE '%fee_taken%'"
        )
        told[view] = sorted(map(list, rows))
    await connection.close()
    await database.close()
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1]))))
