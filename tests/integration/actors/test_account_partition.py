"""The hard cases: one writer, one key one payment, memory is a cache, every queue bounded."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest

from headrace.runtime.database.connect import connect
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger import load
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.answer import Done, Refused, decode
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
    encode,
)
from headrace.runtime.refusals import Refusal

EUR = 978
UNAVAILABLE = Refused(Refusal.UNAVAILABLE)


def owned_by(actor: int, cell: Any, many: int) -> list[str]:
    """Names of accounts whose partitions belong to an actor."""
    named = (f"account-{n}" for n in range(10_000))
    partitions, actors = cell.settings.cell.partitions, cell.settings.cell.actors
    mine = (a for a in named if partition_of(cell.tenant, a, partitions) % actors == actor)
    return [next(mine) for _ in range(many)]


def pay(cell: Any, debtor: str, creditor: str, key: str, amount: int = 100, **more: Any) -> Pay:
    return Pay(cell.tenant, debtor, creditor, amount, EUR, key, hash_of(amount), **more)


def hash_of(amount: int) -> int:
    return amount * 7 + 1


async def until(condition: Any, seconds: float = 10) -> None:
    """Polls a condition up to a deadline."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


async def all_arrived(cell: Any) -> bool:
    return not any(a.stats()["open_legs"] for a in cell.actors.values())


async def test_who_waits_for_a_leg_is_told_after_its_commit(cell: Any) -> None:
    """The leg is decided to have arrived while home can't commit: nobody may hear of it yet."""
    (debtor,), (creditor,) = owned_by(0, cell, 1), owned_by(1, cell, 1)
    await cell.open(debtor, creditor)
    home, away = (
        partition_of(cell.tenant, a, cell.settings.cell.partitions) for a in (debtor, creditor)
    )
    lock = "SELECT FROM leases WHERE partition = $1 FOR UPDATE"
    other = await connect(cell.settings.ledger)
    async with other.transaction():
        async with cell.ledger.transaction():
            await cell.ledger.execute(lock, away)
            (answer,) = await cell.ask(pay(cell, debtor, creditor, "k"))
            assert answer.state == PaymentState.AUTHORIZED
            await other.execute(lock, home)
        await until(lambda: all_arrived(cell))
        waiting = asyncio.create_task(cell.client.await_final(answer, 10))
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 60)
    await other.close()
    state = await cell.ledger.fetchval(
        "SELECT max(state) FROM journal WHERE payment = $1 AND state <> 0",
        UUID(bytes=answer.payment),
    )
    assert state == PaymentState.SETTLED


async def test_a_stale_epoch_commits_nothing(cell: Any) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    old = cell.actors[0]
    new = await cell.start(0, "account-partition-0.1")
    cell.actors[0] = old
    assert await cell.ask(pay(cell, debtor, creditor, "by the old one")) == [UNAVAILABLE]
    await asyncio.wait_for(old.deposed.wait(), 5)
    assert await cell.ask(pay(cell, debtor, creditor, "and again")) == [UNAVAILABLE]
    cell.actors[0] = new
    (done,) = await cell.ask(pay(cell, debtor, creditor, "by the old one"))
    assert isinstance(done, Done)
    assert not done.replayed
    assert await cell.posted(debtor) == 99_900


async def test_a_cut_off_writer_does_not_take_back_what_its_successor_holds(cell: Any) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    old = cell.actors[0]
    await cell.start(0, "account-partition-0.1")
    await cell.ledger.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE 'headrace writer account-partition-0/%'"
    )
    new, cell.actors[0] = cell.actors[0], old
    assert await cell.ask(pay(cell, debtor, creditor, "k")) == [UNAVAILABLE]
    await asyncio.wait_for(old.deposed.wait(), 5)
    cell.actors[0] = new
    (done,) = await cell.ask(pay(cell, debtor, creditor, "k"))
    assert isinstance(done, Done)


