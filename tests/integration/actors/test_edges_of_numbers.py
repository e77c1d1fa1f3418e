"""No sum of what tenants can ask for leaves 64 bits: their balances are bounded, ours wrap."""

import asyncio
from typing import Any

from headrace.runtime.journal.account_numbers import EXTERNAL, TRANSIT_OUT, system_account
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.money import AMOUNT_MAX, BALANCE_MAX
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, Fund, PaymentAction
from headrace.runtime.refusals import Refusal

EUR = 978


async def fill(cell: Any, account: str, upto: int) -> None:
    """Deposits until the balance is `upto`."""
    deposits, left = [], upto - await cell.posted(account)
    while left:
        amount = min(left, AMOUNT_MAX)
        key = f"fill-{account}-{len(deposits)}"
        deposits.append(Fund(cell.tenant, account, amount, EUR, key, 1))
        left -= amount
    assert all(isinstance(a, Done) for a in await cell.ask(*deposits))


async def test_a_balance_ends_at_its_bound_for_every_way_in(cell: Any) -> None:
    full, debtor, creditor = cell.owned_by(0, 3)
    (foreign,) = cell.owned_by(1, 1)
    await cell.open(full, debtor, creditor, foreign)
    (paid,) = await cell.ask(cell.pay(full, creditor, "paid", 10))
    (held,) = await cell.ask(cell.pay(debtor, full, "held", 10, manual_capture=True))
    await fill(cell, full, BALANCE_MAX - 5)
    deposit, payment, capture, refund = await cell.ask(
        Fund(cell.tenant, full, 6, EUR, "deposit", 1),
        cell.pay(debtor, full, "payment", 6),
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, 6, True, "capture", 1),
        Act(cell.tenant, paid.payment, PaymentAction.REFUND, 6, True, "refund", 1),
    )
    refused = [a.refusal for a in (deposit, payment, capture, refund)]
    assert refused == [Refusal.AMOUNT_TOO_LARGE] * 4
    (crossing,) = await cell.ask(cell.pay(foreign, full, "crossing", 6))
    await cell.client.await_final(crossing, 10)
    await cell.all_arrived()
    assert await cell.posted(foreign) == 100_000
    (exact,) = await cell.ask(cell.pay(debtor, full, "exact", 5))
    assert exact.state == PaymentState.SETTLED
    assert await cell.posted(full) == BALANCE_MAX
    assert cell.total("doubts") == 0


async def test_what_may_come_back_has_its_room(cell: Any) -> None:
    """Money that left for a counterpart that is away may return: nothing takes its place."""
    (debtor,), (foreign,) = cell.owned_by(0, 1), cell.owned_by(1, 1)
    await cell.open(debtor, foreign)
    await fill(cell, debtor, BALANCE_MAX)
    await cell.actors[1].stop()
    (sent,) = await cell.ask(cell.pay(debtor, foreign, "sent", 50))
    assert sent.state == PaymentState.AUTHORIZED
    (over,) = await cell.ask(Fund(cell.tenant, debtor, 1, EUR, "over", 1))
    assert over.refusal == Refusal.AMOUNT_TOO_LARGE
    await cell.start(1)
    await cell.all_arrived()
    assert isinstance((await cell.ask(Fund(cell.tenant, debtor, 50, EUR, "room", 1)))[0], Done)


async def test_external_and_transit_accounts_go_on_beyond_64_bits(cell: Any) -> None:
    accounts, payees = cell.owned_by(0, 1_040, 0), cell.owned_by(1, 1_040, 1)
    await cell.open(*accounts, *payees, money=0)
    moves = []
    for n, (account, payee) in enumerate(zip(accounts, payees, strict=True)):
        for part in range(9):
            key = f"{n}-{part}"
            moves.append(Fund(cell.tenant, account, AMOUNT_MAX, EUR, f"d{key}", 1))
            moves.append(cell.pay(account, payee, f"p{key}", AMOUNT_MAX))
    total = len(moves) // 2 * AMOUNT_MAX
    assert total > 2**63
    for at in range(0, len(moves), 3_000):
        answers = await cell.ask(*moves[at : at + 3_000])
        assert [a for a in answers if not isinstance(a, Done)] == []
    await cell.all_arrived()
    assert cell.total("doubts") == 0
    external, transit = (system_account(0, EUR, kind) for kind in (EXTERNAL, TRANSIT_OUT))
    stored = await cell.ledger.fetchval(
        "SELECT debit_posted FROM journal WHERE debit = $1 ORDER BY seq DESC LIMIT 1", external
    )
    assert stored == -total + 2**64
    for index in range(2):
        await cell.restart(index)
    (deposited,) = await cell.ask(Fund(cell.tenant, accounts[0], 5, EUR, "after", 1))
    assert isinstance(deposited, Done)
    (paid,) = await cell.ask(cell.pay(accounts[0], payees[0], "after too", 5))
    await cell.client.await_final(paid, 10)
    await cell.all_arrived()
    sent = await cell.ledger.fetchval(
        "SELECT credit_posted FROM journal WHERE credit = $1 ORDER BY credit_seq DESC LIMIT 1",
        transit,
    )
    assert sent == total + 5 - 2**64
    assert await cell.posted(payees[0]) == 9 * AMOUNT_MAX + 5
    await asyncio.sleep(0)
