"""Which day it is, a partition's own time says; what was counted is what the ledger counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, ChangeAccount, PaymentAction


async def test_a_successor_whose_clock_is_behind_goes_on_with_the_partitions_day(
    cell: Any,
) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.actors[0].stop()
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1, seconds=30)
    homes = [
        partition_of(cell.tenant, a, cell.settings.cell.partitions) for a in (debtor, creditor)
    ]
    move = "UPDATE leases SET last_at = $1 WHERE partition = ANY($2::smallint[])"
    await cell.ledger.execute(move, tomorrow, homes)
    await cell.start(0)
    await cell.open(debtor, creditor)
    await cell.ask(ChangeAccount(cell.tenant, debtor, daily_count_max=3))
    told = []
    for turn in range(3):
        told += await cell.ask(*(cell.pay(debtor, creditor, f"{turn}-{n}", 1) for n in range(2)))
        await cell.restart(0)
    assert [a.reason == DeclineReason.DAILY_COUNT_LIMIT for a in told] == [False] * 3 + [True] * 3


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_captured_part_that_came_back_is_no_reason_to_forget_the_payment(
    cell: Any, restarted: bool
) -> None:
    debtor, other = cell.owned_by(0, 2)
    (creditor,) = cell.owned_by(1, 1)
    await cell.open(debtor, other)
    await cell.open(creditor, money=0)
    await cell.ask(ChangeAccount(cell.tenant, debtor, daily_count_max=1))
    (held,) = await cell.ask(cell.pay(debtor, creditor, "hold", 100, manual_capture=True))
    await cell.ask(ChangeAccount(cell.tenant, creditor, close=True))
    part = Act(cell.tenant, held.payment, PaymentAction.CAPTURE, 30, False, "part", 1)
    (captured,) = await cell.ask(part)
    assert isinstance(captured, Done)
    await cell.all_arrived()
    cancel = Act(cell.tenant, held.payment, PaymentAction.CANCEL, key="cancel", fingerprint=2)
    assert isinstance((await cell.ask(cancel))[0], Done)
    if restarted:
        await cell.restart(0)
    (paid,) = await cell.ask(cell.pay(debtor, other, "another", 1))
    assert paid.reason == DeclineReason.DAILY_COUNT_LIMIT
    account = cell.actors[0]._book.by_id[cell.tenant, debtor]
    assert (account.day_count, account.day_amount) == (1, 30)


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_was_cancelled_whole_is_given_back_whole(cell: Any, restarted: bool) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    await cell.ask(ChangeAccount(cell.tenant, debtor, daily_count_max=1, daily_amount_max=100))
    for turn in range(3):
        (held,) = await cell.ask(cell.pay(debtor, creditor, f"{turn}", 100, manual_capture=True))
        assert held.state == PaymentState.AUTHORIZED
        cancel = Act(cell.tenant, held.payment, PaymentAction.CANCEL, key=f"c{turn}", fingerprint=2)
        assert isinstance((await cell.ask(cancel))[0], Done)
        if restarted:
            await cell.restart(0)