async def test_a_cut_connection_is_doubt_and_the_same_keys_pay_once(cell: Any) -> None:
    debtors, creditors = owned_by(0, cell, 5), owned_by(1, cell, 5)
    await cell.open(*debtors, *creditors)
    payments = [
        pay(cell, debtors[n % 5], creditors[n % 5], f"k{n}") for n in range(300)
    ]  # fmt: skip
    waiting = asyncio.create_task(cell.client.submit(payments))
    for _ in range(3):
        await cell.ledger.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'headrace writer%'"
        )
        await asyncio.sleep(0)
    answers = list(await waiting)

    async def all_answered() -> bool:
        again = await cell.client.submit(payments)
        answers[:] = again
        return all(isinstance(a, Done) for a in again)

    await until(all_answered)
    await until(lambda: all_arrived(cell))
    assert len({a.payment for a in answers}) == 300
    assert sum([await cell.posted(c) for c in creditors]) == 5 * 100_000 + 300 * 100


async def test_a_new_process_answers_a_known_key_as_before(cell: Any) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    (first,) = await cell.ask(pay(cell, debtor, creditor, "k"))
    await cell.actors[0].stop()
    await cell.start(0)
    (again,) = await cell.ask(pay(cell, debtor, creditor, "k"))
    assert again.replayed
    assert (again.payment, again.seq, again.at) == (first.payment, first.seq, first.at)
    assert await cell.ask(pay(cell, debtor, creditor, "k", 101)) == [Refused(Refusal.KEY_REUSED)]
    assert await cell.posted(debtor) == 99_900


async def test_one_key_in_two_partitions_at_once_pays_once(cell: Any) -> None:
    (one, payee), (other,) = owned_by(0, cell, 2), owned_by(1, cell, 1)
    await cell.open(one, other, payee)
    for n in range(20):
        answers = await cell.ask(
            Pay(cell.tenant, one, payee, 10, EUR, f"k{n}", 1),
            Pay(cell.tenant, other, payee, 10, EUR, f"k{n}", 2),
        )
        assert sorted(type(a).__name__ for a in answers) == ["Done", "Refused"]
        assert Refused(Refusal.KEY_REUSED) in answers
    await until(lambda: all_arrived(cell))
    assert await cell.posted(payee) == 100_000 + 20 * 10


async def test_nobody_spends_what_they_do_not_have_at_any_concurrency(cell: Any) -> None:
    (debtor,), creditors = owned_by(0, cell, 1), [*owned_by(0, cell, 3)[1:], *owned_by(1, cell, 2)]
    await cell.open(debtor, money=1_000)
    await cell.open(*creditors, money=0)
    calls = [
        cell.client.submit([pay(cell, debtor, creditors[n % 4], f"k{n}-{m}") for m in range(3)])
        for n in range(20)
    ]
    answers = [a for call in await asyncio.gather(*calls) for a in call]
    declined = [a for a in answers if a.reason == DeclineReason.INSUFFICIENT_FUNDS]
    assert len(declined) == 50
    assert await cell.posted(debtor) == 0
    await until(lambda: all_arrived(cell))


async def test_a_full_queue_refuses_at_once(cell: Any) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    await cell.actors[0].stop()
    actor = await cell.start(0, queue_payments_max=1_000)
    calls = [
        cell.client.submit([pay(cell, debtor, creditor, f"{n}-{m}", 1) for m in range(1_000)])
        for n in range(6)
    ]
    answers = [a for call in await asyncio.gather(*calls) for a in call]
    refused = [a for a in answers if a == Refused(Refusal.OVERLOADED)]
    assert refused
    assert len(refused) + sum(isinstance(a, Done) for a in answers) == 6_000
    assert actor.stats()["refused_overloaded"] == len(refused)


async def test_evicted_accounts_come_back_as_they_were(cell: Any) -> None:
    debtors = owned_by(0, cell, 60)
    await cell.actors[0].stop()
    actor = await cell.start(0, accounts_in_memory_max=20, batch_payments_max=10)
    await cell.open(*debtors, money=1_000)
    for turn in range(3):
        for debtor in debtors:
            creditor = debtors[(debtors.index(debtor) + 1) % 60]
            (done,) = await cell.ask(pay(cell, debtor, creditor, f"{turn}-{debtor}", 10))
            assert done.state == PaymentState.SETTLED
    assert actor.stats()["evicted"] > 60
    assert actor.stats()["accounts_in_memory"] < 45
    assert [await cell.posted(d) for d in debtors] == [1_000] * 60


