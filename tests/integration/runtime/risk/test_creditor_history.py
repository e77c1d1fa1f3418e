"""Windows of debtors and creditors read back from a ledger."""

from io import BytesIO
from random import Random

import numpy as np
import pytest
import pytest_asyncio
from msgspec.structs import replace

from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.creditor_profiles import CreditorProfiles
from headrace.runtime.clock import DAY_US
from headrace.runtime.database.connect import NotConnected, connect
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, account_number
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import COLUMNS, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger import copy
from headrace.runtime.risk import history
from headrace.runtime.risk.history import LedgerHistory
from headrace.runtime.risk.windows import STATE, Windows
from headrace.runtime.settings import Settings
from headrace.runtime.settings.ledger import LedgerSettings

TAKEN = 1_522_540_800_000_000
DECIDED = 1_750_000_000_000_000
DEBTOR, MERCHANT, QUIET, STRANGER = (account_number(3, FIRST_ORDINAL + n) for n in range(4))


def paid(seq: int, creditor: int, amount: int, kind: RecordKind = RecordKind.SETTLED) -> Record:
    return Record(
        partition=3, seq=seq, kind=kind, at=DECIDED + seq, tenant=1, currency=978, amount=amount,
        payment=payment_id(DECIDED + seq, 3), state=PaymentState.SETTLED, debit=DEBTOR,
        credit=creditor, credit_partition=3, credit_seq=seq, creditor=creditor,
        occurred_at=TAKEN + seq,
    )  # fmt: skip


@pytest_asyncio.fixture
async def month(settings: Settings) -> list[Record]:
    """758 payments in 30 days, out of order, among others that are no habit of anybody."""
    dice = Random(20)
    rows = [
        replace(
            paid(n + 1, MERCHANT, dice.randrange(1, 10**15)),
            occurred_at=TAKEN + dice.randrange(30 * DAY_US),
        )
        for n in range(758)
    ]
    last = len(rows)
    others = [
        paid(last + 1, QUIET, 500),
        paid(last + 2, QUIET, 900, RecordKind.DEPOSITED),
        replace(paid(last + 3, QUIET, 900), kind=RecordKind.DECLINED),
    ]
    connection = await connect(settings.ledger)
    try:
        await connection.copy_to_table(
            "journal", source=BytesIO(copy.encode(rows + others)), columns=COLUMNS, format="binary"
        )
    finally:
        await connection.close()
    return [*rows, others[0]]


@pytest.mark.parametrize("page", [50, 758, 10_000])
async def test_all_payments_that_a_window_remembers_are_folded(
    settings: Settings, month: list[Record], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE_RECORDS", page)
    monkeypatch.setattr(history, "PAGES_MAX", 20)
    connection = await connect(settings.ledger)
    try:
        debtors = await history.of_debtors(connection, [DEBTOR, STRANGER])
        creditors = await history.of_creditors(connection, [MERCHANT, QUIET, STRANGER])
    finally:
        await connection.close()
    expected = Windows.folded((r.amount, r.occurred_at) for r in month)
    assert debtors.keys() == {DEBTOR}
    _same(debtors[DEBTOR], expected)
    assert creditors.keys() == {MERCHANT, QUIET}
    _same(creditors[MERCHANT], Windows.folded((r.amount, r.occurred_at) for r in month[:-1]))
    _same(creditors[QUIET], Windows.folded([(500, month[-1].occurred_at)]))


async def test_what_it_costs_to_fold_an_account_is_bounded(
    settings: Settings, month: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE_RECORDS", 100)
    monkeypatch.setattr(history, "PAGES_MAX", 3)
    connection = await connect(settings.ledger)
    try:
        found = await history.of_creditors(connection, [MERCHANT])
    finally:
        await connection.close()
    newest = month[:-1][-300:]
    _same(found[MERCHANT], Windows.folded((r.amount, r.occurred_at) for r in newest))


async def test_payments_that_have_decayed_are_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 30 payments a year apart only the newest pages count."""
    monkeypatch.setattr(history, "PAGE_RECORDS", 2)
    year = 365 * DAY_US
    rows = [replace(paid(n + 1, MERCHANT, 100), occurred_at=TAKEN + n * year) for n in range(30)]
    connection = await connect(settings.ledger)
    try:
        await connection.copy_to_table(
            "journal", source=BytesIO(copy.encode(rows)), columns=COLUMNS, format="binary"
        )
        found = await history.of_creditors(connection, [MERCHANT])
    finally:
        await connection.close()
    assert found[MERCHANT].since_us == TAKEN + 26 * year


async def test_the_store_reads_what_it_has_forgotten(
    settings: Settings, month: list[Record]
) -> None:
    read = LedgerHistory(settings.ledger)
    try:
        store = CreditorProfiles(settings.risk, read)
        features = CreditorFeatures(store.exchange, settings.risk)
        features.for_creditor(MERCHANT)
        assert await features.exchange_once()
        from_store = features.for_creditor(MERCHANT)
    finally:
        await read.close()
    assert from_store is not None
    _same(from_store, Windows.folded((r.amount, r.occurred_at) for r in month[:-1]))


def _same(found: Windows, expected: Windows) -> None:
    (one,), (other,) = (np.frombuffer(w.state, STATE) for w in (found, expected))
    assert (one["since"], one["last"]) == (other["since"], other["last"])
    np.testing.assert_allclose(one["counts"], other["counts"], rtol=1e-9)
    np.testing.assert_allclose(one["amounts"], other["amounts"], rtol=1e-9)


async def test_a_database_that_is_away_is_an_error_and_nothing_hangs() -> None:
    read = LedgerHistory(LedgerSettings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(NotConnected):
        await read([MERCHANT])
    await read.close()
