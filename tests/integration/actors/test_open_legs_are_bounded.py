"""What waits for a counterpart that is away is bounded, and is all there when it comes back."""

from typing import Any

from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.refusals import Refusal


async def test_payments_to_a_counterpart_that_is_away_are_refused_beyond_a_bound(
    cell: Any,
) -> None:
    debtor, near = cell.owned_by(0, 2)
    (far,) = cell.owned_by(1, 1)
    await cell.open(debtor, near, far)
    (held,) = await cell.ask(cell.pay(debtor, far, "hold", manual_capture=True))
    (settled,) = await cell.ask(cell.pay(debtor, near, "settled"))
    await cell.restart(0, open_legs_max=5)
    await cell.actors[1].stop()
    answers = await cell.ask(*(cell.pay(debtor, far, f"k{n}") for n in range(40)))
    assert sum(isinstance(a, Done) for a in answers) == 5
    assert {a.refusal for a in answers[5:]} == {Refusal.OVERLOADED}
    assert all(a.detail for a in answers[5:])
    capture, refund, local = await cell.ask(
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, key="c", fingerprint=1),
        Act(cell.tenant, settled.payment, PaymentAction.REFUND, key="r", fingerprint=1),
        cell.pay(debtor, near, "local"),
    )
    assert [capture.refusal, refund.refusal] == [Refusal.OVERLOADED] * 2
    assert isinstance(local, Done)
    await cell.start(1)
    await cell.all_arrived()
    again = await cell.ask(*(cell.pay(debtor, far, f"k{n}") for n in range(5)))
    assert all(a.replayed for a in again)
    assert await cell.posted(far) == 100_500


async def test_a_payment_near_by_passed_one_of_its_debtor_that_waited(cell: Any) -> None:
    debtor, other, near = cell.owned_by(0, 3)
    (far,) = cell.owned_by(1, 1)
    await cell.open(debtor, other, near)
    await cell.open(far, money=0)
    await cell.restart(0, open_legs_max=5, batch_payments_max=4)
    await cell.actors[1].stop()
    there = [cell.pay(debtor, far, f"far-{n}") for n in range(7)]
    here = [cell.pay(debtor, near, f"near-{n}") for n in range(7)]
    others = [cell.pay(other, near, f"other-{n}") for n in range(7)]
    asked = [p for three in zip(there, here, others, strict=True) for p in three]
    answers = await cell.ask(*asked)
    decided = [pay.key for pay, a in zip(asked, answers, strict=True) if isinstance(a, Done)]
    first = [f"{kind}-{n}" for n in range(5) for kind in ("far", "near")]
    assert [key for key in decided if not key.startswith("other")] == first
    assert sum(key.startswith("other") for key in decided) == 7
    await cell.start(1)
    await cell.all_arrived()
    again = await cell.ask(*asked)
    rest = [a for pay, a in zip(asked, again, strict=True) if pay.key not in decided]
    assert all(isinstance(a, Done) for a in again)
    assert [a.replayed for a in rest] == [False] * 4
    places = [a.seq for pay, a in zip(asked, again, strict=True) if pay.debtor == debtor]
    assert places == sorted(places)