async def test_an_evicted_account_comes_back_with_its_windows_and_nothing_is_folded(
    cell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, *debtors = owned_by(0, cell, 30)
    actor = await cell.restart(0, accounts_in_memory_max=20, batch_payments_max=10)
    await cell.open(payee, *debtors)
    seen = {}
    for debtor in debtors:
        await cell.ask(*(pay(cell, debtor, payee, f"{debtor}-{n}", 5) for n in range(7)))
        seen[debtor] = actor._book.by_id[cell.tenant, debtor].windows.state
    kept = dict(actor._book.windows)
    assert len(kept) > 9
    folded: list[int] = []

    async def fold(db: Any, numbers: list[int]) -> dict[int, Any]:
        folded.extend(numbers)
        return {}

    monkeypatch.setattr(load, "of_debtors", fold)
    for debtor in debtors:
        await cell.ask(ChangeAccount(cell.tenant, debtor, credit_line=1))
        assert actor._book.by_id[cell.tenant, debtor].windows.state == seen[debtor]
    assert folded == []


async def test_money_for_an_account_that_closed_meanwhile_comes_back_once(cell: Any) -> None:
    (debtor,), (creditor,) = owned_by(0, cell, 1), owned_by(1, cell, 1)
    await cell.open(debtor)
    await cell.open(creditor, money=0)
    known, closing = await cell.ask(
        pay(cell, debtor, "nobody", "warm", 1),
        ChangeAccount(cell.tenant, creditor, credit_line=0),
    )
    assert known == Refused(Refusal.UNKNOWN_ACCOUNT, "creditor")
    assert isinstance(closing, Done)
    (held,) = await cell.ask(pay(cell, debtor, creditor, "hold", 100, manual_capture=True))
    assert isinstance((await cell.ask(ChangeAccount(cell.tenant, creditor, close=True)))[0], Done)
    (captured,) = await cell.ask(
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, key="capture", fingerprint=3)
    )
    assert captured.state == PaymentState.CAPTURED
    await cell.client.await_final(captured, 10)
    await until(lambda: all_arrived(cell))
    last = await cell.ledger.fetchrow(
        "SELECT state, reason FROM journal WHERE partition = $1 ORDER BY seq DESC LIMIT 1",
        held.partition,
    )
    assert tuple(last) == (PaymentState.RETURNED, DeclineReason.CREDITOR_CLOSED)
    assert await cell.posted(debtor) == 100_000


async def test_a_hold_expires_after_the_database_cut_everybody_off_and_nobody_pays(
    cell: Any,
) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    await cell.ask(pay(cell, debtor, creditor, "k", 100, manual_capture=True, expires_in_s=1))
    await cell.ledger.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE 'headrace % account-partition-%'"
    )

    async def expired() -> bool:
        return await cell.ledger.fetchval("SELECT count(*) FROM holds") == 0

    await until(expired)


async def test_a_hold_expires_by_itself(cell: Any) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    (held,) = await cell.ask(
        pay(cell, debtor, creditor, "k", 100_000, manual_capture=True, expires_in_s=1)
    )
    (poor,) = await cell.ask(pay(cell, debtor, creditor, "k2"))
    assert poor.reason == DeclineReason.INSUFFICIENT_FUNDS

    async def expired() -> bool:
        return await cell.ledger.fetchval("SELECT count(*) FROM holds") == 0

    await until(expired)
    (rich,) = await cell.ask(pay(cell, debtor, creditor, "k3"))
    assert rich.state == PaymentState.SETTLED
    late = await cell.ask(Act(cell.tenant, held.payment, PaymentAction.CAPTURE, key="c"))
    assert late[0].refusal == Refusal.WRONG_STATE


