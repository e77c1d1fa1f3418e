"""A leg that its counterpart can't carry out is parked alone, told, and released by hand."""

import asyncio
from typing import Any

from headrace.runtime.ledger import load, parked_legs
from headrace.runtime.payments.answer import Done


async def parked(cell: Any, many: int) -> None:
    async with asyncio.timeout(60):
        while len(await parked_legs.everyone(cell.ledger)) != many:
            await asyncio.sleep(0.05)


async def test_one_leg_that_fails_for_good_is_parked_and_the_others_arrive(cell: Any) -> None:
    (debtor,), creditors = cell.owned_by(0, 1), cell.owned_by(1, 30)
    await cell.open(debtor, *creditors)
    await cell.actors[1].stop()
    sent = await cell.ask(*(cell.pay(debtor, c, f"k{n}") for n, c in enumerate(creditors)))
    assert all(isinstance(a, Done) for a in sent)
    lost = sent[13]
    damage = "UPDATE journal SET creditor = creditor {} 1000000 WHERE partition = $1 AND seq = $2"
    await cell.ledger.execute(damage.format("+"), lost.partition, lost.seq)
    await cell.start(1)
    await parked(cell, 1)
    assert (cell.total("open_legs"), cell.total("legs_parked")) == (1, 1)
    (told,) = await parked_legs.everyone(cell.ledger)
    assert (told.id, told.tenant, told.amount) == (f"{lost.partition}:{lost.seq}", "acme", 100)
    assert told.error
    (more,) = await cell.ask(cell.pay(debtor, creditors[0], "more"))
    await cell.client.await_final(more, 10)
    assert cell.total("open_legs") == 1

    await cell.restart(0)
    assert (cell.total("open_legs"), cell.total("legs_parked")) == (1, 1)
    await cell.ledger.execute(damage.format("-"), lost.partition, lost.seq)
    await cell.restart(0)
    assert await parked_legs.release(cell.ledger, None) == [(lost.partition, lost.seq)]
    await cell.all_arrived()
    assert cell.total("legs_parked") == 0
    assert await cell.posted(creditors[13]) == 100_100
    assert await parked_legs.release(cell.ledger, (lost.partition, lost.seq)) == []


async def test_open_legs_are_loaded_in_pages(cell: Any) -> None:
    (debtor,), (creditor,) = cell.owned_by(0, 1), cell.owned_by(1, 1)
    await cell.open(debtor, creditor)
    await cell.actors[1].stop()
    sent = await cell.ask(*(cell.pay(debtor, creditor, f"k{n}", 1) for n in range(25)))
    whole = await load.open_legs(cell.ledger, sent[0].partition, 1, 9_999)
    assert [leg.seq for leg in whole] == [done.seq for done in sent]
    for page in (1, 7, 24, 25, 26):
        assert await load.open_legs(cell.ledger, sent[0].partition, 1, page) == whole
    await cell.start(1)
    await cell.all_arrived()
