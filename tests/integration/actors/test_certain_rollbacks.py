"""A batch that is rolled back for certain is decided again: nothing forgotten, nobody refused."""

import asyncio
from typing import Any

from headrace.actors.intake import WORTH_A_BATCH
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import Act, ChangeAccount, PaymentAction
from headrace.runtime.refusals import Refusal


async def test_order_for_a_debtor_stays_after_a_conflict(cell: Any) -> None:
    debtor, creditor, other = cell.owned_by(0, 3)
    await cell.open(debtor, money=100)
    await cell.open(creditor, other)
    old = cell.pay(other, creditor, "old", 1)
    await cell.ask(old)
    await cell.restart(0)
    async with cell.held_up(0):
        first = asyncio.create_task(cell.ask(cell.pay(debtor, creditor, "first", 60), old))
        await cell.until_committing(0)
        second = asyncio.create_task(
            cell.ask(
                cell.pay(debtor, creditor, "second", 60),
                ChangeAccount(cell.tenant, other, daily_count_max=500),
                *(cell.pay(other, creditor, f"more-{n}", 1) for n in range(WORTH_A_BATCH)),
            )
        )
        async with asyncio.timeout(60):
            while not cell.total("queue"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    paid, replayed = await first
    assert replayed.replayed
    assert paid.state == PaymentState.SETTLED
    assert (await second)[0].reason == DeclineReason.INSUFFICIENT_FUNDS
    assert cell.total("conflicts") == 1


async def test_a_known_key_costs_nobody_a_load(cell: Any) -> None:
    names = cell.owned_by(0, 40)
    await cell.open(*names)
    old = cell.pay(names[0], names[1], "old", 1)
    await cell.ask(old)
    actor = await cell.restart(0)
    await cell.ask(*(cell.pay(names[n], names[n - 1], f"warm-{n}", 1) for n in range(40)))
    kept = {name: actor._book.by_id[cell.tenant, name] for name in names}
    calls = [
        cell.ask(*(cell.pay(names[n], names[n - 1], f"{call}-{n}", 1) for n in range(40)))
        for call in range(10)
    ]
    answers = await asyncio.gather(cell.ask(old), *calls, cell.ask(old))
    told = [a for call in answers for a in call]
    assert [a for a in told if not isinstance(a, Done)] == []
    assert len(told) == 402
    assert {name: actor._book.by_id[cell.tenant, name] for name in names} == kept
    assert (cell.total("doubts"), cell.total("conflicts")) == (0, 1)


async def test_a_tenant_that_repeats_is_looked_up_before_it_costs_another_rollback(
    cell: Any,
) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    old = [cell.pay(debtor, creditor, f"old-{n}", 1) for n in range(50)]
    await cell.ask(*old)
    await cell.restart(0)
    for n, command in enumerate(old):
        again, fresh = await cell.ask(command, cell.pay(debtor, creditor, f"new-{n}", 1))
        assert again.replayed
        assert isinstance(fresh, Done)
    assert cell.total("conflicts") == 1


async def test_a_rolled_back_batch_leaves_accounts_and_payments_as_they_were(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    (foreign,) = cell.owned_by(1, 1)
    await cell.open(debtor, creditor, foreign, money=1_000)
    old = cell.pay(creditor, debtor, "old", 1)
    await cell.ask(old, ChangeAccount(cell.tenant, debtor, daily_count_max=100))
    (held,) = await cell.ask(cell.pay(debtor, creditor, "hold", 100, manual_capture=True))
    actor = await cell.restart(0)
    (warm,) = await cell.ask(
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, 1, False, "warm", 1)
    )
    assert isinstance(warm, Done)
    account, payment = actor._book.by_id[cell.tenant, debtor], actor._book.payments[held.payment]
    before = account.balances()[:-1], payment.held, payment.captured, payment.next_leg
    async with cell.held_up(0):
        call = asyncio.create_task(
            cell.ask(
                cell.pay(debtor, creditor, "a", 10),
                cell.pay(debtor, foreign, "b", 10),
                Act(cell.tenant, held.payment, PaymentAction.CAPTURE, 5, False, "c", 2),
                Act(cell.tenant, held.payment, PaymentAction.CANCEL, key="d", fingerprint=3),
                ChangeAccount(cell.tenant, debtor, frozen=True, credit_line=9),
                old,
            )
        )
        await cell.until_committing(0)
        batch = actor._turns.under_way.batch
        assert account.balances()[:-1] != before[0]
        actor._book.undo(batch)
        payment = actor._book.payments[held.payment]
        after = (
            account.balances()[:-1], payment.held, payment.captured, payment.next_leg,
        )  # fmt: skip
        assert after == before
        assert (account.state, account.credit_line, actor._book.open_legs) == (1, 0, 0)
        await actor.stop()
    call.cancel()
    await cell.start(0)


async def test_the_same_keys_in_opposite_order_are_no_deadlock_and_no_doubt(cell: Any) -> None:
    (one, payee), (other,) = cell.owned_by(0, 2), cell.owned_by(1, 1)
    await cell.open(one, other, payee, money=1_000_000)
    keys = [f"k{n}" for n in range(400)]
    for turn in range(5):
        mine = [cell.pay(one, payee, f"{turn}-{key}", 1) for key in keys]
        theirs = [cell.pay(other, payee, f"{turn}-{key}", 2) for key in reversed(keys)]
        answers = await asyncio.gather(cell.ask(*mine), cell.ask(*theirs))
        pairs = zip(answers[0], reversed(answers[1]), strict=True)
        for pair in pairs:
            assert sorted(type(a).__name__ for a in pair) == ["Done", "Refused"]
            assert Refused(Refusal.KEY_REUSED) in pair
    assert (cell.total("doubts"), cell.total("commits_gave_way")) == (0, 0)


async def test_a_deadlock_is_a_certain_rollback(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    async with cell.key_held("b") as other:
        await other.execute("SET deadlock_timeout = '60s'")
        call = asyncio.create_task(cell.ask(*(cell.pay(debtor, creditor, k, 1) for k in "ab")))
        await cell.until_committing(0)
        await other.execute(
            'INSERT INTO journal SELECT (jsonb_populate_record(j, \'{"key": "a", "seq": 2}\')).*'
            " FROM journal j WHERE partition = 4000 AND seq = 1"
        )
    answers = await call
    assert all(isinstance(a, Done) for a in answers)
    assert (cell.total("doubts"), cell.total("commits_gave_way")) == (0, 1)