@pytest.mark.parametrize("limit", ["payment_max", "daily_amount_max", "daily_count_max"])
async def test_a_limit_set_late_counts_what_the_day_has_seen(cell: Any, limit: str) -> None:
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    await cell.ask(*(pay(cell, debtor, creditor, f"k{n}") for n in range(3)))
    bound = {"payment_max": 99, "daily_amount_max": 399, "daily_count_max": 3}[limit]
    await cell.ask(ChangeAccount(cell.tenant, debtor, **{limit: bound}))
    (declined,) = await cell.ask(pay(cell, debtor, creditor, "over"))
    expected = {
        "payment_max": DeclineReason.PAYMENT_LIMIT,
        "daily_amount_max": DeclineReason.DAILY_AMOUNT_LIMIT,
        "daily_count_max": DeclineReason.DAILY_COUNT_LIMIT,
    }[limit]
    assert declined.reason == expected


async def test_a_known_key_is_answered_as_before_though_it_would_be_refused_now(cell: Any) -> None:
    """After a restart nobody remembers the keys, and what they did stands in the way."""
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    first = pay(cell, debtor, creditor, "pay")
    (paid,) = await cell.ask(first)
    refund = Act(cell.tenant, paid.payment, PaymentAction.REFUND, key="refund", fingerprint=5)
    (refunded,) = await cell.ask(refund)
    await cell.client.await_final(refunded, 10)
    await cell.ask(ChangeAccount(cell.tenant, debtor, frozen=True))
    await cell.actors[0].stop()
    await cell.start(0)
    (again,) = await cell.ask(refund)
    assert isinstance(again, Done)
    assert (again.replayed, again.seq, again.leg) == (True, refunded.seq, refunded.leg)
    (again,) = await cell.ask(first)
    assert isinstance(again, Done)
    assert (again.replayed, again.payment) == (True, paid.payment)
    other = pay(cell, debtor, creditor, "pay", 7)
    assert await cell.ask(other) == [Refused(Refusal.KEY_REUSED)]
    assert await cell.ask(pay(cell, debtor, creditor, "new")) == [
        Refused(Refusal.ACCOUNT_FROZEN, "debtor")
    ]


async def test_a_deposed_writer_refuses_nothing_from_old_memory(cell: Any) -> None:
    """A refusal writes nothing, so that no commit would find out that another writes now."""
    debtor, creditor = owned_by(0, cell, 2)
    await cell.open(debtor, creditor)
    await cell.ask(ChangeAccount(cell.tenant, debtor, frozen=True))
    frozen = Refused(Refusal.ACCOUNT_FROZEN, "debtor")
    assert await cell.ask(pay(cell, debtor, creditor, "k")) == [frozen]
    old = cell.actors[0]
    new = await cell.start(0, "account-partition-0.1")
    await cell.ask(ChangeAccount(cell.tenant, debtor, frozen=False))
    cell.actors[0] = old
    assert await cell.ask(pay(cell, debtor, creditor, "k")) == [UNAVAILABLE]
    cell.actors[0] = new
    (done,) = await cell.ask(pay(cell, debtor, creditor, "k"))
    assert isinstance(done, Done)


async def test_what_comes_to_the_wrong_actor_is_put_off_and_not_refused(cell: Any) -> None:
    """By whoever takes it for another, such as a gateway that believes in an old lease."""
    (here,), (there, payee) = owned_by(0, cell, 1), owned_by(1, cell, 2)
    await cell.open(here, there, payee)
    (held,) = await cell.ask(pay(cell, there, payee, "hold", manual_capture=True))
    strays = [
        pay(cell, there, payee, "k1"),
        ChangeAccount(cell.tenant, there, frozen=True),
        Fund(cell.tenant, there, 5, EUR, "k2", 1),
        OpenAccount(cell.tenant, owned_by(1, cell, 5)[4], EUR),
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, key="k3", fingerprint=1),
    ]
    mine = [pay(cell, here, payee, f"mine-{n}") for n in range(20)]
    answers = decode(await cell.submit(0, encode([*mine[:10], *strays, *mine[10:]])))
    assert answers[10:15] == [UNAVAILABLE] * 5
    assert all(isinstance(a, Done) for a in answers[:10] + answers[15:])
    assert cell.total("doubts") == 0
