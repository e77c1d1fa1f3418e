"""Creditors' windows read back from a ledger."""

from io import BytesIO

import pytest

from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.creditor_profiles import CreditorProfiles
from headrace.runtime.ids import payment_id
from headrace.runtime.ledger import copy
from headrace.runtime.ledger.connect import connect
from headrace.runtime.ledger.record import COLUMNS, Record
from headrace.runtime.partitioning import ACCOUNT_BITS
from headrace.runtime.payments.states import PaymentState, RecordKind
from headrace.runtime.risk import history
from headrace.runtime.risk.history import LedgerHistory
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings

TAKEN = 1_522_540_800_000_000
DECIDED = 1_750_000_000_000_000
DEBTOR, MERCHANT, QUIET, STRANGER = (3 << ACCOUNT_BITS | 4096 + n for n in range(4))


def paid(seq: int, creditor: int, amount: int, kind: RecordKind = RecordKind.SETTLED) -> Record:
    return Record(
        partition=3, seq=seq, kind=kind, at=DECIDED + seq, tenant=1, currency=978, amount=amount,
        payment=payment_id(DECIDED + seq, 3), state=PaymentState.SETTLED, debit=DEBTOR,
        credit=creditor, credit_partition=3, credit_seq=seq, creditor=creditor,
        occurred_at=TAKEN + seq,
    )  # fmt: skip


async def test_the_newest_payments_count_when_they_were_taken(settings: Settings) -> None:
    extra = 7
    rows = [paid(n + 1, MERCHANT, 100 + n) for n in range(history.PAYMENTS_MAX + extra)]
    last = len(rows)
    rows += [
        paid(last + 1, QUIET, 500),
        paid(last + 2, QUIET, 900, RecordKind.DEPOSITED),
    ]
    connection = await connect(settings)
    try:
        await connection.copy_to_table(
            "journal", source=BytesIO(copy.encode(rows)), columns=COLUMNS, format="binary"
        )
    finally:
        await connection.close()
    read = LedgerHistory(settings)
    try:
        found = await read([MERCHANT, QUIET, STRANGER])
        store = CreditorProfiles(settings, read)
        features = CreditorFeatures(store.exchange, settings)
        features.for_creditor(MERCHANT)
        assert await features.exchange_once()
        from_store = features.for_creditor(MERCHANT)
    finally:
        await read.close()
    newest = rows[extra : history.PAYMENTS_MAX + extra]
    expected = Windows.folded((r.amount, r.occurred_at) for r in newest)
    assert found.keys() == {MERCHANT, QUIET}
    assert found[MERCHANT].state == expected.state
    assert found[QUIET].state == Windows.folded([(500, TAKEN + last + 1)]).state
    assert from_store is not None
    assert from_store.state == expected.state


async def test_a_database_that_is_away_is_an_error_and_nothing_hangs() -> None:
    read = LedgerHistory(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(ConnectionRefusedError):
        await read([MERCHANT])
    await read.close()
